"""Columns of an export: a heading and the SQL that fills the cell, for every way out alike."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from babel.core import get_global
from django.contrib.postgres.aggregates import StringAgg
from django.db import connection
from django.db.models import (
    Case,
    CharField,
    F,
    Func,
    Model,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.utils.functional import Promise
from import_export.fields import Field

from core.cells import Neutral, neutral_column
from core.money import exponent


class Column(Field):
    """A column as it comes out of the database; `of` is a field path or an expression."""

    def __init__(self, heading: Promise | str, of: str | Combinable) -> None:
        super().__init__(column_name=heading, readonly=True)
        self.of: Combinable = F(of) if isinstance(of, str) else of

    def cell(self) -> Combinable:
        """The expression that prints the cell."""
        return self.of

    def export(self, instance: Any, **kwargs: Any) -> str:
        """The cell of one row of the resource's `cells()`."""
        value = instance[self.attribute]
        return "" if value is None else str(value)


class Text(Column):
    """Words somebody typed: never a formula."""

    def cell(self) -> Combinable:
        """The neutralised text."""
        return Neutral(self.of)


class Label(Column):
    """A status in words; `states` are its choices."""

    def __init__(self, heading: Promise, of: str, states: Any) -> None:
        super().__init__(heading, of)
        self.field = of
        self.states = states

    def cell(self) -> Combinable:
        """The label in the active language."""
        return Case(
            *(
                When(Q(**{self.field: state.value}), then=Value(str(state.label)))
                for state in self.states
            ),
            output_field=CharField(),
        )


class Moment(Column):
    """A moment on the clock of `clock()`, as spreadsheets read it."""

    def cell(self) -> Combinable:
        """2026-11-21 09:12:05."""
        return Func(
            self.of,
            template="date_trunc('second', (%(expressions)s)::timestamp)",
            output_field=CharField(),
        )


@contextmanager
def clock(zone: str) -> Iterator[None]:
    """Inside, the database prints moments as clocks in `zone` show them. Needs a transaction.

    Naming the zone once per file takes half the time of naming it in each cell. Reads nothing but
    cells inside: what Django reads would be taken for UTC. After an error, rolling back restores
    the clock.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('timezone', %s, true)", [zone])
        yield
        if not connection.needs_rollback:
            cursor.execute("SELECT set_config('timezone', %s, true)", [connection.timezone_name])


class Money(Column):
    """An amount with the decimals of the row's currency."""

    def __init__(self, heading: Promise, of: str | Combinable, *, currency: str) -> None:
        super().__init__(heading, of)
        self.currency = currency

    def cell(self) -> Combinable:
        """12.50 for GBP, 1250 for JPY, 1.250 for KWD."""
        unusual = {places: codes for places, codes in _by_exponent().items() if places != 2}
        all_unusual = [code for codes in unusual.values() for code in codes]
        return Case(
            When(~Q(**{f"{self.currency}__in": all_unusual}), then=self._rounded(2)),
            *(
                When(Q(**{f"{self.currency}__in": codes}), then=self._rounded(places))
                for places, codes in unusual.items()
            ),
        )

    def _rounded(self, places: int) -> Combinable:
        return Func(self.of, Value(places), function="round", output_field=CharField())


def _by_exponent() -> dict[int, list[str]]:
    codes: dict[int, list[str]] = defaultdict(list)
    for code in sorted(get_global("currency_fractions")):
        if len(code) == 3:
            codes[exponent(code)].append(code)
    return codes


# --- what is gathered from several rows into one cell ---------------------------------------------


@dataclass(frozen=True, slots=True)
class Gather:
    """Rows of `model` that belong to a row of the export by their field `key`.

    A small export looks them up row by row; a large one gathers all of them once and joins, which
    is the same expression at a tenth of the cost.
    """

    model: type[Model]
    key: str

    def groups(self, **cells: Combinable) -> QuerySet[Any, dict[str, Any]]:
        """One row per row of the export that has any: `key` and the gathered `cells`."""
        rows = self.model._base_manager.order_by().values(self.key)
        return rows.annotate(**cells)


class Gathered(Column):
    """A cell that sums up several rows; `of` is an aggregate over `gather`'s rows."""

    def __init__(self, heading: Promise, gather: Gather, of: Combinable) -> None:
        super().__init__(heading, of)
        self.gather = gather

    def cell(self) -> Combinable:
        """Looked up for each row."""
        mine = {"merchant": OuterRef("merchant"), self.gather.key: OuterRef("pk")}
        return Subquery(self.gather.groups(cell=self.of).filter(**mine).values("cell"))

    def joined(self, column: str) -> tuple[str, list[str]]:
        """SQL and parameters of the cell where `column` holds what was gathered before."""
        return column, []


class GatheredText(Gathered):
    """Words of several rows in one cell: never a formula."""

    def cell(self) -> Combinable:
        """The neutralised text."""
        return Neutral(super().cell())

    def joined(self, column: str) -> tuple[str, list[str]]:
        """The neutralised text."""
        return neutral_column(column)


def listed(of: str) -> Combinable:
    """The texts of several rows, as they came in."""
    return StringAgg(of, ", ", order_by="id")
