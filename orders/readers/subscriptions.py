"""Reads a CSV file of subscriptions: one row for each charge (P1). Pure: bytes in, rows out.

Columns, in any order, by their heading:

    subscription  number of the subscription at the system that bills it
    customer      customer number of the merchant
    offer         code of the offer; an unknown one is made
    cycle         trial, initial, or rebill and its number: "rebill 3"
    charged_at    day, or day and time, in the merchant's zone: 2026-11-03, 2026-11-03 14:05
    reference     names the payment, once per merchant; a known one is not loaded again
    items         what was charged for the items, without tax

Optional: `tax`, `shipping` (0), `paid` (all of it), `refunded` (0), `currency` (the merchant's),
`order` (order number), `tracking` (tracking number of the parcel of that order), `started_at` (the
first charge of the file), `status` (active or canceled; active), `canceled_at` (needed with
canceled), `offer_name` (the code).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import BinaryIO
from zoneinfo import ZoneInfo

from babel.numbers import list_currencies
from django.utils.translation import gettext as _

from core.money import ZERO, cent, quantise, read_amount
from orders.readers.files import Records, positions
from profiles.terms import CycleKind

REQUIRED = ("subscription", "customer", "offer", "cycle", "charged_at", "reference", "items")
OPTIONAL = (
    "tax",
    "shipping",
    "paid",
    "refunded",
    "currency",
    "order",
    "tracking",
    "started_at",
    "status",
    "canceled_at",
    "offer_name",
)
LONGEST = {"reference": 80, "offer_name": 80, "tracking": 60}
USUAL_LENGTH = 40
PORTION = 2000
MOST = Decimal(10) ** 12
CYCLE = re.compile(r"(trial|initial|rebill)(?:[ _#-]*([0-9]{1,3}))?", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class ChargeRow:
    """One row that reads well; whether it fits what is stored is not known. Moments are aware."""

    line: int
    subscription: str
    customer: str
    offer: str
    offer_name: str
    kind: CycleKind
    number: int
    charged_at: datetime
    reference: str
    currency: str
    items: Decimal
    tax: Decimal
    shipping: Decimal
    paid: Decimal
    refunded: Decimal
    order: str
    tracking: str
    started_at: datetime | None
    canceled_at: datetime | None

    @property
    def total(self) -> Decimal:
        """What was charged."""
        return self.items + self.tax + self.shipping


@dataclass(frozen=True, slots=True)
class RowReject:
    """A row that is not loaded: its line in the file, the column at fault (or "") and why."""

    line: int
    column: str
    reason: str

    def as_json(self) -> dict[str, object]:
        """The reject as the command prints it."""
        return {"line": self.line, "column": self.column, "reason": self.reason}


class RowFault(Exception):
    """A value that cannot be used; becomes a `RowReject`."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(reason)
        self.column = column
        self.reason = reason


def read_subscriptions(
    source: BinaryIO, zone: ZoneInfo, currency: str
) -> Iterator[ChargeRow | RowReject]:
    """The rows of `source` in their order, each read or rejected.

    `zone` is the merchant's, `currency` that of rows that name none. Raises Refused when the file
    as a whole cannot be used.
    """
    records = Records(source)
    heading = [name.strip().lower().replace(" ", "_") for name in records.heading]
    positions(heading, REQUIRED)
    for lines, portion in records.portions(PORTION):
        for line, record in zip(lines, portion, strict=True):
            if len(record) != len(heading):
                yield RowReject(
                    line,
                    "",
                    _("The row has %(n)s columns, the heading %(m)s.")
                    % {"n": len(record), "m": len(heading)},
                )
                continue
            values = {name: value.strip() for name, value in zip(heading, record, strict=True)}
            try:
                yield _row(line, values, zone, currency)
            except RowFault as fault:
                yield RowReject(line, fault.column, fault.reason)


def _row(line: int, values: Mapping[str, str], zone: ZoneInfo, usual: str) -> ChargeRow:
    for name in REQUIRED:
        if not values[name]:
            raise RowFault(name, _("The value is missing."))
    for name in (*REQUIRED, *OPTIONAL):
        most = LONGEST.get(name, USUAL_LENGTH)
        if len(values.get(name, "")) > most:
            raise RowFault(
                name, _("The value is longer than %(most)s characters.") % {"most": most}
            )
    kind, number = _cycle(values["cycle"])
    currency = _currency(values.get("currency", ""), usual)
    amounts = _amounts(values, currency)
    canceled_at = _canceled_at(values, zone)
    return ChargeRow(
        line=line,
        subscription=values["subscription"],
        customer=values["customer"],
        offer=_code(values["offer"]),
        offer_name=values.get("offer_name", ""),
        kind=kind,
        number=number,
        charged_at=_moment("charged_at", values["charged_at"], zone),
        reference=values["reference"],
        currency=currency,
        order=values.get("order", "").removeprefix("#"),
        tracking=values.get("tracking", ""),
        started_at=_optional_moment("started_at", values, zone),
        canceled_at=canceled_at,
        **amounts,
    )


def _code(text: str) -> str:
    if len(text.split()) > 1:
        raise RowFault("offer", _("A code holds no blanks."))
    return text


def _cycle(text: str) -> tuple[CycleKind, int]:
    found = CYCLE.fullmatch(text)
    word = found[1].lower() if found else ""
    number = int(found[2] or 0) if found else 0
    if not word or (word == "rebill") != (number > 0):
        raise RowFault(
            "cycle",
            _("“%(value)s” is not trial, initial, or rebill and its number.") % {"value": text},
        )
    return CycleKind(word), number


def _currency(text: str, usual: str) -> str:
    currency = text.upper() or usual
    if currency not in list_currencies():
        raise RowFault(
            "currency", _("“%(value)s” is not a currency such as GBP.") % {"value": text}
        )
    return currency


def _amounts(values: Mapping[str, str], currency: str) -> dict[str, Decimal]:
    read = {
        name: _amount(name, values.get(name, ""), currency) for name in ("items", "tax", "shipping")
    }
    total = sum(read.values(), ZERO)
    paid = _amount("paid", values["paid"], currency) if values.get("paid") else total
    if paid > total:
        raise RowFault("paid", _("No more can be paid than was charged."))
    refunded = _amount("refunded", values.get("refunded", ""), currency)
    if refunded > paid:
        raise RowFault("refunded", _("No more can be refunded than was paid."))
    return {**read, "paid": paid, "refunded": refunded}


def _amount(name: str, text: str, currency: str) -> Decimal:
    if not text:
        return ZERO
    try:
        amount = read_amount(text, currency)
    except ValueError:
        raise RowFault(
            name, _("“%(value)s” is not an amount such as 12.50.") % {"value": text}
        ) from None
    if amount < ZERO:
        raise RowFault(name, _("An amount cannot be negative."))
    if amount >= MOST:
        raise RowFault(name, _("The amount is too high."))
    if amount != quantise(amount, currency):
        raise RowFault(
            name,
            _("The smallest amount of %(currency)s is %(cent)s.")
            % {"currency": currency, "cent": cent(currency)},
        )
    return amount


def _canceled_at(values: Mapping[str, str], zone: ZoneInfo) -> datetime | None:
    status = values.get("status", "").lower() or "active"
    if status not in ("active", "canceled", "cancelled"):
        raise RowFault("status", _("“%(value)s” is not active or canceled.") % {"value": status})
    if status == "active":
        if values.get("canceled_at"):
            raise RowFault("canceled_at", _("An active subscription was not canceled."))
        return None
    if not values.get("canceled_at"):
        raise RowFault("canceled_at", _("Say when the subscription was canceled."))
    return _moment("canceled_at", values["canceled_at"], zone)


def _optional_moment(name: str, values: Mapping[str, str], zone: ZoneInfo) -> datetime | None:
    return _moment(name, values[name], zone) if values.get(name) else None


def _moment(name: str, text: str, zone: ZoneInfo) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or not 1970 <= moment.year <= 2200:
        raise RowFault(
            name, _("“%(value)s” is not a day such as 2026-11-03.") % {"value": text[:40]}
        )
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)
