"""What every reader of order files speaks: rows, rejected rows and their reasons (F3)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import BinaryIO, ClassVar, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class RowKind(StrEnum):
    """What a row sells or bills."""

    GOODS = "goods"
    SHIPPING = "shipping"
    FEE = "fee"
    OTHER = "other"
    DISCOUNT = "discount"


@dataclass(frozen=True, slots=True, eq=False)
class Amount:
    """Signed units and the price of one. Readers hand out one object for equal amounts."""

    quantity: int
    unit_price: Decimal


# A row that sells goods or bills a charge: the physical line it begins on, its kind, stock code,
# description and amount. Plain, because a file has half a million of them.
Sold = tuple[int, RowKind, str, str, Amount]


class TakenBack(NamedTuple):
    """A row of a cancellation: units below zero. `raw` are the columns as the file has them."""

    line: int
    sku: str
    amount: Amount
    raw: tuple[str, ...]


@dataclass(slots=True)
class Stretch:
    """Rows of one invoice that follow each other in the file.

    `placed_at` has no zone: it is the merchant's wall clock. `customer` is the merchant's customer
    number, empty for a guest. A cancellation has rows in `taken_back`, any other invoice in `sold`.
    """

    invoice: str
    placed_at: datetime
    customer: str
    country: str
    is_cancellation: bool
    sold: list[Sold] = field(default_factory=list)
    taken_back: list[TakenBack] = field(default_factory=list)


class Reason(StrEnum):
    """Why a row is not loaded. The first six are facts of the trade, the others mistakes."""

    STOCK_CORRECTION = "stock_correction"
    BAD_DEBT = "bad_debt"
    RETURN_OF_CHARGE = "return_of_charge"
    RETURN_WITHOUT_CUSTOMER = "return_without_customer"
    RETURN_WITHOUT_PURCHASE = "return_without_purchase"
    RETURN_OF_TOO_MANY = "return_of_too_many"
    COLUMNS = "columns"
    MISSING = "missing"
    TOO_LONG = "too_long"
    NOT_WHOLE = "not_whole"
    TOO_MANY = "too_many"
    NOT_A_PRICE = "not_a_price"
    PRICE_TOO_FINE = "price_too_fine"
    PRICE_TOO_HIGH = "price_too_high"
    NEGATIVE_PRICE = "negative_price"
    NOT_A_DATE = "not_a_date"
    NOT_TAKEN_BACK = "not_taken_back"


MOST_UNITS = 1_000_000
HIGHEST_PRICE = 10_000_000
LONGEST_CODE = 40

SENTENCES: dict[Reason, Promise] = {
    Reason.STOCK_CORRECTION: _("A correction of stock (no units above zero), not a sale."),
    Reason.BAD_DEBT: _("A booking of bad debt, not a sale."),
    Reason.RETURN_OF_CHARGE: _("Takes back a charge such as postage, not goods."),
    Reason.RETURN_WITHOUT_CUSTOMER: _(
        "Takes goods back without naming the customer, so the purchase cannot be found."
    ),
    Reason.RETURN_WITHOUT_PURCHASE: _(
        "The customer had bought none of it before, or had returned all of it."
    ),
    Reason.RETURN_OF_TOO_MANY: _("Takes back more units than the customer had left."),
    Reason.COLUMNS: _("The row has %(value)s columns, the heading has another number."),
    Reason.MISSING: _("The value is missing."),
    Reason.TOO_LONG: _("The value is longer than 40 characters."),
    Reason.NOT_WHOLE: _("“%(value)s” is not a whole number."),
    Reason.TOO_MANY: _("%(value)s units are more than one row may hold (1,000,000)."),
    Reason.NOT_A_PRICE: _("“%(value)s” is not an amount such as 12.50."),
    Reason.PRICE_TOO_FINE: _("“%(value)s” has more than four decimals."),
    Reason.PRICE_TOO_HIGH: _("%(value)s is higher than a price may be (10,000,000)."),
    Reason.NEGATIVE_PRICE: _("A price of goods cannot be negative: %(value)s."),
    Reason.NOT_A_DATE: _("“%(value)s” is not a date and time such as 2011-11-30 16:05:00."),
    Reason.NOT_TAKEN_BACK: _("A cancellation has units below zero; this one has %(value)s."),
}


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that is not loaded: its physical line, the column at fault (or none) and why.

    `raw` are the columns of the row as the file has them.
    """

    line: int
    column: str
    reason: Reason
    raw: tuple[str, ...]
    value: str = ""

    @property
    def sentence(self) -> str:
        """The reason in words, in the language of the reader."""
        return str(SENTENCES[self.reason]) % {"value": self.value}


class RowError(Exception):
    """A value that cannot be used; the reader makes a `Reject` of it."""

    def __init__(self, column: str, reason: Reason, value: str = "") -> None:
        super().__init__(reason)
        self.column = column
        self.reason = reason
        self.value = value[:60]


@dataclass(slots=True)
class Batch:
    """Some thousand rows in the order of the file, and what was rejected between them."""

    stretches: list[Stretch] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    rows: int = 0


class Reader(ABC):
    """A format of order files.

    `label` names it to people, `channel` (code, name) is where such orders were placed, `columns`
    are those a file must have, `quantity_column` is the one that says how many units.
    """

    label: ClassVar[Promise]
    channel: ClassVar[tuple[str, str]]
    columns: ClassVar[tuple[str, ...]]
    quantity_column: ClassVar[str]

    @abstractmethod
    def read(self, source: BinaryIO) -> Iterator[Batch]:
        """The rows of `source`. Raises Refused when the file as a whole cannot be used."""
