"""The filters of the overview, and its search behind the second wall (F4, F5)."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict
from django.utils import timezone

from accounts.models import Customer
from console.overview import count, load_choices
from core.tenancy import tenant
from orders.models import Shipment
from returns.columns import COLUMNS, DEFAULT, in_order
from returns.filters import (
    LONGEST_QUERY,
    PERIODS,
    RMA_CHOICES,
    SINCE,
    TABS,
    ReturnFilter,
    clean_query,
)
from returns.models import Return, ReturnReason
from returns.states import SHIPPED_STATES, ReturnStatus, ShippedStatus, WaitsOn
from rmas.models import Rma, RmaNumber
from shipments.models import ReturnShipment
from tests.cast import Cast
from tests.factories import (
    ChannelFactory,
    CustomerFactory,
    Item,
    OrderFactory,
    ReturnFactory,
    ReturnLineFactory,
    RmaFactory,
    made_return,
    shipped_order,
)
from tests.plugins.database import owner_login

pytestmark = pytest.mark.django_db


def found(cast: Cast, query: str) -> list[str]:
    """The numbers of the returns Bob finds with this address."""
    with tenant(cast.acme.pk, user=cast.bob.user_id):
        rows = ReturnFilter(QueryDict(query), actor=cast.bob).matching.order_by("number")
        return list(rows.values_list("number", flat=True))


def returned(cast: Cast, number: str, **fields: Any) -> Return:
    made: Return = ReturnFactory(merchant=cast.acme, number=number, **fields)
    return made


# --- the left panel -----------------------------------------------------------------------------

COUNTERS = {
    "none": (0, 0, 0),
    "approved": (4, 0, 0),
    "sent": (4, 2, 0),
    "some": (4, 4, 1),
    "all": (4, 4, 4),
    "more": (1, 0, 2),
}


def with_counters(cast: Cast) -> None:
    for number, (approved, shipped, received) in COUNTERS.items():
        returned(
            cast,
            number,
            unit_count=4,
            approved_units=approved,
            shipped_units=shipped,
            received_units=received,
        )


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("shipment=not_sent", ["approved", "none"]),
        ("shipment=on_its_way", ["sent"]),
        ("shipment=partly_received", ["some"]),
        ("shipment=received", ["all", "more"]),
        ("shipment=on_its_way&shipment=partly_received", ["sent", "some"]),
        ("tab=transit", ["sent", "some"]),
    ],
)
def test_where_the_goods_are(cast: Cast, query: str, numbers: list[str]) -> None:
    with_counters(cast)
    assert found(cast, query) == numbers


def test_the_filter_and_the_badge_say_the_same(cast: Cast) -> None:
    with_counters(cast)
    for value in ShippedStatus.values:
        with tenant(cast.acme.pk, user=cast.bob.user_id):
            rows = Return.objects.filter(SHIPPED_STATES[value])
            assert {row.shipped_state.value for row in rows} == {value}


def test_every_return_has_exactly_one_shipment_status(cast: Cast) -> None:
    with_counters(cast)
    together = [
        number for value in ShippedStatus.values for number in found(cast, f"shipment={value}")
    ]
    assert sorted(together) == sorted(COUNTERS)


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("waits=vendor", ["late", "new"]),
        ("waits=merchant&waits=finance", ["mine", "money"]),
        ("tab=turn", ["mine"]),
        ("tab=waiting", ["late", "new"]),
        ("since=3", ["late"]),
        ("since=3&waits=finance", []),
        ("since=1", ["late", "mine"]),
        ("period=7", ["money", "new"]),
        ("period=over30", ["ended", "late"]),
        ("period=over90", ["ended"]),
        ("period=nonsense", []),
        ("waits=nobody&status=closed", ["ended"]),
    ],
)
def test_whose_turn_since_when_and_how_old(cast: Cast, query: str, numbers: list[str]) -> None:
    now = timezone.now()
    for number, waits, hours, age in (
        ("new", "vendor", 1, 1),
        ("late", "vendor", 100, 40),
        ("mine", "merchant", 30, 20),
        ("money", "finance", 2, 6),
        ("ended", "nobody", 9999, 100),
    ):
        returned(
            cast,
            number,
            waits_on=waits,
            waits_since=now - timedelta(hours=hours),
            requested_at=now - timedelta(days=age),
            status="closed" if waits == "nobody" else "open",
        )
    assert found(cast, query) == numbers


@pytest.mark.parametrize(
    ("money", "is_open"),
    [
        ({"refund_items": 10}, True),
        ({"refund_items": 10, "refunded": 10}, False),
        ({"refund_items": 10, "refund_shipping": 2, "refunded": 10}, True),
        ({"refund_items": 10, "refund_adjustment": -2, "refunded": 8}, False),
        ({"refund_items": 10, "status": "closed"}, True),
        ({"refund_items": 10, "status": "canceled"}, False),
    ],
)
def test_refund_open(cast: Cast, money: dict[str, Any], is_open: bool) -> None:
    returned(cast, "R-1", **money)
    assert found(cast, "tab=refund") == (["R-1"] if is_open else [])


def test_the_status_of_a_single_rma_is_found_once(cast: Cast) -> None:
    made = returned(cast, "R-1", rma_summary="waiting")
    returned(cast, "R-2", rma_summary="approved")
    for status in ("processed", "processed", "voided"):
        RmaFactory(merchant=cast.acme, customer_return=made, status=status)
    assert found(cast, "rma=processed") == ["R-1"]
    assert found(cast, "rma=voided") == ["R-1"]
    assert found(cast, "rma=processed&rma=approved") == ["R-1", "R-2"]
    assert found(cast, "rma=canceled") == []


def test_vendor_and_reason_find_each_return_once(cast: Cast) -> None:
    with tenant(cast.acme.pk):
        size, colour = ReturnReason.objects.filter(merchant=cast.acme)[:2]
        heading = ReturnReason.objects.create(merchant=cast.acme, code="fit", label="Fit")
        ReturnReason.objects.filter(pk=size.pk).update(parent=heading)
    made = returned(cast, "R-1")
    for _line in range(3):
        ReturnLineFactory(
            merchant=cast.acme, customer_return=made, destination=cast.paper, reason=size
        )
    other = returned(cast, "R-2")
    ReturnLineFactory(merchant=cast.acme, customer_return=other, reason=colour)

    assert found(cast, f"vendor={cast.paper.public_id}") == ["R-1"]
    assert found(cast, f"reason={size.code}") == ["R-1"]
    assert found(cast, "reason=fit") == ["R-1"]
    assert found(cast, f"reason=fit&reason={colour.code}") == ["R-1", "R-2"]
    assert found(cast, "reason=none-such") == []


@pytest.mark.parametrize(
    "query",
    [
        "vendor=1",
        "vendor=%00",
        "channel=x",
        "channel=0",
        f"channel={10**30}",
        "reason=%00",
        "q=%00",
    ],
)
def test_what_cannot_be_read_finds_nothing(cast: Cast, query: str) -> None:
    returned(cast, "R-1")
    assert found(cast, query) == []


def test_filters_are_joined(cast: Cast) -> None:
    returned(cast, "R-1", status="closed")
    returned(cast, "R-2", status="open")
    assert found(cast, "status=open&q=R-") == ["R-2"]
    assert found(cast, "status=open&q=R-1") == []


def test_a_clean_query_holds_filters_only() -> None:
    asked = QueryDict("utf8=1&after=abc&status=open&status=open&q=&tab=open&selected=7&vendor=a")
    assert clean_query(asked) == "tab=open&status=open&vendor=a"
    assert clean_query(QueryDict("before=x")) == ""
    assert LONGEST_QUERY == 1000


def test_columns_keep_their_order_and_the_return() -> None:
    assert in_order(["total", "nonsense", "age"]) == ("return", "age", "total")
    assert in_order(DEFAULT) == DEFAULT
    assert set(DEFAULT) < set(COLUMNS)


# --- the search ---------------------------------------------------------------------------------


def papers(cast: Cast) -> Return:
    """R-10001 of order 536365: Cora's lantern, an RMA that had another number, and a parcel."""
    with tenant(cast.acme.pk):
        Customer.objects.filter(pk=cast.cora_row.pk).update(email="cora@mail.example")
    order = shipped_order(
        cast.acme,
        Item(sku="84406B"),
        vendor=cast.northlight,
        customer=cast.cora_row,
        number="536365",
    )
    made = made_return(cast.bob, order)
    with tenant(cast.acme.pk):
        Shipment.objects.filter(order=order).update(tracking_number="OUT55512")
        rma = Rma.objects.get(customer_return=made)
        RmaNumber.objects.create(merchant=cast.acme, rma=rma, vendor=rma.vendor, number="OLD-777/A")
        ReturnShipment.objects.create(
            merchant=cast.acme,
            customer_return=made,
            rma=rma,
            return_address="x",
            carrier="Royal Mail",
            tracking_number="JX123456789GB",
        )
    return made


@pytest.mark.parametrize(
    "text",
    [
        "R-10001",
        "r-10001",
        "0001",
        "536365",
        "6365",
        "RMA-20001",
        "20001",
        "OLD-777/A",
        "777/a",
        "JX123456789GB",
        "456789",
        "OUT55512",
        "t5551",
        "84406B",
        "4406b",
        "17850",
        "Cora Lindqvist",
        "lindq",
        "cora@mail.example",
        "@mail",
        "  Lindqvist  ",
        "R",
        "53",
        "Co",
    ],
)
def test_a_return_is_found_by_whatever_is_at_hand(cast: Cast, text: str) -> None:
    papers(cast)
    other = OrderFactory(
        merchant=cast.acme,
        number="999",
        customer=CustomerFactory(merchant=cast.acme, number="X1", name="Zoe", email="z@y.example"),
    )
    ReturnFactory(merchant=cast.acme, order=other, number="Q-5")
    assert found(cast, QueryDict(f"q={text}", mutable=True).urlencode()) == ["R-10001"]


@pytest.mark.parametrize("text", ["0001Z", "%", "_", "%%%", "R_10001", "R%1", "\\", "in", "00", ""])
def test_signs_of_patterns_are_plain_text_and_short_texts_begin_something(
    cast: Cast, text: str
) -> None:
    papers(cast)
    asked = QueryDict(mutable=True)
    asked["q"] = text
    assert found(cast, asked.urlencode()) == (["R-10001"] if not text else [])


def search(text: str, most: int = 1001) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT returns_search(%s, %s)", [text, most])
        return [row[0] for row in cursor.fetchall()]


def test_the_search_answers_the_staff_of_the_bound_merchant_only(cast: Cast) -> None:
    made = papers(cast)
    with tenant(cast.acme.pk):
        assert search("536365") == [made.pk]
    with tenant(cast.globex.pk):
        assert search("536365") == []
    with tenant():
        assert search("536365") == []
    with tenant(system=True):
        assert search("536365") == []
    with tenant(cast.acme.pk, vendor=cast.northlight.pk):
        assert search("536365") == []
    with tenant(cast.acme.pk, customer=cast.cora_row.pk):
        assert search("536365") == []


def test_foreign_rows_never_come_out(cast: Cast) -> None:
    """Globex has the same numbers, names, SKUs and parcels; each side finds its own."""
    mine = papers(cast)
    buyer = CustomerFactory(
        merchant=cast.globex, number="17850", name="Cora Lindqvist", email="cora@mail.example"
    )
    theirs = made_return(
        cast.charlie,
        shipped_order(cast.globex, Item(sku="84406B"), customer=buyer, number="536365"),
    )
    for text in ("R-10001", "536365", "RMA-20001", "84406B", "Lindqvist", "cora@mail", "17850"):
        with tenant(cast.acme.pk):
            assert search(text) == [mine.pk]
        with tenant(cast.globex.pk):
            assert search(text) == [theirs.pk]


def test_the_search_is_bounded_and_keeps_the_newest(cast: Cast) -> None:
    now = timezone.now()
    made = [
        returned(cast, f"N-{place:03}", requested_at=now - timedelta(hours=place))
        for place in range(5)
    ]
    with tenant(cast.acme.pk):
        assert search("N-0", 3) == [one.pk for one in made[:3]]


def scans(*names: str) -> dict[str, int]:
    """How often each table or index was scanned in this transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, pg_stat_get_xact_numscans(name::regclass) FROM unnest(%s::text[]) name",
            [list(names)],
        )
        return dict(cursor.fetchall())


INDEXES = (
    "returns_return_search",
    "orders_order_search",
    "rmas_rmanumber_search",
    "shipments_returnshipment_search",
    "orders_product_search",
    "accounts_customer_search",
)


@pytest.mark.django_db(transaction=True)
def test_the_runtime_role_searches_by_the_indexes(cast: Cast) -> None:
    """And without the function it could not: the control shows a plan that cannot use them."""
    papers(cast)
    fill(cast, 10_000)
    with tenant(cast.acme.pk, user=cast.bob.user_id):
        searched = [name.removesuffix("_search") for name in INDEXES if "return_" not in name]
        before = scans(*INDEXES, *searched)
        assert len(search("X1234")) == 1
        used = {name: count - before[name] for name, count in scans(*before).items()}
        assert [name for name in INDEXES if not used[name]] == []
        assert [name for name in searched if used[name]] == []

        page = ReturnFilter(QueryDict("q=X1234"), actor=cast.bob).matching
        plan = page.order_by("-requested_at", "-id")[:51].explain()
        assert "Seq Scan on returns_return" not in plan, plan
        direct = Return.objects.filter(number__icontains="R-10001").explain()
        assert "returns_return_search" not in direct, direct


FILLING = """
INSERT INTO accounts_customer (merchant_id, number, name, email)
  SELECT %(merchant)s, 'F' || n, left(md5(n::text), 12), n || '@example.com'
  FROM generate_series(1, %(count)s) n;
INSERT INTO orders_product (merchant_id, sku, title)
  SELECT %(merchant)s, left(md5(n::text), 12), 'Thing' FROM generate_series(1, %(count)s) n;
INSERT INTO orders_order (merchant_id, channel_id, number, placed_at, currency)
  SELECT merchant_id, channel_id, 'F' || left(md5(n::text), 12), now(), 'GBP'
  FROM (SELECT * FROM orders_order WHERE merchant_id = %(merchant)s LIMIT 1) one,
    generate_series(1, %(count)s) n;
INSERT INTO returns_return (merchant_id, order_id, channel_id, number, currency, status,
    rma_summary, source)
  SELECT merchant_id, order_id, channel_id, 'F' || left(md5(n::text), 12), 'GBP', 'open', 'none',
    'console'
  FROM (SELECT * FROM returns_return WHERE merchant_id = %(merchant)s LIMIT 1) one,
    generate_series(1, %(count)s) n;
INSERT INTO rmas_rmanumber (merchant_id, rma_id, vendor_id, number)
  SELECT merchant_id, rma_id, vendor_id, left(md5(n::text), 12)
  FROM (SELECT * FROM rmas_rmanumber WHERE merchant_id = %(merchant)s LIMIT 1) one,
    generate_series(1, %(count)s) n;
INSERT INTO shipments_returnshipment (merchant_id, customer_return_id, rma_id, return_address,
    carrier, tracking_number, note)
  SELECT merchant_id, customer_return_id, rma_id, '', '', left(md5(n::text), 12), ''
  FROM (SELECT * FROM shipments_returnshipment WHERE merchant_id = %(merchant)s LIMIT 1) one,
    generate_series(1, %(count)s) n;
ANALYZE"""


def fill(cast: Cast, count: int) -> None:
    """Rows enough that an index pays, and statistics about them."""
    with owner_login(), connection.cursor() as cursor:
        cursor.execute(FILLING, {"merchant": cast.acme.pk, "count": count})
        for name in INDEXES:
            cursor.execute("SELECT gin_clean_pending_list(%s::regclass)", [name])


# --- the counts ---------------------------------------------------------------------------------


def test_the_database_counts_what_the_filters_find(cast: Cast) -> None:
    """Its function says the conditions a second time; here both are asked about everything."""
    many_returns(cast)
    asked = QueryDict("", mutable=True)
    with tenant(cast.acme.pk, user=cast.bob.user_id):
        choices = load_choices(cast.bob)
        counts = count(cast.bob, asked, choices, {})
        names = {
            "tab": list(TABS),
            "status": ReturnStatus.values,
            "shipment": ShippedStatus.values,
            "rma": [value for value, _label in RMA_CHOICES],
            "waits": [value for value in WaitsOn.values if value != "nobody"],
            "since": list(SINCE),
            "period": list(PERIODS),
            "channel": [one.key for one in choices.channels],
            "vendor": [one.key for one in choices.vendors],
            "reason": [one.key for one in choices.reasons],
        }
        found = {
            (name, value): ReturnFilter(
                QueryDict(f"{name}={value}"), actor=cast.bob
            ).matching.count()
            for name, values in names.items()
            for value in values
        }
    assert {key: counts.get(key) for key in found} == found
    assert set(counts) == set(found)
    assert len([number for number in found.values() if number]) > 30


def many_returns(cast: Cast) -> None:
    """Returns of every kind, at Acme and (to be left out) at Globex."""
    with tenant(cast.acme.pk):
        reasons = list(ReturnReason.objects.filter(merchant=cast.acme))
        heading = ReturnReason.objects.create(merchant=cast.acme, code="fit", label="Fit")
        ReturnReason.objects.filter(pk=reasons[0].pk).update(parent=heading)
    channels = [ChannelFactory(merchant=cast.acme) for _ in range(3)]
    elsewhere = [ChannelFactory(merchant=cast.globex)]
    chance = random.Random(7)
    now = timezone.now()
    for place in range(60):
        merchant = cast.acme if place % 6 else cast.globex
        approved = chance.choice([0, 2, 4])
        made = ReturnFactory(
            merchant=merchant,
            order=OrderFactory(
                merchant=merchant,
                channel=chance.choice(channels if merchant == cast.acme else elsewhere),
            ),
            status=chance.choice(ReturnStatus.values),
            rma_summary=chance.choice(["none", "waiting", "approved", "partially_approved"]),
            waits_on=chance.choice(WaitsOn.values),
            waits_since=now - timedelta(hours=chance.randrange(300), minutes=9),
            requested_at=now - timedelta(days=chance.randrange(120), hours=9),
            unit_count=4,
            approved_units=approved,
            shipped_units=chance.randrange(approved + 1),
            received_units=chance.randrange(approved + 1),
            refund_items=chance.choice([0, 10]),
            refund_shipping=chance.choice([0, 3]),
            refund_adjustment=chance.choice([0, 1]),
            refunded=chance.choice([0, 10]),
        )
        if merchant == cast.acme:
            for _line in range(2):
                vendor = chance.choice([cast.northlight, cast.paper])
                ReturnLineFactory(
                    merchant=merchant,
                    customer_return=made,
                    destination=vendor,
                    reason=chance.choice(reasons),
                )
                status = chance.choice(["processed", "processing", "voided", "canceled", "denied"])
                RmaFactory(merchant=merchant, customer_return=made, vendor=vendor, status=status)


def test_counts_are_capped_and_for_staff_only(cast: Cast) -> None:
    many_returns(cast)
    counts = "SELECT facet, value, found FROM returns_counts(3, '{}', '{}', '{}')"

    def ask() -> list[tuple[str, str, int]]:
        with connection.cursor() as cursor:
            cursor.execute(counts)
            return list(cursor.fetchall())

    with tenant(cast.acme.pk):
        assert {number for _facet, _value, number in ask()} >= {3}
        assert all(number <= 3 for _facet, _value, number in ask())
    for who in ({"vendor": cast.northlight.pk}, {"customer": cast.cora_row.pk}):
        with tenant(cast.acme.pk, **who):
            assert ask() == []
    with tenant():
        assert ask() == []
