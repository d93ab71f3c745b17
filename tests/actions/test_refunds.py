"""Sync Refund and credits without goods: applied once, never above what was paid (F11, F12, I3)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal as D
from typing import Any

import pytest

from actions.refunds import give_credit, sync_refund
from actions.requests import LineRequest, ReturnRequest
from actions.return_edits import LineEdit, ReturnEdit, edit_return
from actions.returns import cancel_return, close_return, create_return
from actions.rmas import deny_rma
from audit.models import Event
from core.errors import Stale
from orders.models import Channel, Order
from returns.models import RefundEntry, Return
from tests.actions.steps import a_reason, changes_nothing, only_who_may, refused
from tests.cast import Cast
from tests.factories import ChannelFactory, Item, made_return, shipped_order

pytestmark = pytest.mark.django_db


def edit(found: Return, refund: str | None = None, **changes: Any) -> ReturnEdit:
    """The edit that changes nothing but `changes` and the `refund` of every line."""
    found.refresh_from_db()
    same = ReturnEdit(
        found.refund_adjustment,
        found.adjustment_reason,
        found.refund_shipping,
        found.note,
        {
            line.pk: LineEdit(
                line.reason_id, line.condition, line.refund if refund is None else D(refund)
            )
            for line in found.lines.all()
        },
    )
    return replace(same, **changes)


def amounts(found: Return) -> list[D]:
    return [entry.amount for entry in found.refund_entries.order_by("pk")]


@pytest.fixture
def order(at_acme: Cast) -> Order:
    """Three at 10.00, shipped and billed."""
    return shipped_order(at_acme.acme, Item(3, "10.00"), vendor=at_acme.northlight)


def test_the_record_is_applied_once(at_acme: Cast, order: Order) -> None:
    found = made_return(at_acme.bob, order, units=2)

    entry = sync_refund(at_acme.fay, found, note="asked by phone")

    found.refresh_from_db()
    order.refresh_from_db()
    assert (entry.amount, entry.kind, entry.method) == (D("20.00"), "applied", "channel")
    assert (entry.currency, entry.entered_by) == ("GBP", at_acme.fay.user)
    assert (found.refunded, found.refund_open, order.refunded) == (D("20.00"), 0, D("20.00"))
    event = Event.objects.get(verb="refund.applied")
    assert event.data["amount"] == "20.00 GBP"
    assert event.data["invoice"] == order.invoice.number
    refused(lambda: sync_refund(at_acme.fay, found), "Nothing is outstanding")


def test_an_order_without_an_invoice_is_refunded_as_well(at_acme: Cast) -> None:
    order = shipped_order(at_acme.acme, vendor=at_acme.northlight, invoice=False)
    found = made_return(at_acme.bob, order)
    sync_refund(at_acme.fay, found)
    assert Event.objects.filter(verb="refund.recorded").count() == 1


def test_a_lowered_record_takes_the_difference_back(at_acme: Cast, order: Order) -> None:
    found = made_return(at_acme.bob, order, units=2)
    sync_refund(at_acme.fay, found)
    edit_return(at_acme.bob, found, edit(found, "6.50"))
    sync_refund(at_acme.fay, found)
    edit_return(at_acme.bob, found, edit(found, "0"))
    sync_refund(at_acme.fay, found)

    found.refresh_from_db()
    order.refresh_from_db()
    assert amounts(found) == [D("20.00"), D("-13.50"), D("-6.50")]
    assert (found.refunded, order.refunded, order.refund_agreed) == (0, 0, 0)
    deny_rma(at_acme.bob, found.rmas.get())
    cancel_return(at_acme.bob, found)


def test_what_other_returns_still_hold_cannot_be_refunded_again(
    at_acme: Cast, order: Order
) -> None:
    """The record of the first return is lowered, but its refund has not been taken back yet."""
    first = made_return(at_acme.bob, order, units=3)
    sync_refund(at_acme.fay, first)
    edit_return(at_acme.bob, first, edit(first, "0"))
    sentence = "30.00 GBP of this order have been refunded by its returns already"

    refused(lambda: give_credit(at_acme.fay, order, D("10.00"), "Late"), sentence)
    second = give_credit(at_acme.fay, order, D("10.00"), "Late", apply=False)
    refused(lambda: sync_refund(at_acme.fay, second), sentence)

    sync_refund(at_acme.fay, first)
    assert sync_refund(at_acme.fay, second).amount == D("10.00")
    order.refresh_from_db()
    assert order.refunded == D("10.00")


def test_a_refund_at_creation_waits_for_what_others_hold_as_well(
    at_acme: Cast, order: Order
) -> None:
    first = made_return(at_acme.bob, order, units=2)
    sync_refund(at_acme.fay, first)
    edit_return(at_acme.bob, first, edit(first, "0", refund_adjustment=D(0)))
    second = give_credit(at_acme.fay, order, D("10.00"), "Late")
    assert second.refunded == 10
    line = LineRequest(order.lines.get().pk, 1, at_acme.northlight.pk, a_reason(at_acme).pk, "new")
    request = ReturnRequest([line], apply_to_invoice=True)
    error = refused(lambda: create_return(at_acme.bob, order, request), "have been refunded by")
    assert error.field == "apply_to_invoice"
    assert create_return(at_acme.bob, order, replace(request, apply_to_invoice=False)).refunded == 0


def test_a_closed_return_can_be_synced_and_a_canceled_one_cannot(
    at_acme: Cast, order: Order
) -> None:
    found = made_return(at_acme.bob, order, approve=True)
    close_return(at_acme.bob, found)
    sync_refund(at_acme.fay, found)
    other = made_return(at_acme.bob, order)
    cancel_return(at_acme.bob, other)
    refused(lambda: sync_refund(at_acme.fay, other), "so it refunds nothing. Un-cancel it first.")


def test_a_version_that_is_not_the_latest_is_refused(at_acme: Cast, order: Order) -> None:
    found = made_return(at_acme.bob, order)
    edit_return(at_acme.bob, found, edit(found, "5.00"))
    with changes_nothing(), pytest.raises(Stale, match="edited the return"):
        sync_refund(at_acme.fay, found, version=1)
    assert sync_refund(at_acme.fay, found, version=2).amount == D("5.00")


def test_roles(at_acme: Cast, order: Order) -> None:
    found = made_return(at_acme.bob, order)
    only_who_may(at_acme, "refund.apply", lambda actor: sync_refund(actor, found))
    only_who_may(at_acme, "credit.give", lambda actor: give_credit(actor, order, D(1), "Late"))


# --- resellers ----------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["paid_back", "reseller_credit"])
def test_a_reseller_is_paid_back_or_gets_credit(at_acme: Cast, method: str) -> None:
    channel = ChannelFactory(merchant=at_acme.acme, kind=Channel.Kind.RESELLER)
    order = shipped_order(at_acme.acme, vendor=at_acme.northlight, channel=channel)
    found = made_return(at_acme.bob, order)
    for wrong in ("", "channel", "cash"):
        refused(
            lambda wrong=wrong: sync_refund(at_acme.fay, found, method=wrong),
            "Choose how the reseller gets the money.",
            "method",
        )
    assert sync_refund(at_acme.fay, found, method=method).method == method
    given = give_credit(at_acme.fay, order, D("3.00"), "Late", method=method)
    assert given.refund_entries.get().method == method


def test_a_standard_channel_pays_itself_whatever_is_asked(at_acme: Cast, order: Order) -> None:
    found = made_return(at_acme.bob, order)
    assert sync_refund(at_acme.fay, found, method="paid_back").method == "channel"


# --- credits without goods ----------------------------------------------------------------------


def test_a_credit_without_goods_is_a_return_without_lines(at_acme: Cast, order: Order) -> None:
    made = give_credit(at_acme.fay, order, D("4.50"), "Late arrival")

    made.refresh_from_db()
    order.refresh_from_db()
    assert (made.line_count, made.unit_count, made.rma_count, made.status) == (0, 0, 0, "open")
    assert (made.refund_total, made.refunded, made.adjustment_reason) == (
        D("4.50"),
        D("4.50"),
        "Late arrival",
    )
    assert (order.refund_agreed, order.refunded, order.return_count) == (D("4.50"), D("4.50"), 1)
    assert list(Event.objects.order_by("pk").values_list("verb", flat=True)) == [
        "credit.given",
        "refund.applied",
    ]


def test_a_credit_may_wait_for_sync_refund(at_acme: Cast, order: Order) -> None:
    made = give_credit(at_acme.fay, order, D("4.50"), "Late arrival", apply=False)
    assert (made.refunded, made.waits_on, RefundEntry.objects.count()) == (0, "finance", 0)
    assert sync_refund(at_acme.fay, made).amount == D("4.50")


@pytest.mark.parametrize(
    ("amount", "reason", "field", "sentence"),
    [
        ("0", "Late", "amount", "Enter an amount above zero."),
        ("-8.00", "Late", "amount", "Enter an amount above zero."),
        ("1.005", "Late", "amount", "This amount is finer than GBP is paid in."),
        ("30.01", "Late", "amount", "cannot exceed what was paid: 30.00 is left."),
        ("1.00", "  ", "adjustment_reason", "Say why the refund is adjusted."),
    ],
)
def test_wrong_credits_are_refused_at_their_field(
    at_acme: Cast, order: Order, amount: str, reason: str, field: str, sentence: str
) -> None:
    refused(lambda: give_credit(at_acme.fay, order, D(amount), reason), sentence, field)
    assert give_credit(at_acme.fay, order, D("30.00"), "Late").refunded == D("30.00")


def test_numbers_chosen_by_hand_do_not_stop_credits(at_acme: Cast, order: Order) -> None:
    made_return(at_acme.bob, order, number="R-10001")
    assert give_credit(at_acme.fay, order, D(1), "Late").number == "R-10002"


# --- currencies ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("currency", "price", "fine", "parts"),
    [
        ("JPY", "100", "0.5", ["33", "33", "34"]),
        ("GBP", "1.00", "0.005", ["0.33", "0.33", "0.34"]),
        ("KWD", "1.000", "0.0005", ["0.333", "0.333", "0.334"]),
    ],
)
def test_refunds_in_currencies_of_none_two_and_three_decimals(
    at_acme: Cast, currency: str, price: str, fine: str, parts: list[str]
) -> None:
    item = Item(3, D(price), discount=2 * D(price))
    order = shipped_order(at_acme.acme, item, vendor=at_acme.northlight, currency=currency)
    found = [made_return(at_acme.bob, order) for _unit in parts]
    for one, part in zip(found, parts, strict=True):
        assert (one.currency, one.refund_total) == (currency, D(part))
        refused(
            lambda one=one: edit_return(at_acme.bob, one, edit(one, fine)),
            f"finer than {currency} is paid in",
        )
        entry = sync_refund(at_acme.fay, one)
        assert (entry.amount, entry.currency) == (D(part), currency)
    order.refresh_from_db()
    assert order.refunded == order.paid_total == D(price)
