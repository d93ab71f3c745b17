"""Refunds to the buyer: the record of a return, applied as signed entries (F11, F12, I3)."""

from __future__ import annotations

from decimal import Decimal

from django.db.models import F
from django.utils.translation import gettext as _

from accounts.actor import Actor
from actions.base import action
from actions.locks import lock_order, lock_return
from actions.numbers import return_number
from actions.progress import refresh
from actions.refusals import sync_refund_refusal
from actions.return_checks import check_payable, check_refunded, check_total
from actions.stale import check_version
from audit.models import Event
from audit.record import prepare, record_all
from core.errors import Refused
from core.money import ZERO, quantise
from core.states import check
from orders.models import Channel, ChannelInvoice, Order
from returns.models import RefundEntry, Return, copies_of
from returns.states import MOVES


@action("refund.apply")
def sync_refund(
    actor: Actor,
    customer_return: Return,
    *,
    method: str = "",
    version: int | None = None,
    note: str = "",
) -> RefundEntry:
    """Apply what of the refund record is outstanding to order and channel invoice, once.

    The difference may be negative: then the refund is taken back in part. `method` says how a
    reseller gets it. Moves no money outside; standard channels pay themselves. Raises Refused.
    """
    order = lock_order(actor, customer_return.order_id)
    found = lock_return(actor, customer_return.pk)
    check_version(actor, found, version)
    check(MOVES, "sync_refund", found.status, found.state.label.lower())
    if sentence := sync_refund_refusal(found):
        raise Refused(sentence)
    amount = found.refund_open
    check_refunded(order, amount)
    invoice = ChannelInvoice.objects.visible_to(actor).filter(order=order).first()
    found.refunded += amount
    Order.objects.filter(pk=order.pk).update(refunded=F("refunded") + amount)
    entry = apply_refund(actor, order, found, amount, method=method, note=note)
    refresh(found, "refunded")
    record_all([refund_event(actor, order, found, entry, invoice)])
    return entry


@action("credit.give")
def give_credit(
    actor: Actor,
    order: Order,
    amount: Decimal,
    reason: str,
    *,
    method: str = "",
    apply: bool = True,
) -> Return:
    """A credit without goods: a return without lines whose refund is `amount` for `reason` (I3).

    Within what was paid and not refunded yet, under the order's lock. With `apply` it is entered at
    once. Raises Refused with the field.
    """
    order = lock_order(actor, order.pk)
    if amount <= ZERO:
        raise Refused(_("Enter an amount above zero."), field="amount")
    check_payable(amount, order.currency, "amount")
    check_total(order, ZERO, amount, reason, field="amount")
    if apply:
        check_refunded(order, amount, field="amount")
    created = Return.objects.create(
        merchant=actor.merchant,
        order=order,
        channel_id=order.channel_id,
        customer_id=order.customer_id,
        number=return_number(actor.merchant_id),
        currency=order.currency,
        refund_adjustment=amount,
        adjustment_reason=reason.strip(),
        **copies_of(order),
        refunded=amount if apply else ZERO,
        created_by=actor.user,
    )
    Order.objects.filter(pk=order.pk).update(
        refund_agreed=F("refund_agreed") + amount,
        refunded=F("refunded") + created.refunded,
        return_count=F("return_count") + 1,
    )
    shown = f"{quantise(amount, order.currency)} {order.currency}"
    facts = {"number": created.number, "amount": shown, "reason": reason}
    events = [prepare(actor, "credit.given", created, parent=order, **facts)]
    if apply:
        invoice = ChannelInvoice.objects.visible_to(actor).filter(order=order).first()
        entry = apply_refund(actor, order, created, amount, method=method)
        events.append(refund_event(actor, order, created, entry, invoice))
    refresh(created)
    record_all(events)
    return created


def apply_refund(
    actor: Actor, order: Order, found: Return, amount: Decimal, *, method: str, note: str = ""
) -> RefundEntry:
    """Append the entry; the counters of return and order are the caller's. Raises Refused."""
    return RefundEntry.objects.create(
        merchant=actor.merchant,
        customer_return=found,
        order=order,
        kind=RefundEntry.Kind.APPLIED,
        method=_method(order, method),
        amount=amount,
        currency=order.currency,
        note=note,
        entered_by=actor.user,
    )


def refund_event(
    actor: Actor,
    order: Order,
    found: Return,
    entry: RefundEntry,
    invoice: ChannelInvoice | None,
) -> Event:
    """What the timeline says about an applied refund."""
    return prepare(
        actor,
        "refund.applied" if invoice else "refund.recorded",
        found,
        parent=order,
        amount=f"{quantise(entry.amount, order.currency)} {order.currency}",
        invoice=invoice.number if invoice else "",
        method=str(RefundEntry.Method(entry.method).label),
        note=entry.note,
    )


def _method(order: Order, method: str) -> str:
    """How the buyer gets the money: resellers are paid back or get credit, channels pay alone."""
    of_reseller = {RefundEntry.Method.PAID_BACK, RefundEntry.Method.RESELLER_CREDIT}
    if order.channel.kind != Channel.Kind.RESELLER:
        return RefundEntry.Method.CHANNEL
    if method not in of_reseller:
        raise Refused(_("Choose how the reseller gets the money."), field="method")
    return method
