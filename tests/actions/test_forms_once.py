"""A form is carried out once, however often it is sent."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, transaction

from accounts.models import SubmittedForm
from actions.forms_once import once
from core.errors import Refused
from core.tenancy import tenant
from orders.models import Channel
from tests.actions.test_races import all_at_once
from tests.cast import Cast

pytestmark = pytest.mark.django_db


def opening(cast: Cast, code: str = "web") -> Callable[[], str]:
    """Work that leaves a row, so that doing it twice shows."""

    def work() -> str:
        number = Channel.objects.count() + 1
        Channel.objects.create(merchant=cast.acme, name=code, code=f"{code}-{number}")
        return f"/channels/{number}/"

    return work


def test_the_second_submit_gets_the_first_ones_address(at_acme: Cast) -> None:
    key = uuid4()
    assert once(at_acme.bob, key, opening(at_acme)) == "/channels/1/"
    assert once(at_acme.bob, key, opening(at_acme)) == "/channels/1/"
    assert Channel.objects.count() == 1


def test_another_form_is_another_deed(at_acme: Cast) -> None:
    assert once(at_acme.bob, uuid4(), opening(at_acme)) == "/channels/1/"
    assert once(at_acme.bob, uuid4(), opening(at_acme)) == "/channels/2/"


def test_nobody_gets_the_result_of_somebody_elses_form(at_acme: Cast) -> None:
    key = uuid4()
    assert once(at_acme.bob, key, opening(at_acme)) == "/channels/1/"
    assert once(at_acme.alice, key, opening(at_acme)) == "/channels/2/"


def test_the_same_key_at_another_merchant_is_another_form(cast: Cast) -> None:
    key = uuid4()
    for merchant, actor in ((cast.acme, cast.bob), (cast.globex, cast.charlie)):
        with tenant(merchant.pk, user=actor.user_id):
            assert once(actor, key, lambda: "/done/") == "/done/"
            assert SubmittedForm.objects.get().user_id == actor.user_id


@pytest.mark.parametrize("reason", [Refused("Not now."), ValueError("broken")])
def test_after_a_refusal_the_form_may_be_sent_again(at_acme: Cast, reason: Exception) -> None:
    key = uuid4()

    def refuse() -> str:
        opening(at_acme)()
        raise reason

    with pytest.raises(type(reason)):
        once(at_acme.bob, key, refuse)
    assert (Channel.objects.count(), SubmittedForm.objects.count()) == (0, 0)
    assert once(at_acme.bob, key, opening(at_acme)) == "/channels/1/"


def test_an_address_that_cannot_be_kept_undoes_the_deed(at_acme: Cast) -> None:
    def work() -> str:
        opening(at_acme)()
        return "/" * 301

    with pytest.raises(DatabaseError), transaction.atomic():
        once(at_acme.bob, uuid4(), work)
    assert (Channel.objects.count(), SubmittedForm.objects.count()) == (0, 0)


# --- at the same time ---------------------------------------------------------------------------

WRITERS = 6


@pytest.mark.django_db(transaction=True)
def test_six_submits_at_once_do_it_once(cast: Cast) -> None:
    key = uuid4()
    results = all_at_once(
        cast.bob, [lambda: once(cast.bob, key, opening(cast)) for _ in range(WRITERS)]
    )
    assert results == ["/channels/1/"] * WRITERS
    with tenant(cast.acme.pk):
        assert Channel.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_control_without_the_guard_six_submits_do_it_six_times(cast: Cast) -> None:
    together = threading.Barrier(WRITERS)

    def work(place: int) -> str:
        together.wait(timeout=20)
        return opening(cast, f"web-{place}")()

    all_at_once(cast.bob, [lambda place=place: work(place) for place in range(WRITERS)])
    with tenant(cast.acme.pk):
        assert Channel.objects.count() == WRITERS


@pytest.mark.django_db(transaction=True)
def test_who_waited_for_a_submit_that_failed_does_it_instead(cast: Cast) -> None:
    key = uuid4()
    entered, turn = threading.Event(), threading.Lock()
    tries: list[str] = []

    def work() -> str:
        with turn:
            tries.append("try")
            is_first = len(tries) == 1
        if is_first:
            entered.set()
            raise Refused("Not now.")
        return opening(cast)()

    results: list[Any] = all_at_once(
        cast.bob, [lambda: once(cast.bob, key, work) for _ in range(2)]
    )
    assert entered.is_set()
    assert sorted(str(result) for result in results) == ["/channels/1/", "Not now."]
    with tenant(cast.acme.pk):
        assert Channel.objects.count() == 1
