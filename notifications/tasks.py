"""Celery tasks that tell people."""

from __future__ import annotations

from celery import shared_task

from notifications import mail


@shared_task(ignore_result=True)
def send(merchant_id: int, event_id: int, delivery_id: int) -> None:
    """Send the mail of one event."""
    mail.deliver(merchant_id, event_id, delivery_id)
