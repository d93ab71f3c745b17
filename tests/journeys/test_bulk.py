"""Many returns at once: tick, look ahead, start, and see what came of each (F14)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounts.actor import Actor
from tests.cast import Cast
from tests.factories import made_return, shipped_order
from tests.journeys.conftest import look
from tests.outbox import deliver_all

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


def test_bob_closes_what_can_be_closed(
    cast: Cast, sign_in_as: Callable[[Actor], Page], live_server: Any
) -> None:
    for approve in (True, False):
        order = shipped_order(cast.acme, vendor=cast.northlight)
        made_return(cast.bob, order, approve=approve)
    page = sign_in_as(cast.bob)
    page.get_by_label("Select return R-10001").check()
    page.get_by_label("Select return R-10002").check()
    page.get_by_role("button", name="Close return").click()
    expect(page.get_by_text("1 would change, 1 would be skipped.")).to_be_visible()
    expect(page.get_by_text("still waits for a decision").first).to_be_visible()
    look(page)
    page.get_by_role("button", name="start with 1 return").click()
    expect(page.get_by_text("Waiting for a worker")).to_be_visible()
    look(page)
    deliver_all()
    expect(page.get_by_text("1 changed, 1 skipped.")).to_be_visible()
    look(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download what came of each").click()
    assert "R-10001,Changed," in download.value.path().read_text("utf-8-sig")
