"""What was paid for each line of an order: discount spread, then tax, both rounded once.

Pure. Whoever brings an order in prices its lines here, so that `total` of a line is what was paid
for it and the refund maths needs no rate and no discount. Sources: I3, DESIGN section 3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from core.money import ZERO, allocate, quantise


@dataclass(frozen=True, slots=True)
class Price:
    """An amount and the tax on it, payable in its currency; `total` is what was paid."""

    net: Decimal
    tax: Decimal

    @property
    def total(self) -> Decimal:
        """Net and tax together."""
        return self.net + self.tax


@dataclass(frozen=True, slots=True)
class Goods:
    """A line as it was sold; `tax_rate` in percent, `discount` the line's own, before tax.

    `tax_included`: whether price and discount hold the tax already.
    """

    quantity: int
    unit_price: Decimal
    discount: Decimal = ZERO
    tax_rate: Decimal = ZERO
    tax_included: bool = False


def with_tax(amount: Decimal, rate: Decimal, currency: str, *, included: bool = False) -> Price:
    """`amount` as net and tax at `rate` percent, which it holds already when `included`.

    Only the tax is rounded; what is left of the amount is net, so that the parts make the whole.
    """
    amount = quantise(amount, currency)
    if included:
        tax = quantise(amount * rate / (100 + rate), currency)
        return Price(amount - tax, tax)
    return Price(amount, quantise(amount * rate / 100, currency))


def spread_discount(amounts: Sequence[Decimal], discount: Decimal, currency: str) -> list[Decimal]:
    """How much of an order's `discount` falls on each of `amounts`, in proportion to them.

    Never more than the amount itself: what exceeds all of them together is no discount. Raises
    ValueError for a negative discount or amount.
    """
    if discount < ZERO:
        raise ValueError("A discount is not negative.")
    if not amounts:
        return []
    return allocate(min(discount, sum(amounts, ZERO)), amounts, currency)


def price_lines(lines: Sequence[Goods], discount: Decimal, currency: str) -> list[Price]:
    """What was paid for each of `lines` of one order with `discount` off the whole, before tax.

    Discounts come off first and tax is taken of the rest; none makes a line negative.
    """
    amounts = [
        max(quantise(line.quantity * line.unit_price - line.discount, currency), ZERO)
        for line in lines
    ]
    parts = spread_discount(amounts, discount, currency)
    return [
        with_tax(amount - part, line.tax_rate, currency, included=line.tax_included)
        for line, amount, part in zip(lines, amounts, parts, strict=True)
    ]
