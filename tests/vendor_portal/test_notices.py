"""A vendor's user switches mails on and off: for themselves, at one merchant (F17)."""

from __future__ import annotations

import uuid

import pytest

from accounts.models import NoticeSwitch
from audit.models import Event
from core.tenancy import tenant
from tests.cast import member

pytestmark = pytest.mark.django_db


def address(client) -> str:
    """Where the page is, as the menu says it."""
    page = client.get("/", follow=True).content.decode()
    assert ">Notifications<" in page
    return next(
        part.split('"')[0] for part in page.split('href="') if "/notifications/" in part[:60]
    )


def ticked(page: str) -> int:
    """How many boxes of the page's own form are ticked."""
    return page.partition('id="main"')[2].count(" checked")


def switches(cast) -> dict[tuple[str, str], bool]:
    with tenant(cast.acme.pk):
        return {(one.user.name, one.kind): one.is_on for one in NoticeSwitch.objects.all()}


def test_everything_is_off_until_it_is_switched_on(cast, sign_in):
    client = sign_in(cast.vera)
    page = client.get(address(client)).content.decode()
    assert "NOTIFY ME WHEN RMA BECOMES AVAILABLE" in page
    assert ticked(page) == 0


def test_vera_switches_one_on_and_off_again(cast, sign_in):
    client = sign_in(cast.vera)
    where = address(client)
    on = {"key": uuid.uuid4(), "rma_available": "on"}
    page = client.post(where, on, follow=True).content.decode()
    assert "Your notifications are saved." in page
    assert ticked(page) == 1
    assert switches(cast)["Vera Vance", "rma.available"] is True
    assert switches(cast)["Vera Vance", "fulfillment.requested"] is False
    client.post(where, {"key": uuid.uuid4()})
    assert set(switches(cast).values()) == {False}
    with tenant(cast.acme.pk):
        said = [event.data["changes"] for event in Event.objects.filter(verb="notices.chosen")]
    assert said == [
        "NOTIFY ME WHEN RMA BECOMES AVAILABLE on",
        "NOTIFY ME WHEN RMA BECOMES AVAILABLE off",
    ]


def test_the_same_form_twice_is_carried_out_once(cast, sign_in):
    client = sign_in(cast.vera)
    where = address(client)
    on = {"key": uuid.uuid4(), "rma_available": "on"}
    assert [client.post(where, on).status_code for _ in range(2)] == [302, 302]
    with tenant(cast.acme.pk):
        assert Event.objects.filter(verb="notices.chosen").count() == 1


def test_nothing_changed_and_nothing_sent_are_said(cast, sign_in):
    client = sign_in(cast.vera)
    where = address(client)
    same = client.post(where, {"key": uuid.uuid4()})
    assert same.status_code == 409
    assert "It is set that way already" in same.content.decode()
    assert client.post(where, {"rma_available": "on"}).status_code == 422
    assert switches(cast) == {}


def test_it_holds_for_oneself_only(cast, sign_in):
    member(cast.acme, "Val Voss", cast.vera.role, vendor=cast.northlight)
    client = sign_in(cast.vera)
    client.post(address(client), {"key": uuid.uuid4(), "rma_available": "on"})
    assert {name for name, _kind in switches(cast)} == {"Vera Vance"}
    other = sign_in(cast.vic)
    assert ticked(other.get(address(other)).content.decode()) == 0


def test_staff_and_customers_have_no_such_page(cast, sign_in):
    where = address(sign_in(cast.vera))
    assert sign_in(cast.alice).get(where).status_code == 404
    assert sign_in(cast.cora).get(where).status_code == 404
    assert sign_in(cast.charlie).get(where).status_code == 404
