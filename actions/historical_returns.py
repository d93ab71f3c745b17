"""Cancellations of an order file become closed returns of what was bought before (F3)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from actions.order_blocks import Assembler, Calendar, Invoice, escaped
from actions.order_staging import Staging
from actions.return_matching import Cancellation, Claims, Piece, Purchase, match
from actions.return_statements import (
    BOUGHT_LINES,
    BOUGHT_ORDERS,
    CREATE_RETURNS,
    CUSTOMERS,
    DROP_RETURNS,
    LOCK_ORDERS,
    PRODUCTS,
    RECORDED,
    RECORDED_LINES,
    SPREAD_RETURNS,
)
from core.money import ZERO

Recorded = dict[str, dict[int, list[tuple[Purchase, int]]]]


@dataclass(slots=True)
class HistoricalReturn:
    """One return to be made: what one cancellation takes back of one order."""

    number: str
    order_id: int
    canceled_at: str
    lines: dict[int, tuple[int, Decimal]] = field(default_factory=dict)

    def add(self, piece: Piece) -> None:
        """Take one more piece; an order line is on a return once."""
        units, refund = self.lines.get(piece.purchase.order_line_id, (0, ZERO))
        self.lines[piece.purchase.order_line_id] = units + piece.units, refund + piece.refund

    @property
    def units(self) -> int:
        """Units of all lines."""
        return sum(units for units, _refund in self.lines.values())

    @property
    def refund(self) -> Decimal:
        """What all lines refund."""
        return sum((refund for _units, refund in self.lines.values()), ZERO)


def load_returns(staging: Staging, assembler: Assembler, currency: str) -> list[Cancellation]:
    """Write the returns of the file whose orders `staging` has written.

    Returns every row that takes goods back, decided, in the order of the file. Orders that were
    there before stay locked until the transaction ends.
    """
    cancellations = [
        Cancellation(stretch.invoice, stretch.placed_at, stretch.customer, row)
        for stretch in assembler.returns
        for row in stretch.taken_back
    ]
    if not cancellations:
        return []
    for table in CREATE_RETURNS:
        staging.run(table)
    by_pair = defaultdict(list)
    for cancellation in cancellations:
        by_pair[cancellation.customer, cancellation.row.sku].append(cancellation)
    order_ids = _bought_orders(staging, list(by_pair))
    purchases = _purchases(staging, order_ids, assembler.invoices.values())
    recorded = _recorded(staging, order_ids, {one.invoice for one in cancellations}, purchases)
    for pair, rows in enumerate(by_pair.values()):
        claims: Claims = {
            one.invoice: recorded[one.invoice][pair] for one in rows if one.invoice in recorded
        }
        match(rows, purchases[pair], claims, currency)
    _write(staging, _returns(cancellations, assembler.calendar))
    staging.run(DROP_RETURNS)
    return cancellations


def _bought_orders(staging: Staging, pairs: list[tuple[str, str]]) -> list[int]:
    """The orders of everybody who cancels something, locked if others may know of them."""
    customers = dict(staging.rows(CUSTOMERS, keys=sorted({customer for customer, _sku in pairs})))
    products = dict(staging.rows(PRODUCTS, keys=sorted({sku for _customer, sku in pairs})))
    staging.copy(
        "load_pair",
        (
            f"{place}\t{customers[customer]}\t{products[sku]}\n"
            for place, (customer, sku) in enumerate(pairs)
            if customer in customers and sku in products
        ),
    )
    found = staging.rows(BOUGHT_ORDERS, customers=list(customers.values()))
    order_ids = [order_id for (order_id,) in found]
    staging.rows(LOCK_ORDERS, ids=sorted(set(order_ids) - staging.new_order_ids()))
    return order_ids


def _purchases(
    staging: Staging, order_ids: list[int], invoices: Iterable[Invoice]
) -> dict[int, list[Purchase]]:
    """What was bought of each pair, in the order of the file; what other files brought is first."""
    ids = staging.order_ids()
    filed = {ids[invoice.number]: invoice for invoice in invoices if invoice.number in ids}
    purchases: dict[int, list[Purchase]] = defaultdict(list)
    for pair, line_id, order_id, position, *sold in staging.rows(BOUGHT_LINES, ids=order_ids):
        invoice = filed.get(order_id)
        line = invoice.line_of(position) if invoice else 0
        purchases[pair].append(Purchase(line_id, order_id, line, *sold))
    for of_pair in purchases.values():
        of_pair.sort(key=lambda purchase: purchase.line)
    return purchases


def _recorded(
    staging: Staging,
    order_ids: list[int],
    cancellations: set[str],
    purchases: Mapping[int, list[Purchase]],
) -> Recorded:
    """What returns of earlier loads take back, by cancellation and pair. Others are left out."""
    there = {number for (number,) in staging.rows(RECORDED, keys=sorted(cancellations))}
    recorded: Recorded = {number: defaultdict(list) for number in there}
    if not there:
        return recorded
    known = {
        purchase.order_line_id: (pair, purchase)
        for pair, of_pair in purchases.items()
        for purchase in of_pair
    }
    for number, line_id, units in staging.rows(RECORDED_LINES, ids=order_ids):
        cancellation = number if number in there else number.rpartition("-")[0]
        if cancellation in there and line_id in known:
            pair, purchase = known[line_id]
            recorded[cancellation][pair].append((purchase, units))
    return recorded


def _returns(cancellations: Sequence[Cancellation], calendar: Calendar) -> list[HistoricalReturn]:
    """One return for each cancellation and order, numbered like the cancellation (-2, -3, …)."""
    found: dict[tuple[str, int], HistoricalReturn] = {}
    names = {cancellation.invoice for cancellation in cancellations}
    latest: dict[str, int] = {}
    for cancellation in cancellations:
        for piece in cancellation.pieces:
            invoice, order_id = cancellation.invoice, piece.purchase.order_id
            made = found.get((invoice, order_id))
            if made is None:
                place = latest.get(invoice, 0) + 1
                while place > 1 and f"{invoice}-{place}" in names:
                    place += 1
                latest[invoice] = place
                number = invoice if place == 1 else f"{invoice}-{place}"
                made = HistoricalReturn(number, order_id, calendar.at(cancellation.canceled_at))
                found[invoice, order_id] = made
            made.add(piece)
    return list(found.values())


def _write(staging: Staging, returns: list[HistoricalReturn]) -> None:
    if not returns:
        return
    staging.copy(
        "load_return",
        (
            f"{place}\t{escaped(made.number)}\t{made.order_id}\t{made.canceled_at}\t"
            f"{len(made.lines)}\t{made.units}\t{made.refund:f}\n"
            for place, made in enumerate(returns)
        ),
    )
    staging.copy(
        "load_return_line",
        (
            f"{place}\t{line_id}\t{units}\t{refund:f}\n"
            for place, made in enumerate(returns)
            for line_id, (units, refund) in made.lines.items()
        ),
    )
    order_ids = list({made.order_id for made in returns})
    line_ids = list({line_id for made in returns for line_id in made.lines})
    for table, statement in SPREAD_RETURNS:
        staging.created[table] += staging.run(statement, order_ids=order_ids, line_ids=line_ids)
