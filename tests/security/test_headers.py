"""What every answer says to the browser, and what no page contains (G22)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest

from tests.security.test_routes import NAMES, form, visits
from tests.security.watch import undone
from tests.security.world import World

pytestmark = pytest.mark.django_db

# Answers with what they forbid: every kind of person and every kind of refusal.
PEOPLE = ("anonymous", "alice", "rita", "charlie", "vera", "cora", "nora", "sam", "pat")


class Markup(HTMLParser):
    """Collects what a strict policy would block."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note inline handlers, styles and addresses that run code."""
        given = dict(attrs)
        for name, value in attrs:
            if name.startswith(("on", "hx-on")) or name == "style":
                self.found.append(f"<{tag} {name}>")
            if re.match(r"\s*(javascript|vbscript|data:text)", value or "", re.IGNORECASE):
                self.found.append(f"<{tag} {name}={value}>")
        if tag in ("style", "base", "object", "embed", "iframe"):
            self.found.append(f"<{tag}>")
        if tag == "script" and "src" not in given and given.get("type") != "application/json":
            self.found.append("<script> without src")
        for name in ("src", "href", "action", "formaction", "hx-get", "hx-post"):
            if re.match(r"(https?:)?//", given.get(name) or ""):
                self.found.append(f"<{tag} {name}={given[name]}>")


def answers(world: World, name: str) -> Iterator[tuple[str, Any]]:
    """Answers of one route to several people: pages, forms with mistakes, refusals."""
    for who in PEOPLE:
        for visit in visits(world, name, world.people[who]):
            if visit.method in ("PUT", "DELETE"):
                continue
            filled = form(world, name, visit.thing) if visit.method == "POST" else None
            for data in (filled, {}) if filled else (None,):
                with undone():
                    client = world.client(visit.person)
                    send = getattr(client, visit.method.lower())
                    yield f"{who} {visit.method} {name}", send(visit.address(name), data)


def policy(response: Any) -> dict[str, list[str]]:
    """The content security policy by directive."""
    text = response.headers.get("Content-Security-Policy", "")
    parts = [part.split() for part in text.split(";") if part.strip()]
    return {words[0]: words[1:] for words in parts}


def complaints(response: Any) -> list[str]:
    """What is wrong with the headers of an answer."""
    rules = policy(response)
    headers = response.headers
    wrong = [
        name
        for name, right in {
            "object-src": ["'none'"],
            "base-uri": ["'none'"],
            "frame-ancestors": ["'none'"],
            "form-action": ["'self'"],
            "default-src": ["'self'"],
            "script-src": ["'self'"],
            "style-src": ["'self'"],
        }.items()
        if rules.get(name) != right
    ]
    if re.search(r"unsafe|\*|https?:", headers.get("Content-Security-Policy", "")):
        wrong.append("lax policy")
    if headers.get("X-Content-Type-Options") != "nosniff":
        wrong.append("nosniff")
    if headers.get("X-Frame-Options") != "DENY":
        wrong.append("framing")
    if headers.get("Referrer-Policy") != "same-origin":
        wrong.append("referrer")
    if headers.get("Cross-Origin-Opener-Policy") != "same-origin":
        wrong.append("opener")
    if "no-store" not in headers.get("Cache-Control", ""):
        wrong.append("may be stored")
    return wrong


@pytest.mark.parametrize("name", NAMES)
def test_every_answer_is_strict_and_no_page_is_inline(world, quiet, name):
    wrong = set()
    for label, response in answers(world, name):
        wrong |= {f"{label}: {complaint}" for complaint in complaints(response)}
        if response.headers.get("Content-Type", "").startswith("text/html") and response.content:
            markup = Markup()
            markup.feed(response.content.decode())
            wrong |= {f"{label}: {found}" for found in markup.found}
    assert sorted(wrong) == []


def test_pages_nobody_routed_are_strict_too(world, quiet):
    for address in ("/nowhere/", "/m/acme/nowhere/", "/admin/", "/accounts/login/"):
        response = world.client(world.people["alice"]).get(address)
        assert (response.status_code, complaints(response)) == (404, [])


def test_the_answer_to_a_broken_page_is_strict_too(world, quiet, monkeypatch):
    def broken(*_args: Any, **_kwargs: Any) -> None:
        raise ValueError("qx secret")

    monkeypatch.setattr("console.orders.OrderList.page", broken)
    response = world.client(world.people["alice"]).get("/m/acme/orders/")
    assert (response.status_code, complaints(response)) == (500, [])
    assert "secret" not in response.content.decode()


def test_the_test_sees_what_a_browser_would_block():
    markup = Markup()
    markup.feed(
        '<p onclick="x()" style="color:red"><script>x()</script><style>p{}</style>'
        '<a href="javascript:x()"><script src="https://evil.example/x.js"></script>'
    )
    assert markup.found == [
        "<p onclick>",
        "<p style>",
        "<script> without src",
        "<style>",
        "<a href=javascript:x()>",
        "<script src=https://evil.example/x.js>",
    ]
