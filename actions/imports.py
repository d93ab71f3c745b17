"""Verbs of an order file: upload with a dry run, import in the background, try again (F3)."""

from __future__ import annotations

import uuid
from typing import Any, BinaryIO, cast

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from accounts.actor import Actor
from actions.base import action
from actions.import_reports import Progress, keep_rejects, summary
from actions.locks import lock_import
from actions.order_loading import is_free, load_orders
from audit.record import record
from core.errors import Refused
from core.states import Move, check
from core.uploads import measure
from orders.models import OrderImport
from orders.readers import FORMATS
from orders.states import MOVES, ImportStatus

CHECKED_AT_ONCE = 20_000


# --- what a person does -------------------------------------------------------------------------


@action("order.import")
def upload_order_file(actor: Actor, file: UploadedFile, *, format: str) -> OrderImport:  # noqa: A002 - people say so
    """Keep an order file and say what loading it would do; nothing is loaded yet.

    A file of up to CHECKED_AT_ONCE lines is checked now; a larger one, or one that would have to
    wait for another load, in the background. Raises Refused, with the field, for a file that cannot
    be used as a whole; then nothing is kept.
    """
    if format not in FORMATS:
        raise Refused(_("Choose the format of the file."), field="format")
    try:
        found = _looked_through(actor, file, format)
    except Refused as refused:
        raise Refused(refused.message, field="file") from None
    file.seek(0)
    found.file.save(f"{uuid.uuid4().hex}.upload", file, save=False)
    try:
        found.save()
        record(actor, "import.uploaded", found, file=found.file_name)
    except BaseException:
        found.file.delete(save=False)
        raise
    return found


@action("order.import")
def request_import(actor: Actor, order_import: OrderImport) -> OrderImport:
    """Load a checked file in the background, or try again what stopped.

    What stopped before it was ever checked is checked first. Raises Refused while the file is being
    worked on, and once it is loaded.
    """
    found = lock_import(actor, order_import.pk)
    first = found.status == ImportStatus.FAILED and not was_checked(found)
    seen = {"check": found.report["check"]} if was_checked(found) else {}
    _move(found, "check" if first else "start", error="", report=seen)
    record(actor, "import.rechecked" if first else "import.requested", found, file=found.file_name)
    return found


# --- what the house does in the background (actions.import_runs) --------------------------------


@action("order.import")
def check_import(actor: Actor, order_import: OrderImport, progress: Progress) -> OrderImport:
    """Run the load of a large file without keeping anything, and note what it would do."""
    with order_import.file.open("rb") as source:
        report = load_orders(
            actor,
            cast("BinaryIO", source),
            format=order_import.format,
            file_name=order_import.file_name,
            dry_run=True,
            progress=progress,
        )
    found = lock_import(actor, order_import.pk)
    _move(found, "checked", report={"check": summary(report)}, rows_total=report.rows)
    record(actor, "import.checked", found, file=found.file_name)
    return found


@action("order.import")
def load_import(actor: Actor, order_import: OrderImport, progress: Progress) -> OrderImport:
    """Load the file: all of it or, when anything goes wrong, nothing."""
    with order_import.file.open("rb") as source:
        report = load_orders(
            actor,
            cast("BinaryIO", source),
            format=order_import.format,
            file_name=order_import.file_name,
            order_import=order_import,
            progress=progress,
        )
    found = lock_import(actor, order_import.pk)
    if report.rejects:
        keep_rejects(found, report.rejects)
    _move(
        found,
        "finish",
        report={"check": found.report.get("check", {}), "load": summary(report)},
        rows_total=report.rows,
        rows_done=report.rows,
        finished_at=Now(),
    )
    return found


@action("order.import")
def stop_import(actor: Actor, order_import: OrderImport, reason: str) -> OrderImport:
    """Note why checking or loading stopped; the person may try again."""
    found = lock_import(actor, order_import.pk)
    _move(found, "fail", error=reason, finished_at=Now())
    record(actor, "import.failed", found, file=found.file_name, reason=reason)
    return found


def was_checked(order_import: OrderImport) -> bool:
    """Whether somebody could see what loading would do."""
    return "check" in order_import.report


def _looked_through(actor: Actor, file: UploadedFile, format: str) -> OrderImport:  # noqa: A002 - people say so
    source = cast("BinaryIO", file)
    measured = measure(source, limit=settings.ORDER_FILE_UNPACKED_LIMIT)
    found = OrderImport(
        merchant=actor.merchant,
        file_name="".join(filter(str.isprintable, file.name or ""))[-160:],
        format=format,
        rows_total=max(measured.lines - 1, 0),
        uploaded_by=actor.user,
    )
    if measured.lines > CHECKED_AT_ONCE or not is_free(actor.merchant_id):
        next(FORMATS[format].read(source))
        found.status = ImportStatus.CHECKING
        return found
    report = load_orders(actor, source, format=format, file_name=found.file_name, dry_run=True)
    found.rows_total = report.rows
    found.report = {"check": summary(report)}
    return found


def _move(found: OrderImport, name: str, **changes: Any) -> Move:
    move = check(MOVES, name, found.status, found.state.label.lower())
    found.status = move.target
    for field, value in changes.items():
        setattr(found, field, value)
    found.save(update_fields=["status", "rejects", *changes])
    return move
