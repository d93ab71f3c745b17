"""What was sold and how it reached the customer; what was subscribed to and charged."""

from __future__ import annotations

from orders.models.orders import (
    Channel,
    ChannelInvoice,
    FulfillmentRequest,
    FulfillmentRequestQuerySet,
    Order,
    OrderImport,
    OrderLine,
    OrderQuerySet,
    Product,
    SerialNumber,
    Shipment,
)
from orders.models.subscriptions import (
    Charge,
    Connection,
    Offer,
    OfferCycle,
    RmaLevel,
    Subscription,
    SubscriptionStatus,
)

__all__ = [
    "Channel",
    "ChannelInvoice",
    "Charge",
    "Connection",
    "FulfillmentRequest",
    "FulfillmentRequestQuerySet",
    "Offer",
    "OfferCycle",
    "Order",
    "OrderImport",
    "OrderLine",
    "OrderQuerySet",
    "Product",
    "RmaLevel",
    "SerialNumber",
    "Shipment",
    "Subscription",
    "SubscriptionStatus",
]
