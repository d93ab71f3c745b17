"""The four flows of the RMA strategy as Vera walks them in her portal (F10, F15)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.actor import Actor
from core.tenancy import tenant
from tests.cast import Cast
from tests.factories import Item, made_return, shipped_order
from tests.journeys.conftest import look
from tests.security.papers import PHOTO

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]

SignInAs = Callable[[Actor], Page]


def asked(cast: Cast, *, approve: bool, process: bool) -> None:
    """Bob asks Northlight to take lanterns and hangers back, in one of the four flows."""
    with tenant(cast.acme.pk):
        cast.acme.rma_auto_approve = approve
        cast.acme.rma_auto_process = process
        cast.acme.save()
    lantern = Item(6, "3.39", title="White metal lantern", sku="71053")
    hanger = Item(8, "2.75", title="Coat hanger", sku="84406B")
    order = shipped_order(cast.acme, lantern, hanger, vendor=cast.northlight, number="536365")
    made_return(cast.bob, order, units=4)


def menu(page: Page) -> list[str]:
    """The verbs of the RMA Actions menu, which stays open."""
    page.get_by_label("RMA Actions of").click()
    return page.locator(".vendor-rma .menu__item").all_inner_texts()


def test_approved_and_processed_by_itself(cast: Cast, sign_in_as: SignInAs) -> None:
    asked(cast, approve=True, process=True)
    page = sign_in_as(cast.vera)
    look(page)
    page.get_by_role("link", name="PO-").first.click()
    expect(page.get_by_text("The customer sends the approved units to you.")).to_be_visible()
    expect(page.get_by_text("In your API feed as RMA-20001")).to_be_visible()
    look(page)
    assert menu(page) == ["Re-process RMA"]
    page.get_by_role("link", name="Re-process RMA").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("New RMA #").fill("NL-77")
    look(page)
    dialog.get_by_role("button", name="Re-process RMA").click()
    expect(page.get_by_role("heading", name="NL-77")).to_be_visible()
    expect(page.get_by_text("was RMA-20001")).to_be_visible()
    look(page)


def test_approved_by_itself_and_processed_by_hand(cast: Cast, sign_in_as: SignInAs) -> None:
    asked(cast, approve=True, process=False)
    page = sign_in_as(cast.vera)
    expect(page.get_by_text("It is approved. Your turn: process it")).to_be_visible()
    page.get_by_role("link", name="PO-").first.click()
    page.get_by_role("link", name="Process RMA").click()
    look(page)
    page.get_by_role("button", name="Process RMA").click()
    expect(page.get_by_text("RMA-20001 is processed.")).to_be_visible()
    assert menu(page) == ["Re-process RMA"]
    look(page)


def test_processed_by_itself_and_decided_by_vera(cast: Cast, sign_in_as: SignInAs) -> None:
    asked(cast, approve=False, process=True)
    page = sign_in_as(cast.vera)
    page.get_by_role("link", name="PO-").first.click()
    expect(page.get_by_text("Your turn: approve or deny it.")).to_be_visible()
    page.get_by_role("link", name="Approve or deny").click()
    total = page.locator(".vendor-sum output")
    expect(total).to_have_text("8")
    page.get_by_label("Approve units of White metal lantern").fill("3")
    expect(total).to_have_text("7")
    page.get_by_label("If not all of White metal lantern, why").select_option("Damaged by misuse")
    page.get_by_label("Approve units of Coat hanger").fill("0")
    look(page)
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_text("Draft saved", exact=True)).to_be_visible()
    look(page)
    page.get_by_role("link", name="Approve or deny").click()
    expect(page.get_by_text("Your draft is filled in.")).to_be_visible()
    look(page)
    page.get_by_role("button", name="Approve the rest").click()
    expect(page.get_by_label("Approve units of White metal lantern")).to_have_value("3")
    expect(page.get_by_label("Approve units of Coat hanger")).to_have_value("4")
    page.get_by_label("Note to the merchant").fill("The glass is scratched")
    photo = {"name": "scratch.png", "mimeType": "image/png", "buffer": PHOTO}
    page.locator("input[name=photos]").set_input_files([photo])
    page.get_by_role("button", name="Submit decision").click()
    expect(page.get_by_text("Your decision on RMA-20001 is submitted.")).to_be_visible()
    expect(page.get_by_text("Partially approved")).to_be_visible()
    expect(page.get_by_role("link", name="scratch.png")).to_be_visible()
    expect(page.get_by_text("Damaged by misuse. The glass is scratched")).to_be_visible()
    look(page)


def test_processed_and_denied_by_hand(cast: Cast, sign_in_as: SignInAs) -> None:
    asked(cast, approve=False, process=False)
    page = sign_in_as(cast.vera)
    page.get_by_role("link", name="PO-").first.click()
    assert menu(page) == ["Approve RMA", "Deny RMA", "Process RMA"]
    page.get_by_role("link", name="Process RMA").click()
    page.get_by_role("button", name="Process RMA").click()
    expect(page.get_by_text("Your turn: approve or deny it.")).to_be_visible()
    assert menu(page) == ["Approve RMA", "Deny RMA", "Re-process RMA"]
    page.get_by_role("link", name="Deny RMA").click()
    page.get_by_role("button", name="Deny RMA").click()
    expect(page.get_by_text("Choose why the RMA is denied.").first).to_be_visible()
    look(page)
    page.get_by_label("Why it is denied").select_option("No fault found")
    page.get_by_role("button", name="Deny RMA").click()
    expect(page.get_by_text("It is denied. Acme Gifts settles it")).to_be_visible()
    expect(page.get_by_label("RMA Actions of")).to_have_count(0)
    page.get_by_role("link", name="Purchase orders").click()
    expect(page.get_by_text("Open return")).to_be_visible()
    look(page)


def test_several_are_approved_at_once(cast: Cast, sign_in_as: SignInAs) -> None:
    asked(cast, approve=False, process=False)
    page = sign_in_as(cast.vera)
    page.get_by_label("Select RMA RMA-20001").check()
    look(page)
    page.get_by_role("button", name="Approve…").click()
    expect(page.get_by_text("1 RMA will be approved")).to_be_visible()
    look(page)
    page.get_by_role("button", name="Approve 1 RMA").click()
    expect(page.get_by_text("1 RMA is approved.")).to_be_visible()
