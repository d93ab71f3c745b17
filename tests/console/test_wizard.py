"""The return wizard over HTTP, without JavaScript (F7)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Merchant, ReturnAddress
from actions.addresses import AddressEdit, add_address
from actions.reasons import ReasonEdit, add_reason, change_reason
from core.tenancy import tenant
from orders.models import Order
from returns.models import RefundEntry, Return, ReturnDraft, ReturnReason
from tests.cast import Cast, SignIn
from tests.factories import (
    PASSWORD,
    ChannelFactory,
    Item,
    OrderFactory,
    OrderLineFactory,
    shipped_order,
)

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
    data = choices(
        cast, order, lines=2, update="1", refund_adjustment="-2.50", adjustment_reason="Scratched"
    )
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


def test_signing_out_and_in_again_brings_the_entries_of_both_steps_back(
    cast: Cast, bob: Client, order: Order
) -> None:
    typed = {"refund_adjustment": "-1.50", "adjustment_reason": "Box is missing"}
    step_two = bob.post(start_address(order), choices(cast, order, **typed)).url
    note = f"rma-{cast.northlight.pk}-note"
    bob.post(step_two, boxes(cast, back="1", **{note: "handle with care"}))

    assert bob.post(reverse("account_logout")).status_code == 302
    assert bob.get(start_address(order)).status_code == 302
    assert cast.bob.user is not None
    signed_in = {"login": cast.bob.user.email, "password": PASSWORD}
    assert bob.post(reverse("account_login"), signed_in).status_code == 302

    page = bob.get(start_address(order)).text
    for text in ("You began this return", 'value="2"', 'value="-1.50"', "Box is missing"):
        assert text in page
    assert "handle with care" in bob.get(step_two).text
    assert bob.post(step_two, boxes(cast)).status_code == 302
    assert returns_made(cast)[0].refund_total == Decimal("18.50")


# --- reasons ------------------------------------------------------------------------------------


def test_reasons_are_grouped_and_what_is_retired_is_not_offered(
    cast: Cast, bob: Client, order: Order
) -> None:
    with tenant(cast.acme.pk):
        size = ReturnReason.objects.get(label="Incorrect size")
        mind = ReturnReason.objects.get(label="Changed mind")
        small = add_reason(cast.alice, "Too small", parent_id=size.pk)
        change_reason(cast.alice, mind, ReasonEdit("Changed mind", is_offered=False))
    page = bob.get(start_address(order)).text
    assert '<optgroup label="Incorrect size">' in page
    assert f'<option value="{small.pk}">Too small</option>' in page
    assert f'<option value="{size.pk}">' not in page
    assert "Changed mind" not in page

    name = f"{first_line(cast, order)}-reason"
    for wrong in (size, mind):
        answer = bob.post(start_address(order), choices(cast, order, **{name: str(wrong.pk)}))
        assert answer.status_code == 422
        assert "is not one of the available choices" in answer.text
    right = bob.post(start_address(order), choices(cast, order, **{name: str(small.pk)}))
    assert right.status_code == 302


def test_a_reason_retired_meanwhile_leads_back_to_its_field(
    cast: Cast, bob: Client, order: Order
) -> None:
    chosen = choices(cast, order)
    step_two = bob.post(start_address(order), chosen).url
    with tenant(cast.acme.pk):
        reason = ReturnReason.objects.get(pk=chosen[f"{first_line(cast, order)}-reason"])
        change_reason(cast.alice, reason, ReasonEdit(reason.label, is_offered=False))
    back = bob.post(step_two, boxes(cast), follow=True)
    assert "is not one of the available choices" in back.text
    assert returns_made(cast) == []


# --- the refund ---------------------------------------------------------------------------------


def test_shipping_is_refunded_up_to_what_was_paid_for_it(cast: Cast, bob: Client) -> None:
    paid = shipped_order(
        cast.acme, Item(3, "10.00"), vendor=cast.northlight, shipping_paid=Decimal("4.95")
    )
    assert "at most £4.95" in bob.get(start_address(paid)).text

    wrong = bob.post(start_address(paid), choices(cast, paid, refund_shipping="4.96"))
    assert wrong.status_code == 422
    assert "At most 4.95 of the shipping can be refunded." in wrong.text
    live = choices(cast, paid, refund_shipping="4.00", update="1")
    assert "£24.00" in bob.post(start_address(paid), live).text

    step_two = bob.post(start_address(paid), choices(cast, paid, refund_shipping="4.00")).url
    assert "£24.00" in bob.get(step_two).text
    bob.post(step_two, boxes(cast))
    (made,) = returns_made(cast)
    assert (made.refund_items, made.refund_shipping, made.refund_total) == (20, 4, 24)
    assert "at most £0.95" in bob.get(start_address(paid)).text


def test_without_shipping_left_nobody_is_asked_for_it(
    cast: Cast, bob: Client, order: Order
) -> None:
    assert "refund_shipping" not in bob.get(start_address(order)).text
    posted = bob.post(start_address(order), choices(cast, order, refund_shipping="4.00"))
    bob.post(posted.url, boxes(cast))
    assert returns_made(cast)[0].refund_shipping == 0


def test_a_reseller_is_paid_back_or_gets_credit_once_it_is_applied(cast: Cast, bob: Client) -> None:
    reseller = ChannelFactory(merchant=cast.acme, kind="reseller")
    sold = shipped_order(cast.acme, Item(3, "10.00"), vendor=cast.northlight, channel=reseller)
    page = bob.get(start_address(sold)).text
    assert "Paid back to the reseller" in page
    assert "Reseller credit" in page

    silent = bob.post(start_address(sold), choices(cast, sold, apply_to_invoice="on"))
    assert silent.status_code == 422
    assert "Choose how the reseller gets the money." in silent.text
    odd = choices(cast, sold, apply_to_invoice="on", refund_method="channel")
    assert bob.post(start_address(sold), odd).status_code == 422

    chosen = choices(cast, sold, apply_to_invoice="on", refund_method="reseller_credit")
    bob.post(bob.post(start_address(sold), chosen).url, boxes(cast))
    with tenant(cast.acme.pk):
        entry = RefundEntry.objects.get()
    assert (entry.method, entry.amount) == ("reseller_credit", 20)


def test_standard_channels_are_not_asked_how(cast: Cast, bob: Client, order: Order) -> None:
    assert "refund_method" not in bob.get(start_address(order)).text


def test_an_adjustment_says_why(cast: Cast, bob: Client, order: Order) -> None:
    page = bob.post(start_address(order), choices(cast, order, refund_adjustment="-1.00"))
    assert page.status_code == 422
    assert "Say why the refund is adjusted." in page.text
    assert "The refund needs another look." in page.text


# --- where it goes ------------------------------------------------------------------------------


def test_step_two_tells_the_flow_the_rma_will_take(cast: Cast, bob: Client, order: Order) -> None:
    step_two = bob.post(start_address(order), choices(cast, order)).url
    assert "A new RMA waits until somebody processes it by hand." in bob.get(step_two).text
    with tenant(cast.acme.pk):
        Merchant.objects.filter(pk=cast.acme.pk).update(rma_auto_process=True)
    assert "A new RMA is handed to the vendor at once" in bob.get(step_two).text
    bob.post(step_two, boxes(cast))
    with tenant(cast.acme.pk):
        assert returns_made(cast)[0].rmas.get().status == "processed"


@pytest.mark.parametrize(
    ("typed", "arrives"),
    [
        ("1 Dock Road\r\nLeeds LS1 1AA", "9 Far Quay\nHull"),
        ("", "9 Far Quay\nHull"),
        ("77 My Street", "77 My Street"),
    ],
)
def test_a_chosen_entry_of_the_book_wins_over_a_text_nobody_changed(
    cast: Cast, bob: Client, order: Order, typed: str, arrives: str
) -> None:
    with tenant(cast.acme.pk):
        quay = add_address(cast.alice, AddressEdit("Quay", "9 Far Quay\nHull"))
        add_address(cast.alice, AddressEdit("Not his", "1 Other"), vendor_id=cast.paper.pk)
    step_two = bob.post(start_address(order), choices(cast, order)).url
    page = bob.get(step_two).text
    assert f'<option value="{quay.pk}">Quay</option>' in page
    assert "Not his" not in page

    name = f"rma-{cast.northlight.pk}"
    chosen = {f"{name}-address_book": str(quay.pk), f"{name}-return_address": typed}
    bob.post(step_two, boxes(cast, **chosen))
    with tenant(cast.acme.pk):
        assert returns_made(cast)[0].rmas.get().return_address == arrives


def test_an_address_is_saved_with_the_return_or_nothing_is(
    cast: Cast, sign_in: SignIn, order: Order
) -> None:
    alice = sign_in(cast.alice)
    with tenant(cast.acme.pk):
        add_address(cast.alice, AddressEdit("Annex", "1 Old"), vendor_id=cast.northlight.pk)
    step_two = alice.post(start_address(order), choices(cast, order)).url
    name = f"rma-{cast.northlight.pk}"
    box = {f"{name}-return_address": "5 Annex Road", f"{name}-save_address": "on"}

    taken = alice.post(step_two, boxes(cast, **box, **{f"{name}-address_label": "annex"}))
    assert taken.status_code == 409
    assert "The address book has “annex” already." in taken.text
    assert returns_made(cast) == []

    assert alice.post(step_two, boxes(cast, **box)).status_code == 302
    with tenant(cast.acme.pk):
        saved = ReturnAddress.objects.get(label="5 Annex Road")
        assert saved.vendor_id == cast.northlight.pk
        assert returns_made(cast)[0].rmas.get().return_address == "5 Annex Road"


def test_who_may_not_edit_settings_cannot_save_addresses(
    cast: Cast, bob: Client, order: Order
) -> None:
    step_two = bob.post(start_address(order), choices(cast, order)).url
    name = f"rma-{cast.northlight.pk}"
    assert f"{name}-save_address" not in bob.get(step_two).text
    assert bob.post(step_two, boxes(cast, **{f"{name}-save_address": "on"})).status_code == 403
    with tenant(cast.acme.pk):
        assert not ReturnAddress.objects.exists()
    assert returns_made(cast) == []


def test_a_line_with_nothing_left_names_the_return_that_took_it(
    cast: Cast, bob: Client, order: Order
) -> None:
    data = choices(cast, order, **{f"{first_line(cast, order)}-quantity": "3"})
    bob.post(bob.post(start_address(order), data).url, boxes(cast))
    (made,) = returns_made(cast)
    page = bob.get(start_address(order)).text
    assert "Nothing is left to return of this item." in page
    assert f'<a href="/m/acme/returns/{made.public_id}/">R-10001</a>.' in page
