"""Every table of the platform pages. Each has its rows in `accounts.routes`."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.actor import Actor
from accounts.models import Customer, Membership, Merchant, User, Vendor
from actions.platform import change_merchant, switch_membership, switch_user
from audit.models import Delivery, Event
from config.platform.door import visitor_of
from config.platform.site import site
from config.platform.tables import ExportedTable, PlatformTable
from config.platform.vendors import VendorTable
from core.tenancy import tenant
from exports.platform import MerchantResource, RmaResource, UserResource
from exports.resources import ReturnResource
from orders.models import Order, OrderImport
from returns.models import RefundEntry, Return, ReturnFile, ReturnNote
from rmas.models import CreditEntry, Rma
from shipments.models import ReturnShipment

__all__ = ["site"]

# --- the whole platform -------------------------------------------------------------------------


@admin.register(Merchant, site=site)
class MerchantTable(ExportedTable):
    """All merchants; name and time zone can be changed."""

    list_display = ("name", "slug", "currency", "timezone", "created_at")
    search_fields = ("name", "slug")
    fields = ("name", "timezone", "slug", "currency", "created_at")
    editable = ("name", "timezone")
    resource_classes = (MerchantResource,)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """By the action, at that merchant."""
        if form.changed_data:
            with tenant(obj.pk):
                actor = Actor.platform(visitor_of(request).user, obj)
                change_merchant(actor, name=obj.name, timezone=obj.timezone)


@admin.register(User, site=site)
class UserTable(ExportedTable):
    """All people; an account can be switched off, and by superusers made platform staff."""

    list_display = ("name", "email", "is_active", "is_staff", "last_login")
    list_filter = ("is_active", "is_staff")
    search_fields = ("name", "email")
    fields = ("name", "email", "is_active", "is_staff", "is_superuser", "last_login", "date_joined")
    editable = ("is_active", "is_staff")
    pages = ("changelist", "change", "history")
    resource_classes = (UserResource,)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Platform staff are changed by superusers only."""
        if visitor_of(request).user.is_superuser:
            return super().get_readonly_fields(request, obj)
        concerns_staff = obj is not None and (obj.is_staff or obj.is_superuser)
        return self.fields if concerns_staff else [one for one in self.fields if one != "is_active"]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """By the action, which writes the log of the platform pages."""
        if form.changed_data:
            staff = visitor_of(request).user
            switch_user(staff, obj.pk, is_active=obj.is_active, is_staff=obj.is_staff)


# --- one merchant -------------------------------------------------------------------------------


@admin.register(Membership, site=site)
class MembershipTable(PlatformTable):
    """Who is what at the merchant; can be switched off and on."""

    list_display = ("user", "role", "vendor", "customer", "is_active")
    list_filter = ("role", "is_active")
    list_select_related = ("user", "vendor", "customer")
    search_fields = ("user__name", "user__email")
    editable = ("is_active",)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """By the action."""
        if form.changed_data:
            switch_membership(visitor_of(request).actor, obj.pk, is_active=obj.is_active)


@admin.register(Customer, site=site)
class CustomerTable(PlatformTable):
    """The merchant's customers."""

    list_display = ("number", "name", "email", "country")
    search_fields = ("number__exact", "email__exact")
    search_help_text = _("A whole customer number or e-mail address")


@admin.register(Order, site=site)
class OrderTable(PlatformTable):
    """The merchant's orders."""

    list_display = ("number", "channel", "placed_at", "currency", "paid_total", "refunded")
    list_select_related = ("channel",)
    search_fields = ("number__begins",)
    search_help_text = _("The beginning of an order number")


@admin.register(OrderImport, site=site)
class OrderImportTable(PlatformTable):
    """Files of orders and how far they got."""

    list_display = ("file_name", "format", "status", "rows_done", "rows_total", "uploaded_at")
    list_filter = ("status",)
    left_out = ("file", "rejects")


@admin.register(Return, site=site)
class ReturnTable(ExportedTable):
    """The merchant's returns."""

    list_display = ("number", "order", "status", "rma_summary", "requested_at", "unit_count")
    list_filter = ("status", "rma_summary")
    list_select_related = ("order",)
    search_fields = ("number__begins",)
    search_help_text = _("The beginning of a return number")
    resource_classes = (ReturnResource,)


@admin.register(Rma, site=site)
class RmaTable(ExportedTable):
    """The merchant's RMAs."""

    list_display = ("number", "customer_return", "vendor", "status", "requested_at")
    list_filter = ("status",)
    list_select_related = ("customer_return", "vendor")
    search_fields = ("number__begins",)
    search_help_text = _("The beginning of an RMA number")
    resource_classes = (RmaResource,)


@admin.register(RefundEntry, site=site)
class RefundEntryTable(PlatformTable):
    """The refund ledger."""

    list_display = ("customer_return", "kind", "amount", "currency", "entered_at")
    list_select_related = ("customer_return",)


@admin.register(CreditEntry, site=site)
class CreditEntryTable(PlatformTable):
    """The credit ledger."""

    list_display = ("rma", "reference", "amount", "currency", "entered_at")
    list_select_related = ("rma",)


@admin.register(ReturnNote, site=site)
class ReturnNoteTable(PlatformTable):
    """What people wrote on returns."""

    list_display = ("customer_return", "audience", "written_by", "written_at")
    list_select_related = ("customer_return", "written_by")


@admin.register(ReturnFile, site=site)
class ReturnFileTable(PlatformTable):
    """Photos and documents of returns: their names, not the files."""

    list_display = ("name", "customer_return", "content_type", "size", "added_at")
    list_select_related = ("customer_return",)
    left_out = ("file",)


@admin.register(ReturnShipment, site=site)
class ReturnShipmentTable(PlatformTable):
    """Parcels on their way back."""

    list_display = ("tracking_number", "carrier", "rma", "customer_return", "added_at")
    list_select_related = ("rma", "customer_return")
    search_fields = ("tracking_number__begins",)
    search_help_text = _("The beginning of a tracking number")


@admin.register(Event, site=site)
class EventTable(PlatformTable):
    """What happened, who did it: the audit log."""

    list_display = ("happened_at", "verb", "actor_name", "actor_kind", "noun", "object_id")


@admin.register(Delivery, site=site)
class DeliveryTable(PlatformTable):
    """Background work that events caused, with the last error and the next try."""

    list_display = ("task", "event", "attempts", "due_at", "done_at", "error")
    list_select_related = ("event",)


site.register(Vendor, VendorTable)
