"""Alice sets up how returns go, and Bob's next return follows it (F7, F8, F10, I1, I3)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounts.actor import Actor
from orders.models import Order
from tests.cast import Cast
from tests.factories import ChannelFactory, Item, shipped_order
from tests.journeys.conftest import look

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]

SignInAs = Callable[[Actor], Page]


@pytest.fixture
def order(cast: Cast) -> Order:
    lantern = Item(6, "3.39", title="White metal lantern", sku="71053")
    return shipped_order(
        cast.acme,
        lantern,
        vendor=cast.northlight,
        customer=cast.cora_row,
        channel=ChannelFactory(merchant=cast.acme, name="Trade", kind="reseller"),
        number="536365",
        shipping_paid=Decimal("4.95"),
    )


def test_alice_sets_up_returns_and_bob_makes_one(
    cast: Cast, order: Order, sign_in_as: SignInAs, live_server: Any
) -> None:
    page = sign_in_as(cast.alice)
    page.get_by_role("link", name="Settings").click()
    expect(page.get_by_text("A new RMA waits until somebody processes it").first).to_be_visible()
    look(page)
    page.get_by_label("AUTO PROCESS RMAs").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The RMA strategy is saved.")).to_be_visible()
    expect(page.get_by_text("A new RMA is handed to the vendor at once").first).to_be_visible()

    page.get_by_role("navigation", name="Settings").get_by_text("Vendors").click()
    look(page)
    page.get_by_role("link", name="Northlight Lamps").click()
    look(page)
    page.get_by_label("Auto Approve", exact=True).check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Auto-approve, auto-process.")).to_be_visible()

    page.get_by_role("navigation", name="Settings").get_by_text("Return reasons").click()
    page.get_by_label("Reason", exact=True).fill("Broken glass")
    page.get_by_label("Under the heading").select_option("Incorrect item")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_text("“Broken glass” can be chosen")).to_be_visible()
    page.get_by_role("button", name="Move Incorrect item down").click()
    expect(page.get_by_text("“Incorrect item” is moved.")).to_be_visible()
    look(page)
    page.get_by_role("link", name="Changed mind").click()
    look(page)
    page.get_by_label("Offered").uncheck()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("cell", name="Retired")).to_be_visible()

    page.get_by_role("navigation", name="Settings").get_by_text("Address book").click()
    look(page)
    page.get_by_label("Return-to address").fill("9 Far Quay\nHull")
    page.get_by_role("button", name="Add").click()
    look(page)
    page.get_by_role("link", name="9 Far Quay").click()
    look(page)

    page.context.clear_cookies()
    page = sign_in_as(cast.bob)
    page.goto(f"{live_server.url}/m/acme/orders/?q=lindq")
    page.get_by_role("link", name="#536365").click()
    look(page)
    page.get_by_label("Serial number", exact=True).fill("LMP-1")
    page.get_by_role("button", name="Record").click()
    expect(page.get_by_text("serial LMP-1")).to_be_visible()
    look(page)
    make_the_return(page)
    page.goto(f"{live_server.url}/m/acme/orders/{order.public_id}/credit/")
    look(page)
    page.get_by_label("Amount").fill("1.50")
    page.get_by_label("Reason", exact=True).fill("Late by a week")
    page.get_by_label("Reseller credit").check()
    page.get_by_role("button", name="Give credit").click()
    expect(page.get_by_text("The credit is given as R-10002.")).to_be_visible()
    expect(page.get_by_text("Given to Cora Lindqvist so far")).to_be_visible()
    look(page)


def make_the_return(page: Page) -> None:
    """The wizard, from the order's page to the third step."""
    page.get_by_role("link", name="Create Return").click()
    page.get_by_label("Return White metal lantern").check()
    page.get_by_label("Quantity of White metal lantern").fill("2")
    reasons = page.get_by_label("Reason: White metal lantern")
    expect(reasons.locator("optgroup")).to_have_attribute("label", "Incorrect item")
    expect(reasons).not_to_contain_text("Changed mind")
    reasons.select_option("Broken glass")
    page.get_by_label("Refund of shipping").fill("2.00")
    expect(page.locator("#totals output")).to_have_text("£8.78")
    look(page)
    page.get_by_label("Apply to channel invoice").check()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("Choose how the reseller gets the money.")).to_be_visible()
    look(page)
    page.get_by_label("Paid back to the reseller").check()
    page.get_by_role("button", name="Continue").click()

    expect(page.get_by_text("A new RMA is approved and handed to the vendor")).to_be_visible()
    page.get_by_label("From the address book").select_option("9 Far Quay")
    look(page)
    page.get_by_role("button", name="Complete").click()
    expect(page.get_by_role("heading", name="Return R-10001 is created")).to_be_visible()
    expect(page.get_by_role("cell", name="Approved")).to_be_visible()
    look(page)
