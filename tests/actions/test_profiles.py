"""Verbs of return profiles, offers, connections and subscriptions beside their pages (P1, P2)."""

from __future__ import annotations

from decimal import Decimal as D
from typing import Any

import pytest
from django.db import IntegrityError, ProgrammingError, transaction
from django.utils import timezone

from actions.base import preview
from actions.connections import add_connection, change_connection
from actions.offers import (
    CycleRequest,
    OfferEdit,
    add_cycle,
    add_offer,
    change_offer,
    cycle_of,
)
from actions.profiles import (
    ProfileEdit,
    add_profile,
    archive_profile,
    change_profile,
    restore_profile,
)
from actions.subscriptions import (
    ChargeRequest,
    add_charge,
    add_subscription,
    cancel_subscription,
)
from audit.models import Event
from core.errors import NotAllowed, Refused, Stale
from core.tenancy import tenant
from orders.models import Charge, OfferCycle, RmaLevel, Subscription
from profiles.models import ReturnProfile, ReturnProfileVersion
from profiles.terms import CycleKind, Outcome, Rule, Terms
from tests.cast import Cast
from tests.factories import (
    ChargeFactory,
    OfferCycleFactory,
    OfferFactory,
    OrderFactory,
    ReturnProfileFactory,
    SubscriptionFactory,
    subscribed,
)

pytestmark = pytest.mark.django_db

FULL = Rule(Outcome.REFUND_AND_CANCEL, D(100))
TERMS = Terms(FULL, Rule(Outcome.CANCEL_ONLY), Rule(Outcome.NO_ACTION), 30)
ENDLESS = Terms(FULL, FULL, FULL)


def last(verb: str) -> Event:
    found = Event.objects.filter(verb=verb).order_by("-id").first()
    assert found is not None
    return found


# --- profiles -----------------------------------------------------------------------------------


def test_a_profile_keeps_its_terms_to_the_letter(at_acme: Cast) -> None:
    terms = Terms(
        Rule(Outcome.REFUND_AND_CANCEL, D("33.33")),
        Rule(Outcome.CANCEL_ONLY),
        Rule(Outcome.NO_ACTION, D("5.00")),
        14,
        restocking_percent=D("12.50"),
        trial_cancel_only=True,
        end_of_trial=True,
    )
    made = add_profile(at_acme.alice, ProfileEdit("  Kind   one ", terms))
    assert made.name == "Kind one"
    assert made.current().terms() == terms
    assert made.current().made_by == at_acme.alice.user
    assert last("profile.added").data == {"name": "Kind one"}


def test_an_edit_leaves_the_old_version_as_it_was(at_acme: Cast) -> None:
    made = add_profile(at_acme.alice, ProfileEdit("Kind", TERMS))
    changed = change_profile(at_acme.alice, made, ProfileEdit("Kinder", ENDLESS), version=1)
    first, second = made.versions.order_by("number")
    assert (first.name, first.terms()) == ("Kind", TERMS)
    assert (second.name, second.terms()) == ("Kinder", ENDLESS)
    # The days are remembered though they do not count.
    assert (changed.version, second.expires, second.expiry_days) == (2, False, 30)
    event = last("profile.changed")
    assert ["Name", "Kind", "Kinder"] in event.data["changes"]
    assert ["RMAs expire", "after 30 days", "never"] in event.data["changes"]


def test_nobody_can_change_a_version(at_acme: Cast) -> None:
    add_profile(at_acme.alice, ProfileEdit("Kind", TERMS))
    for change in (
        lambda: ReturnProfileVersion.objects.update(valid_percent=1),
        lambda: ReturnProfileVersion.objects.all().delete(),
    ):
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            change()


@pytest.mark.parametrize("name", ["", "  ", "x" * 81, "KIND"])
def test_names_that_cannot_be(at_acme: Cast, name: str) -> None:
    add_profile(at_acme.alice, ProfileEdit("Kind", TERMS))
    with pytest.raises(Refused) as refused:
        add_profile(at_acme.alice, ProfileEdit(name, TERMS))
    assert refused.value.field == "name"
    assert ReturnProfile.objects.count() == 1


def test_a_late_and_an_empty_edit(at_acme: Cast) -> None:
    made = add_profile(at_acme.alice, ProfileEdit("Kind", TERMS))
    with pytest.raises(Refused, match="set that way already"):
        change_profile(at_acme.alice, made, ProfileEdit("Kind", TERMS), version=1)
    change_profile(at_acme.alice, made, ProfileEdit("Kind", ENDLESS), version=1)
    with pytest.raises(Stale, match="Alice Owner saved version 2 meanwhile"):
        change_profile(at_acme.alice, made, ProfileEdit("Kind", TERMS), version=1)


def test_an_archived_profile_keeps_its_cycles_and_takes_no_new_ones(at_acme: Cast) -> None:
    made = add_profile(at_acme.alice, ProfileEdit("Kind", TERMS))
    cycle = OfferCycleFactory(merchant=at_acme.acme, profile=made)
    archive_profile(at_acme.alice, made)
    assert list(ReturnProfile.objects.visible_to(at_acme.alice).offered()) == []
    cycle.refresh_from_db()
    assert cycle.profile == made
    with pytest.raises(Refused, match="is archived"):
        add_offer(at_acme.alice, "Tea", "TEA", profile_id=made.pk)
    restore_profile(at_acme.alice, made)
    with pytest.raises(Refused, match="is offered already"):
        restore_profile(at_acme.alice, made)
    assert add_offer(at_acme.alice, "Tea", "TEA", profile_id=made.pk).cycles.count() == 2


def test_settings_are_the_owners_and_managers(at_acme: Cast) -> None:
    made = ReturnProfileFactory(merchant=at_acme.acme)
    offer = OfferFactory(merchant=at_acme.acme)
    bob: Any = at_acme.bob
    for verb in (
        lambda: add_profile(bob, ProfileEdit("Kind", TERMS)),
        lambda: change_profile(bob, made, ProfileEdit("Kind", TERMS), version=1),
        lambda: archive_profile(bob, made),
        lambda: add_offer(bob, "Tea", "TEA"),
        lambda: change_offer(bob, offer, OfferEdit("Tea")),
        lambda: add_cycle(bob, offer, CycleRequest(CycleKind.TRIAL)),
        lambda: add_connection(bob, at_acme.northlight, "Lamps", 3),
        lambda: add_subscription(at_acme.wendy, at_acme.cora_row, offer, "S", timezone.now()),
    ):
        with pytest.raises(NotAllowed):
            verb()
    assert not Event.objects.exists()


def test_a_preview_of_an_edit_leaves_no_version(at_acme: Cast) -> None:
    made = add_profile(at_acme.alice, ProfileEdit("Kind", TERMS))
    edit = ProfileEdit("Kind", ENDLESS)
    (event,) = preview(change_profile, at_acme.alice, made, edit, version=1)
    assert event.verb == "profile.changed"
    assert made.versions.count() == 1


@pytest.mark.parametrize(
    "broken",
    [
        {"valid_percent": D("100.01")},
        {"restocking_percent": D(-1)},
        {"expiry_days": 0},
        {"expiry_days": 10_000},
        {"none_outcome": "everything"},
        {"basis": "shipping"},
    ],
)
def test_the_database_keeps_terms_within_their_range(at_acme: Cast, broken: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        ReturnProfileFactory(merchant=at_acme.acme, terms=broken)


# --- offers and connections ---------------------------------------------------------------------


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


def test_a_connection_for_each_vendor(at_acme: Cast) -> None:
    made = add_connection(at_acme.alice, at_acme.northlight, "Lamps", RmaLevel.CUSTOMERS)
    with pytest.raises(Refused, match="has a connection already"):
        add_connection(at_acme.alice, at_acme.northlight, "Other", 1)
    with pytest.raises(Refused, match="from 0 to 4"):
        change_connection(at_acme.alice, made, "Lamps", 5)
    with pytest.raises(Refused, match="set that way already"):
        change_connection(at_acme.alice, made, "Lamps", 3)
    change_connection(at_acme.alice, made, "Lamps", 4)
    assert last("connection.changed").data == {"name": "Lamps", "before": 3, "level": 4}


def test_every_level_has_its_sentence() -> None:
    assert [str(level.sentence)[-1] for level in RmaLevel] == ["."] * 5


# --- subscriptions ------------------------------------------------------------------------------


def charge(**changed: Any) -> ChargeRequest:
    given = {
        "kind": CycleKind.INITIAL,
        "reference": "ch_1",
        "charged_at": timezone.now(),
        "currency": "GBP",
        "items": D("20.00"),
        "tax": D("4.00"),
        **changed,
    }
    return ChargeRequest(**given)


def test_a_charge_is_paid_in_full_unless_said_otherwise(at_acme: Cast) -> None:
    cycle = OfferCycleFactory(merchant=at_acme.acme)
    made = add_subscription(at_acme.bob, at_acme.cora_row, cycle.offer, "S-1", timezone.now())
    one = add_charge(at_acme.fay, made, charge())
    one.refresh_from_db()
    assert (one.total, one.paid, one.left) == (D(24), D(24), D(24))
    part = add_charge(at_acme.fay, made, charge(reference="ch_2", paid=D(10), refunded=D(4)))
    assert part.left == D(6)
    quoted = part.charged()
    assert (quoted.total, quoted.left, quoted.reference) == (D(24), D(6), "ch_2")
    assert last("charge.added").data["amount"] == "24.00 GBP"


def test_the_order_of_another_currency_is_refused(at_acme: Cast) -> None:
    order = OrderFactory(merchant=at_acme.acme, customer=at_acme.cora_row, currency="EUR")
    cycle = OfferCycleFactory(merchant=at_acme.acme)
    made = SubscriptionFactory(merchant=at_acme.acme, customer=at_acme.cora_row, offer=cycle.offer)
    with pytest.raises(Refused, match="is in EUR"):
        add_charge(at_acme.bob, made, charge(order_id=order.pk))
    assert not Charge.objects.exists()


def test_a_rebill_keeps_its_own_number(at_acme: Cast) -> None:
    cycle = OfferCycleFactory(merchant=at_acme.acme, kind="rebill", number=1)
    made = SubscriptionFactory(merchant=at_acme.acme, customer=at_acme.cora_row, offer=cycle.offer)
    one = add_charge(at_acme.bob, made, charge(kind=CycleKind.REBILL, number=7))
    assert (one.cycle, one.cycle_number, one.cycle_label) == (cycle, 7, "Rebill 7")


def test_a_subscription_is_canceled_once(at_acme: Cast) -> None:
    made = subscribed(at_acme.acme, at_acme.cora_row)
    done = cancel_subscription(at_acme.bob, made, reason="Asked for")
    assert (done.is_active, bool(done.canceled_at)) == (False, True)
    assert last("subscription.canceled").parent_id == at_acme.cora_row.pk
    with pytest.raises(Refused, match="was canceled before"):
        cancel_subscription(at_acme.bob, made)


def test_the_end_of_trial_charge_needs_a_trial_before_it_and_a_payment(at_acme: Cast) -> None:
    initial = OfferCycleFactory(merchant=at_acme.acme)
    made = SubscriptionFactory(merchant=at_acme.acme, offer=initial.offer)
    end = ChargeFactory(merchant=at_acme.acme, subscription=made, cycle=initial)
    assert list(Charge.objects.after_trial_of(made)) == []
    trial = OfferCycleFactory(merchant=at_acme.acme, offer=initial.offer, kind="trial")
    ChargeFactory(merchant=at_acme.acme, subscription=made, cycle=trial)
    assert list(Charge.objects.after_trial_of(made)) == [end]
    Charge.objects.filter(pk=end.pk).update(paid=0)
    assert list(Charge.objects.after_trial_of(made)) == []


@pytest.mark.parametrize(
    "broken",
    [
        {"items": D(-1)},
        {"paid": D("24.01")},
        {"paid": D(-1)},
        {"refunded": D("24.01")},
        {"paid": D(10), "refunded": D(11)},
        {"refunded": D(-1)},
    ],
)
def test_the_database_keeps_a_charge_within_itself(at_acme: Cast, broken: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        ChargeFactory(merchant=at_acme.acme, **broken)


def test_a_canceled_subscription_says_when(at_acme: Cast) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        SubscriptionFactory(merchant=at_acme.acme, status="canceled")


# --- who sees what ------------------------------------------------------------------------------


def test_customers_see_their_own_and_vendors_nothing(cast: Cast) -> None:
    profile = ReturnProfileFactory(merchant=cast.acme)
    mine = subscribed(cast.acme, cast.cora_row, profile=profile)
    subscribed(
        cast.acme,
        SubscriptionFactory(merchant=cast.acme).customer,
        profile=ReturnProfileFactory(merchant=cast.acme),
    )
    nouns = (Subscription, Charge, OfferCycle, type(mine.offer), ReturnProfile)
    for actor, count in ((cast.alice, 2), (cast.cora, 1), (cast.vera, 0), (cast.charlie, 0)):
        ids = {"vendor": actor.vendor_id, "customer": actor.customer_id}
        with tenant(actor.merchant_id, user=actor.user.pk, **ids):
            for noun in nouns:
                wanted = 3 if (noun, count) in {(Subscription, 2), (type(mine.offer), 2)} else count
                assert noun.objects.visible_to(actor).count() == wanted, (actor.name, noun)
                # The policies of the database alone say the same.
                assert noun.objects.count() == wanted, (actor.name, noun)
            assert ReturnProfileVersion.objects.count() == count
