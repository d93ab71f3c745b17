"""Filters of the order list."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext_lazy as _

from accounts.actor import Actor
from orders.models import Channel, Order, OrderQuerySet

MOST_FOUND = 1000

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
        """By order, tracking or serial number, customer or SKU (I1)."""
        return queryset.filter(searched(value)) if value.strip() else queryset


def searched(text: str) -> Q:
    """What the database's own search finds, the newest thousand (I1).

    It looks for `text` anywhere in order, tracking and serial numbers, SKUs, and names, numbers and
    addresses of customers; one or two characters are looked for at the beginning. The function is
    made by a migration of `shipments` and answers staff only.
    """
    return Q(pk__in=RawSQL("SELECT orders_search(%s, %s)", (text, MOST_FOUND)))
