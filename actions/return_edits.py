"""Editing a return: its refund, reasons and conditions, within the same caps as making it (F8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import F
from django.utils.translation import gettext as _

from accounts.actor import Actor
from actions.base import action
from actions.locks import lock_order, lock_order_lines, lock_return
from actions.progress import refresh
from actions.return_checks import check_payable, check_shipping, check_total
from actions.stale import check_version
from audit.record import record
from core.errors import Refused
from core.money import ZERO, quantise
from core.states import check
from orders.models import Order, OrderLine
from profiles.refundable import LineMoney, refundable
from returns.models import Return, ReturnLine
from returns.reasons import ReasonTree
from returns.states import MOVES, Condition


@dataclass(frozen=True, slots=True)
class LineEdit:
    """How one return line should look; `refund` in the return's currency."""

    reason_id: int
    condition: str
    refund: Decimal


@dataclass(frozen=True, slots=True)
class ReturnEdit:
    """How a return should look; `lines` by return line id, others stay as they are."""

    refund_adjustment: Decimal
    adjustment_reason: str
    refund_shipping: Decimal
    note: str
    lines: Mapping[int, LineEdit]


def edit_field(return_line_id: int, name: str) -> str:
    """How a refusal names an input of one return line."""
    return f"edit-{return_line_id}-{name}"


def most_refundable(line: ReturnLine, order_line: OrderLine, currency: str) -> Decimal:
    """What `line` may refund at most: as if it were being returned now, the others counted (I3)."""
    money = LineMoney(
        total=order_line.total,
        quantity=order_line.quantity,
        returned=order_line.returned_quantity - line.quantity,
        agreed=order_line.refund_agreed - line.refund,
        currency=currency,
    )
    return refundable(money, line.quantity)


@action("return.edit")
def edit_return(
    actor: Actor,
    customer_return: Return,
    edit: ReturnEdit,
    *,
    version: int | None = None,
    note: str = "",
) -> Return:
    """Change refunds, reasons, conditions, adjustment and note of an open return.

    What has been applied already stays applied: the difference is outstanding until Sync Refund.
    Raises Refused with the field; a version that is not the latest raises Stale.
    """
    order = lock_order(actor, customer_return.order_id)
    found = lock_return(actor, customer_return.pk)
    check_version(actor, found, version)
    check(MOVES, "edit", found.status, found.state.label.lower())
    lines = {line.pk: line for line in found.lines.select_for_update(of=("self",)).order_by("pk")}
    order_lines = lock_order_lines(order, (line.order_line_id for line in lines.values()))
    before = found.refund_total
    shipping_before = found.refund_shipping
    deltas = _edit_lines(actor, found, edit, lines, order_lines)
    found.refund_items = sum((line.refund for line in lines.values()), ZERO)
    order.shipping_agreed -= shipping_before
    check_shipping(order, edit.refund_shipping)
    items = found.refund_items + edit.refund_shipping
    check_total(order, items, edit.refund_adjustment, edit.adjustment_reason, agreed=before)
    found.refund_shipping = edit.refund_shipping
    found.refund_adjustment = edit.refund_adjustment
    found.adjustment_reason = edit.adjustment_reason.strip()
    found.note = edit.note
    _count(order, found, before, shipping_before, deltas)
    refresh(
        found,
        "refund_items",
        "refund_shipping",
        "refund_adjustment",
        "adjustment_reason",
        "note",
    )
    changes = _changes(found, before)
    record(actor, "return.edited", found, parent=order, changes=changes, note=note)
    return found


def _edit_lines(
    actor: Actor,
    found: Return,
    edit: ReturnEdit,
    lines: dict[int, ReturnLine],
    order_lines: dict[int, OrderLine],
) -> dict[int, Decimal]:
    """Write the lines; what each order line's agreed refund changes by, by order line id."""
    reasons = ReasonTree.of(actor)
    deltas: dict[int, Decimal] = {}
    for pk, wanted in edit.lines.items():
        line = lines.get(pk)
        if line is None:
            raise Refused(_("One of these items is not on this return. Reload the page."))
        why_not = "" if wanted.reason_id == line.reason_id else reasons.why_not(wanted.reason_id)
        if why_not:
            raise Refused(why_not, field=edit_field(pk, "reason"))
        if wanted.condition not in Condition.values:
            raise Refused(_("Choose a condition."), field=edit_field(pk, "condition"))
        most = most_refundable(line, order_lines[line.order_line_id], found.currency)
        _check_refund(wanted.refund, max(most, line.refund), found.currency, pk)
        deltas[line.order_line_id] = wanted.refund - line.refund
        line.reason_id, line.condition = wanted.reason_id, wanted.condition
        line.refund = wanted.refund
    ReturnLine.objects.bulk_update(lines.values(), ["reason", "condition", "refund"])
    return deltas


def _check_refund(refund: Decimal, most: Decimal, currency: str, return_line_id: int) -> None:
    field = edit_field(return_line_id, "refund")
    if refund < ZERO:
        sentence = _("A refund cannot be negative. Use the adjustment to take off.")
        raise Refused(sentence, field=field)
    check_payable(refund, currency, field)
    if refund > most:
        sentence = _("At most %(most)s can be refunded.")
        raise Refused(sentence % {"most": quantise(most, currency)}, field=field)


def _count(
    order: Order,
    found: Return,
    before: Decimal,
    shipping_before: Decimal,
    deltas: dict[int, Decimal],
) -> None:
    """Tell order and order lines, relative to what is stored, so that the CHECKs hold."""
    changed = [
        OrderLine(pk=pk, refund_agreed=F("refund_agreed") + delta)
        for pk, delta in deltas.items()
        if delta
    ]
    if changed:
        OrderLine.objects.bulk_update(changed, ["refund_agreed"])
    Order.objects.filter(pk=order.pk).update(
        refund_agreed=F("refund_agreed") + (found.refund_total - before),
        shipping_agreed=F("shipping_agreed") + (found.refund_shipping - shipping_before),
    )


def _changes(found: Return, before: Decimal) -> str:
    """What the timeline says: the refund when it changed, else that details did."""
    if found.refund_total == before:
        return _("details")
    return _("refund %(before)s → %(after)s %(currency)s") % {
        "before": quantise(before, found.currency),
        "after": quantise(found.refund_total, found.currency),
        "currency": found.currency,
    }
