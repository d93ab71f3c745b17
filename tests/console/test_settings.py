"""The settings over HTTP: strategy, vendors, reasons, address book (F8, F9, F10)."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from accounts.models import Merchant, ReturnAddress, Vendor
from audit.models import Event
from core.tenancy import tenant
from returns.models import ReturnReason
from tests.cast import Cast, SignIn

pytestmark = pytest.mark.django_db

STRATEGY = "/m/acme/settings/"
VENDORS = "/m/acme/settings/vendors/"
REASONS = "/m/acme/settings/reasons/"
ADDRESSES = "/m/acme/settings/addresses/"


@pytest.fixture
def alice(cast: Cast, sign_in: SignIn) -> Client:
    return sign_in(cast.alice)


def text_of(page: Any) -> str:
    """What the page says, without tags and with single blanks."""
    return " ".join(re.sub(r"<[^>]+>", " ", page.text).split())


def verbs(cast: Cast) -> list[str]:
    with tenant(cast.acme.pk):
        return list(Event.objects.order_by("id").values_list("verb", flat=True))


def reasons(cast: Cast) -> list[ReturnReason]:
    with tenant(cast.acme.pk):
        return list(ReturnReason.objects.order_by("position", "id"))


# --- strategy -----------------------------------------------------------------------------------


def test_the_strategy_page_says_in_words_what_will_happen(cast: Cast, alice: Client) -> None:
    before = text_of(alice.get(STRATEGY))
    assert "Manually process, user or vendor approves or denies." in before
    assert "A new RMA waits until somebody processes it by hand." in before

    done = alice.post(STRATEGY, {"key": uuid4(), "auto_process": "on"}, follow=True)

    after = text_of(done)
    assert "The RMA strategy is saved. New RMAs follow it." in after
    assert "A new RMA is handed to the vendor at once and counts as processed." in after
    assert "Alice Owner changed the RMA strategy: auto process on" in after
    with tenant(cast.acme.pk):
        acme = Merchant.objects.get(pk=cast.acme.pk)
    assert (acme.rma_auto_process, acme.rma_auto_approve) == (True, False)


def test_the_same_form_twice_is_carried_out_once(cast: Cast, alice: Client) -> None:
    sent = {"key": uuid4(), "auto_approve": "on"}
    assert [alice.post(STRATEGY, sent).status_code for _time in range(2)] == [302, 302]
    assert verbs(cast) == ["strategy.changed"]


def test_saving_what_is_set_already_is_said_and_leaves_no_event(cast: Cast, alice: Client) -> None:
    page = alice.post(STRATEGY, {"key": uuid4()})
    assert page.status_code == 409
    assert "It is set that way already" in page.text
    assert verbs(cast) == []


def test_a_vendor_goes_its_own_way_and_both_pages_say_so(cast: Cast, alice: Client) -> None:
    address = f"{VENDORS}{cast.northlight.public_id}/"
    page = text_of(alice.get(address))
    for words in (
        "OVERRIDE: AUTO PROCESSING",
        "Use Global RMA Strategy",
        "Auto Process",
        "Do NOT Auto Process",
        "The global strategy leaves processing to people now.",
    ):
        assert words in page

    rules = {"auto_process": "always", "auto_approve": "global", "integrated": "on"}
    done = alice.post(
        address, {"key": uuid4(), **rules, "return_address": "9 Quay\nHull"}, follow=True
    )

    assert "A new RMA is handed to the vendor at once" in text_of(done)
    assert "Processing → Processed → Approved" in text_of(done)
    assert "changed how Northlight Lamps takes RMAs: Auto Process, integration on" in text_of(done)
    globally = text_of(alice.get(STRATEGY))
    assert "Northlight Lamps Auto-process, user or vendor approves or denies" in globally
    assert "Auto Process" in text_of(alice.get(VENDORS))
    with tenant(cast.acme.pk):
        vendor = Vendor.objects.get(pk=cast.northlight.pk)
    assert (vendor.auto_process, vendor.integrated) == ("always", True)
    assert vendor.return_address == "9 Quay\nHull"


def test_an_unknown_override_is_refused_at_its_field(cast: Cast, alice: Client) -> None:
    sent = {"key": uuid4(), "auto_process": "sometimes", "auto_approve": "global"}
    page = alice.post(f"{VENDORS}{cast.northlight.public_id}/", sent)
    assert page.status_code == 422
    assert "sometimes is not one of the available choices" in page.text
    assert verbs(cast) == []


# --- reasons ------------------------------------------------------------------------------------


def test_a_reason_is_added_under_a_heading(cast: Cast, alice: Client) -> None:
    size = next(reason for reason in reasons(cast) if reason.label == "Incorrect size")
    done = alice.post(
        REASONS, {"key": uuid4(), "label": "Too  small", "parent": size.pk}, follow=True
    )
    page = text_of(done)
    assert "“Too small” can be chosen from now on." in page
    assert "Incorrect size incorrect-size Heading" in page.replace("_", "-")
    made = next(reason for reason in reasons(cast) if reason.label == "Too small")
    assert (made.code, made.parent_id) == ("too-small", size.pk)


def test_reasons_move_are_renamed_and_retire(cast: Cast, alice: Client) -> None:
    first, second, *_rest = reasons(cast)
    moved = alice.post(f"{REASONS}{second.public_id}/move/", {"key": uuid4(), "direction": "up"})
    assert moved.status_code == 302
    assert reasons(cast)[:2] == [second, first]

    sent = {"key": uuid4(), "label": "Broken", "parent": ""}
    assert alice.post(f"{REASONS}{first.public_id}/", sent).url == REASONS
    changed = next(reason for reason in reasons(cast) if reason.pk == first.pk)
    assert (changed.label, changed.code, changed.is_active) == ("Broken", first.code, False)
    assert "Retired" in text_of(alice.get(REASONS))
    assert verbs(cast) == ["reason.moved", "reason.changed", "reason.retired"]


def test_the_first_reason_cannot_move_up(cast: Cast, alice: Client) -> None:
    first = reasons(cast)[0]
    page = alice.post(f"{REASONS}{first.public_id}/move/", {"key": uuid4(), "direction": "up"})
    assert page.status_code == 409
    assert "is first already." in page.text


def test_a_doubled_label_is_refused_at_its_field(cast: Cast, alice: Client) -> None:
    page = alice.post(REASONS, {"key": uuid4(), "label": "changed MIND"})
    assert page.status_code == 409
    assert "There is a reason “changed MIND” here already." in page.text
    assert 'value="changed MIND"' in page.text


# --- address book -------------------------------------------------------------------------------


def test_the_address_book_grows_changes_and_retires(cast: Cast, alice: Client) -> None:
    assert "The address book is empty" in alice.get(ADDRESSES).text
    sent = {"key": uuid4(), "vendor": cast.paper.pk, "label": "", "address": "Dock 3\r\nLeeds"}
    assert "“Dock 3” is in the address book." in alice.post(ADDRESSES, sent, follow=True).text
    with tenant(cast.acme.pk):
        entry = ReturnAddress.objects.get()
    assert (entry.vendor_id, entry.label, entry.address) == (
        cast.paper.pk, "Dock 3", "Dock 3\nLeeds",
    )  # fmt: skip

    page = f"{ADDRESSES}{entry.public_id}/"
    assert "Paper &amp; Twine" in alice.get(page).text
    alice.post(page, {"key": uuid4(), "label": "Dock 4", "address": "Dock 4\nLeeds"})
    with tenant(cast.acme.pk):
        entry.refresh_from_db()
    assert (entry.label, entry.is_active) == ("Dock 4", False)
    assert verbs(cast) == ["address.added", "address.changed", "address.retired"]


# --- who may ------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", [STRATEGY, VENDORS, REASONS, ADDRESSES])
def test_settings_are_for_owners_and_managers(
    cast: Cast, sign_in: SignIn, alice: Client, address: str
) -> None:
    assert alice.get(address).status_code == 200
    assert 'aria-current="page"' in alice.get(address).text
    bob = sign_in(cast.bob)
    assert bob.get(address).status_code == 403
    assert ">Settings<" not in bob.get("/m/acme/returns/").text
    assert sign_in(cast.charlie).get(address).status_code == 404


def test_a_vendor_of_another_merchant_is_not_there(
    cast: Cast, alice: Client, sign_in: SignIn
) -> None:
    charlie = sign_in(cast.charlie)
    theirs = f"/m/globex/settings/vendors/{cast.northlight.public_id}/"
    assert charlie.get(theirs).status_code == 404
    assert alice.get(f"{VENDORS}{uuid4()}/").status_code == 404
