"""Bulk actions in the background: in batches, resumable, by one worker at a time (F14).

Each batch is a transaction of its own: the returns it changed and the notes on its items go in
together, so that a worker that dies loses nothing and repeats nothing. The outbox hands the work to
another worker once the lease of the first has ended.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from django.db import InterfaceError, OperationalError
from django.utils.translation import gettext as _

from accounts.actor import Actor
from accounts.models import Membership, Merchant
from accounts.permissions import STAFF_ROLES
from actions.bulk import carry_on, end_bulk, end_look_ahead, look_ahead, stop_bulk
from actions.import_runs import UnderWay, settle
from audit.models import Delivery, Event
from core.tenancy import tenant
from returns.models import BulkJob
from returns.states import BulkStatus

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Run:
    """The statuses it goes on from, the one people see meanwhile, one batch, and the end."""

    begins: frozenset[BulkStatus]
    shows: BulkStatus
    batch: Callable[[Actor, BulkJob], bool]
    end: Callable[[Actor, BulkJob], BulkJob]


AHEAD = Run(frozenset({BulkStatus.CHECKING}), BulkStatus.CHECKING, look_ahead, end_look_ahead)
FOR_REAL = Run(
    frozenset({BulkStatus.QUEUED, BulkStatus.RUNNING}), BulkStatus.RUNNING, carry_on, end_bulk
)


def carry_out(run: Run, merchant_id: int, event_id: int, delivery_id: int) -> None:
    """Do batch after batch until the job is through or stopped.

    Raises UnderWay while another worker is at it; a database that goes away is the outbox's to
    retry.
    """
    try:
        while _next(run, merchant_id, event_id, delivery_id):
            pass
    except (OperationalError, InterfaceError, UnderWay):
        raise
    except Exception:
        logger.exception("A bulk action stopped.")
        with tenant(merchant_id):
            job = _job(merchant_id, event_id)
            stop_bulk(_house(merchant_id), job, _("Something went wrong on our side."))
            settle(delivery_id)


def _next(run: Run, merchant_id: int, event_id: int, delivery_id: int) -> bool:
    with tenant(merchant_id):
        if not Delivery.objects.filter(pk=delivery_id, done_at__isnull=True).exists():
            return False
        job = _job(merchant_id, event_id)
        locked = (
            BulkJob.objects.select_for_update(of=("self",), skip_locked=True)
            .filter(pk=job.pk)
            .first()
        )
        if locked is None:
            raise UnderWay
        if locked.status not in run.begins:
            settle(delivery_id)
            return False
        actor = _asker(locked)
        if actor is None:
            reason = _("%(name)s is no longer a member here.") % {"name": job.asked_by.name}
            stop_bulk(_house(merchant_id), locked, reason)
            settle(delivery_id)
            return False
        if locked.status != run.shows:
            locked.status = run.shows
            locked.save(update_fields=["status"])
        if run.batch(actor, locked):
            return True
        run.end(_house(merchant_id), locked)
        settle(delivery_id)
        return False


def _job(merchant_id: int, event_id: int) -> BulkJob:
    actor = _house(merchant_id)
    event = Event.objects.visible_to(actor).get(pk=event_id)
    jobs = BulkJob.objects.visible_to(actor).select_related("asked_by")
    return jobs.get(pk=event.object_id)


def _house(merchant_id: int) -> Actor:
    return Actor.system(Merchant.objects.get(pk=merchant_id))


def _asker(job: BulkJob) -> Actor | None:
    """Whoever asked, with what they may do today."""
    membership = (
        Membership.objects.filter(
            merchant_id=job.merchant_id,
            user_id=job.asked_by_id,
            user__is_active=True,
            role__in=STAFF_ROLES,
            is_active=True,
        )
        .select_related("merchant", "user")
        .order_by("id")
        .first()
    )
    return membership.actor() if membership else None
