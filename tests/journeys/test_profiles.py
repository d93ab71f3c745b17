"""A return profile, from the first idea to the cycle it judges, in a real browser (P2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounts.actor import Actor
from tests.cast import Cast
from tests.factories import OfferCycleFactory, OfferFactory
from tests.journeys.conftest import look

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]

SignInAs = Callable[[Actor], Page]


def test_alice_makes_a_profile_and_assigns_it(
    cast: Cast, sign_in_as: SignInAs, live_server: Any
) -> None:
    offer = OfferFactory(merchant=cast.acme, name="Tea of the month")
    OfferCycleFactory(merchant=cast.acme, offer=offer)
    page = sign_in_as(cast.alice)
    page.get_by_role("link", name="Settings", exact=True).click()
    page.get_by_role("link", name="Return Profiles", exact=True).click()
    look(page)
    page.get_by_role("link", name="Add Return Profile").first.click()

    # The sentence follows what is typed, and says what is wrong with it.
    sentence = page.locator("#sentence")
    expect(sentence).to_contain_text("within 30 days of its RMA refunds 100 %")
    page.get_by_role("group", name="Valid RMA").get_by_label("Refund").fill("80")
    expect(sentence).to_contain_text("within 30 days of its RMA refunds 80 %")
    page.get_by_label("Days until an RMA expires").fill("0")
    expect(sentence).to_contain_text("An RMA is valid for at least 1 day.")
    page.get_by_label("Days until an RMA expires").fill("14")
    page.get_by_label("Trial Cancel Only").check()
    expect(sentence).to_contain_text("A trial that comes back is canceled")
    page.get_by_label("Return Profile Name").fill("Kind")
    look(page)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("“Kind” can be assigned to offer cycles now.")).to_be_visible()

    page.get_by_role("link", name="Offers", exact=True).click()
    look(page)
    page.get_by_role("link", name="Tea of the month").first.click()
    page.get_by_label("Return profile of Initial").select_option("Kind")
    look(page)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("“Tea of the month” is saved.")).to_be_visible()

    page.get_by_role("link", name="Return Profiles", exact=True).click()
    page.get_by_role("link", name="Kind").first.click()
    expect(page.get_by_role("link", name="Tea of the month")).to_be_visible()
    page.get_by_role("group", name="Expired RMA").get_by_label("Action").select_option("No action")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Version 2 of “Kind” is saved")).to_be_visible()
    expect(page.locator("#versions")).to_contain_text("Version 2")
    look(page)
