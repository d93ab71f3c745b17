"""What exports hold. A resource is the one definition of its columns (F14).

import-export reads it for small files of any format; `exports.stream` compiles the same expressions
into COPY for large CSV files, so the two cannot drift apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from django.db import transaction
from django.db.models import F, QuerySet, Sum
from django.utils.translation import gettext_lazy as _
from import_export.resources import Resource

from exports.columns import (
    Column,
    Gather,
    Gathered,
    GatheredText,
    Label,
    Moment,
    Money,
    Text,
    clock,
    listed,
)
from returns.models import RefundEntry, Return, ReturnLine
from returns.states import Condition, ReturnStatus, RmaSummary, WaitsOn
from rmas.models import Rma, RmaLine
from rmas.states import RmaStatus


class ExportResource(Resource):
    """A resource whose cells are computed by the database.

    `zone` is the merchant's time zone, `chosen` the names of the columns that are wanted (all, when
    none are named); they always come in the order of the definition. `moment` is the column by
    which large files are sorted, newest first, and by which a span of days is meant.
    """

    moment: ClassVar[str] = ""

    def __init__(self, *, zone: str, chosen: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.zone = zone
        self.chosen = frozenset(chosen) & set(self.fields)
        for name, column in self.fields.items():
            column.attribute = f"cell_{name}"

    @classmethod
    def get_display_name(cls) -> str:
        """What import-export's forms call it."""
        return str(cls._meta.model._meta.verbose_name_plural)

    @classmethod
    def headings(cls) -> dict[str, str]:
        """Every column there is: its name and its heading, in order."""
        return {name: str(column.column_name) for name, column in cls.fields.items()}

    @property
    def columns(self) -> list[Column]:
        """The columns of this file in order."""
        return [
            column for name, column in self.fields.items() if not self.chosen or name in self.chosen
        ]

    def get_export_fields(self, selected_fields: Any = None) -> list[Column]:
        """What import-export writes."""
        wanted = super().get_export_fields(selected_fields)
        return [column for column in self.columns if column in wanted]

    def cells(self, rows: QuerySet[Any]) -> QuerySet[Any, dict[str, Any]]:
        """`rows` as cells, one value per column."""
        return rows.values(**{column.attribute: column.cell() for column in self.columns})

    def export(self, *args: Any, **kwargs: Any) -> Any:
        """What import-export makes, on the merchant's clock."""
        with transaction.atomic(), clock(self.zone):
            return super().export(*args, **kwargs)

    def filter_export(self, queryset: QuerySet[Any], **kwargs: Any) -> QuerySet[Any, Any]:
        """What import-export walks through."""
        return self.cells(queryset)


class ReturnResource(ExportResource):
    """One row per return."""

    moment = "requested_at"

    number = Text(_("Return"), "number")
    status = Label(_("Status"), "status", ReturnStatus)
    rma_status = Label(_("RMA status"), "rma_summary", RmaSummary)
    waits_on = Label(_("Waits on"), "waits_on", WaitsOn)
    requested = Moment(_("Requested"), "requested_at")
    closed = Moment(_("Closed"), "closed_at")
    order = Text(_("Order"), "order_number")
    channel = Text(_("Channel"), "channel_name")
    customer_number = Text(_("Customer number"), "customer_number")
    customer_name = Text(_("Customer"), "customer_name")
    customer_email = Text(_("Customer e-mail"), "customer_email")
    lines = Column(_("Lines"), "line_count")
    units = Column(_("Units"), "unit_count")
    approved_units = Column(_("Approved units"), "approved_units")
    denied_units = Column(_("Denied units"), "denied_units")
    shipped_units = Column(_("Shipped units"), "shipped_units")
    received_units = Column(_("Received units"), "received_units")
    rma_numbers = Text(_("RMA numbers"), "rma_numbers")
    vendors = Text(_("Vendors"), "vendor_names")
    refund_items = Money(_("Items refund"), "refund_items", currency="currency")
    refund_shipping = Money(_("Shipping refund"), "refund_shipping", currency="currency")
    adjustment = Money(_("Adjustment"), "refund_adjustment", currency="currency")
    adjustment_reason = Text(_("Adjustment reason"), "adjustment_reason")
    refund_total = Money(
        _("Total refund"),
        F("refund_items") + F("refund_shipping") + F("refund_adjustment"),
        currency="currency",
    )
    refunded = Money(_("Refunded"), "refunded", currency="currency")
    currency = Column(_("Currency"), "currency")
    note = Text(_("Note"), "note")

    class Meta:
        model = Return

    def get_queryset(self) -> QuerySet[Return]:
        """There is no default: callers say which rows, as one actor may see them."""
        return Return.objects.none()


RMAS_OF_LINE = Gather(RmaLine, "return_line")


class LineResource(ExportResource):
    """One row per return line."""

    moment = "customer_return__requested_at"

    number = Text(_("Return"), "customer_return__number")
    status = Label(_("Status"), "customer_return__status", ReturnStatus)
    requested = Moment(_("Requested"), "customer_return__requested_at")
    order = Text(_("Order"), "customer_return__order_number")
    channel = Text(_("Channel"), "customer_return__channel_name")
    customer_number = Text(_("Customer number"), "customer_return__customer_number")
    customer_name = Text(_("Customer"), "customer_return__customer_name")
    customer_email = Text(_("Customer e-mail"), "customer_return__customer_email")
    sku = Text(_("SKU"), "order_line__product__sku")
    title = Text(_("Item"), "order_line__title")
    destination = Text(_("Return destination"), "destination__name")
    reason = Text(_("Reason"), "reason__label")
    condition = Label(_("Condition"), "condition", Condition)
    quantity = Column(_("Quantity"), "quantity")
    rma_numbers = GatheredText(_("RMA numbers"), RMAS_OF_LINE, listed("rma__number"))
    approved = Gathered(_("Approved units"), RMAS_OF_LINE, Sum("approved"))
    denied = Gathered(_("Denied units"), RMAS_OF_LINE, Sum("denied"))
    voided = Gathered(_("Voided units"), RMAS_OF_LINE, Sum("voided"))
    shipped = Gathered(_("Shipped units"), RMAS_OF_LINE, Sum("shipped"))
    received = Gathered(_("Received units"), RMAS_OF_LINE, Sum("received"))
    unit_price = Money(
        _("Unit price"), "order_line__unit_price", currency="customer_return__currency"
    )
    refund = Money(_("Item refund"), "refund", currency="customer_return__currency")
    currency = Column(_("Currency"), "customer_return__currency")

    class Meta:
        model = ReturnLine


class RmaResource(ExportResource):
    """One row per RMA."""

    moment = "requested_at"

    number = Text(_("RMA"), "number")
    status = Label(_("Status"), "status", RmaStatus)
    requested = Moment(_("Requested"), "requested_at")
    processed = Moment(_("Processed"), "processed_at")
    decided = Moment(_("Decided"), "decided_at")
    decided_by = Text(_("Decided by"), "decided_by__name")
    return_number = Text(_("Return"), "customer_return__number")
    order = Text(_("Order"), "customer_return__order_number")
    channel = Text(_("Channel"), "customer_return__channel_name")
    vendor = Text(_("Vendor"), "vendor__name")
    requested_units = Column(_("Requested units"), "requested_units")
    approved_units = Column(_("Approved units"), "approved_units")
    denied_units = Column(_("Denied units"), "denied_units")
    cost = Money(_("Cost"), "cost_total", currency="currency")
    credit_adjustment = Money(_("Credit adjustment"), "credit_adjustment", currency="currency")
    credited = Money(_("Credited"), "credited", currency="currency")
    currency = Column(_("Currency"), "currency")
    return_address = Text(_("Return-to address"), "return_address")
    note = Text(_("Note"), "note")

    class Meta:
        model = Rma


class RefundResource(ExportResource):
    """One row per entry of the refund ledger; credits without goods have amounts of their own."""

    moment = "entered_at"

    entered = Moment(_("Entered"), "entered_at")
    return_number = Text(_("Return"), "customer_return__number")
    order = Text(_("Order"), "order__number")
    invoice = Text(_("Invoice"), "order__invoice__number")
    channel = Text(_("Channel"), "order__channel__name")
    customer_number = Text(_("Customer number"), "order__customer__number")
    customer_name = Text(_("Customer"), "order__customer__name")
    kind = Label(_("Kind"), "kind", RefundEntry.Kind)
    method = Label(_("Paid"), "method", RefundEntry.Method)
    amount = Money(_("Amount"), "amount", currency="currency")
    currency = Column(_("Currency"), "currency")
    entered_by = Text(_("Entered by"), "entered_by__name")
    note = Text(_("Note"), "note")

    class Meta:
        model = RefundEntry
