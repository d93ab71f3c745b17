"""Which rows an export holds: the overview's filter, read for returns, lines, RMAs or refunds."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.dateparse import parse_date

from accounts.actor import Actor
from exports.resources import (
    ExportResource,
    LineResource,
    RefundResource,
    ReturnResource,
    RmaResource,
)
from returns.exporting import Grain
from returns.filters import ReturnFilter
from returns.models import RefundEntry, Return, ReturnLine
from rmas.models import Rma

RESOURCES: dict[str, type[ExportResource]] = {
    Grain.RETURN: ReturnResource,
    Grain.LINE: LineResource,
    Grain.RMA: RmaResource,
    Grain.REFUND: RefundResource,
}


def rows_of(grain: str, query: str, actor: Actor) -> QuerySet[Any]:
    """The rows of `grain` that belong to the returns `query` matches, newest first.

    `query` is the overview's query string. `from` and `to` in it are days of the merchant that the
    grain's own moment lies between: when a return or RMA was requested, when a refund was entered.
    What cannot be read matches nothing.
    """
    asked = QueryDict(query)
    found = ReturnFilter(asked, actor=actor)
    resource = RESOURCES[grain]
    rows = _all(grain, actor)
    if not found.is_valid():
        return rows.none()
    if any(asked.get(name, "").strip() for name in ReturnFilter.base_filters):
        returns = found.matching.order_by()
        if grain == Grain.RETURN:
            rows = found.matching
        else:
            rows = rows.filter(customer_return__in=returns.values("pk"))
    try:
        first, last = day_of(asked.get("from", "")), day_of(asked.get("to", ""))
    except ValueError:
        return rows.none()
    zone = actor.merchant.zone
    if first:
        begin = datetime.combine(first, time.min, tzinfo=zone)
        rows = rows.filter(**{f"{resource.moment}__gte": begin})
    if last:
        end = datetime.combine(last + timedelta(days=1), time.min, tzinfo=zone)
        rows = rows.filter(**{f"{resource.moment}__lt": end})
    return rows.order_by(f"-{resource.moment}", "-pk")


def day_of(text: str) -> date | None:
    """2026-11-21 as a day, None for nothing. Raises ValueError for anything else."""
    if not text.strip():
        return None
    day = parse_date(text.strip())
    if day is None or not date.min.year < day.year < date.max.year:
        raise ValueError(text)
    return day


def _all(grain: str, actor: Actor) -> QuerySet[Any]:
    match grain:
        case Grain.RETURN:
            return Return.objects.visible_to(actor)
        case Grain.RMA:
            return Rma.objects.visible_to(actor)
        case Grain.REFUND:
            return RefundEntry.objects.visible_to(actor)
    lines: QuerySet[ReturnLine] = ReturnLine._base_manager.filter(merchant_id=actor.merchant_id)
    return lines if actor.is_staff else lines.none()
