"""Offers and their cycles, each with its return profile (P1, P2)."""

from __future__ import annotations

from decimal import Decimal as D

import pytest
from django.db import IntegrityError, transaction

from actions.offers import (
    OfferEdit,
    add_offer,
    change_offer,
    cycle_of,
)
from actions.profiles import (
    ProfileEdit,
    add_profile,
)
from audit.models import Event
from core.errors import Refused
from orders.models import OfferCycle
from profiles.terms import CycleKind, Outcome, Rule, Terms
from tests.cast import Cast
from tests.factories import (
    OfferCycleFactory,
    OfferFactory,
)

pytestmark = pytest.mark.django_db

FULL = Rule(Outcome.REFUND_AND_CANCEL, D(100))
TERMS = Terms(FULL, Rule(Outcome.CANCEL_ONLY), Rule(Outcome.NO_ACTION), 30)


def last(verb: str) -> Event:
    found = Event.objects.filter(verb=verb).order_by("-id").first()
    assert found is not None
    return found


def test_a_change_of_an_offer_says_each_thing_by_itself(at_acme: Cast) -> None:
    kind, strict = (
        add_profile(at_acme.alice, ProfileEdit(name, TERMS)) for name in ("Kind", "Strict")
    )
    offer = add_offer(at_acme.alice, "Tea", "TEA", has_trial=True, profile_id=kind.pk)
    trial = offer.cycles.get(kind=CycleKind.TRIAL)
    foreign = OfferCycleFactory(merchant=at_acme.acme)
    edit = OfferEdit("Green tea", False, {trial.pk: strict.pk, foreign.pk: strict.pk})
    change_offer(at_acme.alice, offer, edit)
    assert last("offer.profile_assigned").data == {
        "name": "Tea",
        "cycle": "Trial",
        "before": "Kind",
        "after": "Strict",
    }
    assert last("offer.renamed").data == {"before": "Tea", "name": "Green tea"}
    assert last("offer.archived")
    offer.refresh_from_db()
    assert (offer.name, bool(offer.archived_at)) == ("Green tea", True)
    foreign.refresh_from_db()
    assert foreign.profile is None
    with pytest.raises(Refused, match="set that way already"):
        change_offer(at_acme.alice, offer, edit)


def test_a_profile_that_is_not_there_is_refused_at_its_cycle(at_acme: Cast) -> None:
    offer = add_offer(at_acme.alice, "Tea", "TEA")
    cycle = offer.cycles.all()[0]
    with pytest.raises(Refused) as refused:
        change_offer(at_acme.alice, offer, OfferEdit("Tea", True, {cycle.pk: 10**9}))
    assert refused.value.field == f"profile-{cycle.pk}"


@pytest.mark.parametrize(("name", "code"), [("", "A"), ("Tea", ""), ("Tea", "A B"), ("Tea", "T")])
def test_offers_that_cannot_be(at_acme: Cast, name: str, code: str) -> None:
    OfferFactory(merchant=at_acme.acme, code="T")
    with pytest.raises(Refused):
        add_offer(at_acme.alice, name, code)


def test_a_rebill_falls_under_the_last_cycle_up_to_it() -> None:
    cycles = [OfferCycle(kind="rebill", number=number) for number in (1, 3)]
    found = {number: cycle_of(cycles, "rebill", number) for number in (1, 2, 3, 9)}
    assert {number: one and one.number for number, one in found.items()} == {1: 1, 2: 1, 3: 3, 9: 3}
    assert cycle_of(cycles, "trial", 0) is None
    assert cycle_of(cycles[1:], "rebill", 2) is None


@pytest.mark.parametrize(
    ("kind", "number", "good"),
    [("trial", 0, True), ("trial", 1, False), ("rebill", 0, False), ("rebill", 1, True)],
)
def test_the_database_knows_which_cycles_are_numbered(
    at_acme: Cast, kind: str, number: int, good: bool
) -> None:
    def make() -> None:
        with transaction.atomic():
            OfferCycleFactory(merchant=at_acme.acme, kind=kind, number=number)

    if good:
        make()
    else:
        with pytest.raises(IntegrityError):
            make()
