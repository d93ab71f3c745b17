"""What platform staff may write: little, one row at a time, and each with its trace.

Rows of a merchant leave an event there. A user belongs to no merchant, so a change of one is
written in the log of the platform pages instead, in the same transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actor import Actor
from accounts.models import Membership, Merchant, User, Vendor
from accounts.permissions import Role
from actions.base import action
from audit.record import record
from core.errors import NotAllowed, Refused

VENDOR_FIELDS = ("name", "email", "return_address")


@action("platform.merchant")
def change_merchant(actor: Actor, *, name: str, timezone: str) -> Merchant:
    """Give the actor's merchant another name or time zone (an IANA name, checked by the form)."""
    merchant = Merchant.objects.select_for_update(of=("self",)).get(pk=actor.merchant_id)
    changed = _assign(merchant, {"name": name, "timezone": timezone})
    if not changed:
        raise Refused(_("The merchant reads like this already. Nothing was changed."))
    merchant.save(update_fields=list(changed))
    record(
        actor,
        "merchant.changed",
        merchant,
        fields=_names(merchant, list(changed)),
        before={field: old for field, (old, _new) in changed.items()},
        after={field: new for field, (_old, new) in changed.items()},
    )
    return merchant


@action("platform.membership")
def switch_membership(actor: Actor, membership_id: int, *, is_active: bool) -> Membership:
    """Let a person in again, or keep them out, in one role at the actor's merchant.

    Raises Refused when it is so already, and for the last active owner.
    """
    membership = (
        Membership.objects.select_for_update(of=("self",))
        .select_related("user")
        .get(merchant_id=actor.merchant_id, pk=membership_id)
    )
    if membership.is_active == is_active:
        raise Refused(_("Somebody else was quicker: the membership is switched like this already."))
    if not is_active and membership.role == Role.OWNER:
        keep_an_owner(membership)
    membership.is_active = is_active
    membership.save(update_fields=["is_active"])
    record(
        actor,
        "membership.switched_on" if is_active else "membership.switched_off",
        membership,
        person=membership.user.name,
        role=str(membership.get_role_display()),
    )
    return membership


def keep_an_owner(membership: Membership, field: str = "is_active") -> None:
    """Refuse to lock the last owner out; all owners are locked, so two cannot leave at once."""
    owners = (
        Membership.objects.select_for_update(of=("self",))
        .filter(merchant_id=membership.merchant_id, role=Role.OWNER, is_active=True)
        .order_by("pk")
    )
    if all(owner.pk == membership.pk for owner in owners):
        raise Refused(
            _("This is the merchant's last active owner. Switch another owner on first."),
            field=field,
        )


@dataclass(frozen=True, slots=True)
class VendorRow:
    """One vendor of a file. `code` is the key; the other values replace what is stored."""

    code: str
    name: str
    email: str = ""
    return_address: str = ""
    return_instructions: str = ""


@action("platform.vendor")
def keep_vendor(actor: Actor, row: VendorRow) -> Vendor:
    """Add the vendor with that code to the actor's merchant, or change it to what the row says."""
    vendor = (
        Vendor.objects.visible_to(actor)
        .select_for_update(of=("self",))
        .filter(code=row.code)
        .first()
    )
    values = {field: getattr(row, field) for field in VENDOR_FIELDS}
    if vendor is None:
        vendor = Vendor.objects.create(merchant=actor.merchant, code=row.code, **values)
        record(actor, "vendor.imported", vendor, name=vendor.name, code=vendor.code)
        return vendor
    changed = _assign(vendor, values)
    vendor.save(update_fields=list(changed))
    record(
        actor,
        "vendor.updated",
        vendor,
        name=vendor.name,
        code=vendor.code,
        fields=_names(vendor, list(changed)),
    )
    return vendor


@transaction.atomic
def switch_user(staff: User, user_id: int, *, is_active: bool, is_staff: bool) -> User:
    """Switch an account on or off, and make its person platform staff or no longer so.

    Only superusers touch platform staff and the staff flag; nobody switches off themselves.
    """
    user = User.objects.select_for_update(of=("self",)).get(pk=user_id)
    changed = _assign(user, {"is_active": is_active, "is_staff": is_staff})
    concerns_staff = "is_staff" in changed or user.is_staff or user.is_superuser
    if not staff.is_staff or (concerns_staff and not staff.is_superuser):
        raise NotAllowed
    if not changed:
        raise Refused(_("Somebody else was quicker: the account is switched like this already."))
    if user.pk == staff.pk:
        raise Refused(_("You cannot lock yourself out. Ask another superuser."))
    user.save(update_fields=list(changed))
    LogEntry.objects.log_actions(
        staff.pk, [user], CHANGE, [{"changed": {"fields": sorted(changed)}}], single_object=True
    )
    return user


def _assign(row: Any, values: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Write `values` into `row`; those that differed, each with its old and new value."""
    changed = {
        field: (getattr(row, field), value)
        for field, value in values.items()
        if getattr(row, field) != value
    }
    for field, (_old, new) in changed.items():
        setattr(row, field, new)
    return changed


def _names(row: Any, fields: Sequence[str]) -> str:
    """The fields as people call them."""
    return ", ".join(str(row._meta.get_field(field).verbose_name) for field in fields)
