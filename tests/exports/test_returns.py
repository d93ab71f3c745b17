"""The export of returns: right cells, both ways out alike, nobody else's rows, little memory."""

from __future__ import annotations

import csv
import io
import tracemalloc
from decimal import Decimal

import pytest
from django.db import connection

from core.tenancy import tenant
from exports import stream
from exports.resources import ReturnResource
from exports.stream import csv_of
from returns.models import Return
from returns.states import ReturnStatus, RmaSummary
from tests.factories import (
    ChannelFactory,
    CustomerFactory,
    MerchantFactory,
    OrderFactory,
    ReturnFactory,
    RmaFactory,
    at,
    made_return,
    shipped_order,
)


def exported(merchant, rows=None, **how):
    """The file as a list of dicts, one per return."""
    with tenant(merchant.pk):
        rows = Return.objects.order_by("id") if rows is None else rows
        file = csv_of(ReturnResource(zone=merchant.timezone, **how), rows, merchant.pk)
    text = b"".join(file).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.mark.django_db
def test_every_column_says_what_the_overview_says(cast):
    channel = ChannelFactory(merchant=cast.acme, name="Web shop")
    order = shipped_order(
        cast.acme, vendor=cast.northlight, channel=channel, customer=cast.cora_row, number="536365"
    )
    found = made_return(
        cast.bob,
        order,
        units=2,
        approve=True,
        refund_adjustment=Decimal("-1.50"),
        adjustment_reason="Goodwill",
    )
    with tenant(cast.acme.pk):
        rma = found.rmas.get()
        Return.objects.filter(pk=found.pk).update(
            requested_at=at("2026-07-01 22:30"), note="Two lamps,\nboth “broken”"
        )
    assert exported(cast.acme) == [
        {
            "Return": found.number,
            "Status": "Open",
            "RMA status": "Approved",
            "Waits on": "Customer",
            "Requested": "2026-07-01 23:30:00",
            "Closed": "",
            "Order": "536365",
            "Channel": "Web shop",
            "Customer number": "17850",
            "Customer": "Cora Lindqvist",
            "Customer e-mail": "cora.lindqvist@example.com",
            "Lines": "1",
            "Units": "2",
            "Approved units": "2",
            "Denied units": "0",
            "Shipped units": "0",
            "Received units": "0",
            "RMA numbers": rma.number,
            "Vendors": "Northlight Lamps",
            "Items refund": "20.00",
            "Shipping refund": "0.00",
            "Adjustment": "-1.50",
            "Adjustment reason": "Goodwill",
            "Total refund": "18.50",
            "Refunded": "0.00",
            "Currency": "GBP",
            "Note": "Two lamps,\nboth “broken”",
        }
    ]


@pytest.mark.django_db
def test_every_status_has_its_word(cast):
    order = OrderFactory(merchant=cast.acme)
    for status in ReturnStatus:
        ReturnFactory(merchant=cast.acme, order=order, status=status)
    for summary in RmaSummary:
        ReturnFactory(merchant=cast.acme, order=order, rma_summary=summary)
    rows = exported(cast.acme)
    assert {row["Status"] for row in rows} == {str(status.label) for status in ReturnStatus}
    assert {row["RMA status"] for row in rows} == {str(summary.label) for summary in RmaSummary}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("currency", "amount"), [("JPY", "1250"), ("GBP", "1250.00"), ("KWD", "1250.000")]
)
def test_money_has_the_decimals_of_its_currency(cast, currency, amount):
    ReturnFactory(merchant=cast.acme, currency=currency, refund_items=1250)
    assert exported(cast.acme)[0]["Items refund"] == amount


@pytest.mark.django_db
def test_several_rmas_stand_in_one_cell_and_each_vendor_once(cast):
    found = ReturnFactory(merchant=cast.acme)
    for number, vendor in (("B-1", cast.paper), ("A-2", cast.northlight), ("C-3", cast.paper)):
        RmaFactory(merchant=cast.acme, customer_return=found, vendor=vendor, number=number)
    row = exported(cast.acme)[0]
    assert row["RMA numbers"] == "B-1, A-2, C-3"
    assert row["Vendors"] == "Northlight Lamps, Paper & Twine"


@pytest.fixture
def large(monkeypatch):
    """Every file is written the way large ones are."""
    monkeypatch.setattr(stream, "CAP", -1)


@pytest.mark.django_db
def test_a_large_file_has_the_same_cells_newest_first(cast, large):
    found = ReturnFactory(merchant=cast.acme, number="R-2", requested_at=at("2026-07-01 22:30"))
    ReturnFactory(merchant=cast.acme, number="R-1", requested_at=at("2026-07-01 22:29"))
    ReturnFactory(merchant=cast.globex)
    for number, vendor in (("B-1", cast.paper), ("=A-2", cast.northlight), ("C-3", cast.paper)):
        RmaFactory(merchant=cast.acme, customer_return=found, vendor=vendor, number=number)
    gathered = exported(cast.acme)
    assert [row["Return"] for row in gathered] == ["R-2", "R-1"]  # newest first
    assert gathered[0]["RMA numbers"] == "B-1, =A-2, C-3"
    assert gathered[0]["Vendors"] == "Northlight Lamps, Paper & Twine"
    assert gathered[1]["RMA numbers"] == gathered[1]["Vendors"] == ""


@pytest.mark.django_db
@pytest.mark.parametrize(
    "text", ["=1+1", "+44", "-1", "@x", "\t=1", "\uff1d1+1", "\uff0b1", "\uff0d1", "\uff20x", " =1"]
)
def test_no_road_lets_a_formula_out(cast, monkeypatch, text):
    found = ReturnFactory(merchant=cast.acme, note=text, adjustment_reason=text)
    RmaFactory(merchant=cast.acme, customer_return=found, number=text, vendor__name=text)
    for cap in (1000, -1):
        monkeypatch.setattr(stream, "CAP", cap)
        row = exported(cast.acme)[0]
        for column in ("Note", "Adjustment reason", "RMA numbers", "Vendors"):
            assert row[column] == f"'{text}"


@pytest.mark.django_db
def test_only_the_chosen_columns_in_the_order_of_the_definition(cast, monkeypatch):
    ReturnFactory(merchant=cast.acme, number="R-1")
    for cap in (1000, -1):
        monkeypatch.setattr(stream, "CAP", cap)
        row = exported(cast.acme, chosen=["vendors", "number", "no-such-column"])[0]
        assert row == {"Return": "R-1", "Vendors": ""}


@pytest.mark.django_db
def test_formulas_are_made_harmless_and_negative_money_is_not(cast):
    nasty = CustomerFactory(
        merchant=cast.acme, name="=HYPERLINK(1)", number="@1", email="a@b.example"
    )
    order = OrderFactory(merchant=cast.acme, customer=nasty, number="+441")
    found = ReturnFactory(
        merchant=cast.acme, order=order, note=' "=1+1', refund_items=3, refund_adjustment=-3
    )
    RmaFactory(merchant=cast.acme, customer_return=found, number="-1")
    row = exported(cast.acme)[0]
    assert row["Customer"] == "'=HYPERLINK(1)"
    assert row["Customer number"] == "'@1"
    assert row["Order"] == "'+441"
    assert row["Note"] == "' \"=1+1"
    assert row["RMA numbers"] == "'-1"
    assert row["Adjustment"] == "-3.00"


@pytest.mark.django_db
def test_all_ways_out_print_the_same_cells(cast, monkeypatch):
    made_return(
        cast.bob,
        shipped_order(cast.acme, vendor=cast.paper),
        refund_adjustment=Decimal(-1),
        adjustment_reason="Goodwill",
    )
    ReturnFactory(merchant=cast.acme, order=OrderFactory(merchant=cast.acme, customer=None))
    ReturnFactory(merchant=cast.acme, currency="JPY", refund_items=5, note='=1, "two"\nthree')
    streamed = exported(cast.acme)
    with tenant(cast.acme.pk):
        resource = ReturnResource(zone=cast.acme.timezone)
        dataset = resource.export(Return.objects.order_by("id"))
    assert list(csv.DictReader(io.StringIO(dataset.csv, newline=""))) == streamed
    assert len(streamed) == 3
    monkeypatch.setattr(stream, "CAP", -1)
    assert sorted(map(str, exported(cast.acme))) == sorted(map(str, streamed))


@pytest.mark.django_db
def test_the_file_opens_in_excel_with_its_accents(cast):
    with tenant(cast.acme.pk):
        rows = Return.objects.none()
        file = b"".join(csv_of(ReturnResource(zone="UTC"), rows, cast.acme.pk))
    assert file.startswith(b"\xef\xbb\xbfReturn,Status,")
    assert file.endswith(b",Note\n")


@pytest.mark.django_db(transaction=True)
def test_the_rows_are_read_after_the_request_and_only_the_merchants_own():
    acme, globex = MerchantFactory(), MerchantFactory()
    ReturnFactory(merchant=acme, number="MINE")
    ReturnFactory(merchant=globex, number="THEIRS")
    with tenant(acme.pk):
        everything = Return.objects.order_by("id")
        file = csv_of(ReturnResource(zone="UTC"), everything, acme.pk)
    text = b"".join(file).decode()
    assert "MINE" in text
    assert "THEIRS" not in text


@pytest.mark.django_db(transaction=True)
def test_a_reader_who_leaves_early_does_no_harm():
    acme = MerchantFactory()
    order = OrderFactory(merchant=acme)
    for _ in range(3):
        ReturnFactory(merchant=acme, order=order, note="x" * 70_000)
    with tenant(acme.pk):
        file = csv_of(ReturnResource(zone="UTC"), Return.objects.order_by("id"), acme.pk)
    next(file)
    next(file)
    file.close()
    assert not connection.in_atomic_block
    with tenant(acme.pk):
        assert Return.objects.count() == 3


@pytest.mark.django_db
def test_memory_does_not_grow_with_the_file(cast):
    order = OrderFactory(merchant=cast.acme)
    with tenant(cast.acme.pk):
        Return.objects.bulk_create(
            Return(
                merchant=cast.acme,
                order=order,
                channel=order.channel,
                number=f"R{place}",
                currency="GBP",
                note="x" * 2000,
            )
            for place in range(2000)
        )
        file = csv_of(ReturnResource(zone="UTC"), Return.objects.order_by("id"), cast.acme.pk)
    tracemalloc.start()
    size = sum(len(chunk) for chunk in file)
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size > 4_000_000
    assert peak < 1_000_000
