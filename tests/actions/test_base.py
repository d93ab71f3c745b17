"""The four promises of `@action`, and preview (DESIGN rule 4)."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, transaction

from accounts.actor import Actor
from actions.base import SilentActionError, action, preview
from actions.requests import LineRequest, ReturnRequest
from actions.returns import close_return, create_return
from audit import outbox
from audit.models import Delivery, Event
from audit.record import record
from core.errors import NotAllowed, Refused
from core.tenancy import tenant
from orders.models import Channel
from returns.models import Return, ReturnReason
from tests.cast import Cast
from tests.factories import made_return, shipped_order
from tests.security.watch import for_real

pytestmark = pytest.mark.django_db


@action("return.close")
def open_channel(actor: Actor, name: str, *, fail: Exception | None = None) -> Channel:
    """A verb for these tests: one row, one event."""
    channel = Channel.objects.create(merchant=actor.merchant, name=name, code=name.lower())
    record(actor, "return.closed", channel)
    if fail is not None:
        raise fail
    return channel


@action("return.close")
def say_nothing(actor: Actor, name: str) -> None:
    """A verb that forgets its event."""
    Channel.objects.create(merchant=actor.merchant, name=name, code=name.lower())


@action("return.create")
def open_two(actor: Actor, second: Actor) -> None:
    """A verb that calls another one; it records nothing of its own."""
    Channel.objects.create(merchant=actor.merchant, name="First", code="first")
    open_channel(second, "Second")


def names() -> list[str]:
    return sorted(Channel.objects.values_list("name", flat=True))


def written() -> tuple[int, int, int]:
    """How many channels, events and deliveries there are."""
    return Channel.objects.count(), Event.objects.count(), Delivery.objects.count()


@pytest.fixture
def listener(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Somebody subscribes to the verb; the list tells what woke the drain."""
    woken: list[str] = []
    monkeypatch.setitem(outbox._tasks, "return.closed", ["somewhere.tasks.tell"])
    monkeypatch.setattr("audit.record.wake", lambda: woken.append("woken"))
    return woken


# --- one: the permission ------------------------------------------------------------------------


def test_only_who_holds_the_permission_gets_in(at_acme: Cast) -> None:
    for actor in (at_acme.wendy, at_acme.vera, at_acme.cora):
        with pytest.raises(NotAllowed, match=r"return\.close"):
            open_channel(actor, "Denied")
    assert written() == (0, 0, 0)

    open_channel(at_acme.bob, "Web")
    assert names() == ["Web"]


def test_the_house_itself_acts_under_its_own_name(at_acme: Cast) -> None:
    open_channel(Actor.system(at_acme.acme), "Web")
    assert Event.objects.values_list("actor_kind", "actor_name", "user").get() == (
        "system",
        "Backhaul",
        None,
    )


# --- two: one transaction -----------------------------------------------------------------------


@pytest.mark.parametrize("reason", [Refused("No."), ValueError("broken"), NotAllowed("x")])
def test_whatever_goes_wrong_undoes_everything(
    at_acme: Cast, listener: list[str], reason: Exception
) -> None:
    with pytest.raises(type(reason)):
        open_channel(at_acme.bob, "Web", fail=reason)
    assert written() == (0, 0, 0)
    assert listener == []


def test_a_denied_inner_verb_undoes_the_outer_one(at_acme: Cast) -> None:
    with pytest.raises(NotAllowed):
        open_two(at_acme.bob, at_acme.wendy)
    assert written() == (0, 0, 0)


# --- three: an event ----------------------------------------------------------------------------


def test_a_verb_that_leaves_no_trace_is_undone(at_acme: Cast) -> None:
    with pytest.raises(SilentActionError, match="say_nothing"):
        say_nothing(at_acme.bob, "Web")
    assert written() == (0, 0, 0)


def test_the_event_of_an_inner_verb_counts_for_the_outer_one(at_acme: Cast) -> None:
    open_two(at_acme.bob, at_acme.alice)
    assert names() == ["First", "Second"]
    assert Event.objects.get().actor_name == at_acme.alice.name


def test_a_silent_verb_is_found_out_even_beside_a_noisy_one(at_acme: Cast) -> None:
    open_channel(at_acme.bob, "Web")
    with pytest.raises(SilentActionError):
        say_nothing(at_acme.bob, "Shop")
    assert names() == ["Web"]


def test_an_event_says_who_did_what_to_what(at_acme: Cast) -> None:
    channel = open_channel(at_acme.bob, "Web")
    event = Event.objects.get()
    assert (event.merchant_id, event.verb) == (at_acme.acme.pk, "return.closed")
    assert (event.noun, event.object_id) == ("channel", channel.pk)
    assert (event.actor_kind, event.actor_name) == ("staff", "Bob Ono")
    assert event.user == at_acme.bob.user


def test_a_verb_without_wording_is_a_mistake_of_the_code(at_acme: Cast) -> None:
    with pytest.raises(KeyError, match=r"return.eaten has no wording"):
        record(at_acme.bob, "return.eaten", at_acme.northlight)


# --- four: effects after commit -----------------------------------------------------------------


def test_the_drain_is_woken_only_when_the_transaction_commits(
    at_acme: Cast, listener: list[str], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True) as callbacks:
        open_channel(at_acme.bob, "Web")
        assert Delivery.objects.get().task == "somewhere.tasks.tell"
        assert listener == []
    assert (len(callbacks), listener) == (1, ["woken"])


def test_what_nobody_listens_to_wakes_nobody(
    at_acme: Cast, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks() as callbacks:
        open_channel(at_acme.bob, "Web")
    assert callbacks == []
    assert Delivery.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_when_the_drain_wakes_others_can_see_its_work(
    cast: Cast, listener: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []

    def look() -> int:
        with tenant(cast.acme.pk):
            return Delivery.objects.count()

    monkeypatch.setattr("audit.record.wake", lambda: seen.append(for_real(look)))
    with tenant(cast.acme.pk, user=cast.bob.user_id):
        open_channel(cast.bob, "Web")
        assert seen == []
        assert for_real(look) == 0
    assert seen == [1]


@pytest.mark.django_db(transaction=True)
def test_a_request_that_fails_after_the_verb_wakes_nobody(cast: Cast, listener: list[str]) -> None:
    def request() -> None:
        with tenant(cast.acme.pk, user=cast.bob.user_id):
            open_channel(cast.bob, "Web")
            raise ValueError("later")

    with pytest.raises(ValueError, match="later"):
        request()
    with tenant(cast.acme.pk):
        assert written() == (0, 0, 0)
    assert listener == []


# --- preview ------------------------------------------------------------------------------------


def test_a_preview_tells_what_would_happen_and_leaves_nothing(
    at_acme: Cast, listener: list[str], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks() as callbacks:
        events = preview(open_channel, at_acme.bob, "Web")
    assert [event.verb for event in events] == ["return.closed"]
    assert written() == (0, 0, 0)
    assert callbacks == []
    assert not connection.needs_rollback


def test_a_preview_takes_no_number_and_no_unit(at_acme: Cast) -> None:
    order = shipped_order(at_acme.acme, vendor=at_acme.northlight)
    line = order.lines.get()
    reason = ReturnReason.objects.filter(merchant=at_acme.acme).first()
    request = ReturnRequest([LineRequest(line.pk, 3, at_acme.northlight.pk, reason.pk, "new")])

    first = preview(create_return, at_acme.bob, order, request)
    second = preview(create_return, at_acme.bob, order, request)

    assert [event.data["number"] for event in first] == ["R-10001", "RMA-20001"]
    assert [event.data for event in second] == [event.data for event in first]
    line.refresh_from_db()
    assert (line.returned_quantity, Return.objects.count()) == (0, 0)
    assert create_return(at_acme.bob, order, request).number == "R-10001"


def test_a_preview_refuses_what_the_verb_refuses(at_acme: Cast) -> None:
    found = made_return(at_acme.bob, shipped_order(at_acme.acme, vendor=at_acme.northlight))
    with pytest.raises(Refused, match="waits for a decision"):
        preview(close_return, at_acme.bob, found)
    with pytest.raises(NotAllowed):
        preview(close_return, at_acme.wendy, found)
    found.refresh_from_db()
    assert found.status == "open"


def test_a_preview_inside_a_transaction_undoes_only_itself(at_acme: Cast) -> None:
    with transaction.atomic():
        open_channel(at_acme.bob, "Kept")
        preview(open_channel, at_acme.bob, "Tried")
    assert names() == ["Kept"]
