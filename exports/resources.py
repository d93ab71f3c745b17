"""What exports hold. A resource is the one definition of its columns (F14).

import-export reads it for small files of any format; `exports.stream` compiles the same expressions
into COPY for large CSV files, so the two cannot drift apart.
"""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.aggregates import StringAgg
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _
from import_export.resources import Resource

from accounts.models import Vendor
from exports.columns import Column, Label, Moment, Money, Text
from returns.models import Return
from returns.states import ReturnStatus, RmaSummary
from rmas.models import Rma


class ExportResource(Resource):
    """A resource whose cells are computed by the database. `zone` is the merchant's time zone."""

    def __init__(self, *, zone: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.zone = zone
        for name, column in self.fields.items():
            column.attribute = f"cell_{name}"

    @property
    def columns(self) -> list[Column]:
        """The columns in order."""
        return list(self.get_export_fields())

    def cells(self, rows: QuerySet[Any]) -> QuerySet[Any, dict[str, Any]]:
        """`rows` as cells, one value per column."""
        return rows.values(**{column.attribute: column.cell(self.zone) for column in self.columns})

    def filter_export(self, queryset: QuerySet[Any], **kwargs: Any) -> QuerySet[Any, Any]:
        """What import-export walks through."""
        return self.cells(queryset)


def _of_rmas(what: Any, **how: Any) -> Subquery:
    """What the RMAs of a return say in `what`, as one text."""
    mine = Rma.objects.filter(merchant=OuterRef("merchant"), customer_return=OuterRef("pk"))
    together = mine.order_by().values("customer_return").annotate(all=StringAgg(what, ", ", **how))
    return Subquery(together.values("all"))


def _vendor_name() -> Subquery:
    """The name of an RMA's vendor; looked up, because a join per return costs three times that."""
    mine = Vendor.objects.filter(merchant=OuterRef("merchant"), pk=OuterRef("vendor"))
    return Subquery(mine.values("name"))


class ReturnResource(ExportResource):
    """One row per return."""

    number = Text(_("Return"), "number")
    status = Label(_("Status"), "status", ReturnStatus)
    rma_status = Label(_("RMA status"), "rma_summary", RmaSummary)
    requested = Moment(_("Requested"), "requested_at")
    order = Text(_("Order"), "order__number")
    channel = Text(_("Channel"), "channel__name")
    customer_number = Text(_("Customer number"), "customer__number")
    customer_name = Text(_("Customer"), "customer__name")
    customer_email = Text(_("Customer e-mail"), "customer__email")
    lines = Column(_("Lines"), "line_count")
    units = Column(_("Units"), "unit_count")
    approved_units = Column(_("Approved units"), "approved_units")
    received_units = Column(_("Received units"), "received_units")
    rma_numbers = Text(_("RMA numbers"), _of_rmas("number", order_by="id"))
    vendors = Text(_("Vendors"), _of_rmas(_vendor_name(), distinct=True))
    refund_items = Money(_("Items refund"), "refund_items", currency="currency")
    adjustment = Money(_("Adjustment"), "refund_adjustment", currency="currency")
    refund_total = Money(
        _("Total refund"), F("refund_items") + F("refund_adjustment"), currency="currency"
    )
    refunded = Money(_("Refunded"), "refunded", currency="currency")
    currency = Column(_("Currency"), "currency")
    note = Text(_("Note"), "note")

    class Meta:
        model = Return

    def get_queryset(self) -> QuerySet[Return]:
        """There is no default: callers say which rows, as one actor may see them."""
        return Return.objects.none()
