"""The outbox: which verbs cause which tasks, and the drain that hands them to the workers.

A task is named, not imported, so that this package stays below those that do the work. Rows are
written with the event; the drain only claims, hands over and re-drives (DESIGN section 4).
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from celery import current_app
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone
from kombu.exceptions import OperationalError

from audit.models import Delivery
from core.tenancy import tenant

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=20)
MAX_ATTEMPTS = 12
BATCH = 200

_tasks: dict[str, list[str]] = defaultdict(list)


def subscribe(verb: str, task: str) -> None:
    """Let each event `verb` cause Celery task `task(merchant_id, event_id, delivery_id)`."""
    if task not in _tasks[verb]:
        _tasks[verb].append(task)


def tasks_for(verb: str) -> list[str]:
    """The tasks an event `verb` causes."""
    return _tasks.get(verb, [])


def wake(task: str = "audit.tasks.drain") -> None:
    """Ask a worker to run `task` soon. Losing this call loses nothing: the schedule runs it too."""
    try:
        current_app.send_task(task, ignore_result=True, retry=False)
    except (OperationalError, OSError):
        logger.warning("The broker did not take the wake-up for %s; the schedule will.", task)


def claim(limit: int = BATCH) -> list[Delivery]:
    """Take up to `limit` due deliveries of all merchants, leased so that no other drain takes them.

    A delivery that is not done when its lease ends becomes due again.
    """
    with tenant(system=True):
        due = list(
            Delivery.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(done_at__isnull=True, due_at__lte=Now(), attempts__lt=MAX_ATTEMPTS)
            .order_by("due_at")[:limit]
        )
        Delivery.objects.filter(pk__in=[delivery.pk for delivery in due]).update(
            due_at=timezone.now() + LEASE, attempts=F("attempts") + 1
        )
    return due


def hand_over(deliveries: list[Delivery]) -> int:
    """Give claimed deliveries to the workers; returns how many the broker took."""
    for sent, delivery in enumerate(deliveries):
        try:
            current_app.send_task(
                delivery.task,
                args=[delivery.merchant_id, delivery.event_id, delivery.pk],
                retry=False,
            )
        except (OperationalError, OSError):
            logger.exception("The broker refused delivery %s; it stays due.", delivery.pk)
            _give_back(deliveries[sent:])
            return sent
    return len(deliveries)


@contextmanager
def delivering(merchant_id: int, delivery_id: int) -> Iterator[Delivery | None]:
    """The body of a delivery task: yields the locked delivery, or None when there is nothing to do.

    There is nothing to do when it is done already, or while another worker is at it: a delivery may
    be handed over twice. Leaving the block without an error marks it done in the same transaction
    as the work; an error undoes the work, notes the reason and makes the delivery due again with
    growing distance.
    """
    try:
        with tenant(merchant_id):
            delivery = (
                Delivery.objects.select_for_update(of=("self",), skip_locked=True)
                .filter(pk=delivery_id, done_at__isnull=True)
                .first()
            )
            yield delivery
            if delivery is not None:
                Delivery.objects.filter(pk=delivery_id).update(done_at=Now(), error="")
    except Exception as error:
        _note_failure(merchant_id, delivery_id, error)
        raise


def _note_failure(merchant_id: int, delivery_id: int, error: Exception) -> None:
    with transaction.atomic(), tenant(merchant_id):
        delivery = Delivery.objects.filter(pk=delivery_id).first()
        if delivery is None:
            return
        pause = timedelta(seconds=min(15 * 2**delivery.attempts, 3600))
        Delivery.objects.filter(pk=delivery_id, done_at__isnull=True).update(
            error=f"{type(error).__name__}: {error}"[:500], due_at=timezone.now() + pause
        )


def _give_back(deliveries: list[Delivery]) -> None:
    with tenant(system=True):
        Delivery.objects.filter(pk__in=[delivery.pk for delivery in deliveries]).update(
            due_at=Now(), attempts=F("attempts") - 1
        )
