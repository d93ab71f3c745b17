"""The overview's filters; exports read the same, so what is seen is what is exported (F4, F5)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL
from django.http import QueryDict
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.actor import Actor
from accounts.models import Vendor
from core.counting import CAP
from returns.models import Return, ReturnLine, ReturnQuerySet, ReturnReason
from returns.states import (
    IN_TRANSIT,
    REFUND_OPEN,
    SHIPPED_STATES,
    WAITING,
    ReturnStatus,
    RmaSummary,
    ShippedStatus,
    WaitsOn,
)

TABS: dict[str, tuple[Any, Q]] = {
    "turn": (_("Your turn"), Q(waits_on=WaitsOn.MERCHANT)),
    "open": (_("Open"), Q(status=ReturnStatus.OPEN)),
    "waiting": (_("Waiting on vendor"), Q(waits_on=WaitsOn.VENDOR)),
    "transit": (_("In transit"), IN_TRANSIT),
    "refund": (_("Refund open"), REFUND_OPEN),
    "closed": (_("Closed"), Q(status=ReturnStatus.CLOSED)),
    "all": (_("All"), Q()),
}

# Statuses of single RMAs that the summary of a return does not tell apart.
RMA_STATUSES = {
    "processing": _("Processing"),
    "processed": _("Processed"),
    "voided": _("Voided"),
    "canceled": _("Canceled"),
}
_SINGLE = list(RMA_STATUSES.items())
RMA_CHOICES = [*RmaSummary.choices[:2], *_SINGLE[:2], *RmaSummary.choices[2:], *_SINGLE[2:]]


@dataclass(frozen=True, slots=True)
class Span:
    """Younger (or, with `over`, older) than so many days."""

    label: Promise
    days: int
    over: bool = False

    def asked(self, field: str) -> Q:
        """The condition on a timestamp."""
        limit = timezone.now() - timedelta(days=self.days)
        return Q(**{f"{field}__{'lte' if self.over else 'gte'}": limit})


PERIODS = {
    "7": Span(_("Last 7 days"), 7),
    "30": Span(_("Last 30 days"), 30),
    "90": Span(_("Last 90 days"), 90),
    "over30": Span(_("Older than 30 days"), 30, over=True),
    "over90": Span(_("Older than 90 days"), 90, over=True),
}
SINCE = {
    "1": Span(_("Over 1 day"), 1, over=True),
    "3": Span(_("Over 3 days"), 3, over=True),
    "7": Span(_("Over 7 days"), 7, over=True),
}

# The longest query string a saved filter keeps.
LONGEST_QUERY = 1000
# One more than lists count, so that "there are more" can be said.
MOST_FOUND = CAP + 1

# By facet: the ids behind each key.
Ids = dict[str, dict[str, list[int]]]


def searched(text: str) -> Q:
    """What the database's own search finds, the newest thousand (F5).

    It looks for `text` anywhere in return, order, RMA (old ones too) and tracking numbers (parcels
    out and back), SKUs, and names, numbers and addresses of customers; one or two characters are
    looked for at the beginning. The function is made by a migration of `shipments` and answers
    staff only.
    """
    return Q(pk__in=RawSQL("SELECT returns_search(%s, %s)", (text, MOST_FOUND)))


def waiting_for(value: str) -> Q:
    """It has been the same one's turn for that long."""
    return WAITING & SINCE[value].asked("waits_since")


def lines_of(actor: Actor, **condition: Any) -> QuerySet[Any, Any]:
    """The ids of the returns with a line that meets `condition`; a return may stand there twice."""
    lines = ReturnLine.objects.filter(merchant_id=actor.merchant_id, **condition)
    return lines.order_by().values("customer_return_id")


def clean_query(asked: QueryDict) -> str:
    """The query string of the filters in `asked` alone, in one order: no cursor, nothing empty."""
    kept = QueryDict(mutable=True)
    for name in ReturnFilter.base_filters:
        values = [value for value in dict.fromkeys(asked.getlist(name)) if value.strip()]
        if values:
            kept.setlist(name, values)
    return kept.urlencode()


class KeysField(forms.MultipleChoiceField):
    """Keys of rows from the address, each read by `read`.

    One that names no row of the merchant finds nothing, like one that does not exist; so they need
    not be looked up beforehand.
    """

    def __init__(self, *, read: Callable[[str], Any] = str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.read = read

    def clean(self, value: Any) -> list[Any]:
        """The keys; ValidationError when one cannot be one."""
        try:
            return [self.read(one) for one in self.to_python(value)]
        except ValueError as error:
            raise ValidationError(_("Choose from the list.")) from error


class KeysFilter(django_filters.Filter):
    """Several rows by their keys."""

    field_class = KeysField


def read_id(text: str) -> int:
    """A number that can be the id of a row; ValueError for any other."""
    number = int(text)
    if not 0 < number < 2**63:
        raise ValueError(text)
    return number


def read_uuid(text: str) -> str:
    """A random id as addresses have it; ValueError for any other text."""
    return str(UUID(text))


def read_code(text: str) -> str:
    """A code as reasons have it; ValueError for what no column holds."""
    if "\x00" in text:
        raise ValueError(text)
    return text


class ReturnFilter(django_filters.FilterSet):
    """Tab, the left panel and the search of the overview, read from its address."""

    tab = django_filters.ChoiceFilter(
        choices=[(name, label) for name, (label, _condition) in TABS.items()], method="by_tab"
    )
    status = django_filters.MultipleChoiceFilter(choices=ReturnStatus.choices, distinct=False)
    shipment = django_filters.MultipleChoiceFilter(
        choices=ShippedStatus.choices, method="by_shipment"
    )
    rma = django_filters.MultipleChoiceFilter(choices=RMA_CHOICES, method="by_rma")
    waits = django_filters.MultipleChoiceFilter(
        field_name="waits_on", choices=WaitsOn.choices, distinct=False
    )
    since = django_filters.ChoiceFilter(
        choices=[(value, span.label) for value, span in SINCE.items()], method="by_since"
    )
    period = django_filters.ChoiceFilter(
        choices=[(value, span.label) for value, span in PERIODS.items()], method="by_period"
    )
    vendor = KeysFilter(read=read_uuid, method="by_vendor")
    channel = KeysFilter(read=read_id, method="by_channel")
    reason = KeysFilter(read=read_code, method="by_reason")
    q = django_filters.CharFilter(method="by_search", max_length=60)

    class Meta:
        model = Return
        fields: list[str] = []

    def __init__(self, *args: Any, actor: Actor, known: Ids | None = None, **kwargs: Any) -> None:
        """`known` are the ids behind the keys of vendors and reasons, if the page has them.

        They are looked up otherwise; the planner must see ids, or it cannot tell rare from common.
        """
        self.actor = actor
        self.known = known
        kwargs.setdefault("queryset", Return.objects.visible_to(actor))
        super().__init__(*args, **kwargs)

    @property
    def matching(self) -> ReturnQuerySet:
        """The returns that match; none when the address cannot be read."""
        found: ReturnQuerySet = self.qs if self.is_valid() else self.queryset.none()
        return found

    def by_tab(self, queryset: ReturnQuerySet, _name: str, value: str) -> QuerySet[Return]:
        """A tab is a named condition."""
        return queryset.filter(TABS[value][1])

    def by_shipment(
        self, queryset: ReturnQuerySet, _name: str, values: list[str]
    ) -> QuerySet[Return]:
        """Where the goods are."""
        return queryset.filter(any_of(SHIPPED_STATES[value] for value in values))

    def by_rma(self, queryset: ReturnQuerySet, _name: str, values: list[str]) -> QuerySet[Return]:
        """The RMAs together say it, or one of them does."""
        return queryset.filter(
            any_of(
                Q(pk__in=self.with_rma(value)) if value in RMA_STATUSES else Q(rma_summary=value)
                for value in values
            )
        )

    def with_rma(self, status: str) -> QuerySet[Any, Any]:
        """The ids of the returns with an RMA of that status."""
        mine = Return.objects.of_merchant(self.actor).order_by()
        return mine.filter(rmas__merchant=self.actor.merchant, rmas__status=status).values("pk")

    def by_since(self, queryset: ReturnQuerySet, _name: str, value: str) -> QuerySet[Return]:
        """Waiting at least that long."""
        return queryset.filter(waiting_for(value))

    def by_period(self, queryset: ReturnQuerySet, _name: str, value: str) -> QuerySet[Return]:
        """Requested within the last days, or before them."""
        return queryset.filter(PERIODS[value].asked("requested_at"))

    def by_vendor(self, queryset: ReturnQuerySet, _name: str, keys: list[str]) -> QuerySet[Return]:
        """With a line that goes to one of these vendors."""
        ids = self.ids("vendor", keys)
        return queryset.filter(pk__in=lines_of(self.actor, destination_id__in=ids))

    def by_reason(self, queryset: ReturnQuerySet, _name: str, keys: list[str]) -> QuerySet[Return]:
        """With a line that comes back for one of these reasons, or for one below it."""
        ids = self.ids("reason", keys)
        return queryset.filter(pk__in=lines_of(self.actor, reason_id__in=ids))

    def ids(self, facet: str, keys: list[str]) -> list[int]:
        """The ids behind these keys; of a reason also those it is the heading of."""
        if self.known is None:
            self.known = {"vendor": {}, "reason": {}}
            vendors = Vendor.objects.of_merchant(self.actor).order_by()
            for pk, public_id in vendors.values_list("pk", "public_id"):
                self.known["vendor"][str(public_id)] = [pk]
            reasons = ReturnReason.objects.of_merchant(self.actor).order_by()
            for pk, code, heading in reasons.values_list("pk", "code", "parent__code"):
                for key in filter(None, (code, heading)):
                    self.known["reason"].setdefault(key, []).append(pk)
        return [pk for key in keys for pk in self.known[facet].get(key, [])]

    def by_channel(self, queryset: ReturnQuerySet, _name: str, ids: list[int]) -> QuerySet[Return]:
        """Sold on one of these channels."""
        return queryset.filter(channel_id__in=ids)

    def by_search(self, queryset: ReturnQuerySet, _name: str, value: str) -> QuerySet[Return]:
        """What the search finds."""
        text = value.strip()
        return queryset.filter(searched(text)) if text else queryset


def any_of(conditions: Iterable[Q]) -> Q:
    """All conditions joined by OR; no condition when there are none."""
    joined = Q()
    for condition in conditions:
        joined |= condition
    return joined
