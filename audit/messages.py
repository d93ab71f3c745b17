"""The road of a mail: written once, claimed, sent, and tried again until it is there (F17).

Rows are written by whoever tells something, in one transaction with the delivery that causes it. A
sender claims one row for the length of a lease, ends that transaction, sends, and notes what came
of it. A sender that dies in between leaves a lease that ends; the mail then goes out again with
the same Message-ID, which mailboxes show once.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from accounts.actor import Actor
from accounts.models import Invitation, Membership, Notice, NoticeSwitch, User
from accounts.permissions import STAFF_ROLES, Role
from audit.models import Event, Message, MessageState, StoppedAddress
from audit.models.messages import UNSENT, MessageKind
from audit.outbox import wake
from audit.record import record
from core.tenancy import tenant

SEND = "notifications.tasks.send_waiting"

# Longer than a task that sends may live (notifications.tasks), so that no two send the same mail.
LEASE = timedelta(seconds=150)
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=4)
MAX_ATTEMPTS = 20  # with these pauses about two days

_MESSAGE_ID = re.compile(r"<?(\d{1,18})\.([0-9a-fA-F-]{36})(?:@[^<>\s]*)?>?")


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail before it is logged. `about` names what it tells; per reader it is told once.

    `to` is a person, or a bare address of somebody without an account.
    """

    kind: str
    about: str
    to: User | str
    subject: str
    text: str
    html: str = ""
    link: str = ""
    vendor_id: int | None = None


def put(event: Event, letters: Iterable[Letter]) -> None:
    """Log the letters `event` causes and have them sent; those told before are left out."""
    rows = [
        Message(
            merchant_id=event.merchant_id,
            event=event,
            kind=letter.kind,
            key=f"{letter.kind}:{letter.about}:{_reader(letter.to)}"[:160],
            user=None if isinstance(letter.to, str) else letter.to,
            vendor_id=letter.vendor_id,
            address=letter.to if isinstance(letter.to, str) else letter.to.email,
            subject=" ".join(letter.subject.split())[:300],
            text=letter.text,
            html=letter.html,
            link=letter.link,
        )
        for letter in letters
    ]
    if rows:
        Message.objects.bulk_create(rows, ignore_conflicts=True)
        send_soon()


def _reader(to: User | str) -> str:
    return to if isinstance(to, str) else str(to.pk)


def send_soon() -> None:
    """Wake a sender once the transaction is through; the schedule sends as well."""
    transaction.on_commit(partial(wake, SEND))


def claim() -> Message | None:
    """Take the mail that is due longest, of any merchant, for one lease; None when there is none.

    One that was tried MAX_ATTEMPTS times is given up instead.
    """
    with tenant(system=True):
        while True:
            due = (
                Message.objects.select_for_update(skip_locked=True, of=("self",))
                .filter(state__in=UNSENT, due_at__lte=Now())
                .order_by("due_at")
                .first()
            )
            if due is None:
                return None
            mine = Message.objects.filter(pk=due.pk)
            if due.attempts < MAX_ATTEMPTS:
                mine.update(
                    state=MessageState.SENDING, attempts=F("attempts") + 1, due_at=Now() + LEASE
                )
                due.state, due.attempts = MessageState.SENDING, due.attempts + 1
                return due
            error = due.error or _("Whoever sent it stopped in the middle, again and again.")
            mine.update(state=MessageState.FAILED, error=error)


def refusal(message: Message) -> str:
    """Why `message` must not go out (any more), in a sentence; "" when it may.

    Its reader must still belong to the merchant (or the vendor) and want it, and the address must
    not have bounced. Runs with the merchant bound.
    """
    if is_stopped(message.merchant_id, message.address):
        return _("Mails to this address came back. Release the address to write to it again.")
    if message.user_id is None:
        return _why_not_invited(message)
    places = Membership.objects.filter(
        merchant_id=message.merchant_id,
        user=message.user_id,
        user__is_active=True,
        is_active=True,
    )
    if message.vendor_id is None:
        still_there = places.filter(role__in=STAFF_ROLES).exists()
    else:
        still_there = places.filter(role=Role.VENDOR, vendor_id=message.vendor_id).exists()
    if not still_there:
        return _("Its reader no longer has access.")
    if message.kind in Notice.values and not _is_wanted(message):
        return _("Its reader switched these mails off.")
    return ""


def _why_not_invited(message: Message) -> str:
    """Why the mail to a bare address must not go out; "" unless it is an outdated invitation."""
    if message.kind != MessageKind.INVITATION:
        return ""
    event = message.event
    still_open = Invitation.objects.unanswered().filter(
        merchant_id=message.merchant_id,
        pk=event.object_id,
        link_number=event.data["link"],
        expires_at__gt=Now(),
    )
    if still_open.exists():
        return ""
    return _("The invitation was answered, withdrawn or sent again, or it is too old.")


def _is_wanted(message: Message) -> bool:
    return NoticeSwitch.objects.filter(
        merchant_id=message.merchant_id,
        vendor=message.vendor_id or 0,
        user=message.user_id or 0,
        kind=message.kind,
        is_on=True,
    ).exists()


def is_stopped(merchant_id: int, address: str) -> bool:
    """Whether mails of the merchant to `address` came back and nobody released it since."""
    return StoppedAddress.objects.filter(
        merchant_id=merchant_id, address=address.lower(), released_at__isnull=True
    ).exists()


def note_sent(message: Message) -> None:
    """It is with the mail server."""
    _note(message, state=MessageState.SENT, sent_at=Now(), error="")


def note_suppressed(message: Message, reason: str) -> None:
    """It is not sent, for `reason`."""
    _note(message, state=MessageState.SUPPRESSED, error=reason)


def note_failure(message: Message, error: BaseException) -> None:
    """It did not go out: tried again after a pause that grows, or given up after the last try."""
    text = f"{type(error).__name__}: {error}"[:500]
    if message.attempts >= MAX_ATTEMPTS:
        _note(message, state=MessageState.FAILED, error=text)
        return
    pause = min(FIRST_PAUSE * 2 ** (message.attempts - 1), LONGEST_PAUSE)
    _note(message, state=MessageState.WAITING, error=text, due_at=Now() + pause)


def bounce(actor: Actor, message: Message, reason: str) -> Message | None:
    """Note that `message` came back, and stop writing to its address; None if it is known.

    Runs inside a transaction with the merchant bound.
    """
    found = Message.objects.select_for_update(of=("self",)).get(
        merchant_id=actor.merchant_id, pk=message.pk
    )
    if found.state == MessageState.BOUNCED:
        return None
    reason = " ".join(reason.split())[:500]
    found.state, found.error = MessageState.BOUNCED, reason
    found.save(update_fields=["state", "error"])
    stopped = StoppedAddress(
        merchant_id=actor.merchant_id, address=found.address.lower(), reason=reason
    )
    StoppedAddress.objects.bulk_create([stopped], ignore_conflicts=True)
    record(
        actor,
        "message.bounced",
        found,
        title=found.subject,
        address=found.address,
        reason=reason,
    )
    return found


def read_message_id(text: str) -> tuple[int, uuid.UUID] | None:
    """The merchant and public id in a Message-ID of ours, or None for anybody else's."""
    found = _MESSAGE_ID.fullmatch(text.strip())
    try:
        return (int(found[1]), uuid.UUID(found[2])) if found else None
    except ValueError:
        return None


def _note(message: Message, **values: object) -> None:
    """Write what came of this attempt; a later attempt's result is not overwritten."""
    with tenant(message.merchant_id):
        Message.objects.filter(
            pk=message.pk, state=MessageState.SENDING, attempts=message.attempts
        ).update(**values)
