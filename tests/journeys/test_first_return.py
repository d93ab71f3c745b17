"""From signing in to the exported return: the straight path, as Alice walks it (F2 to F14)."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounts.actor import Actor
from orders.models import Order
from tests.cast import Cast
from tests.factories import Item, made_return, shipped_order
from tests.journeys.conftest import look

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]

SignInAs = Callable[[Actor], Page]


@pytest.fixture
def order(cast: Cast) -> Order:
    lantern = Item(6, "3.39", title="White metal lantern", sku="71053")
    hanger = Item(8, "2.75", title="Cream cupid hearts coat hanger", sku="84406B")
    return shipped_order(cast.acme, lantern, hanger, vendor=cast.northlight, number="536365")


def test_alice_returns_two_lanterns(
    cast: Cast, order: Order, sign_in_as: SignInAs, live_server: Any
) -> None:
    page = sign_in_as(cast.alice)
    expect(page.get_by_role("heading", name="Returns", level=1)).to_be_visible()

    page.get_by_role("link", name="Orders", exact=True).click()
    look(page)
    page.get_by_role("link", name="#536365").first.click()
    look(page)

    page.get_by_role("link", name="Create Return").click()
    look(page)
    page.get_by_label("Return White metal lantern").check()
    page.get_by_label("Quantity of White metal lantern").fill("2")
    page.get_by_label("Send to: White metal lantern").select_option("Northlight Lamps")
    page.get_by_label("Reason: White metal lantern").select_option("Changed mind")
    page.get_by_label("Condition: White metal lantern").select_option("Used")
    page.get_by_label("Refund adjustment").fill("-0.78")
    page.get_by_label("Reason of the adjustment").fill("Scratched")
    expect(page.locator("#totals output")).to_have_text("£6.00")
    expect(page.get_by_text("at most £6.78")).to_be_visible()
    look(page)
    page.get_by_role("button", name="Continue").click()

    expect(page.get_by_text("RMA for Northlight Lamps")).to_be_visible()
    expect(page.get_by_label("Request RMA #")).to_have_value("RMA-20001")
    look(page)
    page.get_by_label("Note").fill("Came with a dent")
    page.get_by_role("button", name="Complete").click()

    expect(page.get_by_role("heading", name="Return R-10001 is created")).to_be_visible()
    look(page)
    page.get_by_role("link", name="View Return").click()
    expect(page.get_by_text("Waiting on the vendor.")).to_be_visible()
    look(page)

    page.get_by_role("link", name="Approve RMA").click()
    expect(page.get_by_text("Alice Owner approved RMA-20001")).to_be_visible()
    look(page)
    page.get_by_label("Note for the timeline").fill("Agreed by phone")
    page.get_by_role("button", name="Approve RMA").click()
    expect(page.get_by_text("RMA-20001 is approved.")).to_be_visible()
    expect(page.get_by_text("Agreed by phone")).to_be_visible()

    page.get_by_role("link", name="Returns", exact=True).first.click()
    look(page)
    page.get_by_label("Select return R-10001").check()
    with page.expect_download() as download:
        page.get_by_role("button", name="Export CSV").click()
    rows = read_csv(Path(download.value.path()))
    assert [row["Return"] for row in rows] == ["R-10001"]
    assert rows[0]["Total refund"] == "6.00"
    assert rows[0]["RMA status"] == "Approved"


def test_the_same_path_without_javascript(
    cast: Cast, order: Order, browser: Any, live_server: Any
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{live_server.url}/sign-in/")
    page.get_by_label("E-mail").fill(cast.alice.user.email if cast.alice.user else "")
    page.get_by_label("Password", exact=True).fill("a-long-password")
    page.get_by_role("button", name="Sign in").click()
    page.goto(f"{live_server.url}/m/acme/orders/{order.public_id}/")
    page.get_by_role("link", name="Create Return").click()
    page.get_by_label("Return White metal lantern").check()
    page.get_by_label("Quantity of White metal lantern").fill("2")
    page.get_by_label("Reason: White metal lantern").select_option("Changed mind")
    page.get_by_role("button", name="Update total").click()
    expect(page.locator("#totals output")).to_have_text("£6.78")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Complete").click()
    page.get_by_role("link", name="View Return").click()
    expect(page.get_by_role("heading", name="Return R-10001")).to_be_visible()
    page.get_by_role("link", name="Cancel return").click()
    page.get_by_role("button", name="Cancel return").click()
    expect(page.get_by_text("Nobody has to do anything.")).to_be_visible()
    context.close()


def test_vera_and_cora_see_their_side(cast: Cast, sign_in_as: SignInAs) -> None:
    order = shipped_order(
        cast.acme, Item(2, "3.39"), vendor=cast.northlight, customer=cast.cora_row, number="536370"
    )
    made_return(cast.bob, order)

    page = sign_in_as(cast.vera)
    expect(page.get_by_text("Your turn: process it")).to_be_visible()
    look(page)
    page.get_by_role("link", name="PO-").first.click()
    expect(page.get_by_text("RMA-20001").first).to_be_visible()
    look(page)

    page.context.clear_cookies()
    page = sign_in_as(cast.cora)
    page.get_by_role("link", name="Order #536370").click()
    expect(page.get_by_text("Return R-10001")).to_be_visible()
    look(page)


def test_pages_before_anything_happened(cast: Cast, sign_in_as: SignInAs, live_server: Any) -> None:
    page = sign_in_as(cast.alice)
    for path in ("orders/", "returns/", "imports/", "imports/new/"):
        page.goto(f"{live_server.url}/m/acme/{path}")
        look(page)
    page.goto(f"{live_server.url}/m/nowhere/")
    look(page)
    page.goto(f"{live_server.url}/styleguide/")
    look(page)
    page.goto(f"{live_server.url}/password/change/")
    look(page)


def test_a_wrong_password_is_said_in_a_sentence(cast: Cast, browse: Page, live_server: Any) -> None:
    browse.goto(f"{live_server.url}/sign-in/")
    look(browse)
    browse.get_by_label("E-mail").fill("alice@acme.example")
    browse.get_by_label("Password", exact=True).fill("wrong")
    browse.get_by_role("button", name="Sign in").click()
    expect(browse.get_by_role("alert").or_(browse.locator(".field__error")).first).to_be_visible()
    expect(browse.get_by_label("E-mail")).to_have_value("alice@acme.example")
    look(browse)


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))
