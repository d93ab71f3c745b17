"""The tree of return reasons: adding, changing, moving, and what may be chosen (F8)."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.actor import Actor
from actions.reasons import ReasonEdit, add_reason, change_reason, move_reason
from actions.requests import LineRequest, ReturnRequest, RmaRequest
from actions.return_edits import LineEdit, ReturnEdit, edit_return
from actions.returns import create_return
from audit.models import Event
from core.errors import NotAllowed, Refused
from orders.models import Order
from returns.models import Return, ReturnReason
from returns.reasons import ReasonTree
from tests.cast import Cast
from tests.factories import made_return, shipped_order

pytestmark = pytest.mark.django_db


def reason(label: str) -> ReturnReason:
    return ReturnReason.objects.get(label=label)


def edit(found: ReturnReason, **changes: Any) -> ReasonEdit:
    """As the reason is, but for `changes`."""
    now = {"label": found.label, "parent_id": found.parent_id, "is_offered": found.is_active}
    return ReasonEdit(**{**now, **changes})


def send_back(actor: Actor, order: Order, chosen: ReturnReason) -> Return:
    """Return one unit of the order's line for that reason."""
    line = order.lines.get()
    vendor_id = line.fulfillment_request.vendor_id
    wanted = LineRequest(line.pk, 1, vendor_id, chosen.pk, "new")
    return create_return(actor, order, ReturnRequest([wanted], [RmaRequest(vendor_id)]))


# --- adding -------------------------------------------------------------------------------------


def test_the_code_is_made_from_the_label_once(at_acme: Cast) -> None:
    size = reason("Incorrect size")
    codes = [
        add_reason(at_acme.alice, label, parent_id=parent).code
        for label, parent in (
            ("Too small!", None),
            ("Too small", size.pk),
            ("  Too   SMALL ", reason("Changed mind").pk),
            ("寸法違い", None),
            ("x" * 80, None),
            ("X" * 79, None),
        )
    ]
    assert codes == [
        "too-small",
        "too-small-2",
        "too-small-3",
        "reason",
        "x" * 40,
        f"{'x' * 38}-2",
    ]
    renamed = change_reason(at_acme.alice, reason("Too small!"), ReasonEdit("Far too small"))
    assert (renamed.label, renamed.code) == ("Far too small", "too-small")


def test_a_new_one_is_the_last_of_its_row(at_acme: Cast) -> None:
    add_reason(at_acme.alice, "Late")
    assert ReasonTree.of(at_acme.alice).branches[-1].reason.label == "Late"
    assert Event.objects.get().verb == "reason.added"


@pytest.mark.parametrize(
    ("label", "field", "sentence"),
    [
        (" ", "label", "Enter what the reason is called."),
        ("x" * 81, "label", "at most 80 characters"),
        ("CHANGED mind", "label", "here already"),
    ],
)
def test_labels_that_are_refused(at_acme: Cast, label: str, field: str, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence) as refused:
        add_reason(at_acme.alice, label)
    assert refused.value.field == field
    assert not Event.objects.exists()


def test_the_tree_is_two_levels_deep(at_acme: Cast) -> None:
    size = reason("Incorrect size")
    small = add_reason(at_acme.alice, "Too small", parent_id=size.pk)
    with pytest.raises(Refused, match="stands under a heading itself"):
        add_reason(at_acme.alice, "By far", parent_id=small.pk)
    with pytest.raises(Refused, match="is a heading, so it stays"):
        change_reason(at_acme.alice, size, edit(size, parent_id=reason("Changed mind").pk))
    with pytest.raises(Refused, match="under itself"):
        change_reason(at_acme.alice, small, edit(small, parent_id=small.pk))
    with pytest.raises(Refused, match="that one is not there"):
        add_reason(at_acme.alice, "Nowhere", parent_id=10**9)


# --- what may be chosen -------------------------------------------------------------------------


def test_headings_and_retired_reasons_cannot_be_chosen(at_acme: Cast) -> None:
    order = shipped_order(at_acme.acme, vendor=at_acme.northlight)
    size, mind = reason("Incorrect size"), reason("Changed mind")
    small = add_reason(at_acme.alice, "Too small", parent_id=size.pk)
    change_reason(at_acme.alice, mind, edit(mind, is_offered=False))

    for wrong, sentence in (
        (size, "“Incorrect size” is a heading. Choose one of the reasons under it."),
        (mind, "“Changed mind” is no longer offered. Choose another reason."),
    ):
        with pytest.raises(Refused) as refused:
            send_back(at_acme.bob, order, wrong)
        assert refused.value.message == sentence
        assert refused.value.field == f"line-{order.lines.get().pk}-reason"
    assert not Return.objects.exists()
    assert send_back(at_acme.bob, order, small).lines.get().reason == small


def test_what_stands_under_a_retired_heading_is_retired_too(at_acme: Cast) -> None:
    order = shipped_order(at_acme.acme, vendor=at_acme.northlight)
    size = reason("Incorrect size")
    small = add_reason(at_acme.alice, "Too small", parent_id=size.pk)
    change_reason(at_acme.alice, size, edit(size, is_offered=False))
    with pytest.raises(Refused, match="no longer offered"):
        send_back(at_acme.bob, order, small)
    with pytest.raises(Refused, match="Offer it again first"):
        add_reason(at_acme.alice, "Too big", parent_id=size.pk)
    change_reason(at_acme.alice, size, edit(reason("Incorrect size"), is_offered=True))
    assert send_back(at_acme.bob, order, small).pk
    verbs = Event.objects.filter(noun="returnreason").order_by("id")
    assert list(verbs.values_list("verb", flat=True)) == [
        "reason.added",
        "reason.retired",
        "reason.offered",
    ]


def test_a_return_keeps_its_retired_reason_but_takes_no_other_one(at_acme: Cast) -> None:
    made = made_return(at_acme.bob, shipped_order(at_acme.acme, vendor=at_acme.northlight))
    line = made.lines.get()
    size, mind = reason("Incorrect size"), reason("Changed mind")
    for one in {size, mind, line.reason}:
        change_reason(at_acme.alice, one, edit(one, is_offered=False))

    def edited(reason_id: int) -> ReturnEdit:
        lines = {line.pk: LineEdit(reason_id, "used", line.refund)}
        return ReturnEdit(made.refund_adjustment, "", made.refund_shipping, "Seen", lines)

    edit_return(at_acme.bob, made, edited(line.reason_id))
    other = size if line.reason_id != size.pk else mind
    with pytest.raises(Refused, match="no longer offered"):
        edit_return(at_acme.bob, made, edited(other.pk))


def test_one_reason_always_stays_to_be_chosen(at_acme: Cast) -> None:
    *others, last = ReturnReason.objects.order_by("position")
    for one in others:
        change_reason(at_acme.alice, one, edit(one, is_offered=False))
    with pytest.raises(Refused, match="no return could be made"):
        change_reason(at_acme.alice, last, edit(last, is_offered=False))
    last.refresh_from_db()
    assert last.is_active


def test_the_choices_of_a_form_are_grouped_by_heading(at_acme: Cast) -> None:
    size, mind = reason("Incorrect size"), reason("Changed mind")
    small = add_reason(at_acme.alice, "Too small", parent_id=size.pk)
    big = add_reason(at_acme.alice, "Too big", parent_id=size.pk)
    change_reason(at_acme.alice, mind, edit(mind, is_offered=False))
    choices = dict(ReasonTree.of(at_acme.alice).choices())
    assert choices["Incorrect size"] == [(str(small.pk), "Too small"), (str(big.pk), "Too big")]
    assert str(mind.pk) not in choices
    assert choices[str(reason("Incorrect item").pk)] == "Incorrect item"


# --- order --------------------------------------------------------------------------------------


def test_reasons_change_places_with_their_neighbours(at_acme: Cast) -> None:
    def row() -> list[str]:
        return [branch.reason.label for branch in ReasonTree.of(at_acme.alice).branches]

    before = row()
    move_reason(at_acme.alice, reason(before[0]), up=False)
    assert row() == [before[1], before[0], *before[2:]]
    with pytest.raises(Refused, match="is first already"):
        move_reason(at_acme.alice, reason(before[1]), up=True)
    with pytest.raises(Refused, match="is last already"):
        move_reason(at_acme.alice, reason(before[-1]), up=False)
    assert [event.verb for event in Event.objects.all()] == ["reason.moved"]


def test_only_owner_and_manager_may(at_acme: Cast) -> None:
    one = reason("Changed mind")
    for verb in (
        lambda: add_reason(at_acme.bob, "Late"),
        lambda: change_reason(at_acme.bob, one, ReasonEdit("Other")),
        lambda: move_reason(at_acme.bob, one, up=True),
    ):
        with pytest.raises(NotAllowed):
            verb()
    assert not Event.objects.exists()
