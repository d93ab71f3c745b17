"""Sending mails, at least once: a mail may come twice after a crash, but never gets lost."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import translation

from audit.models import Delivery, Event
from audit.outbox import delivering
from notifications.messages import message_for


def deliver(merchant_id: int, event_id: int, delivery_id: int) -> None:
    """Send the mail of one event, and note it in the same transaction.

    A crash between the two sends it again, with the same Message-ID, which mailboxes show once.
    """
    with delivering(merchant_id, delivery_id) as delivery:
        if delivery is None:
            return
        event = Event.objects.get(merchant_id=merchant_id, pk=event_id)
        with translation.override(settings.LANGUAGE_CODE):
            message = message_for(event)
        if message is None:
            return
        headers = {"Message-ID": message_id(delivery), "Auto-Submitted": "auto-generated"}
        EmailMessage(message.subject, message.text, to=[message.to], headers=headers).send()


def message_id(delivery: Delivery) -> str:
    """The same for every attempt at this delivery."""
    host = urlsplit(settings.SITE_URL).hostname or "localhost"
    return f"<delivery-{delivery.merchant_id}-{delivery.pk}@{host}>"
