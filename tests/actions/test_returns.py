"""Making, closing, re-opening and canceling returns (F7, F8, F11, F12)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal as D
from typing import Any

import pytest

from accounts.models import Vendor
from actions.base import preview
from actions.requests import LineRequest, ReturnRequest, RmaRequest
from actions.returns import cancel_return, close_return, create_return, reopen_return
from actions.rmas import approve_rma
from audit.models import Event
from core.errors import NotAllowed, Refused
from core.tenancy import tenant
from orders.models import Order
from returns.models import RefundEntry, Return, ReturnReason
from rmas.models import Rma
from tests.cast import Cast
from tests.factories import (
    Item,
    OrderFactory,
    OrderLineFactory,
    ProductFactory,
    VendorFactory,
    made_return,
    shipped_order,
)

pytestmark = pytest.mark.django_db


def wanted(order: Order, vendor: Vendor, quantity: int = 1, **changes: Any) -> LineRequest:
    line = order.lines.order_by("position").first()
    reason = ReturnReason.objects.filter(merchant=order.merchant).first()
    assert line is not None
    assert reason is not None
    request = LineRequest(line.pk, quantity, vendor.pk, reason.pk, "used")
    return replace(request, **changes)


def test_bob_takes_two_of_three_lanterns_back(at_acme: Cast) -> None:
    order = shipped_order(at_acme.acme, Item(3, "89.99"), vendor=at_acme.northlight)
    request = ReturnRequest(
        lines=[wanted(order, at_acme.northlight, 2)],
        refund_adjustment=D("-5.00"),
        adjustment_reason="Scratched",
    )

    made = create_return(at_acme.bob, order, request)

    made.refresh_from_db()
    assert (made.number, made.status, made.rma_summary) == ("R-10001", "open", "waiting")
    assert (made.line_count, made.unit_count, made.rma_count) == (1, 2, 1)
    assert made.refund_total == D("174.98")
    assert made.refunded == 0
    rma = made.rmas.get()
    assert (rma.number, rma.status, rma.requested_units) == ("RMA-20001", "waiting", 2)
    assert rma.return_address == at_acme.northlight.return_address
    assert rma.lines.get().unit_cost == D("4.00")
    order.refresh_from_db()
    assert (order.returned_units, order.return_count) == (2, 1)
    assert order.refund_agreed == D("174.98")
    assert order.lines.get().returned_quantity == 2
    assert not RefundEntry.objects.exists()
    assert list(Event.objects.order_by("id").values_list("verb", flat=True)) == [
        "return.created",
        "rma.created",
    ]


def test_two_destinations_make_two_rmas_and_one_may_be_approved_at_once(at_acme: Cast) -> None:
    order = shipped_order(at_acme.acme, Item(2), Item(2), vendor=at_acme.northlight)
    _first, second = order.lines.order_by("position")
    lines = [
        wanted(order, at_acme.northlight),
        wanted(order, at_acme.warehouse, order_line_id=second.pk),
    ]
    rmas = [
        RmaRequest(at_acme.northlight.pk, number="NL-7", note="fragile"),
        RmaRequest(at_acme.warehouse.pk, approve=True, return_address="Dock 2"),
    ]

    made = create_return(at_acme.bob, order, ReturnRequest(lines=lines, rmas=rmas))

    by_vendor = {rma.vendor_id: rma for rma in made.rmas.all()}
    assert by_vendor[at_acme.northlight.pk].number == "NL-7"
    own = by_vendor[at_acme.warehouse.pk]
    assert (own.status, own.approved_units, own.return_address) == ("approved", 1, "Dock 2")
    assert own.lines.get().approved == 1
    assert made.rma_summary == "waiting"
    assert made.approved_units == 1


def test_the_refund_is_applied_to_the_invoice_when_asked_and_the_invoice_stays(
    at_acme: Cast,
) -> None:
    order = shipped_order(at_acme.acme, Item(3, "10.00"), vendor=at_acme.northlight)
    request = ReturnRequest(lines=[wanted(order, at_acme.northlight, 3)], apply_to_invoice=True)

    made = create_return(at_acme.bob, order, request)

    order.refresh_from_db()
    assert order.invoice.total == D("30.00")
    assert order.refunded == D("30.00")
    entry = made.refund_entries.get()
    assert (entry.amount, entry.kind) == (D("30.00"), "applied")


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"quantity": 0}, "quantity", "Enter at least 1."),
        ({"quantity": -2}, "quantity", "Enter at least 1."),
        ({"quantity": 4}, "quantity", "Only 3 of 3 are left to return."),
        (
            {"refund": D(-1)},
            "refund",
            "A refund cannot be negative. Use the adjustment to take off.",
        ),
        ({"refund": D("10.01")}, "refund", "At most 10.00 can be refunded."),
        ({"refund": D("1.005")}, "refund", "This amount is finer than GBP is paid in."),
        ({"reason_id": 0}, "reason", "Choose a reason."),
        ({"condition": "mint"}, "condition", "Choose a condition."),
        ({"destination_id": 0}, "destination", "Choose where this item goes."),
        ({"unit_cost": D(-1)}, "unit_cost", "A cost cannot be negative."),
    ],
)
def test_each_wrong_input_is_refused_at_its_field_and_nothing_is_written(
    at_acme: Cast, changes: dict[str, Any], field: str, sentence: str
) -> None:
    order = shipped_order(at_acme.acme, Item(3, "10.00"), vendor=at_acme.northlight)
    line = wanted(order, at_acme.northlight, **changes)

    with pytest.raises(Refused) as refused:
        create_return(at_acme.bob, order, ReturnRequest(lines=[line]))

    assert refused.value.field == f"line-{line.order_line_id}-{field}"
    assert str(refused.value) == sentence
    assert_nothing_happened(order)


@pytest.mark.parametrize(
    ("adjustment", "start"),
    [
        ("-10.01", "The adjustment takes off more than the items refund."),
        ("20.01", "All refunds of this order together cannot exceed what was paid: 30.00 is left."),
        ("0.001", "This amount is finer than GBP is paid in."),
    ],
)
def test_an_adjustment_cannot_make_the_refund_negative_or_more_than_paid(
    at_acme: Cast, adjustment: str, start: str
) -> None:
    order = shipped_order(at_acme.acme, Item(3, "10.00"), vendor=at_acme.northlight)
    request = ReturnRequest(
        lines=[wanted(order, at_acme.northlight)],
        refund_adjustment=D(adjustment),
        adjustment_reason="Goodwill",
    )
    with pytest.raises(Refused, match=start) as refused:
        create_return(at_acme.bob, order, request)
    assert refused.value.field == "refund_adjustment"
    assert_nothing_happened(order)


def test_an_order_without_fulfillment_request_refuses_a_return(at_acme: Cast) -> None:
    order = OrderFactory(merchant=at_acme.acme)
    OrderLineFactory(merchant=at_acme.acme, order=order)
    with pytest.raises(Refused, match="no fulfillment request yet"):
        create_return(at_acme.bob, order, ReturnRequest(lines=[wanted(order, at_acme.northlight)]))


def test_a_line_that_has_not_left_cannot_come_back(at_acme: Cast) -> None:
    order = shipped_order(at_acme.acme, Item(3), vendor=at_acme.northlight)
    still_here = OrderLineFactory(
        merchant=at_acme.acme, order=order, product=ProductFactory(merchant=at_acme.acme)
    )
    line = wanted(order, at_acme.northlight, order_line_id=still_here.pk)
    with pytest.raises(Refused, match="Not shipped yet"):
        create_return(at_acme.bob, order, ReturnRequest(lines=[line]))


def test_ship_four_authorise_two_and_three_more_are_refused(at_acme: Cast) -> None:
    order = shipped_order(at_acme.acme, Item(4), vendor=at_acme.northlight)
    made_return(at_acme.bob, order, units=2)
    with pytest.raises(Refused, match="Only 2 of 4 are left to return"):
        create_return(
            at_acme.bob, order, ReturnRequest(lines=[wanted(order, at_acme.northlight, 3)])
        )


def test_the_same_line_twice_in_one_return_is_refused(at_acme: Cast) -> None:
    order = shipped_order(at_acme.acme, Item(3), vendor=at_acme.northlight)
    line = wanted(order, at_acme.northlight, 2)
    with pytest.raises(Refused, match="listed twice"):
        create_return(at_acme.bob, order, ReturnRequest(lines=[line, line]))


def test_an_empty_return_is_refused(at_acme: Cast) -> None:
    order = shipped_order(at_acme.acme, vendor=at_acme.northlight)
    with pytest.raises(Refused, match="Choose at least one item"):
        create_return(at_acme.bob, order, ReturnRequest(lines=[]))


def test_lines_vendors_and_reasons_of_others_are_refused(at_acme: Cast) -> None:
    order = shipped_order(at_acme.acme, vendor=at_acme.northlight)
    with tenant(at_acme.globex.pk):
        theirs = shipped_order(at_acme.globex).lines.get()
    foreign_vendor = VendorFactory(merchant=at_acme.globex)
    other_order = shipped_order(at_acme.acme, vendor=at_acme.northlight)
    for changes in (
        {"order_line_id": theirs.pk},
        {"order_line_id": other_order.lines.get().pk},
        {"destination_id": foreign_vendor.pk},
    ):
        line = wanted(order, at_acme.northlight, **changes)
        with pytest.raises(Refused):
            create_return(at_acme.bob, order, ReturnRequest(lines=[line]))
    assert_nothing_happened(order)


def test_numbers_can_be_chosen_but_not_twice(at_acme: Cast) -> None:
    order = shipped_order(at_acme.acme, Item(9), vendor=at_acme.northlight)
    line = wanted(order, at_acme.northlight)
    rma = RmaRequest(at_acme.northlight.pk, number="NL-1")
    create_return(at_acme.bob, order, ReturnRequest([line], [rma], number="R-10002"))

    with pytest.raises(Refused) as refused:
        create_return(at_acme.bob, order, ReturnRequest([line], number="R-10002"))
    assert refused.value.field == "number"
    with pytest.raises(Refused) as refused:
        create_return(at_acme.bob, order, ReturnRequest([line], [rma]))
    assert refused.value.field == f"rma-{at_acme.northlight.pk}-number"

    numbers = [
        create_return(at_acme.bob, order, ReturnRequest([line])).number for _time in range(2)
    ]
    assert numbers == ["R-10001", "R-10003"], "the series steps over numbers chosen by hand"


def test_wendy_of_the_warehouse_may_look_but_not_make_returns(at_acme: Cast) -> None:
    order = shipped_order(at_acme.acme, vendor=at_acme.northlight)
    request = ReturnRequest(lines=[wanted(order, at_acme.northlight)])
    with pytest.raises(NotAllowed):
        create_return(at_acme.wendy, order, request)
    assert_nothing_happened(order)
    assert create_return(at_acme.bob, order, request).number == "R-10001"


def test_a_cancelled_return_frees_its_units_and_its_refund(at_acme: Cast) -> None:
    order = shipped_order(at_acme.acme, Item(2, "10.00"), vendor=at_acme.northlight)
    made = made_return(at_acme.bob, order, units=2, approve=True)

    cancel_return(at_acme.bob, made)

    made.refresh_from_db()
    order.refresh_from_db()
    assert (made.status, made.rma_summary, made.approved_units) == ("canceled", "none", 0)
    assert made.rmas.get().status == "canceled"
    assert (order.returned_units, order.refund_agreed) == (0, 0)
    assert made_return(at_acme.bob, order, units=2).unit_count == 2


def test_a_refunded_return_cannot_be_cancelled_away(at_acme: Cast) -> None:
    order = shipped_order(at_acme.acme, vendor=at_acme.northlight)
    made = made_return(at_acme.bob, order, apply_to_invoice=True)
    with pytest.raises(Refused, match="refund of this return has been applied"):
        cancel_return(at_acme.bob, made)
    Return.objects.filter(pk=made.pk).update(refunded=0, received_units=1)
    with pytest.raises(Refused, match="have arrived already"):
        cancel_return(at_acme.bob, made)


def test_closing_waits_for_the_vendor_and_can_be_taken_back(at_acme: Cast) -> None:
    order = shipped_order(at_acme.acme, vendor=at_acme.northlight)
    made = made_return(at_acme.bob, order)
    with pytest.raises(Refused, match="still waits for a decision"):
        close_return(at_acme.bob, made)
    approve_rma(at_acme.bob, made.rmas.get())

    close_return(at_acme.bob, made)
    made.refresh_from_db()
    assert made.status == "closed"
    assert made.closed_at is not None
    with pytest.raises(Refused, match="This return is closed already"):
        close_return(at_acme.bob, made)

    reopen_return(at_acme.bob, made)
    made.refresh_from_db()
    assert (made.status, made.closed_at) == ("open", None)
    with pytest.raises(Refused, match="Only a closed return"):
        reopen_return(at_acme.bob, made)


def test_the_preview_tells_what_cancel_would_do_and_does_nothing(at_acme: Cast) -> None:
    order = shipped_order(at_acme.acme, vendor=at_acme.northlight)
    made = made_return(at_acme.bob, order)
    before = Event.objects.count()

    events = preview(cancel_return, at_acme.bob, made)

    assert [event.verb for event in events] == ["rma.canceled", "return.canceled"]
    made.refresh_from_db()
    assert made.status == "open"
    assert Event.objects.count() == before
    assert Rma.objects.get().status == "waiting"


def test_making_a_return_of_three_lines_takes_at_most_21_statements(
    at_acme: Cast, django_assert_max_num_queries: Any
) -> None:
    order = shipped_order(at_acme.acme, Item(), Item(), Item(), vendor=at_acme.northlight)
    lines = [wanted(order, at_acme.northlight, order_line_id=line.pk) for line in order.lines.all()]
    with django_assert_max_num_queries(21):  # one of them has the vendor told
        create_return(at_acme.bob, order, ReturnRequest(lines=lines, apply_to_invoice=True))


def assert_nothing_happened(order: Order) -> None:
    order.refresh_from_db()
    assert (order.returned_units, order.refund_agreed, order.refunded) == (0, 0, 0)
    assert not Return.objects.exists()
    assert not Rma.objects.exists()
    assert not Event.objects.exists()
