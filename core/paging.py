"""Keyset paging: page 5,000 costs what page 1 costs (PERFORMANCE)."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from django.db.models import BooleanField, Model, QuerySet
from django.db.models.expressions import RawSQL

M = TypeVar("M", bound=Model)

LONGEST_CURSOR = 100


@dataclass(frozen=True, slots=True)
class Page(Generic[M]):
    """One page of rows, with the cursors of its neighbours ("" where there is none)."""

    rows: list[M]
    newer: str
    older: str


def keyset_page(
    queryset: QuerySet[M], at: str, asked: Mapping[str, str], size: int = 50
) -> Page[M]:
    """The rows of `queryset` by (`at`, id), newest first, from the cursor in `asked`.

    `asked` may hold "after" (older than that row) or "before" (newer); a cursor that cannot be read
    is ignored. One query, `size` + 1 rows.
    """
    before, after = read_cursor(asked.get("before", "")), read_cursor(asked.get("after", ""))
    table = queryset.model._meta.db_table
    if before:
        rows = list(_beyond(queryset, table, at, ">", before).order_by(at, "id")[: size + 1])
        more_newer, rows = len(rows) > size, rows[:size][::-1]
        return _page(rows, at, newer=more_newer, older=True)
    if after:
        queryset = _beyond(queryset, table, at, "<", after)
    rows = list(queryset.order_by(f"-{at}", "-id")[: size + 1])
    return _page(rows[:size], at, newer=bool(after), older=len(rows) > size)


def write_cursor(moment: datetime, pk: int) -> str:
    """A URL-safe cursor of one row."""
    raw = json.dumps([moment.isoformat(), pk], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def read_cursor(cursor: str) -> tuple[datetime, int] | None:
    """What `write_cursor` wrote, or None for anything else."""
    if len(cursor) > LONGEST_CURSOR:
        return None
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        moment, pk = json.loads(base64.urlsafe_b64decode(padded.encode()))
        read = datetime.fromisoformat(moment)
        if read.tzinfo is None or abs(int(pk)) >= 2**63:
            return None
        return read.astimezone(UTC), int(pk)
    except (ValueError, TypeError, OverflowError, binascii.Error, UnicodeError):
        return None


def _beyond(
    queryset: QuerySet[M], table: str, at: str, sign: str, cursor: tuple[datetime, int]
) -> QuerySet[M]:
    condition = f'("{table}"."{at}", "{table}"."id") {sign} (%s, %s)'
    return queryset.filter(RawSQL(condition, cursor, output_field=BooleanField()))  # noqa: S611


def _page(rows: list[M], at: str, *, newer: bool, older: bool) -> Page[M]:
    def cursor(row: Any) -> str:
        return write_cursor(getattr(row, at), row.pk)

    return Page(
        rows,
        newer=cursor(rows[0]) if rows and newer else "",
        older=cursor(rows[-1]) if rows and older else "",
    )
