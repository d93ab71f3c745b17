"""A file of returns goes out, is edited, and comes back: as Bob does it in the browser (F14)."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounts.actor import Actor
from tests.cast import Cast
from tests.factories import Item, made_return, shipped_order
from tests.journeys.conftest import look
from tests.outbox import deliver_all

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]

SignInAs = Callable[[Actor], Page]


@pytest.fixture(autouse=True)
def lantern(cast: Cast, settings: Any, tmp_path: Path) -> None:
    """One return of Acme; files in a folder of their own."""
    settings.MEDIA_ROOT = tmp_path
    order = shipped_order(cast.acme, Item(2, "10.00"), vendor=cast.northlight, number="536365")
    made_return(cast.bob, order, note="Fragile")


def download(page: Page, button: str) -> str:
    """The text of the file a click brings."""
    with page.expect_download() as coming:
        page.get_by_role("link", name=button).click()
    return Path(coming.value.path()).read_text(encoding="utf-8-sig")


def test_a_file_goes_out_and_comes_back(cast: Cast, sign_in_as: SignInAs, tmp_path: Path) -> None:
    page = sign_in_as(cast.bob)
    page.get_by_role("link", name="Exports", exact=True).click()
    look(page)
    page.get_by_role("link", name="New export").first.click()
    look(page)
    page.get_by_role("button", name="Make file").click()
    expect(page.get_by_text("Waiting for a worker")).to_be_visible()
    look(page)
    deliver_all()
    expect(page.get_by_text("The file has 1 row.")).to_be_visible()  # the page looks by itself
    look(page)
    [row] = csv.DictReader(io.StringIO(download(page, "Download"), newline=""))
    assert (row["Return"], row["Note"]) == ("R-10001", "Fragile")

    edited = tmp_path / "edited.csv"
    with edited.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(row))
        writer.writeheader()
        writer.writerow({**row, "Note": "Call first"})
        writer.writerow({**row, "Return": "R-9"})
    page.get_by_role("link", name="Exports", exact=True).first.click()
    page.get_by_role("link", name="Change returns by file").click()
    look(page)
    page.get_by_label("Choose a CSV file").set_input_files(edited)
    page.get_by_role("button", name="Compare file").click()
    expect(page.get_by_text("1 return differs.")).to_be_visible()
    expect(page.get_by_text("There is no return R-9.")).to_be_visible()
    look(page)
    page.get_by_role("button", name="Change 1 return").click()
    deliver_all()
    expect(page.get_by_text("1 changed, 0 refused.")).to_be_visible()
    look(page)


def test_an_export_is_kept_and_repeated(cast: Cast, sign_in_as: SignInAs, live_server: Any) -> None:
    page = sign_in_as(cast.alice)
    page.goto(f"{live_server.url}/m/acme/exports/new/?status=open&grain=rma")
    expect(page.get_by_role("link", name="RMAs")).to_have_attribute("aria-current", "page")
    page.get_by_label("Name").fill("RMAs of the week")
    page.get_by_label("Return-to address").uncheck()
    page.get_by_label("Repeat").select_option("Every week")
    page.get_by_label("Share with everybody").check()
    look(page)
    page.get_by_role("button", name="Save for later").click()
    expect(page.get_by_text("Monday at 06:00")).to_be_visible()
    look(page)
    page.get_by_role("link", name="RMAs of the week").click()
    expect(page.get_by_label("Return-to address")).not_to_be_checked()
    look(page)
    page.get_by_role("button", name="Make file now").click()
    deliver_all()
    expect(page.get_by_text("The file has 1 row.")).to_be_visible()
