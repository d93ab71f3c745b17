"""How much may still be refunded: the one function that is both the default and the ceiling.

Pure: plain values in, Decimal out. Sources: F12, I3, DESIGN section 3.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from core.money import ZERO, quantise, sum_of_units


@dataclass(frozen=True, slots=True)
class LineMoney:
    """An order line as the refund maths sees it.

    `total` is what was paid for all `quantity` units (discount taken off, tax included), payable
    in `currency`; `returned` units are on returns not canceled, which agreed to refund `agreed`.
    """

    total: Decimal
    quantity: int
    returned: int
    agreed: Decimal
    currency: str


def refundable(line: LineMoney, units: int) -> Decimal:
    """The most that returning `units` more units of `line` may refund, and what is proposed.

    Units are worth what was paid for them: the line's total split by `core.money.split_units`, in
    order, so that a line returned in parts refunds its total to the cent. What earlier returns were
    given beyond their share is not given again, and what they were denied is not given for other
    units. Zero for a free line; never negative. Raises ValueError for units that are not left.
    """
    if units < 0 or line.returned + units > line.quantity:
        raise ValueError("Not that many units are left on the line.")
    left = max(line.total - line.agreed, ZERO)
    share = sum_of_units(line.total, line.quantity, line.returned, units, line.currency)
    return min(share, left)


def shipping_refundable(paid: Decimal, agreed: Decimal) -> Decimal:
    """What of an order's shipping may still be refunded: `paid` for all parcels, less `agreed`.

    Paid is after promotions, tax included; shipping that was free refunds nothing. Never negative.
    """
    return max(paid - agreed, ZERO)


def tax_share(
    amount: Decimal, total: Decimal, tax: Decimal, currency: str, *, before: Decimal = ZERO
) -> Decimal:
    """The tax in a refund of `amount`, of a line or charge whose `total` holds `tax`.

    `before` was refunded already. Tax is counted over everything refunded so far and rounded there,
    so that parts hold the tax of the whole, in whatever steps it is refunded: a partial refund
    gives tax back on itself only. Zero for a free line.
    """
    if not total:
        return ZERO
    return quantise(tax * (before + amount) / total, currency) - quantise(
        tax * before / total, currency
    )
