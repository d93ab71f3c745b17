"""A day at the desk with one return: decisions in parts, numbers, money, notes, files, undo."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounts.actor import Actor
from tests.actions.test_files import picture
from tests.cast import Cast
from tests.factories import ChannelFactory, Item, made_return, shipped_order
from tests.journeys.conftest import look

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]

SignInAs = Callable[[Actor], Page]


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def desk(cast: Cast, sign_in_as: SignInAs, live_server: Any) -> Page:
    """Bob in front of a return of six lanterns and two hangers, bought by a reseller."""
    order = shipped_order(
        cast.acme,
        Item(6, "10.00", title="White metal lantern"),
        Item(2, "5.00", title="Coat hanger"),
        vendor=cast.northlight,
        channel=ChannelFactory(merchant=cast.acme, name="Trade", kind="reseller"),
        number="536388",
    )
    found = made_return(cast.bob, order, units=2)
    page = sign_in_as(cast.bob)
    page.goto(f"{live_server.url}/m/acme/returns/{found.public_id}/")
    return page


def bar(page: Page) -> Any:
    """The action bar."""
    return page.get_by_role("region", name="Actions")


def shows_whole(page: Page) -> None:
    """The open menu lies within the page, at the desk and on the phone."""
    for width in (390, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        box = page.locator(".menu[open] .menu__panel").bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width


def act(page: Page, verb: str) -> None:
    """Open the RMA's menu and choose a verb."""
    page.get_by_text("RMA Actions").first.click()
    shows_whole(page)
    page.get_by_role("link", name=verb, exact=True).click()


def test_vendors_answer_in_parts_and_get_a_new_number(desk: Page) -> None:
    page = desk
    look(page)
    page.get_by_role("link", name="Decide per line").click()
    look(page)
    lantern = page.get_by_label("Decision on White metal lantern")
    expect(page.get_by_label("Approved units of White metal lantern")).to_be_hidden()
    lantern.select_option("Decide in parts")
    page.get_by_label("Approved units of White metal lantern").fill("1")
    page.get_by_label("Denied units of White metal lantern").fill("1")
    page.get_by_label("Decision on Coat hanger").select_option("Deny all")
    page.get_by_role("button", name="Decide").click()
    expect(page.get_by_text("Choose why it is denied.").first).to_be_visible()
    look(page)
    page.get_by_label("Why White metal lantern is denied").select_option("Damaged by misuse")
    page.get_by_label("Why Coat hanger is denied").select_option("Not an item of ours")
    page.get_by_label("Note for the timeline").fill("By phone")
    page.get_by_role("button", name="Decide").click()
    expect(page.get_by_text("RMA-20001 is decided.")).to_be_visible()
    expect(page.get_by_role("img", name="2 requested: 1 approved, 1 denied")).to_be_visible()
    look(page)

    page.get_by_role("link", name="Create RMA").click()
    look(page)
    page.get_by_label("Return destination").select_option("Paper & Twine")
    page.get_by_label("Quantity of Coat hanger").fill("2")
    page.get_by_label("Quantity of White metal lantern").fill("0")
    page.get_by_role("button", name="Create RMA").click()
    expect(page.get_by_text("A further RMA of return R-10001 is created.")).to_be_visible()
    expect(page.get_by_role("heading", name="RMA-20002")).to_be_visible()

    act(page, "Process RMA")
    page.get_by_role("button", name="Process RMA").click()
    expect(page.get_by_text("RMA-20001 is processed.")).to_be_visible()
    act(page, "Re-process RMA")
    look(page)
    page.get_by_label("New RMA #").fill("NL-881")
    page.get_by_role("button", name="Re-process RMA").click()
    expect(page.get_by_role("heading", name="NL-881")).to_be_visible()
    expect(page.get_by_text("was RMA-20001")).to_be_visible()

    act(page, "Edit RMA")
    look(page)
    page.get_by_label("Credit adjustment").fill("-0.50")
    page.get_by_role("button", name="Save changes").click()
    act(page, "Sync credit")
    look(page)
    expect(page.get_by_text("+£3.50")).to_be_visible()
    page.get_by_label("Credit number").fill("CN-17")
    page.get_by_role("button", name="Sync credit").click()
    expect(page.get_by_text("The credit for NL-881 is recorded.")).to_be_visible()
    expect(page.get_by_text("+£3.50, CN-17, Bob Ono")).to_be_visible()
    look(page)


def test_money_is_edited_and_synced_to_a_reseller(desk: Page) -> None:
    page = desk
    bar(page).get_by_role("link", name="Edit return").click()
    look(page)
    page.get_by_label("Refund for White metal lantern").fill("20.01")
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_text("At most 20.00 can be refunded.").first).to_be_visible()
    expect(page.get_by_label("Refund for White metal lantern")).to_have_value("20.01")
    look(page)
    page.get_by_label("Refund for White metal lantern").fill("18.50")
    page.get_by_label("Refund adjustment").fill("-1.50")
    page.get_by_label("Reason of the adjustment").fill("Scratched")
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_text("Return R-10001 is changed.")).to_be_visible()
    expect(page.get_by_text("refund 30.00 → 27.00 GBP")).to_be_visible()

    bar(page).get_by_role("link", name="Sync refund").click()
    look(page)
    expect(page.get_by_text("£43.00")).to_be_visible()
    page.get_by_label("Reseller credit").check()
    page.get_by_role("button", name="Sync refund").click()
    expect(page.get_by_text("The refund of return R-10001 is applied.")).to_be_visible()
    expect(page.get_by_text("Refund applied")).to_be_visible()
    bar(page).get_by_text("Not possible now").click()
    shows_whole(page)
    expect(bar(page).get_by_text("has been applied in full")).to_be_visible()
    look(page)


def test_notes_files_and_the_way_back(desk: Page, cast: Cast, tmp_path: Path) -> None:
    page = desk
    page.get_by_label("New note").fill("Customer sounded upset")
    page.get_by_role("button", name="Add note").click()
    expect(page.get_by_text("Only your staff can read it.")).to_be_visible()
    expect(page.get_by_text("Customer sounded upset")).to_be_visible()
    photo = tmp_path / "dent.jpg"
    photo.write_bytes(picture(size=(600, 400)))
    page.locator('form[action$="/file/"] input[type=file]').set_input_files(photo)
    page.get_by_role("button", name="Add file").click()
    expect(page.get_by_text("dent.jpg is added.")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="dent.jpg").click()
    assert download.value.suggested_filename == "dent.jpg"
    look(page)
    wrong = tmp_path / "notes.txt"
    wrong.write_text("no photo")
    page.locator('form[action$="/file/"] input[type=file]').set_input_files(wrong)
    page.get_by_role("button", name="Add file").click()
    expect(page.get_by_text("Only photos (JPEG, PNG, WebP)").first).to_be_visible()
    look(page)
    page.get_by_role("link", name="Back to the return").click()

    bar(page).get_by_role("link", name="Cancel return").click()
    look(page)
    page.get_by_label("Note for the timeline").fill("Wrong order")
    page.get_by_role("button", name="Cancel return").click()
    expect(page.get_by_text("Return R-10001 is canceled.")).to_be_visible()
    page.get_by_role("link", name="Undo").click()
    expect(page.get_by_text("Bob Ono un-canceled the return")).to_be_visible()
    page.get_by_role("button", name="Un-cancel return").click()
    expect(page.get_by_text("Return R-10001 is open again.")).to_be_visible()
    expect(page.get_by_text("Wrong order")).to_be_visible()
    look(page)

    page.get_by_role("link", name="Create RMA").click()
    page.get_by_label("Approve RMA now").check()
    page.get_by_role("button", name="Create RMA").click()
    page.get_by_role("link", name="Add return shipment").click()
    look(page)
    page.get_by_label("Carrier name").fill("DPD")
    page.get_by_label("Tracking number").fill("1597 0034 12")
    page.get_by_label("Quantity of Coat hanger").fill("1")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("img", name=re.compile("1 on its way, 1 approved"))).to_be_visible()
    look(page)


def test_the_desk_without_javascript(cast: Cast, desk: Page, browser: Any) -> None:
    address = desk.url
    context = browser.new_context(java_script_enabled=False)
    context.add_cookies(desk.context.cookies())
    page = context.new_page()
    page.goto(address)
    page.get_by_role("link", name="Decide per line").click()
    page.get_by_label("Decision on White metal lantern").select_option("Decide in parts")
    page.get_by_label("Approved units of White metal lantern").fill("2")
    page.get_by_role("button", name="Decide").click()
    expect(page.get_by_text("RMA-20001 is decided.")).to_be_visible()
    page.get_by_role("link", name="Undo").click()
    page.get_by_role("button", name="Re-open decision").click()
    expect(page.get_by_text("The decision on RMA-20001 is open again.")).to_be_visible()
    page.get_by_role("link", name="Approve RMA").click()
    page.get_by_role("button", name="Approve RMA").click()
    expect(page.get_by_text("RMA-20001 is approved.")).to_be_visible()
    bar(page).get_by_role("link", name="Close return").click()
    page.get_by_role("button", name="Close return").click()
    expect(page.get_by_text("Return R-10001 is closed.")).to_be_visible()
    context.close()
