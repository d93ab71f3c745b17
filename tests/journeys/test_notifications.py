"""Vera asks to be told of RMAs, Alice makes one, and the mail leads Vera to it (F17)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounts.actor import Actor
from tests.cast import Cast
from tests.factories import PASSWORD, Item, shipped_order
from tests.journeys.conftest import look
from tests.outbox import deliver_all

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]

SignInAs = Callable[[Actor], Page]


def test_vera_is_told_of_a_new_rma(cast: Cast, sign_in_as: SignInAs, live_server: Any) -> None:
    lantern = Item(6, "3.39", title="White metal lantern", sku="71053")
    order = shipped_order(cast.acme, lantern, vendor=cast.northlight, number="536365")

    page = sign_in_as(cast.vera)
    page.get_by_label("Account of Vera Vance").click()
    page.get_by_role("link", name="Notifications").click()
    switch = page.get_by_label("NOTIFY ME WHEN RMA BECOMES AVAILABLE")
    expect(switch).not_to_be_checked()
    look(page)
    switch.check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Your notifications are saved.")).to_be_visible()
    expect(switch).to_be_checked()
    look(page)

    page.context.clear_cookies()
    page = sign_in_as(cast.alice)
    page.get_by_role("link", name="Messages", exact=True).click()
    expect(page.get_by_text("No messages yet")).to_be_visible()
    look(page)
    page.goto(f"{live_server.url}/m/acme/orders/{order.public_id}/")
    page.get_by_role("link", name="Create Return").click()
    page.get_by_label("Return White metal lantern").check()
    page.get_by_label("Quantity of White metal lantern").fill("2")
    page.get_by_label("Send to: White metal lantern").select_option("Northlight Lamps")
    page.get_by_label("Reason: White metal lantern").select_option("Changed mind")
    page.get_by_label("Condition: White metal lantern").select_option("Used")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Complete").click()
    expect(page.get_by_role("heading", name="Return R-10001 is created")).to_be_visible()
    deliver_all()

    page.get_by_role("link", name="Messages", exact=True).click()
    expect(page.get_by_role("cell", name="Sent", exact=True).first).to_be_visible()
    look(page)
    page.get_by_role("link", name="New RMA #RMA-20001 from Acme Gifts").first.click()
    words = "You have a new RMA available in the Vendor Portal."
    expect(page.get_by_text(words).first).to_be_visible()
    look(page)
    link = page.get_by_role("link", name="Open the page the mail leads to").get_attribute("href")
    page.get_by_role("button", name="Resend").click()
    expect(page.get_by_text(f"The mail goes to {cast.vera.user.email} again.")).to_be_visible()
    look(page)

    page.context.clear_cookies()
    page.goto(f"{live_server.url}{link}")
    page.get_by_label("E-mail").fill(cast.vera.user.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(f"{live_server.url}{link}")
    expect(page.get_by_text("RMA-20001").first).to_be_visible()
    look(page)
