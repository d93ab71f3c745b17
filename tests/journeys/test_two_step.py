"""The second step of signing in."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from playwright.sync_api import Page, expect

from accounts.actor import Actor
from tests.cast import Cast
from tests.factories import PASSWORD
from tests.journeys.conftest import look

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


def test_alice_switches_the_second_step_on_and_needs_it_next_time(
    cast: Cast, sign_in_as: Callable[[Actor], Page], live_server: Any
) -> None:
    page = sign_in_as(cast.alice)
    page.goto(f"{live_server.url}/two-step/")
    look(page)
    page.goto(f"{live_server.url}/two-step/totp/activate/")
    look(page)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.locator("main button[type=submit], main button.button--primary").first.click()
    look(page)
    secret = page.locator(".secret").text_content()
    page.get_by_label("Code", exact=True).fill(code_of(secret or ""))
    page.get_by_role("button", name="Switch on").click()
    page.wait_for_url(re.compile("recovery-codes|two-step/$"))
    look(page)

    page.context.clear_cookies()
    page = sign_in_as(cast.alice)
    page.goto(f"{live_server.url}/m/acme/returns/")
    expect(page).to_have_url(re.compile("/two-step/authenticate/$"))
    look(page)


def code_of(secret: str) -> str:
    """The code an authenticator app shows now."""
    counter = next(iter(yield_hotp_counters_from_time()))
    return format_hotp_value(hotp_value(secret, counter))
