"""Deciding from a mailed link without signing in (X7)."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail as outgoing
from django.test import Client
from django.utils import timezone

from accounts.models import Membership
from actions.counter_offers import accept_offer, decline_offer, make_offer, send_decision_link
from actions.rma_changes import cancel_rma, process_rma, void_rma
from actions.rmas import approve_rma
from audit.models import Event, Message
from core.errors import NotAllowed
from core.tenancy import tenant
from returns.models import Return
from rmas.decision_links import filled_in, token_of
from rmas.models import CounterOffer, DecisionLink, Rma
from tests.actions.steps import only_who_may, refused
from tests.cast import Cast, SignIn
from tests.console import desk
from tests.console.test_settings import text_of
from tests.factories import new_key
from tests.notifications.test_vendor_mails import switch_on
from tests.outbox import deliver_all
from tests.vendor_portal.portal import decisions, lanterns
from vendor_portal import decision_page

pytestmark = pytest.mark.django_db

LINK = re.compile(r"http://[^/\s]+(/decide/\S+/)")


@pytest.fixture
def rma(cast: Cast) -> Rma:
    made = lanterns(cast)
    with tenant(cast.acme.pk):
        return made.rmas.get()


def mailed(cast: Cast, rma: Rma) -> str:
    """The address in the mail that Bob has sent to Vera."""
    deliver_all()
    outgoing.outbox.clear()
    with tenant(cast.acme.pk):
        send_decision_link(cast.bob, rma)
    deliver_all()
    [message] = outgoing.outbox
    assert message.to == [cast.vera.user.email]
    found = LINK.search(message.body)
    assert found is not None
    assert found[1] in message.alternatives[0][0]
    return found[1]


def status(rma: Rma) -> tuple[str, int, int]:
    with tenant(rma.merchant_id):
        rma.refresh_from_db()
    return rma.status, rma.approved_units, rma.denied_units


# --- the link -----------------------------------------------------------------------------------


def test_the_token_stands_in_the_mail_alone(cast: Cast, rma: Rma) -> None:
    token = mailed(cast, rma).split("/")[2]
    with tenant(cast.acme.pk):
        kept = [
            *Message.objects.values_list(),
            *DecisionLink.objects.values_list(),
            *Event.objects.values_list(),
        ]
        link = DecisionLink.objects.get()
    assert token == token_of(cast.acme.pk, link.key)
    assert token not in str(kept)
    assert (link.sent_to, link.vendor_id) == (cast.vera.user.email, cast.northlight.pk)


def test_the_mail_about_a_new_rma_carries_one(cast: Cast) -> None:
    switch_on(cast.vera)
    lanterns(cast)
    deliver_all()
    [message] = outgoing.outbox
    found = LINK.search(message.body)
    assert found is not None
    assert "White metal lantern" in Client().get(found[1]).text


def test_looking_changes_nothing_and_says_for_whom_it_is(cast: Cast, rma: Rma) -> None:
    where = mailed(cast, rma)
    before = status(rma)
    for client in (Client(), Client()):
        page = client.get(where)
        assert page.status_code == 200
        said = text_of(page)
        assert f"Acme Gifts asks about {rma.number}" in said
        assert "For Vera Vance of Northlight Lamps." in said
        assert "Cora" not in said
        assert page.headers["Cache-Control"] == "private, no-store"
    with tenant(cast.acme.pk):
        assert DecisionLink.objects.get().used_at is None
    assert status(rma) == before


def test_it_approves_once_and_then_is_used_up(cast: Cast, rma: Rma) -> None:
    where = mailed(cast, rma)
    page = Client().post(where, {"do": "approve", "note": "Gladly"}, follow=True)
    assert "Your answer is recorded." in text_of(page)
    assert status(rma) == ("approved", 4, 0)
    again = Client().post(where, {"do": "deny", "reason": "misuse"})
    assert "has been used" in text_of(again)
    assert status(rma) == ("approved", 4, 0)
    with tenant(cast.acme.pk):
        verbs = list(Event.objects.filter(noun="rma").values_list("verb", "actor_name"))
    assert ("rma.link_used", "Vera Vance") in verbs
    assert ("rma.approved", "Vera Vance") in verbs


def test_it_approves_a_part_or_denies_for_a_coded_reason(cast: Cast, rma: Rma) -> None:
    where = mailed(cast, rma)
    with tenant(cast.acme.pk):
        typed = decisions(rma, (2, ""), (0, "misuse"))
    Client().post(where, {"do": "decide", **typed})
    assert status(rma) == ("partially_approved", 2, 2)


def test_a_denial_needs_its_reason_and_keeps_the_link(cast: Cast, rma: Rma) -> None:
    where = mailed(cast, rma)
    page = Client().post(where, {"do": "deny", "reason": ""})
    assert (page.status_code, "Choose why the RMA is denied." in text_of(page)) == (409, True)
    Client().post(where, {"do": "deny", "reason": "misuse"})
    assert status(rma) == ("denied", 0, 4)


@pytest.mark.parametrize(
    "typed", [{}, {"do": "void"}, {"do": "decide"}, {"do": "offer", "percent": "NaN"}]
)
def test_nonsense_is_told_and_keeps_the_link(cast: Cast, rma: Rma, typed: Any) -> None:
    where = mailed(cast, rma)
    assert Client().post(where, typed).status_code == 422
    with tenant(cast.acme.pk):
        assert DecisionLink.objects.get().used_at is None


def test_whatever_makes_it_useless_is_a_plain_page(cast: Cast, rma: Rma) -> None:
    where = mailed(cast, rma)

    def told() -> str:
        page = Client().get(where)
        assert page.status_code == 200
        return text_of(page)

    with tenant(cast.acme.pk):
        DecisionLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert "This link has ended. Ask Acme Gifts for a new one" in told()
    with tenant(cast.acme.pk):
        DecisionLink.objects.update(expires_at=timezone.now() + timedelta(days=1))
        Membership.objects.filter(user=cast.vera.user).update(is_active=False)
    assert "no longer has access" in told()
    with tenant(cast.acme.pk):
        Membership.objects.filter(user=cast.vera.user).update(is_active=True)
        process_rma(cast.bob, rma)
        approve_rma(cast.bob, rma)
    assert "This RMA is approved already." in told()
    with tenant(cast.acme.pk):
        void_rma(cast.bob, rma)
    assert "This RMA is voided by now" in told()


@pytest.mark.parametrize("key", ["x", "1-2.3", "DECISION-LINK-" + "0" * 32, "%00", "9" * 300])
def test_a_token_we_did_not_sign_opens_nothing(db: Any, key: str) -> None:
    page = Client().get(f"/decide/{key}/")
    assert (page.status_code, "This link is not valid." in text_of(page)) == (200, True)


def test_a_signed_token_of_another_merchant_opens_nothing(cast: Cast, rma: Rma) -> None:
    mailed(cast, rma)
    with tenant(cast.acme.pk):
        key = DecisionLink.objects.get().key
    foreign = token_of(cast.globex.pk, key)
    assert "This link is not valid." in text_of(Client().get(f"/decide/{foreign}/"))


def test_a_new_link_ends_the_former_one(cast: Cast, rma: Rma) -> None:
    first = mailed(cast, rma)
    second = mailed(cast, rma)
    assert "This link has ended." in text_of(Client().get(first))
    assert "White metal lantern" in Client().get(second).text


def test_too_many_calls_are_slowed_down(cast: Cast, rma: Rma, monkeypatch: Any) -> None:
    monkeypatch.setattr(decision_page, "MOST_OF_A_LINK", 2)
    where = mailed(cast, rma)
    assert [Client().get(where).status_code for _ in range(3)] == [200, 200, 429]


def test_texts_without_a_link_leave_as_they_are() -> None:
    assert filled_in(1, "Hello DECISION-LINK- there") == "Hello DECISION-LINK- there"


def test_only_who_talks_to_vendors_sends_links(at_acme: Cast) -> None:
    rma = lanterns(at_acme).rmas.get()
    for actor in (at_acme.fay, at_acme.wendy, at_acme.cora):
        with pytest.raises(NotAllowed):
            send_decision_link(actor, rma)
    refused(lambda: send_decision_link(at_acme.vera, rma), "Only the merchant")
    assert send_decision_link(at_acme.alice, rma) == rma
    cancel_rma(at_acme.bob, rma)
    refused(lambda: send_decision_link(at_acme.bob, rma), "canceled")


# --- counter-offers -----------------------------------------------------------------------------


def test_an_offer_is_the_merchants_turn_and_accepting_it_approves(
    cast: Cast, rma: Rma, sign_in: SignIn
) -> None:
    where = mailed(cast, rma)
    page = Client().post(where, {"do": "offer", "kind": "keep", "percent": "60"}, follow=True)
    assert "Your answer is recorded." in text_of(page)
    bob = sign_in(cast.bob)
    with tenant(cast.acme.pk):
        found = Return.objects.get(pk=rma.customer_return_id)
        offer = CounterOffer.objects.get()
    assert found.waits_on == "merchant"
    said = text_of(bob.get(desk.address(found)))
    assert "The customer keeps it and Northlight Lamps credits 60 %. Accept or decline" in said
    address = f"/m/acme/counter-offers/{offer.public_id}/"
    assert "Credit if you accept" in text_of(bob.get(address))
    done = bob.post(address, {"key": new_key(), "do": "accept"}, follow=True)
    assert "is approved with the credit that was offered" in text_of(done)
    assert status(rma) == ("approved", 4, 0)
    assert rma.credit_expected == rma.cost_total * 6 / 10
    again = bob.post(address, {"key": new_key(), "do": "decline"})
    assert (again.status_code, "was accepted already" in text_of(again)) == (409, True)


def test_declining_gives_the_turn_back_to_the_vendor(at_acme: Cast) -> None:
    rma = lanterns(at_acme).rmas.get()
    offer = make_offer(at_acme.vera, rma, "replace", 99)
    assert offer.percent == 0
    refused(lambda: make_offer(at_acme.vera, rma, "keep", 50), "already")
    decline_offer(at_acme.bob, offer)
    rma.refresh_from_db()
    assert (rma.status, rma.question_to) == ("waiting", "")
    assert Return.objects.get(pk=rma.customer_return_id).waits_on == "vendor"
    refused(lambda: accept_offer(at_acme.bob, offer), "declined already")


@pytest.mark.parametrize(
    ("kind", "percent", "field"),
    [("keep", 0, "percent"), ("scrap", 101, "percent"), ("", 5, "kind")],
)
def test_an_offer_that_makes_no_sense_is_refused(
    at_acme: Cast, kind: str, percent: int, field: str
) -> None:
    rma = lanterns(at_acme).rmas.get()
    refused(lambda: make_offer(at_acme.vera, rma, kind, percent), field=field)


def test_only_the_merchant_answers_an_offer(at_acme: Cast) -> None:
    rma = lanterns(at_acme).rmas.get()
    offer = make_offer(at_acme.vera, rma, "scrap", 100)
    only_who_may(at_acme, "rma.edit", lambda actor: accept_offer(actor, offer))
    only_who_may(at_acme, "rma.edit", lambda actor: decline_offer(actor, offer))
