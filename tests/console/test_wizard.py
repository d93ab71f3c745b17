"""The return wizard over HTTP, without JavaScript (F7)."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from core.tenancy import tenant
from orders.models import Order
from returns.models import Return, ReturnDraft, ReturnReason
from tests.cast import Cast, SignIn
from tests.factories import Item, OrderFactory, OrderLineFactory, shipped_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(cast: Cast) -> Order:
    return shipped_order(
        cast.acme, Item(3, "10.00"), Item(4, "5.00"), vendor=cast.northlight, number="536365"
    )


@pytest.fixture
def bob(cast: Cast, sign_in: SignIn) -> Client:
    return sign_in(cast.bob)


def start_address(order: Order) -> str:
    return f"/m/acme/orders/{order.public_id}/return/"


def choices(cast: Cast, order: Order, *, lines: int = 1, **changes: Any) -> dict[str, Any]:
    """Step one filled in for the first lines of the order."""
    with tenant(cast.acme.pk):
        reason = ReturnReason.objects.filter(merchant=cast.acme).first()
        assert reason is not None
        data: dict[str, Any] = {"key": str(uuid4()), "refund_adjustment": ""}
        for line in order.lines.order_by("position")[:lines]:
            name = f"line-{line.pk}"
            data |= {
                f"{name}-selected": "on",
                f"{name}-quantity": "2",
                f"{name}-destination": str(cast.northlight.pk),
                f"{name}-reason": str(reason.pk),
                f"{name}-condition": "used",
                f"{name}-refund": "",
            }
    return {**data, **changes}


def first_line(cast: Cast, order: Order) -> str:
    with tenant(cast.acme.pk):
        line = order.lines.order_by("position").first()
        assert line is not None
        return f"line-{line.pk}"


def boxes(cast: Cast, **changes: Any) -> dict[str, Any]:
    """Step two as it is proposed."""
    name = f"rma-{cast.northlight.pk}"
    data = {
        "proposed": "R-10001",
        "proposed_rma": "RMA-20001",
        "number": "R-10001",
        f"{name}-number": "RMA-20001",
        f"{name}-return_address": "1 Dock Road",
        f"{name}-note": "",
        f"{name}-credit_adjustment": "",
    }
    return {**data, **changes}


def returns_made(cast: Cast) -> list[Return]:
    with tenant(cast.acme.pk):
        return list(Return.objects.order_by("id"))


def test_three_steps_make_one_return(cast: Cast, bob: Client, order: Order) -> None:
    page = bob.get(start_address(order))
    assert page.status_code == 200
    assert "3 of 3 left" in page.text

    posted = bob.post(start_address(order), choices(cast, order))
    assert posted.status_code == 302
    assert returns_made(cast) == []

    step_two = bob.get(posted.url)
    assert "RMA for Northlight Lamps" in step_two.text
    assert "£20.00" in step_two.text

    done = bob.post(posted.url, boxes(cast))
    assert done.status_code == 302
    last = bob.get(done.url)
    assert "Return R-10001 is created" in last.text
    assert "View Return" in last.text
    (made,) = returns_made(cast)
    assert (made.number, made.unit_count, made.refund_total) == ("R-10001", 2, 20)


def test_every_mistake_stands_at_its_field_and_what_was_typed_stays(
    cast: Cast, bob: Client, order: Order
) -> None:
    name = first_line(cast, order)
    wrong = {
        f"{name}-quantity": "9",
        f"{name}-reason": "",
        f"{name}-refund": "lots",
        "refund_adjustment": "minus two",
    }
    page = bob.post(start_address(order), choices(cast, order, **wrong))
    assert page.status_code == 422
    assert "Only 3 of 3 are left to return." in page.text
    assert "Choose a reason." in page.text
    assert page.text.count("Enter an amount") == 2
    for typed in ('value="9"', 'value="lots"', 'value="minus two"'):
        assert typed in page.text
    with tenant(cast.acme.pk):
        assert not ReturnDraft.objects.exists()


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("0", "Enter at least 1."),
        ("-1", "Enter at least 1."),
        ("4", "Only 3 of 3 are left to return."),
        ("1.5", "Enter a whole number."),
        ("", "Enter at least 1."),
        ("9" * 40, "Only 3 of 3 are left to return."),
    ],
)
def test_impossible_quantities(
    cast: Cast, bob: Client, order: Order, typed: str, sentence: str
) -> None:
    data = choices(cast, order, **{f"{first_line(cast, order)}-quantity": typed})
    page = bob.post(start_address(order), data)
    assert page.status_code == 422
    assert sentence in page.text


def test_nothing_chosen_is_said(cast: Cast, bob: Client, order: Order) -> None:
    page = bob.post(start_address(order), {"key": str(uuid4())})
    assert page.status_code == 422
    assert "Choose at least one item to return." in page.text


def test_the_total_adds_up_live_and_names_the_ceiling(
    cast: Cast, bob: Client, order: Order
) -> None:
    data = choices(cast, order, lines=2, update="1", refund_adjustment="-2.50")
    fragment = bob.post(start_address(order), data, headers={"HX-Request": "true"})
    assert fragment.status_code == 200
    assert "<html" not in fragment.text
    assert "£27.50" in fragment.text
    assert "at most £20.00" in fragment.text
    assert "Net balance becomes £22.50." in fragment.text


def test_back_keeps_what_was_typed_in_both_steps(cast: Cast, bob: Client, order: Order) -> None:
    step_two = bob.post(start_address(order), choices(cast, order)).url
    note = f"rma-{cast.northlight.pk}-note"
    back = bob.post(step_two, boxes(cast, back="1", **{note: "handle with care"}))
    assert back.url == start_address(order)
    step_one = bob.get(back.url)
    assert "You began this return" in step_one.text
    assert 'value="2"' in step_one.text
    assert "handle with care" in bob.get(step_two).text
    assert returns_made(cast) == []


def test_a_draft_survives_signing_out(cast: Cast, sign_in: SignIn, order: Order) -> None:
    sign_in(cast.bob).post(start_address(order), choices(cast, order))
    page = sign_in(cast.bob).get(start_address(order))
    assert "You began this return" in page.text
    fresh = sign_in(cast.bob).get(start_address(order), {"fresh": "1"})
    assert "You began this return" not in fresh.text
    assert "You began this return" not in sign_in(cast.alice).get(start_address(order)).text


def test_complete_twice_makes_one_return(cast: Cast, bob: Client, order: Order) -> None:
    step_two = bob.post(start_address(order), choices(cast, order)).url
    first = bob.post(step_two, boxes(cast))
    second = bob.post(step_two, boxes(cast), follow=True)
    assert first.url in [address for address, _status in second.redirect_chain]
    assert "made already as R-10001" in second.text
    assert len(returns_made(cast)) == 1


def test_when_somebody_was_quicker_the_wizard_says_what_is_left(
    cast: Cast, bob: Client, order: Order, sign_in: SignIn
) -> None:
    step_two = bob.post(start_address(order), choices(cast, order)).url
    alice = sign_in(cast.alice)
    hers = alice.post(start_address(order), choices(cast, order)).url
    alice.post(hers, boxes(cast))

    late = bob.post(step_two, boxes(cast), follow=True)

    assert "Only 1 of 3 is left to return." in late.text
    assert 'value="2"' in late.text
    assert len(returns_made(cast)) == 1


def test_a_taken_number_is_refused_at_its_field(cast: Cast, bob: Client, order: Order) -> None:
    one_unit = {f"{first_line(cast, order)}-quantity": "1"}
    box = boxes(cast, **{f"rma-{cast.northlight.pk}-number": "NL-1"})
    bob.post(bob.post(start_address(order), choices(cast, order, **one_unit)).url, box)

    page = bob.post(bob.post(start_address(order), choices(cast, order, **one_unit)).url, box)

    assert page.status_code == 409
    assert "This vendor has an RMA NL-1 already." in page.text
    assert len(returns_made(cast)) == 1


def test_an_address_is_needed(cast: Cast, bob: Client, order: Order) -> None:
    step_two = bob.post(start_address(order), choices(cast, order)).url
    page = bob.post(step_two, boxes(cast, **{f"rma-{cast.northlight.pk}-return_address": " "}))
    assert page.status_code == 422
    assert "Enter the address the goods go to." in page.text


def test_an_order_without_fulfillment_request_cannot_be_returned(cast: Cast, bob: Client) -> None:
    bare = OrderFactory(merchant=cast.acme)
    OrderLineFactory(merchant=cast.acme, order=bare)
    assert "no fulfillment request yet" in bob.get(start_address(bare)).text
    page = bob.get(f"/m/acme/orders/{bare.public_id}/")
    assert "Create Return" not in page.text
    assert 'id="returns"' not in page.text


def test_a_line_with_nothing_left_says_so(cast: Cast, bob: Client, order: Order) -> None:
    name = first_line(cast, order)
    data = choices(cast, order, **{f"{name}-quantity": "3"})
    bob.post(bob.post(start_address(order), data).url, boxes(cast))
    assert "Nothing is left to return of this item." in bob.get(start_address(order)).text


def test_an_approved_rma_an_own_number_and_a_cost_arrive(
    cast: Cast, bob: Client, order: Order
) -> None:
    step_two = bob.post(start_address(order), choices(cast, order, apply_to_invoice="on")).url
    name = f"rma-{cast.northlight.pk}"
    more = {
        "number": "RET/7",
        f"{name}-approve": "on",
        f"{name}-credit_adjustment": "−1.50",
        f"{first_line(cast, order)}-unit_cost": "2,25",
    }
    bob.post(step_two, boxes(cast, **more))
    (made,) = returns_made(cast)
    assert made.number == "RET/7"
    assert made.refunded == 20
    with tenant(cast.acme.pk):
        rma = made.rmas.get()
        assert (rma.status, str(rma.credit_adjustment)) == ("approved", "-1.5000")
        assert str(rma.lines.get().unit_cost) == "2.2500"
