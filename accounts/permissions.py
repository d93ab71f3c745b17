"""The permission table: what each role may do (G8). Read by actions, menus, routes and tests."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """What a membership makes of a user at one merchant."""

    OWNER = "owner", _("Owner")
    MANAGER = "manager", _("Manager")
    AGENT = "agent", _("Support agent")
    WAREHOUSE = "warehouse", _("Warehouse")
    INSPECTOR = "inspector", _("Inspector")
    FINANCE = "finance", _("Finance")
    READ_ONLY = "read_only", _("Read-only")
    VENDOR = "vendor", _("Vendor user")
    CUSTOMER = "customer", _("Customer")


STAFF_ROLES = frozenset(Role) - {Role.VENDOR, Role.CUSTOMER}

_READ = frozenset(
    {"order.view", "return.view", "return.export", "import.view", "filter.save", "bulk.view"}
)
_NOTES = frozenset({"note.add", "file.add"})
_SUPPORT = (
    _READ
    | _NOTES
    | {
        "return.edit",
        "return.uncancel",
        "return.bulk",
        "rma.edit",
        "rma.process",
        "rma.reopen",
        "rma.void",
        "rma.talk",
        "rma.attach",
        "return.create",
        "return.close",
        "return.reopen",
        "return.cancel",
        "rma.create",
        "rma.approve",
        "rma.deny",
        "rma.cancel",
        "shipment.add",
        "serial.record",
        "message.view",
        "message.manage",
        "subscription.edit",
    }
)
_MONEY = frozenset({"refund.apply", "credit.apply", "credit.give"})
_SETUP = frozenset({"order.import", "settings.edit", "filter.share"})
_NOTICES = frozenset({"notice.choose"})
_VENDOR = frozenset(
    {"purchase_order.view", "rma.approve", "rma.deny", "rma.process", "rma.attach", "rma.talk"}
)

PERMISSIONS: dict[Role, frozenset[str]] = {
    Role.OWNER: _SUPPORT | _MONEY | _SETUP,
    Role.MANAGER: _SUPPORT | _MONEY | _SETUP,
    Role.AGENT: _SUPPORT | _MONEY,
    Role.WAREHOUSE: _READ | _NOTES | {"serial.record"},
    Role.INSPECTOR: _READ | _NOTES | {"serial.record"},
    Role.FINANCE: _READ | _NOTES | _MONEY | {"return.close", "return.reopen", "subscription.edit"},
    Role.READ_ONLY: _READ,
    Role.VENDOR: _VENDOR | _NOTICES,
    Role.CUSTOMER: frozenset({"own_order.view"}),
}

PLATFORM_PERMISSIONS = frozenset({"platform.merchant", "platform.membership", "platform.vendor"})
"""What platform staff may write at the merchant they have chosen; the rest they only read."""

SYSTEM_PERMISSIONS = _SUPPORT | _MONEY | _SETUP | _NOTICES | PLATFORM_PERMISSIONS

ALL_PERMISSIONS = PLATFORM_PERMISSIONS.union(*PERMISSIONS.values())
