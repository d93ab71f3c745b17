"""Filters of the order list."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.actor import Actor
from accounts.models import Customer
from orders.models import Channel, Order, OrderLine, OrderQuerySet

TABS: dict[str, tuple[Any, Q]] = {
    "all": (_("All"), Q()),
    "returned": (_("With returns"), Q(return_count__gt=0)),
    "unreturned": (_("Without returns"), Q(return_count=0)),
}


class OrderFilter(django_filters.FilterSet):
    """Tab, channel and search of the order list."""

    tab = django_filters.ChoiceFilter(
        choices=[(name, label) for name, (label, _condition) in TABS.items()], method="by_tab"
    )
    channel = django_filters.ModelMultipleChoiceFilter(
        queryset=Channel.objects.none(), distinct=False
    )
    q = django_filters.CharFilter(method="by_search", max_length=60)

    class Meta:
        model = Order
        fields: list[str] = []

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        self.actor = actor
        kwargs.setdefault("queryset", Order.objects.visible_to(actor))
        super().__init__(*args, **kwargs)
        self.filters["channel"].queryset = Channel.objects.visible_to(actor)

    def by_tab(self, queryset: OrderQuerySet, _name: str, value: str) -> QuerySet[Order]:
        """A tab is a named condition."""
        return queryset.filter(TABS[value][1])

    def by_search(self, queryset: OrderQuerySet, _name: str, value: str) -> QuerySet[Order]:
        """Order number begins with the text, or it is a customer's number or a SKU (I1)."""
        text = value.strip()
        if not text:
            return queryset
        customers = Customer.objects.visible_to(self.actor).filter(number=text)
        lines = OrderLine.objects.filter(merchant=self.actor.merchant)
        found = Q()
        for number in {text, text.upper()}:
            found |= Q(number__begins=number)
            found |= Q(pk__in=lines.filter(product__sku=number).values("order_id"))
        return queryset.filter(found | Q(customer__in=customers))
