"""Verbs of the address book: where goods go back to (F7, F9)."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.actor import Actor
from accounts.models import ReturnAddress
from actions.base import action
from actions.locks import lock_merchant
from audit.models import Event
from audit.record import prepare, record, record_all
from core.errors import Refused

LABEL_LENGTH = 80
ADDRESS_LENGTH = 500


@dataclass(frozen=True, slots=True)
class AddressEdit:
    """How an entry should be; an empty label takes the first line of the address."""

    label: str
    address: str
    is_offered: bool = True


def tidy(address: str) -> str:
    """An address as it is stored: its lines without blanks around them."""
    return "\n".join(line.strip() for line in address.strip().splitlines())


@action("settings.edit")
def add_address(actor: Actor, edit: AddressEdit, *, vendor_id: int | None = None) -> ReturnAddress:
    """A new entry for one vendor's goods, or for all. Raises Refused with the field."""
    merchant = lock_merchant(actor)
    label, address = _checked(actor, edit, vendor_id)
    entry = ReturnAddress.objects.create(
        merchant=actor.merchant, vendor_id=vendor_id, label=label, address=address
    )
    record(actor, "address.added", entry, parent=merchant, label=label)
    return entry


@action("settings.edit")
def change_address(actor: Actor, entry: ReturnAddress, edit: AddressEdit) -> ReturnAddress:
    """Change an entry, retire it or offer it again. RMAs keep the address they were made with."""
    merchant = lock_merchant(actor)
    found = ReturnAddress.objects.visible_to(actor).get(pk=entry.pk)
    label, address = _checked(actor, edit, found.vendor_id, but=found)
    events: list[Event] = []
    if (found.label, found.address) != (label, address):
        events.append(prepare(actor, "address.changed", found, parent=merchant, label=label))
    if found.is_active != edit.is_offered:
        verb = "address.offered" if edit.is_offered else "address.retired"
        events.append(prepare(actor, verb, found, parent=merchant, label=label))
    if not events:
        raise Refused(_("It is set that way already, so nothing was changed."))
    found.label, found.address, found.is_active = label, address, edit.is_offered
    found.save(update_fields=["label", "address", "is_active"])
    record_all(events)
    return found


def _checked(
    actor: Actor, edit: AddressEdit, vendor_id: int | None, *, but: ReturnAddress | None = None
) -> tuple[str, str]:
    address = tidy(edit.address)
    if not address:
        raise Refused(_("Enter the address the goods go to."), field="address")
    if len(address) > ADDRESS_LENGTH:
        raise Refused(
            _("Use at most %(most)s characters.") % {"most": ADDRESS_LENGTH}, field="address"
        )
    label = " ".join(edit.label.split()) or address.splitlines()[0][:LABEL_LENGTH]
    if len(label) > LABEL_LENGTH:
        raise Refused(_("Use at most %(most)s characters.") % {"most": LABEL_LENGTH}, field="label")
    same = Q(vendor_id=vendor_id) if vendor_id else Q(vendor__isnull=True)
    entries = ReturnAddress.objects.visible_to(actor).filter(same)
    taken = {one.label.casefold() for one in entries if one != but}
    if label.casefold() in taken:
        raise Refused(
            _("The address book has “%(label)s” already. Choose another name.") % {"label": label},
            field="label",
        )
    return label, address
