"""Celery tasks that know no noun."""

from __future__ import annotations

import time

from celery import shared_task
from django.core.cache import cache

HEARTBEAT_KEY = "beat-heartbeat"
HEARTBEAT_KEPT_SECONDS = 24 * 60 * 60


@shared_task(ignore_result=True)
def beat_heartbeat() -> None:
    """Note that the schedule runs and that a worker carries it out (`/healthz` shows the age)."""
    cache.set(HEARTBEAT_KEY, time.time(), HEARTBEAT_KEPT_SECONDS)
