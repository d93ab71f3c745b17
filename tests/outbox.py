"""The background road in tests: what is due is done at once, in this process."""

from __future__ import annotations

from celery import current_app

from audit import outbox
from audit.models import Delivery
from notifications.mail import send_waiting


def deliver_all() -> list[str]:
    """Carry out every due delivery, those they cause, and the mails; returns the tasks in order."""
    done: list[str] = []
    while due := outbox.claim():
        for delivery in due:
            run(delivery)
            done.append(delivery.task)
    send_waiting()
    return done


def run(delivery: Delivery) -> None:
    """Carry out one delivery as a worker does."""
    current_app.loader.import_default_modules()
    task = current_app.tasks[delivery.task]
    task.run(delivery.merchant_id, delivery.event_id, delivery.pk)
