"""`/healthz`: what an orchestrator asks. Cheap, needs no sign-in, tells no secrets."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any

import psycopg
from celery import current_app
from django.core.cache import cache
from django.db import connection, transaction
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache

from core.tasks import HEARTBEAT_KEY

BROKER_SECONDS = 1
DATABASE_SECONDS = 2  # the shortest the driver knows
LAGS = """
SELECT
  (SELECT coalesce(extract(epoch FROM clock_timestamp() - min(created_at)), 0)
   FROM audit_delivery WHERE done_at IS NULL),
  (SELECT coalesce(extract(epoch FROM clock_timestamp() - min(created_at)), 0)
   FROM audit_message WHERE state IN ('waiting', 'sending'))
"""


@never_cache
@transaction.non_atomic_requests
def healthz(request: HttpRequest) -> JsonResponse:
    """200 while database and broker answer, else 503. The ages are for alarms."""
    database, lag, mail_lag = _database()
    broker = _broker()
    healthy = database and broker
    facts: dict[str, Any] = {
        "status": "ok" if healthy else "failing",
        "database": "ok" if database else "unreachable",
        "broker": "ok" if broker else "unreachable",
        "outbox_lag_seconds": lag,
        "mail_lag_seconds": mail_lag,
        "beat_age_seconds": _beat_age(),
    }
    return JsonResponse(facts, status=200 if healthy else 503)


def _database() -> tuple[bool, float | None, float | None]:
    """Whether the database answers, and the ages of the oldest delivery and mail not yet done.

    On a connection of its own: a busy pool is no reason to restart the process.
    """
    parameters = {**connection.get_connection_params(), "connect_timeout": DATABASE_SECONDS}
    with suppress(Exception), psycopg.connect(**parameters) as link:
        link.execute("SET LOCAL statement_timeout = '2s'")
        link.execute("SELECT set_config('app.system', 'on', true)")
        delivery, mail = link.execute(LAGS).fetchone() or (0, 0)
        return True, round(max(0.0, float(delivery)), 1), round(max(0.0, float(mail)), 1)
    return False, None, None


def _broker() -> bool:
    with suppress(Exception), current_app.connection_for_write() as link:
        link.ensure_connection(max_retries=1, timeout=BROKER_SECONDS, interval_start=0)
        return True
    return False


def _beat_age() -> float | None:
    """Seconds since beat's last heartbeat went through a worker; null when there was none."""
    with suppress(Exception):
        if beat := cache.get(HEARTBEAT_KEY):
            return round(max(0.0, time.time() - beat), 1)
    return None
