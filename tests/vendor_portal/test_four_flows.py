"""The four flows of the RMA strategy, told from the vendor's side (F10, F15).

Each tells where the RMA lands, what Vera is offered, what she does, and who may still do what.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ObjectDoesNotExist
from django.test import Client

from accounts.models import Override
from actions.rma_changes import process_rma
from actions.rmas import approve_rma
from core.errors import NotAllowed, Refused
from rmas.models import Rma, RmaHandover
from tests.cast import Cast, SignIn
from tests.console.desk import send as send_as_staff
from tests.vendor_portal.portal import (
    address,
    decisions,
    lanterns,
    page_of,
    send,
    strategy,
    verbs_on,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def vera(at_acme: Cast, sign_in: SignIn) -> Client:
    return sign_in(at_acme.vera)


@pytest.fixture
def bob(at_acme: Cast, sign_in: SignIn) -> Client:
    return sign_in(at_acme.bob)


def status_of(rma: Rma) -> str:
    rma.refresh_from_db()
    return rma.status


def asked(cast: Cast, *, approve: bool, process: bool) -> Rma:
    """A new RMA of Northlight in one of the flows."""
    strategy(cast, approve=approve, process=process)
    rma: Rma = lanterns(cast).rmas.get()
    return rma


def test_auto_approve_and_auto_process(at_acme: Cast, vera: Client, bob: Client) -> None:
    rma = asked(at_acme, approve=True, process=True)
    assert (rma.status, rma.decided_by_rule) == ("approved", True)
    assert verbs_on(vera, rma) == ["reprocess"]
    handed = RmaHandover.objects.get(rma=rma)
    assert (handed.state, handed.by_rule, handed.number) == ("in_feed", True, rma.number)

    assert send(vera, rma, "reprocess", number="NL-77").status_code == 302
    rma.refresh_from_db()
    assert (rma.number, rma.status) == ("NL-77", "approved")
    assert [one.number for one in rma.handovers.order_by("id")] == ["RMA-20001", "NL-77"]
    assert verbs_on(vera, rma) == ["reprocess"]

    refused = send(vera, rma, "deny", reason="misuse")
    assert refused.status_code == 409
    assert "Ask Acme Gifts to re-open the decision." in refused.content.decode()
    assert send_as_staff(bob, rma, "reopen").status_code == 302
    assert status_of(rma) == "processed"
    assert verbs_on(vera, rma) == ["decide", "approve", "deny", "reprocess"]


def test_auto_approve_and_manually_process(at_acme: Cast, vera: Client, bob: Client) -> None:
    rma = asked(at_acme, approve=True, process=False)
    assert (rma.status, rma.processed_at) == ("approved", None)
    assert not RmaHandover.objects.filter(rma=rma).exists()
    assert verbs_on(vera, rma) == ["process"]
    assert (
        "has not been processed yet" in send(vera, rma, "reprocess", number="X-1").content.decode()
    )

    assert send(vera, rma, "process").status_code == 302
    assert status_of(rma) == "approved"
    assert rma.processed_at is not None
    assert RmaHandover.objects.get(rma=rma).by_rule is False
    assert verbs_on(vera, rma) == ["reprocess"]
    with pytest.raises(Refused, match="processed already"):
        process_rma(at_acme.bob, rma)
    assert send_as_staff(bob, rma, "reprocess", number="AC-1").status_code == 302


def test_auto_process_and_somebody_decides(at_acme: Cast, vera: Client, bob: Client) -> None:
    rma = asked(at_acme, approve=False, process=True)
    assert rma.status == "processed"
    assert verbs_on(vera, rma) == ["decide", "approve", "deny", "reprocess"]
    part = decisions(rma, (2, ""), (1, "misuse"))
    assert send(vera, rma, "decide", **part).status_code == 302
    rma.refresh_from_db()
    assert (rma.status, rma.approved_units, rma.denied_units) == ("partially_approved", 3, 1)
    assert rma.decided_by == at_acme.vera.user
    assert verbs_on(vera, rma) == ["decide", "approve", "deny", "reprocess"]
    assert send(vera, rma, "approve").status_code == 302
    assert status_of(rma) == "approved"
    assert verbs_on(vera, rma) == ["reprocess"]


def test_manually_process_and_somebody_decides(at_acme: Cast, vera: Client, bob: Client) -> None:
    rma = asked(at_acme, approve=False, process=False)
    assert rma.status == "waiting"
    assert verbs_on(vera, rma) == ["decide", "approve", "deny", "process"]
    assert send(vera, rma, "process").status_code == 302
    assert status_of(rma) == "processed"
    assert verbs_on(vera, rma) == ["decide", "approve", "deny", "reprocess"]
    assert send(vera, rma, "deny", reason="no_fault", note="Works well").status_code == 302
    assert status_of(rma) == "denied"
    assert verbs_on(vera, rma) == []
    with pytest.raises(Refused, match="is denied already"):
        approve_rma(at_acme.bob, rma)


def test_in_every_flow_others_may_do_nothing(at_acme: Cast, sign_in: SignIn) -> None:
    vic = sign_in(at_acme.vic)
    for approve in (True, False):
        for process in (True, False):
            rma = asked(at_acme, approve=approve, process=process)
            before = status_of(rma)
            for verb in ("decide", "approve", "deny", "process", "reprocess"):
                assert send(vic, rma, verb, number="X-1", reason="misuse").status_code == 404
            with pytest.raises(ObjectDoesNotExist):
                approve_rma(at_acme.vic, rma)
            with pytest.raises(NotAllowed):
                approve_rma(at_acme.wendy, rma)
            assert status_of(rma) == before


def test_an_integration_finds_what_is_marked_for_it(
    at_acme: Cast, vera: Client, bob: Client
) -> None:
    at_acme.northlight.integrated = True
    at_acme.northlight.auto_process = Override.ALWAYS
    at_acme.northlight.save()
    rma = lanterns(at_acme).rmas.get()
    assert (rma.status, RmaHandover.objects.get(rma=rma).state) == ("processing", "marked")
    assert verbs_on(vera, rma) == ["decide", "approve", "deny", "process"]
    staff = bob.get(f"/m/acme/returns/{rma.customer_return.public_id}/").content.decode()
    assert "Marked for the integration of Northlight Lamps since" in staff
    shown = page(vera, rma)
    assert "Marked for your integration since" in shown

    assert send(vera, rma, "process").status_code == 302
    handed = RmaHandover.objects.get(rma=rma)
    assert (status_of(rma), handed.state) == ("processed", "taken")
    assert handed.taken_at is not None
    assert "Taken over as" in page(vera, rma)


def test_what_is_approved_by_rule_is_marked_too(at_acme: Cast) -> None:
    at_acme.northlight.integrated = True
    at_acme.northlight.save()
    rma = asked(at_acme, approve=True, process=True)
    assert (rma.status, RmaHandover.objects.get(rma=rma).state) == ("approved", "marked")


def page(client: Client, rma: Rma) -> str:
    return client.get(page_of(rma)).content.decode()


def test_the_feed_is_named_on_both_pages(at_acme: Cast, vera: Client, bob: Client) -> None:
    rma = asked(at_acme, approve=False, process=True)
    assert "In your API feed as RMA-20001 since" in page(vera, rma)
    staff = bob.get(f"/m/acme/returns/{rma.customer_return.public_id}/").content.decode()
    assert "Visible to Northlight Lamps in the API feed as RMA-20001 since" in staff
    response: Any = vera.get(address(rma, "process"))
    assert "Re-process it" in response.content.decode()
