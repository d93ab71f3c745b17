"""A vendor's purchase orders; returns appear inside them, never as a page of their own (F15)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import django_filters
from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _

from accounts.actor import Actor
from core.views import ListPage, PageView
from orders.models import FulfillmentRequest, Shipment
from rmas.models import Rma, RmaLine
from rmas.states import RmaStatus


class PurchaseOrderFilter(django_filters.FilterSet):
    """Purchase-order number and the status of the returns inside."""

    q = django_filters.CharFilter(field_name="number", lookup_expr="begins", max_length=40)
    rma = django_filters.ChoiceFilter(
        choices=RmaStatus.choices, method="by_rma", label=_("Return status")
    )

    class Meta:
        model = FulfillmentRequest
        fields: list[str] = []

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        self.actor = actor
        kwargs.setdefault("queryset", FulfillmentRequest.objects.visible_to(actor))
        super().__init__(*args, **kwargs)

    def by_rma(
        self, queryset: QuerySet[FulfillmentRequest], _name: str, value: str
    ) -> QuerySet[FulfillmentRequest]:
        """Purchase orders with an RMA in that status."""
        rmas = Rma.objects.visible_to(self.actor).filter(status=value, order=OuterRef("order"))
        return queryset.filter(Exists(rmas))


class PurchaseOrderList(ListPage):
    """The vendor's purchase orders, newest first."""

    template_name = "vendor_portal/list.html"
    filter_class = PurchaseOrderFilter
    ordered_by = "requested_at"

    def rows(self, queryset: QuerySet[FulfillmentRequest]) -> QuerySet[FulfillmentRequest]:
        """With whether a return waits for the vendor."""
        waiting = Rma.objects.visible_to(self.actor).filter(
            order=OuterRef("order"), status=RmaStatus.WAITING
        )
        any_rma = Rma.objects.visible_to(self.actor).filter(order=OuterRef("order"))
        return queryset.annotate(waits=Exists(waiting), has_return=Exists(any_rma))

    def more(self, found: Any) -> dict[str, Any]:
        """The choices of the Return Status filter."""
        return {"statuses": RmaStatus.choices, "chosen": self.request.GET.get("rma", "")}


class PurchaseOrderPage(PageView):
    """One purchase order: its lines, parcels and the returns that concern this vendor."""

    template_name = "vendor_portal/detail.html"

    def page(self, *, public_id: UUID, **address: Any) -> dict[str, Any]:
        """Only rows of this purchase order and RMAs of this vendor."""
        purchase_order = get_object_or_404(
            FulfillmentRequest.objects.visible_to(self.actor), public_id=public_id
        )
        lines = RmaLine.objects.select_related(
            "return_line__order_line__product", "return_line__reason"
        ).order_by("id")
        rmas = (
            Rma.objects.visible_to(self.actor)
            .filter(order_id=purchase_order.order_id)
            .select_related("customer_return")
            .prefetch_related(Prefetch("lines", queryset=lines))
            .order_by("id")
        )
        return {
            "purchase_order": purchase_order,
            "lines": purchase_order.lines.select_related("product").order_by("position", "id"),
            "shipments": Shipment.objects.filter(fulfillment_request=purchase_order).order_by("id"),
            "rmas": list(rmas),
        }
