"""CSV files straight out of the database, row by row, with flat memory (PERFORMANCE)."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import F, QuerySet

from core.counting import CAP, capped_counts
from core.tenancy import tenant
from exports.columns import Gather, Gathered, clock
from exports.resources import ExportResource

# Spreadsheets on Windows read a file without it as an ANSI code page and break every accent.
BYTE_ORDER_MARK = "\ufeff"
CHUNK = 64 * 1024
# Sorting more rows than this costs more than writing them; spreadsheets sort as well.
SORTED = 50_000

# As long as the reader takes: the usual limit is for pages.
SMALL = "SET LOCAL statement_timeout = 0"
# What is gathered for lines fits into memory and need not be spilled to disk.
LARGE = f"{SMALL}; SET LOCAL work_mem = '64MB'"


@dataclass(frozen=True, slots=True)
class Query:
    """A compiled SELECT of cells, the zone of their moments, and the settings it runs with.

    No `sql` when nothing matches.
    """

    sql: str
    params: tuple[Any, ...] = ()
    zone: str = "UTC"
    settings: str = SMALL


def query_of(resource: ExportResource, rows: QuerySet[Any]) -> Query:
    """The cells of `rows` as SQL.

    Up to a thousand rows come in the order of `rows`. Larger files gather what belongs to a row
    once for all of them and come newest first, beyond SORTED rows in any order.
    """
    count = capped_counts({"all": rows}, cap=SORTED)["all"]
    try:
        if count <= CAP:
            return Query(*resource.cells(rows).query.sql_with_params(), resource.zone)
        joined = _joined(resource, rows, is_sorted=count <= SORTED)
        return Query(*joined, resource.zone, LARGE)
    except EmptyResultSet:
        return Query("")


def csv_of(resource: ExportResource, rows: QuerySet[Any], merchant_id: int) -> Iterator[bytes]:
    """The CSV file of `rows`: heading first, then what COPY sends, in chunks of about 64 KB.

    The SQL is compiled now, as the actor who asks; it runs when the response is sent, after the
    request's transaction, and therefore in one of its own, bound to the merchant.
    """
    return copied(heading_of(resource), query_of(resource, rows), merchant_id)


def heading_of(resource: ExportResource) -> bytes:
    """The first line of the file."""
    text = io.StringIO()
    headings = [str(column.column_name) for column in resource.columns]
    csv.writer(text, lineterminator="\n").writerow(headings)
    return (BYTE_ORDER_MARK + text.getvalue()).encode()


def copied(
    heading: bytes, query: Query, merchant_id: int, told: Callable[[int], None] | None = None
) -> Iterator[bytes]:
    """`heading` and what COPY of `query` sends; `told` hears now and then how many rows that is."""
    yield heading
    if not query.sql:
        return
    waiting = bytearray()
    count = 0
    with tenant(merchant_id), clock(query.zone), connection.cursor() as cursor:
        cursor.execute(query.settings)
        sql = f"COPY ({query.sql}) TO STDOUT WITH (FORMAT csv)"
        with cursor.copy(sql, query.params) as copy:
            for row in copy:
                waiting += row
                count += 1
                if len(waiting) >= CHUNK:
                    yield bytes(waiting)
                    waiting.clear()
                    if told is not None:
                        told(count)
    if told is not None:
        told(count)
    yield bytes(waiting)


def _joined(
    resource: ExportResource, rows: QuerySet[Any], *, is_sorted: bool
) -> tuple[str, tuple[Any, ...]]:
    """Own cells of each row, joined to the groups of what belongs to it, each gathered once."""
    own = [column for column in resource.columns if not isinstance(column, Gathered)]
    cells = {column.attribute: column.cell() for column in own}
    inner, params = (
        rows.order_by()
        .values(row=F("pk"), sorted_by=F(resource.moment), **cells)
        .query.sql_with_params()
    )
    gathered = [column for column in resource.columns if isinstance(column, Gathered)]
    names = {
        gather: f"group_{place}"
        for place, gather in enumerate(dict.fromkeys(column.gather for column in gathered))
    }
    joins = ""
    for gather, name in names.items():
        mine = {one.attribute: one.of for one in gathered if one.gather == gather}
        sql, more = gather.groups(**mine).query.sql_with_params()
        joins += f' LEFT JOIN ({sql}) {name} ON {name}."{gather.key}" = own."row"'
        params += more
    listed, first = _listed(resource, names)
    order = ' ORDER BY own.sorted_by DESC, own."row" DESC' if is_sorted else ""
    return f"SELECT {listed} FROM ({inner}) own{joins}{order}", (*first, *params)


def _listed(resource: ExportResource, names: dict[Gather, str]) -> tuple[str, list[str]]:
    """The cells in the order of the columns, and their parameters."""
    cells: list[str] = []
    params: list[str] = []
    for column in resource.columns:
        if isinstance(column, Gathered):
            cell, more = column.joined(f'{names[column.gather]}."{column.attribute}"')
            params += more
        else:
            cell = f'own."{column.attribute}"'
        cells.append(cell)
    return ", ".join(cells), params
