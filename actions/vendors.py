"""Verbs of the vendors a merchant keeps: add, change, archive and bring back (F10)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actor import Actor
from accounts.models import Vendor
from actions.addresses import tidy
from actions.base import action
from actions.locks import lock_merchant
from actions.platform import VendorRow
from audit.record import record
from core.errors import Refused


@dataclass(frozen=True, slots=True)
class VendorDetails:
    """Who a vendor is, and what its people and customers are told."""

    name: str
    code: str
    email: str = ""
    return_instructions: str = ""
    notify_new_users: bool = False


_WORDS = {
    "name": gettext_lazy("name"),
    "code": gettext_lazy("code"),
    "email": gettext_lazy("e-mail address"),
    "return_address": gettext_lazy("return-to address"),
    "return_instructions": gettext_lazy("return instructions"),
    "notify_new_users": gettext_lazy("mails of new users"),
}


@action("settings.edit")
def add_vendor(actor: Actor, details: VendorDetails) -> Vendor:
    """A new vendor, who follows the RMA strategy. Raises Refused with the field."""
    merchant = lock_merchant(actor)
    vendor = Vendor(merchant=merchant, **_tidied(details))
    _check(actor, vendor)
    vendor.save()
    record(actor, "vendor.added", vendor, parent=merchant, vendor=vendor.name)
    return vendor


@action("settings.edit")
def change_vendor_details(actor: Actor, vendor: Vendor, details: VendorDetails) -> Vendor:
    """Rename a vendor, or change its code, address or instructions. Raises Refused with the field.

    RMAs read the instructions of their vendor, so that open ones show the new text as well.
    """
    merchant = lock_merchant(actor)
    found = _locked(actor, vendor)
    changed = [name for name, value in _tidied(details).items() if getattr(found, name) != value]
    if not changed:
        raise Refused(_("It is set that way already, so nothing was changed."))
    for name, value in _tidied(details).items():
        setattr(found, name, value)
    _check(actor, found)
    found.save(update_fields=changed)
    changes = ", ".join(str(_WORDS[name]) for name in changed)
    record(actor, "vendor.changed", found, parent=merchant, vendor=found.name, changes=changes)
    return found


@action("settings.edit")
def archive_vendor(actor: Actor, vendor: Vendor) -> Vendor:
    """Offer the vendor as a destination no longer. Its open RMAs and its users stay."""
    merchant = lock_merchant(actor)
    found = _locked(actor, vendor)
    if found.own_warehouse:
        raise Refused(_("Your own warehouse cannot be archived: goods must be able to come home."))
    if not found.is_active:
        raise Refused(_("%(vendor)s is archived already.") % {"vendor": found.name})
    found.is_active = False
    found.save(update_fields=["is_active"])
    record(actor, "vendor.archived", found, parent=merchant, vendor=found.name)
    return found


@action("settings.edit")
def restore_vendor(actor: Actor, vendor: Vendor) -> Vendor:
    """Offer an archived vendor as a destination again."""
    merchant = lock_merchant(actor)
    found = _locked(actor, vendor)
    if found.is_active:
        raise Refused(_("%(vendor)s is not archived.") % {"vendor": found.name})
    found.is_active = True
    found.save(update_fields=["is_active"])
    record(actor, "vendor.restored", found, parent=merchant, vendor=found.name)
    return found


def _locked(actor: Actor, vendor: Vendor) -> Vendor:
    return Vendor.objects.visible_to(actor).select_for_update(of=("self",)).get(pk=vendor.pk)


def _tidied(details: VendorDetails) -> dict[str, Any]:
    return {
        "name": " ".join(details.name.split()),
        "code": details.code.strip(),
        "email": details.email.strip(),
        "return_instructions": tidy(details.return_instructions),
        "notify_new_users": details.notify_new_users,
    }


def _check(actor: Actor, vendor: Vendor) -> None:
    """Refuse what the columns cannot hold, and a code another vendor has."""
    others = Vendor.objects.visible_to(actor).exclude(pk=vendor.pk or 0)
    if others.filter(code__iexact=vendor.code).exists():
        raise Refused(
            _("Another vendor has the code “%(code)s”. Choose one of its own.")
            % {"code": vendor.code},
            field="code",
        )
    try:
        vendor.clean_fields(exclude=["merchant"])
    except ValidationError as error:
        field, sentences = next(iter(error.message_dict.items()))
        raise Refused(sentences[0], field=field) from error


@action("settings.edit")
def keep_own_vendor(actor: Actor, row: VendorRow) -> Vendor:
    """Add the vendor of a file's row, or change it to what the row says; `code` is the key."""
    merchant = lock_merchant(actor)
    values = {
        "name": row.name,
        "email": row.email,
        "return_address": tidy(row.return_address),
        "return_instructions": tidy(row.return_instructions),
    }
    found = (
        Vendor.objects.visible_to(actor)
        .select_for_update(of=("self",))
        .filter(code=row.code)
        .first()
    )
    if found is None:
        found = Vendor(merchant=merchant, code=row.code, **values)
        _check(actor, found)
        found.save()
        record(actor, "vendor.added", found, parent=merchant, vendor=found.name)
        return found
    changed = [name for name, value in values.items() if getattr(found, name) != value]
    if not changed:
        raise Refused(_("It is set that way already, so nothing was changed."))
    for name in changed:
        setattr(found, name, values[name])
    _check(actor, found)
    found.save(update_fields=changed)
    changes = ", ".join(str(_WORDS[name]) for name in changed)
    record(actor, "vendor.changed", found, parent=merchant, vendor=found.name, changes=changes)
    return found
