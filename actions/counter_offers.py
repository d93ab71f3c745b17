"""Verbs about decisions without sign-in: send the link, use it, offer something else (X7)."""

from __future__ import annotations

from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actor import Actor, ActorKind
from actions.base import action
from actions.locks import lock_return, lock_rma
from actions.progress import refresh
from actions.rma_changes import RmaEdit, edit_rma
from actions.rmas import approve_rma, open_rma, tell_rma
from audit.record import record
from core.errors import Refused
from core.money import quantise
from rmas.models import CounterOffer, DecisionLink, OfferKind, Rma, Side
from rmas.states import DECIDABLE

State = CounterOffer.State


@action("rma.talk")
def send_decision_link(
    actor: Actor, rma: Rma, *, version: int | None = None, note: str = ""
) -> Rma:
    """Mail every user of the vendor a fresh link to decide `rma`; former links end."""
    if actor.kind is ActorKind.VENDOR:
        raise Refused(_("Only the merchant sends decision links."))
    locked, _lines = open_rma(actor, rma, "decide", None)
    DecisionLink.objects.filter(rma=locked, used_at__isnull=True).update(expires_at=timezone.now())
    return tell_rma(actor, locked, "rma.link_sent", note)


@action("rma.approve")
def use_link(actor: Actor, link: DecisionLink) -> DecisionLink:
    """Use a link up; what its owner decided is done in the same transaction.

    Raises Refused for one that was used or has ended meanwhile.
    """
    links = DecisionLink.objects.select_for_update(of=("self",)).select_related("rma")
    locked = links.get(merchant_id=actor.merchant_id, pk=link.pk, vendor_id=actor.vendor_id or 0)
    if locked.used_at is not None or locked.expires_at <= timezone.now():
        raise Refused(_("This link has been used or has ended."))
    locked.used_at = timezone.now()
    locked.save(update_fields=["used_at"])
    found = locked.rma.customer_return
    record(actor, "rma.link_used", locked.rma, parent=found, number=locked.rma.number)
    return locked


@action("rma.approve")
def make_offer(
    actor: Actor, rma: Rma, kind: str, percent: int, *, version: int | None = None, note: str = ""
) -> CounterOffer:
    """Offer the merchant something else than taking the goods back; it is the merchant's turn.

    `percent` of the cost is credited; a replacement credits nothing. Raises Refused with the field.
    """
    locked, _lines = open_rma(actor, rma, "decide", version)
    if kind not in OfferKind.values:
        raise Refused(_("Choose what you offer."), field="kind")
    percent = 0 if kind == OfferKind.REPLACE else percent
    if kind != OfferKind.REPLACE and not 1 <= percent <= 100:
        raise Refused(_("Enter how much you credit, from 1 to 100 per cent."), field="percent")
    if locked.offers.filter(state=State.OPEN).exists():
        raise Refused(_("An offer lies with the merchant already. Wait for the answer."))
    made = CounterOffer.objects.create(
        merchant=actor.merchant,
        rma=locked,
        kind=kind,
        percent=percent,
        note=note.strip()[:500],
        made_by=actor.user,
    )
    _ask(locked, Side.MERCHANT)
    tell_rma(actor, locked, "rma.offered", note, offer=made.sentence)
    refresh(locked.customer_return)
    return made


@action("rma.edit")
def accept_offer(actor: Actor, offer: CounterOffer, *, note: str = "") -> CounterOffer:
    """Agree: the units are approved, with the adjustment that makes the credit what was offered."""
    locked = _answered(actor, offer, State.ACCEPTED)
    rma = locked.rma
    agreed = quantise(rma.cost_total * Decimal(locked.percent) / 100, rma.currency)
    edit = RmaEdit(rma.return_address, rma.note, agreed - rma.cost_total, {}, {})
    if edit.credit_adjustment != rma.credit_adjustment:
        edit_rma(actor, rma, edit)
    tell_rma(actor, rma, "rma.offer_accepted", note, offer=locked.sentence)
    approve_rma(actor, rma)
    return locked


@action("rma.edit")
def decline_offer(actor: Actor, offer: CounterOffer, *, note: str = "") -> CounterOffer:
    """Say no: the vendor decides again, and its clock starts anew."""
    locked = _answered(actor, offer, State.DECLINED)
    _ask(locked.rma, "")
    tell_rma(actor, locked.rma, "rma.offer_declined", note, offer=locked.sentence)
    refresh(locked.rma.customer_return)
    return locked


def _answered(actor: Actor, offer: CounterOffer, state: str) -> CounterOffer:
    """The offer with its RMA, locked and answered. Refused when it was answered already."""
    found = lock_return(actor, offer.rma.customer_return_id)
    rma = lock_rma(actor, offer.rma_id)
    rma.customer_return = found
    locked = CounterOffer.objects.visible_to(actor).select_for_update(of=("self",)).get(pk=offer.pk)
    locked.rma = rma
    if locked.state != State.OPEN:
        sentence = _("This offer was %(state)s already.")
        raise Refused(sentence % {"state": locked.get_state_display().lower()})
    if state == State.ACCEPTED and (rma.status not in DECIDABLE or rma.decided_at):
        sentence = _("This RMA is %(status)s by now. Decline the offer instead.")
        raise Refused(sentence % {"status": rma.state.label.lower()})
    locked.state, locked.answered_at = state, timezone.now()
    locked.save(update_fields=["state", "answered_at"])
    return locked


def _ask(rma: Rma, whom: str) -> None:
    """Put the question to `whom`; "" ends it, and the clock starts anew."""
    now = timezone.now()
    rma.question_to, rma.question_at = whom, now if whom else None
    if not whom:
        rma.clock_from = now
    rma.save(update_fields=["question_to", "question_at", "clock_from"])
