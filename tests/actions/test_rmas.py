"""Deciding RMAs: approve, deny, per line, and taking a decision back (F9, F10, F11)."""

from __future__ import annotations

import pytest

from accounts.permissions import PERMISSIONS, Role
from actions.credits import sync_credit
from actions.requests import FurtherRma, RmaRequest
from actions.returns import close_return
from actions.rma_changes import cancel_rma, process_rma
from actions.rma_requests import create_rma
from actions.rmas import LineDecision, approve_rma, decide_rma, deny_rma, reopen_rma
from actions.shipments import ShipmentRequest, add_shipment
from audit.models import Event
from core.errors import NotAllowed, Refused, Stale
from rmas.models import Rma, RmaLine
from tests.actions.steps import changes_nothing, refused, rma_in
from tests.cast import Cast
from tests.factories import Item, made_return, shipped_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def rma(at_acme: Cast) -> Rma:
    """Two of three and two of two, asked for at Northlight."""
    order = shipped_order(at_acme.acme, Item(3), Item(2), vendor=at_acme.northlight)
    return made_return(at_acme.bob, order, units=2).rmas.get()


def lines_of(rma: Rma) -> list[RmaLine]:
    return list(rma.lines.order_by("pk"))


def decisions(rma: Rma, *pairs: tuple[int, int]) -> dict[int, LineDecision]:
    return {
        line.pk: LineDecision(approved, denied, "misuse" if denied else "")
        for line, (approved, denied) in zip(lines_of(rma), pairs, strict=False)
    }


# --- approve and deny ---------------------------------------------------------------------------


def test_bob_approves_all_units(at_acme: Cast, rma: Rma) -> None:
    approve_rma(at_acme.bob, rma, version=1, note="as agreed by phone")

    rma.refresh_from_db()
    assert (rma.status, rma.approved_units, rma.denied_units) == ("approved", 4, 0)
    assert [line.approved for line in lines_of(rma)] == [2, 2]
    assert rma.decided_by == at_acme.bob.user
    assert rma.decided_at is not None
    made = rma.customer_return
    made.refresh_from_db()
    assert (made.rma_summary, made.approved_units, made.waits_on) == ("approved", 4, "customer")
    event = Event.objects.get(verb="rma.approved")
    assert event.data["note"] == "as agreed by phone"


def test_bob_denies_all_units_with_a_reason(at_acme: Cast, rma: Rma) -> None:
    deny_rma(at_acme.bob, rma, reason="too_late")
    rma.refresh_from_db()
    assert (rma.status, rma.approved_units, rma.denied_units) == ("denied", 0, 4)
    assert {line.deny_reason for line in lines_of(rma)} == {"too_late"}
    made = rma.customer_return
    made.refresh_from_db()
    assert (made.rma_summary, made.denied_units, made.waits_on) == ("denied", 4, "merchant")
    assert {line.unrequested for line in made.lines.all()} == {2}
    assert Event.objects.get(verb="rma.denied").data["reason"] == "The return window is over"


def test_a_denial_needs_one_of_the_reasons(at_acme: Cast, rma: Rma) -> None:
    for reason in ("", "because"):
        refused(
            lambda reason=reason: deny_rma(at_acme.bob, rma, reason=reason),
            "Choose why the RMA is denied.",
            "reason",
        )


def test_approving_moves_no_money_and_no_goods(at_acme: Cast, rma: Rma) -> None:
    approve_rma(at_acme.bob, rma)
    made = rma.customer_return
    made.refresh_from_db()
    assert (made.refunded, made.shipped_units, made.received_units) == (0, 0, 0)
    assert not rma.credit_entries.exists()


# --- per line -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pairs", "status", "summary"),
    [
        ([(2, 0), (2, 0)], "approved", "approved"),
        ([(0, 2), (0, 2)], "denied", "denied"),
        ([(2, 0), (0, 2)], "partially_approved", "partially_approved"),
        ([(1, 1), (1, 1)], "partially_approved", "partially_approved"),
        ([(1, 0)], "partially_approved", "partially_approved"),
        ([(0, 1)], "waiting", "waiting"),
        ([(0, 2), (0, 1)], "waiting", "waiting"),
    ],
)
def test_the_status_follows_from_the_units(
    at_acme: Cast, rma: Rma, pairs: list[tuple[int, int]], status: str, summary: str
) -> None:
    decide_rma(at_acme.bob, rma, decisions(rma, *pairs))
    rma.refresh_from_db()
    made = rma.customer_return
    made.refresh_from_db()
    approved, denied = (sum(one) for one in zip(*pairs, strict=True))
    assert (rma.status, rma.approved_units, rma.denied_units) == (status, approved, denied)
    assert (made.rma_summary, made.approved_units, made.denied_units) == (summary, approved, denied)
    facts = Event.objects.get(verb="rma.decided").data
    assert (facts["approved"], facts["denied"], facts["requested"]) == (approved, denied, 4)


@pytest.mark.parametrize(
    ("processed", "back", "pairs"),
    [
        (False, "waiting", [(0, 0), (0, 0)]),
        (True, "processed", [(0, 0), (0, 0)]),
        (True, "processed", [(0, 1), (0, 0)]),
    ],
)
def test_an_rma_of_which_nothing_is_approved_any_more_is_undecided_again(
    at_acme: Cast, rma: Rma, processed: bool, back: str, pairs: list[tuple[int, int]]
) -> None:
    if processed:
        process_rma(at_acme.bob, rma)
    decide_rma(at_acme.bob, rma, decisions(rma, (1, 0)))
    decide_rma(at_acme.bob, rma, decisions(rma, *pairs))
    rma.refresh_from_db()
    rma.customer_return.refresh_from_db()
    assert (rma.status, rma.approved_units) == (back, 0)
    assert rma.customer_return.rma_summary == "waiting"


@pytest.mark.parametrize(
    ("decision", "field", "sentence"),
    [
        (LineDecision(-1, 0), "approved", "A quantity cannot be negative."),
        (LineDecision(0, -1, "misuse"), "approved", "A quantity cannot be negative."),
        (LineDecision(2, 1, "misuse"), "approved", "Only 2 units are asked for"),
        (LineDecision(3, 0), "approved", "Only 2 units are asked for"),
        (LineDecision(0, 1), "reason", "Choose why it is denied."),
        (LineDecision(0, 1, "because"), "reason", "Choose why it is denied."),
    ],
)
def test_wrong_decisions_are_refused_at_their_line(
    at_acme: Cast, rma: Rma, decision: LineDecision, field: str, sentence: str
) -> None:
    pk = lines_of(rma)[1].pk
    refused(
        lambda: decide_rma(at_acme.bob, rma, {pk: decision}), sentence, f"rma-line-{pk}-{field}"
    )


def test_a_decision_without_a_difference_is_none(at_acme: Cast, rma: Rma) -> None:
    nothing = [{}, decisions(rma, (0, 0), (0, 0))]
    decide_rma(at_acme.bob, rma, decisions(rma, (1, 1)))
    for same in (*nothing[:1], decisions(rma, (1, 1))):
        refused(lambda same=same: decide_rma(at_acme.bob, rma, same), "Nothing has changed.")


def test_lines_of_another_rma_are_refused(at_acme: Cast, rma: Rma) -> None:
    other = made_return(
        at_acme.bob, shipped_order(at_acme.acme, vendor=at_acme.northlight)
    ).rmas.get()
    wrong = {other.lines.get().pk: LineDecision(1, 0)}
    refused(lambda: decide_rma(at_acme.bob, rma, wrong), "not on this RMA. Reload the page.")


def test_who_may_not_deny_may_still_approve_lines(
    at_acme: Cast, rma: Rma, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(PERMISSIONS, Role.AGENT, PERMISSIONS[Role.AGENT] - {"rma.deny"})
    with changes_nothing(), pytest.raises(NotAllowed):
        decide_rma(at_acme.bob, rma, decisions(rma, (1, 1)))
    decide_rma(at_acme.bob, rma, decisions(rma, (1, 0)))


def test_units_on_their_way_stay_approved(at_acme: Cast) -> None:
    rma = rma_in(at_acme, "partially_approved")
    line = rma.lines.get()
    add_shipment(at_acme.bob, rma, ShipmentRequest("DPD", "1", "Dock", {line.pk: 1}))
    sentence = "1 are on their way back already, so at least these stay approved."
    refused(lambda: deny_rma(at_acme.bob, rma, reason="misuse"), sentence)
    refused(lambda: decide_rma(at_acme.bob, rma, {line.pk: LineDecision(0, 0)}), sentence)
    decide_rma(at_acme.bob, rma, {line.pk: LineDecision(1, 1, "misuse")})


def test_credited_units_stay_approved_in_part(at_acme: Cast) -> None:
    rma = rma_in(at_acme, "partially_approved")
    line = rma.lines.get()
    sync_credit(at_acme.fay, rma)
    refused(
        lambda: decide_rma(at_acme.bob, rma, {line.pk: LineDecision(0, 2, "misuse")}),
        "A credit of 4.00 GBP has been recorded for this RMA.",
    )
    refused(lambda: deny_rma(at_acme.bob, rma), "A credit of 4.00 GBP has been recorded")
    approve_rma(at_acme.bob, rma)


# --- re-open ------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["approved", "partially_approved", "denied"])
@pytest.mark.parametrize("processed", [True, False])
def test_a_decision_can_be_taken_back(at_acme: Cast, status: str, processed: bool) -> None:
    rma = rma_in(at_acme, status)
    Rma.objects.filter(pk=rma.pk).update(processed_at=rma.requested_at if processed else None)
    reopen_rma(at_acme.bob, rma, note="typed the wrong one")
    rma.refresh_from_db()
    assert rma.status == ("processed" if processed else "waiting")
    assert (rma.approved_units, rma.denied_units, rma.decided_at, rma.decided_by) == (
        0,
        0,
        None,
        None,
    )
    line = rma.lines.get()
    assert (line.approved, line.denied, line.deny_reason, line.held) == (0, 0, "", 2)
    rma.customer_return.refresh_from_db()
    assert rma.customer_return.rma_summary == "waiting"
    approve_rma(at_acme.bob, rma)


@pytest.mark.parametrize("status", ["denied", "partially_approved"])
def test_denied_units_on_a_further_rma_cannot_be_asked_for_again(
    at_acme: Cast, status: str
) -> None:
    rma = rma_in(at_acme, "waiting")
    line = rma.lines.get()
    if status == "denied":
        deny_rma(at_acme.bob, rma, reason="misuse")
    else:
        decide_rma(at_acme.bob, rma, {line.pk: LineDecision(1, 1, "misuse")})
    further = FurtherRma(RmaRequest(at_acme.paper.pk), {line.return_line_id: 1})
    second = create_rma(at_acme.bob, rma.customer_return, further)
    sentence = "The denied units are on a further RMA by now. Cancel that one first."
    refused(lambda: reopen_rma(at_acme.bob, rma), sentence)
    if status == "partially_approved":
        refused(lambda: approve_rma(at_acme.bob, rma), sentence)

    cancel_rma(at_acme.bob, second)
    reopen_rma(at_acme.bob, rma)
    approve_rma(at_acme.bob, rma)
    rma.refresh_from_db()
    assert rma.approved_units == 2


# --- two people ---------------------------------------------------------------------------------


def test_the_second_decision_hears_who_decided_and_when(at_acme: Cast, rma: Rma) -> None:
    approve_rma(at_acme.alice, rma, version=1)
    with changes_nothing(), pytest.raises(Stale, match="Already approved by Alice Owner on"):
        deny_rma(at_acme.bob, rma, version=1)


def test_without_a_version_the_state_table_still_refuses(at_acme: Cast, rma: Rma) -> None:
    deny_rma(at_acme.bob, rma)
    with pytest.raises(Refused, match="This RMA is denied already"):
        approve_rma(at_acme.bob, rma)


def test_rmas_of_a_closed_return_are_not_decided(at_acme: Cast, rma: Rma) -> None:
    approve_rma(at_acme.bob, rma)
    close_return(at_acme.bob, rma.customer_return)
    with pytest.raises(Refused, match="Re-open it before deciding"):
        cancel_rma(at_acme.bob, rma)


@pytest.mark.parametrize("verb", [approve_rma, deny_rma, cancel_rma])
def test_wendy_may_not_decide(at_acme: Cast, rma: Rma, verb: object) -> None:
    with changes_nothing(), pytest.raises(NotAllowed):
        verb(at_acme.wendy, rma)  # type: ignore[operator]
    verb(at_acme.bob, rma)  # type: ignore[operator]
