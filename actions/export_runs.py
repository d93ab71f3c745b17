"""Making the files in the background: once, re-driven by the outbox, and never stuck (F14).

The delivery's row lock is held while a file is written, so a worker that is handed the same
delivery again does nothing. A worker that dies leaves no half file: the file is hung on the job at
the end, in the transaction that settles the delivery; the next try starts over.
"""

from __future__ import annotations

import logging
import tempfile
import uuid
from contextlib import suppress
from datetime import timedelta
from typing import Any

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.core.cache import cache
from django.core.files.base import File
from django.db import InterfaceError, OperationalError
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actor import Actor
from accounts.models import Merchant
from actions.exports import (
    finish_export,
    forget_exports,
    lock_export,
    start_scheduled,
    stop_export,
)
from actions.import_runs import UnderWay, settle
from audit.models import Delivery, Event
from audit.outbox import delivering
from core.errors import Refused
from core.tenancy import tenant
from returns.exporting import JobStatus, Progress, exporter
from returns.models import ExportJob, SavedExport

logger = logging.getLogger(__name__)

MOST_TRIES = 3
BATCH = 200
KEPT_SECONDS = 60 * 60


# --- one file -----------------------------------------------------------------------------------


def carry_out(merchant_id: int, event_id: int, delivery_id: int) -> None:
    """Write the file the event asks for, unless it is done or no longer wanted.

    A mistake stops the job with a sentence. When the database goes away, the outbox tries again by
    itself. Raises UnderWay while another worker is at it.
    """
    if not _begin(merchant_id, event_id, delivery_id):
        return
    try:
        with delivering(merchant_id, delivery_id) as delivery:
            if delivery is not None:
                actor, job = _whom_and_what(merchant_id, event_id)
                _write(actor, job)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:  # noqa: BLE001 - whatever it was, the person is told
        reason = _reason(error)
        with tenant(merchant_id):
            actor, job = _whom_and_what(merchant_id, event_id)
            stop_export(actor, job, reason)
            settle(delivery_id)


def _begin(merchant_id: int, event_id: int, delivery_id: int) -> bool:
    """Show people that work begins; False when there is none."""
    with tenant(merchant_id):
        mine = Delivery.objects.filter(pk=delivery_id, done_at__isnull=True)
        if mine.select_for_update(of=("self",), skip_locked=True).first() is None:
            if mine.exists():
                raise UnderWay
            return False
        actor, job = _whom_and_what(merchant_id, event_id)
        job = lock_export(actor, job.pk)
        if not job.state.is_moving:
            settle(delivery_id)
            return False
        if job.tries >= MOST_TRIES:
            stop_export(
                actor, job, _("It was interrupted %(n)s times. Try again later.") % {"n": job.tries}
            )
            settle(delivery_id)
            return False
        job.status = JobStatus.RUNNING
        job.tries += 1
        job.save(update_fields=["status", "tries"])
        return True


def _write(actor: Actor, job: ExportJob) -> None:
    with tempfile.TemporaryFile() as file:
        rows = exporter().write(job, file, progress_of(job))
        file.seek(0)
        job.file.save(f"{uuid.uuid4().hex}.{job.format}", File(file), save=False)
    try:
        finish_export(actor, job, rows=rows)
    except BaseException:
        job.file.storage.delete(job.file.name or "")
        raise


def _whom_and_what(merchant_id: int, event_id: int) -> tuple[Actor, ExportJob]:
    actor = Actor.system(Merchant.objects.get(pk=merchant_id))
    event = Event.objects.visible_to(actor).get(pk=event_id)
    return actor, ExportJob.objects.visible_to(actor).get(pk=event.object_id)


def _reason(error: Exception) -> str:
    match error:
        case Refused():
            return str(error.message)
        case SoftTimeLimitExceeded():
            return _("It took too long. Narrow the filter and make it in parts.")
    logger.error("An export stopped.", exc_info=error)
    return _("Something went wrong on our side.")


# --- how far it is ------------------------------------------------------------------------------


def progress_of(job: ExportJob) -> Progress:
    """What the writer calls; people see it on the job's page. A cache that is away stops nobody."""
    key = _key(job)

    def told(rows: int, total: int) -> None:
        with suppress(Exception):
            cache.set(key, (rows, total), KEPT_SECONDS)

    return told


def rows_written(job: ExportJob) -> tuple[int, int]:
    """Rows written so far and rows there are; zeros while nobody knows."""
    with suppress(Exception):
        rows, total = cache.get(_key(job), (0, 0))
        return int(rows), int(total)
    return 0, 0


def _key(job: ExportJob) -> str:
    return f"export:{job.public_id}"


# --- the schedule -------------------------------------------------------------------------------


def start_due() -> int:
    """Have every file made that a schedule asks for now, at all merchants; how many.

    Each merchant is a transaction of its own. What another run of the schedule is at is left to it.
    """
    now = timezone.now()
    with tenant(system=True):
        due = SavedExport.objects.filter(next_run_at__lte=now).order_by("merchant_id")
        merchants = list(due.values_list("merchant_id", flat=True).distinct())
    return sum(_guarded(_start_at, merchant_id, now) for merchant_id in merchants)


def _start_at(merchant_id: int, now: Any) -> int:
    with tenant(merchant_id):
        actor = Actor.system(Merchant.objects.get(pk=merchant_id))
        due = list(
            SavedExport.objects.visible_to(actor)
            .select_for_update(of=("self",), skip_locked=True)
            .filter(next_run_at__lte=now)
            .order_by("next_run_at", "id")[:BATCH]
        )
        return len(start_scheduled(actor, due, now)) if due else 0


def forget_old() -> int:
    """Remove files older than EXPORT_KEPT_DAYS at all merchants; how many."""
    before = timezone.now() - timedelta(days=settings.EXPORT_KEPT_DAYS)
    with tenant(system=True):
        merchants = list(Merchant.objects.order_by("pk").values_list("pk", flat=True))
    return sum(_guarded(_forget_at, merchant_id, before) for merchant_id in merchants)


def _forget_at(merchant_id: int, before: Any) -> int:
    with tenant(merchant_id):
        actor = Actor.system(Merchant.objects.get(pk=merchant_id))
        old = list(
            ExportJob.objects.visible_to(actor)
            .select_for_update(of=("self",), skip_locked=True)
            .filter(finished_at__lt=before)
            .exclude(file="")
            .order_by("finished_at")[:BATCH]
        )
        if old:
            forget_exports(actor, old)
        return len(old)


def _guarded(work: Any, merchant_id: int, moment: Any) -> int:
    """One merchant's trouble is not the others'."""
    try:
        return int(work(merchant_id, moment))
    except Exception:
        logger.exception("The schedule of exports failed at merchant %s.", merchant_id)
        return 0
