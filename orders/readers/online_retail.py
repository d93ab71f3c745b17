"""Reader of the UCI “Online Retail” file: one row per invoice line, `C` before cancellations.

Goods have a stock code that begins with a digit; other codes (POST, M, D, …) are charges. Source:
F3.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from decimal import Decimal, InvalidOperation
from operator import itemgetter
from typing import BinaryIO, Generic, TypeVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.errors import Refused
from orders.readers.base import (
    HIGHEST_PRICE,
    LONGEST_CODE,
    MOST_UNITS,
    Amount,
    Batch,
    Reader,
    Reason,
    Reject,
    RowError,
    RowKind,
    Stretch,
    TakenBack,
)
from orders.readers.files import Records, positions

# Small enough to stay in the processor's cache: five thousand take twice the time.
BATCH_ROWS = 250
REMEMBERED = 100_000
INVOICE, CODE, TITLE, QUANTITY, DATE, PRICE, CUSTOMER, COUNTRY = COLUMNS = (
    "InvoiceNo",
    "StockCode",
    "Description",
    "Quantity",
    "InvoiceDate",
    "UnitPrice",
    "CustomerID",
    "Country",
)
CHARGES = {
    "POST": RowKind.SHIPPING,
    "DOT": RowKind.SHIPPING,
    "C2": RowKind.SHIPPING,
    "D": RowKind.DISCOUNT,
    "BANK CHARGES": RowKind.FEE,
    "AMAZONFEE": RowKind.FEE,
    "CRUK": RowKind.FEE,
}
Key = TypeVar("Key")
Value = TypeVar("Value")


class OnlineRetail(Reader):
    """The format `online-retail`."""

    label = gettext_lazy("Online Retail (UCI Machine Learning Repository)")
    channel = ("online-retail", "Online Retail")
    columns = COLUMNS
    quantity_column = QUANTITY

    def read(self, source: BinaryIO) -> Iterator[Batch]:
        """The rows of `source` (plain or gzipped CSV in UTF-8), a batch at a time.

        Raises Refused for a file that is no such CSV, lacks a column or has no rows.
        """
        records = Records(source)
        parser = _Parser(records.heading)
        found = 0
        for lines, some in records.portions(BATCH_ROWS):
            found += len(some)
            yield parser.batch(lines, some)
        if not found:
            raise Refused(_("The file has a heading but no rows. Choose the file with the orders."))


class _Remembered(dict[Key, Value], Generic[Key, Value]):
    """What a text means, worked out once per text: files repeat themselves."""

    def __init__(self, meaning: Callable[[Key], Value]) -> None:
        super().__init__()
        self._meaning = meaning

    def __missing__(self, text: Key) -> Value:
        if len(self) >= REMEMBERED:
            self.clear()
        value = self[text] = self._meaning(text)
        return value


class _Parser:
    """Turns records into rows. The order of its questions decides what a row counts as."""

    def __init__(self, heading: list[str]) -> None:
        places = positions(heading, COLUMNS)
        self._width = len(heading)
        self._pick = None if places == list(range(len(heading))) else itemgetter(*places)
        self._codes = _Remembered(_code)
        self._amounts = _Remembered(_amount)
        self._dates = _Remembered(_date)
        self._customers = _Remembered(_customer)

    def batch(self, lines: Iterable[int], records: list[list[str]]) -> Batch:
        """The rows of `records`, which begin on `lines`. This loop must be quick."""
        batch = Batch(rows=len(records))
        codes, amounts, width, pick = self._codes, self._amounts, self._width, self._pick
        last_invoice = last_date = last_customer = None
        for line, record in zip(lines, records, strict=True):
            try:
                if len(record) != width:
                    raise RowError("", Reason.COLUMNS, str(len(record)))
                columns = pick(record) if pick else record
                invoice, code, title, quantity, date, price, customer, country = columns
                if invoice != last_invoice or date != last_date or customer != last_customer:
                    stretch = self._stretch(invoice, date, customer, country)
                    batch.stretches.append(stretch)
                    add, is_cancellation = stretch.sold.append, stretch.is_cancellation
                    last_invoice, last_date, last_customer = invoice, date, customer
                sku, kind = codes[code]
                amount, usual = amounts[quantity, price]
                if is_cancellation:
                    _check_returned(stretch, kind, amount)
                    stretch.taken_back.append(TakenBack(line, sku, amount, tuple(record)))
                    continue
                if not usual and kind is RowKind.GOODS:
                    _check_sold(amount)
                add((line, kind, sku, title, amount))
            except RowError as error:
                batch.rejects.append(_reject(line, record, error))
        return batch

    def _stretch(self, invoice: str, date: str, customer: str, country: str) -> Stretch:
        number = _checked(invoice, INVOICE)
        series = number[0].upper()
        if series == "A":
            raise RowError(INVOICE, Reason.BAD_DEBT)
        return Stretch(
            number, self._dates[date], self._customers[customer], country.strip(), series == "C"
        )


def _check_returned(stretch: Stretch, kind: RowKind, amount: Amount) -> None:
    if kind is not RowKind.GOODS:
        raise RowError(CODE, Reason.RETURN_OF_CHARGE)
    if not stretch.customer:
        raise RowError(CUSTOMER, Reason.RETURN_WITHOUT_CUSTOMER)
    if amount.quantity >= 0:
        raise RowError(QUANTITY, Reason.NOT_TAKEN_BACK, str(amount.quantity))
    if amount.unit_price < 0:
        raise RowError(PRICE, Reason.NEGATIVE_PRICE, str(amount.unit_price))


def _check_sold(amount: Amount) -> None:
    if amount.quantity <= 0:
        raise RowError(QUANTITY, Reason.STOCK_CORRECTION)
    raise RowError(PRICE, Reason.NEGATIVE_PRICE, str(amount.unit_price))


def _code(text: str) -> tuple[str, RowKind]:
    code = _checked(text, CODE)
    if code[0].isdigit():
        return code, RowKind.GOODS
    return code, CHARGES.get(code.upper(), RowKind.OTHER)


def _amount(texts: tuple[str, str]) -> tuple[Amount, bool]:
    """Units and price, and whether goods are usually sold like that: some units, no debt."""
    amount = Amount(_quantity(texts[0]), _price(texts[1]))
    return amount, amount.quantity > 0 and amount.unit_price >= 0


def _quantity(text: str) -> int:
    try:
        quantity = int(text)
    except ValueError:
        raise RowError(QUANTITY, Reason.NOT_WHOLE, text) from None
    if abs(quantity) > MOST_UNITS:
        raise RowError(QUANTITY, Reason.TOO_MANY, text)
    return quantity


def _price(text: str) -> Decimal:
    try:
        price = Decimal(text.strip())
    except InvalidOperation:
        raise RowError(PRICE, Reason.NOT_A_PRICE, text) from None
    if not price.is_finite():
        raise RowError(PRICE, Reason.NOT_A_PRICE, text)
    if abs(price) > HIGHEST_PRICE:
        raise RowError(PRICE, Reason.PRICE_TOO_HIGH, text)
    if price != round(price, 4):
        raise RowError(PRICE, Reason.PRICE_TOO_FINE, text)
    return price


def _date(text: str) -> datetime:
    try:
        date = datetime.fromisoformat(text.strip())
    except ValueError:
        raise RowError(DATE, Reason.NOT_A_DATE, text) from None
    if date.tzinfo or not 1900 <= date.year <= 2200:
        raise RowError(DATE, Reason.NOT_A_DATE, text)
    return date


def _customer(text: str) -> str:
    """Spreadsheets write the number 17850 as 17850.0."""
    number = text.strip().removesuffix(".0")
    if len(number) > LONGEST_CODE:
        raise RowError(CUSTOMER, Reason.TOO_LONG, text)
    return number


def _checked(text: str, column: str) -> str:
    code = text.strip()
    if not code:
        raise RowError(column, Reason.MISSING)
    if len(code) > LONGEST_CODE:
        raise RowError(column, Reason.TOO_LONG, code)
    return code


def _reject(line: int, record: list[str], error: RowError) -> Reject:
    """The reject of a record, which is not kept in full when it swallowed half the file."""
    raw = tuple(value[:200] for value in record[:30])
    return Reject(line, error.column, error.reason, raw, error.value)
