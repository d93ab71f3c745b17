"""Celery tasks that tell people."""

from __future__ import annotations

from celery import shared_task

from notifications import mail


@shared_task(ignore_result=True)
def send(merchant_id: int, event_id: int, delivery_id: int) -> None:
    """Log the mails of one event."""
    mail.write(merchant_id, event_id, delivery_id)


# Shorter than the lease of a mail (audit.messages), so that no two workers send the same one.
@shared_task(ignore_result=True, time_limit=120, soft_time_limit=100)
def send_waiting() -> int:
    """Send the mails that are due; returns how many. Run by wake-ups and by schedule."""
    return mail.send_waiting()
