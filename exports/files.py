"""Writes the files of exports in the background: CSV by COPY, XLSX sheet row by row (F14).

Both take the memory of a few rows, however many there are.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from typing import IO, Any

from django.conf import settings
from django.db import connection
from django.utils import translation
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, WriteOnlyCell
from openpyxl.writer.excel import save_workbook

from accounts.actor import Actor
from accounts.models import Merchant
from core.errors import Refused
from core.tenancy import tenant
from exports.columns import clock
from exports.grains import RESOURCES, rows_of
from exports.resources import ExportResource
from exports.stream import Query, copied, heading_of, query_of
from returns.exporting import LARGEST_SHEET, FileFormat, Progress
from returns.models import ExportJob

SHOWN_EVERY_NS = 500_000_000
ROWS_AT_ONCE = 2_000


class Files:
    """The house's exporter (see `returns.exporting`)."""

    def columns(self, grain: str) -> Mapping[str, str]:
        """Name and heading of every column of that grain, in order."""
        return RESOURCES[grain].headings()

    def write(self, job: ExportJob, file: IO[bytes], told: Progress) -> int:
        """Write the file of `job`, as the house sees its merchant; how many rows it holds.

        Raises Refused when they do not fit into one sheet.
        """
        merchant = Merchant.objects.get(pk=job.merchant_id)
        with translation.override(settings.LANGUAGE_CODE):
            resource = RESOURCES[job.grain](zone=merchant.timezone, chosen=job.columns)
            rows = rows_of(job.grain, job.query, Actor.system(merchant))
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL statement_timeout = 0")
            total = rows.order_by().count()
            is_sheet = job.format == FileFormat.XLSX
            if is_sheet and total > LARGEST_SHEET:
                raise Refused(_too_many(total))
            query = query_of(resource, rows)
            write = _write_sheet if is_sheet else _write_text
            return write(resource, query, merchant.pk, file, _now_and_then(told, total))


def _too_many(total: int) -> str:
    sentence = _(
        "%(total)s rows match, and one Excel sheet holds %(most)s. Choose CSV, or fewer days."
    )
    return sentence % {"total": f"{total:,}", "most": f"{LARGEST_SHEET:,}"}


def _now_and_then(told: Progress, total: int) -> Callable[[int], None]:
    """Tell people twice a second at most."""
    shown_at = 0

    def tell(rows: int) -> None:
        nonlocal shown_at
        now = time.monotonic_ns()
        if now - shown_at >= SHOWN_EVERY_NS:
            shown_at = now
            told(rows, total)

    return tell


def _write_text(
    resource: ExportResource,
    query: Query,
    merchant_id: int,
    file: IO[bytes],
    tell: Callable[[int], None],
) -> int:
    count = 0

    def counted(rows: int) -> None:
        nonlocal count
        count = rows
        tell(rows)

    for piece in copied(heading_of(resource), query, merchant_id, counted):
        file.write(piece)
    return count


def _write_sheet(
    resource: ExportResource,
    query: Query,
    merchant_id: int,
    file: IO[bytes],
    tell: Callable[[int], None],
) -> int:
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append([str(column.column_name) for column in resource.columns])
    count = 0
    with _fetched(query, merchant_id) as rows:
        for row in rows:
            sheet.append([_cell(sheet, value) for value in row])
            count += 1
            if count > LARGEST_SHEET:
                raise Refused(_too_many(count))
            tell(count)
    save_workbook(book, file)
    return count


def _cell(sheet: Any, value: Any) -> Any:
    """A value of the database as a sheet takes it: amounts stay numbers, moments moments."""
    if isinstance(value, str):
        return ILLEGAL_CHARACTERS_RE.sub("", value)
    if isinstance(value, Decimal):
        cell = WriteOnlyCell(sheet, value)
        places = -int(value.as_tuple().exponent)
        cell.number_format = f"0.{'0' * places}" if places > 0 else "0"
        return cell
    return value


@contextmanager
def _fetched(query: Query, merchant_id: int) -> Iterator[Iterator[tuple[Any, ...]]]:
    """The rows of `query` piece by piece, by a cursor that stays on the server."""
    with tenant(merchant_id), clock(query.zone), connection.cursor() as plain:
        if not query.sql:
            yield iter(())
            return
        plain.execute(query.settings)
        with connection.chunked_cursor() as cursor:
            cursor.execute(query.sql, query.params)
            yield _pieces(cursor)


def _pieces(cursor: Any) -> Iterator[tuple[Any, ...]]:
    while rows := cursor.fetchmany(ROWS_AT_ONCE):
        yield from rows
