"""Races on real connections: units and decisions never go out twice (DESIGN section 3, locks).

Each guard stands beside a control that takes it away and shows that the race is real.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection

from accounts.actor import Actor
from actions import returns as return_actions
from actions.drafts import complete_draft, keep_draft
from actions.requests import LineRequest, ReturnRequest
from actions.returns import create_return
from actions.rmas import approve_rma, cancel_rma, deny_rma
from core.errors import Refused
from core.tenancy import tenant
from orders.models import Order, OrderLine
from returns.models import Return, ReturnReason
from rmas.models import Rma
from tests.cast import Cast
from tests.factories import Item, made_return, shipped_order

pytestmark = pytest.mark.django_db(transaction=True)

WRITERS = 8


def all_at_once(actor: Actor, works: list[Callable[[], Any]]) -> list[Any]:
    """Run each work on its own connection, started together; results or exceptions, in order."""
    barrier = threading.Barrier(len(works))
    results: list[Any] = [None] * len(works)

    def run(place: int, work: Callable[[], Any]) -> None:
        try:
            with tenant(actor.merchant_id, user=actor.user.pk if actor.user else None):
                barrier.wait()
                results[place] = work()
        except Exception as error:  # noqa: BLE001 - the test looks at every outcome
            results[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.fixture
def order(cast: Cast) -> Order:
    return shipped_order(cast.acme, Item(2, "10.00"), vendor=cast.northlight)


def whole_line(cast: Cast, order: Order) -> ReturnRequest:
    with tenant(cast.acme.pk):
        line = order.lines.get()
        reason = ReturnReason.objects.filter(merchant=cast.acme).first()
        assert reason is not None
        return ReturnRequest([LineRequest(line.pk, 2, cast.northlight.pk, reason.pk, "new")])


def test_eight_returns_of_the_same_two_units_make_one(cast: Cast, order: Order) -> None:
    request = whole_line(cast, order)

    results = all_at_once(
        cast.bob, [lambda: create_return(cast.bob, order, request) for _ in range(WRITERS)]
    )

    assert sorted(type(result).__name__ for result in results) == ["Refused"] * 7 + ["Return"]
    assert {str(result) for result in results if isinstance(result, Refused)} == {
        "Nothing is left to return of this item."
    }
    with tenant(cast.acme.pk):
        assert Return.objects.count() == 1
        assert OrderLine.objects.get().returned_quantity == 2
        order.refresh_from_db()
        assert order.returned_units == 2
        assert order.refund_agreed == 20


@pytest.fixture
def no_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same actions with every row lock taken away, held where all have read."""
    together = threading.Barrier(WRITERS)

    def order_unlocked(_actor: Actor, pk: int) -> Order:
        return Order.objects.get(pk=pk)

    def lines_unlocked(order: Order, ids: Any) -> dict[int, OrderLine]:
        wanted = list(ids)
        found = {
            line.pk: line
            for line in OrderLine.objects.select_related("product").filter(pk__in=wanted)
        }
        together.wait(timeout=20)
        return found

    monkeypatch.setattr(return_actions, "lock_order", order_unlocked)
    monkeypatch.setattr(return_actions, "lock_order_lines", lines_unlocked)


def test_control_without_locks_all_eight_pass_the_check_and_only_the_constraint_holds(
    cast: Cast, order: Order, no_locks: None
) -> None:
    request = whole_line(cast, order)
    results = all_at_once(
        cast.bob, [lambda: create_return(cast.bob, order, request) for _ in range(WRITERS)]
    )
    assert sum(isinstance(result, IntegrityError) for result in results) == WRITERS - 1
    assert not any(isinstance(result, Refused) for result in results)
    with tenant(cast.acme.pk):
        assert OrderLine.objects.get().returned_quantity == 2


def test_a_double_click_on_complete_makes_one_return(cast: Cast, order: Order) -> None:
    request = whole_line(cast, order)
    key = uuid4()
    with tenant(cast.acme.pk, user=cast.bob.user.pk if cast.bob.user else None):
        keep_draft(cast.bob, order, key, items={})

    results = all_at_once(
        cast.bob, [lambda: complete_draft(cast.bob, key, request) for _ in range(WRITERS)]
    )

    assert {draft.completed_as_id for draft in results} == {results[0].completed_as_id}
    with tenant(cast.acme.pk):
        assert Return.objects.count() == 1


@pytest.mark.parametrize("rival", [deny_rma, cancel_rma, approve_rma])
def test_two_decisions_at_once_have_one_winner(cast: Cast, order: Order, rival: Any) -> None:
    made = made_return(cast.bob, order, units=2)
    with tenant(cast.acme.pk):
        rma = made.rmas.get()

    results = all_at_once(
        cast.bob,
        [
            lambda: approve_rma(cast.alice, rma, version=1),
            lambda: rival(cast.bob, rma, version=1),
        ],
    )

    winners = [result for result in results if isinstance(result, Rma)]
    assert len(winners) == 1
    (loser,) = (result for result in results if not isinstance(result, Rma))
    assert "Nothing was changed." in str(loser)
    with tenant(cast.acme.pk):
        rma.refresh_from_db()
        assert (rma.status, rma.version) == (winners[0].status, 2)
