"""Verbs of serial numbers: which unit was shipped on which order line (I1)."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.actor import Actor
from actions.base import action
from actions.locks import lock_order, lock_order_lines
from audit.record import record
from core.errors import Refused
from orders.models import Order, SerialNumber

LENGTH = 60


@action("serial.record")
def record_serial(actor: Actor, order: Order, order_line_id: int, number: str) -> SerialNumber:
    """Note the serial number of one shipped unit of a line of `order`.

    A line takes as many as it has units. Raises Refused with the field.
    """
    order = lock_order(actor, order.pk)
    line = lock_order_lines(order, [order_line_id]).get(order_line_id)
    if line is None:
        raise Refused(_("Choose an item of this order."), field="line")
    if not line.shipped_quantity:
        raise Refused(_("This item has not been shipped yet."), field="line")
    number = "".join(number.split())
    if not number:
        raise Refused(_("Enter or scan the serial number."), field="number")
    if len(number) > LENGTH:
        raise Refused(_("Use at most %(most)s characters.") % {"most": LENGTH}, field="number")
    known = list(line.serial_numbers.values_list("number", flat=True))
    if number in known:
        raise Refused(_("This item has that serial number already."), field="number")
    if len(known) >= line.shipped_quantity:
        sentence = ngettext(
            "The %(count)s unit of this item has its serial number. Remove a wrong one first.",
            "All %(count)s units of this item have one. Remove a wrong one first.",
            line.shipped_quantity,
        )
        raise Refused(sentence % {"count": line.shipped_quantity}, field="number")
    serial = SerialNumber.objects.create(merchant=actor.merchant, order_line=line, number=number)
    record(actor, "serial.recorded", serial, parent=order, number=number, item=line.title)
    return serial


@action("serial.record")
def remove_serial(actor: Actor, order: Order, serial_id: int) -> None:
    """Take a wrong serial number off its line; the timeline keeps that it was there."""
    order = lock_order(actor, order.pk)
    serials = SerialNumber.objects.visible_to(actor).select_related("order_line")
    serial = serials.filter(pk=serial_id, order_line__order_id=order.pk).first()
    if serial is None:
        raise Refused(_("This serial number was removed already."))
    facts = {"number": serial.number, "item": serial.order_line.title}
    record(actor, "serial.removed", serial, parent=order, **facts)
    serial.delete()
