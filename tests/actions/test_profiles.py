"""Return profiles: an edit makes a version, none is ever changed (P2, P8)."""

from __future__ import annotations

from decimal import Decimal as D
from typing import Any

import pytest
from django.db import IntegrityError, ProgrammingError, transaction
from django.utils import timezone

from actions.base import preview
from actions.connections import add_connection
from actions.offers import (
    CycleRequest,
    OfferEdit,
    add_cycle,
    add_offer,
    change_offer,
)
from actions.profiles import (
    ProfileEdit,
    add_profile,
    archive_profile,
    change_profile,
    restore_profile,
)
from actions.subscriptions import (
    add_subscription,
)
from audit.models import Event
from core.errors import NotAllowed, Refused, Stale
from profiles.models import ReturnProfile, ReturnProfileVersion
from profiles.terms import CycleKind, Outcome, Rule, Terms
from tests.cast import Cast
from tests.factories import (
    OfferCycleFactory,
    OfferFactory,
    ReturnProfileFactory,
)

pytestmark = pytest.mark.django_db

FULL = Rule(Outcome.REFUND_AND_CANCEL, D(100))
TERMS = Terms(FULL, Rule(Outcome.CANCEL_ONLY), Rule(Outcome.NO_ACTION), 30)
ENDLESS = Terms(FULL, FULL, FULL)


def last(verb: str) -> Event:
    found = Event.objects.filter(verb=verb).order_by("-id").first()
    assert found is not None
    return found


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
