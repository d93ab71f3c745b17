"""Verbs of the thread between merchant and vendor about one RMA: write, ask, dispute (X7)."""

from __future__ import annotations

from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actor import Actor, ActorKind
from actions.base import action
from actions.files import add_rma_file
from actions.locks import lock_return, lock_rma
from actions.progress import refresh
from audit.record import record
from core.errors import Refused
from returns.models import Return
from rmas.models import Rma, RmaMessage, Side
from rmas.states import ENDED

MOST_MESSAGES = 500
TALK = ["question_to", "question_at", "disputed_by", "disputed_at", "clock_from"]


def side_of(actor: Actor) -> Side:
    """For whom the actor speaks."""
    return Side.VENDOR if actor.kind is ActorKind.VENDOR else Side.MERCHANT


@action("rma.talk")
def write_message(
    actor: Actor, rma: Rma, text: str, *, asks: bool = False, file: UploadedFile | None = None
) -> RmaMessage:
    """Append a message of the actor's side, with a photo or PDF; it cannot be changed afterwards.

    With `asks` it is the other side's turn until it writes. Whatever the side that was asked
    writes, answers: the turn is back where it was, and a silent vendor's clock starts anew. Nobody
    but the merchant's staff and this vendor reads it. Raises Refused with the field.
    """
    found, locked = _open(actor, rma)
    text = _said(text)
    if locked.talk.count() >= MOST_MESSAGES:
        raise Refused(_("This thread is full. Go on by phone or e-mail."))
    kept = add_rma_file(actor, locked, file) if file else None
    mine = side_of(actor)
    made = RmaMessage.objects.create(
        merchant=actor.merchant,
        rma=locked,
        side=mine,
        asks=asks,
        text=text,
        file=kept,
        written_by=actor.user,
    )
    before, answers = locked.question_to, locked.question_to == mine
    if asks:
        locked.question_to, locked.question_at = mine.other, timezone.now()
    elif answers:
        locked.question_to, locked.question_at = "", None
        locked.clock_from = timezone.now()
    locked.save(update_fields=TALK)
    verb = "rma.asked" if asks else "rma.answered" if answers else "rma.written"
    _tell(actor, verb, locked, message=made.pk)
    if before != locked.question_to:
        refresh(found)
    return made


@action("rma.talk")
def set_dispute(actor: Actor, rma: Rma, reason: str) -> Rma:
    """Flag that the sides do not agree: no automatic step follows until it is lifted."""
    _found, locked = _open(actor, rma)
    reason = _said(reason)
    if locked.disputed_by:
        raise Refused(_("This RMA is disputed already. Write what you have to say as a message."))
    locked.disputed_by, locked.disputed_at = side_of(actor), timezone.now()
    locked.save(update_fields=TALK)
    return _tell(actor, "rma.disputed", locked, reason=reason)


@action("rma.talk")
def lift_dispute(actor: Actor, rma: Rma, reason: str = "") -> Rma:
    """Both sides may lift the flag; a silent vendor's clock starts anew."""
    _found, locked = _open(actor, rma)
    if not locked.disputed_by:
        raise Refused(_("This RMA is not disputed any more."))
    locked.disputed_by, locked.disputed_at = "", None
    locked.clock_from = timezone.now()
    locked.save(update_fields=TALK)
    return _tell(actor, "rma.dispute_lifted", locked, reason=reason.strip())


def _open(actor: Actor, rma: Rma) -> tuple[Return, Rma]:
    found = lock_return(actor, rma.customer_return_id)
    locked = lock_rma(actor, rma.pk)
    locked.customer_return = found
    if locked.status in ENDED:
        sentence = _("This RMA is %(status)s. Nothing can be written about it any more.")
        raise Refused(sentence % {"status": locked.state.label.lower()})
    return found, locked


def _said(text: str) -> str:
    if not (text := text.strip()):
        raise Refused(_("Write something first."), field="text")
    if len(text) > 2000:
        raise Refused(_("Write at most 2,000 characters."), field="text")
    return text


def _tell(actor: Actor, verb: str, rma: Rma, **facts: object) -> Rma:
    names = {"number": rma.number, "vendor": rma.vendor.name}
    record(actor, verb, rma, parent=rma.customer_return, **names, **facts)
    return rma
