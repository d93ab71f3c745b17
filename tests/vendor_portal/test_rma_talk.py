"""The thread about an RMA over HTTP, on both sides (X7)."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from core.tenancy import tenant
from rmas.models import Rma, RmaMessage
from tests.cast import Cast, SignIn
from tests.console import desk
from tests.console.test_settings import text_of
from tests.factories import new_key
from tests.vendor_portal.portal import address, lanterns, page_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def rma(cast: Cast) -> Rma:
    made = lanterns(cast)
    with tenant(cast.acme.pk):
        return made.rmas.get()


def say(client: Client, where: str, text: str, do: str = "write", **more: Any) -> Any:
    return client.post(where, {"key": new_key(), "text": text, "do": do, **more}, follow=True)


def test_a_question_and_its_answer_on_both_pages(cast: Cast, rma: Rma, sign_in: SignIn) -> None:
    vera, bob = sign_in(cast.vera), sign_in(cast.bob)
    with tenant(cast.acme.pk):
        theirs, ours = page_of(rma), desk.address(rma.customer_return)
    page = say(vera, address(rma, "messages"), "Is it <i>worn</i>?", "ask")
    assert "Acme Gifts is asked." in text_of(page)
    assert "Your question is with Acme Gifts." in text_of(page)
    said = text_of(bob.get(ours))
    assert f"Your turn. Northlight Lamps asks something about {rma.number}." in said
    assert "Answer a question" in said
    thread = bob.get(desk.address(rma, "messages"))
    assert "Is it &lt;i&gt;worn&lt;/i&gt;?" in thread.text
    assert "Vera Vance" in thread.text
    answered = text_of(say(bob, desk.address(rma, "messages"), "No."))
    assert "Northlight Lamps can read it." in answered
    seen = vera.get(address(rma, "messages"))
    assert ("No." in seen.text, "Bob Ono" in seen.text) == (True, False)
    assert "2 messages" in text_of(vera.get(theirs))


def test_a_form_sent_twice_is_one_message(cast: Cast, rma: Rma, sign_in: SignIn) -> None:
    vera = sign_in(cast.vera)
    key = new_key()
    for _ in range(2):
        say(vera, address(rma, "messages"), "Hello", key=key)
    with tenant(cast.acme.pk):
        assert RmaMessage.objects.count() == 1


@pytest.mark.parametrize("do", ["write", "ask", "dispute"])
def test_without_words_nothing_is_sent(cast: Cast, rma: Rma, sign_in: SignIn, do: str) -> None:
    for client, where in (
        (sign_in(cast.vera), address(rma, "messages")),
        (sign_in(cast.bob), desk.address(rma, "messages")),
    ):
        page = say(client, where, " ", do)
        assert (page.status_code, "Write something first." in text_of(page)) == (422, True)


def test_a_dispute_is_seen_on_both_sides_and_lifted(cast: Cast, rma: Rma, sign_in: SignIn) -> None:
    vera, bob = sign_in(cast.vera), sign_in(cast.bob)
    assert "Disputed" in text_of(say(vera, address(rma, "messages"), "Not ours", "dispute"))
    page = bob.get(desk.address(rma, "messages"))
    assert "Lift the dispute" in text_of(page)
    again = say(bob, desk.address(rma, "messages"), "It is", "dispute")
    assert (again.status_code, "disputed already" in text_of(again)) == (409, True)
    assert "is lifted" in text_of(say(bob, desk.address(rma, "messages"), "", "lift"))


def test_another_vendor_finds_nothing_there(cast: Cast, rma: Rma, sign_in: SignIn) -> None:
    vic = sign_in(cast.vic)
    assert vic.get(address(rma, "messages")).status_code == 404
    assert say(vic, address(rma, "messages"), "Hello").status_code == 404
