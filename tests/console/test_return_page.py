"""The page of one return: what it shows to whom, and how many statements it takes (F6, X1)."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from accounts.permissions import Role
from actions.credits import sync_credit
from actions.notes import add_note
from actions.refunds import sync_refund
from actions.requests import FurtherRma, RmaRequest
from actions.returns import cancel_return, close_return
from actions.rma_changes import cancel_rma, process_rma, reprocess_rma
from actions.rma_requests import create_rma
from actions.rmas import LineDecision, decide_rma
from actions.shipments import ShipmentRequest, add_shipment
from returns.models import Return
from tests.cast import Cast, SignIn, member
from tests.console.desk import address, two_lines, two_of_each
from tests.console.test_lists import queries_of
from tests.factories import (
    Item,
    ReturnFactory,
    ReturnLineFactory,
    made_return,
    shipped_order,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def bob(at_acme: Cast, sign_in: SignIn) -> Client:
    return sign_in(at_acme.bob)


@pytest.fixture
def found(at_acme: Cast) -> Return:
    return two_of_each(at_acme)


def page_of(client: Client, found: Return) -> str:
    """The page's text in one line, without the marks of the form."""
    page = client.get(address(found))
    assert page.status_code == 200
    return re.sub(r"\s+", " ", page.text)


def bar_of(page: str) -> list[str]:
    """The labels of the buttons in the action bar."""
    bar = page.partition('class="actionbar"')[2]
    return re.findall(r'class="button [^"]*" href="[^"]*"[^>]*><span>([^<]*)<', bar)


def blocked_in(text: str) -> dict[str, str]:
    """Verbs shown as not possible now, with the reason."""
    found = r"menu__item--blocked\">.*?menu__text\">([^<]*)<small>([^<]*)<"
    return dict(re.findall(found, text))


def test_thirty_lines_and_rmas_take_as_many_statements_as_one(at_acme: Cast, bob: Client) -> None:
    one = made_return(at_acme.bob, shipped_order(at_acme.acme, vendor=at_acme.northlight))
    many = made_return(
        at_acme.bob,
        shipped_order(at_acme.acme, *(Item(2) for _n in range(30)), vendor=at_acme.northlight),
    )
    rma = many.rmas.get()
    for line in many.lines.order_by("id")[:29]:
        rma.refresh_from_db()
        cancel_rma(at_acme.bob, rma)
        request = FurtherRma(RmaRequest(at_acme.paper.pk, approve=True), {line.pk: 1})
        made = create_rma(at_acme.bob, many, request)
        rma = create_rma(
            at_acme.bob,
            many,
            FurtherRma(RmaRequest(at_acme.northlight.pk), {many.lines.last().pk: 1}),  # type: ignore[union-attr]
        )
        sync_credit(at_acme.bob, made)
        parcel = {made.lines.get().pk: 1}
        add_shipment(at_acme.bob, made, ShipmentRequest("DPD", f"T{made.pk}", "Dock", parcel))
        add_note(at_acme.bob, many, "Seen", audience="internal")
    assert many.rmas.count() > 30
    with_one = queries_of(bob, address(one))
    assert queries_of(bob, address(many)) == with_one
    assert with_one <= 14


def test_the_page_says_whose_turn_it_is_first(at_acme: Cast, bob: Client, found: Return) -> None:
    page = page_of(bob, found)
    first = page.partition("<main")[2].partition('class="notice')[2].partition("</div> </div>")[0]
    assert "Waiting on the vendor." in first
    assert "Northlight Lamps has to approve or deny." in first
    assert "Since today" in first


def test_the_quantities_of_a_line_are_one_bar_with_words(
    at_acme: Cast, bob: Client, found: Return
) -> None:
    rma = found.rmas.get()
    lantern, hanger = rma.lines.order_by("id")
    decide_rma(
        at_acme.bob,
        rma,
        {lantern.pk: LineDecision(1, 1, "misuse"), hanger.pk: LineDecision(2, 0)},
    )
    parcel = ShipmentRequest("DPD", "1597", "Dock 2", {hanger.pk: 1})
    add_shipment(at_acme.bob, rma, parcel)
    page = page_of(bob, found)
    assert 'aria-label="2 requested: 1 approved, 1 denied"' in page
    assert 'aria-label="2 requested: 1 on its way, 1 approved"' in page
    assert "Damaged by misuse" in page
    request = FurtherRma(RmaRequest(at_acme.paper.pk), {lantern.return_line_id: 1})
    create_rma(at_acme.bob, found, request)
    assert 'aria-label="2 requested: 1 approved, 1 waiting"' in page_of(bob, found)


def test_units_that_no_rma_holds_are_named_and_can_be_asked_for(
    at_acme: Cast, bob: Client, found: Return
) -> None:
    assert "Create RMA" not in page_of(bob, found)
    cancel_rma(at_acme.bob, found.rmas.get())
    page = page_of(bob, found)
    assert "4 units are on no RMA" in page
    assert 'aria-label="2 requested: 2 on no RMA"' in page
    assert address(found, "rma") in page


def test_an_rma_shows_its_numbers_its_next_step_and_its_credit(at_acme: Cast, bob: Client) -> None:
    found = two_of_each(at_acme, approve=True)
    rma = found.rmas.get()
    assert "Process it to hand it to Northlight Lamps." in page_of(bob, found)
    process_rma(at_acme.bob, rma)
    reprocess_rma(at_acme.bob, rma, "NL-1")
    reprocess_rma(at_acme.bob, rma, "NL-2")
    sync_credit(at_acme.bob, rma, reference="CN-9")
    page = page_of(bob, found)
    assert "was NL-1, RMA-20001" in page
    assert "The customer sends the approved units to Northlight Lamps." in page
    assert "+£16.00, CN-9, Bob Ono" in page


def test_money_shows_the_record_the_entries_and_the_net_balance(at_acme: Cast, bob: Client) -> None:
    found = two_of_each(at_acme, refund_adjustment=Decimal(-5), adjustment_reason="Scratched")
    sync_refund(at_acme.bob, found, note="As agreed")
    page = page_of(bob, found)
    for text in ("−£5.00", "£25.00", "Adjusted: Scratched", "+£25.00", "Paid in the channel"):
        assert text in page
    assert "As agreed" in page
    assert "Net balance</dt><dd>£25.00" in page


def test_the_bar_holds_the_allowed_verbs_and_says_why_the_others_are_not(
    at_acme: Cast, bob: Client, found: Return
) -> None:
    page = page_of(bob, found)
    assert bar_of(page) == ["Sync refund", "Edit return", "Cancel return"]
    assert blocked_in(page)["Close return"] == (
        "An RMA of this return still waits for a decision. Decide or cancel it first."
    )
    sync_refund(at_acme.bob, found)
    page = page_of(bob, found)
    assert bar_of(page) == ["Edit return"]
    assert "has been applied in full" in blocked_in(page)["Sync refund"]
    assert "Close it instead" in blocked_in(page)["Cancel return"]


@pytest.mark.parametrize(
    ("end", "bar"),
    [(close_return, ["Sync refund", "Re-open return"]), (cancel_return, ["Un-cancel return"])],
)
def test_the_bar_of_a_return_that_has_ended(
    at_acme: Cast, bob: Client, end: Any, bar: list[str]
) -> None:
    found = two_of_each(at_acme, approve=True)
    end(at_acme.bob, found)
    assert bar_of(page_of(bob, found)) == bar


def test_the_bar_names_a_credit_that_keeps_a_return_from_being_canceled(
    at_acme: Cast, bob: Client
) -> None:
    found = two_of_each(at_acme, approve=True)
    sync_credit(at_acme.bob, found.rmas.get())
    assert "A credit of 16.00 GBP" in blocked_in(page_of(bob, found))["Cancel return"]
    assert "A credit of 16.00 GBP" in bob.get(address(found, "cancel")).text


VERBS_OF_RMA = (
    "approve",
    "decide",
    "deny",
    "process",
    "edit",
    "cancel",
    "credit",
    "reopen",
    "void",
)


def links(page: str) -> set[str]:
    """The verbs the page links to."""
    return set(re.findall(r'href="/m/acme/(?:returns|rmas)/[0-9a-f-]{36}/([a-z-]+)/"', page))


AGENT = {
    *("refund", "edit", "cancel", "approve", "decide", "deny", "process"),
    *("messages", "send-link"),
}


@pytest.mark.parametrize(
    ("who", "verbs", "writes"),
    [
        ("alice", AGENT, True),
        ("bob", AGENT, True),
        ("fay", {"refund"}, True),
        ("wendy", set(), True),
        ("ines", set(), True),
        ("rita", set(), False),
    ],
)
def test_each_role_sees_only_what_it_may_do(
    at_acme: Cast, sign_in: SignIn, found: Return, who: str, verbs: set[str], writes: bool
) -> None:
    people = {"rita": member(at_acme.acme, "Rita Read", Role.READ_ONLY)}
    client = sign_in(people.get(who) or getattr(at_acme, who))
    page = page_of(client, found)
    assert links(page) == verbs
    for verb in links(page):
        target = re.search(rf'href="(/m/acme/[a-z]+/[0-9a-f-]+/{verb}/)"', page)
        assert target is not None
        assert client.get(target[1]).status_code == 200
    assert ("New note" in page) is writes
    assert ("Choose a photo or PDF" in page) is writes


def test_what_a_role_may_never_do_is_not_even_shown_as_impossible(
    at_acme: Cast, sign_in: SignIn, found: Return
) -> None:
    assert set(blocked_in(page_of(sign_in(at_acme.fay), found))) == {
        "Close return",
        "Re-open return",
        "Sync credit",
        "Record credit",
        "Settle difference",
    }
    assert blocked_in(page_of(sign_in(at_acme.wendy), found)) == {}


def test_a_menu_says_why_a_verb_of_an_rma_is_not_possible(
    at_acme: Cast, bob: Client, found: Return
) -> None:
    blocked = blocked_in(page_of(bob, found))
    assert "Only a processed RMA can be re-processed" in blocked["Re-process RMA"]
    assert "cancel it instead" in blocked["Void RMA"]
    rma = found.rmas.get()
    line = rma.lines.order_by("id").first()
    assert line is not None
    decide_rma(at_acme.bob, rma, {line.pk: LineDecision(2, 0)})
    add_shipment(at_acme.bob, rma, ShipmentRequest("DPD", "1", "Dock", {line.pk: 1}))
    blocked = blocked_in(page_of(bob, found))
    for verb in ("Deny RMA", "Void RMA", "Cancel RMA", "Re-open decision"):
        assert "Goods are on their way back under this RMA" in blocked[verb], verb


def test_every_menu_entry_does_what_it_promises(at_acme: Cast, bob: Client) -> None:
    """What the page offers opens a form, and what it refuses is refused by the verb's own page."""
    for approve in (True, False):
        found = two_of_each(at_acme, approve=approve)
        for subject in (found, found.rmas.get()):
            for verb in ("close", "cancel", "reopen", "uncancel", "edit", "refund", *VERBS_OF_RMA):
                if bob.get(address(subject, verb)).status_code == 404:
                    continue
                offered = f'href="{address(subject, verb)}"' in page_of(bob, found)
                possible = "Not done." not in bob.get(address(subject, verb)).text
                assert offered == possible, f"{verb} of {subject} ({approve})"


def test_an_imported_return_without_rmas_is_shown(at_acme: Cast, bob: Client) -> None:
    line = two_lines(at_acme).lines.first()
    assert line is not None
    found = ReturnFactory(
        merchant=at_acme.acme, order=line.order, source="import", status="closed", unit_count=1
    )
    ReturnLineFactory(merchant=at_acme.acme, customer_return=found, order_line=line)
    page = page_of(bob, found)
    assert "so no vendor was asked" in page
    assert "not recorded" in page
    assert "This return was finished before its order was imported." in page
