"""Filters of the order list."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.actor import Actor
from accounts.models import Customer
from orders.models import Channel, Order, OrderLine, OrderQuerySet, Product, SerialNumber

# With more matches than this the orders are looked through, newest first.
MANY = 2000

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
        """By order number, customer, SKU or serial number (I1)."""
        if not (text := value.strip()):
            return queryset
        few = list(ids_of_search(self.actor, text)[: MANY + 1])
        if len(few) <= MANY:
            return queryset.filter(pk__in=few)
        return queryset.filter(meant_by(self.actor, text))


def ids_of_search(actor: Actor, text: str) -> QuerySet[Any, int]:
    """Ids of the orders that `text` may mean, each way a look-up in an index of its own.

    Their number begins with it; their customer has that number, or a name or e-mail address that
    begins with it; a line has that SKU or that serial number.
    """
    either = {text, text.upper()}
    orders = Order.objects.filter(merchant=actor.merchant).order_by()
    lines = OrderLine.objects.filter(merchant=actor.merchant)
    products = Product.objects.filter(merchant=actor.merchant, sku__in=either)
    serials = SerialNumber.objects.visible_to(actor).filter(number__in=either).order_by()
    customers = Customer.objects.visible_to(actor).matching(text)
    return (
        orders.filter(_number_begins(text))
        .values_list("pk", flat=True)
        .union(
            orders.filter(customer__in=customers).values_list("pk", flat=True),
            lines.filter(product__in=products).values_list("order_id", flat=True),
            serials.values_list("order_line__order_id", flat=True),
            all=True,
        )
    )


def meant_by(actor: Actor, text: str) -> Q:
    """The same as a condition on one order, for a text that means very many.

    The newest are then found sooner by looking at one order after the other.
    """
    either = {text, text.upper()}
    customers = Customer.objects.visible_to(actor).matching(text)
    lines = OrderLine.objects.filter(merchant=actor.merchant, order=OuterRef("pk"))
    return (
        _number_begins(text)
        | Q(Exists(customers.filter(pk=OuterRef("customer_id"))))
        | Q(Exists(lines.filter(product__sku__in=either)))
        | Q(Exists(lines.filter(serial_numbers__number__in=either)))
    )


def _number_begins(text: str) -> Q:
    return Q(number__begins=text) | Q(number__begins=text.upper())
