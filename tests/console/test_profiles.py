"""Return profiles, offers and connections over HTTP (P1, P2, P8)."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from core.tenancy import tenant
from orders.models import Connection, Offer, OfferCycle
from profiles.models import ReturnProfile, ReturnProfileVersion
from tests.cast import Cast, SignIn
from tests.factories import (
    ConnectionFactory,
    OfferCycleFactory,
    OfferFactory,
    ReturnProfileFactory,
)

pytestmark = pytest.mark.django_db

PROFILES = "/m/acme/settings/profiles/"
NEW = "/m/acme/settings/profiles/new/"
OFFERS = "/m/acme/settings/offers/"
CONNECTIONS = "/m/acme/settings/connections/"


@pytest.fixture
def alice(cast: Cast, sign_in: SignIn) -> Client:
    return sign_in(cast.alice)


def text_of(page: Any) -> str:
    """What the page says, without tags and with single blanks."""
    return " ".join(re.sub(r"<[^>]+>", " ", page.text).split())


def filled(**changed: str) -> dict[str, Any]:
    """The form of a profile; an empty value leaves the input out."""
    form = {
        "key": str(uuid4()),
        "version": "0",
        "name": "Kind",
        "expires": "on",
        "expiry_days": "30",
        "valid_outcome": "refund_and_cancel",
        "valid_percent": "100",
        "expired_outcome": "refund_and_cancel",
        "expired_percent": "50",
        "none_outcome": "cancel_only",
        "none_percent": "0",
        "basis": "items_and_tax",
        "restocking_percent": "0",
        **changed,
    }
    return {name: value for name, value in form.items() if value != ""}


def page_of(noun: str, row: Any) -> str:
    return f"/m/acme/settings/{noun}/{row.public_id}/"


# --- profiles -----------------------------------------------------------------------------------


def test_without_profiles_the_list_says_what_to_do(alice: Client) -> None:
    said = text_of(alice.get(PROFILES))
    assert "No return profiles yet" in said
    assert "Add Return Profile" in said


def test_a_new_profile_stands_in_the_list_with_what_it_does(cast: Cast, alice: Client) -> None:
    start = text_of(alice.get(NEW))
    assert "A return that arrives within 30 days of its RMA refunds 100 %" in start
    done = alice.post(NEW, filled(valid_percent="33,33"), follow=True)
    said = text_of(done)
    assert "“Kind” can be assigned to offer cycles now." in said
    assert "33.33 %" in said
    assert "after 30 days" in said
    assert "0 cycles" in said
    with tenant(cast.acme.pk):
        assert str(ReturnProfileVersion.objects.get().valid_percent) == "33.33"


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"valid_percent": "100.01"}, "No more than 100 % of a charge can be refunded."),
        ({"valid_percent": "-1"}, "A percentage cannot be negative."),
        ({"valid_percent": "33.333"}, "Use at most two decimals"),
        ({"none_percent": "half"}, "“half” is not a percentage."),
        ({"restocking_percent": "101 %"}, "No more than 100 %"),
        ({"expiry_days": "0"}, "An RMA is valid for at least 1 day."),
        ({"expiry_days": "10,000"}, "Enter a whole number of days, from 1 to 3,650."),
        ({"expiry_days": "10000"}, "An RMA is valid for at most 3,650 days."),
        ({"expiry_days": "2.5"}, "Enter a whole number of days"),
        ({"expiry_days": ""}, "Enter a whole number of days"),
        ({"name": " "}, "Enter what the profile is called."),
        ({"valid_outcome": "everything"}, "Select a valid choice."),
        ({"basis": ""}, "Choose what the percentage is taken of."),
    ],
)
def test_bad_input_is_refused_at_its_field(
    cast: Cast, alice: Client, changed: dict[str, str], sentence: str
) -> None:
    refused = alice.post(NEW, filled(**changed))
    assert refused.status_code == 422
    assert sentence in text_of(refused)
    with tenant(cast.acme.pk):
        assert not ReturnProfile.objects.exists()


def test_a_comma_and_a_percent_sign_are_understood(cast: Cast, alice: Client) -> None:
    assert alice.post(NEW, filled(expired_percent="12,5 %")).status_code == 302
    with tenant(cast.acme.pk):
        assert str(ReturnProfileVersion.objects.get().expired_percent) == "12.50"


def test_days_do_not_count_where_rmas_never_expire(cast: Cast, alice: Client) -> None:
    assert alice.post(NEW, filled(expires="", expiry_days="")).status_code == 302
    with tenant(cast.acme.pk):
        version = ReturnProfileVersion.objects.get()
        assert (version.expires, version.terms().expiry_days) == (False, None)


def test_the_sentence_follows_the_form_and_writes_nothing(cast: Cast, alice: Client) -> None:
    live = alice.post(NEW, filled(update="1", valid_percent="80"), headers={"HX-Request": "true"})
    assert "refunds 80 % of the items and their tax" in text_of(live)
    assert "<html" not in live.text
    wrong = alice.post(NEW, filled(update="1", valid_percent="180"), headers={"HX-Request": "true"})
    assert "It cannot be said yet" in text_of(wrong)
    assert "No more than 100 %" in text_of(wrong)
    whole = alice.post(NEW, filled(update="1", valid_percent="70"))
    assert "refunds 70 % of the items" in text_of(whole)
    assert 'value="70"' in whole.text
    with tenant(cast.acme.pk):
        assert not ReturnProfile.objects.exists()


def test_an_edit_makes_a_version_and_the_page_shows_before_and_after(
    cast: Cast, alice: Client
) -> None:
    profile = ReturnProfileFactory(merchant=cast.acme, name="Kind")
    page = page_of("profiles", profile)
    done = alice.post(page, filled(version="1", expired_percent="25"), follow=True)
    said = text_of(done)
    assert "Version 2 of “Kind” is saved and judges returns from now on." in said
    assert "Refund and cancel if needed, 50 %" in said
    assert "Refund and cancel if needed, 25 %" in said
    assert "Alice Owner changed the return profile “Kind”: version 2" in said
    with tenant(cast.acme.pk):
        assert list(
            ReturnProfileVersion.objects.order_by("number").values_list("expired_percent", flat=1)
        ) == [50, 25]


def test_a_late_edit_is_told_who_was_quicker(cast: Cast, alice: Client) -> None:
    profile = ReturnProfileFactory(merchant=cast.acme, name="Kind")
    page = page_of("profiles", profile)
    alice.post(page, filled(version="1", expired_percent="25"))
    late = alice.post(page, filled(version="1", expired_percent="75"))
    assert late.status_code == 409
    assert "Alice Owner saved version 2 meanwhile." in text_of(late)


def test_nothing_changed_is_said(cast: Cast, alice: Client) -> None:
    profile = ReturnProfileFactory(merchant=cast.acme, name="Kind")
    same = alice.post(page_of("profiles", profile), filled(version="1"))
    assert same.status_code == 409
    assert "It is set that way already" in text_of(same)


def test_a_profile_is_archived_and_offered_again(cast: Cast, alice: Client) -> None:
    profile = ReturnProfileFactory(merchant=cast.acme, name="Kind")
    cycle = OfferCycleFactory(merchant=cast.acme, profile=profile, offer__name="Tea")
    button = f"{page_of('profiles', profile)}archive/"
    done = alice.post(button, {"key": uuid4(), "wanted": "archive"}, follow=True)
    said = text_of(done)
    assert "Cycles that have it keep it." in said
    assert "Tea Initial" in said
    again = alice.post(button, {"key": uuid4(), "wanted": "archive"})
    assert again.status_code == 409
    assert "“Kind” is archived already." in text_of(again)
    offer = text_of(alice.get(page_of("offers", cycle.offer)))
    assert "Kind" in offer
    back = alice.post(button, {"key": uuid4(), "wanted": "restore"}, follow=True)
    assert "“Kind” is offered again." in text_of(back)


def test_the_list_takes_the_same_queries_for_one_profile_and_for_thirty(
    cast: Cast, alice: Client, django_assert_max_num_queries: Any
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    counts = []
    for more in (1, 29):
        for _n in range(more):
            OfferCycleFactory(merchant=cast.acme, profile=ReturnProfileFactory(merchant=cast.acme))
        for page in (PROFILES, OFFERS):
            with CaptureQueriesContext(
                connection,
            ) as found:
                assert alice.get(page).status_code == 200
            counts.append(len(found))
    assert counts[:2] == counts[2:]


# --- offers -------------------------------------------------------------------------------------


def test_a_new_offer_has_its_usual_cycles(cast: Cast, alice: Client) -> None:
    profile = ReturnProfileFactory(merchant=cast.acme, name="Kind")
    form = {"key": uuid4(), "name": "Tea", "code": "TEA", "has_trial": "on", "profile": profile.pk}
    said = text_of(alice.post(OFFERS, form, follow=True))
    assert "“Tea” is added with its cycles." in said
    assert "Trial: Kind Initial: Kind Rebill 1: Kind" in said
    with tenant(cast.acme.pk):
        assert OfferCycle.objects.filter(profile=profile).count() == 3


def test_each_cycle_gets_its_own_profile(cast: Cast, alice: Client) -> None:
    kind, strict = (ReturnProfileFactory(merchant=cast.acme, name=n) for n in ("Kind", "Strict"))
    cycle = OfferCycleFactory(merchant=cast.acme, profile=kind, offer__name="Tea")
    page = page_of("offers", cycle.offer)
    form = {"key": uuid4(), "name": "Tea", "is_offered": "on", f"profile-{cycle.pk}": strict.pk}
    said = text_of(alice.post(page, form, follow=True))
    assert "“Tea” is saved." in said
    assert "set the return profile of Initial of “Tea”: Kind → Strict" in said
    gone = alice.post(page, {**form, "key": uuid4(), f"profile-{cycle.pk}": ""}, follow=True)
    assert "Strict → none" in text_of(gone)


def test_an_archived_profile_cannot_be_chosen_anew(cast: Cast, alice: Client) -> None:
    from django.utils import timezone

    old = ReturnProfileFactory(merchant=cast.acme, archived_at=timezone.now())
    cycle = OfferCycleFactory(merchant=cast.acme)
    form = {"key": uuid4(), "name": "Tea", "is_offered": "on", f"profile-{cycle.pk}": old.pk}
    refused = alice.post(page_of("offers", cycle.offer), form)
    assert refused.status_code == 422
    assert "Choose one of the profiles." in text_of(refused)


def test_a_profile_of_another_merchant_cannot_be_chosen(cast: Cast, alice: Client) -> None:
    foreign = ReturnProfileFactory(merchant=cast.globex)
    cycle = OfferCycleFactory(merchant=cast.acme)
    form = {"key": uuid4(), "name": "Tea", "is_offered": "on", f"profile-{cycle.pk}": foreign.pk}
    assert alice.post(page_of("offers", cycle.offer), form).status_code == 422


def test_a_further_rebill_cycle(cast: Cast, alice: Client) -> None:
    offer = OfferFactory(merchant=cast.acme)
    add = f"{page_of('offers', offer)}cycle/"
    form = {"key": uuid4(), "kind": "rebill", "number": "3", "profile": ""}
    assert "Rebill 3 is added." in text_of(alice.post(add, form, follow=True))
    twice = alice.post(add, {**form, "key": uuid4()})
    assert twice.status_code == 409
    assert "This offer has that cycle already." in text_of(twice)
    nameless = alice.post(add, {**form, "key": uuid4(), "number": ""})
    assert "Enter which rebill it is, from 1 to 999." in text_of(nameless)


def test_an_offer_is_retired(cast: Cast, alice: Client) -> None:
    offer = OfferFactory(merchant=cast.acme, name="Tea")
    done = alice.post(page_of("offers", offer), {"key": uuid4(), "name": "Tea"}, follow=True)
    assert "retired the offer “Tea”" in text_of(done)
    with tenant(cast.acme.pk):
        assert Offer.objects.offered().count() == 0


# --- connections --------------------------------------------------------------------------------


def test_a_connection_explains_its_level(cast: Cast, alice: Client) -> None:
    before = text_of(alice.get(CONNECTIONS))
    assert "Not connected" in before
    for word in ("0 – None", "1 – Notes only", "2 – Staff generate", "3 – Customers start"):
        assert word in before
    page = page_of("connections", cast.northlight)
    assert "Not connected yet." in text_of(alice.get(page))
    said = text_of(alice.post(page, {"key": uuid4(), "name": "Lamps", "level": "3"}, follow=True))
    assert "“Lamps” is connected." in said
    assert "Customers start the return of a shipment themselves" in said
    with tenant(cast.acme.pk):
        assert Connection.objects.get().vendor == cast.northlight


def test_the_level_of_a_connection_changes(cast: Cast, alice: Client) -> None:
    ConnectionFactory(merchant=cast.acme, vendor=cast.northlight, name="Lamps")
    page = page_of("connections", cast.northlight)
    done = alice.post(page, {"key": uuid4(), "name": "Lamps", "level": "0"}, follow=True)
    assert "RMA level 3 → 0" in text_of(done)
    bad = alice.post(page, {"key": uuid4(), "name": "Lamps", "level": "5"})
    assert bad.status_code == 422
    same = alice.post(page, {"key": uuid4(), "name": "Lamps", "level": "0"})
    assert same.status_code == 409


def test_agents_do_not_change_settings(cast: Cast, sign_in: SignIn) -> None:
    bob = sign_in(cast.bob)
    for page in (PROFILES, NEW, OFFERS, CONNECTIONS):
        assert bob.get(page).status_code == 403
