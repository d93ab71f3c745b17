"""Money: exact decimals in the order's currency, split without losing a cent.

Sources: DESIGN section 3 (numbers the maths must reproduce), I3.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import lru_cache

from babel.numbers import get_currency_precision

ZERO = Decimal(0)
ONE = Fraction(1)
SIGNS = "£€$¥ \u00a0\u202f"
GROUPING = "[,. \u00a0\u202f]"
READINGS = {
    ".": re.compile(r"(?P<whole>[1-9]\d{0,2}([, \u00a0\u202f]\d{3})+|\d*)(\.(?P<fraction>\d*))?"),
    ",": re.compile(r"(?P<whole>[1-9]\d{0,2}([. \u00a0\u202f]\d{3})+|\d*),(?P<fraction>\d*)"),
}


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

    Returns one amount per weight, each payable in `currency`; they sum to `total` exactly, and each
    is its exact share rounded down or up. Equal remainders favour the earlier weight. Weights of
    all zero split evenly. `total` may be negative. Raises ValueError for no weights, a negative
    weight, or a `total` finer than `currency` is paid in.
    """
    if not weights or any(weight < 0 for weight in weights):
        raise ValueError("Weights must be given and must not be negative.")
    unit = cent(currency)
    cents = Fraction(total) / Fraction(unit)
    if cents.denominator != 1:
        raise ValueError(f"{total} is finer than {currency} is paid in.")
    parts = [Fraction(weight) for weight in weights] if any(weights) else [ONE] * len(weights)
    each = abs(cents) / sum(parts)
    shares = [int(each * part) for part in parts]
    remainders = [each * part - share for part, share in zip(parts, shares, strict=True)]
    by_remainder = sorted(range(len(parts)), key=lambda i: -remainders[i])
    for index in by_remainder[: int(abs(cents)) - sum(shares)]:
        shares[index] += 1
    step = unit if total >= 0 else -unit
    return [share * step for share in shares]


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


def read_amount(text: str, currency: str = "") -> Decimal:
    """The amount somebody typed: "100,00", "1,234.50", "1.234,50", "£4" or "\u22122.00".

    A point alone is the decimal mark, and so is a comma alone, except in "1,234": in dinars, which
    have three decimals, that is one and a bit, in other currencies more than a thousand. Raises
    ValueError for what is no amount, and for "1,234" when no `currency` is known.
    """
    plain = text.strip().replace("\u2212", "-").strip(SIGNS)
    sign = "-" if plain.startswith("-") else ""
    plain = plain.removeprefix(sign).strip(SIGNS)
    readings = {
        mark: re.sub(GROUPING, "", found["whole"]) + "." + (found["fraction"] or "0")
        for mark, pattern in READINGS.items()
        if (found := pattern.fullmatch(plain))
    }
    if len(readings) == 2 and currency:
        readings.pop("." if exponent(currency) == 3 else ",")
    if len(readings) != 1 or not any(char.isdigit() for char in plain):
        raise ValueError(f"{text!r} is no amount, or may be two.")
    return Decimal(sign + readings.popitem()[1])
