"""What the tests of the vendor portal share: addresses, forms, and who opens what."""

from __future__ import annotations

import re
from typing import Any

from django.test import Client

from orders.models import FulfillmentRequest
from returns.models import Return
from rmas.models import Rma
from tests.cast import Cast
from tests.factories import Item, made_return, new_key, shipped_order

VERB = re.compile(r'href="/vendors/[^/]+/rmas/[^/]+/(\w+)/"')


def address(rma: Rma, verb: str, merchant: str = "acme") -> str:
    """Where a verb of an RMA is done."""
    return f"/vendors/{merchant}/rmas/{rma.public_id}/{verb}/"


def page_of(rma: Rma) -> str:
    """The purchase order an RMA is shown in."""
    request = FulfillmentRequest.objects.filter(order=rma.order_id, vendor=rma.vendor_id).get()
    return f"/vendors/acme/purchase-orders/{request.public_id}/"


def verbs_on(client: Client, rma: Rma) -> list[str]:
    """The verbs the vendor is offered on the purchase order; one may always write about it."""
    found = dict.fromkeys(VERB.findall(client.get(page_of(rma)).content.decode()))
    return [verb for verb in found if verb != "messages"]


def form(rma: Rma, **typed: Any) -> dict[str, Any]:
    """A form as the page hands it out now, with what is typed in it."""
    rma.refresh_from_db()
    return {"key": new_key(), "version": rma.version, "note": "", **typed}


def send(client: Client, rma: Rma, verb: str, **typed: Any) -> Any:
    """Fill the form of a verb in and send it."""
    return client.post(address(rma, verb), form(rma, **typed))


def decisions(rma: Rma, *typed: tuple[int | str, str]) -> dict[str, Any]:
    """The inputs of the page of decisions: units approved and the reason, line by line."""
    return {
        f"rma-line-{line.pk}-{name}": value
        for line, values in zip(rma.lines.order_by("id"), typed, strict=True)
        for name, value in zip(("approved", "reason"), values, strict=True)
    }


def lanterns(cast: Cast, *, units: int = 2, **more: Any) -> Return:
    """A return of lanterns and hangers that Northlight sent, made by Bob."""
    items = (
        Item(4, "10.00", title="White metal lantern"),
        Item(4, "5.00", title="Coat hanger"),
    )
    order = shipped_order(cast.acme, *items, vendor=cast.northlight, customer=cast.cora_row)
    return made_return(cast.bob, order, units=units, **more)


def strategy(cast: Cast, *, approve: bool, process: bool) -> None:
    """Set the merchant's switches."""
    cast.acme.rma_auto_approve = approve
    cast.acme.rma_auto_process = process
    cast.acme.save()
