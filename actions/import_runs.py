"""Carrying out checks and loads in the background: once, resumable, and never stuck.

The delivery's row lock is held while the work is done, so a worker that is handed the same delivery
again does nothing. It asks again a little later, though: the lock of a worker that died is gone
only once the database has noticed. Because a load is one transaction, nothing half done is in the
way then. The status changes in transactions of its own, so that people see it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from celery.exceptions import SoftTimeLimitExceeded
from django.db import InterfaceError, OperationalError
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from accounts.actor import Actor
from accounts.models import Merchant
from actions.import_reports import Progress, forget_progress, progress_of
from actions.imports import check_import, load_import, stop_import
from actions.locks import lock_import
from audit.models import Delivery, Event
from audit.outbox import delivering
from core.errors import Refused
from core.tenancy import tenant
from orders.models import OrderImport
from orders.states import ImportStatus

logger = logging.getLogger(__name__)

MOST_TRIES = 3


@dataclass(frozen=True, slots=True)
class Job:
    """The statuses it begins from, the one people see meanwhile, and the action."""

    begins: frozenset[ImportStatus]
    shows: ImportStatus
    work: Callable[[Actor, OrderImport, Progress], OrderImport]


CHECK = Job(frozenset({ImportStatus.CHECKING}), ImportStatus.CHECKING, check_import)
LOAD = Job(
    frozenset({ImportStatus.QUEUED, ImportStatus.RUNNING}), ImportStatus.RUNNING, load_import
)


class UnderWay(Exception):
    """Another worker is at this delivery, or died over it a moment ago: ask again soon."""


def carry_out(job: Job, merchant_id: int, event_id: int, delivery_id: int) -> None:
    """Do `job` for the import of the event, unless it is done or no longer wanted.

    A mistake in the file or in our code stops the import with a sentence. When the database goes
    away, the outbox tries again by itself. Raises UnderWay while another worker is at it.
    """
    if not _begin(job, merchant_id, event_id, delivery_id):
        return
    try:
        with delivering(merchant_id, delivery_id) as delivery:
            if delivery is not None:
                actor, found = _whom_and_what(merchant_id, event_id)
                job.work(actor, found, progress_of(found))
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:  # noqa: BLE001 - whatever it was, the person is told
        reason = _reason(error)
        with tenant(merchant_id):
            _stop(merchant_id, event_id, delivery_id, reason)


def _begin(job: Job, merchant_id: int, event_id: int, delivery_id: int) -> bool:
    """Show people that work begins; False when there is none."""
    with tenant(merchant_id):
        mine = Delivery.objects.filter(pk=delivery_id, done_at__isnull=True)
        if mine.select_for_update(of=("self",), skip_locked=True).first() is None:
            if mine.exists():
                raise UnderWay
            return False
        actor, found = _whom_and_what(merchant_id, event_id)
        found = lock_import(actor, found.pk)
        if found.status not in job.begins:
            settle(delivery_id)
            return False
        tries = found.report.get("tries", 0) + 1
        if tries > MOST_TRIES:
            reason = _("It was interrupted %(n)s times. Try again later.") % {"n": MOST_TRIES}
            _stop(merchant_id, event_id, delivery_id, reason)
            return False
        found.status = job.shows
        found.report = {**found.report, "tries": tries}
        found.save(update_fields=["status", "report"])
        forget_progress(found)
        return True


def _whom_and_what(merchant_id: int, event_id: int) -> tuple[Actor, OrderImport]:
    actor = Actor.system(Merchant.objects.get(pk=merchant_id))
    event = Event.objects.visible_to(actor).get(pk=event_id)
    return actor, OrderImport.objects.visible_to(actor).get(pk=event.object_id)


def _stop(merchant_id: int, event_id: int, delivery_id: int, reason: str) -> None:
    actor, found = _whom_and_what(merchant_id, event_id)
    stop_import(actor, found, reason)
    settle(delivery_id)


def settle(delivery_id: int) -> None:
    """Nothing more is to come of this delivery."""
    Delivery.objects.filter(pk=delivery_id, done_at__isnull=True).update(done_at=Now())


def _reason(error: Exception) -> str:
    match error:
        case Refused():
            return str(error.message)
        case SoftTimeLimitExceeded():
            return _("It took too long. Split the file and upload the parts.")
        case FileNotFoundError():
            return _("The uploaded file is no longer there. Upload it again.")
    logger.error("An order file stopped.", exc_info=error)
    return _("Something went wrong on our side.")
