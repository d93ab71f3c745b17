"""The overview and the order list: filters, paging, and query counts that stay (F4, F5)."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Membership
from actions.filters import save_filter
from core.tenancy import tenant
from orders.models import Channel
from returns.columns import COLUMNS
from returns.models import ListColumns, Return, ReturnReason
from tests.cast import Cast, SignIn
from tests.factories import (
    ChannelFactory,
    Item,
    ReturnFactory,
    VendorFactory,
    made_return,
    shipped_order,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def bob(cast: Cast, sign_in: SignIn) -> Client:
    return sign_in(cast.bob)


def make_returns(cast: Cast, count: int, **order: Any) -> list[Return]:
    return [
        made_return(cast.bob, shipped_order(cast.acme, vendor=cast.northlight, **order))
        for _number in range(count)
    ]


def queries_of(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return sum(
        not query["sql"].startswith(
            ("SAVEPOINT", "RELEASE", "SELECT set_config", "SELECT coalesce")
        )
        for query in captured
    )


def everything_asked(cast: Cast) -> str:
    """All filters at once, and the search; the returns of `make_returns` match them."""
    reason = ReturnReason.objects.filter(merchant=cast.acme)[0]
    channels = Channel.objects.filter(merchant=cast.acme).values_list("pk", flat=True)
    asked = {
        "tab": "waiting",
        "status": "open",
        "shipment": "not_sent",
        "rma": ["waiting", "processed"],
        "waits": "vendor",
        "period": "30",
        "vendor": str(cast.northlight.public_id),
        "channel": list(channels),
        "reason": reason.code,
        "q": "R-1",
    }
    return "/m/acme/returns/?" + urlencode(asked, doseq=True)


@pytest.mark.parametrize("address", ["/m/acme/returns/", "", "/m/acme/orders/"])
def test_thirty_rows_take_as_many_queries_as_one(cast: Cast, bob: Client, address: str) -> None:
    """Session, person, membership, lists to choose from, rows, counts, their worth, the frame."""
    columns = ListColumns(merchant=cast.acme, user=cast.bob.user, columns=list(COLUMNS))
    with tenant(cast.acme.pk, user=cast.bob.user_id):
        columns.save()
        for name in ("one", "two"):
            save_filter(cast.bob, name=name, query=f"status=open&q={name}")
    channel = ChannelFactory(merchant=cast.acme)
    make_returns(cast, 1, channel=channel)
    with tenant(cast.acme.pk, user=cast.bob.user_id):
        asked = address or everything_asked(cast)
    with_one = queries_of(bob, asked)
    assert ">R-10001<" in bob.get(asked).text or "orders" in asked
    make_returns(cast, 29, channel=channel)
    assert queries_of(bob, asked) == with_one
    assert with_one <= 8
    assert bob.get(asked).text.count(">R-100") >= 30 or "orders" in asked


def test_counts_stand_beside_every_choice(cast: Cast, bob: Client) -> None:
    make_returns(cast, 2)
    made_return(cast.bob, shipped_order(cast.acme, vendor=cast.paper), approve=True)
    page = bob.get("/m/acme/returns/").text
    for tab, count in (("Open", 3), ("Waiting on vendor", 2), ("Refund open", 3), ("Closed", 0)):
        assert re.search(rf">{tab} <span class=\"tabs__count\">{count}<", page), tab
    for label, count in (
        ("Not sent", 3),
        ("Partly received", 0),
        ("Approved", 1),
        ("Customer", 1),
        ("Northlight Lamps", 2),
        ("Paper &amp; Twine", 1),
        ("Incorrect item", 3),
        ("Last 7 days", 3),
        ("Over 3 days", 0),
    ):
        assert f'>{label}</span><span class="facet__count">{count}<' in page, label


def test_a_long_list_of_vendors_is_counted_as_far_as_it_is_shown(cast: Cast, bob: Client) -> None:
    for number in range(12):
        VendorFactory(merchant=cast.acme, name=f"Zz {number:02}")
    last = VendorFactory(merchant=cast.acme, name="Zzz")
    made_return(cast.bob, shipped_order(cast.acme, vendor=last))
    page = bob.get("/m/acme/returns/").text
    assert ">Zz 00</span><span" in page
    assert ">Zz 11</span><span" not in page
    ticked = bob.get("/m/acme/returns/", {"vendor": str(last.public_id)}).text
    assert '>Zzz</span><span class="facet__count">1<' in ticked


def test_the_list_says_what_it_is_worth(cast: Cast, bob: Client) -> None:
    ReturnFactory(merchant=cast.acme, refund_items=Decimal("10.50"), refund_shipping=Decimal(2))
    ReturnFactory(merchant=cast.acme, refund_items=Decimal(1000), currency="JPY")
    page = bob.get("/m/acme/returns/").text
    assert "2 returns, £12.50 + JP¥1,000" in page
    assert "£" not in bob.get("/m/acme/returns/?q=nothing").text


def test_a_search_that_fits_too_much_says_so(
    cast: Cast, bob: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_returns(cast, 3)
    sentence = "Very many returns fit."
    assert sentence not in bob.get("/m/acme/returns/?q=R-1").text
    monkeypatch.setattr("console.returns.CAP", 2)
    for query in ("q=R-1", "q=R-1&status=closed"):
        assert sentence in bob.get(f"/m/acme/returns/?{query}").text
    assert sentence not in bob.get("/m/acme/returns/?status=open").text


def test_the_overview_tells_what_agents_need(cast: Cast, bob: Client) -> None:
    order = shipped_order(cast.acme, Item(3, "10.00"), vendor=cast.northlight, number="536365")
    made_return(cast.bob, order, units=2)
    page = bob.get("/m/acme/returns/").text
    for text in ("R-10001", "Order #536365", "2 units · 1 RMA", "Northlight Lamps", "£20.00"):
        assert text in page
    assert "0 of 2 approved, 0 received" in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", {"R-10001", "R-10002", "R-10003"}),
        ("tab=waiting", {"R-10001", "R-10003"}),
        ("tab=turn", set()),
        ("tab=open&waits=customer", {"R-10002"}),
        ("waits=vendor&rma=waiting", {"R-10001", "R-10003"}),
        ("tab=closed", set()),
        ("rma=approved", {"R-10002"}),
        ("rma=approved&rma=waiting", {"R-10001", "R-10002", "R-10003"}),
        ("status=open&status=closed", {"R-10001", "R-10002", "R-10003"}),
        ("status=canceled", set()),
        ("q=R-10002", {"R-10002"}),
        ("q=r-1000", {"R-10001", "R-10002", "R-10003"}),
        ("q=777", {"R-10003"}),
        ("q=7700", {"R-10003"}),
        ("q=0002", {"R-10002"}),
        ("q=RMA-20002", {"R-10002"}),
        ("q=%00", set()),
        ("q=nothing", set()),
        ("period=7", {"R-10001", "R-10002", "R-10003"}),
        ("status=nonsense", set()),
        ("after=garbage", {"R-10001", "R-10002", "R-10003"}),
    ],
)
def test_filters(cast: Cast, bob: Client, query: str, found: set[str]) -> None:
    make_returns(cast, 1)
    made_return(cast.bob, shipped_order(cast.acme, vendor=cast.paper), approve=True)
    make_returns(cast, 1, number="777001")

    page = bob.get(f"/m/acme/returns/?{query}").text

    assert {f"R-1000{n}" for n in (1, 2, 3) if f">R-1000{n}<" in page} == found


def test_vendor_and_channel_filters(cast: Cast, bob: Client) -> None:
    make_returns(cast, 1)
    channel = ChannelFactory(merchant=cast.acme)
    made_return(cast.bob, shipped_order(cast.acme, vendor=cast.paper, channel=channel))

    by_vendor = bob.get("/m/acme/returns/", {"vendor": str(cast.paper.public_id)}).text
    by_channel = bob.get("/m/acme/returns/", {"channel": str(channel.pk)}).text

    for page in (by_vendor, by_channel):
        assert ">R-10002<" in page
        assert ">R-10001<" not in page
    assert "Remove filter Paper &amp; Twine" in by_vendor


def test_paging_meets_every_return_once_in_both_directions(cast: Cast, bob: Client) -> None:
    order = shipped_order(cast.acme)
    now = timezone.now()
    for number in range(120):
        ReturnFactory(
            merchant=cast.acme,
            order=order,
            number=f"R-{number:03}",
            requested_at=now - timedelta(minutes=number // 3),
        )
    seen: list[str] = []
    address = "/m/acme/returns/"
    while address:
        page = bob.get(address).text
        seen += numbers_in(page)
        address = link_in(page, 'rel="next"')
    assert len(seen) == 120
    assert len(set(seen)) == 120

    newer = link_in(page, 'rel="prev"')
    assert numbers_in(bob.get(newer).text) == seen[50:100]


def numbers_in(page: str) -> list[str]:
    return re.findall(r">(R-[01]\d\d)<", page)


def link_in(page: str, mark: str) -> str:
    tags = [tag for tag in page.split("<a ") if mark in tag.partition(">")[0]]
    if not tags:
        return ""
    href = tags[0].partition('href="')[2].partition('"')[0].replace("&amp;", "&")
    return href if href.startswith("/") else f"/m/acme/returns/{href}"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", {"536365", "536366", "900001"}),
        ("q=5363", {"536365", "536366"}),
        ("q=536366", {"536366"}),
        ("q=17850", {"536365"}),
        ("q=71053", {"900001"}),
        ("q=zzz", set()),
        ("tab=returned", {"536366"}),
        ("tab=unreturned", {"536365", "900001"}),
    ],
)
def test_orders_are_found_by_number_customer_and_sku(
    cast: Cast, bob: Client, query: str, found: set[str]
) -> None:
    shipped_order(cast.acme, number="536365", customer=cast.cora_row)
    made_return(cast.bob, shipped_order(cast.acme, number="536366"))
    shipped_order(cast.acme, Item(sku="71053"), number="900001")

    page = bob.get(f"/m/acme/orders/?{query}").text

    assert {number for number in ("536365", "536366", "900001") if f">#{number}<" in page} == found


def test_alice_switches_between_her_merchants(cast: Cast, sign_in: SignIn) -> None:
    with tenant(cast.globex.pk):
        Membership.objects.create(merchant=cast.globex, user=cast.alice.user, role="manager")
    alice = sign_in(cast.alice)
    made_return(cast.bob, shipped_order(cast.acme, vendor=cast.northlight))
    page = alice.get("/m/acme/returns/").text
    assert 'href="/m/globex/returns/"' in page
    assert ">R-10001<" in page
    assert ">R-10001<" not in alice.get("/m/globex/returns/").text
    places = alice.get("/").text
    assert "Acme Gifts" in places
    assert "Globex" in places


def test_an_order_page_tells_shipped_returned_and_left(cast: Cast, bob: Client) -> None:
    order = shipped_order(cast.acme, Item(3, "10.00"), vendor=cast.northlight)
    made_return(cast.bob, order, units=1, apply_to_invoice=True)
    page = bob.get(f"/m/acme/orders/{order.public_id}/").text
    assert "shipped 3 · returned 1 · left 2" in page
    assert "Net balance" in page
    assert "£20.00" in page
