"""What an import leaves to read: how far it is, its report, its file of rejected rows."""

from __future__ import annotations

import csv
import io
import tempfile
import time
import uuid
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from django.core.cache import cache
from django.core.files.base import File
from django.utils.translation import gettext as _

from actions.load_report import LoadReport
from core.cells import is_number, neutral
from orders.models import OrderImport
from orders.readers import FORMATS
from orders.readers.base import Reject

EXAMPLES = 5
KEPT_SECONDS = 60 * 60
SHOWN_EVERY_NS = 500_000_000
BYTE_ORDER_MARK = "\ufeff"

Progress = Callable[[int, int | None], None]


def progress_of(order_import: OrderImport) -> Progress:
    """What a load calls with the rows it has read; people see it on the import's page.

    It only decorates: a cache that is away stops nobody.
    """
    key = _key(order_import)
    shown_at = 0

    def show(rows: int, total: int | None) -> None:
        nonlocal shown_at
        now = time.monotonic_ns()
        if now - shown_at < SHOWN_EVERY_NS:
            return
        shown_at = now
        with suppress(Exception):
            cache.set(key, rows, KEPT_SECONDS)

    return show


def rows_read(order_import: OrderImport) -> int:
    """How many rows the load under way has read so far."""
    with suppress(Exception):
        return min(int(cache.get(_key(order_import), 0)), order_import.rows_total)
    return 0


def forget_progress(order_import: OrderImport) -> None:
    """The next load begins at nothing."""
    with suppress(Exception):
        cache.delete(_key(order_import))


def _key(order_import: OrderImport) -> str:
    return f"import:{order_import.public_id}"


def summary(report: LoadReport) -> dict[str, Any]:
    """The report as it is kept, with the first examples of each kind of reject, most first."""
    kinds: dict[str, dict[str, Any]] = {}
    for reject in report.rejects:
        code = reject.reason.value
        kind = kinds.setdefault(code, {"reason": code, "count": 0, "examples": []})
        kind["count"] += 1
        if kind["count"] <= EXAMPLES:
            example = {"line": reject.line, "column": reject.column, "value": reject.value}
            kind["examples"].append(example)
    by_count = sorted(kinds.values(), key=lambda kind: -kind["count"])
    return {**report.as_json(), "kinds": by_count}


def keep_rejects(order_import: OrderImport, rejects: Iterable[Reject]) -> None:
    """Write the rejected rows as a CSV file and hang it on the import (not saved yet)."""
    with tempfile.TemporaryFile() as file:
        text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
        text.write(BYTE_ORDER_MARK)
        write_rejects(csv.writer(text), order_import.format, rejects)
        text.detach()
        file.seek(0)
        order_import.rejects.save(f"{uuid.uuid4().hex}.csv", File(file), save=False)


def write_rejects(writer: Any, format: str, rejects: Iterable[Reject]) -> None:  # noqa: A002 - people say so
    """A heading and one row per reject: line, column, reason, and the cells as they were."""
    reader = FORMATS.get(format)
    writer.writerow([_("Line"), _("Column"), _("Reason"), *(reader.columns if reader else ())])
    for reject in rejects:
        cells = (cell if is_number(cell) else neutral(cell) for cell in reject.raw)
        writer.writerow([reject.line, reject.column, reject.sentence, *cells])
