"""How much may still be refunded: the one function that is both the default and the ceiling.

Pure: plain values in, Decimal out. Sources: F12, I3, DESIGN section 3.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from core.money import ZERO, sum_of_units


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
    order. The last units take whatever is left, so that a line returned in parts refunds its total
    to the cent, and what earlier returns were given beyond their share is not given again. Zero for
    a free line; never negative. Raises ValueError for units that are not left on the line.
    """
    if units < 0 or line.returned + units > line.quantity:
        raise ValueError("Not that many units are left on the line.")
    left = max(line.total - line.agreed, ZERO)
    if line.returned + units == line.quantity:
        return left
    share = sum_of_units(line.total, line.quantity, line.returned, units, line.currency)
    return min(share, left)
