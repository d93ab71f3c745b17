"""The overview and the order list: filters, paging, and query counts that stay (F4, F5)."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Membership
from core.tenancy import tenant
from returns.models import Return
from tests.cast import Cast, SignIn
from tests.factories import ChannelFactory, Item, ReturnFactory, made_return, shipped_order

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


@pytest.mark.parametrize("address", ["/m/acme/returns/", "/m/acme/orders/"])
def test_thirty_rows_take_as_many_queries_as_one(cast: Cast, bob: Client, address: str) -> None:
    make_returns(cast, 1)
    with_one = queries_of(bob, address)
    make_returns(cast, 29)
    assert queries_of(bob, address) == with_one
    assert with_one <= 12


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
        ("tab=approved", {"R-10002"}),
        ("tab=closed", set()),
        ("rma=approved", {"R-10002"}),
        ("rma=approved&rma=waiting", {"R-10001", "R-10002", "R-10003"}),
        ("status=open&status=closed", {"R-10001", "R-10002", "R-10003"}),
        ("status=canceled", set()),
        ("q=R-10002", {"R-10002"}),
        ("q=r-1000", {"R-10001", "R-10002", "R-10003"}),
        ("q=777", {"R-10003"}),
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
