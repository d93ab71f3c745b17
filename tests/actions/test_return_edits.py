"""Editing a return, and its moves in every status, un-cancel among them (F8, I3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal as D
from typing import Any

import pytest
from django.db import transaction

from accounts.actor import Actor
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
from actions.rma_requests import create_rma
from actions.rmas import approve_rma
from actions.shipments import ShipmentRequest, add_shipment
from audit.models import Event
from core.errors import Stale
from orders.models import Order
from returns.models import Return, ReturnReason
from returns.states import MOVES, ReturnStatus
from tests.actions.steps import a_reason, changes_nothing, only_who_may, refused
from tests.cast import Cast
from tests.factories import Item, made_return, shipped_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(at_acme: Cast) -> Order:
    """Three units for 29.99 and two for 10.00, with 5.00 shipping; all shipped."""
    items = [Item(3, "10.00", discount="0.01"), Item(2, "5.00")]
    return shipped_order(at_acme.acme, *items, vendor=at_acme.northlight, shipping_paid=D("5.00"))


@pytest.fixture
def made(at_acme: Cast, order: Order) -> Return:
    """Two of each come back."""
    return made_return(at_acme.bob, order, units=2)


def edit(found: Return, *refunds: str, **changes: Any) -> ReturnEdit:
    """The edit that changes nothing but `changes` and the refund of the first lines."""
    found.refresh_from_db()
    lines = {
        line.pk: LineEdit(line.reason_id, line.condition, line.refund)
        for line in found.lines.order_by("pk")
    }
    for pk, refund in zip(list(lines), refunds, strict=False):
        lines[pk] = replace(lines[pk], refund=D(refund))
    same = ReturnEdit(
        found.refund_adjustment,
        found.adjustment_reason,
        found.refund_shipping,
        found.note,
        lines,
    )
    return replace(same, **changes)


def first_line(found: Return) -> Any:
    return found.lines.order_by("pk").first()


# --- edit ---------------------------------------------------------------------------------------


def test_everything_on_the_form_changes(at_acme: Cast, order: Order, made: Return) -> None:
    late = ReturnReason.objects.filter(merchant=at_acme.acme).last()
    assert late is not None
    line = first_line(made)
    change = edit(
        made,
        refund_adjustment=D("-1.50"),
        adjustment_reason=" Scratched ",
        refund_shipping=D("2.50"),
        note="called twice",
    )
    change = replace(change, lines={line.pk: LineEdit(late.pk, "damaged", D("15.00"))})

    edit_return(at_acme.bob, made, change, note="as agreed")

    made.refresh_from_db()
    order.refresh_from_db()
    line.refresh_from_db()
    assert (line.reason, line.condition, line.refund) == (late, "damaged", D("15.00"))
    assert (made.refund_items, made.refund_shipping) == (D("25.00"), D("2.50"))
    assert (made.adjustment_reason, made.note) == ("Scratched", "called twice")
    assert (made.refund_total, order.refund_agreed) == (D("26.00"), D("26.00"))
    assert order.shipping_agreed == D("2.50")
    assert line.order_line.refund_agreed == D("15.00")
    event = Event.objects.get(verb="return.edited")
    assert event.data["changes"] == "refund 29.99 → 26.00 GBP"
    assert made.refunded == 0, "an edit moves no money"


@pytest.mark.parametrize(
    ("refund", "sentence"),
    [
        ("-8.00", "A refund cannot be negative. Use the adjustment to take off."),
        ("20.00", "At most 19.99 can be refunded."),
        ("1.005", "This amount is finer than GBP is paid in."),
    ],
)
def test_wrong_refunds_are_refused_at_their_line(
    at_acme: Cast, made: Return, refund: str, sentence: str
) -> None:
    field = f"edit-{first_line(made).pk}-refund"
    refused(lambda: edit_return(at_acme.bob, made, edit(made, refund)), sentence, field)


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"refund_shipping": D("5.01")}, "refund_shipping", "At most 5.00 of the shipping"),
        ({"refund_shipping": D("-0.01")}, "refund_shipping", "cannot be negative"),
        ({"refund_shipping": D("0.001")}, "refund_shipping", "finer than GBP is paid in"),
        ({"refund_adjustment": D("-30.00")}, "refund_adjustment", "Take off at most 29.99."),
        ({"refund_adjustment": D("15.01")}, "refund_adjustment", "44.99 is left"),
        ({"refund_adjustment": D("0.001")}, "refund_adjustment", "finer than GBP is paid in"),
        (
            {"refund_adjustment": D("1.00"), "adjustment_reason": " "},
            "adjustment_reason",
            "Say why the refund is adjusted.",
        ),
    ],
)
def test_wrong_totals_are_refused_at_their_field(
    at_acme: Cast, made: Return, changes: dict[str, Any], field: str, sentence: str
) -> None:
    change = edit(made, **{"adjustment_reason": "Agreed", **changes})
    refused(lambda: edit_return(at_acme.bob, made, change), sentence, field)


@pytest.mark.parametrize(
    ("line", "field", "sentence"),
    [
        (lambda c: LineEdit(0, "new", D(1)), "reason", "Choose a reason."),
        (lambda c: LineEdit(a_reason(c).pk, "mint", D(1)), "condition", "Choose a condition."),
    ],
)
def test_wrong_choices_are_refused_at_their_line(
    at_acme: Cast, made: Return, line: Callable[[Cast], LineEdit], field: str, sentence: str
) -> None:
    pk = first_line(made).pk
    change = replace(edit(made), lines={pk: line(at_acme)})
    refused(lambda: edit_return(at_acme.bob, made, change), sentence, f"edit-{pk}-{field}")


def test_lines_of_another_return_are_refused(at_acme: Cast, made: Return) -> None:
    other = made_return(at_acme.bob, shipped_order(at_acme.acme, vendor=at_acme.northlight))
    change = replace(edit(made), lines=edit(other).lines)
    refused(lambda: edit_return(at_acme.bob, made, change), "not on this return. Reload the page.")


def test_a_raised_refund_counts_what_other_returns_have(at_acme: Cast, order: Order) -> None:
    """Paid 44.99 with shipping; another return took 10.00 without goods."""
    made = made_return(at_acme.bob, order, units=2)
    give_credit(at_acme.fay, order, D("10.00"), "Late")
    change = edit(made, refund_shipping=D("5.00"), adjustment_reason="Agreed")
    edit_return(at_acme.bob, made, change)
    order.refresh_from_db()
    assert order.refund_agreed == D("44.99")
    refused(
        lambda: edit_return(at_acme.bob, made, replace(change, refund_adjustment=D("0.01"))),
        "cannot exceed what was paid: 34.99 is left",
    )


def test_who_edits_an_older_version_is_told_what_changed(at_acme: Cast, made: Return) -> None:
    edit_return(at_acme.alice, made, edit(made, "1.00"), version=1)
    with changes_nothing(), pytest.raises(Stale, match="Alice Owner edited the return"):
        edit_return(at_acme.bob, made, edit(made, "2.00"), version=1)


# --- moves --------------------------------------------------------------------------------------

VERBS: dict[str, tuple[str, Callable[[Actor, Return], object]]] = {
    "close": ("return.close", close_return),
    "reopen": ("return.reopen", reopen_return),
    "cancel": ("return.cancel", cancel_return),
    "uncancel": ("return.uncancel", uncancel_return),
    "edit": ("return.edit", lambda actor, found: edit_return(actor, found, edit(found, "1.00"))),
    "sync_refund": ("refund.apply", sync_refund),
}


def return_in(cast: Cast, made: Return, status: str) -> Return:
    approve_rma(cast.bob, made.rmas.get())
    if status == ReturnStatus.CLOSED:
        close_return(cast.bob, made)
    elif status == ReturnStatus.CANCELED:
        cancel_return(cast.bob, made)
    made.refresh_from_db()
    assert made.status == status
    return made


@pytest.mark.parametrize("status", ReturnStatus.values)
def test_each_verb_in_each_status(at_acme: Cast, made: Return, status: str) -> None:
    """Works where the state table says so; elsewhere its sentence, and nothing has changed."""
    found = return_in(at_acme, made, status)
    for name, (_permission, verb) in VERBS.items():
        move = MOVES[name]
        if status in move.sources:
            with transaction.atomic():
                verb(at_acme.bob, found)
                after = Return.objects.get(pk=found.pk)
                assert after.status == (move.target or status)
                assert after.version == found.version + 1
                transaction.set_rollback(True)
        else:
            sentence = str(move.refusal) % {"status": ReturnStatus(status).label.lower()}
            refused(lambda verb=verb: verb(at_acme.bob, found), sentence)


@pytest.mark.parametrize("status", ReturnStatus.values)
def test_roles(at_acme: Cast, made: Return, status: str) -> None:
    found = return_in(at_acme, made, status)
    for name, (permission, verb) in VERBS.items():
        if status in MOVES[name].sources:
            only_who_may(at_acme, permission, lambda actor, verb=verb: verb(actor, found))


def test_nothing_on_its_way_is_canceled_away(at_acme: Cast, made: Return) -> None:
    rma = made.rmas.get()
    approve_rma(at_acme.bob, rma)
    line = rma.lines.first()
    assert line is not None
    add_shipment(at_acme.bob, rma, ShipmentRequest("DPD", "1", "Dock", {line.pk: 1}))
    refused(lambda: cancel_return(at_acme.bob, made), "Close it once they arrived.")


# --- un-cancel ----------------------------------------------------------------------------------


def test_uncanceling_takes_units_and_money_again(at_acme: Cast, order: Order, made: Return) -> None:
    edit_return(at_acme.bob, made, edit(made, refund_shipping=D("5.00")))
    cancel_return(at_acme.bob, made)
    order.refresh_from_db()
    assert (order.returned_units, order.refund_agreed, order.shipping_agreed) == (0, 0, 0)

    uncancel_return(at_acme.bob, made, note="she kept the parcel after all")

    made.refresh_from_db()
    order.refresh_from_db()
    assert (made.status, made.closed_at, made.rma_summary) == ("open", None, "none")
    assert (order.returned_units, order.refund_agreed) == (4, D("34.99"))
    assert order.shipping_agreed == D("5.00")
    assert made.rmas.get().status == "canceled"
    assert Event.objects.get(verb="return.uncanceled").data["note"].startswith("she kept")
    quantities = {line.pk: 2 for line in made.lines.all()}
    create_rma(at_acme.bob, made, FurtherRma(RmaRequest(at_acme.paper.pk), quantities))


def test_units_returned_meanwhile_are_not_taken_again(
    at_acme: Cast, order: Order, made: Return
) -> None:
    cancel_return(at_acme.bob, made)
    second = made_return(at_acme.bob, order, units=2)
    refused(lambda: uncancel_return(at_acme.bob, made), "White metal lantern: Only 1 of 3 is left")
    cancel_return(at_acme.bob, second)
    uncancel_return(at_acme.bob, made)


def test_money_refunded_meanwhile_is_not_taken_again(
    at_acme: Cast, order: Order, made: Return
) -> None:
    cancel_return(at_acme.bob, made)
    given = give_credit(at_acme.fay, order, D("40.00"), "Late", apply=False)
    refused(lambda: uncancel_return(at_acme.bob, made), "exceed what was paid: 4.99 is left.")
    cancel_return(at_acme.bob, given)
    uncancel_return(at_acme.bob, made)


def test_shipping_refunded_meanwhile_is_not_taken_again(at_acme: Cast, order: Order) -> None:
    made = made_return(at_acme.bob, order, refund_shipping=D("5.00"))
    cancel_return(at_acme.bob, made)
    second = made_return(at_acme.bob, order, refund_shipping=D("0.01"))
    refused(
        lambda: uncancel_return(at_acme.bob, made),
        "At most 4.99 of the shipping can be refunded.",
        "refund_shipping",
    )
    cancel_return(at_acme.bob, second)
    uncancel_return(at_acme.bob, made)


def test_a_line_refunded_by_others_meanwhile_is_not_refunded_twice(at_acme: Cast) -> None:
    """29.99 over three units is 9.99, 10.00, 10.00; the others hold 20.00, so 9.99 is left."""
    item = Item(3, "10.00", discount="0.01")
    order = shipped_order(at_acme.acme, item, Item(1, "50.00"), vendor=at_acme.northlight)
    order.lines.filter(quantity=1).update(shipment=None)
    two = one_line_return(at_acme, order, 2)
    last = one_line_return(at_acme, order, 1)
    assert last.refund_items == D("10.00")
    cancel_return(at_acme.bob, last)
    cancel_return(at_acme.bob, two)
    first = one_line_return(at_acme, order, 1)
    assert one_line_return(at_acme, order, 2).refund_items == D("20.00")
    cancel_return(at_acme.bob, first)

    refused(lambda: uncancel_return(at_acme.bob, last), "has been refunded by another return")
    assert one_line_return(at_acme, order, 1).refund_items == D("9.99")


def one_line_return(cast: Cast, order: Order, units: int) -> Return:
    """A return of `units` of the first line."""
    line = order.lines.order_by("position").first()
    assert line is not None
    wanted = LineRequest(line.pk, units, cast.northlight.pk, a_reason(cast).pk, "new")
    return create_return(cast.bob, order, ReturnRequest([wanted]))
