"""Settings of the real workers that tests start and kill."""

from __future__ import annotations

import os

from config import addresses
from config.settings import *  # noqa: F403

EMAIL_BACKEND = "tests.notifications.hanging.EmailBackend"
EMAIL_FILE_PATH = os.environ["CRASH_FOLDER"]
CELERY_BROKER_URL = addresses.celery_broker(os.environ["REDIS_URL"])
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_connect_timeout": 1, "socket_timeout": 3}
CELERY_TASK_DEFAULT_QUEUE = os.environ["CRASH_QUEUE"]
CELERY_BEAT_SCHEDULE = {
    task: {"task": task, "schedule": 0.5, "options": {"expires": 5}}
    for task in ("audit.tasks.drain", "notifications.tasks.send_waiting")
}
