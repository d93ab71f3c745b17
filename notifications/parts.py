"""What the mails are put together from."""

from __future__ import annotations

from typing import Any

from django.template.loader import render_to_string
from django.urls import reverse

from orders.models import FulfillmentRequest, OrderLine
from rmas.models import Rma


def purchase_order_of(rma: Rma) -> str:
    """The page on which the vendor finds the RMA: the purchase order that sent the goods."""
    returned = OrderLine.objects.filter(return_lines__rma_lines__rma=rma).values(
        "fulfillment_request"
    )
    mine = FulfillmentRequest.objects.filter(
        merchant_id=rma.merchant_id, order_id=rma.order_id, vendor_id=rma.vendor_id
    )
    found = mine.filter(pk__in=returned).order_by("pk").first() or mine.order_by("pk").first()
    slug = rma.merchant.slug
    if found is None:
        return reverse("vendor_portal:purchase_orders", args=[slug])
    return reverse("vendor_portal:purchase_order", args=[slug, found.public_id])


def parts(template: str, **context: Any) -> dict[str, str]:
    """Text and HTML of a mail, from the two templates of that name."""
    return {
        "text": render_to_string(f"notifications/{template}.txt", context),
        "html": render_to_string(f"notifications/{template}.html", context),
    }
