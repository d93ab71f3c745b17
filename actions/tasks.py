"""Celery tasks of the verbs. Each gets (merchant_id, event_id, delivery_id) from the outbox."""

from __future__ import annotations

from typing import Any

from celery import shared_task
from django.conf import settings

from actions import (
    bulk_runs,
    credit_reminders,
    export_runs,
    import_runs,
    return_change_runs,
    silence_runs,
)

# Shorter than the time after which the broker hands an unfinished task to somebody else.
LONG: dict[str, Any] = {
    "ignore_result": True,
    "time_limit": settings.CELERY_VISIBILITY_TIMEOUT - 30,
    "soft_time_limit": settings.CELERY_VISIBILITY_TIMEOUT - 60,
    "autoretry_for": (import_runs.UnderWay,),
    "retry_kwargs": {"countdown": 15, "max_retries": 60},
}


@shared_task(**LONG)
def check_orders(merchant_id: int, event_id: int, delivery_id: int) -> None:
    """Look through a large order file that was uploaded."""
    import_runs.carry_out(import_runs.CHECK, merchant_id, event_id, delivery_id)


@shared_task(**LONG)
def load_orders(merchant_id: int, event_id: int, delivery_id: int) -> None:
    """Load an order file that somebody asked for."""
    import_runs.carry_out(import_runs.LOAD, merchant_id, event_id, delivery_id)


@shared_task(**LONG)
def look_ahead_bulk(merchant_id: int, event_id: int, delivery_id: int) -> None:
    """Look what a bulk action would change."""
    bulk_runs.carry_out(bulk_runs.AHEAD, merchant_id, event_id, delivery_id)


@shared_task(**LONG)
def run_bulk(merchant_id: int, event_id: int, delivery_id: int) -> None:
    """Do a bulk action somebody started."""
    bulk_runs.carry_out(bulk_runs.FOR_REAL, merchant_id, event_id, delivery_id)


@shared_task(**LONG)
def make_export(merchant_id: int, event_id: int, delivery_id: int) -> None:
    """Write the file of an export."""
    export_runs.carry_out(merchant_id, event_id, delivery_id)


@shared_task(**LONG)
def change_returns(merchant_id: int, event_id: int, delivery_id: int) -> None:
    """Carry out the changes of a file of returns."""
    return_change_runs.carry_out(merchant_id, event_id, delivery_id)


@shared_task(ignore_result=True)
def start_due_exports() -> int:
    """Have the files made that a schedule asks for; returns how many."""
    return export_runs.start_due()


@shared_task(ignore_result=True)
def forget_old_exports() -> int:
    """Remove the files of exports that have been kept long enough; returns how many."""
    return export_runs.forget_old()


@shared_task(ignore_result=True)
def remind_of_credits() -> int:
    """Send this month's reminders of open credits; returns how many vendors were reminded."""
    return credit_reminders.remind_all_merchants()


@shared_task(ignore_result=True)
def take_silence_steps() -> int:
    """Take the steps that follow when vendors do not answer; returns how many."""
    return silence_runs.take_steps()
