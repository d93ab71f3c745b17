"""Money: exact decimals in the order's currency, split without losing a cent.

Sources: DESIGN section 3 (numbers the maths must reproduce), I3.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from functools import lru_cache

from babel.numbers import get_currency_precision

ZERO = Decimal(0)


@lru_cache
def exponent(currency: str) -> int:
    """Number of decimals the currency `currency` (ISO 4217) is paid in: JPY 0, GBP 2, KWD 3."""
    return int(get_currency_precision(currency))


@lru_cache
def cent(currency: str) -> Decimal:
    """The smallest payable amount of `currency`, for example Decimal("0.01")."""
    return Decimal(1).scaleb(-exponent(currency))


def quantise(amount: Decimal, currency: str) -> Decimal:
    """`amount` rounded half up (away from zero) to the smallest payable amount of `currency`."""
    return amount.quantize(cent(currency), rounding=ROUND_HALF_UP)


def allocate(total: Decimal, weights: Sequence[Decimal], currency: str) -> list[Decimal]:
    """Split `total` in proportion to `weights` by largest remainder.

    Returns one amount per weight, each payable in `currency`; they sum to `total` exactly. Equal
    remainders favour the earlier weight. Weights of all zero split evenly. `total` may be
    negative; it must be payable. Raises ValueError for no weights or a negative weight.
    """
    if not weights or any(weight < 0 for weight in weights):
        raise ValueError("Weights must be given and must not be negative.")
    unit = cent(currency)
    parts = weights if any(weights) else [Decimal(1)] * len(weights)
    whole = sum(parts, ZERO)
    exact = [total * part / whole for part in parts]
    shares = [share.quantize(unit, rounding=ROUND_DOWN) for share in exact]
    left = int((total - sum(shares, ZERO)) / unit)
    step = unit if left >= 0 else -unit
    by_remainder = sorted(range(len(parts)), key=lambda i: -abs(exact[i] - shares[i]))
    for index in by_remainder[: abs(left)]:
        shares[index] += step
    return shares


def split_units(total: Decimal, quantity: int, currency: str) -> list[Decimal]:
    """Split a line's `total` into `quantity` unit amounts payable in `currency`.

    They sum to `total`; units differ by at most one cent and the last units take the rest, so 36.01
    over 4 gives 9.00, 9.00, 9.00, 9.01. Raises ValueError for a quantity below one.
    """
    if quantity < 1:
        raise ValueError("A line has at least one unit.")
    return allocate(total, [Decimal(1)] * quantity, currency)[::-1]


def sum_of_units(total: Decimal, quantity: int, first: int, count: int, currency: str) -> Decimal:
    """What units `first` .. `first + count - 1` (counted from 0) of a line's `total` are worth.

    Equal to summing that slice of `split_units`, without building the list: lines may have
    80,000 units.
    """
    if quantity < 1 or first < 0 or count < 0 or first + count > quantity:
        raise ValueError("These units are not on the line.")
    unit = cent(currency)
    cents = int(total / unit)
    sign = -1 if cents < 0 else 1
    base, extra = divmod(abs(cents), quantity)
    with_extra = max(0, first + count - max(first, quantity - extra))
    return sign * (base * count + with_extra) * unit
