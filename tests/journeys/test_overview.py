"""The overview at work: filters, chips, a saved filter, search, columns, keys (F4, F5)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounts.actor import Actor
from tests.cast import Cast
from tests.factories import Item, made_return, shipped_order
from tests.journeys.conftest import look

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]

SignInAs = Callable[[Actor], Page]


@pytest.fixture
def three_returns(cast: Cast) -> None:
    """R-10001 and R-10003 wait for Northlight; R-10002 is approved by Paper & Twine."""
    northlight, paper = cast.northlight, cast.paper
    made_return(cast.bob, shipped_order(cast.acme, Item(sku="71053"), vendor=northlight))
    made_return(cast.bob, shipped_order(cast.acme, vendor=paper), approve=True)
    made_return(
        cast.bob,
        shipped_order(cast.acme, vendor=northlight, customer=cast.cora_row, number="536365"),
    )


def rows(page: Page) -> list[str]:
    """The numbers of the returns in the list."""
    return page.locator("tr[data-row] .is-strong a").all_inner_texts()


@pytest.mark.usefixtures("three_returns")
def test_filter_chip_saved_filter_and_search(cast: Cast, sign_in_as: SignInAs) -> None:
    page = sign_in_as(cast.alice)
    look(page)
    page.get_by_role("link", name="Waiting on vendor 2").click()
    expect(page.get_by_text("2 returns, £")).to_be_visible()
    page.get_by_role("link", name="All 3", exact=True).click()

    page.get_by_role("checkbox", name="Northlight Lamps").check()
    expect(page.get_by_role("link", name="Remove filter Northlight Lamps")).to_be_visible()
    page.get_by_role("checkbox", name="Not sent").check()
    expect(page.get_by_role("link", name="Remove filter Not sent")).to_be_visible()
    assert rows(page) == ["R-10003", "R-10001"]
    look(page)
    page.get_by_role("link", name="Remove filter Not sent").click()
    expect(page.get_by_role("link", name="Remove filter Not sent")).to_have_count(0)
    assert "vendor=" in page.url

    page.get_by_role("link", name="Save filter").click()
    dialog = page.get_by_role("dialog", name="Save filter")
    dialog.get_by_label("Name").fill("Lamps")
    dialog.get_by_label("Share with everybody").check()
    dialog.get_by_role("button", name="Save filter").click()
    expect(page.get_by_text("The filter is saved.")).to_be_visible()
    panel = page.get_by_role("form", name="Filter returns")
    expect(panel.get_by_role("link", name="Lamps 2")).to_have_attribute("aria-current", "true")
    look(page)

    page.get_by_role("link", name="Clear all").click()
    expect(page.get_by_role("link", name="Clear all")).to_have_count(0)
    for text, number in (("lindq", "R-10003"), ("71053", "R-10001"), ("20002", "R-10002")):
        page.wait_for_load_state()
        page.keyboard.press("/")
        expect(page.get_by_role("searchbox")).to_be_focused()
        page.keyboard.type(text)
        page.keyboard.press("Enter")
        expect(page.get_by_role("link", name=f"Remove filter “{text}”")).to_be_visible()
        assert rows(page) == [number]
    page.get_by_role("link", name="Lamps 2").click()
    expect(page.get_by_text("2 returns, £")).to_be_visible()

    page.get_by_role("link", name="Edit saved filters").click()
    look(page)
    page.get_by_role("link", name="Edit Lamps").click()
    look(page)
    page.get_by_label("Name").fill("Lamps again")
    page.get_by_role("button", name="Save changes").click()
    expect(panel.get_by_role("link", name="Lamps again 2")).to_be_visible()
    page.get_by_role("link", name="Edit saved filters").click()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", name="No saved filter yet")).to_be_visible()
    look(page)


@pytest.mark.usefixtures("three_returns")
def test_columns_and_keys(cast: Cast, sign_in_as: SignInAs) -> None:
    page = sign_in_as(cast.bob)
    page.get_by_role("link", name="Columns").click()
    dialog = page.get_by_role("dialog", name="Columns")
    dialog.get_by_label("Channel").check()
    dialog.get_by_label("Reason").check()
    dialog.get_by_label("Requested").uncheck()
    dialog.get_by_role("button", name="Show these").click()
    expect(page.get_by_role("columnheader", name="Channel")).to_be_visible()
    expect(page.get_by_role("columnheader", name="Requested")).to_have_count(0)
    look(page)
    page.get_by_role("link", name="Columns").click()
    dialog.get_by_role("button", name="Back to the usual ones").click()
    expect(page.get_by_role("columnheader", name="Requested")).to_be_visible()

    page.wait_for_load_state()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.get_by_label("Select return R-10002")).to_be_checked()
    page.keyboard.press("k")
    page.keyboard.press("x")
    expect(page.get_by_label("Select return R-10003")).to_be_checked()
    expect(
        page.get_by_role("group", name="Selected rows").get_by_text("2 selected")
    ).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Return R-10002")).to_be_visible()


@pytest.mark.usefixtures("three_returns")
def test_without_javascript(cast: Cast, browser: Any, live_server: Any) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{live_server.url}/sign-in/")
    page.get_by_label("E-mail").fill(cast.alice.user.email if cast.alice.user else "")
    page.get_by_label("Password", exact=True).fill("a-long-password")
    page.get_by_role("button", name="Sign in").click()

    page.get_by_role("link", name="Waiting on vendor 2").click()
    page.get_by_role("checkbox", name="Northlight Lamps").check()
    page.get_by_role("button", name="Apply").click()
    page.get_by_role("link", name="Save filter").click()
    page.get_by_label("Name").fill("Lamps")
    page.get_by_role("button", name="Save filter").click()
    expect(page.get_by_role("link", name="Lamps 2")).to_be_visible()

    page.get_by_role("link", name="Columns").click()
    page.get_by_label("Age").check()
    page.get_by_role("button", name="Show these").click()
    expect(page.get_by_role("columnheader", name="Age")).to_be_visible()
    assert "tab=waiting" in page.url
    context.close()
