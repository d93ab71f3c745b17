"""Loading a file of orders: what becomes of each kind of row, and that twice is once (F3)."""

from __future__ import annotations

import gzip
import io
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.db import connection
from django.db.models import F, Sum

from accounts.actor import Actor
from accounts.models import Customer, NumberSeries, Vendor
from actions import order_blocks
from actions.load_report import ROW_KINDS, LoadReport
from actions.order_loading import load_orders
from actions.order_staging import local_settings
from audit.models import Event
from core.errors import NotAllowed, Refused
from core.tenancy import tenant
from orders.models import (
    Channel,
    ChannelInvoice,
    FulfillmentRequest,
    Order,
    OrderLine,
    Product,
    Shipment,
)
from returns.models import RefundEntry, Return, ReturnLine
from tests.cast import Cast
from tests.factories import ProductFactory, shipped_order
from tests.order_files import HEADING

pytestmark = pytest.mark.django_db

UK = "United Kingdom"
FULL = Path(__file__).parents[3] / "shared/data/online-retail/online_retail.csv.gz"

# Every kind of row, in the order of the file.
STORY = f"""
501,85123A,WHITE LANTERN,6,2011-11-18 08:26:00,2.55,17850.0,{UK}
501,22633,HAND WARMER,3,2011-11-18 08:26:00,1.85,17850.0,{UK}
501,POST,POSTAGE,1,2011-11-18 08:26:00,4.00,17850.0,{UK}
501,D,Discount,-1,2011-11-18 08:26:00,1.50,17850.0,{UK}
502,22633,,2,2011-11-18 09:00:00,1.85,,{UK}
503,22900,,7,2011-11-19 10:00:00,0,12583.0,France
504,22633,HAND WARMER,-7,2011-11-19 11:00:00,0,,{UK}
505,M,Manual,1,2011-11-20 11:00:00,12.00,12583.0,France
506,22633,HAND WARMER,4,2011-11-21 08:00:00,1.95,17850.0,{UK}
C507,22633,HAND WARMER,-5,2011-11-22 08:00:00,1.85,17850.0,{UK}
C507,85123A,WHITE LANTERN,-2,2011-11-22 08:00:00,9.99,17850.0,{UK}
C508,22633,HAND WARMER,-3,2011-11-23 08:00:00,1.85,17850.0,{UK}
C509,71053,NEVER BOUGHT,-1,2011-11-23 08:00:00,1.85,17850.0,{UK}
C510,22633,HAND WARMER,-1,2011-11-23 08:00:00,1.85,,{UK}
C511,POST,POSTAGE,-1,2011-11-23 08:00:00,4.00,17850.0,{UK}
A512,B,Adjust bad debt,1,2011-11-24 08:00:00,-11062.06,,{UK}
513,22633,HAND WARMER,many,2011-11-24 08:00:00,1.85,17850.0,{UK}
513,22900,PAPER BUNTING,1,2011-11-24 08:00:00,4.95,17850.0,{UK}
""".strip().split("\n")


def load(cast: Cast, *rows: str, actor: Actor | None = None, **options: Any) -> LoadReport:
    """The report of loading these rows, or the story."""
    data = "\n".join((HEADING, *(rows or STORY), "")).encode()
    with tenant(cast.acme.pk):
        return load_orders(
            actor or Actor.system(cast.acme),
            io.BytesIO(data),
            format="online-retail",
            file_name="story.csv",
            **options,
        )


def everything(cast: Cast) -> dict[str, list[tuple[Any, ...]]]:
    """All rows a load could touch. The event that says a load ran is no part of it."""
    models = (
        Channel, ChannelInvoice, Customer, FulfillmentRequest, NumberSeries, Order, OrderLine,
        Product, RefundEntry, Return, ReturnLine, Shipment, Vendor,
    )  # fmt: skip
    with tenant(cast.acme.pk):
        return {
            model.__name__: list(model._base_manager.order_by("pk").values_list())
            for model in models
        }


# --- what a row becomes -------------------------------------------------------------------------


def test_every_row_is_counted_once(cast):
    report = load(cast)
    assert list(report.counts) == list(ROW_KINDS)
    assert report.rows == sum(report.counts.values()) == len(STORY)
    assert report.counts == {
        "sales": 5,
        "guest_sales": 1,
        "charges": 3,
        "returns": 2,
        "returns_of_too_many": 1,
        "returns_without_purchase": 1,
        "returns_without_customer": 1,
        "returns_of_charges": 1,
        "stock_corrections": 1,
        "bad_debts": 1,
        "unreadable": 1,
    }
    assert report.created == {
        "orders": 6,
        "lines": 6,
        "customers": 1,
        "products": 3,
        "fulfillment_requests": 5,
        "shipments": 5,
        "invoices": 6,
        "returns": 2,
        "return_lines": 3,
        "refund_entries": 2,
    }
    assert report.facts == {
        "invoices": 8,
        "cancellations": 5,
        "sales_at_zero": 1,
        "units_returned": 7,
        "orders_of_charges_only": 1,
    }
    assert [(one.line, one.column, one.reason.value) for one in report.rejects] == [
        (8, "Quantity", "stock_correction"),
        (13, "Quantity", "return_of_too_many"),
        (14, "Quantity", "return_without_purchase"),
        (15, "CustomerID", "return_without_customer"),
        (16, "StockCode", "return_of_charge"),
        (17, "InvoiceNo", "bad_debt"),
        (18, "Quantity", "not_whole"),
    ]
    assert report.as_json()["rejected"] == 7


def test_an_invoice_becomes_an_order_that_was_shipped_and_billed(at_acme):
    load(at_acme)
    order = Order.objects.get(number="501")
    assert (order.channel.code, order.customer, order.currency, order.country) == (
        "online-retail",
        at_acme.cora_row,
        "GBP",
        UK,
    )
    assert order.placed_at == datetime(2011, 11, 18, 8, 26, tzinfo=at_acme.acme.zone)
    assert (order.line_count, order.unit_count, order.shipped_units) == (2, 9, 9)
    assert order.paid_total == Decimal("19.35")
    request = order.fulfillment_requests.get()
    assert (request.number, request.vendor, request.line_count, request.unit_count) == (
        "PO-80001",
        at_acme.warehouse,
        2,
        9,
    )
    parcel = order.shipments.get()
    assert parcel.fulfillment_request == request
    zone = at_acme.acme.zone
    assert parcel.shipped_at == datetime(2011, 11, 21, 16, tzinfo=zone), "Friday's, on Monday"
    assert parcel.delivered_at is not None
    assert parcel.delivered_at.astimezone(zone).date().isoformat() == "2011-11-23"
    assert parcel.carrier
    assert parcel.tracking_number
    lines = order.lines.order_by("position")
    assert [
        (one.position, one.product.sku, one.title, one.quantity, one.total) for one in lines
    ] == [
        (1, "85123A", "WHITE LANTERN", 6, Decimal("14.20")),
        (2, "22633", "HAND WARMER", 3, Decimal("5.15")),
    ], "1.50 off, 1.10 and 0.40 of it"
    assert [one.discount for one in lines] == [Decimal("1.10"), Decimal("0.40")]
    assert order.paid_total == Decimal("19.35")
    assert {(one.fulfillment_request, one.shipment) for one in lines} == {(request, parcel)}
    bill = order.invoice
    assert (bill.number, bill.subtotal, bill.shipping, bill.discount, bill.total) == (
        "501",
        Decimal("20.85"),
        Decimal(4),
        Decimal("1.5"),
        Decimal("23.35"),
    )
    assert order.shipping_paid == 4, "what may be refunded of the shipping"


def test_guests_have_no_customer_and_free_goods_cost_nothing(at_acme):
    load(at_acme)
    assert Order.objects.get(number="502").customer is None
    free = OrderLine.objects.get(order__number="503")
    assert (free.total, free.title) == (0, "22900")
    assert Order.objects.get(number="503").customer.number == "12583"


def test_a_product_takes_its_first_description_even_from_a_later_row(at_acme):
    load(at_acme)
    titles = dict(Product.objects.values_list("sku", "title"))
    assert titles == {
        "85123A": "WHITE LANTERN",
        "22633": "HAND WARMER",
        "22900": "PAPER BUNTING",
    }


def test_an_invoice_of_charges_only_is_an_order_without_goods(at_acme):
    load(at_acme)
    order = Order.objects.get(number="505")
    assert (order.line_count, order.paid_total, order.invoice.other) == (0, 0, 12)
    assert not order.fulfillment_requests.exists()


def test_charges_with_the_wrong_sign_count_as_other(at_acme):
    rows = (
        f"601,POST,POSTAGE,-1,2011-11-18 08:26:00,4.00,,{UK}",
        f"601,D,Discount,1,2011-11-18 08:26:00,1.00,,{UK}",
        f"602,POST,POSTAGE,1,2011-11-18 08:26:00,0,,{UK}",
    )
    report = load(at_acme, *rows)
    bill = ChannelInvoice.objects.get()
    assert (bill.shipping, bill.discount, bill.other, bill.total) == (0, 0, -3, -3)
    assert bill.order.shipping_paid == 0
    assert report.counts["charges"] == 3


def test_no_more_can_be_refunded_than_was_paid_after_discounts(at_acme):
    rows = (
        f"601,85123A,WHITE LANTERN,3,2011-11-18 08:26:00,1.00,17850.0,{UK}",
        f"601,POST,POSTAGE,1,2011-11-18 08:26:00,4.00,17850.0,{UK}",
        f"601,D,Discount,-1,2011-11-18 08:26:00,2.00,17850.0,{UK}",
        f"601,M,Manual,-1,2011-11-18 08:26:00,2.50,17850.0,{UK}",
        f"602,85123A,WHITE LANTERN,3,2011-11-18 09:26:00,1.00,17850.0,{UK}",
        f"602,D,Discount,-1,2011-11-18 09:26:00,1.00,17850.0,{UK}",
        f"C603,85123A,WHITE LANTERN,-6,2011-11-20 09:26:00,1.00,17850.0,{UK}",
    )
    load(at_acme, *rows)
    first, second = Order.objects.order_by("number")
    assert (first.paid_total, first.shipping_paid) == (0, Decimal("2.50"))
    assert first.invoice.total == first.paid_total + first.shipping_paid
    assert (second.paid_total, second.invoice.total) == (2, 2)
    assert list(second.lines.values_list("discount", "total")) == [(1, 2)]
    assert list(Return.objects.order_by("number").values_list("number", "refunded")) == [
        ("C603", 0),
        ("C603-2", 2),
    ]
    again = load(at_acme, *rows)
    assert (again.created["orders"], again.different) == (0, [])


def test_a_discount_further_down_in_the_file_comes_off_too(at_acme):
    rows = (
        f"601,85123A,WHITE LANTERN,3,2011-11-18 08:26:00,1.00,17850.0,{UK}",
        f"602,85123A,WHITE LANTERN,1,2011-11-18 08:26:00,1.00,17850.0,{UK}",
        f"601,D,Discount,-1,2011-11-18 08:26:00,0.50,17850.0,{UK}",
    )
    with patch("actions.order_blocks.BLOCK_LINES", 1):
        load(at_acme, *rows)
    order = Order.objects.get(number="601")
    assert (order.paid_total, order.invoice.subtotal) == (Decimal("2.5"), 3)
    assert order.lines.get().total == Decimal("2.5")


def test_the_vendor_of_a_product_fulfils_it(at_acme):
    ProductFactory(merchant=at_acme.acme, sku="85123A", vendor=at_acme.northlight)
    report = load(at_acme)
    requests = Order.objects.get(number="501").fulfillment_requests.order_by("id")
    assert [(one.vendor, one.line_count, one.unit_count) for one in requests] == [
        (at_acme.northlight, 1, 6),
        (at_acme.warehouse, 1, 3),
    ]
    numbers = FulfillmentRequest.objects.order_by("id").values_list("number", flat=True)
    assert list(numbers) == [f"PO-{80001 + place}" for place in range(6)]
    assert NumberSeries.objects.get(kind="purchase_order").next_value == 80007
    assert report.created["products"] == 2


def test_a_merchant_without_a_warehouse_gets_one(at_acme):
    Vendor.objects.filter(pk=at_acme.warehouse.pk).update(own_warehouse=False)
    load(at_acme)
    assert Vendor.objects.get(own_warehouse=True).code == "own-warehouse-2"


# --- historical returns -------------------------------------------------------------------------


def test_cancellations_become_closed_returns_first_in_first_out(at_acme):
    load(at_acme)
    first, second = Return.objects.order_by("id")
    assert (first.number, first.order.number) == ("C507", "501")
    assert (second.number, second.order.number) == ("C507-2", "506")
    for made in (first, second):
        assert (made.status, made.source, made.rma_summary, made.refunded) == (
            "closed",
            "import",
            "none",
            made.refund_items,
        )
        assert made.customer == at_acme.cora_row
        assert made.requested_at == made.closed_at
        assert made.received_units == made.unit_count
        entry = made.refund_entries.get()
        assert (entry.kind, entry.amount) == ("historical", made.refund_items)
    assert (first.line_count, first.unit_count, first.refund_items) == (2, 5, Decimal("9.87"))
    assert (second.line_count, second.unit_count, second.refund_items) == (1, 2, Decimal("3.70"))
    lines = first.lines.order_by("order_line__position")
    assert [(one.quantity, one.refund, one.destination) for one in lines] == [
        (2, Decimal("4.72"), at_acme.warehouse),
        (3, Decimal("5.15"), at_acme.warehouse),
    ]
    order = Order.objects.get(number="501")
    assert (order.returned_units, order.return_count) == (5, 1)
    assert order.refund_agreed == order.refunded == Decimal("9.87")
    sold = OrderLine.objects.get(order__number="506")
    assert (sold.returned_quantity, sold.refund_agreed) == (2, Decimal("3.70"))


def test_counters_agree_with_the_rows_they_count(at_acme):
    load(at_acme)
    for order in Order.objects.annotate(
        units=Sum("lines__quantity", default=0),
        back=Sum("lines__returned_quantity", default=0),
        paid=Sum("lines__total", default=Decimal(0)),
        agreed=Sum("lines__refund_agreed", default=Decimal(0)),
    ):
        assert (order.unit_count, order.returned_units) == (order.units, order.back)
        assert (order.paid_total, order.refund_agreed) == (order.paid, order.agreed)


def test_what_an_earlier_file_brought_counts_as_bought_before(at_acme):
    load(at_acme, f"701,22633,HAND WARMER,4,2011-12-20 08:00:00,2.00,17850,{UK}")
    report = load(
        at_acme,
        f"C702,22633,HAND WARMER,-5,2011-12-01 08:00:00,2.00,17850,{UK}",
        f"C703,22633,HAND WARMER,-3,2011-12-01 08:00:00,2.00,17850,{UK}",
    )
    assert (report.counts["returns"], report.counts["returns_of_too_many"]) == (1, 1)
    order = Order.objects.get()
    assert (order.returned_units, order.refunded) == (3, 6)


def test_another_customer_has_not_bought_it(at_acme):
    report = load(at_acme, *STORY[:2], STORY[10].replace("17850", "17851"))
    assert report.counts["returns_without_purchase"] == 1


# --- twice is once ------------------------------------------------------------------------------


def test_the_same_file_again_changes_nothing_and_reports_the_same(cast):
    first = load(cast)
    before = everything(cast)
    again = load(cast)
    assert everything(cast) == before
    assert again.counts == first.counts
    assert again.rejects == first.rejects
    assert not any(again.created.values())
    assert again.existing == {"orders": 6, "different_orders": 0, "returned_rows": 2}


def test_a_longer_file_adds_what_is_new(cast):
    load(cast, *STORY[:9])
    report = load(cast)
    assert report.created["orders"] == 1
    assert report.created["returns"] == 2
    assert report.existing["orders"] == 5
    whole = everything(cast)
    assert len(whole["Order"]) == 6
    load(cast)
    assert everything(cast) == whole


@pytest.mark.parametrize(
    "change",
    [
        lambda rows: [rows[0], rows[1].replace(",3,", ",30,"), *rows[2:]],
        lambda rows: [rows[0], *rows[2:]],
        lambda rows: [rows[0], rows[1].replace("22633", "22900"), *rows[2:]],
        lambda rows: [rows[0], rows[1].replace("1.85", "1.84"), *rows[2:]],
    ],
    ids=["quantity", "a line less", "product", "price"],
)
def test_an_invoice_with_other_lines_is_named_and_left_alone(cast, change):
    load(cast, *STORY[:4])
    before = everything(cast)
    report = load(cast, *change(STORY[:4]))
    assert report.different == ["501"]
    assert report.existing["different_orders"] == 1
    after = everything(cast)
    assert {name: after[name] for name in ("Order", "OrderLine")} == {
        name: before[name] for name in ("Order", "OrderLine")
    }


def test_a_dry_run_tells_what_will_happen_and_leaves_nothing(cast):
    before = everything(cast)
    dry = load(cast, dry_run=True)
    assert everything(cast) == before
    real = load(cast)
    assert (dry.counts, dry.created, dry.existing, dry.facts, dry.rejects) == (
        real.counts,
        real.created,
        real.existing,
        real.facts,
        real.rejects,
    )
    with tenant(cast.acme.pk):
        assert Event.objects.filter(verb="import.finished").count() == 1


# --- blocks -------------------------------------------------------------------------------------


def whole_reads() -> dict[str, int]:
    """How often each table of orders was read from end to end in this transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, seq_scan FROM pg_stat_xact_user_tables WHERE relname LIKE 'orders_%'"
        )
        return dict(cursor.fetchall())


def test_no_table_is_read_whole_whatever_its_size_was_a_moment_ago(at_acme):
    load(at_acme, STORY[0])
    no_index = {"enable_indexscan": "off", "enable_bitmapscan": "off"}
    with connection.cursor() as cursor, local_settings(no_index):
        cursor.execute("DISCARD PLANS")
        shipped_order(at_acme.acme)
    before = whole_reads()
    assert before["orders_order"]  # The triggers keep the plan of looking references up like that.
    with local_settings({"seq_page_cost": "0", "cpu_tuple_cost": "0"}):
        load(at_acme)
    assert whole_reads() == before


def test_an_invoice_the_file_comes_to_twice_is_one_order(at_acme, monkeypatch):
    monkeypatch.setattr(order_blocks, "BLOCK_LINES", 1)
    ProductFactory(merchant=at_acme.acme, sku="71053", vendor=at_acme.northlight)
    rows = (
        *STORY[:3],
        STORY[5],
        f"501,71053,METAL LANTERN,1,2011-11-18 08:27:00,9.00,17850.0,{UK}",
        f"501,22633,HAND WARMER,1,2011-11-18 08:27:00,1.85,17850.0,{UK}",
        f"501,POST,POSTAGE,1,2011-11-18 08:27:00,2.00,17850.0,{UK}",
    )
    report = load(at_acme, *rows)
    assert report.created["orders"] == 2
    order = Order.objects.get(number="501")
    assert (order.line_count, order.unit_count, order.shipped_units) == (4, 11, 11)
    assert order.paid_total == Decimal("31.70")
    assert (order.invoice.subtotal, order.invoice.shipping) == (Decimal("31.70"), 6)
    assert order.shipping_paid == 6
    assert list(order.lines.order_by("position").values_list("position", flat=True)) == [1, 2, 3, 4]
    requests = order.fulfillment_requests.order_by("line_count")
    assert [(one.vendor, one.line_count, one.unit_count) for one in requests] == [
        (at_acme.northlight, 1, 1),
        (at_acme.warehouse, 3, 10),
    ]
    before = everything(at_acme)
    assert load(at_acme, *rows).existing == {
        "orders": 2,
        "different_orders": 0,
        "returned_rows": 0,
    }
    assert everything(at_acme) == before


def test_blocks_make_no_difference(cast, monkeypatch):
    monkeypatch.setattr(order_blocks, "BLOCK_LINES", 1)
    assert load(cast).created["orders"] == 6
    again = load(cast)
    assert not any(again.created.values())
    assert again.existing["different_orders"] == 0


def test_texts_keep_their_odd_characters(at_acme):
    load(at_acme, f'801,22633,"TAB\tSLASH\\N ""QUOTED""",1,2011-11-18 08:00:00,1,x\\y,{UK}')
    assert OrderLine.objects.get().title == 'TAB\tSLASH\\N "QUOTED"'
    assert Order.objects.get().customer.number == "x\\y"


# --- the whole ----------------------------------------------------------------------------------


def test_one_event_says_what_came_in(at_acme):
    load(at_acme)
    event = Event.objects.get(verb="import.finished")
    assert (event.noun, event.data) == (
        "channel",
        {"file": "story.csv", "orders": 6, "rejected": 7},
    )


def test_progress_ends_with_the_number_of_rows(cast):
    told: list[tuple[int, int | None]] = []
    load(cast, progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (18, 18)
    assert all(total is None for _done, total in told[:-1])


def test_settings_of_the_session_are_as_before(at_acme):
    def settings() -> tuple[Any, ...]:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT current_setting('enable_nestloop'), current_setting('work_mem'),"
                " current_setting('lock_timeout')"
            )
            return tuple(cursor.fetchone())

    before = settings()
    load(at_acme)
    assert settings() == before


def test_rivals_stay_apart(cast):
    load(cast)
    with tenant(cast.globex.pk):
        assert not Order.objects.exists()
        assert not Customer.objects.exists()


def test_who_may_not_import_changes_nothing(cast):
    before = everything(cast)
    with pytest.raises(NotAllowed):
        load(cast, actor=cast.bob)
    assert everything(cast) == before
    assert load(cast, actor=cast.alice).created["orders"] == 6


def test_a_file_that_breaks_in_the_middle_loads_nothing(cast, monkeypatch):
    monkeypatch.setattr(order_blocks, "BLOCK_LINES", 1)
    before = everything(cast)
    with pytest.raises(Refused):
        load(cast, *STORY, STORY[0] + "\0")
    assert everything(cast) == before


def test_an_unknown_format_is_refused_with_the_known_ones(cast):
    with tenant(cast.acme.pk), pytest.raises(Refused) as refused:
        load_orders(Actor.system(cast.acme), io.BytesIO(), format="edifact", file_name="orders.edi")
    assert "online-retail" in str(refused.value.message)


@pytest.mark.slow
@pytest.mark.skipif(not FULL.exists(), reason="the full file is not beside the checkout")
def test_the_full_file_gives_the_counts_of_its_readme(at_acme):
    with gzip.open(FULL) as source:
        report = load_orders(
            Actor.system(at_acme.acme), source, format="online-retail", file_name=FULL.name
        )
    assert report.rows == sum(report.counts.values()) == 541_909
    assert report.counts == {
        "sales": 396_370,
        "guest_sales": 132_516,
        "charges": 2_408,
        "returns": 7_434,
        "returns_of_too_many": 51,
        "returns_without_purchase": 1_054,
        "returns_without_customer": 165,
        "returns_of_charges": 584,
        "stock_corrections": 1_324,
        "bad_debts": 3,
        "unreadable": 0,
    }
    assert report.facts["units_returned"] == 250_220
    assert report.facts["sales_at_zero"] == 33
    assert report.facts["invoices"] == 22_064
    assert report.facts["cancellations"] == 3_836
    assert len(report.rejects) == 3_181
    totals = OrderLine.objects.aggregate(units=Sum("returned_quantity"), lines=Sum("refund_agreed"))
    orders = Order.objects.aggregate(units=Sum("returned_units"), lines=Sum("refund_agreed"))
    assert totals == orders
    assert totals["units"] == 250_220
    assert not Order.objects.exclude(unit_count=F("shipped_units")).exists()
