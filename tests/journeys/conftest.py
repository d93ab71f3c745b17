"""The browser of the journeys: signs in as a person would, and looks at every page with axe."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from accounts.actor import Actor
from tests.factories import PASSWORD

WIDTHS = (1440, 390)
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="session", autouse=True)
def let_the_live_server_query() -> Iterator[None]:
    """Playwright runs an event loop in the test's thread, which Django would otherwise refuse."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    yield
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def browse(page: Page, live_server: Any) -> Iterator[Page]:
    """A page whose addresses start at the live server; it fails on any script or policy error."""
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda message: (
            complaints.append(message.text)
            if message.type == "error" and "Failed to load resource" not in message.text
            else None
        ),
    )
    page.set_default_timeout(15_000)
    page.set_viewport_size({"width": WIDTHS[0], "height": 900})
    page.goto(live_server.url)
    yield page
    assert complaints == []


@pytest.fixture
def sign_in_as(browse: Page, live_server: Any) -> Callable[[Actor], Page]:
    """Type e-mail and password at the sign-in page."""

    def sign_in(actor: Actor) -> Page:
        assert actor.user is not None
        browse.goto(f"{live_server.url}/sign-in/")
        browse.get_by_label("E-mail").fill(actor.user.email)
        browse.get_by_label("Password", exact=True).fill(PASSWORD)
        browse.get_by_role("button", name="Sign in").click()
        return browse

    return sign_in


def look(page: Page) -> None:
    """Axe finds nothing, and nothing sticks out sideways, at the desk and on the phone."""
    page.wait_for_load_state()
    expect(page.get_by_role("heading", level=1).first).to_be_visible()
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        found = Axe().run(page, options={"runOnly": {"type": "tag", "values": RULES}})
        names = [violation["id"] for violation in found.response["violations"]]
        assert names == [], found.generate_report()
        overflow = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert overflow <= 0, f"{page.url} is {overflow} px too wide at {width}"
    page.set_viewport_size({"width": WIDTHS[0], "height": 900})
