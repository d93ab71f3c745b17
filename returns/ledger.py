"""Questions to the refund ledger (F12)."""

from __future__ import annotations

from decimal import Decimal

from django.db.models import Sum

from accounts.actor import Actor
from returns.models import RefundEntry

ZERO = Decimal(0)


def reseller_credit(actor: Actor, customer_id: int, currency: str) -> Decimal:
    """What a reseller has been given as reseller credit over all its orders, in `currency`."""
    given = (
        RefundEntry.objects.visible_to(actor)
        .filter(
            order__customer_id=customer_id,
            currency=currency,
            method=RefundEntry.Method.RESELLER_CREDIT,
        )
        .aggregate(total=Sum("amount"))
    )
    return given["total"] or ZERO
