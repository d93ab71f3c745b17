"""Subscriptions and what judges their returns, for the world of the security tests."""

from __future__ import annotations

import uuid
from typing import Any

from accounts.models import Merchant, Vendor
from core.tenancy import tenant
from orders.models import Charge, Order, Shipment
from tests.factories import (
    ConnectionFactory,
    OfferCycleFactory,
    ReturnProfileFactory,
    subscribed,
)


def subscription_rows(
    merchant: Merchant, order_id: int
) -> list[tuple[str, uuid.UUID, dict[str, Any]]]:
    """A subscription of who placed the order, with all around it: noun, public id, inputs."""
    profile = ReturnProfileFactory(merchant=merchant)
    with tenant(merchant.pk):
        order = Order.objects.select_related("customer").get(pk=order_id)
        made = subscribed(merchant, order.customer, order=order, profile=profile)
        Charge.objects.update(shipment=Shipment.objects.get(order=order))
        offer, cycle = made.offer, made.offer.cycles.get()
        OfferCycleFactory(merchant=merchant, offer=offer, kind="trial")
        vendor = Vendor.objects.filter(merchant=merchant).order_by("pk")[0]
        ConnectionFactory(merchant=merchant, vendor=vendor)
    # Nobody has subscribed to this one, so its profile is the staff's alone.
    OfferCycleFactory(merchant=merchant, profile=ReturnProfileFactory(merchant=merchant))
    return [
        ("profile", profile.public_id, {}),
        ("offer", offer.public_id, {f"profile-{cycle.pk}": ""}),
        ("customer", order.customer.public_id, {"offer": str(offer.pk)}),
        ("subscription", made.public_id, {}),
    ]
