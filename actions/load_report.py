"""What loading an order file did, or would do (F3)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from orders.readers.base import Reason, Reject

# Every data row of a file counts under exactly one of these.
ROW_KINDS = (
    "sales",
    "guest_sales",
    "charges",
    "returns",
    "returns_of_too_many",
    "returns_without_purchase",
    "returns_without_customer",
    "returns_of_charges",
    "stock_corrections",
    "bad_debts",
    "unreadable",
)
KIND_OF_REASON = {
    Reason.STOCK_CORRECTION: "stock_corrections",
    Reason.BAD_DEBT: "bad_debts",
    Reason.RETURN_OF_CHARGE: "returns_of_charges",
    Reason.RETURN_WITHOUT_CUSTOMER: "returns_without_customer",
    Reason.RETURN_WITHOUT_PURCHASE: "returns_without_purchase",
    Reason.RETURN_OF_TOO_MANY: "returns_of_too_many",
}
CREATED = (
    "orders",
    "lines",
    "customers",
    "products",
    "fulfillment_requests",
    "shipments",
    "invoices",
    "returns",
    "return_lines",
    "refund_entries",
)


@dataclass(slots=True)
class LoadReport:
    """The outcome of one load; of a dry run, what it would be.

    `counts` has one entry per row kind (`ROW_KINDS`), which sum to `rows`. `created` has what was
    written, by table. `existing` has the `orders` and `returns` that were there before, and the
    `different_orders` among them, named in `different`; they stay as they are. `facts` has further
    figures of the file: `invoices` that are no cancellations, `cancellations`, `sales_at_zero`,
    `units_returned`, and `orders_of_charges_only`. `rejects` are in the order of the file.
    """

    file_name: str
    format: str
    dry_run: bool
    rows: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    created: dict[str, int] = field(default_factory=dict)
    existing: dict[str, int] = field(default_factory=dict)
    facts: dict[str, int] = field(default_factory=dict)
    different: list[str] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def rejects_by_reason(self) -> dict[str, int]:
        """How many rows were rejected for each reason code."""
        return dict(Counter(reject.reason.value for reject in self.rejects).most_common())

    def as_json(self) -> dict[str, Any]:
        """Everything but the rejected rows themselves, as JSON values."""
        return {
            "file": self.file_name,
            "format": self.format,
            "dry_run": self.dry_run,
            "rows": self.rows,
            "counts": self.counts,
            "created": self.created,
            "existing": self.existing,
            "facts": self.facts,
            "different": self.different[:100],
            "rejected": len(self.rejects),
            "rejects": self.rejects_by_reason,
            "seconds": round(self.seconds, 2),
        }
