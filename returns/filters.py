"""The overview's filters; exports read the same, so what is seen is what is exported (F4, F5)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.actor import Actor
from accounts.models import Vendor
from orders.models import Channel
from returns.models import Return, ReturnQuerySet
from returns.states import ReturnStatus, RmaSummary

PERIODS = (("7", _("Last 7 days")), ("30", _("Last 30 days")), ("90", _("Last 90 days")))

TABS: dict[str, tuple[Any, Q]] = {
    "open": (_("Open"), Q(status=ReturnStatus.OPEN)),
    "waiting": (
        _("Waiting on vendor"),
        Q(status=ReturnStatus.OPEN, rma_summary=RmaSummary.WAITING),
    ),
    "approved": (
        _("Approved"),
        Q(
            status=ReturnStatus.OPEN,
            rma_summary__in=(RmaSummary.APPROVED, RmaSummary.PARTIALLY_APPROVED),
        ),
    ),
    "denied": (_("Denied"), Q(status=ReturnStatus.OPEN, rma_summary=RmaSummary.DENIED)),
    "closed": (_("Closed"), Q(status=ReturnStatus.CLOSED)),
    "all": (_("All"), Q()),
}


class ReturnFilter(django_filters.FilterSet):
    """Status, RMA status, channel, vendor, period, tab and search of the overview."""

    tab = django_filters.ChoiceFilter(
        choices=[(name, label) for name, (label, _condition) in TABS.items()], method="by_tab"
    )
    status = django_filters.MultipleChoiceFilter(choices=ReturnStatus.choices, distinct=False)
    rma = django_filters.MultipleChoiceFilter(
        field_name="rma_summary", choices=RmaSummary.choices, distinct=False
    )
    channel = django_filters.ModelMultipleChoiceFilter(
        queryset=Channel.objects.none(), distinct=False
    )
    vendor = django_filters.ModelMultipleChoiceFilter(
        queryset=Vendor.objects.none(), method="by_vendor", to_field_name="public_id"
    )
    period = django_filters.ChoiceFilter(choices=PERIODS, method="by_period")
    q = django_filters.CharFilter(method="by_search", max_length=60)

    class Meta:
        model = Return
        fields: list[str] = []

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        self.actor = actor
        kwargs.setdefault("queryset", Return.objects.visible_to(actor))
        super().__init__(*args, **kwargs)
        self.filters["channel"].queryset = Channel.objects.visible_to(actor)
        self.filters["vendor"].queryset = Vendor.objects.visible_to(actor)

    def by_tab(self, queryset: ReturnQuerySet, _name: str, value: str) -> QuerySet[Return]:
        """A tab is a named condition."""
        return queryset.filter(TABS[value][1])

    def by_vendor(
        self, queryset: ReturnQuerySet, _name: str, vendors: list[Vendor]
    ) -> QuerySet[Return]:
        """Returns with a line that goes to one of `vendors`."""
        if not vendors:
            return queryset
        hits = Return.objects.filter(merchant=self.actor.merchant, lines__destination__in=vendors)
        return queryset.filter(pk__in=hits.order_by().values("pk"))

    def by_period(self, queryset: ReturnQuerySet, _name: str, value: str) -> QuerySet[Return]:
        """Requested within the last days."""
        return queryset.filter(requested_at__gte=timezone.now() - timedelta(days=int(value)))

    def by_search(self, queryset: ReturnQuerySet, _name: str, value: str) -> QuerySet[Return]:
        """Own, order or RMA number begins with the text (either case)."""
        text = value.strip()
        if not text:
            return queryset
        mine = Return.objects.filter(merchant=self.actor.merchant).order_by().values("pk")
        found = Q()
        for number in {text, text.upper()}:
            found |= Q(number__begins=number)
            found |= Q(pk__in=mine.filter(order__number__begins=number))
            found |= Q(pk__in=mine.filter(rmas__number__begins=number))
        return queryset.filter(found)
