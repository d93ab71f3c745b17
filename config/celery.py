"""The Celery application. Tasks are `shared_task`s in the `tasks` module of their package."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery, signals

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("backhaul")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@signals.worker_init.connect
def refuse_to_start_unsafely(**kwargs: Any) -> None:
    """A worker handles the data of every merchant, so it is as careful as the web."""
    from config.checks import stop_if_unsafe

    stop_if_unsafe("The worker")
