"""Celery tasks of the verbs. Each gets (merchant_id, event_id, delivery_id) from the outbox."""

from __future__ import annotations

from typing import Any

from celery import shared_task
from django.conf import settings

from actions import import_runs

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
