"""Which earlier purchases a historical cancellation takes back: first in, first out (F3).

Pure: purchases and cancellations of one customer and one product go in, in the order of the file.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from core.money import quantise
from orders.readers.base import Reason, TakenBack
from profiles.refundable import LineMoney, refundable


@dataclass(slots=True)
class Purchase:
    """An order line that may come back. `line` is its line in this file, 0 if it is from another.

    `returned` and `agreed` are what all returns so far take back and refund. `later` of those units
    are on returns that an earlier load made of cancellations further down in this file.
    """

    order_line_id: int
    order_id: int
    line: int
    quantity: int
    returned: int
    total: Decimal
    agreed: Decimal
    later: int = 0

    @property
    def left(self) -> int:
        """Units not returned yet."""
        return self.quantity - self.returned


@dataclass(slots=True)
class Piece:
    """Units of one purchase that a cancellation takes back, and what they refund."""

    purchase: Purchase
    units: int
    refund: Decimal


@dataclass(slots=True)
class Cancellation:
    """A row that takes units back, and what became of it: pieces, a reason against, or neither.

    Neither means that the units are on a return made by an earlier load (`is_recorded`).
    """

    invoice: str
    canceled_at: datetime
    customer: str
    row: TakenBack
    pieces: list[Piece] = field(default_factory=list)
    reason: Reason | None = None
    is_recorded: bool = False

    @property
    def units(self) -> int:
        """How many units it takes back, a positive number."""
        return -self.row.amount.quantity


Claims = dict[str, list[tuple[Purchase, int]]]


def match(
    cancellations: Iterable[Cancellation],
    purchases: Sequence[Purchase],
    recorded: Claims,
    currency: str,
) -> None:
    """Decide each of `cancellations`: fill its pieces, or set its reason or `is_recorded`.

    Only purchases on lines before the cancellation count, the first ones first. A row that asks
    for more than is left takes nothing at all. `recorded` says what earlier loads took for a
    cancellation's invoice; such an invoice is not matched again. All of one customer and one
    product; `purchases` sorted by line.
    """
    for claims in recorded.values():
        for purchase, units in claims:
            purchase.later += units
    before: list[Purchase] = []
    bought: deque[Purchase] = deque()
    ahead = deque(purchases)
    for cancellation in cancellations:
        while ahead and ahead[0].line < cancellation.row.line:
            before.append(ahead[0])
            bought.append(ahead.popleft())
        if cancellation.invoice in recorded:
            claims = recorded[cancellation.invoice]
            if cancellation.units <= sum(units for _purchase, units in claims):
                recorded[cancellation.invoice] = _pass(claims, cancellation.units)
                cancellation.is_recorded = True
                continue
        elif cancellation.units <= sum(purchase.left for purchase in bought):
            cancellation.pieces = _take(bought, cancellation, currency)
            continue
        had_some = any(purchase.left + purchase.later for purchase in before)
        cancellation.reason = (
            Reason.RETURN_OF_TOO_MANY if had_some else Reason.RETURN_WITHOUT_PURCHASE
        )


def _pass(claims: list[tuple[Purchase, int]], units: int) -> list[tuple[Purchase, int]]:
    """Come past a cancellation an earlier load returned: its claims less `units`."""
    kept = []
    for purchase, claimed in claims:
        taken = min(claimed, units)
        purchase.later -= taken
        units -= taken
        if claimed > taken:
            kept.append((purchase, claimed - taken))
    return kept


def _take(bought: deque[Purchase], cancellation: Cancellation, currency: str) -> list[Piece]:
    """Take the units off the first of `bought`; each refunds its price, as far as was paid."""
    pieces = []
    wanted = cancellation.units
    while wanted:
        purchase = bought[0]
        if not purchase.left:
            bought.popleft()
            continue
        units = min(wanted, purchase.left)
        paid = LineMoney(
            purchase.total, purchase.quantity, purchase.returned, purchase.agreed, currency
        )
        asked = quantise(units * cancellation.row.amount.unit_price, currency)
        refund = min(asked, refundable(paid, units))
        purchase.returned += units
        purchase.agreed += refund
        pieces.append(Piece(purchase, units, refund))
        wanted -= units
    return pieces
