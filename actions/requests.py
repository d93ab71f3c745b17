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
    """The RMA for one destination. An empty number takes the next one of the merchant's series.

    `save_address` puts the return-to address into the address book, as `address_label`.
    """

    destination_id: int
    number: str = ""
    return_address: str = ""
    note: str = ""
    approve: bool = False
    credit_adjustment: Decimal = ZERO
    save_address: bool = False
    address_label: str = ""


@dataclass(frozen=True, slots=True)
class FurtherRma:
    """An RMA on a return that is there: units and costs per unit by return line id (F9).

    A line without a cost takes the product's.
    """

    rma: RmaRequest
    quantities: dict[int, int]
    unit_costs: dict[int, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReturnRequest:
    """A whole return: lines, one RMA per destination, and what the customer gets (F7).

    `refund_method` says how a reseller gets its money once the refund is applied; other channels
    pay themselves.
    """

    lines: list[LineRequest]
    rmas: list[RmaRequest] = field(default_factory=list)
    number: str = ""
    refund_adjustment: Decimal = ZERO
    adjustment_reason: str = ""
    refund_shipping: Decimal = ZERO
    apply_to_invoice: bool = False
    refund_method: str = ""
    note: str = ""

    @property
    def rma_of(self) -> dict[int, RmaRequest]:
        """What is asked of each destination's RMA, in the order of the lines."""
        wanted = {rma.destination_id: rma for rma in self.rmas}
        places = dict.fromkeys(line.destination_id for line in self.lines)
        return {pk: wanted.get(pk, RmaRequest(pk)) for pk in places}
