"""What the platform pages export. Like every export: cells come neutralised from the database."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from accounts.models import Merchant, User, Vendor
from exports.columns import Column, Label, Moment, Money, Text
from exports.resources import ExportResource
from rmas.models import Rma
from rmas.states import RmaStatus


class MerchantResource(ExportResource):
    """One row per merchant."""

    slug = Text(_("Address name"), "slug")
    name = Text(_("Merchant"), "name")
    currency = Column(_("Currency"), "currency")
    timezone = Text(_("Time zone"), "timezone")
    created = Moment(_("Since"), "created_at")

    class Meta:
        model = Merchant


class UserResource(ExportResource):
    """One row per person who signs in."""

    email = Text(_("E-mail"), "email")
    name = Text(_("Name"), "name")
    is_active = Column(_("Active"), "is_active")
    is_staff = Column(_("Platform staff"), "is_staff")
    last_login = Moment(_("Last sign-in"), "last_login")
    date_joined = Moment(_("Since"), "date_joined")

    class Meta:
        model = User


class VendorResource(ExportResource):
    """One row per vendor. The headings are in no language: the import reads them again."""

    code = Text("code", "code")
    name = Text("name", "name")
    email = Text("email", "email")
    return_address = Text("return_address", "return_address")
    own_warehouse = Column("own_warehouse", "own_warehouse")
    created = Moment("created_at", "created_at")

    class Meta:
        model = Vendor


class RmaResource(ExportResource):
    """One row per RMA."""

    number = Text(_("RMA"), "number")
    status = Label(_("Status"), "status", RmaStatus)
    requested = Moment(_("Requested"), "requested_at")
    return_number = Text(_("Return"), "customer_return__number")
    order = Text(_("Order"), "order__number")
    vendor = Text(_("Vendor"), "vendor__name")
    requested_units = Column(_("Requested units"), "requested_units")
    approved_units = Column(_("Approved units"), "approved_units")
    denied_units = Column(_("Denied units"), "denied_units")
    cost_total = Money(_("Cost"), "cost_total", currency="currency")
    credited = Money(_("Credited"), "credited", currency="currency")
    currency = Column(_("Currency"), "currency")
    note = Text(_("Note"), "note")

    class Meta:
        model = Rma
