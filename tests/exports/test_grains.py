"""Rows of each grain: the right ones, filtered as the overview, on the merchant's calendar."""

from __future__ import annotations

import csv
import io
from decimal import Decimal

import pytest

from accounts.actor import Actor
from actions.refunds import sync_refund
from core.tenancy import tenant
from exports import stream
from exports.grains import RESOURCES, rows_of
from exports.stream import csv_of
from returns.exporting import Grain
from tests.factories import (
    Item,
    RefundEntryFactory,
    ReturnFactory,
    ReturnLineFactory,
    RmaFactory,
    at,
    made_return,
    shipped_order,
)

pytestmark = pytest.mark.django_db


def exported(merchant, grain, query="", actor=None, chosen=()):
    """The file as a list of dicts."""
    with tenant(merchant.pk):
        rows = rows_of(grain, query, actor or Actor.system(merchant))
        file = csv_of(RESOURCES[grain](zone=merchant.timezone, chosen=chosen), rows, merchant.pk)
    text = b"".join(file).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.fixture(params=[1000, -1], ids=["small", "large"])
def road(request, monkeypatch):
    """Both ways the cells are gathered."""
    monkeypatch.setattr(stream, "CAP", request.param)


@pytest.fixture
def lamps(cast):
    """A return of two lines at Acme, approved, shipped nowhere, refunded; and one of Globex."""
    lantern = Item(3, "10.00", title="=Lantern", sku="-71053")
    hanger = Item(2, "4.00", title="Hanger", sku="84406B")
    order = shipped_order(
        cast.acme, lantern, hanger, vendor=cast.northlight, customer=cast.cora_row, number="536365"
    )
    found = made_return(cast.bob, order, approve=True, note="Fragile")
    ReturnLineFactory(merchant=cast.globex)
    RmaFactory(merchant=cast.globex)
    RefundEntryFactory(merchant=cast.globex)
    with tenant(cast.acme.pk, user=cast.fay.user.pk):
        sync_refund(cast.fay, found)
        found.refresh_from_db()
    return found


def test_lines(cast, lamps, road):
    rows = exported(cast.acme, Grain.LINE)
    assert [row["Item"] for row in rows] == ["Hanger", "'=Lantern"]
    row = rows[1]
    assert row["SKU"] == "'-71053"
    assert (row["Return"], row["Order"], row["Customer"]) == (
        lamps.number, "536365", "Cora Lindqvist",
    )  # fmt: skip
    assert (row["Return destination"], row["Condition"]) == ("Northlight Lamps", "New")
    assert row["Reason"] == "Incorrect item"
    assert row["RMA numbers"] == "RMA-20001"
    assert (row["Quantity"], row["Approved units"], row["Denied units"]) == ("1", "1", "0")
    assert (row["Unit price"], row["Item refund"], row["Currency"]) == ("10.00", "10.00", "GBP")


def test_rmas(cast, lamps, road):
    [row] = exported(cast.acme, Grain.RMA)
    assert (row["RMA"], row["Status"], row["Return"]) == ("RMA-20001", "Approved", lamps.number)
    assert (row["Vendor"], row["Approved units"]) == ("Northlight Lamps", "2")
    assert row["Decided by"] == "Bob Ono"
    assert row["Credited"] == "0.00"


def test_refunds(cast, lamps, road):
    [row] = exported(cast.acme, Grain.REFUND)
    assert (row["Return"], row["Order"], row["Customer number"]) == (
        lamps.number, "536365", "17850",
    )  # fmt: skip
    assert (row["Amount"], row["Currency"], row["Entered by"]) == ("14.00", "GBP", "Fay Finch")
    assert row["Kind"] == "Applied to the channel invoice"
    assert row["Invoice"].startswith("INV-")


@pytest.mark.parametrize(("currency", "amount"), [("JPY", "1250"), ("KWD", "1250.000")])
def test_money_has_the_decimals_of_its_currency(cast, road, currency, amount):
    found = ReturnFactory(merchant=cast.acme, currency=currency)
    RmaFactory(merchant=cast.acme, customer_return=found, credit_adjustment=1250)
    ReturnLineFactory(merchant=cast.acme, customer_return=found, refund=Decimal(1250))
    RefundEntryFactory(merchant=cast.acme, customer_return=found, amount=Decimal(1250))
    assert exported(cast.acme, Grain.RMA)[0]["Credit adjustment"] == amount
    assert exported(cast.acme, Grain.LINE)[0]["Item refund"] == amount
    assert exported(cast.acme, Grain.REFUND)[0]["Amount"] == amount


@pytest.mark.parametrize("grain", Grain.values)
def test_every_column_of_every_grain_can_be_chosen_alone(cast, lamps, road, grain):
    for name, heading in RESOURCES[grain].headings().items():
        rows = exported(cast.acme, grain, chosen=[name])
        assert [list(row) for row in rows] == [[heading]] * len(rows)


@pytest.mark.parametrize("grain", Grain.values)
def test_the_overviews_filter_chooses_the_returns(cast, lamps, road, grain):
    closed = ReturnFactory(merchant=cast.acme, status="closed", number="R-9")
    ReturnLineFactory(merchant=cast.acme, customer_return=closed)
    RmaFactory(merchant=cast.acme, customer_return=closed)
    RefundEntryFactory(merchant=cast.acme, customer_return=closed)
    returns = {row["Return"] for row in exported(cast.acme, grain)}
    assert returns == {lamps.number, "R-9"}
    assert {row["Return"] for row in exported(cast.acme, grain, "status=closed")} == {"R-9"}
    assert exported(cast.acme, grain, "status=nonsense") == []


@pytest.mark.parametrize("grain", [Grain.RETURN, Grain.LINE, Grain.RMA])
def test_days_are_the_merchants(cast, road, grain):
    """Half past eleven at night in London is the next day's evening nowhere."""
    for number, moment in (("R-1", "2026-07-01 22:59"), ("R-2", "2026-07-01 23:01")):
        found = ReturnFactory(merchant=cast.acme, number=number, requested_at=at(moment))
        ReturnLineFactory(merchant=cast.acme, customer_return=found)
        RmaFactory(merchant=cast.acme, customer_return=found, requested_at=at(moment))
    numbers = [row["Return"] for row in exported(cast.acme, grain, "to=2026-07-01")]
    assert numbers == ["R-1"]
    assert [row["Return"] for row in exported(cast.acme, grain, "from=2026-07-02")] == ["R-2"]
    assert [row["Requested"] for row in exported(cast.acme, grain, "from=2026-07-02")] == [
        "2026-07-02 00:01:00"
    ]
    assert exported(cast.acme, grain, "from=tomorrow") == []
    assert exported(cast.acme, grain, "to=9999-12-31") == []


def test_refunds_are_dated_by_their_own_entry(cast):
    found = ReturnFactory(merchant=cast.acme, requested_at=at("2025-01-01 12:00"))
    RefundEntryFactory(merchant=cast.acme, customer_return=found, entered_at=at("2026-07-01 12:00"))
    assert len(exported(cast.acme, Grain.REFUND, "from=2026-07-01&to=2026-07-01")) == 1
    assert exported(cast.acme, Grain.REFUND, "to=2026-06-30") == []


@pytest.mark.parametrize("grain", Grain.values)
def test_others_than_staff_get_nothing_of_their_neighbours(cast, lamps, grain):
    for stranger in (cast.charlie, cast.vic):
        assert exported(cast.acme, grain, actor=stranger) == []
