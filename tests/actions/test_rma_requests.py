"""RMAs of a new return and further ones, by the four flows (F7, F9, F10)."""

from __future__ import annotations

from decimal import Decimal as D

import pytest

from accounts.models import Merchant, Override
from accounts.permissions import PERMISSIONS, Role
from actions.requests import FurtherRma, RmaRequest
from actions.returns import cancel_return, close_return
from actions.rma_changes import cancel_rma, process_rma, void_rma
from actions.rma_requests import create_rma
from actions.rmas import LineDecision, decide_rma, deny_rma
from audit.models import Event
from core.errors import NotAllowed
from returns.models import Return, ReturnLine
from rmas.models import Rma
from tests.actions.steps import as_vendor_setting, changes_nothing, only_who_may, refused
from tests.cast import Cast
from tests.factories import Item, VendorFactory, made_return, shipped_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def made(at_acme: Cast) -> Return:
    """A return of three of four; Northlight is asked for all of them."""
    order = shipped_order(at_acme.acme, Item(4, "10.00"), vendor=at_acme.northlight)
    return made_return(at_acme.bob, order, units=3)


def line_of(made: Return) -> ReturnLine:
    return made.lines.get()


def further(cast: Cast, made: Return, units: int, **rma: object) -> FurtherRma:
    request = RmaRequest(cast.paper.pk, **rma)  # type: ignore[arg-type]
    return FurtherRma(request, {line_of(made).pk: units})


@pytest.mark.parametrize("how", ["deny", "part", "cancel", "void"])
def test_freed_units_go_onto_a_further_rma_and_no_more(
    at_acme: Cast, made: Return, how: str
) -> None:
    rma = made.rmas.get()
    refused(
        lambda: create_rma(at_acme.bob, made, further(at_acme, made, 1)),
        "Only 0 of 3 are not on an RMA yet.",
        f"quantity-{line_of(made).pk}",
    )
    if how == "deny":
        deny_rma(at_acme.bob, rma)
    elif how == "part":
        line = rma.lines.get()
        decide_rma(at_acme.bob, rma, {line.pk: LineDecision(1, 2, "misuse")})
    elif how == "cancel":
        cancel_rma(at_acme.bob, rma)
    else:
        process_rma(at_acme.bob, rma)
        void_rma(at_acme.bob, rma)
    free = 2 if how == "part" else 3

    refused(
        lambda: create_rma(at_acme.bob, made, further(at_acme, made, free + 1)),
        f"Only {free} of 3 are not on an RMA yet.",
    )
    new = create_rma(at_acme.bob, made, further(at_acme, made, free))

    made.refresh_from_db()
    assert (new.vendor, new.number, new.status) == (at_acme.paper, "RMA-20002", "waiting")
    assert (new.requested_units, new.cost_total) == (free, 4 * free)
    assert line_of(made).unrequested == 0
    assert (made.rma_count, made.rma_summary, made.denied_units) == (2, "waiting", 0)
    assert made.unit_count == 3, "a further RMA asks again, it returns nothing more"
    assert Event.objects.filter(verb="rma.created").count() == 2


def test_what_a_further_rma_says(at_acme: Cast, made: Return) -> None:
    cancel_rma(at_acme.bob, made.rmas.get())
    pk = line_of(made).pk
    request = FurtherRma(
        RmaRequest(
            at_acme.paper.pk,
            number="PT-5",
            return_address="Dock 9",
            note="fragile",
            approve=True,
            credit_adjustment=D("-0.50"),
        ),
        {pk: 2},
        {pk: D("1.25")},
    )
    new = create_rma(at_acme.bob, made, request)
    assert (new.number, new.return_address, new.note) == ("PT-5", "Dock 9", "fragile")
    assert (new.status, new.approved_units, new.decided_by) == ("approved", 2, at_acme.bob.user)
    assert (new.cost_total, new.credit_expected) == (D("2.50"), D("2.00"))
    assert list(new.numbers.values_list("number", flat=True)) == ["PT-5"]


@pytest.mark.parametrize(
    ("request_", "sentence", "field"),
    [
        (lambda c, m: FurtherRma(RmaRequest(c.paper.pk), {}), "Enter how many units", ""),
        (lambda c, m: further(c, m, 0), "Enter how many units", ""),
        (lambda c, m: further(c, m, -1), "A quantity cannot be negative.", None),
        (lambda c, m: FurtherRma(RmaRequest(c.paper.pk), {0: 1}), "not on this return", ""),
        (
            lambda c, m: FurtherRma(RmaRequest(0), {line_of(m).pk: 1}),
            "Choose the return destination.",
            "destination",
        ),
        (
            lambda c, m: FurtherRma(
                RmaRequest(c.paper.pk), {line_of(m).pk: 1}, {line_of(m).pk: D(-1)}
            ),
            "A cost cannot be negative.",
            None,
        ),
        (
            lambda c, m: further(c, m, 1, credit_adjustment=D("0.001")),
            "finer than GBP is paid in.",
            None,
        ),
        (lambda c, m: further(c, m, 1, number="USED"), "has an RMA USED already", None),
    ],
)
def test_wrong_requests_are_refused(
    at_acme: Cast, made: Return, request_: object, sentence: str, field: str | None
) -> None:
    cancel_rma(at_acme.bob, made.rmas.get())
    create_rma(at_acme.bob, made, further(at_acme, made, 1, number="USED"))
    request = request_(at_acme, made)  # type: ignore[operator]
    refused(lambda: create_rma(at_acme.bob, made, request), sentence, field)
    create_rma(at_acme.bob, made, further(at_acme, made, 2))


def test_another_merchants_vendor_is_no_destination(at_acme: Cast, made: Return) -> None:
    cancel_rma(at_acme.bob, made.rmas.get())
    foreign = VendorFactory(merchant=at_acme.globex)
    request = FurtherRma(RmaRequest(foreign.pk), {line_of(made).pk: 1})
    refused(lambda: create_rma(at_acme.bob, made, request), "Choose the return destination.")


@pytest.mark.parametrize("end", [close_return, cancel_return])
def test_only_an_open_return_gets_a_further_rma(at_acme: Cast, made: Return, end: object) -> None:
    deny_rma(at_acme.bob, made.rmas.get())
    end(at_acme.bob, made)  # type: ignore[operator]
    refused(lambda: create_rma(at_acme.bob, made, further(at_acme, made, 1)), "is not open")


def test_roles(at_acme: Cast, made: Return) -> None:
    cancel_rma(at_acme.bob, made.rmas.get())
    only_who_may(
        at_acme, "rma.create", lambda actor: create_rma(actor, made, further(at_acme, made, 1))
    )


def test_who_may_not_approve_cannot_have_it_approved_at_once(
    at_acme: Cast, made: Return, monkeypatch: pytest.MonkeyPatch
) -> None:
    cancel_rma(at_acme.bob, made.rmas.get())
    monkeypatch.setitem(PERMISSIONS, Role.AGENT, PERMISSIONS[Role.AGENT] - {"rma.approve"})
    with changes_nothing(), pytest.raises(NotAllowed):
        create_rma(at_acme.bob, made, further(at_acme, made, 1, approve=True))
    assert create_rma(at_acme.bob, made, further(at_acme, made, 1)).status == "waiting"


# --- the four flows -----------------------------------------------------------------------------

FLOWS = [
    # auto-approve, auto-process, integrated -> status, handed over, events after rma.created
    (False, False, False, "waiting", False, []),
    (False, True, False, "processed", True, ["rma.handed_over"]),
    (False, True, True, "processing", False, ["rma.handed_over"]),
    (True, False, False, "approved", False, ["rma.approved_by_rule"]),
    (True, True, False, "approved", True, ["rma.handed_over", "rma.approved_by_rule"]),
]


@pytest.mark.parametrize(("approve", "process", "integrated", "status", "handed", "verbs"), FLOWS)
@pytest.mark.parametrize("by", ["switch", "vendor"])
def test_the_strategy_decides_how_an_rma_starts(
    at_acme: Cast,
    by: str,
    approve: bool,
    process: bool,
    integrated: bool,
    status: str,
    handed: bool,
    verbs: list[str],
) -> None:
    always = {True: Override.ALWAYS, False: Override.NEVER}
    fields = {"auto_approve": always[approve], "auto_process": always[process]}
    switch = (approve, process) if by == "switch" else (not approve, not process)
    merchant = at_acme.acme
    merchant.rma_auto_approve, merchant.rma_auto_process = switch
    merchant.save(update_fields=["rma_auto_approve", "rma_auto_process"])
    as_vendor_setting(
        at_acme.northlight, integrated=integrated, **(fields if by == "vendor" else {})
    )
    at_acme.bob.merchant.refresh_from_db()

    made = made_return(at_acme.bob, shipped_order(at_acme.acme, vendor=at_acme.northlight))

    rma: Rma = made.rmas.get()
    assert (rma.status, rma.processed_at is not None) == (status, handed)
    assert rma.decided_by_rule == (status == "approved")
    assert rma.decided_by is None
    events = Event.objects.filter(noun="rma").order_by("pk").values_list("verb", flat=True)
    assert list(events) == ["rma.created", *verbs]
    assert Merchant.objects.get(pk=merchant.pk).rma_auto_approve == switch[0]
