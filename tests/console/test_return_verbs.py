"""The verbs of a return over HTTP: done once, refused in a sentence, late versions (F8, F12)."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from actions.returns import cancel_return, close_return, reopen_return
from audit.models import Event
from orders.models import Order, OrderLine
from returns.models import RefundEntry, Return, ReturnReason
from tests.cast import Cast, SignIn
from tests.console.desk import address, form, send, two_of_each
from tests.factories import ChannelFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def bob(at_acme: Cast, sign_in: SignIn) -> Client:
    return sign_in(at_acme.bob)


@pytest.fixture
def found(at_acme: Cast) -> Return:
    return two_of_each(at_acme, approve=True)


def undo_in(page: str) -> str:
    """The address behind Undo, or ""."""
    link = re.search(r'<a href="([^"]*)">Undo</a>', page)
    return link[1] if link else ""


# --- close, re-open, cancel, un-cancel ----------------------------------------------------------


@pytest.mark.parametrize(
    ("verb", "reverse", "status"),
    [("close", "reopen", "closed"), ("cancel", "uncancel", "canceled")],
)
def test_a_verb_is_previewed_done_once_and_can_be_undone(
    at_acme: Cast, bob: Client, found: Return, verb: str, reverse: str, status: str
) -> None:
    page = bob.get(address(found, verb))
    assert f"Bob Ono {status} the return" in page.text
    found.refresh_from_db()
    assert found.status == "open", "a preview changes nothing"

    sent = form(found, note="As agreed by phone")
    for _click in range(2):
        answer = bob.post(address(found, verb), sent)
        assert answer.url == address(found)
    found.refresh_from_db()
    assert found.status == status
    event = Event.objects.filter(verb=f"return.{status}").get()
    assert event.data["note"] == "As agreed by phone"

    after = bob.get(address(found)).text
    assert "As agreed by phone" in after
    assert undo_in(after) == address(found, reverse)
    assert bob.get(undo_in(after)).status_code == 200
    assert send(bob, found, reverse).status_code == 302
    found.refresh_from_db()
    assert found.status == "open"
    assert undo_in(bob.get(address(found)).text) == address(found, verb)


def test_undo_is_not_offered_to_whom_may_not_undo(
    at_acme: Cast, sign_in: SignIn, found: Return
) -> None:
    fay = sign_in(at_acme.fay)
    send(fay, found, "close")
    assert undo_in(fay.get(address(found)).text) == address(found, "reopen")
    assert fay.get(address(found, "uncancel")).status_code == 403


@pytest.mark.parametrize("verb", ["close", "cancel"])
def test_who_is_late_reads_who_was_quicker_and_keeps_the_note(
    at_acme: Cast, bob: Client, found: Return, verb: str
) -> None:
    late = form(found, note="My words")
    close_return(at_acme.alice, found)
    answer = bob.post(address(found, verb), late)
    assert answer.status_code == 409
    assert "Alice Owner closed the return" in answer.text
    assert "Nothing of yours was saved." in answer.text
    found.refresh_from_db()
    reopen_return(at_acme.alice, found)
    answer = bob.post(address(found, verb), late)
    assert answer.status_code == 409
    assert "Alice Owner re-opened the return" in answer.text
    assert "My words" in answer.text
    found.refresh_from_db()
    assert f'name="version" value="{found.version}"' in answer.text
    late["version"] = found.version
    assert bob.post(address(found, verb), late).status_code == 302


@pytest.mark.parametrize(
    ("verb", "sentence"),
    [
        ("reopen", "Only a closed return can be re-opened; this one is open."),
        ("uncancel", "Only a canceled return can be un-canceled; this one is open."),
    ],
)
def test_a_verb_of_another_status_says_so_on_its_page(
    bob: Client, found: Return, verb: str, sentence: str
) -> None:
    page = bob.get(address(found, verb))
    assert page.status_code == 200
    assert sentence in page.text
    assert 'name="key"' not in page.text
    assert send(bob, found, verb).status_code == 409


def test_a_return_whose_units_went_elsewhere_stays_canceled(
    at_acme: Cast, bob: Client, found: Return
) -> None:
    cancel_return(at_acme.bob, found)
    OrderLine.objects.filter(order=found.order).update(returned_quantity=2)
    OrderLine.objects.filter(order=found.order, quantity=4).update(returned_quantity=3)
    page = bob.get(address(found, "uncancel")).text
    assert "Only 1 of 4 is left to return." in page


# --- edit ---------------------------------------------------------------------------------------


def edit_of(found: Return, **changes: Any) -> dict[str, Any]:
    """The edit form as it is handed out; changes name fields, those of lines by their title."""
    typed = {
        "refund_shipping": "0.00",
        "refund_adjustment": "0.00",
        "adjustment_reason": "",
        "return_note": "",
    }
    for line in found.lines.select_related("order_line"):
        for name, value in (
            ("reason", str(line.reason_id)),
            ("condition", line.condition),
            ("refund", f"{line.refund:.2f}"),
        ):
            typed[f"edit-{line.pk}-{name}"] = changes.pop(f"{line.order_line.title}_{name}", value)
    return {**typed, **changes}


def test_the_edit_form_shows_the_return_and_the_ceilings(bob: Client, found: Return) -> None:
    page = bob.get(address(found, "edit")).text
    assert "at most £20.00" in page
    assert "at most £10.00" in page
    assert "At most £0.00" in page
    assert 'value="20.00"' in page


def test_bob_edits_a_return_and_the_difference_is_outstanding(
    at_acme: Cast, bob: Client, found: Return
) -> None:
    late = ReturnReason.objects.get(merchant=at_acme.acme, code="late-arrival")
    Order.objects.filter(pk=found.order_id).update(shipping_paid=4)
    send(bob, found, "refund")
    typed = edit_of(
        found,
        Lantern_reason=str(late.pk),
        Lantern_condition="damaged",
        Lantern_refund="£15,50",
        refund_shipping="3.90",
        refund_adjustment="−1.40",
        adjustment_reason="Scratched",
        return_note="Call first",
    )
    assert send(bob, found, "edit", **typed, note="Second look").status_code == 302
    found.refresh_from_db()
    assert (found.refund_items, found.refund_total, found.refund_open) == (
        Decimal("25.50"),
        Decimal("28.00"),
        Decimal("-2.00"),
    )
    assert (found.note, found.adjustment_reason) == ("Call first", "Scratched")
    line = found.lines.get(order_line__title="Lantern")
    assert (line.reason, line.condition) == (late, "damaged")
    page = bob.get(address(found)).text
    assert "refund 30.00 → 28.00 GBP" in page
    assert "Second look" in page


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"Lantern_refund": "20.01"}, "At most 20.00 can be refunded."),
        ({"Lantern_refund": "-1"}, "A refund cannot be negative."),
        ({"Lantern_refund": "lots"}, "Enter an amount, such as 12.50."),
        ({"Lantern_refund": "1.999"}, "finer than GBP is paid in"),
        ({"Lantern_condition": "wet"}, "Select a valid choice"),
        ({"Lantern_reason": ""}, "Choose a reason."),
        ({"refund_shipping": "1"}, "At most 0.00 of the shipping can be refunded."),
        ({"refund_adjustment": "-31"}, "Take off at most 30.00."),
        ({"refund_adjustment": "21", "adjustment_reason": "Kind"}, "50.00 is left."),
        ({"refund_adjustment": "-1"}, "Say why the refund is adjusted."),
        ({"refund_adjustment": "NaN"}, "Enter an amount, such as -2.00."),
    ],
)
def test_what_is_wrong_stands_at_its_field_and_what_was_typed_stays(
    bob: Client, found: Return, changes: dict[str, str], sentence: str
) -> None:
    answer = send(bob, found, "edit", **edit_of(found, return_note="Kept words", **changes))
    assert answer.status_code in (409, 422)
    errors = re.findall(r'class="field__error".*?</div>', answer.text, re.DOTALL)
    assert len(errors) == 1
    assert sentence in errors[0]
    assert "Kept words" in answer.text
    found.refresh_from_db()
    assert (found.version, found.refund_total) == (1, 30)


def test_an_edit_that_is_late_is_kept_but_not_saved(
    at_acme: Cast, bob: Client, found: Return
) -> None:
    late = form(found, **edit_of(found, Lantern_refund="12.00"))
    send(bob, found, "refund")
    answer = bob.post(address(found, "edit"), late)
    assert answer.status_code == 409
    assert "applied a refund of 30.00 GBP" in answer.text
    assert 'value="12.00"' in answer.text
    found.refresh_from_db()
    assert found.refund_items == 30


def test_a_closed_return_is_not_edited(at_acme: Cast, bob: Client, found: Return) -> None:
    close_return(at_acme.bob, found)
    assert "Re-open it before editing." in bob.get(address(found, "edit")).text
    assert send(bob, found, "edit", **edit_of(found)).status_code == 409


def test_reasons_are_grouped_and_retired_ones_are_not_offered(
    at_acme: Cast, bob: Client, found: Return
) -> None:
    parent = ReturnReason.objects.create(merchant=at_acme.acme, code="size", label="Size")
    for code, label, offered in (("wide", "Too wide", True), ("tall", "Too tall", False)):
        ReturnReason.objects.create(
            merchant=at_acme.acme, code=code, label=label, parent=parent, is_active=offered
        )
    page = bob.get(address(found, "edit")).text
    assert '<optgroup label="Size">' in page
    assert "Too wide" in page
    assert "Too tall" not in page
    assert not re.search(rf'<option value="{parent.pk}"', page)


# --- sync refund --------------------------------------------------------------------------------


def test_sync_refund_shows_the_balance_before_and_after_and_applies_once(
    bob: Client, found: Return
) -> None:
    page = re.sub(r"\s+", " ", bob.get(address(found, "refund")).text)
    assert "Outstanding, applied now</dt><dd>+£30.00" in page
    assert "now</dt><dd>£50.00" in page
    assert "Net balance afterwards</dt><dd>£20.00" in page
    assert "How the reseller gets the money" not in page
    sent = form(found, note="Paid on Tuesday")
    for _click in range(2):
        assert bob.post(address(found, "refund"), sent).url == address(found)
    entry = RefundEntry.objects.get(customer_return=found)
    assert (entry.amount, entry.method, entry.note) == (30, "channel", "Paid on Tuesday")
    again = bob.get(address(found, "refund")).text
    assert "Nothing is outstanding" in again
    assert send(bob, found, "refund").status_code == 409
    assert RefundEntry.objects.count() == 1


@pytest.mark.parametrize(
    ("method", "label"),
    [("paid_back", "Paid back to the reseller"), ("reseller_credit", "Reseller credit")],
)
def test_a_reseller_is_paid_back_or_gets_a_credit(
    at_acme: Cast, bob: Client, method: str, label: str
) -> None:
    channel = ChannelFactory(merchant=at_acme.acme, kind="reseller")
    found = two_of_each(at_acme, order={"channel": channel})
    page = bob.get(address(found, "refund")).text
    assert "Pay back: the money goes back to the reseller" in page
    missing = send(bob, found, "refund", note="Kept words")
    assert missing.status_code == 422
    assert "Choose how the reseller gets the money." in missing.text
    assert "Kept words" in missing.text
    assert send(bob, found, "refund", method="channel").status_code == 422
    assert not RefundEntry.objects.exists()
    assert send(bob, found, "refund", method=method).status_code == 302
    assert RefundEntry.objects.get().method == method
    assert label in bob.get(address(found)).text


def test_two_refunds_at_once_are_one(at_acme: Cast, bob: Client, found: Return) -> None:
    first, second = form(found), form(found)
    assert bob.post(address(found, "refund"), first).status_code == 302
    late = bob.post(address(found, "refund"), second)
    assert late.status_code == 409
    assert "applied a refund of 30.00 GBP" in late.text
    assert RefundEntry.objects.count() == 1


def test_money_is_not_for_the_warehouse(at_acme: Cast, sign_in: SignIn, found: Return) -> None:
    wendy = sign_in(at_acme.wendy)
    for verb in ("refund", "edit", "close", "cancel", "reopen", "uncancel", "rma"):
        assert wendy.get(address(found, verb)).status_code == 403, verb
        assert send(wendy, found, verb).status_code == 403, verb
    assert not RefundEntry.objects.exists()
