"""Locks, always taken in one order: order -> return -> RMA -> line (DESIGN section 3)."""

from __future__ import annotations

from collections.abc import Iterable

from accounts.actor import Actor
from accounts.models import Merchant
from orders.models import Order, OrderImport, OrderLine
from returns.models import Return
from rmas.models import Rma


def lock_merchant(actor: Actor) -> Merchant:
    """The actor's merchant as it is now; who changes its settings waits until the transaction ends.

    Rows that name the merchant can be written meanwhile.
    """
    merchants = Merchant.objects.select_for_update(of=("self",), no_key=True)
    return merchants.get(pk=actor.merchant_id)


def lock_order(actor: Actor, order_id: int) -> Order:
    """The order with its channel and customer, locked until the transaction ends, as it is now."""
    orders = Order.objects.visible_to(actor).select_related("channel", "customer")
    return orders.select_for_update(of=("self",)).get(pk=order_id)


def lock_return(actor: Actor, return_id: int) -> Return:
    """The return, locked until the transaction ends, as it is now."""
    return Return.objects.visible_to(actor).select_for_update(of=("self",)).get(pk=return_id)


def lock_rma(actor: Actor, rma_id: int) -> Rma:
    """The RMA with vendor and decider, locked until the transaction ends. Lock its return first."""
    return (
        Rma.objects.visible_to(actor)
        .select_for_update(of=("self",))
        .select_related("vendor", "decided_by")
        .get(pk=rma_id)
    )


def lock_order_lines(order: Order, line_ids: Iterable[int]) -> dict[int, OrderLine]:
    """Those of `order`'s lines, locked in id order, by id. Others of `line_ids` are left out."""
    lines = (
        OrderLine.objects.select_for_update(of=("self",))
        .select_related("product", "shipment")
        .filter(merchant_id=order.merchant_id, order=order, pk__in=list(line_ids))
        .order_by("pk")
    )
    return {line.pk: line for line in lines}


def lock_import(actor: Actor, import_id: int) -> OrderImport:
    """The import, locked until the transaction ends, as it is now."""
    return OrderImport.objects.visible_to(actor).select_for_update(of=("self",)).get(pk=import_id)
