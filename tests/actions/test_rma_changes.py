"""Process, re-process, edit, void and cancel an RMA (F9, F10)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal as D
from typing import Any

import pytest
from django.db import transaction

from accounts.actor import Actor
from actions.requests import FurtherRma, RmaRequest
from actions.returns import close_return
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
from audit.models import Event
from core.errors import Stale
from rmas.models import Rma, RmaLine
from rmas.states import MOVES, RmaStatus
from tests.actions.steps import changes_nothing, only_who_may, refused, rma_in
from tests.cast import Cast
from tests.factories import Item, made_return, shipped_order

pytestmark = pytest.mark.django_db


def same(rma: Rma, **changes: Any) -> RmaEdit:
    return replace(RmaEdit(rma.return_address, rma.note, rma.credit_adjustment, {}, {}), **changes)


VERBS: dict[str, tuple[str, Callable[[Actor, Rma], object]]] = {
    "process": ("rma.process", process_rma),
    "reprocess": ("rma.process", lambda actor, rma: reprocess_rma(actor, rma, "NL-9")),
    "edit": ("rma.edit", lambda actor, rma: edit_rma(actor, rma, same(rma, note="Fragile"))),
    "void": ("rma.void", void_rma),
    "cancel": ("rma.cancel", cancel_rma),
    "approve": ("rma.approve", approve_rma),
    "deny": ("rma.deny", deny_rma),
    "decide": ("rma.approve", lambda actor, rma: decide_rma(actor, rma, all_denied(rma))),
    "reopen": ("rma.reopen", reopen_rma),
}
NOT_PROCESSED = {("reprocess", "approved"), ("reprocess", "partially_approved")}
DONE_AT = {"approve": "partially_approved", "void": "processed", "reopen": "approved"}


def all_denied(rma: Rma) -> dict[int, LineDecision]:
    return {line.pk: LineDecision(0, line.quantity, "misuse") for line in rma.lines.all()}


@pytest.mark.parametrize("status", RmaStatus.values)
def test_each_verb_in_each_status(at_acme: Cast, status: str) -> None:
    """Works where the state table says so; elsewhere its sentence, and nothing has changed."""
    rma = rma_in(at_acme, status)
    for name, (_permission, verb) in VERBS.items():
        move = MOVES[name]
        if (name, status) in NOT_PROCESSED:
            refused(lambda verb=verb: verb(at_acme.bob, rma), "Process it first.")
        elif status in move.sources:
            assert version_after(rma, lambda verb=verb: verb(at_acme.bob, rma)) == rma.version + 1
        else:
            sentence = str(move.refusal) % {"status": RmaStatus(status).label.lower()}
            refused(lambda verb=verb: verb(at_acme.bob, rma), sentence)


def version_after(rma: Rma, work: Callable[[], object]) -> int:
    """The version of `rma` after `work`, which is undone again."""
    with transaction.atomic():
        work()
        version = Rma.objects.get(pk=rma.pk).version
        transaction.set_rollback(True)
    return version


@pytest.mark.parametrize("name", VERBS)
def test_rmas_of_a_return_that_is_not_open_stay_as_they_are(at_acme: Cast, name: str) -> None:
    rma = rma_in(at_acme, DONE_AT.get(name, "approved"))
    if rma.status in ("processed", "partially_approved"):
        approve_rma(at_acme.bob, rma)
    status = RmaStatus.APPROVED if name not in ("approve", "deny", "decide") else None
    close_return(at_acme.bob, rma.customer_return)
    sentence = "is closed. Re-open it before" if status else "This RMA is approved already"
    refused(lambda: VERBS[name][1](at_acme.bob, rma), sentence)


def test_roles(at_acme: Cast) -> None:
    rma = rma_in(at_acme, "partially_approved")
    for permission, verb in VERBS.values():
        only_who_may(at_acme, permission, lambda actor, verb=verb: verb(actor, rma))
        if rma.processed_at is None:
            process_rma(at_acme.bob, rma)
            rma.refresh_from_db()


@pytest.mark.parametrize("name", VERBS)
def test_a_version_that_is_not_the_latest_is_refused(at_acme: Cast, name: str) -> None:
    rma = rma_in(at_acme, "processed" if name != "reopen" else "approved")
    edit_rma(at_acme.alice, rma, same(rma, note="Fragile"))
    verbs: dict[str, Callable[..., object]] = {
        "process": process_rma,
        "reprocess": lambda actor, rma, version: reprocess_rma(actor, rma, "N", version=version),
        "edit": lambda actor, rma, version: edit_rma(actor, rma, same(rma), version=version),
        "void": void_rma,
        "cancel": cancel_rma,
        "approve": approve_rma,
        "deny": deny_rma,
        "decide": lambda actor, rma, version: decide_rma(
            actor, rma, all_denied(rma), version=version
        ),
        "reopen": reopen_rma,
    }
    with changes_nothing(), pytest.raises(Stale, match=r"Nothing (of yours )?was (saved|changed)"):
        verbs[name](at_acme.bob, rma, version=rma.version)


# --- process and re-process ---------------------------------------------------------------------


@pytest.mark.parametrize("status", ["waiting", "processing"])
def test_processing_hands_an_undecided_rma_over(at_acme: Cast, status: str) -> None:
    rma = rma_in(at_acme, status)
    assert rma.processed_at is None
    process_rma(at_acme.bob, rma, note="by mail")
    rma.refresh_from_db()
    assert rma.status == "processed"
    assert rma.processed_at is not None
    assert Event.objects.get(verb="rma.processed").data["note"] == "by mail"


@pytest.mark.parametrize("status", ["approved", "partially_approved"])
def test_processing_keeps_a_decision_and_happens_once(at_acme: Cast, status: str) -> None:
    rma = rma_in(at_acme, status)
    process_rma(at_acme.bob, rma)
    rma.refresh_from_db()
    assert rma.status == status
    refused(lambda: process_rma(at_acme.bob, rma), "Re-process it to give it a new number.")


def test_reprocessing_appends_a_number_and_old_ones_stay(at_acme: Cast) -> None:
    rma = rma_in(at_acme, "processed")
    first = rma.number
    reprocess_rma(at_acme.bob, rma, " NL-1 ")
    reprocess_rma(at_acme.bob, rma, "NL-2")
    rma.refresh_from_db()
    assert (rma.number, rma.status) == ("NL-2", "processed")
    numbers = list(rma.numbers.order_by("pk").values_list("number", flat=True))
    assert numbers == [first, "NL-1", "NL-2"]
    events = Event.objects.filter(verb="rma.reprocessed").order_by("pk")
    assert [event.data["old"] for event in events] == [first, "NL-1"]


@pytest.mark.parametrize("old", ["NL-1", "NL-2"])
def test_a_number_that_an_rma_has_or_had_is_not_given_again(at_acme: Cast, old: str) -> None:
    taken, rma = rma_in(at_acme, "processed"), rma_in(at_acme, "processed")
    reprocess_rma(at_acme.bob, taken, "NL-1")
    reprocess_rma(at_acme.bob, taken, "NL-2")
    sentence = f"This vendor has an RMA {old} already."
    refused(lambda: reprocess_rma(at_acme.bob, rma, old), sentence, "number")
    refused(lambda: reprocess_rma(at_acme.bob, rma, "  "), "Enter the new RMA number.", "number")
    reprocess_rma(at_acme.bob, rma, "NL-3")


def test_two_vendors_may_use_the_same_number(at_acme: Cast) -> None:
    rma = rma_in(at_acme, "processed")
    reprocess_rma(at_acme.bob, rma, "7")
    order = shipped_order(at_acme.acme, vendor=at_acme.paper)
    other = made_return(at_acme.bob, order).rmas.get()
    process_rma(at_acme.bob, other)
    reprocess_rma(at_acme.bob, other, "7")
    assert Rma.objects.filter(number="7").count() == 2


# --- edit ---------------------------------------------------------------------------------------


def test_address_note_cost_and_adjustment_change(at_acme: Cast) -> None:
    rma = rma_in(at_acme, "approved")
    line = rma.lines.get()
    edit = RmaEdit("Dock 2", "Fragile", D("-1.50"), {}, {line.pk: D("3.1234")})

    edit_rma(at_acme.bob, rma, edit)

    rma.refresh_from_db()
    line.refresh_from_db()
    assert (rma.return_address, rma.note, rma.credit_adjustment) == ("Dock 2", "Fragile", D("-1.5"))
    assert (line.unit_cost, rma.cost_total, rma.credit_expected) == (
        D("3.1234"),
        D("6.25"),
        D("4.75"),
    )
    assert (rma.status, rma.approved_units) == ("approved", 2)


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"cost": "-0.01"}, "unit_cost", "A cost cannot be negative."),
        ({"cost": "1.23456"}, "unit_cost", "A cost has at most four decimals."),
        ({"quantity": 0}, "quantity", "Enter at least 1, or cancel the RMA."),
        ({"quantity": -1}, "quantity", "Enter at least 1, or cancel the RMA."),
        ({"quantity": 3}, "quantity", "At most 2 units of this item are left to ask for."),
        ({"adjustment": "0.001"}, "credit_adjustment", "finer than GBP is paid in."),
    ],
)
def test_wrong_edits_are_refused_at_their_field(
    at_acme: Cast, changes: dict[str, Any], field: str, sentence: str
) -> None:
    rma = rma_in(at_acme, "waiting")
    line = rma.lines.get()
    edit = same(
        rma,
        credit_adjustment=D(changes.get("adjustment", "0")),
        quantities={line.pk: changes["quantity"]} if "quantity" in changes else {},
        unit_costs={line.pk: D(changes["cost"])} if "cost" in changes else {},
    )
    where = field if "adjustment" in changes else f"rma-line-{line.pk}-{field}"
    refused(lambda: edit_rma(at_acme.bob, rma, edit), sentence, where)


def test_units_taken_off_an_rma_are_free_for_another(at_acme: Cast) -> None:
    rma = rma_in(at_acme, "waiting")
    line = rma.lines.get()
    edit_rma(at_acme.bob, rma, same(rma, quantities={line.pk: 1}))
    rma.refresh_from_db()
    line.return_line.refresh_from_db()
    assert (rma.requested_units, rma.cost_total) == (1, D("4.00"))
    assert line.return_line.unrequested == 1

    further = FurtherRma(RmaRequest(at_acme.paper.pk), {line.return_line_id: 1})
    create_rma(at_acme.bob, rma.customer_return, further)
    refused(
        lambda: edit_rma(at_acme.bob, rma, same(rma, quantities={line.pk: 2})),
        "At most 1 unit of this item is left to ask for.",
    )


@pytest.mark.parametrize("status", ["approved", "partially_approved"])
def test_decided_items_keep_their_quantity(at_acme: Cast, status: str) -> None:
    rma = rma_in(at_acme, status)
    line = rma.lines.get()
    edit = same(rma, quantities={line.pk: 1})
    refused(lambda: edit_rma(at_acme.bob, rma, edit), "Re-open the decision to change it.")


# --- void and cancel ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verb", "status"),
    [
        (void_rma, "processed"),
        (void_rma, "denied"),
        (void_rma, "approved"),
        (void_rma, "partially_approved"),
        (cancel_rma, "processed"),
        (cancel_rma, "approved"),
        (cancel_rma, "partially_approved"),
    ],
)
def test_an_ended_rma_holds_nothing_any_more(
    at_acme: Cast, verb: Callable[[Actor, Rma], Rma], status: str
) -> None:
    rma = rma_in(at_acme, status)
    verb(at_acme.bob, rma)
    rma.refresh_from_db()
    line = rma.lines.get()
    found = rma.customer_return
    found.refresh_from_db()
    assert rma.status == ("voided" if verb is void_rma else "canceled")
    assert (line.approved, line.denied, line.voided, line.held) == (0, 0, 2, 0)
    assert (rma.approved_units, rma.denied_units, rma.requested_units) == (0, 0, 2)
    assert line.return_line.unrequested == 2
    assert (found.rma_summary, found.approved_units, found.denied_units) == ("none", 0, 0)
    assert found.waits_on == "finance", "the refund is still open"


@pytest.mark.parametrize("verb", [void_rma, cancel_rma, reopen_rma])
@pytest.mark.parametrize(
    ("moved", "sentence"),
    [("shipped", "Goods are on their way back"), ("received", "Goods have arrived")],
)
def test_nothing_on_its_way_or_received_is_taken_back(
    at_acme: Cast, verb: Callable[[Actor, Rma], Rma], moved: str, sentence: str
) -> None:
    rma = rma_in(at_acme, "approved")
    line = rma.lines.get()
    add_shipment(at_acme.bob, rma, ShipmentRequest("DPD", "1", "Dock", {line.pk: 1}))
    if moved == "received":
        RmaLine.objects.filter(pk=line.pk).update(received=1)
    refused(lambda: verb(at_acme.bob, rma), sentence)


def test_several_lines_end_together(at_acme: Cast) -> None:
    rma = rma_in(at_acme, "partially_approved", Item(3), Item(4))
    cancel_rma(at_acme.bob, rma)
    assert [line.voided for line in rma.lines.all()] == [2, 2]
