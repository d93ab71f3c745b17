"""Notes people write on a return: for the staff alone, or for the customer (F6)."""

from __future__ import annotations

from django.utils.translation import gettext as _

from accounts.actor import Actor
from actions.base import action
from audit.record import record
from core.errors import Refused
from returns.models import Return, ReturnNote

VERBS = {ReturnNote.Audience.INTERNAL: "note.written", ReturnNote.Audience.CUSTOMER: "note.sent"}


@action("note.add")
def add_note(actor: Actor, customer_return: Return, text: str, *, audience: str) -> ReturnNote:
    """Append a note of `actor` for `audience`; it cannot be changed afterwards.

    The event says that there is a note, not what is in it: internal words stay with the note, which
    the staff alone can read. Raises Refused with the field.
    """
    text = text.strip()
    if not text:
        raise Refused(_("Write something first."), field="text")
    if audience not in ReturnNote.Audience.values:
        raise Refused(_("Choose who reads the note."), field="audience")
    note = ReturnNote.objects.create(
        merchant=actor.merchant,
        customer_return=customer_return,
        audience=audience,
        text=text,
        written_by=actor.user,
    )
    record(actor, VERBS[ReturnNote.Audience(audience)], note, parent=customer_return)
    return note
