"""Any sequence of the desk's verbs: no illegal move, no broken sum, no surprise (F8 to F12, I3).

Hypothesis plays the staff of a small order. After every step the papers are read as they are stored
and everything that is kept twice is worked out again from its parts. 300 sequences with CI set,
60 without, as many as SEQUENCES says with that set.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from decimal import Decimal as D
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from accounts.models import Override
from actions.credits import sync_credit
from actions.refunds import give_credit, sync_refund
from actions.requests import FurtherRma, LineRequest, ReturnRequest, RmaRequest
from actions.return_edits import LineEdit, ReturnEdit, edit_return
from actions.returns import (
    cancel_return,
    close_return,
    create_return,
    reopen_return,
    uncancel_return,
)
from actions.rma_changes import (
    RmaEdit,
    cancel_rma,
    edit_rma,
    process_rma,
    reprocess_rma,
    void_rma,
)
from actions.rma_requests import create_rma
from actions.rmas import LineDecision, approve_rma, decide_rma, deny_rma, reopen_rma
from actions.shipments import ShipmentRequest, add_shipment
from core.errors import Refused
from core.money import quantise
from core.tenancy import tenant
from orders.models import Order
from returns import states as return_states
from returns.models import Return
from returns.turns import Progress, waits_on
from rmas import states as rma_states
from rmas.models import DenyReason, Rma
from tests.actions.steps import a_reason, as_vendor_setting
from tests.cast import Cast
from tests.factories import Item, shipped_order

SHARDS = 4
SEQUENCES = int(os.environ.get("SEQUENCES", "300" if os.environ.get("CI") else "60"))
STEPS = 9

TABLES = {
    "order": "SELECT * FROM orders_order",
    "order_lines": "SELECT * FROM orders_orderline",
    "returns": "SELECT * FROM returns_return",
    "return_lines": "SELECT * FROM returns_returnline",
    "refunds": "SELECT * FROM returns_refundentry",
    "rmas": "SELECT rma.*, own_warehouse FROM rmas_rma rma"
    " JOIN accounts_vendor vendor ON vendor.id = vendor_id",
    "rma_lines": "SELECT * FROM rmas_rmaline",
    "numbers": "SELECT * FROM rmas_rmanumber",
    "credits": "SELECT * FROM rmas_creditentry",
    "shipped": "SELECT * FROM shipments_returnshipmentline",
    "events": "SELECT id, verb, noun, object_id FROM audit_event",
}
# Prepared, because planning it takes twenty times as long as running it.
PREPARE = "PREPARE papers AS SELECT json_build_object({})::text".format(
    ", ".join(
        f"'{name}', (SELECT coalesce(json_agg(found ORDER BY id), '[]') FROM ({table}) found)"
        for name, table in TABLES.items()
    )
)
ENDED = {"voided", "canceled"}
UNDECIDED = {"waiting", "processing", "processed"}

Row = dict[str, Any]
pick = st.integers(0, 5)
some = st.integers(1, 2)
units = st.sampled_from([0, 0, 1, 1, 2, 3])
money = st.sampled_from(
    ["0", "0", "0.01", "3.33", "3.33", "4.99", "9.99", "19.98", "-0.01", "0.005"]
)
adjustment = st.sampled_from(["0", "0", "0", "0", "-3.00", "-0.01", "2.50", "40.00"])
costs = st.sampled_from(["0", "4.00", "0.3333", "7.50"])


class Papers:
    """Everything about the order as it is stored, and what follows from it."""

    def __init__(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("EXECUTE papers")
            (self.text,) = cursor.fetchone()
        found = json.loads(self.text, parse_float=D)
        (self.order,) = found.pop("order")
        self.tables: dict[str, list[Row]] = found

    def of(self, table: str, **fields: object) -> list[Row]:
        return [
            row
            for row in self.tables[table]
            if all(row[name] == value for name, value in fields.items())
        ]


def total(rows: Iterable[Row], *fields: str) -> Any:
    return sum(D(row[field]) for row in rows for field in fields)


def held(line: Row) -> int:
    return line["quantity"] - line["denied"] - line["voided"]


class Desk(RuleBasedStateMachine):
    """Bob and his colleagues at work on one order with two lines, two vendors and shipping."""

    def __init__(self, cast: Cast, order: Order) -> None:
        super().__init__()
        self.day = ExitStack()
        self.day.enter_context(tenant(cast.acme.pk))
        self.cast, self.order, self.reason = cast, order, a_reason(cast)
        self.vendors = [cast.northlight, cast.warehouse]
        self.papers = Papers()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.day.close()

    # --- what every verb must keep ----------------------------------------------------------

    def attempt(self, work: Callable[[], object]) -> bool:
        """Do it: either it leaves an event, or it is refused with a sentence and changes nothing.

        Any other exception ends the test.
        """
        before = self.papers
        sentence = None
        try:
            work()
        except Refused as refused:
            sentence = str(refused)
        self.papers = Papers()
        if sentence is not None:
            assert sentence
            assert self.papers.text == before.text, "a refusal has changed something"
            return False
        new = len(self.papers.tables["events"]) - len(before.tables["events"])
        assert new >= 1, "a success without an event"
        return True

    def move(self, noun: str, row: Row, name: str, work: Callable[[], object]) -> None:
        """Attempt a move of the state table: it succeeds from its sources only, to its target."""
        moves = rma_states.MOVES if noun == "rmas" else return_states.MOVES
        if not self.attempt(work):
            return
        (after,) = self.papers.of(noun, id=row["id"])
        assert row["status"] in moves[name].sources, (name, row["status"])
        if name in {"approve", "deny", "void", "cancel", "close", "uncancel"} or noun == "returns":
            assert after["status"] == (moves[name].target or row["status"])
        if name in {"sync_credit", "edit", "reprocess"}:
            assert after["status"] == row["status"]

    def a(self, table: str, place: int) -> Row:
        rows = self.papers.tables[table]
        row: Row = rows[place % len(rows)]
        return row

    def rma(self, row: Row) -> Rma:
        return Rma.objects.get(pk=row["id"])

    def found(self, row: Row) -> Return:
        return Return.objects.get(pk=row["id"])

    def has_returns(self) -> bool:
        return len(self.papers.tables["returns"]) > 0

    def has_rmas(self) -> bool:
        return bool(self.papers.tables["rmas"])

    # --- returns ----------------------------------------------------------------------------

    @initialize(strategy=st.sampled_from(["", "process", "integrated", "approve"]))
    def set_strategy(self, strategy: str) -> None:
        always = {True: Override.ALWAYS, False: Override.NEVER}
        as_vendor_setting(
            self.cast.northlight,
            auto_process=always[strategy in {"process", "integrated"}],
            auto_approve=always[strategy == "approve"],
            integrated=strategy == "integrated",
        )

    @initialize(
        first=st.sampled_from([1, 2, 2, 3, 3]),
        second=st.sampled_from([0, 0, 1, 2]),
        places=st.tuples(pick, pick),
        so_far=st.sets(
            st.sampled_from(["approve", "refund", "lower", "credit", "send", "cancel", "again"])
        ),
    )
    def start(self, first: int, second: int, places: tuple[int, int], so_far: set[str]) -> None:
        """A return that has come some way already, so that a few steps lead far."""
        lines = self.asked((first, second), places, None)
        request = ReturnRequest(
            lines, [RmaRequest(vendor.pk, credit_adjustment=D(2)) for vendor in self.vendors]
        )
        assert self.attempt(lambda: create_return(self.cast.bob, self.order, request))
        if "refund" in so_far:
            self.refund(0)
        if "lower" in so_far:
            self.edit(0, "0", "0", "0")
        for place in range(len(self.papers.tables["rmas"])):
            if "approve" in so_far:
                self.approve(place, version=False)
            if "credit" in so_far:
                self.credit(place, version=False)
            if "send" in so_far:
                self.ship(place, (1, 0))
        if "cancel" in so_far:
            self.move_return(0, "cancel", version=False)
        if "again" in so_far:
            self.attempt(lambda: create_return(self.cast.bob, self.order, request))

    def asked(
        self, quantities: tuple[int, int], places: tuple[int, int], refund: str | None
    ) -> list[LineRequest]:
        rows = self.papers.tables["order_lines"]
        return [
            LineRequest(
                row["id"],
                quantity,
                self.vendors[place % 2].pk,
                self.reason.pk,
                "new",
                None if refund is None else D(refund),
            )
            for row, quantity, place in zip(rows, quantities, places, strict=True)
            if quantity
        ]

    @rule(
        quantities=st.tuples(units, units),
        places=st.tuples(pick, pick),
        refund=st.sampled_from([None, None, None, "3.33", "9.99", "19.98", "0.005"]),
        change=adjustment,
        shipping=st.sampled_from(["0", "0", "0", "2.50", "5.01"]),
        apply=st.booleans(),
        approve=st.booleans(),
        number=st.sampled_from(["", "", "", "R-10002"]),
    )
    def create(
        self,
        quantities: tuple[int, int],
        places: tuple[int, int],
        refund: str | None,
        change: str,
        shipping: str,
        apply: bool,
        approve: bool,
        number: str,
    ) -> None:
        """A further return; without units it is a credit without goods."""
        lines = self.asked(quantities, places, refund)
        request = ReturnRequest(
            lines,
            [RmaRequest(vendor.pk, approve=approve) for vendor in self.vendors],
            number=number,
            refund_adjustment=D(change),
            adjustment_reason="Agreed",
            refund_shipping=D(shipping),
            apply_to_invoice=apply,
        )
        amount = D(refund or "4.99")
        self.attempt(
            (lambda: create_return(self.cast.bob, self.order, request))
            if lines
            else (lambda: give_credit(self.cast.fay, self.order, amount, "Late", apply=apply))
        )

    @precondition(has_returns)
    @rule(
        place=pick,
        name=st.sampled_from(["close", "reopen", "cancel", "uncancel", "uncancel"]),
        version=st.booleans(),
    )
    def move_return(self, place: int, name: str, version: bool) -> None:
        verbs: dict[str, Callable[..., object]] = {
            "close": close_return,
            "reopen": reopen_return,
            "cancel": cancel_return,
            "uncancel": uncancel_return,
        }
        row = self.a("returns", place)
        seen = row["version"] if version else None
        work = lambda: verbs[name](self.cast.bob, self.found(row), version=seen)  # noqa: E731
        self.move("returns", row, name, work)

    @precondition(has_returns)
    @rule(place=pick)
    def refund(self, place: int) -> None:
        row = self.a("returns", place)
        work = lambda: sync_refund(self.cast.fay, self.found(row))  # noqa: E731
        self.move("returns", row, "sync_refund", work)

    @precondition(has_returns)
    @rule(place=pick, refund=money, change=adjustment, shipping=st.sampled_from(["0", "5.00"]))
    def edit(self, place: int, refund: str, change: str, shipping: str) -> None:
        row = self.a("returns", place)
        lines = {
            line["id"]: LineEdit(self.reason.pk, "used", D(refund))
            for line in self.papers.of("return_lines", customer_return_id=row["id"])
        }
        changed = ReturnEdit(D(change), "Agreed", D(shipping), "", lines)
        work = lambda: edit_return(self.cast.bob, self.found(row), changed)  # noqa: E731
        self.move("returns", row, "edit", work)

    @precondition(has_returns)
    @rule(
        place=pick,
        vendor=st.integers(0, 1),
        quantities=st.tuples(some, st.just(0)),
        approve=st.booleans(),
        cost=costs,
    )
    def further(
        self, place: int, vendor: int, quantities: tuple[int, int], approve: bool, cost: str
    ) -> None:
        row = self.a("returns", place)
        lines = [
            line["id"] for line in self.papers.of("return_lines", customer_return_id=row["id"])
        ]
        request = FurtherRma(
            RmaRequest(self.vendors[vendor].pk, approve=approve),
            dict(zip(lines, quantities, strict=False)),
            dict.fromkeys(lines, D(cost)),
        )
        if self.attempt(lambda: create_rma(self.cast.bob, self.found(row), request)):
            assert row["status"] == "open"

    # --- RMAs -------------------------------------------------------------------------------

    def move_rma(self, place: int, name: str, verb: Callable[..., object], version: bool) -> None:
        row = self.a("rmas", place)
        seen = row["version"] if version else None
        work = lambda: verb(self.cast.bob, self.rma(row), version=seen)  # noqa: E731
        self.move("rmas", row, name, work)

    @precondition(has_rmas)
    @rule(place=pick, version=st.booleans())
    def approve(self, place: int, version: bool) -> None:
        self.move_rma(place, "approve", approve_rma, version)

    @precondition(has_rmas)
    @rule(place=pick, version=st.booleans())
    def deny(self, place: int, version: bool) -> None:
        self.move_rma(place, "deny", deny_rma, version)

    @precondition(has_rmas)
    @rule(place=pick, version=st.booleans())
    def reopen(self, place: int, version: bool) -> None:
        self.move_rma(place, "reopen", reopen_rma, version)

    @precondition(has_rmas)
    @rule(place=pick, version=st.booleans())
    def process(self, place: int, version: bool) -> None:
        self.move_rma(place, "process", process_rma, version)

    @precondition(has_rmas)
    @rule(place=pick, void=st.booleans())
    def end(self, place: int, void: bool) -> None:
        verb = void_rma if void else cancel_rma
        self.move_rma(place, "void" if void else "cancel", verb, version=False)

    @precondition(has_rmas)
    @rule(place=pick, version=st.booleans())
    def credit(self, place: int, version: bool) -> None:
        self.move_rma(place, "sync_credit", sync_credit, version)

    @precondition(has_rmas)
    @rule(place=pick, approved=st.tuples(units, units), denied=st.tuples(units, units))
    def decide(self, place: int, approved: tuple[int, int], denied: tuple[int, int]) -> None:
        row = self.a("rmas", place)
        lines = [line["id"] for line in self.papers.of("rma_lines", rma_id=row["id"])]
        decisions = {
            pk: LineDecision(yes, no, DenyReason.MISUSE if no else "")
            for pk, yes, no in zip(lines, approved, denied, strict=False)
        }
        work = lambda: decide_rma(self.cast.bob, self.rma(row), decisions)  # noqa: E731
        self.move("rmas", row, "decide", work)

    @precondition(has_rmas)
    @rule(place=pick, number=st.sampled_from(["A", "B", "RMA-20003"]))
    def reprocess(self, place: int, number: str) -> None:
        row = self.a("rmas", place)
        work = lambda: reprocess_rma(self.cast.bob, self.rma(row), number)  # noqa: E731
        self.move("rmas", row, "reprocess", work)

    @precondition(has_rmas)
    @rule(place=pick, quantities=st.none() | st.tuples(some, some), cost=costs, change=adjustment)
    def change_rma(
        self, place: int, quantities: tuple[int, int] | None, cost: str, change: str
    ) -> None:
        row = self.a("rmas", place)
        lines = [line["id"] for line in self.papers.of("rma_lines", rma_id=row["id"])]
        edit = RmaEdit(
            "Dock",
            "",
            D(change),
            dict(zip(lines, quantities or (), strict=False)),
            dict.fromkeys(lines, D(cost)),
        )
        work = lambda: edit_rma(self.cast.bob, self.rma(row), edit)  # noqa: E731
        self.move("rmas", row, "edit", work)

    @precondition(has_rmas)
    @rule(place=pick, quantities=st.tuples(some, st.just(0)))
    def ship(self, place: int, quantities: tuple[int, int]) -> None:
        row = self.a("rmas", place)
        lines = [line["id"] for line in self.papers.of("rma_lines", rma_id=row["id"])]
        parcel = ShipmentRequest("DPD", "1", "Dock", dict(zip(lines, quantities, strict=False)))
        if self.attempt(lambda: add_shipment(self.cast.bob, self.rma(row), parcel)):
            assert row["status"] in {"approved", "partially_approved"}

    # --- what is kept twice agrees ------------------------------------------------------------

    @invariant()
    def the_order_sums_its_returns(self) -> None:
        order, papers = self.papers.order, self.papers
        live = [row for row in papers.tables["returns"] if row["status"] != "canceled"]
        parts = ("refund_items", "refund_shipping", "refund_adjustment")
        assert order["refund_agreed"] == total(live, *parts)
        assert order["shipping_agreed"] == total(live, "refund_shipping")
        assert order["refunded"] == total(papers.tables["refunds"], "amount")
        assert order["return_count"] == len(papers.tables["returns"])
        assert order["returned_units"] == total(papers.tables["order_lines"], "returned_quantity")
        paid = order["paid_total"] + order["shipping_paid"]
        assert 0 <= order["refunded"] <= paid
        assert 0 <= order["refund_agreed"] <= paid
        assert 0 <= order["shipping_agreed"] <= order["shipping_paid"]
        counted = [
            line for row in live for line in papers.of("return_lines", customer_return_id=row["id"])
        ]
        for line in papers.tables["order_lines"]:
            back = [one for one in counted if one["order_line_id"] == line["id"]]
            assert line["returned_quantity"] == total(back, "quantity") <= line["quantity"]
            assert line["refund_agreed"] == total(back, "refund") <= line["total"]

    @invariant()
    def a_return_sums_its_lines_and_rmas(self) -> None:
        papers = self.papers
        for row in papers.tables["returns"]:
            lines = papers.of("return_lines", customer_return_id=row["id"])
            rmas = papers.of("rmas", customer_return_id=row["id"])
            asked = [line for rma in rmas for line in papers.of("rma_lines", rma_id=rma["id"])]
            refunded = total(papers.of("refunds", customer_return_id=row["id"]), "amount")
            assert (row["line_count"], row["unit_count"]) == (len(lines), total(lines, "quantity"))
            assert row["refund_items"] == total(lines, "refund")
            assert row["refunded"] == refunded >= 0
            assert total([row], "refund_items", "refund_shipping", "refund_adjustment") >= 0
            assert row["rma_count"] == len(rmas)
            for counter in ("approved", "shipped", "received"):
                assert row[f"{counter}_units"] == total(asked, counter), counter
            assert row["denied_units"] == self.denied(lines, asked)
            assert row["approved_units"] + row["denied_units"] <= row["unit_count"]
            assert (row["closed_at"] is None) == (row["status"] == "open")
            if row["status"] == "canceled":
                assert row["refunded"] == 0
                assert {rma["status"] for rma in rmas} <= ENDED
            for line in lines:
                mine = [one for one in asked if one["return_line_id"] == line["id"]]
                assert total(mine, "approved") <= sum(map(held, mine))
                assert line["requested"] == sum(map(held, mine)) <= line["quantity"]

    def denied(self, lines: list[Row], asked: list[Row]) -> int:
        """Denied units that no RMA holds again."""
        count = 0
        for line in lines:
            mine = [one for one in asked if one["return_line_id"] == line["id"]]
            count += min(total(mine, "denied"), line["quantity"] - sum(map(held, mine)))
        return count

    @invariant()
    def an_rma_is_what_its_lines_say(self) -> None:
        papers = self.papers
        for row in papers.tables["rmas"]:
            lines = papers.of("rma_lines", rma_id=row["id"])
            live = row["status"] not in ENDED
            asked = total(lines, "quantity") - (total(lines, "voided") if live else 0)
            approved, denied = total(lines, "approved"), total(lines, "denied")
            assert row["requested_units"] == asked
            assert (row["approved_units"], row["denied_units"]) == (approved, denied)
            assert row["status"] in self.statuses(live, asked, approved, denied), row
            assert (row["decided_at"] is None) == (live and not approved and not denied)
            credited = total(papers.of("credits", rma_id=row["id"]), "amount")
            cost = sum(line["quantity"] * D(line["unit_cost"]) for line in lines)
            assert row["cost_total"] == quantise(D(cost), "GBP")
            most = row["cost_total"] + max(row["credit_adjustment"], 0)
            assert row["credited"] == credited
            assert 0 <= credited <= most
            assert credited == 0 or (live and approved), "credited for nothing"
            numbers = [one["number"] for one in papers.of("numbers", rma_id=row["id"])]
            assert row["number"] in numbers
            for line in lines:
                self.waterfall(line)
        names = [(one["vendor_id"], one["number"]) for one in papers.tables["numbers"]]
        assert len(names) == len(set(names))

    def statuses(self, live: bool, asked: int, approved: int, denied: int) -> set[str]:
        """The statuses that agree with the units."""
        if not live:
            return ENDED if approved == denied == 0 else set()
        if approved == asked:
            return {"approved"}
        if denied == asked:
            return {"denied"}
        return {"partially_approved"} if approved else UNDECIDED

    def waterfall(self, line: Row) -> None:
        sent = total(self.papers.of("shipped", rma_line_id=line["id"]), "quantity")
        assert line["received"] <= line["approved"]
        assert line["shipped"] == sent <= line["approved"]
        assert line["approved"] + line["denied"] + line["voided"] <= line["quantity"]
        assert (line["deny_reason"] != "") == (line["denied"] > 0)

    @invariant()
    def it_is_the_turn_of_who_must_act(self) -> None:
        papers = self.papers
        for row in papers.tables["returns"]:
            rmas = papers.of("rmas", customer_return_id=row["id"])
            summary = rma_states.summarise(rma["status"] for rma in rmas)
            assert row["rma_summary"] == summary
            parts = total([row], "refund_items", "refund_shipping", "refund_adjustment")
            turn = waits_on(
                Progress(
                    status=row["status"],
                    rma_summary=summary,
                    asks_vendor=any(
                        rma["status"] in UNDECIDED and not rma["own_warehouse"] for rma in rmas
                    ),
                    approved=row["approved_units"],
                    shipped=row["shipped_units"],
                    received=row["received_units"],
                    refund_open=parts != row["refunded"],
                )
            )
            assert row["waits_on"] == turn


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("shard", range(SHARDS))
def test_no_sequence_of_verbs_breaks_the_books(cast: Cast, shard: int) -> None:
    """Each sequence is a transaction that is undone: one for all would slow down as it grows."""
    items = [Item(3, "10.00", discount="0.01"), Item(2, "3.33")]
    order = shipped_order(cast.acme, *items, vendor=cast.northlight, shipping_paid=D("5.00"))
    with connection.cursor() as cursor:
        cursor.execute(PREPARE)
    run_state_machine_as_test(
        lambda: Desk(cast, order),
        settings=settings(
            max_examples=SEQUENCES // SHARDS,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE papers")
