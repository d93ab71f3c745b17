"""What a person asks for when a return is made: plain values, checked by the action."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class LineRequest:
    """One order line that comes back. Money is in the order's currency.

    `refund` of None asks for all that is refundable; `unit_cost` of None takes the product's cost.
    """

    order_line_id: int
    quantity: int
    destination_id: int
    reason_id: int
    condition: str
    refund: Decimal | None = None
    unit_cost: Decimal | None = None


@dataclass(frozen=True, slots=True)
class RmaRequest:
    """The RMA for one destination. An empty number takes the next one of the merchant's series."""

    destination_id: int
    number: str = ""
    return_address: str = ""
    note: str = ""
    approve: bool = False
    credit_adjustment: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class ReturnRequest:
    """A whole return: lines, one RMA per destination, and what the customer gets (F7)."""

    lines: list[LineRequest]
    rmas: list[RmaRequest] = field(default_factory=list)
    number: str = ""
    refund_adjustment: Decimal = ZERO
    apply_to_invoice: bool = False
    note: str = ""
