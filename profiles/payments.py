"""Which payments of an order a refund goes back to. Pure (I3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from core.money import ZERO


@dataclass(frozen=True, slots=True)
class Payment:
    """One payment in the order's currency: `refunded` counts refunds on their way as well.

    `is_refundable` is False for methods that cannot pay back.
    """

    paid: Decimal
    refunded: Decimal = ZERO
    is_refundable: bool = True

    @property
    def left(self) -> Decimal:
        """What may still be paid back by this method."""
        return max(self.paid - self.refunded, ZERO) if self.is_refundable else ZERO


def over_payments(amount: Decimal, payments: Sequence[Payment]) -> list[Decimal]:
    """How much of a refund of `amount` goes back by each of `payments`, filled in their order.

    Raises ValueError for more than is left on all of them together, and for nothing or less.
    """
    if amount <= ZERO:
        raise ValueError("A refund is above zero.")
    shares = []
    for payment in payments:
        share = min(amount, payment.left)
        shares.append(share)
        amount -= share
    if amount:
        raise ValueError("That much is not left on these payments.")
    return shares
