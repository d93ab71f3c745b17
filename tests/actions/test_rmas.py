"""Approving, denying and canceling RMAs (F9, F10, F11)."""

from __future__ import annotations

import pytest

from actions.returns import close_return
from actions.rmas import approve_rma, cancel_rma, deny_rma
from audit.models import Event
from core.errors import NotAllowed, Refused, Stale
from rmas.models import Rma
from tests.cast import Cast
from tests.factories import Item, made_return, shipped_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def rma(at_acme: Cast) -> Rma:
    order = shipped_order(at_acme.acme, Item(3), Item(2), vendor=at_acme.northlight)
    return made_return(at_acme.bob, order, units=2).rmas.get()


def test_bob_approves_all_units(at_acme: Cast, rma: Rma) -> None:
    approve_rma(at_acme.bob, rma, version=1, note="as agreed by phone")

    rma.refresh_from_db()
    assert (rma.status, rma.approved_units, rma.denied_units) == ("approved", 4, 0)
    assert list(rma.lines.values_list("approved", flat=True)) == [2, 2]
    assert rma.decided_by == at_acme.bob.user
    made = rma.customer_return
    made.refresh_from_db()
    assert (made.rma_summary, made.approved_units) == ("approved", 4)
    event = Event.objects.get(verb="rma.approved")
    assert event.data["note"] == "as agreed by phone"


def test_bob_denies_all_units(at_acme: Cast, rma: Rma) -> None:
    deny_rma(at_acme.bob, rma)
    rma.refresh_from_db()
    assert (rma.status, rma.approved_units, rma.denied_units) == ("denied", 0, 4)
    rma.customer_return.refresh_from_db()
    assert rma.customer_return.rma_summary == "denied"


def test_a_canceled_rma_counts_no_longer(at_acme: Cast, rma: Rma) -> None:
    approve_rma(at_acme.bob, rma)
    cancel_rma(at_acme.bob, rma)
    rma.refresh_from_db()
    assert (rma.status, rma.approved_units) == ("canceled", 0)
    rma.customer_return.refresh_from_db()
    assert (rma.customer_return.rma_summary, rma.customer_return.approved_units) == ("none", 0)


def test_an_rma_under_which_goods_arrived_cannot_be_canceled(at_acme: Cast, rma: Rma) -> None:
    line = rma.lines.first()
    assert line is not None
    line.received = 1
    line.save(update_fields=["received"])
    with pytest.raises(Refused, match="Goods have arrived"):
        cancel_rma(at_acme.bob, rma)


def test_the_second_decision_hears_who_decided_and_when(at_acme: Cast, rma: Rma) -> None:
    approve_rma(at_acme.alice, rma, version=1)
    with pytest.raises(Stale, match="Already approved by Alice Owner on"):
        deny_rma(at_acme.bob, rma, version=1)
    rma.refresh_from_db()
    assert rma.status == "approved"


def test_without_a_version_the_state_table_still_refuses(at_acme: Cast, rma: Rma) -> None:
    deny_rma(at_acme.bob, rma)
    with pytest.raises(Refused, match="This RMA is denied already"):
        approve_rma(at_acme.bob, rma)


def test_rmas_of_a_closed_return_are_not_decided(at_acme: Cast, rma: Rma) -> None:
    approve_rma(at_acme.bob, rma)
    close_return(at_acme.bob, rma.customer_return)
    with pytest.raises(Refused, match="Re-open it before deciding"):
        cancel_rma(at_acme.bob, rma)


@pytest.mark.parametrize("verb", [approve_rma, deny_rma, cancel_rma])
def test_wendy_may_not_decide(at_acme: Cast, rma: Rma, verb: object) -> None:
    before = Event.objects.count()
    with pytest.raises(NotAllowed):
        verb(at_acme.wendy, rma)  # type: ignore[operator]
    rma.refresh_from_db()
    assert rma.status == "waiting"
    assert Event.objects.count() == before
    verb(at_acme.bob, rma)  # type: ignore[operator]
