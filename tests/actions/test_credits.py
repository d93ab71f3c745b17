"""Sync Credit: what the vendor gives back, never above cost plus allowed adjustment (F12)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal as D
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from actions.credits import ReceivedCredit, record_credit, settle_credit, sync_credit
from actions.requests import LineRequest, ReturnRequest, RmaRequest
from actions.returns import close_return, create_return
from actions.rma_changes import RmaEdit, cancel_rma, edit_rma
from actions.rmas import LineDecision, approve_rma, decide_rma, deny_rma, reopen_rma
from audit.models import Event
from core.errors import NotAllowed, Stale
from rmas.models import CreditEntry, Rma
from rmas.states import MOVES, RmaStatus
from tests.actions.steps import a_reason, changes_nothing, only_who_may, refused, rma_in
from tests.cast import Cast
from tests.factories import Item, shipped_order

pytestmark = pytest.mark.django_db


def asked(cast: Cast, units: int = 2, *, of: int = 4, cost: str = "4.00", **rma: Any) -> Rma:
    """An RMA for `units` of a line of `of`, at `cost` each."""
    fields = {"currency": rma.pop("currency", "GBP")}
    order = shipped_order(cast.acme, Item(of, "1000"), vendor=cast.northlight, **fields)
    line = LineRequest(
        order.lines.get().pk, units, cast.northlight.pk, a_reason(cast).pk, "new", unit_cost=D(cost)
    )
    request = ReturnRequest([line], [RmaRequest(cast.northlight.pk, **rma)])
    return create_return(cast.bob, order, request).rmas.get()


def edit(rma: Rma, **changes: Any) -> RmaEdit:
    """The edit that changes nothing but `changes`; `cost` is the per-unit cost of every line."""
    lines = [line.pk for line in rma.lines.all()]
    costs = {pk: D(changes.pop("cost")) for pk in lines} if "cost" in changes else {}
    same = RmaEdit(rma.return_address, rma.note, rma.credit_adjustment, {}, costs)
    return replace(same, **changes)


def amounts(rma: Rma) -> list[D]:
    return [entry.amount for entry in rma.credit_entries.order_by("pk")]


def test_the_cost_of_approved_units_and_the_adjustment_are_recorded_once(at_acme: Cast) -> None:
    rma = asked(at_acme, 3, credit_adjustment=D("-1.50"))
    decide_rma(at_acme.bob, rma, {rma.lines.get().pk: LineDecision(2, 1, "misuse")})

    entry = sync_credit(at_acme.fay, rma, reference="CN-7", note="by post")

    rma.refresh_from_db()
    assert (entry.amount, entry.currency, entry.reference) == (D("6.50"), "GBP", "CN-7")
    assert entry.entered_by == at_acme.fay.user
    assert (rma.credited, rma.credit_open) == (D("6.50"), 0)
    event = Event.objects.get(verb="credit.applied")
    assert event.data == {
        "number": rma.number,
        "vendor": "Northlight Lamps",
        "amount": "6.50 GBP",
        "reference": "CN-7",
        "note": "by post",
    }
    refused(lambda: sync_credit(at_acme.fay, rma), "of 6.50 GBP is recorded already")


def test_nothing_is_expected_before_units_are_approved(at_acme: Cast) -> None:
    rma = asked(at_acme, credit_adjustment=D("5.00"))
    refused(lambda: sync_credit(at_acme.fay, rma), "No credit is expected")
    deny_rma(at_acme.bob, rma, reason="misuse")
    refused(lambda: sync_credit(at_acme.fay, rma), "No credit is expected")


def test_goods_without_a_cost_bring_the_agreed_adjustment_only(at_acme: Cast) -> None:
    """A value of zero brings no credit and no entry (known figure 17)."""
    rma = asked(at_acme, cost="0")
    approve_rma(at_acme.bob, rma)
    refused(lambda: sync_credit(at_acme.fay, rma), "No credit is expected")
    edit_rma(at_acme.bob, rma, edit(rma, credit_adjustment=D("5.00")))
    assert sync_credit(at_acme.fay, rma).amount == D("5.00")
    rma.refresh_from_db()
    assert (rma.credit_expected, rma.credit_open) == (D("5.00"), 0)


@pytest.mark.parametrize(
    ("currency", "cost", "units", "credit"),
    [
        ("GBP", "782.4175", 2, "1564.84"),
        ("JPY", "33.5", 1, "34"),
        ("KWD", "0.3335", 1, "0.334"),
        ("GBP", "0.0049", 1, None),
    ],
)
def test_a_credit_is_rounded_once_to_what_can_be_paid(
    at_acme: Cast, currency: str, cost: str, units: int, credit: str | None
) -> None:
    """Four that cost 3129.67, two of them back: 1564.84 (known figure 17)."""
    rma = asked(at_acme, units, cost=cost, currency=currency)
    approve_rma(at_acme.bob, rma)
    if credit is None:
        refused(lambda: sync_credit(at_acme.fay, rma), "No credit is expected")
    else:
        assert sync_credit(at_acme.fay, rma).amount == D(credit)
    rma.refresh_from_db()
    assert rma.credit_open == 0


def test_a_lower_adjustment_is_taken_back_by_the_next_sync(at_acme: Cast) -> None:
    rma = asked(at_acme)
    approve_rma(at_acme.bob, rma)
    sync_credit(at_acme.fay, rma)
    edit_rma(at_acme.bob, rma, edit(rma, credit_adjustment=D("-3.00")))
    sync_credit(at_acme.fay, rma)
    rma.refresh_from_db()
    assert (amounts(rma), rma.credited) == ([D("8.00"), D("-3.00")], D("5.00"))


def test_an_adjustment_below_the_cost_leaves_nothing_and_not_less(at_acme: Cast) -> None:
    rma = asked(at_acme, credit_adjustment=D("-99.00"))
    approve_rma(at_acme.bob, rma)
    refused(lambda: sync_credit(at_acme.fay, rma), "No credit is expected")


@pytest.mark.parametrize(
    ("changes", "left"),
    [
        ({"credit_adjustment": D(0)}, "8.00"),
        ({"credit_adjustment": D(-8)}, "0"),
        ({"credit_adjustment": D("5.00"), "cost": "1.00"}, "7.00"),
    ],
)
def test_an_edit_below_what_was_credited_takes_the_excess_back_at_once(
    at_acme: Cast, changes: dict[str, Any], left: str
) -> None:
    """Otherwise a raised adjustment, once credited, could never be lowered again."""
    rma = asked(at_acme, credit_adjustment=D("5.00"))
    approve_rma(at_acme.bob, rma)
    sync_credit(at_acme.fay, rma)

    edit_rma(at_acme.bob, rma, edit(rma, **changes))

    rma.refresh_from_db()
    assert amounts(rma) == [D("13.00"), D(left) - 13]
    assert (rma.credited, rma.credit_open) == (D(left), 0)
    assert list(Event.objects.order_by("-pk").values_list("verb", flat=True)[:2]) == [
        "rma.edited",
        "credit.applied",
    ]


def test_who_may_not_record_credits_cannot_take_one_back_by_an_edit(
    at_acme: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    rma = asked(at_acme, credit_adjustment=D("5.00"))
    approve_rma(at_acme.bob, rma)
    sync_credit(at_acme.fay, rma)
    monkeypatch.setattr(
        type(at_acme.bob), "may", lambda actor, permission: permission != "credit.apply"
    )
    with changes_nothing(), pytest.raises(NotAllowed):
        edit_rma(at_acme.bob, rma, edit(rma, credit_adjustment=D(0)))


def test_what_was_credited_keeps_the_rma(at_acme: Cast) -> None:
    rma = asked(at_acme)
    approve_rma(at_acme.bob, rma)
    sync_credit(at_acme.fay, rma)
    for verb in (cancel_rma, reopen_rma):
        refused(lambda verb=verb: verb(at_acme.bob, rma), "A credit of 8.00 GBP has been recorded")

    edit_rma(at_acme.bob, rma, edit(rma, credit_adjustment=D("-8.00")))
    sync_credit(at_acme.fay, rma)
    cancel_rma(at_acme.bob, rma)
    rma.refresh_from_db()
    assert (rma.status, rma.credited, amounts(rma)) == ("canceled", 0, [D("8.00"), D("-8.00")])


def test_a_credit_may_come_after_the_return_is_closed(at_acme: Cast) -> None:
    rma = asked(at_acme)
    approve_rma(at_acme.bob, rma)
    close_return(at_acme.bob, rma.customer_return)
    assert sync_credit(at_acme.fay, rma).amount == D("8.00")


@pytest.mark.parametrize("status", sorted(set(RmaStatus) - MOVES["sync_credit"].sources))
def test_ended_rmas_bring_no_credit(at_acme: Cast, status: str) -> None:
    rma = rma_in(at_acme, status)
    refused(lambda: sync_credit(at_acme.fay, rma), "so the vendor owes nothing for it")


def test_a_version_that_is_not_the_latest_is_refused(at_acme: Cast) -> None:
    rma = asked(at_acme)
    approve_rma(at_acme.bob, rma)
    with changes_nothing(), pytest.raises(Stale):
        sync_credit(at_acme.fay, rma, version=1)
    sync_credit(at_acme.fay, rma, version=2)
    rma.refresh_from_db()
    assert rma.version == 3


def test_roles(at_acme: Cast) -> None:
    rma = rma_in(at_acme, "approved")
    only_who_may(at_acme, "credit.apply", lambda actor: sync_credit(actor, rma))


def test_one_vendors_credit_never_spends_anothers(at_acme: Cast) -> None:
    """Each RMA has its own cost and cap, whatever the order was worth (known figure 18)."""
    order = shipped_order(at_acme.acme, Item(1, "100"), Item(1, "900"), vendor=at_acme.northlight)
    first, second = order.lines.order_by("position")
    reason = a_reason(at_acme).pk
    lines = [
        LineRequest(first.pk, 1, at_acme.northlight.pk, reason, "new", unit_cost=D("60.00")),
        LineRequest(second.pk, 1, at_acme.paper.pk, reason, "new", unit_cost=D("500.00")),
    ]
    rmas = {
        rma.vendor_id: rma
        for rma in create_return(at_acme.bob, order, ReturnRequest(lines)).rmas.all()
    }
    for rma in rmas.values():
        approve_rma(at_acme.bob, rma)
    assert sync_credit(at_acme.fay, rmas[at_acme.northlight.pk]).amount == D("60.00")
    refused(lambda: sync_credit(at_acme.fay, rmas[at_acme.northlight.pk]), "recorded already")
    assert sync_credit(at_acme.fay, rmas[at_acme.paper.pk]).amount == D("500.00")
    assert CreditEntry.objects.count() == 2


def note(amount: str, number: str = "CN-7", **more: Any) -> ReceivedCredit:
    """A credit note of the vendor."""
    return ReceivedCredit(D(amount), number, more.pop("dated", date(2026, 1, 2)), **more)


def approved(cast: Cast, units: int = 3) -> Rma:
    """An approved RMA for units of 4.00."""
    rma = asked(cast, units)
    approve_rma(cast.bob, rma)
    rma.refresh_from_db()
    return rma


def test_what_is_expected_is_kept_with_the_rma_whatever_is_decided(at_acme: Cast) -> None:
    rma = asked(at_acme, 3)
    assert rma.credit_expected == 0
    line = rma.lines.get()
    decide_rma(at_acme.bob, rma, {line.pk: LineDecision(2, 1, "misuse")})
    rma.refresh_from_db()
    assert rma.credit_expected == D("8.00")
    edit_rma(at_acme.bob, rma, edit(rma, credit_adjustment=D("-0.50")))
    rma.refresh_from_db()
    assert rma.credit_expected == D("7.50")
    cancel = asked(at_acme, 1, approve=True)
    assert cancel.credit_expected == D("4.00")
    cancel_rma(at_acme.bob, cancel)
    cancel.refresh_from_db()
    assert cancel.credit_expected == 0


def test_credit_notes_come_in_parts_with_number_date_and_file(at_acme: Cast) -> None:
    rma = approved(at_acme)
    paper = SimpleUploadedFile("../CN 7.pdf", b"%PDF-1.7 credit note")
    entry = record_credit(at_acme.fay, rma, note("5.00", file=paper), note="by post")
    assert (entry.amount, entry.reference, entry.dated) == (D("5.00"), "CN-7", date(2026, 1, 2))
    assert (entry.file_name, entry.content_type) == ("CN 7.pdf", "application/pdf")
    rma.refresh_from_db()
    assert (rma.credited, rma.credit_open) == (D("5.00"), D("7.00"))
    record_credit(at_acme.fay, rma, note("7.00", "CN-8"))
    rma.refresh_from_db()
    assert (rma.credited, rma.credit_open) == (D("12.00"), 0)
    refused(lambda: record_credit(at_acme.fay, rma, note("0.01", "CN-9")), "recorded already")


@pytest.mark.parametrize(
    ("received", "sentence", "field"),
    [
        (note("12.01"), "Only 12.00 GBP is open", "amount"),
        (note("0"), "above zero", "amount"),
        (note("-1"), "above zero", "amount"),
        (note("1.001"), "no such small amounts", "amount"),
        (note("1", "CN-1"), "CN-1 is recorded", "credit_number"),
        (note("1", " "), "Enter the number", "credit_number"),
        (note("1", dated=date(2999, 1, 1)), "has not come", "dated"),
    ],
    ids=["too much", "nothing", "negative", "too small", "twice", "no number", "tomorrow"],
)
def test_a_credit_note_that_cannot_be_is_refused_at_its_field(
    at_acme: Cast, received: ReceivedCredit, sentence: str, field: str
) -> None:
    rma = approved(at_acme, 4)
    record_credit(at_acme.fay, rma, note("4", "CN-1"))
    with changes_nothing():
        found = refused(lambda: record_credit(at_acme.fay, rma, received), sentence)
    assert found.field == field


def test_a_file_that_is_no_paper_is_refused_and_no_credit_is_kept(at_acme: Cast) -> None:
    rma = approved(at_acme)
    paper = SimpleUploadedFile("note.pdf", b"PK\x03\x04 not a pdf")
    with changes_nothing():
        refused(lambda: record_credit(at_acme.fay, rma, note("1", file=paper)), "Only photos")


def test_a_settled_difference_stays_beside_what_was_expected(at_acme: Cast) -> None:
    rma = approved(at_acme)
    record_credit(at_acme.fay, rma, note("10.00"))
    refused(lambda: settle_credit(at_acme.fay, rma, reason=" "), "Say why")
    variance = settle_credit(at_acme.fay, rma, reason="Restocking fee of the vendor")
    assert (variance.amount, variance.reason) == (D("2.00"), "Restocking fee of the vendor")
    rma.refresh_from_db()
    assert (rma.credit_expected, rma.credited, rma.credit_variance, rma.credit_open) == (
        D("12.00"),
        D("10.00"),
        D("2.00"),
        0,
    )
    refused(lambda: settle_credit(at_acme.fay, rma, reason="again"), "has been settled")
    refused(lambda: sync_credit(at_acme.fay, rma), "has been settled")
    edit_rma(at_acme.bob, rma, edit(rma, cost="5.00"))
    rma.refresh_from_db()
    assert rma.credit_open == D("3.00"), "a later change opens only what it changes"


def test_only_who_may_apply_credits_records_or_settles_them(at_acme: Cast) -> None:
    rma = approved(at_acme)
    for verb in (
        lambda actor: record_credit(actor, rma, note("1")),
        lambda actor: settle_credit(actor, rma, reason="no"),
    ):
        with changes_nothing(), pytest.raises(NotAllowed):
            verb(at_acme.wendy)
    record_credit(at_acme.fay, rma, note("1"))
    settle_credit(at_acme.fay, rma, reason="agreed by phone")
