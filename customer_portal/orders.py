"""A customer's orders: parcels, delivery, and the returns made from them (P9)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import django_filters
from django.db.models import Prefetch
from django.shortcuts import get_object_or_404

from accounts.actor import Actor
from core.views import ListPage, PageView
from orders.models import Order, Shipment
from returns.models import Return, ReturnNote


class OwnOrders(django_filters.FilterSet):
    """The customer's own orders; nothing to filter by."""

    class Meta:
        model = Order
        fields: list[str] = []

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        kwargs.setdefault("queryset", Order.objects.visible_to(actor))
        super().__init__(*args, **kwargs)


class OrderList(ListPage):
    """The customer's orders, newest first."""

    template_name = "customer_portal/orders.html"
    filter_class = OwnOrders
    ordered_by = "placed_at"
    page_size = 20


class OrderPage(PageView):
    """One order: what was bought, where the parcels are, what came back."""

    template_name = "customer_portal/order.html"

    def page(self, *, public_id: UUID, **address: Any) -> dict[str, Any]:
        """Only rows of this customer's order."""
        order = get_object_or_404(Order.objects.visible_to(self.actor), public_id=public_id)
        return {
            "order": order,
            "lines": order.lines.select_related("product").order_by("position", "id"),
            "shipments": Shipment.objects.filter(order=order).order_by("id"),
            "returns": Return.objects.visible_to(self.actor)
            .filter(order=order)
            .prefetch_related(
                Prefetch(
                    "notes",
                    queryset=ReturnNote.objects.visible_to(self.actor).order_by("-written_at"),
                    to_attr="notes_to_read",
                )
            )
            .order_by("-requested_at", "-id"),
        }
