"""Verbs of a return: create, close, re-open, cancel, un-cancel (F7, F8)."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

from django.db.models import F
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from accounts.actor import Actor
from accounts.models import Vendor
from actions.base import action
from actions.locks import lock_order, lock_order_lines, lock_return
from actions.numbers import return_number
from actions.progress import listed, refresh
from actions.refunds import apply_refund, refund_event
from actions.refusals import cancel_refusal, close_refusal
from actions.requests import ReturnRequest
from actions.return_checks import (
    check_lines,
    check_refunded,
    check_shipping,
    check_total,
    line_field,
    quantity_refusal,
)
from actions.rma_changes import end_rmas
from actions.rma_requests import events_of, first_status, new_rmas, rma_numbers
from actions.stale import check_version
from audit.models import Event
from audit.record import prepare, record, record_all
from core.errors import Refused
from core.money import ZERO
from core.states import check
from orders.models import ChannelInvoice, FulfillmentRequest, Order, OrderLine
from returns.models import Return, ReturnLine, copies_of
from returns.reasons import ReasonTree
from returns.states import MOVES, ReturnStatus
from returns.turns import Progress, waits_on
from rmas.states import RmaStatus, summarise


@action("return.create")
def create_return(actor: Actor, order: Order, request: ReturnRequest) -> Return:
    """Make an open return of shipped lines of `order`, with one RMA per destination.

    Quantities and money are capped under the order's lock. No money moves: the refund is recorded,
    and with `apply_to_invoice` entered against the channel invoice (F11, F12). Returns the return;
    raises Refused with the field for anything that cannot be had, and then nothing is written.
    """
    order = lock_order(actor, order.pk)
    lines = lock_order_lines(order, (line.order_line_id for line in request.lines))
    if not any(line.fulfillment_request_id for line in lines.values()):
        _check_fulfillment(actor, order)
    vendors = (
        Vendor.objects.visible_to(actor)
        .offered()
        .in_bulk({line.destination_id for line in request.lines})
    )
    refunds = check_lines(order, request, lines, vendors, ReasonTree.of(actor))
    items = sum(refunds.values(), ZERO)
    check_shipping(order, request.refund_shipping)
    check_total(
        order,
        items + request.refund_shipping,
        request.refund_adjustment,
        request.adjustment_reason,
    )
    invoice = _invoice(actor, order) if request.apply_to_invoice else None
    if invoice is not None:
        total = items + request.refund_shipping + request.refund_adjustment
        check_refunded(order, total, field="apply_to_invoice")
    statuses = _first_statuses(actor, request, vendors)
    number = return_number(actor.merchant_id, request.number)
    numbers = rma_numbers(actor.merchant_id, request.rma_of.values())
    names = listed(numbers, (vendors[pk].name for pk in statuses))
    created = _insert_return(
        actor, order, request, items, statuses, vendors, number, names, applied=invoice is not None
    )
    return_lines = _insert_lines(created, request, refunds)
    rmas = new_rmas(actor, created, return_lines, request, vendors, lines, numbers)
    _take_from_order(order, created, return_lines)
    facts = {"number": created.number, "units": created.unit_count}
    events = [prepare(actor, "return.created", created, parent=order, **facts)]
    events += events_of(actor, created, rmas, vendors)
    if invoice is not None and created.refunded != ZERO:
        events.append(_apply(actor, order, created, invoice, request.refund_method))
    record_all(events)
    return created


@action("return.close")
def close_return(
    actor: Actor, customer_return: Return, *, version: int | None = None, note: str = ""
) -> Return:
    """Close an open return; its RMAs stay as they are. Refused while an RMA is undecided."""
    found = _locked(actor, customer_return, "close", version)
    if sentence := close_refusal(found):
        raise Refused(sentence)
    _move(found, "close")
    record(actor, "return.closed", found, parent=found.order, note=note)
    return found


@action("return.reopen")
def reopen_return(
    actor: Actor, customer_return: Return, *, version: int | None = None, note: str = ""
) -> Return:
    """Open a closed return again."""
    found = _locked(actor, customer_return, "reopen", version)
    _move(found, "reopen")
    record(actor, "return.reopened", found, parent=found.order, note=note)
    return found


@action("return.cancel")
def cancel_return(
    actor: Actor, customer_return: Return, *, version: int | None = None, note: str = ""
) -> Return:
    """Cancel an open return with its RMAs and give its units and its refund back to the order.

    Refused once anything was received, refunded or credited, or is on its way.
    """
    order = lock_order(actor, customer_return.order_id)
    found = _locked(actor, customer_return, "cancel", version)
    if sentence := cancel_refusal(found):
        raise Refused(sentence)
    events = end_rmas(actor, found)
    _count_on_order(order, found, sign=-1)
    _move(found, "cancel")
    record_all([*events, prepare(actor, "return.canceled", found, parent=order, note=note)])
    return found


@action("return.uncancel")
def uncancel_return(
    actor: Actor, customer_return: Return, *, version: int | None = None, note: str = ""
) -> Return:
    """Open a canceled return again, taking its units and refund from the order anew (F8).

    Its RMAs stay canceled; further ones can be created. Raises Refused when the units have been
    returned, or the money refunded, by another return meanwhile.
    """
    order = lock_order(actor, customer_return.order_id)
    found = _locked(actor, customer_return, "uncancel", version)
    return_lines = list(found.lines.order_by("order_line_id"))
    lines = lock_order_lines(order, (line.order_line_id for line in return_lines))
    for line in return_lines:
        _check_still_left(lines[line.order_line_id], line)
    check_shipping(order, found.refund_shipping)
    items = found.refund_items + found.refund_shipping
    check_total(order, items, found.refund_adjustment, found.adjustment_reason or "–")
    _count_on_order(order, found, sign=1)
    _move(found, "uncancel")
    record(actor, "return.uncanceled", found, parent=order, note=note)
    return found


def _locked(actor: Actor, customer_return: Return, name: str, version: int | None) -> Return:
    """The return under lock, if move `name` may be made now and by somebody who saw `version`."""
    found = lock_return(actor, customer_return.pk)
    check_version(actor, found, version)
    check(MOVES, name, found.status, found.state.label.lower())
    return found


def _move(found: Return, name: str) -> None:
    found.status = MOVES[name].target
    found.closed_at = None if found.status == ReturnStatus.OPEN else Now()
    refresh(found, "status", "closed_at")


def _check_still_left(line: OrderLine, wanted: ReturnLine) -> None:
    field = line_field(line.pk, "quantity")
    if wanted.quantity > line.returnable_quantity:
        sentence = quantity_refusal(line, line.returnable_quantity)
        raise Refused(f"{line.title}: {sentence}", field=field)
    if wanted.refund > line.total - line.refund_agreed:
        raise Refused(
            _(
                "%(item)s has been refunded by another return meanwhile. Create a new return for"
                " what is left."
            )
            % {"item": line.title},
            field=field,
        )


def _check_fulfillment(actor: Actor, order: Order) -> None:
    """Without a fulfillment request there is nothing to return (F2)."""
    if not FulfillmentRequest.objects.visible_to(actor).filter(order=order).exists():
        raise Refused(_("This order has no fulfillment request yet, so nothing can be returned."))


def _first_statuses(
    actor: Actor, request: ReturnRequest, vendors: dict[int, Vendor]
) -> dict[int, RmaStatus]:
    """The status each destination's RMA starts with."""
    return {pk: first_status(actor, rma, vendors[pk]) for pk, rma in request.rma_of.items()}


def _insert_return(
    actor: Actor,
    order: Order,
    request: ReturnRequest,
    items: Decimal,
    statuses: dict[int, RmaStatus],
    vendors: dict[int, Vendor],
    number: str,
    names: tuple[str, str],
    *,
    applied: bool,
) -> Return:
    units = Counter[int]()
    for line in request.lines:
        units[line.destination_id] += line.quantity
    total = items + request.refund_shipping + request.refund_adjustment
    summary = summarise(statuses.values())
    approved = sum(units[pk] for pk, status in statuses.items() if status is RmaStatus.APPROVED)
    asked = [vendors[pk] for pk, status in statuses.items() if status is not RmaStatus.APPROVED]
    turn = waits_on(
        Progress(
            status=ReturnStatus.OPEN,
            rma_summary=summary,
            asks_vendor=any(not vendor.own_warehouse for vendor in asked),
            approved=approved,
        )
    )
    return Return.objects.create(
        merchant=actor.merchant,
        order=order,
        channel_id=order.channel_id,
        customer_id=order.customer_id,
        number=number,
        **copies_of(order),
        rma_numbers=names[0],
        vendor_names=names[1],
        currency=order.currency,
        line_count=len(request.lines),
        unit_count=units.total(),
        rma_count=len(units),
        approved_units=approved,
        rma_summary=summary,
        waits_on=turn,
        refund_items=items,
        refund_shipping=request.refund_shipping,
        refund_adjustment=request.refund_adjustment,
        adjustment_reason=request.adjustment_reason.strip(),
        refunded=total if applied else ZERO,
        note=request.note,
        created_by=actor.user,
    )


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
            requested=wanted.quantity,
            refund=refunds[wanted.order_line_id],
        )
        for wanted in request.lines
    )


def _take_from_order(order: Order, created: Return, return_lines: list[ReturnLine]) -> None:
    _count_on_lines(return_lines, sign=1)
    Order.objects.filter(pk=order.pk).update(
        returned_units=F("returned_units") + created.unit_count,
        refund_agreed=F("refund_agreed") + created.refund_total,
        shipping_agreed=F("shipping_agreed") + created.refund_shipping,
        refunded=F("refunded") + created.refunded,
        return_count=F("return_count") + 1,
    )


def _count_on_order(order: Order, found: Return, *, sign: int) -> None:
    """Give the return's units and money back to its order (-1), or take them again (1)."""
    return_lines = list(found.lines.all())
    lock_order_lines(order, (line.order_line_id for line in return_lines))
    _count_on_lines(return_lines, sign=sign)
    Order.objects.filter(pk=order.pk).update(
        returned_units=F("returned_units") + sign * found.unit_count,
        refund_agreed=F("refund_agreed") + sign * found.refund_total,
        shipping_agreed=F("shipping_agreed") + sign * found.refund_shipping,
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


def _invoice(actor: Actor, order: Order) -> ChannelInvoice:
    actor.require("refund.apply")
    invoice = ChannelInvoice.objects.visible_to(actor).filter(order=order).first()
    if invoice is None:
        raise Refused(
            _("This order has no channel invoice to apply the refund to. Untick the box."),
            field="apply_to_invoice",
        )
    return invoice


def _apply(
    actor: Actor, order: Order, created: Return, invoice: ChannelInvoice, method: str
) -> Event:
    entry = apply_refund(actor, order, created, created.refunded, method=method)
    return refund_event(actor, order, created, entry, invoice)
