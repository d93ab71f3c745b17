"""Platform staff look after a merchant: choose it, read, switch somebody off, bring vendors in."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from playwright.sync_api import Page, expect

from tests.config.platform.conftest import signed_in
from tests.factories import UserFactory, made_return, shipped_order
from tests.journeys.conftest import RULES, WIDTHS

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

VENDORS = b"code,name,email\nnorthlight-lamps,Northlight & Sons,n@example.com\nmill,The Mill,\n"


@pytest.fixture
def desk(browse: Page, live_server: Any, cast: Any) -> Page:
    """Pat's browser, signed in with the second step."""
    made_return(cast.bob, shipped_order(cast.acme, vendor=cast.northlight), approve=True)
    client = signed_in(UserFactory(name="Pat Platform", is_staff=True))
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    browse.context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}]
    )
    browse.goto(f"{live_server.url}/platform/")
    return browse


def look(page: Page) -> None:
    """Axe finds nothing and nothing sticks out, on the desk and on the phone.

    Axe reads the sheets as they are: preloading those that Django's own sheets import would write
    a style into the page, which the policy rightly forbids.
    """
    page.wait_for_load_state()
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        rules = {"runOnly": {"type": "tag", "values": RULES}, "preload": False}
        found = Axe().run(page, options=rules)
        assert found.response["violations"] == [], found.generate_report()
        overflow = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert overflow <= 0, f"{page.url} is {overflow} px too wide at {width}"
    page.set_viewport_size({"width": WIDTHS[0], "height": 900})


def test_a_day_of_platform_staff(desk, cast):
    expect(desk.get_by_text("No merchant chosen")).to_be_visible()
    look(desk)
    desk.get_by_role("link", name="Choose one").click()
    look(desk)
    desk.get_by_role("listitem").filter(has_text="Acme Gifts").get_by_role("button").click()
    expect(desk.get_by_text("Acme Gifts").first).to_be_visible()
    look(desk)

    desk.get_by_role("main").get_by_role("link", name="Returns", exact=True).click()
    look(desk)
    desk.get_by_role("link", name="Export").click()
    look(desk)
    desk.get_by_label("Format").select_option("csv")
    with desk.expect_download() as file:
        desk.get_by_role("button", name="Export").click()
    assert file.value.suggested_filename.startswith("acme-return-")

    desk.go_back()
    desk.locator("#result_list tbody th a").first.click()
    look(desk)

    desk.get_by_role("link", name="Memberships").first.click()
    look(desk)
    desk.get_by_role("link", name="Bob Ono").click()
    look(desk)
    desk.get_by_label("Active").uncheck()
    desk.get_by_role("button", name="Save", exact=True).click()
    expect(desk.get_by_text("was changed successfully")).to_be_visible()
    desk.get_by_role("link", name="Events").first.click()
    look(desk)
    desk.locator("#result_list tbody th a").first.click()
    look(desk)
    desk.get_by_role("link", name="Users").first.click()
    look(desk)
    desk.get_by_role("link", name="Bob Ono").click()
    look(desk)
    desk.get_by_role("link", name="History").click()
    look(desk)


def test_vendors_come_in_from_a_file(desk, cast):
    desk.get_by_role("link", name="Choose one").click()
    desk.get_by_role("listitem").filter(has_text="Acme Gifts").get_by_role("button").click()
    desk.get_by_role("main").get_by_role("link", name="Vendors", exact=True).click()
    desk.get_by_role("link", name="Import", exact=True).click()
    look(desk)
    desk.get_by_label("File to import").set_input_files(
        {"name": "vendors.csv", "mimeType": "text/csv", "buffer": VENDORS}
    )
    desk.get_by_role("button", name="Submit").click()
    expect(desk.locator("ins").first).to_be_visible()
    look(desk)
    desk.get_by_role("button", name="Import", exact=True).click()
    expect(desk.get_by_text("1 new, 1 updated")).to_be_visible()
    expect(desk.get_by_role("link", name="The Mill")).to_be_visible()
