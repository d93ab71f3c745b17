"""The vendor's purchase orders: what waits first, search and filters, and what is shown (F15)."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Membership
from accounts.permissions import Role
from actions.notes import add_note
from actions.returns import cancel_return, close_return
from actions.rma_changes import process_rma, reprocess_rma
from actions.rmas import approve_rma, deny_rma
from actions.shipments import ShipmentRequest, add_shipment
from audit.models import Event
from audit.vendor_words import WORDS
from audit.verbs import VERBS
from core.tenancy import tenant
from orders.models import FulfillmentRequest, OrderLine
from rmas.models import Rma
from tests.cast import Cast, SignIn
from tests.factories import (
    Item,
    MembershipFactory,
    VendorFactory,
    made_return,
    shipped_order,
)
from tests.vendor_portal.portal import address, decisions, lanterns, page_of, send

pytestmark = pytest.mark.django_db

HOME = "/vendors/acme/"


@pytest.fixture
def vera(at_acme: Cast, sign_in: SignIn) -> Client:
    return sign_in(at_acme.vera)


@pytest.fixture
def rma(at_acme: Cast) -> Rma:
    found: Rma = lanterns(at_acme).rmas.get()
    return found


def text_of(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return str(response.content.decode())


# --- the list -----------------------------------------------------------------------------------


def test_what_waits_comes_first_with_its_count(at_acme: Cast, vera: Client, rma: Rma) -> None:
    shipped_order(at_acme.acme, vendor=at_acme.northlight)
    page = text_of(vera, HOME)
    assert "RMA-20001" in page
    assert 'Waiting for you <span class="tabs__count">1</span>' in page
    assert 'All purchase orders <span class="tabs__count">2</span>' in page
    assert "Your turn: process it, or approve or deny it at once." in page
    deny_rma(at_acme.bob, rma, reason="misuse")
    page = text_of(vera, HOME)
    assert 'Waiting for you <span class="tabs__count">0</span>' in page
    assert page.count("PO-") >= 2
    assert "Nothing waits for you" in text_of(vera, f"{HOME}?tab=waiting")


def test_what_waits_is_what_the_page_of_the_purchase_order_says(
    at_acme: Cast, vera: Client
) -> None:
    """The list asks the database, the page the object: they must agree in every state."""
    made: dict[str, Rma] = {}
    for name in (
        "waiting",
        "processed",
        "approved",
        "handed",
        "denied",
        "canceled",
        "part",
        "over",
    ):
        made[name] = lanterns(at_acme).rmas.get()
    for name in ("processed", "handed"):
        process_rma(at_acme.bob, made[name])
    for name in ("approved", "handed", "over"):
        approve_rma(at_acme.bob, made[name])
    process_rma(at_acme.bob, made["over"])
    process_rma(at_acme.bob, made["part"])
    send(vera, made["part"], "decide", **decisions(made["part"], (1, ""), (2, "")))
    deny_rma(at_acme.bob, made["denied"], reason="misuse")
    cancel_return(at_acme.bob, made["canceled"].customer_return)
    close_return(at_acme.bob, made["over"].customer_return)
    waiting = {
        name
        for name, one in made.items()
        if Rma.objects.visible_to(at_acme.vera).waiting_for_vendor().filter(pk=one.pk).exists()
    }
    shown = {name for name, one in made.items() if "waits for you" in text_of(vera, page_of(one))}
    assert waiting == shown == {"waiting", "processed", "approved", "part"}


def test_search_finds_numbers_old_and_new_and_skus(at_acme: Cast, vera: Client) -> None:
    item = Item(2, title="Lamp", sku="LA-770")
    order = shipped_order(at_acme.acme, item, vendor=at_acme.northlight)
    found = made_return(at_acme.bob, order).rmas.get()
    process_rma(at_acme.bob, found)
    reprocess_rma(at_acme.bob, found, "NL-5")
    shipped_order(at_acme.acme, vendor=at_acme.northlight)
    request = FulfillmentRequest.objects.get(order=order)
    for text in (request.number, "RMA-200", "rma-20001", "NL-5", "LA-7", "la-770", "R-1000"):
        page = text_of(vera, f"{HOME}?q={text}")
        assert str(request.public_id) in page, text
    assert "Nothing fits." in text_of(vera, f"{HOME}?q=nowhere")


@pytest.mark.parametrize("text", ["%00", "%", "x" * 500, "'", "<b>", "%F0%9F%98%80"])
def test_any_search_is_answered(vera: Client, text: str) -> None:
    assert vera.get(f"{HOME}?q={text}").status_code == 200


def test_the_filters_narrow_by_return_and_rma(at_acme: Cast, vera: Client, rma: Rma) -> None:
    closed = lanterns(at_acme).rmas.get()
    deny_rma(at_acme.bob, closed, reason="misuse")
    close_return(at_acme.bob, closed.customer_return)
    plain = shipped_order(at_acme.acme, vendor=at_acme.northlight)
    ids = {
        "open": page_of(rma),
        "closed": page_of(closed),
        "none": str(FulfillmentRequest.objects.get(order=plain).public_id),
    }
    for value, wanted in ids.items():
        page = text_of(vera, f"{HOME}?returns={value}")
        assert {name for name, one in ids.items() if one in page} == {value}, wanted
    assert ids["closed"] in text_of(vera, f"{HOME}?rma=denied")
    assert ids["open"] not in text_of(vera, f"{HOME}?rma=denied")
    assert vera.get(f"{HOME}?returns=x&rma=y&tab=z&after=zzz").status_code == 200


def test_both_lists_come_in_pages_and_at_the_same_price(at_acme: Cast, vera: Client) -> None:
    def queries(path: str) -> int:
        with CaptureQueriesContext(
            connection,
        ) as caught:
            text_of(vera, path)
        return len(caught)

    lanterns(at_acme)
    few = [queries(f"{HOME}?tab={tab}") for tab in ("waiting", "all")]
    for _place in range(54):
        lanterns(at_acme, units=1)
    many = [queries(f"{HOME}?tab={tab}") for tab in ("waiting", "all")]
    assert few == many
    for tab in ("waiting", "all"):
        assert "Older" in text_of(vera, f"{HOME}?tab={tab}")


# --- one purchase order -------------------------------------------------------------------------


def test_the_page_shows_what_concerns_the_vendor_and_nothing_else(
    at_acme: Cast, vera: Client
) -> None:
    made = lanterns(at_acme, note="Customer is a friend of the boss")
    rma = made.rmas.get()
    add_note(at_acme.bob, made, "Do not trust them", audience="internal")
    add_note(at_acme.bob, made, "Dear Cora", audience="customer")
    approve_rma(at_acme.bob, rma, note="Agreed by phone with Tom")
    lines = {line.pk: 1 for line in rma.lines.all()}
    parcel = ShipmentRequest(
        carrier="Royal Mail",
        tracking_number="JX1",
        return_address="1 Dock Road",
        note="",
        quantities=lines,
    )
    add_shipment(at_acme.bob, rma, parcel)
    page = text_of(vera, page_of(rma))
    for wanted in (
        "R-10001",
        "RMA-20001",
        "White metal lantern",
        "1 Dock Road",
        "JX1",
        "Acme Gifts approved RMA-20001",
        "Acme Gifts requested RMA-20001 from you",
    ):
        assert wanted in page, wanted
    for secret in (
        "friend of the boss",
        "Do not trust",
        "Dear Cora",
        "Agreed by phone",
        "Cora Lindqvist",
        "cora",
        "Bob Ono",
        "Paper &amp; Twine",
        str(made.order.number),
    ):
        assert secret not in page, secret


def test_another_vendors_part_of_the_same_return_is_not_there(at_acme: Cast, vera: Client) -> None:
    both: dict[str, Any] = {"paid_total": 60, "line_count": 2, "unit_count": 6}
    mine, theirs = Item(3, title="Lantern"), Item(3, title="Wrapping paper")
    order = shipped_order(at_acme.acme, mine, vendor=at_acme.northlight, **both, shipped_units=6)
    other = shipped_order(at_acme.acme, theirs, vendor=at_acme.paper)
    OrderLine.objects.filter(order=other).update(order=order, position=2)
    FulfillmentRequest.objects.filter(order=other).update(order=order)
    made = made_return(at_acme.bob, order)
    request = FulfillmentRequest.objects.get(order=order, vendor=at_acme.northlight)
    page = text_of(vera, f"{HOME}purchase-orders/{request.public_id}/")
    assert "Lantern" in page
    for secret in ("Wrapping paper", made.rmas.get(vendor=at_acme.paper).number):
        assert secret not in page
    foreign = FulfillmentRequest.objects.get(order=order, vendor=at_acme.paper)
    assert vera.get(f"{HOME}purchase-orders/{foreign.public_id}/").status_code == 404


def test_each_rma_stands_in_the_purchase_order_it_came_from(at_acme: Cast, vera: Client) -> None:
    both: dict[str, Any] = {"paid_total": 60, "line_count": 2, "unit_count": 6}
    order = shipped_order(at_acme.acme, vendor=at_acme.northlight, **both, shipped_units=6)
    other = shipped_order(at_acme.acme, vendor=at_acme.northlight)
    first = FulfillmentRequest.objects.get(order=order)
    second = FulfillmentRequest.objects.get(order=other)
    made_return(at_acme.bob, order)
    OrderLine.objects.filter(order=other).update(order=order, position=2)
    FulfillmentRequest.objects.filter(order=other).update(order=order)
    assert "RMA-20001" in text_of(vera, f"{HOME}purchase-orders/{first.public_id}/")
    assert "RMA-20001" not in text_of(vera, f"{HOME}purchase-orders/{second.public_id}/")
    page = text_of(vera, f"{HOME}?returns=open")
    assert str(first.public_id) in page
    assert str(second.public_id) not in page


def test_every_verb_of_an_rma_has_words_for_the_vendor() -> None:
    assert {name for name in VERBS if name.startswith("rma.")} == {
        name for name in WORDS if name.startswith("rma.")
    }


def test_a_vendor_reads_its_own_notes_in_the_timeline(
    at_acme: Cast, vera: Client, rma: Rma
) -> None:
    send(vera, rma, "deny", reason="no_fault", note="Lights up at once")
    page = text_of(vera, page_of(rma))
    assert "Vera Vance denied RMA-20001" in page
    assert "No fault found. Lights up at once" in page
    with tenant(at_acme.acme.pk, vendor=at_acme.paper.pk):
        assert not Event.objects.exists()


# --- who ----------------------------------------------------------------------------------------


def test_an_account_of_two_merchants_switches_and_nothing_mixes(
    cast: Cast, sign_in: SignIn
) -> None:
    mill = VendorFactory(merchant=cast.globex, name="Northlight US")
    vera_there = MembershipFactory(
        merchant=cast.globex, user=cast.vera.user, role=Role.VENDOR, vendor=mill
    )
    with tenant(cast.acme.pk):
        mine = lanterns(cast).rmas.get()
    order = shipped_order(cast.globex, Item(2, title="Floor lamp"), vendor=mill)
    with tenant(cast.globex.pk):
        theirs = made_return(cast.charlie, order).rmas.get()
    vera = sign_in(cast.vera)
    here, there = text_of(vera, HOME), text_of(vera, "/vendors/globex/")
    assert 'href="/vendors/globex/"' in here
    assert 'href="/vendors/acme/"' in there
    assert "White metal lantern" in here
    assert "White metal lantern" not in there
    assert "Floor lamp" in there
    assert "Floor lamp" not in here
    for rma, elsewhere in ((mine, "globex"), (theirs, "acme")):
        for verb in ("decide", "approve", "deny", "process", "reprocess"):
            assert vera.get(address(rma, verb, elsewhere)).status_code == 404
            assert vera.post(address(rma, verb, elsewhere), {}).status_code == 404
    with tenant(cast.globex.pk):
        Membership.objects.filter(pk=vera_there.pk).update(is_active=False)
    assert vera.get("/vendors/globex/").status_code == 404
    assert 'href="/vendors/globex/"' not in text_of(vera, HOME)


def test_a_tab_kept_open_after_the_membership_ended_changes_nothing(
    at_acme: Cast, vera: Client, rma: Rma
) -> None:
    text_of(vera, address(rma, "decide"))
    Membership.objects.filter(user=at_acme.vera.user).update(is_active=False)
    before = Event.objects.count()
    for verb in ("decide", "approve", "deny", "process", "reprocess"):
        typed = decisions(rma, (2, ""), (2, ""))
        response = send(vera, rma, verb, reason="misuse", number="X-1", **typed)
        assert response.status_code == 404
        assert "<h1" in response.content.decode()
    rma.refresh_from_db()
    assert (rma.status, rma.number, Event.objects.count()) == ("waiting", "RMA-20001", before)


def test_there_is_no_page_of_returns_of_their_own(vera: Client, rma: Rma) -> None:
    for path in ("returns/", f"returns/{rma.customer_return.public_id}/"):
        assert vera.get(f"{HOME}{path}").status_code == 404
    assert vera.get("/m/acme/returns/").status_code == 404
