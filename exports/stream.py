"""Large CSV files straight out of the database, row by row, with flat memory (PERFORMANCE)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

from core.counting import CAP, capped_counts
from core.tenancy import tenant
from exports.resources import ExportResource

# Spreadsheets on Windows read a file without it as an ANSI code page and break every accent.
BYTE_ORDER_MARK = "\ufeff"
CHUNK = 64 * 1024

# As long as the reader takes: the usual limit is for pages.
SMALL = "SET LOCAL statement_timeout = 0"
# Behind row-level security the planner expects few rows and would look up each order on its own.
LARGE = f"{SMALL}; SET LOCAL enable_nestloop = off"


def csv_of(resource: ExportResource, rows: QuerySet[Any], merchant_id: int) -> Iterator[bytes]:
    """The CSV file of `rows`: heading first, then what COPY sends, in chunks of about 64 KB.

    The SQL is compiled now, as the actor who asks; it runs when the response is sent, after the
    request's transaction, and therefore in one of its own, bound to the merchant.
    """
    heading = _line(resource.get_export_headers())
    try:
        sql, params = resource.cells(rows).query.sql_with_params()
    except EmptyResultSet:
        return iter([heading])
    copy = f"COPY ({sql}) TO STDOUT WITH (FORMAT csv)"
    is_large = capped_counts({"all": rows})["all"] > CAP
    return _stream(heading, copy, params, merchant_id, LARGE if is_large else SMALL)


def _stream(
    heading: bytes, sql: str, params: tuple[Any, ...], merchant_id: int, settings: str
) -> Iterator[bytes]:
    yield heading
    waiting = bytearray()
    with tenant(merchant_id), connection.cursor() as cursor:
        cursor.execute(settings)
        with cursor.copy(sql, params) as copy:
            for row in copy:
                waiting += row
                if len(waiting) >= CHUNK:
                    yield bytes(waiting)
                    waiting.clear()
    yield bytes(waiting)


def _line(cells: list[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return (BYTE_ORDER_MARK + text.getvalue()).encode()
