"""Counts that stay cheap: many in one statement, each looking at no more than a thousand rows."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

K = TypeVar("K", bound=Hashable)

CAP = 1000


@dataclass(frozen=True, slots=True)
class Counted(Generic[K]):
    """One count as SQL (a scalar subquery), and the questions it answers."""

    sql: str
    params: tuple[Any, ...]
    keys: tuple[K, ...]


def capped_sql(questions: Mapping[K, QuerySet[Any, Any]], cap: int = CAP) -> list[Counted[K]]:
    """The counts of `capped_counts` as SQL, for a statement that asks more than them.

    What is asked twice is counted once; what cannot have rows is left out.
    """
    asked: dict[tuple[str, tuple[Any, ...]], list[K]] = {}
    for key, queryset in questions.items():
        try:
            rows = queryset.order_by().values("pk")[: cap + 1]
            sql, values = rows.query.sql_with_params()
        except EmptyResultSet:
            continue
        asked.setdefault((sql, tuple(values)), []).append(key)
    return [
        Counted(f"(SELECT count(*) FROM ({sql}) counted)", values, tuple(keys))
        for (sql, values), keys in asked.items()
    ]


def capped_counts(questions: Mapping[K, QuerySet[Any, Any]], cap: int = CAP) -> dict[K, int]:
    """How many rows each queryset has, at most `cap` + 1 (which means "more than `cap`").

    One statement for all of them.
    """
    counts = dict.fromkeys(questions, 0)
    parts = capped_sql(questions, cap)
    if parts:
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT {', '.join(part.sql for part in parts)}",
                [value for part in parts for value in part.params],
            )
            found = cursor.fetchone()
        for part, count in zip(parts, found, strict=True):
            counts.update(dict.fromkeys(part.keys, count))
    return counts
