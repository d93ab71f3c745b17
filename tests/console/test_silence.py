"""The settings of silent vendors over HTTP, and the next step on the pages of both sides (X7)."""

from __future__ import annotations

import re
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from accounts.calendars import Holiday
from accounts.models import Vendor
from core.tenancy import tenant
from tests.cast import Cast, SignIn
from tests.console.desk import address
from tests.console.test_settings import text_of
from tests.factories import Item, made_return, shipped_order
from tests.vendor_portal.portal import page_of

pytestmark = pytest.mark.django_db

CALENDAR = "/m/acme/settings/calendar/"


@pytest.fixture
def alice(cast: Cast, sign_in: SignIn) -> Client:
    return sign_in(cast.alice)


def vendor_page(vendor: Vendor, more: str = "") -> str:
    return f"/m/acme/settings/vendors/{vendor.public_id}/{more}"


def typed(**values: Any) -> dict[str, Any]:
    policy = {"remind": "2", "escalate": "", "end": "5", "outcome": "approve"}
    return {"key": uuid4(), **policy, **values}


def test_the_policy_is_set_on_the_vendors_page(cast: Cast, alice: Client) -> None:
    assert "Nothing follows." in text_of(alice.get(vendor_page(cast.northlight)))
    page = alice.post(vendor_page(cast.northlight, "silence/"), typed(), follow=True)
    said = text_of(page)
    assert "Reminder after 2 business days, approval after 5 business days." in said
    assert "Alice Owner changed what follows when Northlight Lamps stays silent" in said


@pytest.mark.parametrize(
    ("wrong", "status", "sentence"),
    [
        ({"remind": "6"}, 409, "Each step comes later"),
        ({"remind": "nine"}, 422, "whole number"),
        ({"end": "61"}, 422, "less than or equal to 60"),
        ({"outcome": ""}, 422, "Choose what follows in the end"),
    ],
)
def test_a_mistake_is_told_at_its_input(
    cast: Cast, alice: Client, wrong: Any, status: int, sentence: str
) -> None:
    page = alice.post(vendor_page(cast.northlight, "silence/"), typed(**wrong))
    assert page.status_code == status
    assert sentence in text_of(page)


def test_the_calendar_of_the_merchant(cast: Cast, alice: Client) -> None:
    page = alice.post(
        f"{CALENDAR}holidays/",
        {"key": uuid4(), "day": "2190-12-25", "name": "Christmas Day"},
        follow=True,
    )
    assert "“Christmas Day” is in the calendar." in text_of(page)
    again = {"key": uuid4(), "day": "2190-12-25", "name": "Again"}
    refused = alice.post(f"{CALENDAR}holidays/", again)
    assert (refused.status_code, "holiday already" in text_of(refused)) == (409, True)
    weekend = alice.post(CALENDAR, {"key": uuid4(), "weekend": ["4", "5"]}, follow=True)
    assert "Alice Owner changed the weekend: Friday, Saturday" in text_of(weekend)
    with tenant(cast.acme.pk):
        holiday = Holiday.objects.get()
    assert holiday.day == date(2190, 12, 25)
    key = re.search(r'/remove/".*?name="key" value="([^"]+)"', page.text, re.DOTALL)
    assert key is not None
    gone = f"{CALENDAR}holidays/{holiday.public_id}/remove/"
    page = alice.post(gone, {"key": key[1]}, follow=True)
    assert "“Christmas Day” is out of the calendar." in text_of(page)


def test_both_sides_read_the_next_automatic_step(
    cast: Cast, alice: Client, sign_in: SignIn
) -> None:
    alice.post(vendor_page(cast.northlight, "silence/"), typed())
    order = shipped_order(cast.acme, Item(3), vendor=cast.northlight)
    made = made_return(cast.bob, order)
    with tenant(cast.acme.pk):
        rma = made.rmas.get()
        theirs = page_of(rma)
    sentence = re.compile(
        r"Next automatic step: a reminder to Northlight Lamps on (Mon|Tue|Wed|Thu|Fri) \d+ \w+\."
    )
    assert sentence.search(text_of(alice.get(address(made))))
    vera = sign_in(cast.vera)
    assert sentence.search(text_of(vera.get(theirs)))
    assert sentence.search(text_of(vera.get("/vendors/acme/"))), "what waits says it too"
