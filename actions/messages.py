"""Verbs of the message log: send again, note what came back, release an address (F17)."""

from __future__ import annotations

from django.db.models.functions import Now
from django.utils.translation import gettext as _

from accounts.actor import Actor
from actions.base import action
from audit import messages
from audit.models import Message, StoppedAddress
from audit.models.messages import UNSENT
from audit.record import record
from core.errors import Refused


@action("message.manage")
def resend_message(actor: Actor, message: Message) -> Message:
    """Send a mail once more, as it was written, to its reader's present address.

    It is a mail of its own, with its own Message-ID: mailboxes hide what they have seen. Raises
    Refused while the first is on its way, when its reader is not to get it, and for an address
    that bounced.
    """
    found = _locked(actor, message)
    if found.state in UNSENT:
        raise Refused(_("This mail is on its way already. Wait for what comes of it."))
    times = Message.objects.visible_to(actor).filter(resend_of=found).count()
    again = Message(
        merchant_id=actor.merchant_id,
        event_id=found.event_id,
        kind=found.kind,
        key=f"again:{found.pk}:{times + 1}",
        user_id=found.user_id,
        vendor_id=found.vendor_id,
        address=found.user.email if found.user else found.address,
        subject=found.subject,
        text=found.text,
        html=found.html,
        link=found.link,
        resend_of=found,
    )
    if reason := messages.refusal(again):
        raise Refused(_("This mail cannot be sent again. %(reason)s") % {"reason": reason})
    again.save(force_insert=True)
    record(actor, "message.resent", found, title=found.subject, address=again.address)
    messages.send_soon()
    return again


@action("message.manage")
def record_bounce(actor: Actor, message: Message, reason: str) -> Message:
    """Note that a mail came back, for `reason`; its address is written to no more.

    Raises Refused when it is noted already.
    """
    found = messages.bounce(actor, message, reason or _("no reason given"))
    if found is None:
        raise Refused(_("It is noted already that this mail came back."))
    return found


@action("message.manage")
def release_address(actor: Actor, stopped: StoppedAddress) -> StoppedAddress:
    """Let mails go to an address again that bounced. Raises Refused when it is released already."""
    found = (
        StoppedAddress.objects.visible_to(actor)
        .select_for_update(of=("self",))
        .filter(pk=stopped.pk, released_at__isnull=True)
        .first()
    )
    if found is None:
        raise Refused(_("Somebody else was quicker: this address is released already."))
    found.released_at = Now()
    found.save(update_fields=["released_at"])
    record(actor, "address.released", found, address=found.address)
    return found


def _locked(actor: Actor, message: Message) -> Message:
    return (
        Message.objects.visible_to(actor)
        .select_related("user")
        .select_for_update(of=("self",))
        .get(pk=message.pk)
    )
