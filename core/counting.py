"""Counts that stay cheap: many in one statement, each looking at no more than a thousand rows."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

K = TypeVar("K", bound=Hashable)

CAP = 1000


def capped_counts(questions: Mapping[K, QuerySet[Any]], cap: int = CAP) -> dict[K, int]:
    """How many rows each queryset has, at most `cap` + 1 (which means "more than `cap`").

    One statement for all of them.
    """
    counts = dict.fromkeys(questions, 0)
    parts: list[str] = []
    params: list[Any] = []
    asked: list[K] = []
    for key, queryset in questions.items():
        try:
            sql, values = queryset.order_by().values("pk")[: cap + 1].query.sql_with_params()
        except EmptyResultSet:
            continue
        parts.append(f"(SELECT count(*) FROM ({sql}) counted)")
        params.extend(values)
        asked.append(key)
    if parts:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {', '.join(parts)}", params)
            counts.update(zip(asked, cursor.fetchone(), strict=True))
    return counts
