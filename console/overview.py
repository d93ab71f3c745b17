"""What the overview of returns asks the database besides its rows (F4, F5)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import CharField, F, IntegerField, OuterRef, QuerySet, Value
from django.db.models.functions import Cast
from django.http import QueryDict

from accounts.actor import Actor
from accounts.models import Vendor
from core.counting import capped_sql
from orders.models import Channel
from returns.columns import DEFAULT, in_order
from returns.filters import MOST_FOUND, Ids, ReturnFilter
from returns.models import ListColumns, Return, ReturnLine, ReturnReason, SavedFilter
from returns.states import UNDECIDED, ReturnStatus, WaitsOn
from returns.turns import Turn, turn_of
from rmas.models import Rma

WAITERS = [value for value in WaitsOn.values if value != WaitsOn.NOBODY]
# A facet shows so many boxes before "more"; only these are counted. So are the first saved filters.
SHOWN = 8
COUNTED_FILTERS = 10

BOXES = (
    "SELECT facet, value, found FROM"
    " returns_counts(%s::integer, %s::bigint[], %s::bigint[], %s::bigint[])"
)

Question = tuple[str, str]

SAME_AS_TAB: dict[str, Question] = {
    "turn": ("waits", WaitsOn.MERCHANT.value),
    "open": ("status", ReturnStatus.OPEN.value),
    "waiting": ("waits", WaitsOn.VENDOR.value),
    "closed": ("status", ReturnStatus.CLOSED.value),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One row somebody can choose: its id, its key in the address, and its words."""

    pk: int
    key: str
    label: str
    more: str = ""


@dataclass(slots=True)
class Choices:
    """The merchant's own lists of the left panel, and what the person has kept."""

    vendors: list[Choice] = field(default_factory=list)
    channels: list[Choice] = field(default_factory=list)
    reasons: list[Choice] = field(default_factory=list)
    saved: list[Choice] = field(default_factory=list)
    columns: tuple[str, ...] = DEFAULT

    @property
    def ids(self) -> Ids:
        """The ids behind the keys of vendors and reasons; a heading stands for those below it."""
        below = {
            one.key: [one.pk, *(each.pk for each in self.reasons if each.more == str(one.pk))]
            for one in self.reasons
        }
        return {"vendor": {one.key: [one.pk] for one in self.vendors}, "reason": below}


def load_choices(actor: Actor) -> Choices:
    """All of it in one statement."""
    choices = Choices()
    rows = _rows("vendors", Vendor.objects.visible_to(actor), "public_id", "name").union(
        _rows("channels", Channel.objects.visible_to(actor), "id", "name"),
        _rows("reasons", ReturnReason.objects.visible_to(actor), "code", "label", "parent_id"),
        _rows("saved", SavedFilter.objects.visible_to(actor), "public_id", "name", "query"),
        _rows("columns", ListColumns.objects.visible_to(actor), "id", "columns"),
        all=True,
    )
    ordered = sorted(rows, key=lambda row: (row[1], row[4].casefold(), row[2]))
    for kind, _place, pk, key, label, more in ordered:
        if kind == "columns":
            choices.columns = in_order(json.loads(label))
        else:
            getattr(choices, kind).append(Choice(pk, key, label, more or ""))
    choices.reasons = list(_as_tree(choices.reasons))
    return choices


def _rows(
    kind: str, rows: QuerySet[Any], key: str, label: str, more: str | None = None
) -> QuerySet[Any, Any]:
    place = F("position") if rows.model is ReturnReason else Value(0)
    return (
        rows.order_by()
        .annotate(
            row_kind=Value(kind, output_field=CharField()),
            row_place=Cast(place, IntegerField()),
            row_key=Cast(F(key), CharField()),
            row_label=Cast(F(label), CharField()),
            row_more=Cast(F(more) if more else Value(""), CharField()),
        )
        .values_list("row_kind", "row_place", "pk", "row_key", "row_label", "row_more")
    )


def _as_tree(reasons: list[Choice]) -> Iterator[Choice]:
    """Each heading before its reasons, which name it."""
    headings = {str(one.pk): one for one in reasons}
    for top in (one for one in reasons if one.more not in headings):
        yield top
        for one in reasons:
            if one.more == str(top.pk):
                yield Choice(one.pk, one.key, f"{top.label}: {one.label}", one.more)


def count(
    actor: Actor, asked: QueryDict, choices: Choices, own: dict[Question, QuerySet[Any, Any]]
) -> dict[Question, int]:
    """How many returns each tab, each box that is shown and each of `own` has, by facet and value.

    One statement. Tabs and boxes are counted by the database's own function (a migration of
    `shipments`), which answers staff only.
    """
    listed = {
        "channel": _shown(choices.channels, asked.getlist("channel")),
        "vendor": _shown(choices.vendors, asked.getlist("vendor")),
        "reason": _shown(choices.reasons, asked.getlist("reason")),
    }
    parts = capped_sql(own)
    sql = [BOXES, *(f"SELECT '', '{place}', {part.sql}" for place, part in enumerate(parts))]
    params: list[Any] = [MOST_FOUND]
    params += [[one.pk for one in rows] for rows in listed.values()]
    with connection.cursor() as cursor:
        cursor.execute(
            " UNION ALL ".join(sql), [*params, *(one for part in parts for one in part.params)]
        )
        found = {(facet, value): n for facet, value, n in cursor.fetchall()}
    counts = dict.fromkeys(own, 0)
    counts.update({key: n for key, n in found.items() if key[0] not in ("", *listed)})
    for place, part in enumerate(parts):
        counts.update(dict.fromkeys(part.keys, found["", str(place)]))
    for facet, rows in listed.items():
        counts.update({(facet, one.key): found.get((facet, str(one.pk)), 0) for one in rows})
    for name, same in SAME_AS_TAB.items():
        counts["tab", name] = found.get(same, 0)
    return counts


def questions(
    actor: Actor, found: ReturnFilter, choices: Choices
) -> dict[Question, QuerySet[Any, Any]]:
    """What only this person counts: what matches now, and the first of the saved filters."""
    saved = {
        ("saved", one.key): ReturnFilter(
            QueryDict(one.more), actor=actor, known=choices.ids
        ).matching
        for one in choices.saved[:COUNTED_FILTERS]
    }
    return {("matching", ""): found.matching, **saved}


def _shown(choices: list[Choice], asked: list[str]) -> list[Choice]:
    """Those whose box is on the page without opening "more", and those that are ticked."""
    fits = len(choices) if len(choices) <= SHOWN + 1 else SHOWN
    return [one for place, one in enumerate(choices) if place < fits or one.key in asked]


def with_cells(rows: QuerySet[Return], columns: tuple[str, ...]) -> QuerySet[Return]:
    """`rows` with what the columns name of other tables, looked up for one page of them only."""
    mine = {"merchant": OuterRef("merchant"), "customer_return": OuterRef("pk")}
    rows = rows.select_related("order")
    if "customer" in columns:
        rows = rows.select_related("customer")
    if "waiting" in columns:
        asked = Rma.objects.filter(**mine, status__in=sorted(UNDECIDED)).order_by("id")
        rows = rows.annotate(asked_vendors=ArraySubquery(asked.values("vendor__name")))
    if "reason" in columns:
        lines = ReturnLine.objects.filter(**mine, reason__isnull=False).order_by("id")
        rows = rows.annotate(reason_labels=ArraySubquery(lines.values("reason__label")))
    return rows


def turn_in_list(found: Any) -> Turn:
    """Whose turn a row of `with_cells` is."""
    return turn_of(
        WaitsOn(found.waits_on),
        status=found.status,
        rma_summary=found.rma_summary,
        vendors=list(dict.fromkeys(found.asked_vendors)),
        since=found.waits_since,
        imported=found.source == Return.Source.IMPORT,
    )
