"""From events to mails: an event's letters are logged, then senders take them one by one."""

from __future__ import annotations

import logging
import time
from smtplib import SMTPRecipientsRefused

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.utils import translation

from accounts.actor import Actor
from accounts.models import Merchant
from audit import messages
from audit.models import Event, Message
from audit.outbox import delivering
from core.tenancy import tenant
from notifications.messages import letters_for, ready_to_send
from rmas.decision_links import filled_in

logger = logging.getLogger(__name__)

# Shorter than the schedule's distance, so that senders do not pile up behind a slow mail server.
SECONDS = 8


def write(merchant_id: int, event_id: int, delivery_id: int) -> None:
    """Log the mails of one event, in the transaction that marks its delivery done."""
    with delivering(merchant_id, delivery_id) as delivery:
        if delivery is None:
            return
        event = Event.objects.get(merchant_id=merchant_id, pk=event_id)
        with translation.override(settings.LANGUAGE_CODE):
            messages.put(event, letters_for(event))


def send_waiting(seconds: float = SECONDS) -> int:
    """Send what is due, for about that long; returns how many went out.

    Stops at the first mail server's failure: the rest stays due for the next run.
    """
    until = time.monotonic() + seconds
    sent = 0
    while time.monotonic() < until and (message := messages.claim()):
        came_of_it = send(message)
        if came_of_it is None:
            break
        sent += came_of_it
    return sent


def send(message: Message) -> bool | None:
    """Send a claimed mail: True when it went out, False when it must not, None on a failure.

    A crash between sending and noting sends it again with the same Message-ID.
    """
    with tenant(message.merchant_id), translation.override(settings.LANGUAGE_CODE):
        reason = messages.refusal(message)
        letter = None if reason else _letter(message)
    if letter is None:
        messages.note_suppressed(message, reason)
        return False
    try:
        letter.send()
    except SMTPRecipientsRefused as refused:
        return _refused(message, refused)
    except Exception as error:  # noqa: BLE001 - whatever it was, it is tried again
        logger.warning("Message %s did not go out: %s", message.public_id, error)
        messages.note_failure(message, error)
        return None
    messages.note_sent(message)
    return True


def _letter(message: Message) -> EmailMultiAlternatives:
    headers = {"Message-ID": message.message_id, "Auto-Submitted": "auto-generated"}
    text, html = (filled_in(message.merchant_id, part) for part in ready_to_send(message))
    letter = EmailMultiAlternatives(message.subject, text, to=[message.address], headers=headers)
    if html:
        letter.attach_alternative(html, "text/html")
    return letter


def _refused(message: Message, refused: SMTPRecipientsRefused) -> bool:
    """The mail server knows at once that nobody is there (5xx), or asks for patience (4xx)."""
    code, text = next(iter(refused.recipients.values()))
    if code < 500:
        messages.note_failure(message, refused)
        return False
    reason = text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
    with transaction.atomic(), tenant(message.merchant_id):
        actor = Actor.system(Merchant.objects.get(pk=message.merchant_id))
        messages.bounce(actor, message, f"{code} {reason}")
    return False
