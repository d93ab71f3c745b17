"""Orders in the console: the list and the page with its Returns section (F2)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django_filters import FilterSet

from audit.models import Event
from audit.timeline import entries
from console.facets import Tab, tabs
from core.counting import capped_counts
from core.views import ListPage, PageView
from orders.filters import TABS, OrderFilter
from orders.models import ChannelInvoice, FulfillmentRequest, Order
from returns.models import Return


class OrderList(ListPage):
    """All orders, newest first."""

    template_name = "console/orders/list.html"
    filter_class = OrderFilter
    ordered_by = "placed_at"

    def rows(self, queryset: QuerySet[Order]) -> QuerySet[Order]:
        """With channel and customer, which each row names."""
        return queryset.select_related("channel", "customer")

    def more(self, found: FilterSet) -> dict[str, Any]:
        """Tabs with counts."""
        orders = Order.objects.visible_to(self.actor)
        counts = capped_counts({name: orders.filter(q) for name, (_l, q) in TABS.items()})
        return {"tabs": self.tabs(counts), "searched": self.request.GET.get("q", "")}

    def tabs(self, counts: dict[str, int]) -> list[Tab]:
        """One tab per named condition."""
        labels = {name: label for name, (label, _condition) in TABS.items()}
        return tabs(self.request.GET, labels, counts, default="all")


class OrderPage(PageView):
    """One order: lines, fulfillment, shipments, invoice, returns, timeline."""

    template_name = "console/orders/detail.html"

    def page(self, *, public_id: UUID, **address: Any) -> dict[str, Any]:
        """Everything about the order in a handful of queries."""
        order = get_object_or_404(
            Order.objects.visible_to(self.actor).select_related("channel", "customer"),
            public_id=public_id,
        )
        events = Event.objects.visible_to(self.actor).about("order", order.pk)[:30]
        return {
            "order": order,
            "lines": order.lines.select_related("product").order_by("position", "id"),
            "requests": list(
                FulfillmentRequest.objects.visible_to(self.actor)
                .filter(order=order)
                .select_related("vendor")
                .prefetch_related("shipments")
                .order_by("id")
            ),
            "invoice": ChannelInvoice.objects.visible_to(self.actor).filter(order=order).first(),
            "returns": list(
                Return.objects.visible_to(self.actor)
                .filter(order=order)
                .order_by("-requested_at", "-id")
            ),
            "timeline": entries(events),
        }
