"""The address book: adding, changing, retiring (F7, F9)."""

from __future__ import annotations

import pytest

from accounts.models import ReturnAddress
from actions.addresses import AddressEdit, add_address, change_address
from audit.models import Event
from core.errors import NotAllowed, Refused
from tests.cast import Cast

pytestmark = pytest.mark.django_db

DOCK = AddressEdit("Dock 3", "3 Dock Road\nLeeds")


def test_an_entry_is_for_one_vendor_or_for_all(at_acme: Cast) -> None:
    for_all = add_address(at_acme.alice, DOCK)
    own = add_address(at_acme.alice, DOCK, vendor_id=at_acme.paper.pk)
    assert (for_all.vendor, own.vendor_id) == (None, at_acme.paper.pk)
    assert [event.verb for event in Event.objects.all()] == ["address.added"] * 2


def test_without_a_name_it_takes_the_first_line(at_acme: Cast) -> None:
    entry = add_address(at_acme.alice, AddressEdit(" ", "  Hall 2  \r\n Leeds \r\n"))
    assert (entry.label, entry.address) == ("Hall 2", "Hall 2\nLeeds")


@pytest.mark.parametrize(
    ("label", "address", "field", "sentence"),
    [
        ("Dock 9", " \n ", "address", "Enter the address the goods go to."),
        ("Dock 9", "x" * 501, "address", "at most 500 characters"),
        ("x" * 81, "9 Dock Road", "label", "at most 80 characters"),
        ("DOCK 3", "9 Dock Road", "label", "has “DOCK 3” already"),
    ],
)
def test_what_is_refused(
    at_acme: Cast, label: str, address: str, field: str, sentence: str
) -> None:
    add_address(at_acme.alice, DOCK)
    with pytest.raises(Refused, match=sentence) as refused:
        add_address(at_acme.alice, AddressEdit(label, address))
    assert refused.value.field == field
    assert ReturnAddress.objects.count() == 1


def test_an_entry_changes_retires_and_is_offered_again(at_acme: Cast) -> None:
    entry = add_address(at_acme.alice, DOCK)
    change_address(at_acme.alice, entry, AddressEdit("Dock 4", "4 Dock Road"))
    change_address(at_acme.alice, entry, AddressEdit("Dock 4", "4 Dock Road", is_offered=False))
    with pytest.raises(Refused, match="set that way already"):
        change_address(at_acme.alice, entry, AddressEdit("Dock 4", "4 Dock Road", is_offered=False))
    change_address(at_acme.alice, entry, AddressEdit("Dock 4", "4 Dock Road"))
    entry.refresh_from_db()
    assert (entry.label, entry.address, entry.is_active) == ("Dock 4", "4 Dock Road", True)
    assert [event.verb for event in Event.objects.order_by("id")] == [
        "address.added",
        "address.changed",
        "address.retired",
        "address.offered",
    ]


def test_only_owner_and_manager_may(at_acme: Cast) -> None:
    entry = add_address(at_acme.alice, DOCK)
    with pytest.raises(NotAllowed):
        add_address(at_acme.bob, AddressEdit("Mine", "1 Evil Road"))
    with pytest.raises(NotAllowed):
        change_address(at_acme.bob, entry, AddressEdit("Mine", "1 Evil Road"))
    assert ReturnAddress.objects.get().address == DOCK.address
