"""How the timeline reads for a vendor: only what concerns its RMAs, and none of the merchant's own.

Whoever acted for the merchant appears under the merchant's name; notes appear only when they came
from the vendor's side.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.actor import Actor, ActorKind
from audit.models import Event
from audit.timeline import Entry, entries
from audit.verbs import VERBS

WORDS: dict[str, Promise] = {
    "rma.created": _("%(actor)s requested %(number)s from you"),
    "rma.handed_over": _("%(number)s was handed to you by itself"),
    "rma.approved_by_rule": _("%(number)s was approved by itself, as agreed"),
    "rma.approved": _("%(actor)s approved %(number)s"),
    "rma.denied": _("%(actor)s denied %(number)s"),
    "rma.written": _("%(actor)s wrote about %(number)s"),
    "rma.asked": _("%(actor)s asked a question about %(number)s"),
    "rma.answered": _("%(actor)s answered the question about %(number)s"),
    "rma.disputed": _("%(actor)s disputes %(number)s"),
    "rma.dispute_lifted": _("%(actor)s lifted the dispute about %(number)s"),
    "rma.link_sent": _("%(actor)s sent you a link to decide %(number)s"),
    "rma.link_used": _("%(actor)s answered %(number)s by the mailed link"),
    "rma.offered": _("%(actor)s made an offer for %(number)s: %(offer)s"),
    "rma.offer_accepted": _("%(actor)s accepted the offer for %(number)s"),
    "rma.offer_declined": _("%(actor)s declined the offer for %(number)s"),
    "rma.reminded": _("You were reminded of %(number)s"),
    "rma.escalated": _("%(number)s was escalated, because nobody answered"),
    "rma.left_to_merchant": _("Nobody answered %(number)s in time, so the merchant decides it"),
    "rma.approved_by_silence": _("%(number)s was approved by itself, because nobody answered"),
    "rma.decided": _(
        "%(actor)s decided %(number)s: %(approved)s of %(requested)s approved, %(denied)s denied"
    ),
    "rma.reopened": _("%(actor)s re-opened the decision of %(number)s"),
    "rma.processed": _("%(actor)s processed %(number)s"),
    "rma.reprocessed": _("%(actor)s re-processed %(old)s as %(number)s"),
    "rma.edited": _("%(actor)s changed what %(number)s asks for"),
    "rma.voided": _("%(actor)s voided %(number)s"),
    "rma.canceled": _("%(actor)s took %(number)s back"),
    "rma.file_added": _("%(actor)s added %(name)s to %(number)s"),
    "credit.applied": _("%(actor)s recorded your credit of %(amount)s for %(number)s"),
}


def entries_for(actor: Actor, events: Iterable[Event]) -> list[Entry]:
    """`events` in the words of `actor`'s side, in the order given; what is not theirs is out."""
    if actor.kind is not ActorKind.VENDOR:
        return entries(events)
    return [_entry(event, actor) for event in events if event.verb in WORDS]


def _entry(event: Event, actor: Actor) -> Entry:
    from_vendor = event.actor_kind == ActorKind.VENDOR
    if from_vendor or event.actor_kind == ActorKind.SYSTEM:
        name = event.actor_name
    else:
        name = actor.merchant.name
    told = [str(event.data.get("reason", ""))]
    if from_vendor:
        told.append(str(event.data.get("note", "")))
    return Entry(
        title=str(WORDS[event.verb]) % {**event.data, "actor": name},
        at=event.happened_at,
        note=". ".join(one for one in told if one),
        tone=VERBS[event.verb].tone,
    )
