"""The restocking fee: what the merchant keeps of a refund. Pure (I3)."""

from __future__ import annotations

from decimal import Decimal

from core.money import ZERO, quantise


def restocking_fee(value: Decimal, percent: Decimal, currency: str) -> Decimal:
    """What is kept of goods whose refund would be `value`, tax included: `percent` of it.

    The fee holds tax at the goods' own rate, so the refund and its tax shrink alike. It never
    exceeds the value, and nothing is kept of nothing. Raises ValueError for a negative percentage.
    """
    if percent < ZERO:
        raise ValueError("A fee is not negative.")
    return max(min(quantise(value * percent / 100, currency), value), ZERO)
