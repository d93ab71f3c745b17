"""From the rows of an order file to blocks of whole invoices, ready to be copied (F3).

Pure: it numbers the invoices, products and fulfillment requests of one file, tells charges from
goods and works out totals. The database is `actions.order_staging`'s business.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from uuid import uuid4
from zlib import crc32
from zoneinfo import ZoneInfo

from core.money import ZERO, quantise
from orders.readers.base import Amount, Batch, Reject, RowKind, Stretch

BLOCK_LINES = 30_000
REMEMBERED = 200_000
NULL = "\\N"
# Looking a member up in its enumeration takes longer than looking a product up.
GOODS = RowKind.GOODS
SHIPS_AT = time(16, 0)
ARRIVES_AT = time(11, 30)
AT_HOME = "United Kingdom"
CARRIERS = (("Royal Mail", "RM"), ("DPD", "15"), ("Evri", "H0"))
CARRIERS_ABROAD = (("DHL Express", "JD"), ("UPS", "1Z"))


@dataclass(slots=True)
class Request:
    """What one vendor fulfils of one invoice."""

    number: int
    vendor_id: int
    line_count: int = 0
    unit_count: int = 0
    emitted: bool = False


@dataclass(slots=True)
class Invoice:
    """One invoice of the file while it is being read.

    `starts` are (first position, line of the file), one for each time the file comes to it; it is
    `late` when rows turned up after it had been handed on.
    """

    number: int
    name: str
    placed_at: datetime
    customer: str
    country: str
    line_count: int = 0
    paid: Decimal = ZERO
    charges: dict[RowKind, Decimal] = field(default_factory=dict)
    requests: dict[int, Request] = field(default_factory=dict)
    starts: list[tuple[int, int]] = field(default_factory=list)
    emitted: bool = False
    late: bool = False

    @property
    def unit_count(self) -> int:
        """Units of goods, whoever fulfils them."""
        return sum(request.unit_count for request in self.requests.values())

    @property
    def has_content(self) -> bool:
        """Whether there is anything to make an order of: goods, or a charge of some amount."""
        return self.line_count > 0 or any(self.charges.values())

    def line_of(self, position: int) -> int:
        """The line on which the file came to the stretch of rows that holds `position`."""
        return next(line for first, line in reversed(self.starts) if first <= position)

    def billed(self) -> tuple[Decimal, Decimal, Decimal, Decimal]:
        """Shipping, fee, other and discount of the channel invoice; only `other` may be negative.

        A discount is a charge below zero. What has the wrong sign counts as `other`.
        """
        charges = self.charges.get
        shipping, fee = charges(RowKind.SHIPPING, ZERO), charges(RowKind.FEE, ZERO)
        discount = -charges(RowKind.DISCOUNT, ZERO)
        wrong_sign = min(shipping, ZERO) + min(fee, ZERO) - min(discount, ZERO)
        other = charges(RowKind.OTHER, ZERO) + wrong_sign
        return max(shipping, ZERO), max(fee, ZERO), other, max(discount, ZERO)

    @property
    def discount(self) -> Decimal:
        """What discounts and other credits take off the goods; never more than they cost."""
        return min(self._credits, self.paid)

    @property
    def shipping_paid(self) -> Decimal:
        """Shipping, less what the credits take off beyond the goods."""
        shipping, _fee, _other, _discount = self.billed()
        return max(shipping - (self._credits - self.discount), ZERO)

    @property
    def _credits(self) -> Decimal:
        _shipping, _fee, other, discount = self.billed()
        return discount - min(other, ZERO)


@dataclass(slots=True)
class Block:
    """Some whole invoices as text for COPY, and the rejects between them.

    `numbers`, `buyers` and `skus` are the keys of its orders, and of the customers and products
    that no earlier block had.
    """

    numbers: list[str] = field(default_factory=list)
    buyers: list[str] = field(default_factory=list)
    skus: list[str] = field(default_factory=list)
    orders: list[str] = field(default_factory=list)
    customers: list[str] = field(default_factory=list)
    products: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    line_count: int = 0
    rejects: list[Reject] = field(default_factory=list)
    rows: int = 0


class Assembler:
    """Puts the rows of one file together; after the last block its attributes sum the file up.

    `vendors` says who fulfils a SKU when it is not the merchant's own warehouse, `warehouse_id`.
    """

    def __init__(
        self, zone: ZoneInfo, currency: str, vendors: Mapping[str, int], warehouse_id: int
    ) -> None:
        self.invoices: dict[str, Invoice] = {}
        self.returns: list[Stretch] = []
        self.late_titles: dict[str, str] = {}
        self.counts: Counter[str] = Counter()
        self._currency = currency
        self._vendors = vendors
        self._warehouse_id = warehouse_id
        self.calendar = Calendar(zone)
        self._customers: set[str] = set()
        self._products: dict[str, int] = {}
        self._titled: dict[str, str] = {}
        self._request_count = 0
        self._amounts: dict[Amount, tuple[Decimal, str]] = {}
        self._titles: dict[str, str] = {}
        self._touched: dict[int, Invoice] = {}
        self._block = Block()

    def blocks(self, batches: Iterable[Batch]) -> Iterator[Block]:
        """The whole file, some ten thousand order lines at a time, cut between invoices."""
        latest = None
        for batch in batches:
            self._block.rejects += batch.rejects
            self._block.rows += batch.rows
            for stretch in batch.stretches:
                if stretch.invoice != latest and self._block.line_count >= BLOCK_LINES:
                    yield self._finished()
                latest = stretch.invoice
                if stretch.is_cancellation:
                    self.returns.append(stretch)
                else:
                    self._add(stretch)
        yield self._finished()

    def _add(self, stretch: Stretch) -> None:
        """Put the rows of `stretch` onto its invoice. This loop must be quick."""
        invoice = self._come_to(stretch)
        amounts, titled, titles = self._amounts, self._titled, self._titles
        vendors, warehouse_id, requests = self._vendors, self._warehouse_id, invoice.requests
        position, paid, free = invoice.line_count, invoice.paid, 0
        lines = []
        for _line, kind, sku, title, amount in stretch.sold:
            total, columns = amounts.get(amount) or self._amount(amount)
            if kind is not GOODS:
                invoice.charges[kind] = invoice.charges.get(kind, ZERO) + total
                continue
            product = titled.get(sku) or self._product(sku, title)
            label = titles.get(title) or self._title(sku, title)
            vendor_id = vendors.get(sku, warehouse_id)
            request = requests.get(vendor_id) or self._request(invoice, vendor_id)
            request.line_count += 1
            request.unit_count += amount.quantity
            position += 1
            if total:
                paid += total
            else:
                free += not amount.unit_price
            lines.append(f"{request.number}\t{product}\t{position}\t{label}\t{columns}")
        self.counts["charges"] += len(stretch.sold) - len(lines)
        self.counts["sales" if stretch.customer else "guest_sales"] += len(lines)
        self.counts["sales_at_zero"] += free if stretch.customer else 0
        invoice.line_count, invoice.paid = position, paid
        self._block.lines.append("".join(lines))
        self._block.line_count += len(lines)

    def _come_to(self, stretch: Stretch) -> Invoice:
        """The invoice of `stretch`, to which the file comes now (perhaps not the first time)."""
        invoice = self.invoices.get(stretch.invoice)
        if invoice is None:
            invoice = self.invoices[stretch.invoice] = Invoice(
                len(self.invoices),
                stretch.invoice,
                stretch.placed_at,
                stretch.customer,
                stretch.country[:60],
            )
        elif invoice.emitted:
            invoice.late = True
        if stretch.sold:
            invoice.starts.append((invoice.line_count + 1, stretch.sold[0][0]))
        self._touched[invoice.number] = invoice
        return invoice

    def _product(self, sku: str, description: str) -> str:
        """The number of a product, whose first description becomes its title."""
        title = _title(description)
        known = sku in self._products
        product = self._products.setdefault(sku, len(self._products))
        if title:
            self._titled[sku] = str(product)
        if not known:
            text = f"{product}\t{escaped(sku)}\t{escaped(title or sku)}\n"
            self._block.products.append(text)
            self._block.skus.append(sku)
        elif title:
            self.late_titles[sku] = title
        return str(product)

    def _request(self, invoice: Invoice, vendor_id: int) -> Request:
        request = invoice.requests[vendor_id] = Request(self._request_count, vendor_id)
        self._request_count += 1
        return request

    def _title(self, sku: str, description: str) -> str:
        title = _title(description)
        if not title:
            return escaped(sku)
        if len(self._titles) >= REMEMBERED:
            self._titles.clear()
        found = self._titles[description] = escaped(title)
        return found

    def _amount(self, amount: Amount) -> tuple[Decimal, str]:
        """What the units cost together, and the columns quantity, unit price and total."""
        if len(self._amounts) >= REMEMBERED:
            self._amounts.clear()
        total = quantise(amount.quantity * amount.unit_price, self._currency)
        text = f"{amount.quantity}\t{amount.unit_price:f}\t{total:f}\n"
        self._amounts[amount] = total, text
        return total, text

    def _meet(self, invoice: Invoice, block: Block) -> None:
        """Hand the customer on with the first invoice that names them."""
        if invoice.customer and invoice.customer not in self._customers:
            self._customers.add(invoice.customer)
            block.buyers.append(invoice.customer)
            text = f"{escaped(invoice.customer)}\t{escaped(invoice.country)}\n"
            block.customers.append(text)

    def late(self) -> Block:
        """The orders that got rows after they had been handed on, as they are now."""
        block = Block()
        for invoice in self.invoices.values():
            if invoice.late:
                block.orders.append(self._order_text(invoice))
                block.requests += [
                    self._request_text(invoice, request) for request in invoice.requests.values()
                ]
        return block

    def discounts(self) -> dict[int, Decimal]:
        """What comes off the goods of an invoice, by its number; only where there is something."""
        return {one.number: one.discount for one in self.invoices.values() if one.discount}

    def _finished(self) -> Block:
        """The block so far, with the orders and requests that are new in it."""
        block, self._block = self._block, Block()
        touched, self._touched = self._touched, {}
        for invoice in touched.values():
            if not invoice.has_content:
                continue
            if not invoice.emitted:
                invoice.emitted = True
                block.numbers.append(invoice.name)
                block.orders.append(self._order_text(invoice))
                self._meet(invoice, block)
            for request in invoice.requests.values():
                if not request.emitted:
                    request.emitted = True
                    block.requests.append(self._request_text(invoice, request))
        return block

    def _order_text(self, invoice: Invoice) -> str:
        placed_at = self.calendar.at(invoice.placed_at)
        customer = escaped(invoice.customer) if invoice.customer else NULL
        bill = "\t".join(f"{amount:f}" for amount in invoice.billed())
        return (
            f"{invoice.number}\t{escaped(invoice.name)}\t{placed_at}\t{customer}\t"
            f"{escaped(invoice.country)}\t{invoice.line_count}\t{invoice.unit_count}\t"
            f"{invoice.paid - invoice.discount:f}\t{invoice.shipping_paid:f}\t"
            f"{invoice.paid:f}\t{bill}\t{uuid4()}\n"
        )

    def _request_text(self, invoice: Invoice, request: Request) -> str:
        shipped_at, delivered_at = self.calendar.parcel(invoice.placed_at.date())
        carrier, tracking = _tracking(invoice, request)
        return (
            f"{request.number}\t{invoice.number}\t{request.vendor_id}\t{request.line_count}\t"
            f"{request.unit_count}\t{self.calendar.at(invoice.placed_at)}\t{shipped_at}\t"
            f"{delivered_at}\t{carrier}\t{tracking}\t{uuid4()}\t{uuid4()}\n"
        )


class Calendar:
    """Points in time of the merchant's zone, written for the database."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._parcels: dict[date, tuple[str, str]] = {}

    def at(self, clock: datetime) -> str:
        """The merchant's wall clock with its distance from UTC."""
        return clock.replace(tzinfo=self._zone).isoformat()

    def parcel(self, ordered_on: date) -> tuple[str, str]:
        """When what was ordered that day left (next working day) and arrived (two more)."""
        found = self._parcels.get(ordered_on)
        if found is None:
            leaves = _working_day_after(ordered_on)
            arrives = _working_day_after(_working_day_after(leaves))
            found = self._parcels[ordered_on] = (
                self.at(datetime.combine(leaves, SHIPS_AT)),
                self.at(datetime.combine(arrives, ARRIVES_AT)),
            )
        return found


def _working_day_after(day: date) -> date:
    following = day + timedelta(days=1)
    while following.weekday() >= 5:
        following += timedelta(days=1)
    return following


def _tracking(invoice: Invoice, request: Request) -> tuple[str, str]:
    """A carrier and a tracking number that are the same whenever the invoice is loaded."""
    sign = crc32(f"{invoice.name}/{request.vendor_id}".encode())
    carriers = CARRIERS if invoice.country == AT_HOME else CARRIERS_ABROAD
    carrier, prefix = carriers[sign % len(carriers)]
    return carrier, f"{prefix}{sign:010d}{crc32(carrier.encode()) % 100:02d}"


def _title(description: str) -> str:
    return description.strip()[:200]


def escaped(text: str) -> str:
    """`text` as one field of COPY's text format."""
    if text.isalnum():
        return text
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
