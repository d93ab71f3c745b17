"""Races on real connections: units and decisions never go out twice (DESIGN section 3, locks).

Each guard stands beside a control that takes it away and shows that the race is real.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError, IntegrityError, connection

from accounts.actor import Actor
from actions import drafts as draft_actions
from actions import numbers as number_actions
from actions import refunds as refund_actions
from actions import returns as return_actions
from actions import rma_changes as change_actions
from actions import rma_requests as request_actions
from actions import rmas as rma_actions
from actions.credits import sync_credit
from actions.drafts import complete_draft, keep_draft
from actions.refunds import sync_refund
from actions.requests import LineRequest, ReturnRequest, RmaRequest
from actions.returns import cancel_return, create_return, uncancel_return
from actions.rma_changes import RmaEdit, cancel_rma, edit_rma, process_rma, reprocess_rma
from actions.rmas import LineDecision, approve_rma, decide_rma, deny_rma
from core.errors import Refused, Stale
from core.tenancy import tenant
from orders.models import Order, OrderLine
from returns.models import RefundEntry, Return, ReturnDraft
from rmas.models import CreditEntry, Rma, RmaLine
from tests.actions.steps import a_reason
from tests.cast import Cast
from tests.factories import Item, made_return, shipped_order

pytestmark = pytest.mark.django_db(transaction=True)

WRITERS = 8
SUBMITS = 16


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
        return ReturnRequest(
            [LineRequest(line.pk, 2, cast.northlight.pk, a_reason(cast).pk, "new")]
        )


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
    drop_locks(monkeypatch, WRITERS)


def drop_locks(monkeypatch: pytest.MonkeyPatch, writers: int) -> None:
    """Take the locks of order and lines away; the writers wait for each other once they read."""
    together = threading.Barrier(writers)

    def order_unlocked(_actor: Actor, pk: int) -> Order:
        return Order.objects.select_related("channel").get(pk=pk)

    def lines_unlocked(order: Order, ids: Any) -> dict[int, OrderLine]:
        wanted = list(ids)
        found = {
            line.pk: line
            for line in OrderLine.objects.select_related("product").filter(pk__in=wanted)
        }
        # Once a thread has its verb's lines, it may read them again without waiting.
        if not getattr(here, "has_read", False):
            here.has_read = True
            together.wait(timeout=20)
        return found

    here = threading.local()
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


# --- the wizard, submitted again and again ------------------------------------------------------


@pytest.fixture
def draft(cast: Cast) -> tuple[UUID, ReturnRequest]:
    """A finished wizard that returns one of forty units: quantities alone would allow forty."""
    order = shipped_order(cast.acme, Item(40, "10.00"), vendor=cast.northlight)
    with tenant(cast.acme.pk, user=cast.bob.user_id):
        request = ReturnRequest(
            [LineRequest(order.lines.get().pk, 1, cast.northlight.pk, a_reason(cast).pk, "new")]
        )
        key = uuid4()
        keep_draft(cast.bob, order, key, items={})
    return key, request


def test_sixteen_submits_of_the_same_wizard_make_one_return(
    cast: Cast, draft: tuple[UUID, ReturnRequest]
) -> None:
    results = all_at_once(cast.bob, [lambda: complete_draft(cast.bob, *draft)] * SUBMITS)

    assert len({found.completed_as_id for found in results}) == 1
    with tenant(cast.acme.pk):
        assert Return.objects.count() == 1
        assert OrderLine.objects.get().returned_quantity == 1


def test_control_without_the_drafts_lock_each_submit_makes_one(
    cast: Cast, draft: tuple[UUID, ReturnRequest], monkeypatch: pytest.MonkeyPatch
) -> None:
    together = threading.Barrier(2)

    def unlocked(actor: Actor, key: UUID) -> ReturnDraft:
        found = ReturnDraft.objects.select_related("order").get(key=key)
        together.wait(timeout=20)
        return found

    monkeypatch.setattr(draft_actions, "_lock", unlocked)
    results = all_at_once(cast.bob, [lambda: complete_draft(cast.bob, *draft)] * 2)
    assert len({found.completed_as_id for found in results}) == 2


# --- two people at one paper ---------------------------------------------------------------------


@pytest.fixture
def unguarded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two verbs without the locks of order, return and RMA: both read before one of them writes."""
    together = threading.Barrier(2)

    def lock_order(actor: Actor, pk: int) -> Order:
        return Order.objects.select_related("channel").get(pk=pk)

    def lock_return(actor: Actor, pk: int) -> Return:
        return Return.objects.get(pk=pk)

    def lock_return_last(actor: Actor, pk: int) -> Return:
        found = lock_return(actor, pk)
        together.wait(timeout=20)
        return found

    def lock_rma(actor: Actor, pk: int) -> Rma:
        return Rma.objects.select_related("vendor", "decided_by").get(pk=pk)

    def lock_rma_lines(rma: Rma) -> list[RmaLine]:
        found = list(rma.lines.select_related("return_line"))
        together.wait(timeout=20)
        return found

    for module in (rma_actions, refund_actions):
        if hasattr(module, "lock_order"):
            monkeypatch.setattr(module, "lock_order", lock_order)
    monkeypatch.setattr(rma_actions, "lock_return", lock_return)
    monkeypatch.setattr(rma_actions, "lock_rma", lock_rma)
    monkeypatch.setattr(rma_actions, "lock_rma_lines", lock_rma_lines)
    monkeypatch.setattr(refund_actions, "lock_return", lock_return_last)


def pair(cast: Cast, name: str, rma: Rma) -> list[Callable[[], Any]]:
    """Alice approves while Bob does `name`; both saw the same version."""
    edit = RmaEdit("Dock 2", "", rma.credit_adjustment, {}, {})
    rivals: dict[str, Callable[[], Any]] = {
        "approve": lambda: approve_rma(cast.bob, rma, version=1),
        "deny": lambda: deny_rma(cast.bob, rma, version=1),
        "cancel": lambda: cancel_rma(cast.bob, rma, version=1),
        "edit": lambda: edit_rma(cast.bob, rma, edit, version=1),
    }
    return [lambda: approve_rma(cast.alice, rma, version=1), rivals[name]]


RIVALS = ["approve", "deny", "cancel", "edit"]


@pytest.mark.parametrize("rival", RIVALS)
def test_two_verbs_at_once_have_one_winner(cast: Cast, order: Order, rival: str) -> None:
    made = made_return(cast.bob, order, units=2)
    with tenant(cast.acme.pk):
        rma = made.rmas.get()

    results = all_at_once(cast.bob, pair(cast, rival, rma))

    winners = [result for result in results if isinstance(result, Rma)]
    assert len(winners) == 1
    (loser,) = (result for result in results if not isinstance(result, Rma))
    assert isinstance(loser, Stale)
    assert "Nothing" in str(loser)
    with tenant(cast.acme.pk):
        rma.refresh_from_db()
        assert (rma.status, rma.version) == (winners[0].status, 2)


@pytest.mark.parametrize("rival", RIVALS)
def test_control_without_locks_both_win_and_one_is_lost(
    cast: Cast, order: Order, unguarded: None, rival: str
) -> None:
    made = made_return(cast.bob, order, units=2)
    with tenant(cast.acme.pk):
        rma = made.rmas.get()
    results = all_at_once(cast.bob, pair(cast, rival, rma))
    assert [type(result) for result in results] == [Rma, Rma]
    with tenant(cast.acme.pk):
        rma.refresh_from_db()
        assert rma.version == 2, "two verbs, one version: a write was lost"


# --- money ---------------------------------------------------------------------------------------


def test_two_sync_refunds_apply_it_once(cast: Cast, order: Order) -> None:
    made = made_return(cast.bob, order)
    results = all_at_once(cast.fay, [lambda: sync_refund(cast.fay, made)] * 2)
    assert sorted(type(result).__name__ for result in results) == ["RefundEntry", "Refused"]
    with tenant(cast.acme.pk):
        order.refresh_from_db()
        assert (RefundEntry.objects.count(), order.refunded) == (1, 10)


def test_control_without_locks_two_sync_refunds_pay_twice(
    cast: Cast, order: Order, unguarded: None
) -> None:
    made = made_return(cast.bob, order)
    all_at_once(cast.fay, [lambda: sync_refund(cast.fay, made)] * 2)
    with tenant(cast.acme.pk):
        order.refresh_from_db()
        made.refresh_from_db()
        assert (RefundEntry.objects.count(), order.refunded, made.refunded) == (2, 20, 10)


@pytest.fixture
def approved(cast: Cast, order: Order) -> Rma:
    """One of two units approved, at a cost of 4.00: the CHECK alone would allow two credits."""
    made = made_return(cast.bob, order, units=2)
    with tenant(cast.acme.pk, user=cast.bob.user_id):
        rma = made.rmas.get()
        decide_rma(cast.bob, rma, {rma.lines.get().pk: LineDecision(1, 0)})
    return rma


def test_two_sync_credits_record_it_once(cast: Cast, approved: Rma) -> None:
    results = all_at_once(cast.fay, [lambda: sync_credit(cast.fay, approved)] * 2)
    assert sorted(type(result).__name__ for result in results) == ["CreditEntry", "Refused"]
    with tenant(cast.acme.pk):
        approved.refresh_from_db()
        assert (CreditEntry.objects.count(), approved.credited) == (1, 4)


def test_control_without_locks_two_sync_credits_count_twice(
    cast: Cast, approved: Rma, unguarded: None
) -> None:
    all_at_once(cast.fay, [lambda: sync_credit(cast.fay, approved)] * 2)
    with tenant(cast.acme.pk):
        approved.refresh_from_db()
        assert (CreditEntry.objects.count(), approved.credited) == (2, 8)


# --- units and numbers ---------------------------------------------------------------------------


@pytest.fixture
def canceled(cast: Cast, order: Order) -> Return:
    """A canceled return of both units."""
    made = made_return(cast.bob, order, units=2)
    with tenant(cast.acme.pk, user=cast.bob.user_id):
        return cancel_return(cast.bob, made)


def uncancel_or_create(cast: Cast, order: Order, canceled: Return) -> list[Callable[[], Any]]:
    request = whole_line(cast, order)
    return [
        lambda: uncancel_return(cast.bob, canceled),
        lambda: create_return(cast.alice, order, request),
    ]


def test_uncancel_and_a_new_return_of_the_same_units_have_one_winner(
    cast: Cast, order: Order, canceled: Return
) -> None:
    results = all_at_once(cast.bob, uncancel_or_create(cast, order, canceled))
    assert sorted(type(result).__name__ for result in results) == ["Refused", "Return"]
    (loser,) = (result for result in results if isinstance(result, Refused))
    assert "Nothing is left to return of this item." in str(loser)
    with tenant(cast.acme.pk):
        assert OrderLine.objects.get().returned_quantity == 2


def test_control_without_locks_only_the_constraint_stops_the_second(
    cast: Cast, order: Order, canceled: Return, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop_locks(monkeypatch, writers=2)
    results = all_at_once(cast.bob, uncancel_or_create(cast, order, canceled))
    assert sorted(type(result).__name__ for result in results) == ["IntegrityError", "Return"]


@pytest.fixture
def processed(cast: Cast) -> list[Rma]:
    """Two processed RMAs of one vendor, on two orders."""
    rmas = []
    for _time in range(2):
        order = shipped_order(cast.acme, vendor=cast.northlight)
        made = made_return(cast.bob, order)
        with tenant(cast.acme.pk, user=cast.bob.user_id):
            rma = process_rma(cast.bob, made.rmas.get())
        rma.order = order
        rmas.append(rma)
    return rmas


def taking_one_number(cast: Cast, processed: list[Rma], by: str) -> list[Callable[[], Any]]:
    """Two people take RMA number NL-7 for different papers, or return number R-77."""
    order = processed[0].order
    with tenant(cast.acme.pk):
        line = LineRequest(order.lines.get().pk, 1, cast.northlight.pk, a_reason(cast).pk, "new")
    numbered = RmaRequest(cast.northlight.pk, number="NL-7")
    works: dict[str, Callable[[], Any]] = {
        "reprocess": lambda: reprocess_rma(cast.bob, processed[1], "NL-7"),
        "create": lambda: create_return(cast.bob, order, ReturnRequest([line], [numbered])),
    }
    if by == "return":
        other = processed[1].order
        with tenant(cast.acme.pk):
            second = replace(line, order_line_id=other.lines.get().pk)
        return [
            lambda: create_return(cast.bob, order, ReturnRequest([line], number="R-77")),
            lambda: create_return(cast.bob, other, ReturnRequest([second], number="R-77")),
        ]
    if by == "reprocess":
        first: Callable[[], Any] = lambda: reprocess_rma(cast.alice, processed[0], "NL-7")  # noqa: E731
        return [first, works["reprocess"]]
    return [works["create"], works["reprocess"]]


@pytest.mark.parametrize("by", ["reprocess", "create", "return"])
def test_a_number_goes_to_one_of_two(cast: Cast, processed: list[Rma], by: str) -> None:
    results = all_at_once(cast.bob, taking_one_number(cast, processed, by))
    (loser,) = (result for result in results if isinstance(result, Exception))
    assert isinstance(loser, Refused)
    assert "already. Choose another number." in str(loser)
    assert loser.field in {"number", f"rma-{cast.northlight.pk}-number"}


@pytest.mark.parametrize("by", ["reprocess", "create", "return"])
def test_control_without_the_series_lock_only_the_constraint_stops_the_second(
    cast: Cast, processed: list[Rma], by: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    together = threading.Barrier(2)
    take = number_actions.take_numbers

    def refuse_taken(*args: Any) -> None:
        refuse(*args)
        together.wait(timeout=20)

    def without_lock(merchant_id: int, kind: str, count: int) -> list[str]:
        return take(merchant_id, kind, count) if count else []

    refuse = number_actions.refuse_taken
    monkeypatch.setattr(number_actions, "take_numbers", without_lock)
    for module in (request_actions, change_actions):
        monkeypatch.setattr(module, "refuse_taken", refuse_taken)
    if by == "return":
        chosen = number_actions.return_number

        def return_number(merchant_id: int, wanted: str = "") -> str:
            number = chosen(merchant_id, wanted)
            together.wait(timeout=20)
            return number

        monkeypatch.setattr(return_actions, "return_number", return_number)
    results = all_at_once(cast.bob, taking_one_number(cast, processed, by))
    assert sum(isinstance(result, DatabaseError) for result in results) == 1, results
