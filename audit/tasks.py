"""Celery tasks of the outbox."""

from __future__ import annotations

from celery import shared_task

from audit import outbox


@shared_task(ignore_result=True)
def drain() -> int:
    """Hand every due delivery to the workers; returns how many. Run by wake-ups and by schedule."""
    handed = 0
    while deliveries := outbox.claim():
        taken = outbox.hand_over(deliveries)
        handed += taken
        if taken < len(deliveries):
            break
    return handed
