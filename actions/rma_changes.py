"""Changing an RMA without deciding it: process, re-process, edit, void, cancel (F9)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.actor import Actor
from actions.base import action
from actions.credits import enter_credit
from actions.handovers import hand_over
from actions.numbers import refuse_taken
from actions.progress import refresh
from actions.refusals import process_refusal, reprocess_refusal
from actions.return_checks import check_cost, check_payable
from actions.rmas import (
    held,
    line_field,
    lock_rma_lines,
    open_rma,
    refuse_moved,
    save_rma,
    tell_rma,
    write_lines,
)
from audit.models import Event
from audit.record import prepare, record_all
from core.errors import Refused
from core.money import ZERO
from returns.models import Return
from rmas.models import Rma, RmaLine, RmaNumber
from rmas.states import ENDED, MOVES, RmaStatus


@dataclass(frozen=True, slots=True)
class RmaEdit:
    """How an RMA should look; quantities and costs per unit by RMA line id, money in its currency.

    A line that is left out keeps what it has.
    """

    return_address: str
    note: str
    credit_adjustment: Decimal
    quantities: dict[int, int]
    unit_costs: dict[int, Decimal]


@action("rma.process")
def process_rma(actor: Actor, rma: Rma, *, version: int | None = None, note: str = "") -> Rma:
    """Mark that `rma` has been handed to the vendor. An undecided one becomes Processed (F10)."""
    locked, _lines = open_rma(actor, rma, "process", version)
    if sentence := process_refusal(locked):
        raise Refused(sentence)
    if locked.status in (RmaStatus.WAITING, RmaStatus.PROCESSING):
        locked.status = MOVES["process"].target
    locked.processed_at = timezone.now()
    save_rma(locked, "processed_at")
    hand_over(locked, locked.vendor)
    refresh(locked.customer_return)
    return tell_rma(actor, locked, "rma.processed", note)


@action("rma.process")
def reprocess_rma(
    actor: Actor, rma: Rma, number: str, *, version: int | None = None, note: str = ""
) -> Rma:
    """Append a new RMA number; the old ones stay and are found (F9). Raises Refused at `number`."""
    locked, _lines = open_rma(actor, rma, "reprocess", version)
    if sentence := reprocess_refusal(locked):
        raise Refused(sentence)
    number = number.strip()
    if not number:
        raise Refused(_("Enter the new RMA number."), field="number")
    refuse_taken(actor.merchant_id, locked.vendor_id, number, "number")
    old, locked.number = locked.number, number
    RmaNumber.objects.create(
        merchant=actor.merchant, rma=locked, vendor_id=locked.vendor_id, number=number
    )
    locked.processed_at = timezone.now()
    save_rma(locked, "number", "processed_at")
    hand_over(locked, locked.vendor)
    refresh(locked.customer_return)
    return tell_rma(actor, locked, "rma.reprocessed", note, old=old)


@action("rma.edit")
def edit_rma(
    actor: Actor, rma: Rma, edit: RmaEdit, *, version: int | None = None, note: str = ""
) -> Rma:
    """Change address, note, costs, credit adjustment, and quantities while undecided (F7, F9).

    Raises Refused with the field. When cost and adjustment fall below what was credited, the excess
    is taken back in the same step: `credit.apply` is needed too.
    """
    locked, lines = open_rma(actor, rma, "edit", version)
    before = held(lines)
    for line in lines:
        _edit_quantity(line, edit.quantities.get(line.pk, line.quantity))
        cost = edit.unit_costs.get(line.pk, line.unit_cost)
        check_cost(cost, field=line_field(line.pk, "unit_cost"))
        line.unit_cost = cost
    check_payable(edit.credit_adjustment, locked.currency, "credit_adjustment")
    locked.return_address = edit.return_address
    locked.note = edit.note
    locked.credit_adjustment = edit.credit_adjustment
    write_lines(locked, lines, before)
    corrections = _take_credit_back(actor, locked)
    save_rma(locked, "return_address", "note", "credit_adjustment", "credited")
    refresh(locked.customer_return)
    record_all(corrections)
    return tell_rma(actor, locked, "rma.edited", note)


@action("rma.void")
def void_rma(actor: Actor, rma: Rma, *, version: int | None = None, note: str = "") -> Rma:
    """Annul an RMA the vendor has had already; its units are free again (F9).

    Refused once goods under it are on their way or here, or a credit was recorded.
    """
    locked, lines = open_rma(actor, rma, "void", version)
    refuse_moved(locked, lines)
    _end(locked, lines, RmaStatus.VOIDED, actor)
    refresh(locked.customer_return)
    return tell_rma(actor, locked, "rma.voided", note)


@action("rma.cancel")
def cancel_rma(actor: Actor, rma: Rma, *, version: int | None = None, note: str = "") -> Rma:
    """Take `rma` back, so that its units may go onto another RMA of the same return (F9).

    Refused once goods under it are on their way or here, or a credit was recorded.
    """
    locked, lines = open_rma(actor, rma, "cancel", version)
    refuse_moved(locked, lines)
    _end(locked, lines, RmaStatus.CANCELED, actor)
    refresh(locked.customer_return)
    return tell_rma(actor, locked, "rma.canceled", note)


def end_rmas(actor: Actor, found: Return) -> list[Event]:
    """Cancel every live RMA of `found`; part of canceling a return. Returns events to record.

    Raises Refused when goods or credits of one of them have moved.
    """
    live: QuerySet[Rma] = found.rmas.select_for_update(of=("self",)).exclude(status__in=ENDED)
    events = []
    for rma in live.order_by("pk"):
        lines = lock_rma_lines(rma)
        refuse_moved(rma, lines)
        _end(rma, lines, RmaStatus.CANCELED, actor)
        events.append(prepare(actor, "rma.canceled", rma, parent=found, number=rma.number))
    return events


def _end(rma: Rma, lines: list[RmaLine], status: RmaStatus, actor: Actor) -> None:
    """Void every unit, so that nothing is held any more."""
    before = held(lines)
    for line in lines:
        line.approved, line.denied, line.deny_reason = 0, 0, ""
        line.voided = line.quantity
    write_lines(rma, lines, before)
    rma.requested_units = sum(line.quantity for line in lines)
    rma.status = status
    rma.decided_at = timezone.now()
    rma.decided_by = actor.user
    save_rma(rma, "decided_at", "decided_by")


def _edit_quantity(line: RmaLine, quantity: int) -> None:
    if quantity == line.quantity:
        return
    field = line_field(line.pk, "quantity")
    if line.approved or line.denied:
        raise Refused(_("This item is decided. Re-open the decision to change it."), field=field)
    if quantity < 1:
        raise Refused(_("Enter at least 1, or cancel the RMA."), field=field)
    most = line.quantity + line.return_line.unrequested
    if quantity > most:
        sentence = ngettext(
            "At most %(most)s unit of this item is left to ask for.",
            "At most %(most)s units of this item are left to ask for.",
            most,
        )
        raise Refused(sentence % {"most": most}, field=field)
    line.quantity = quantity


def _take_credit_back(actor: Actor, rma: Rma) -> list[Event]:
    """Lower the recorded credit to what is expected, if it exceeds what may stand there now.

    Sync Credit could not do it afterwards: cost and credit are held together by a CHECK.
    """
    if rma.credited <= rma.cost_total + max(rma.credit_adjustment, ZERO):
        return []
    actor.require("credit.apply")
    amount = rma.credit_expected - rma.credited
    _entry, event = enter_credit(actor, rma, amount)
    rma.credited += amount
    return [event]
