"""A vendor's purchase orders; returns appear inside them, never as a page of their own (F15)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import django_filters
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.shortcuts import get_object_or_404
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from accounts.actor import Actor
from core.counting import capped_counts
from core.paging import keyset_page
from core.views import ListPage, PageView
from orders.models import FulfillmentRequest, Shipment
from returns.states import ReturnStatus
from rmas.automatic import automatic_sentences
from rmas.models import Rma, RmaQuerySet
from rmas.states import RmaStatus
from rmas.vendor_steps import vendor_step
from vendor_portal.rma_cards import returns_of, timeline
from vendor_portal.verbs import address_of, rmas_for

NO_RETURN = "none"
RETURN_CHOICES = [*ReturnStatus.choices, (NO_RETURN, _("No return"))]


def rmas_of_rows(actor: Actor) -> RmaQuerySet:
    """The vendor's RMAs of one purchase order, inside a query over purchase orders."""
    rmas = Rma.objects.visible_to(actor)
    return rmas.of_purchase_order(OuterRef(OuterRef("pk")), OuterRef("order"))


class PurchaseOrderFilter(django_filters.FilterSet):
    """Numbers and SKUs by their beginning, and the status of the returns and RMAs inside."""

    q = django_filters.CharFilter(method="search", max_length=40)
    returns = django_filters.ChoiceFilter(
        choices=RETURN_CHOICES, method="by_returns", label=_("Return status")
    )
    rma = django_filters.ChoiceFilter(
        choices=RmaStatus.choices, method="by_rma", label=_("RMA status")
    )

    class Meta:
        model = FulfillmentRequest
        fields: list[str] = []

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        self.actor = actor
        kwargs.setdefault("queryset", FulfillmentRequest.objects.visible_to(actor))
        super().__init__(*args, **kwargs)

    def search(
        self, queryset: QuerySet[FulfillmentRequest], _name: str, value: str
    ) -> QuerySet[FulfillmentRequest]:
        """By the number of the purchase order, an RMA (old ones too) or a return, or by SKU."""
        rmas = Rma.objects.visible_to(self.actor)
        own = FulfillmentRequest.objects.visible_to(self.actor)
        fits = Q()
        for text in dict.fromkeys((value, value.upper())):
            fits |= Q(number__begins=text)
            fits |= Q(order__in=rmas.filter(numbers__number__begins=text).values("order"))
            returned = rmas.filter(customer_return__number__begins=text)
            fits |= Q(order__in=returned.values("order"))
            fits |= Q(pk__in=own.filter(lines__product__sku__begins=text).values("pk"))
        return queryset.filter(fits)

    def by_returns(
        self, queryset: QuerySet[FulfillmentRequest], _name: str, value: str
    ) -> QuerySet[FulfillmentRequest]:
        """Purchase orders with a return in that status, or with none."""
        rmas = rmas_of_rows(self.actor)
        if value == NO_RETURN:
            return queryset.filter(~Exists(rmas))
        return queryset.filter(Exists(rmas.filter(customer_return__status=value)))

    def by_rma(
        self, queryset: QuerySet[FulfillmentRequest], _name: str, value: str
    ) -> QuerySet[FulfillmentRequest]:
        """Purchase orders with an RMA in that status."""
        return queryset.filter(Exists(rmas_of_rows(self.actor).filter(status=value)))


class PurchaseOrderList(ListPage):
    """What waits for the vendor, RMA by RMA, and all purchase orders; newest first."""

    template_name = "vendor_portal/list.html"
    filter_class = PurchaseOrderFilter
    ordered_by = "requested_at"

    @cached_property
    def counts(self) -> dict[str, int]:
        """How many RMAs wait, and how many purchase orders there are."""
        waiting = Rma.objects.visible_to(self.actor).waiting_for_vendor()
        own = FulfillmentRequest.objects.visible_to(self.actor)
        return capped_counts({"waiting": waiting, "all": own})

    @property
    def tab(self) -> str:
        """What is shown: what waits comes first, unless something was looked for."""
        asked = self.request.GET
        if asked.get("tab") in ("waiting", "all"):
            return asked["tab"]
        looked_for = any(asked.get(name) for name in PurchaseOrderFilter.base_filters)
        return "waiting" if self.counts["waiting"] and not looked_for else "all"

    def page(self, **address: Any) -> dict[str, Any]:
        """The RMAs that wait, or the purchase orders that fit."""
        if self.tab == "all":
            return {**super().page(**address), **self.frame()}
        waiting = rmas_for(self.actor).waiting_for_vendor()
        page = keyset_page(waiting, self.ordered_by, self.request.GET, self.page_size)
        merchant = self.actor.merchant.name
        automatic = automatic_sentences(list(page.rows), self.actor.merchant)
        rows = [
            (
                rma,
                vendor_step(rma, merchant),
                automatic.get(rma.pk, ""),
                address_of(self.actor, "decide", rma),
            )
            for rma in page.rows
        ]
        return {"page": page, "rows": rows, "filter": self.filtered(), **self.frame()}

    def frame(self) -> dict[str, Any]:
        """Tabs and the choices of the filters."""
        return {
            "tab": self.tab,
            "counts": self.counts,
            "return_statuses": RETURN_CHOICES,
            "rma_statuses": RmaStatus.choices,
            "asked": {name: self.request.GET.get(name, "") for name in ("q", "returns", "rma")},
        }

    def rows(self, queryset: QuerySet[FulfillmentRequest]) -> QuerySet[FulfillmentRequest]:
        """With whether a return waits for the vendor, is open, or is there at all."""
        rmas = rmas_of_rows(self.actor)
        return queryset.annotate(
            waits=Exists(rmas.waiting_for_vendor()),
            is_open=Exists(rmas.filter(customer_return__status=ReturnStatus.OPEN)),
            has_return=Exists(rmas),
        )


class PurchaseOrderPage(PageView):
    """One purchase order: its lines, parcels and the returns that concern this vendor."""

    template_name = "vendor_portal/detail.html"

    def page(self, *, public_id: UUID, **address: Any) -> dict[str, Any]:
        """Only rows of this purchase order and RMAs of this vendor."""
        purchase_order = get_object_or_404(
            FulfillmentRequest.objects.visible_to(self.actor), public_id=public_id
        )
        returns = returns_of(self.actor, purchase_order)
        cards = [card for one in returns for card in one.cards]
        return {
            "purchase_order": purchase_order,
            "lines": purchase_order.lines.select_related("product").order_by("position", "id"),
            "shipments": Shipment.objects.filter(fulfillment_request=purchase_order).order_by("id"),
            "returns": returns,
            "waiting": sum(card.waits for card in cards),
            "timeline": timeline(self.actor, [card.rma for card in cards]),
        }
