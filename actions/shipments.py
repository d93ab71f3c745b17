"""Verbs of return shipments (F13)."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.actor import Actor
from actions.base import action
from actions.locks import lock_return, lock_rma
from actions.progress import refresh
from audit.record import record
from core.errors import Refused
from returns.states import ReturnStatus
from rmas.models import Rma, RmaLine
from shipments.models import ReturnShipment, ReturnShipmentLine


@dataclass(frozen=True, slots=True)
class ShipmentRequest:
    """A parcel to announce: `quantities` by RMA line id."""

    carrier: str
    tracking_number: str
    return_address: str
    quantities: dict[int, int]
    note: str = ""


def quantity_field(rma_line_id: int) -> str:
    """How a refusal names the quantity of one RMA line."""
    return f"quantity-{rma_line_id}"


@action("shipment.add")
def add_shipment(actor: Actor, rma: Rma, request: ShipmentRequest) -> ReturnShipment:
    """Announce a parcel with approved units of `rma` that are not on their way yet.

    Raises Refused with the field when units are not approved or already shipped. Moves no
    inventory and marks nothing as received.
    """
    found = lock_return(actor, rma.customer_return_id)
    locked = lock_rma(actor, rma.pk)
    if found.status != ReturnStatus.OPEN:
        raise Refused(_("This return is not open. Re-open it before adding a shipment."))
    lines = {line.pk: line for line in locked.lines.select_for_update(of=("self",)).order_by("pk")}
    wanted = {pk: quantity for pk, quantity in request.quantities.items() if quantity}
    _check(lines, wanted)
    shipment = ReturnShipment.objects.create(
        merchant=actor.merchant,
        customer_return=found,
        rma=locked,
        return_address=request.return_address,
        carrier=request.carrier,
        tracking_number=request.tracking_number,
        note=request.note,
        added_by=actor.user,
    )
    ReturnShipmentLine.objects.bulk_create(
        ReturnShipmentLine(
            merchant=actor.merchant, shipment=shipment, rma_line_id=pk, quantity=quantity
        )
        for pk, quantity in wanted.items()
    )
    RmaLine.objects.bulk_update(
        [RmaLine(pk=pk, shipped=F("shipped") + quantity) for pk, quantity in wanted.items()],
        ["shipped"],
    )
    refresh(found)
    record(
        actor,
        "shipment.added",
        shipment,
        parent=found,
        carrier=shipment.carrier,
        tracking=shipment.tracking_number,
        note=shipment.note,
    )
    return shipment


def _check(lines: dict[int, RmaLine], wanted: dict[int, int]) -> None:
    if not wanted:
        raise Refused(_("Enter how many units are in the parcel."))
    for pk, quantity in wanted.items():
        if pk not in lines:
            raise Refused(_("One of these items is not on this RMA. Reload the page."))
        left = lines[pk].approved - lines[pk].shipped
        if quantity < 0:
            raise Refused(_("A quantity cannot be negative."), field=quantity_field(pk))
        if quantity > left:
            sentence = ngettext(
                "Only %(left)s approved unit is left to send.",
                "Only %(left)s approved units are left to send.",
                left,
            )
            raise Refused(sentence % {"left": left}, field=quantity_field(pk))
