"""What a return may ask for: every cap, read under lock, each refusal at its field."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Vendor
from actions.requests import ZERO, LineRequest, ReturnRequest
from core.errors import Refused
from core.money import quantise
from orders.models import Order, OrderLine
from profiles.refundable import refundable, shipping_refundable
from returns.reasons import ReasonTree
from returns.states import Condition

COST_DECIMALS = 4


def line_field(order_line_id: int, name: str) -> str:
    """How a refusal names an input of the wizard's first step."""
    return f"line-{order_line_id}-{name}"


def rma_field(destination_id: int, name: str) -> str:
    """How a refusal names an input of the wizard's second step."""
    return f"rma-{destination_id}-{name}"


def check_lines(
    order: Order,
    request: ReturnRequest,
    lines: dict[int, OrderLine],
    vendors: dict[int, Vendor],
    reasons: ReasonTree,
) -> dict[int, Decimal]:
    """The refund of each requested line by order line id, after every check.

    Raises Refused at the first line that asks for a foreign row, a quantity that is not left, or
    more money than is refundable (F2, F7, I3).
    """
    if not request.lines:
        raise Refused(_("Choose at least one item to return."))
    repeated = [
        pk for pk, times in Counter(x.order_line_id for x in request.lines).items() if times > 1
    ]
    if repeated:
        raise Refused(_("An item is listed twice. Put the whole quantity on one line."))
    refunds = {}
    for wanted in request.lines:
        line = lines.get(wanted.order_line_id)
        if line is None:
            raise Refused(_("One of these items is not on this order. Reload the page."))
        _check_quantity(line, wanted)
        _check_choices(wanted, vendors, reasons)
        refunds[line.pk] = _refund_of(line, wanted, order.currency)
    return refunds


def _check_quantity(line: OrderLine, wanted: LineRequest) -> None:
    field = line_field(line.pk, "quantity")
    if wanted.quantity < 1:
        raise Refused(_("Enter at least 1."), field=field)
    left = line.returnable_quantity
    if wanted.quantity > left:
        raise Refused(quantity_refusal(line, left), field=field)


def quantity_refusal(line: OrderLine, left: int) -> str:
    """Why no more than `left` units of `line` may come back."""
    if not line.shipped_quantity:
        return _("Not shipped yet, so nothing can be returned.")
    if left == 0:
        return _("Nothing is left to return of this item.")
    return ngettext(
        "Only %(left)s of %(shipped)s is left to return.",
        "Only %(left)s of %(shipped)s are left to return.",
        left,
    ) % {"left": left, "shipped": line.shipped_quantity}


def _check_choices(wanted: LineRequest, vendors: dict[int, Vendor], reasons: ReasonTree) -> None:
    if wanted.destination_id not in vendors:
        raise Refused(
            _("Choose where this item goes."), field=line_field(wanted.order_line_id, "destination")
        )
    if why_not := reasons.why_not(wanted.reason_id):
        raise Refused(why_not, field=line_field(wanted.order_line_id, "reason"))
    if wanted.condition not in Condition.values:
        raise Refused(_("Choose a condition."), field=line_field(wanted.order_line_id, "condition"))
    if wanted.unit_cost is not None:
        check_cost(wanted.unit_cost, field=line_field(wanted.order_line_id, "unit_cost"))


def _refund_of(line: OrderLine, wanted: LineRequest, currency: str) -> Decimal:
    if wanted.refund is None:
        return refundable(line.money(currency), wanted.quantity)
    check_refund(line, wanted.quantity, wanted.refund, currency)
    return wanted.refund


def check_refund(line: OrderLine, quantity: int, refund: Decimal, currency: str) -> None:
    """Refuse a `refund` for `quantity` units of `line` that is negative, too fine or too high."""
    field = line_field(line.pk, "refund")
    if refund < 0:
        sentence = _("A refund cannot be negative. Use the adjustment to take off.")
        raise Refused(sentence, field=field)
    check_payable(refund, currency, field)
    most = refundable(line.money(currency), quantity)
    if refund > most:
        sentence = _("At most %(most)s can be refunded.")
        raise Refused(sentence % {"most": quantise(most, currency)}, field=field)


def check_payable(amount: Decimal, currency: str, field: str) -> None:
    """Refuse an `amount` that is finer than `currency` is paid in."""
    if amount != quantise(amount, currency):
        sentence = _("This amount is finer than %(currency)s is paid in.")
        raise Refused(sentence % {"currency": currency}, field=field)


def check_cost(cost: Decimal, field: str) -> None:
    """Refuse a cost per unit that is negative or finer than four decimals."""
    if cost < ZERO:
        raise Refused(_("A cost cannot be negative."), field=field)
    if cost != round(cost, COST_DECIMALS):
        raise Refused(_("A cost has at most four decimals."), field=field)


def check_shipping(order: Order, shipping: Decimal) -> None:
    """Refuse a refund of shipping that is negative, too fine, or more than is left of it (I3)."""
    field = "refund_shipping"
    check_payable(shipping, order.currency, field)
    left = shipping_refundable(order.shipping_paid, order.shipping_agreed)
    if shipping < ZERO:
        raise Refused(_("A refund of shipping cannot be negative."), field=field)
    if shipping > left:
        sentence = _("At most %(most)s of the shipping can be refunded.")
        raise Refused(sentence % {"most": quantise(left, order.currency)}, field=field)


def check_refunded(order: Order, amount: Decimal, *, field: str = "") -> None:
    """Refuse to apply `amount` when all refunds applied would exceed what was paid.

    Agreed refunds are within that already, but one that was lowered after it had been applied stays
    applied until its return is synced.
    """
    if order.refunded + amount <= order.paid_total + order.shipping_paid:
        return
    raise Refused(
        _(
            "%(refunded)s %(currency)s of this order have been refunded by its returns already,"
            " more than their records say now. Sync the refund of those returns first."
        )
        % {"refunded": quantise(order.refunded, order.currency), "currency": order.currency},
        field=field,
    )


def check_total(
    order: Order,
    items: Decimal,
    adjustment: Decimal,
    reason: str,
    *,
    agreed: Decimal = ZERO,
    field: str = "refund_adjustment",
) -> None:
    """Refuse a total below zero, one above what was paid, or an adjustment without a reason.

    `items` include shipping; `agreed` is what this return is counted with on the order already.
    """
    check_payable(adjustment, order.currency, field)
    total = items + adjustment
    left = order.paid_total + order.shipping_paid - order.refund_agreed + agreed
    if total < ZERO:
        sentence = _(
            "The adjustment takes off more than the items refund. Take off at most %(items)s."
        )
        raise Refused(sentence % {"items": quantise(items, order.currency)}, field=field)
    if total > left:
        sentence = _(
            "All refunds of this order together cannot exceed what was paid: %(left)s is left."
        )
        raise Refused(sentence % {"left": quantise(left, order.currency)}, field=field)
    if adjustment != ZERO and not reason.strip():
        raise Refused(_("Say why the refund is adjusted."), field="adjustment_reason")
