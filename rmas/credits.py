"""What a vendor owes for an RMA, and how it spreads over the lines (F12). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from core.money import ZERO, allocate, quantise


def credit_shares(costs: Sequence[Decimal], agreed: Decimal, currency: str) -> list[Decimal]:
    """`agreed` split over lines in proportion to their `costs`, payable in `currency`.

    Sums to `agreed` exactly: two lines of 1.00 with 1.03 agreed give 0.52 and 0.51. No lines give
    no shares; raises ValueError for a negative cost.
    """
    if not costs or agreed == ZERO:
        return [ZERO] * len(costs)
    return allocate(agreed, costs, currency)


def expected_credit(
    approved: Iterable[tuple[int, Decimal]], adjustment: Decimal, currency: str
) -> Decimal:
    """What the vendor owes: `approved` units at their cost each, plus the agreed `adjustment`.

    Rounded once to what `currency` is paid in. Nothing while no unit is approved; never negative.
    """
    counted = list(approved)
    if not any(units for units, _cost in counted):
        return ZERO
    cost = sum((units * cost for units, cost in counted), ZERO)
    return max(quantise(cost, currency) + adjustment, ZERO)
