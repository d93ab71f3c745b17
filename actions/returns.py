"""Verbs of a return: create, close, re-open, cancel (F7, F8)."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

from django.db.models import F
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from accounts.actor import Actor
from accounts.models import Vendor
from accounts.numbering import take_numbers
from actions.base import action
from actions.locks import lock_order, lock_order_lines, lock_return
from actions.requests import ReturnRequest
from actions.return_checks import check_lines, check_total
from actions.rmas import end_rmas, new_rmas
from audit.models import Event
from audit.record import prepare, record, record_all
from core.errors import Refused
from core.money import ZERO, quantise
from core.states import check
from orders.models import ChannelInvoice, FulfillmentRequest, Order, OrderLine
from returns.models import RefundEntry, Return, ReturnLine, ReturnReason
from returns.states import MOVES, ReturnStatus
from rmas.models import Rma, RmaLine
from rmas.states import RmaStatus, summarise


@action("return.create")
def create_return(actor: Actor, order: Order, request: ReturnRequest) -> Return:
    """Make an open return of shipped lines of `order`, with one RMA per destination.

    Quantities and money are capped under the order's lock. No money moves: the refund is recorded,
    and with `apply_to_invoice` entered against the channel invoice (F11, F12). Returns the return;
    raises Refused with the field for anything that cannot be had, and then nothing is written.
    """
    order = lock_order(actor, order.pk)
    if not FulfillmentRequest.objects.visible_to(actor).filter(order=order).exists():
        raise Refused(_("This order has no fulfillment request yet, so nothing can be returned."))
    lines = lock_order_lines(order, (line.order_line_id for line in request.lines))
    vendors = Vendor.objects.visible_to(actor).in_bulk(
        {line.destination_id for line in request.lines}
    )
    reasons = ReturnReason.objects.visible_to(actor).in_bulk(
        {line.reason_id for line in request.lines}
    )
    refunds = check_lines(order, request, lines, vendors, reasons)
    items = sum(refunds.values(), ZERO)
    check_total(order, items, request.refund_adjustment)
    invoice = _invoice(actor, order) if request.apply_to_invoice else None
    created = _insert_return(actor, order, request, items, applied=invoice is not None)
    return_lines = _insert_lines(created, request, refunds)
    rmas = new_rmas(actor, created, return_lines, request, vendors, lines)
    _take_from_order(order, created, return_lines)
    events = _events(actor, order, created, rmas, vendors)
    if invoice is not None and created.refunded != ZERO:
        events.append(_apply_refund(actor, order, created, invoice))
    record_all(events)
    return created


@action("return.close")
def close_return(actor: Actor, customer_return: Return) -> Return:
    """Close an open return; its RMAs stay as they are."""
    found = lock_return(actor, customer_return.pk)
    move = check(MOVES, "close", found.status, found.state.label.lower())
    if found.rma_summary == "waiting":
        raise Refused(
            _("An RMA of this return still waits for a decision. Decide or cancel it first.")
        )
    _move(found, move.target)
    record(actor, "return.closed", found, parent=found.order)
    return found


@action("return.reopen")
def reopen_return(actor: Actor, customer_return: Return) -> Return:
    """Open a closed return again."""
    found = lock_return(actor, customer_return.pk)
    move = check(MOVES, "reopen", found.status, found.state.label.lower())
    _move(found, move.target)
    record(actor, "return.reopened", found, parent=found.order)
    return found


@action("return.cancel")
def cancel_return(actor: Actor, customer_return: Return) -> Return:
    """Cancel an open return with its RMAs and give its units and its refund back to the order.

    Refused once anything was received or refunded.
    """
    order = lock_order(actor, customer_return.order_id)
    found = lock_return(actor, customer_return.pk)
    move = check(MOVES, "cancel", found.status, found.state.label.lower())
    if found.received_units:
        raise Refused(_("Goods of this return have arrived already. Close it instead."))
    if RmaLine.objects.filter(rma__customer_return=found, shipped__gt=0).exists():
        raise Refused(_("Goods of this return are on their way back. Close it once they arrived."))
    if found.refunded != ZERO:
        raise Refused(_("A refund of this return has been applied already. Close it instead."))
    events = end_rmas(actor, found)
    _give_back_to_order(order, found)
    _move(found, move.target)
    record_all([*events, prepare(actor, "return.canceled", found, parent=order)])
    return found


def _move(found: Return, status: str) -> None:
    found.status = status
    found.closed_at = None if status == ReturnStatus.OPEN else Now()
    found.version += 1
    found.save(update_fields=["status", "closed_at", "version"])


def _insert_return(
    actor: Actor, order: Order, request: ReturnRequest, items: Decimal, *, applied: bool
) -> Return:
    units = Counter[int]()
    for line in request.lines:
        units[line.destination_id] += line.quantity
    approved = {rma.destination_id for rma in request.rmas if rma.approve} & set(units)
    statuses = [RmaStatus.APPROVED if pk in approved else RmaStatus.WAITING for pk in units]
    return Return.objects.create(
        merchant=actor.merchant,
        order=order,
        channel_id=order.channel_id,
        customer_id=order.customer_id,
        number=_number(actor, request.number),
        currency=order.currency,
        line_count=len(request.lines),
        unit_count=units.total(),
        rma_count=len(units),
        approved_units=sum(units[pk] for pk in approved),
        rma_summary=summarise(statuses),
        refund_items=items,
        refund_adjustment=request.refund_adjustment,
        refunded=items + request.refund_adjustment if applied else ZERO,
        note=request.note,
        created_by=actor.user,
    )


def _number(actor: Actor, wanted: str) -> str:
    taken = Return.objects.filter(merchant=actor.merchant)
    if wanted:
        if taken.filter(number=wanted).exists():
            raise Refused(
                _("Return %(number)s exists already. Choose another number.") % {"number": wanted},
                field="number",
            )
        return wanted
    while True:
        number = take_numbers(actor.merchant_id, "return", 1)[0]
        if not taken.filter(number=number).exists():
            return number


def _insert_lines(
    created: Return, request: ReturnRequest, refunds: dict[int, Decimal]
) -> list[ReturnLine]:
    return ReturnLine.objects.bulk_create(
        ReturnLine(
            merchant_id=created.merchant_id,
            customer_return=created,
            order_line_id=wanted.order_line_id,
            destination_id=wanted.destination_id,
            reason_id=wanted.reason_id,
            condition=wanted.condition,
            quantity=wanted.quantity,
            refund=refunds[wanted.order_line_id],
        )
        for wanted in request.lines
    )


def _take_from_order(order: Order, created: Return, return_lines: list[ReturnLine]) -> None:
    _count_on_lines(return_lines, sign=1)
    Order.objects.filter(pk=order.pk).update(
        returned_units=F("returned_units") + created.unit_count,
        refund_agreed=F("refund_agreed") + created.refund_total,
        refunded=F("refunded") + created.refunded,
        return_count=F("return_count") + 1,
    )


def _give_back_to_order(order: Order, found: Return) -> None:
    return_lines = list(found.lines.all())
    lock_order_lines(order, (line.order_line_id for line in return_lines))
    _count_on_lines(return_lines, sign=-1)
    Order.objects.filter(pk=order.pk).update(
        returned_units=F("returned_units") - found.unit_count,
        refund_agreed=F("refund_agreed") - found.refund_total,
    )


def _count_on_lines(return_lines: list[ReturnLine], *, sign: int) -> None:
    """Add to what is there, so that the CHECKs hold even for a writer that forgot the lock."""
    counted = [
        OrderLine(
            pk=line.order_line_id,
            returned_quantity=F("returned_quantity") + sign * line.quantity,
            refund_agreed=F("refund_agreed") + sign * line.refund,
        )
        for line in return_lines
    ]
    OrderLine.objects.bulk_update(counted, ["returned_quantity", "refund_agreed"])


def _events(
    actor: Actor, order: Order, created: Return, rmas: list[Rma], vendors: dict[int, Vendor]
) -> list[Event]:
    facts = {"number": created.number, "units": created.unit_count}
    events = [prepare(actor, "return.created", created, parent=order, **facts)]
    for rma in rmas:
        facts = {"number": rma.number, "vendor": vendors[rma.vendor_id].name}
        events.append(prepare(actor, "rma.created", rma, parent=created, **facts))
        if rma.status == RmaStatus.APPROVED:
            events.append(prepare(actor, "rma.approved", rma, parent=created, **facts))
    return events


def _invoice(actor: Actor, order: Order) -> ChannelInvoice:
    actor.require("refund.apply")
    invoice = ChannelInvoice.objects.visible_to(actor).filter(order=order).first()
    if invoice is None:
        raise Refused(
            _("This order has no channel invoice to apply the refund to. Untick the box."),
            field="apply_to_invoice",
        )
    return invoice


def _apply_refund(actor: Actor, order: Order, created: Return, invoice: ChannelInvoice) -> Event:
    RefundEntry.objects.create(
        merchant=actor.merchant,
        customer_return=created,
        order=order,
        kind=RefundEntry.Kind.APPLIED,
        amount=created.refunded,
        currency=order.currency,
        entered_by=actor.user,
    )
    return prepare(
        actor,
        "refund.applied",
        created,
        parent=order,
        amount=f"{quantise(created.refunded, order.currency)} {order.currency}",
        invoice=invoice.number,
    )
