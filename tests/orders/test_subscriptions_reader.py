"""Reading a file of subscriptions: every value is read or rejected with its column (P1)."""

from __future__ import annotations

import io
from decimal import Decimal as D
from zoneinfo import ZoneInfo

import pytest

from core.errors import Refused
from orders.readers.subscriptions import ChargeRow, RowReject, read_subscriptions
from profiles.terms import CycleKind

HEADING = "subscription,customer,offer,cycle,charged_at,reference,items,tax,shipping,paid,refunded"
GOOD = {
    "subscription": "S-1",
    "customer": "17850",
    "offer": "TEA",
    "cycle": "rebill 2",
    "charged_at": "2026-07-03 14:05",
    "reference": "ch_1",
    "items": "20.00",
}


def read(text: str, currency: str = "GBP") -> list[ChargeRow | RowReject]:
    return list(read_subscriptions(io.BytesIO(text.encode()), ZoneInfo("Europe/London"), currency))


def one(usual: str = "GBP", **changed: str) -> ChargeRow | RowReject:
    """A file with one row."""
    row = {**GOOD, **changed}
    quoted = (f'"{value}"' for value in row.values())
    (found,) = read(f"{','.join(row)}\n{','.join(quoted)}\n", usual)
    return found


def test_a_row_with_the_least_it_needs() -> None:
    row = one()
    assert isinstance(row, ChargeRow)
    assert (row.line, row.kind, row.number) == (2, CycleKind.REBILL, 2)
    assert (row.items, row.tax, row.paid, row.refunded) == (D("20.00"), 0, D("20.00"), 0)
    assert row.charged_at.isoformat() == "2026-07-03T14:05:00+01:00"
    assert (row.currency, row.canceled_at, row.order) == ("GBP", None, "")


def test_a_row_with_everything() -> None:
    row = one(
        tax="4,00",
        shipping="2.50",
        paid="20.00",
        refunded="5",
        currency="eur",
        order="#1001",
        tracking="JX1",
        started_at="2026-05-01",
        status="Canceled",
        canceled_at="2026-08-01T10:00:00Z",
        offer_name="Tea of the month",
    )
    assert isinstance(row, ChargeRow)
    assert (row.total, row.paid, row.refunded) == (D("26.50"), D("20.00"), D(5))
    assert (row.currency, row.order, row.offer_name) == ("EUR", "1001", "Tea of the month")
    assert row.canceled_at is not None
    assert row.canceled_at.isoformat() == "2026-08-01T10:00:00+00:00"


@pytest.mark.parametrize(
    ("text", "kind", "number"),
    [
        ("trial", CycleKind.TRIAL, 0),
        ("Initial", CycleKind.INITIAL, 0),
        ("rebill-12", CycleKind.REBILL, 12),
        ("REBILL3", CycleKind.REBILL, 3),
    ],
)
def test_how_cycles_are_written(text: str, kind: CycleKind, number: int) -> None:
    row = one(cycle=text)
    assert isinstance(row, ChargeRow)
    assert (row.kind, row.number) == (kind, number)


@pytest.mark.parametrize(
    ("column", "value", "sentence"),
    [
        ("subscription", "", "The value is missing."),
        ("customer", "1" * 41, "The value is longer than 40 characters."),
        ("reference", "x" * 81, "The value is longer than 80 characters."),
        ("offer", "TEA 30", "A code holds no blanks."),
        ("cycle", "second", "“second” is not trial, initial, or rebill and its number."),
        ("cycle", "rebill", "“rebill” is not trial, initial, or rebill and its number."),
        ("cycle", "trial 2", "“trial 2” is not trial, initial, or rebill and its number."),
        ("charged_at", "yesterday", "“yesterday” is not a day such as 2026-11-03."),
        ("charged_at", "0001-01-01", "“0001-01-01” is not a day such as 2026-11-03."),
        ("charged_at", "2026-02-30", "“2026-02-30” is not a day such as 2026-11-03."),
        ("items", "much", "“much” is not an amount such as 12.50."),
        ("items", "NaN", "“NaN” is not an amount such as 12.50."),
        ("items", "1e9", "“1e9” is not an amount such as 12.50."),
        ("items", "-1", "An amount cannot be negative."),
        ("items", "9" * 40, "The amount is too high."),
        ("items", "1.005", "The smallest amount of GBP is 0.01."),
        ("paid", "20.01", "No more can be paid than was charged."),
        ("refunded", "20.01", "No more can be refunded than was paid."),
        ("currency", "XXQ", "“XXQ” is not a currency such as GBP."),
        ("status", "paused", "“paused” is not active or canceled."),
        ("canceled_at", "2026-01-01", "An active subscription was not canceled."),
    ],
)
def test_bad_values_are_rejected_with_their_column(column: str, value: str, sentence: str) -> None:
    assert one(**{column: value}) == RowReject(2, column, sentence)


def test_a_canceled_subscription_says_when() -> None:
    found = one(status="canceled")
    assert found == RowReject(2, "canceled_at", "Say when the subscription was canceled.")


def test_amounts_are_read_in_the_rows_currency() -> None:
    assert one(items="1,234", currency="KWD") != one(items="1,234", currency="GBP")
    assert one(items="1000.5", currency="JPY") == RowReject(
        2, "items", "The smallest amount of JPY is 1."
    )


def test_a_row_with_too_few_columns_and_blank_lines() -> None:
    found = read(f"{HEADING}\nS-1,17850\n\nS-1,17850,TEA,trial,2026-01-01,ch,1,,,,\n")
    assert found[0] == RowReject(2, "", "The row has 2 columns, the heading 11.")
    assert isinstance(found[1], ChargeRow)
    assert found[1].line == 4


@pytest.mark.parametrize(
    "text",
    ["", "subscription,customer\n", "PK\x03\x04zip", f"{HEADING}\nS\0"],
)
def test_a_file_that_cannot_be_used_as_a_whole(text: str) -> None:
    with pytest.raises(Refused):
        read(text)
