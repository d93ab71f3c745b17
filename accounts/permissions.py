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

_READ = frozenset({"order.view", "return.view", "return.export", "import.view"})
_SUPPORT = _READ | {
    "return.create",
    "return.close",
    "return.reopen",
    "return.cancel",
    "rma.create",
    "rma.approve",
    "rma.deny",
    "rma.cancel",
    "shipment.add",
}
_MONEY = frozenset({"refund.apply"})
_SETUP = frozenset({"order.import"})

PERMISSIONS: dict[Role, frozenset[str]] = {
    Role.OWNER: _SUPPORT | _MONEY | _SETUP,
    Role.MANAGER: _SUPPORT | _MONEY | _SETUP,
    Role.AGENT: _SUPPORT | _MONEY,
    Role.WAREHOUSE: _READ,
    Role.INSPECTOR: _READ,
    Role.FINANCE: _READ | _MONEY | {"return.close", "return.reopen"},
    Role.READ_ONLY: _READ,
    Role.VENDOR: frozenset({"purchase_order.view"}),
    Role.CUSTOMER: frozenset({"own_order.view"}),
}

SYSTEM_PERMISSIONS = _SUPPORT | _MONEY | _SETUP

ALL_PERMISSIONS = frozenset().union(*PERMISSIONS.values())
