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
from profiles.refundable import refundable
from returns.models import ReturnReason
from returns.states import Condition


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
    reasons: dict[int, ReturnReason],
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


def _check_choices(
    wanted: LineRequest, vendors: dict[int, Vendor], reasons: dict[int, ReturnReason]
) -> None:
    if wanted.destination_id not in vendors:
        raise Refused(
            _("Choose where this item goes."), field=line_field(wanted.order_line_id, "destination")
        )
    if wanted.reason_id not in reasons:
        raise Refused(_("Choose a reason."), field=line_field(wanted.order_line_id, "reason"))
    if wanted.condition not in Condition.values:
        raise Refused(_("Choose a condition."), field=line_field(wanted.order_line_id, "condition"))
    if wanted.unit_cost is not None and wanted.unit_cost < 0:
        raise Refused(
            _("A cost cannot be negative."), field=line_field(wanted.order_line_id, "unit_cost")
        )


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
    _check_payable(refund, currency, field)
    most = refundable(line.money(currency), quantity)
    if refund > most:
        sentence = _("At most %(most)s can be refunded.")
        raise Refused(sentence % {"most": quantise(most, currency)}, field=field)


def _check_payable(amount: Decimal, currency: str, field: str) -> None:
    if amount != quantise(amount, currency):
        sentence = _("This amount is finer than %(currency)s is paid in.")
        raise Refused(sentence % {"currency": currency}, field=field)


def check_total(order: Order, items: Decimal, adjustment: Decimal) -> None:
    """Refuse a total below zero, or one that would give back more than the order was paid."""
    field = "refund_adjustment"
    _check_payable(adjustment, order.currency, field)
    total = items + adjustment
    left = order.paid_total - order.refund_agreed
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
