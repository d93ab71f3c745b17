"""Source credits: what a vendor gives back for an RMA, as signed entries (F12)."""

from __future__ import annotations

from decimal import Decimal

from django.db.models import F

from accounts.actor import Actor
from actions.base import action
from actions.refusals import sync_credit_refusal
from actions.rmas import open_rma, total_cost
from audit.models import Event
from audit.record import prepare, record_all
from core.errors import Refused
from core.money import ZERO, quantise
from rmas.credits import expected_credit
from rmas.models import CreditEntry, Rma, RmaLine


@action("credit.apply")
def sync_credit(
    actor: Actor, rma: Rma, *, reference: str = "", version: int | None = None, note: str = ""
) -> CreditEntry:
    """Record the difference between the credit expected for `rma` and what was recorded so far.

    Expected is the cost of the approved units plus the adjustment. The difference may be negative:
    then the credit is lowered. Raises Refused when there is none, or more than cost plus allowed
    adjustment would stand there.
    """
    locked, lines = open_rma(actor, rma, "sync_credit", version)
    amount = credit_due(locked, lines)
    if amount == ZERO:
        raise Refused(sync_credit_refusal(locked))
    entry, event = enter_credit(actor, locked, amount, reference=reference, note=note)
    Rma.objects.filter(pk=locked.pk).update(
        cost_total=total_cost(locked, lines),
        credited=F("credited") + amount,
        version=F("version") + 1,
    )
    record_all([event])
    return entry


def credit_due(rma: Rma, lines: list[RmaLine]) -> Decimal:
    """What of the credit expected for a locked RMA has not been recorded; below zero: too much."""
    approved = ((line.approved, line.unit_cost) for line in lines)
    return expected_credit(approved, rma.credit_adjustment, rma.currency) - rma.credited


def enter_credit(
    actor: Actor, rma: Rma, amount: Decimal, *, reference: str = "", note: str = ""
) -> tuple[CreditEntry, Event]:
    """Append `amount` to the ledger; the counter of the RMA and the event are the caller's."""
    entry = CreditEntry.objects.create(
        merchant=actor.merchant,
        rma=rma,
        amount=amount,
        currency=rma.currency,
        reference=reference,
        note=note,
        entered_by=actor.user,
    )
    event = prepare(
        actor,
        "credit.applied",
        rma,
        parent=rma.customer_return,
        number=rma.number,
        vendor=rma.vendor.name,
        amount=f"{quantise(amount, rma.currency)} {rma.currency}",
        reference=reference,
        note=note,
    )
    return entry, event
