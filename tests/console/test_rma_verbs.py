"""The verbs of an RMA over HTTP: decisions per line, numbers, credits, further RMAs (F9, F10)."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from accounts.models import ReturnAddress
from actions.returns import close_return
from actions.rma_changes import cancel_rma, process_rma
from actions.rmas import approve_rma, deny_rma, reopen_rma
from actions.shipments import ShipmentRequest, add_shipment
from audit.models import Event
from returns.models import Return
from rmas.models import CreditEntry, Rma, RmaLine
from tests.cast import Cast, SignIn
from tests.console.desk import address, form, send, two_of_each
from tests.console.test_return_verbs import undo_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def bob(at_acme: Cast, sign_in: SignIn) -> Client:
    return sign_in(at_acme.bob)


@pytest.fixture
def rma(at_acme: Cast) -> Rma:
    return two_of_each(at_acme).rmas.get()


@pytest.fixture
def approved(at_acme: Cast) -> Rma:
    return two_of_each(at_acme, approve=True).rmas.get()


def lines_of(rma: Rma) -> tuple[RmaLine, RmaLine]:
    """The RMA's two lines: lanterns and hangers."""
    lantern, hanger = rma.lines.order_by("id")
    return lantern, hanger


def errors_in(page: str) -> list[str]:
    """The sentences that stand at fields."""
    found = re.findall(r'class="field__error" id="([^"]*)">.*?<span>(.*?)</span>', page, re.DOTALL)
    return [f"{name}: {sentence}" for name, sentence in found]


def decisions(rma: Rma, *typed: tuple[str, str, str, str]) -> dict[str, str]:
    """The form of Decide per line: outcome, approved, denied and reason of each line."""
    names = ("outcome", "approved", "denied", "reason")
    return {
        f"rma-line-{line.pk}-{name}": value
        for line, values in zip(lines_of(rma), typed, strict=True)
        for name, value in zip(names, values, strict=True)
    }


# --- the simple ones ----------------------------------------------------------------------------

WHO = {
    "approve": ("rma", "approved", "rma.approved"),
    "process": ("rma", "processed", "rma.processed"),
    "cancel": ("rma", "canceled", "rma.canceled"),
    "void": ("approved", "voided", "rma.voided"),
    "reopen": ("approved", "waiting", "rma.reopened"),
}


@pytest.mark.parametrize("verb", WHO)
def test_a_verb_is_previewed_and_done_once_with_its_note(
    bob: Client, request: pytest.FixtureRequest, verb: str
) -> None:
    fixture, status, event = WHO[verb]
    rma = request.getfixturevalue(fixture)
    before = rma.status
    assert "What will happen" in bob.get(address(rma, verb)).text
    rma.refresh_from_db()
    assert rma.status == before
    sent = form(rma, note="As agreed")
    for _click in range(2):
        assert bob.post(address(rma, verb), sent).url == address(rma.customer_return)
    rma.refresh_from_db()
    assert rma.status == status
    assert Event.objects.get(verb=event).data["note"] == "As agreed"


@pytest.mark.parametrize("verb", ["approve", "deny", "decide", "cancel", "process", "edit"])
def test_a_late_decision_reads_who_was_quicker(
    at_acme: Cast, bob: Client, rma: Rma, verb: str
) -> None:
    late = form(rma, reason="misuse", return_address="Dock 9", note="My words")
    late |= decisions(rma, ("approve", "", "", ""), ("", "", "", ""))
    approve_rma(at_acme.alice, rma)
    answer = bob.post(address(rma, verb), late)
    assert answer.status_code == 409
    assert "Already approved by Alice Owner on" in answer.text
    assert "Nothing was changed." in answer.text
    rma.refresh_from_db()
    assert (rma.status, rma.return_address) == ("approved", "1 Dock Road\nLeeds LS1 1AA")


@pytest.mark.parametrize("verb", ["approve", "deny", "decide"])
def test_an_approval_or_denial_can_be_undone(bob: Client, rma: Rma, verb: str) -> None:
    typed = decisions(rma, ("approve", "", "", ""), ("deny", "", "", "no_fault"))
    assert send(bob, rma, verb, reason="misuse", **typed).status_code == 302
    undo = undo_in(bob.get(address(rma.customer_return)).text)
    assert undo == address(rma, "reopen")
    assert "re-opened the decision of" in bob.get(undo).text
    assert send(bob, rma, "reopen").status_code == 302
    rma.refresh_from_db()
    assert (rma.status, rma.approved_units, rma.denied_units) == ("waiting", 0, 0)


def test_a_denial_needs_a_coded_reason(bob: Client, rma: Rma) -> None:
    answer = send(bob, rma, "deny", note="Kept words")
    assert answer.status_code == 422
    assert errors_in(answer.text) == ["id_reason_error: Choose why the RMA is denied."]
    assert "Kept words" in answer.text
    assert send(bob, rma, "deny", reason="because").status_code == 422
    assert send(bob, rma, "deny", reason="misuse", note="Bent").status_code == 302
    assert {line.deny_reason for line in lines_of(rma)} == {"misuse"}
    page = bob.get(address(rma.customer_return)).text
    assert "Damaged by misuse. Bent" in page, "the timeline says why"


def test_a_closed_return_keeps_its_rmas(at_acme: Cast, bob: Client, approved: Rma) -> None:
    close_return(at_acme.bob, approved.customer_return)
    for verb in ("cancel", "void", "reopen", "edit", "reprocess", "process"):
        page = bob.get(address(approved, verb)).text
        assert "is closed. Re-open it" in page, verb
    assert "Difference, recorded now" in bob.get(address(approved, "credit")).text


# --- per line -----------------------------------------------------------------------------------


def test_one_line_in_parts_and_one_left_open(bob: Client, rma: Rma) -> None:
    page = bob.get(address(rma, "decide")).text
    assert "Decision on Lantern" in page
    typed = decisions(rma, ("part", "1", "1", "incomplete"), ("", "", "", ""))
    assert send(bob, rma, "decide", **typed, note="Box is gone").status_code == 302
    lantern, hanger = lines_of(rma)
    assert (lantern.approved, lantern.denied, lantern.deny_reason) == (1, 1, "incomplete")
    assert (hanger.approved, hanger.denied) == (0, 0)
    rma.refresh_from_db()
    assert rma.status == "partially_approved"
    page = bob.get(address(rma.customer_return)).text
    assert "1 of 4 approved, 1 denied" in page
    assert "Parts or packaging are missing. Box is gone" in page
    assert "2 units are not decided yet." in page


def test_numbers_count_only_where_a_line_is_decided_in_parts(bob: Client, rma: Rma) -> None:
    typed = decisions(rma, ("approve", "1", "9", "misuse"), ("deny", "5", "", "misuse"))
    assert send(bob, rma, "decide", **typed).status_code == 302
    lantern, hanger = lines_of(rma)
    assert (lantern.approved, lantern.denied, lantern.deny_reason) == (2, 0, "")
    assert (hanger.approved, hanger.denied, hanger.deny_reason) == (0, 2, "misuse")


@pytest.mark.parametrize(
    ("typed", "field", "sentence"),
    [
        (("part", "2", "1", "misuse"), "approved", "together are more than the 2 asked for"),
        (("part", "", "", ""), "approved", "Enter how many units you approve or deny."),
        (("part", "1", "1", ""), "reason", "Choose why it is denied."),
        (("deny", "", "", ""), "reason", "Choose why it is denied."),
        (("part", "-1", "1", "misuse"), "approved", "A quantity cannot be negative."),
        (("part", "1.5", "", ""), "approved", "Enter a whole number."),
        (("part", "9" * 30, "", ""), "approved", "That many units are not on this RMA."),
        (("deny", "", "", "because"), "reason", "Select a valid choice"),
        (("maybe", "", "", ""), "outcome", "Select a valid choice"),
    ],
)
def test_a_wrong_decision_is_said_at_its_field_and_kept(
    bob: Client, rma: Rma, typed: tuple[str, str, str, str], field: str, sentence: str
) -> None:
    answer = send(
        bob, rma, "decide", **decisions(rma, typed, ("approve", "", "", "")), note="Kept words"
    )
    assert answer.status_code == 422
    (error,) = errors_in(answer.text)
    name = f"id_rma-line-{lines_of(rma)[0].pk}-{field}_error"
    assert error.startswith(f"{name}: ")
    assert sentence in error
    assert "Kept words" in answer.text
    assert not any(line.approved for line in lines_of(rma))


def test_units_on_their_way_stay_approved(at_acme: Cast, bob: Client, rma: Rma) -> None:
    typed = decisions(rma, ("approve", "", "", ""), ("", "", "", ""))
    send(bob, rma, "decide", **typed)
    lantern, _hanger = lines_of(rma)
    add_shipment(at_acme.bob, rma, ShipmentRequest("DPD", "1", "Dock", {lantern.pk: 2}))
    typed = decisions(rma, ("deny", "", "", "misuse"), ("", "", "", ""))
    answer = send(bob, rma, "decide", **typed)
    assert answer.status_code == 409
    assert "2 are on their way back already" in errors_in(answer.text)[0]


def test_nothing_decided_is_told_above_the_form(bob: Client, rma: Rma) -> None:
    answer = send(bob, rma, "decide", **decisions(rma, ("", "", "", ""), ("", "", "", "")))
    assert answer.status_code == 409
    assert "Nothing has changed. Enter how many units" in answer.text
    assert 'name="key"' in answer.text


# --- edit, re-process ---------------------------------------------------------------------------


def rma_edit(rma: Rma, **changes: Any) -> dict[str, Any]:
    """The edit form as it is handed out, with changes."""
    lantern, hanger = lines_of(rma)
    return {
        "return_address": "2 Dock Road",
        "rma_note": "Ring the bell",
        "credit_adjustment": "",
        f"rma-line-{lantern.pk}-quantity": "1",
        f"rma-line-{lantern.pk}-unit_cost": "2.25",
        f"rma-line-{hanger.pk}-quantity": "2",
        f"rma-line-{hanger.pk}-unit_cost": "",
        **changes,
    }


def test_bob_edits_an_rma(bob: Client, rma: Rma) -> None:
    page = bob.get(address(rma, "edit")).text
    assert "at most 2" in page
    assert 'value="4.00"' in page
    assert send(bob, rma, "edit", **rma_edit(rma, credit_adjustment="-1.50")).status_code == 302
    rma.refresh_from_db()
    assert (rma.return_address, rma.note) == ("2 Dock Road", "Ring the bell")
    assert rma.credit_adjustment == Decimal("-1.50")
    lantern, hanger = lines_of(rma)
    assert (lantern.quantity, lantern.unit_cost) == (1, Decimal("2.25"))
    assert (hanger.quantity, hanger.unit_cost) == (2, Decimal("4.00"))
    assert rma.cost_total == Decimal("10.25")
    assert "1 unit is on no RMA" in bob.get(address(rma.customer_return)).text


def test_what_cannot_be_edited_is_said_at_its_field(bob: Client, rma: Rma) -> None:
    lantern, _hanger = lines_of(rma)
    for changes, sentence in (
        ({f"rma-line-{lantern.pk}-quantity": "3"}, "At most 2 units of this item are left"),
        ({f"rma-line-{lantern.pk}-quantity": "0"}, "Enter at least 1, or cancel the RMA."),
        ({f"rma-line-{lantern.pk}-unit_cost": "-1"}, "A cost cannot be negative."),
        ({"credit_adjustment": "0.001"}, "finer than GBP is paid in"),
        ({"return_address": ""}, "Enter the address the goods go to."),
    ):
        answer = send(bob, rma, "edit", **rma_edit(rma, **changes))
        assert answer.status_code in (409, 422)
        assert [error for error in errors_in(answer.text) if sentence in error], sentence
        assert "Ring the bell" in answer.text
    rma.refresh_from_db()
    assert rma.version == 1


def test_quantities_of_decided_lines_stay(bob: Client, approved: Rma) -> None:
    assert "decided: re-open to change" in bob.get(address(approved, "edit")).text
    assert send(bob, approved, "edit", **rma_edit(approved)).status_code == 302
    assert [line.quantity for line in lines_of(approved)] == [2, 2]


def test_a_cost_below_the_credit_takes_the_excess_back(bob: Client, approved: Rma) -> None:
    send(bob, approved, "credit")
    lantern, _hanger = lines_of(approved)
    cheaper = {f"rma-line-{lantern.pk}-unit_cost": "0"}
    assert send(bob, approved, "edit", **rma_edit(approved, **cheaper)).status_code == 302
    assert "−£8.00" in bob.get(address(approved.customer_return)).text
    approved.refresh_from_db()
    assert approved.credited == Decimal("8.00")


def test_a_processed_rma_gets_a_new_number_and_keeps_the_old_one(
    at_acme: Cast, bob: Client, rma: Rma
) -> None:
    assert "Only a processed RMA can be re-processed" in bob.get(address(rma, "reprocess")).text
    process_rma(at_acme.bob, rma)
    for number, status, sentence in (
        ("", 422, "Enter the new RMA number."),
        ("   ", 422, "Enter the new RMA number."),
        ("9" * 41, 422, "at most 40"),
        ("RMA-20001", 409, "This vendor has an RMA RMA-20001 already."),
    ):
        answer = send(bob, rma, "reprocess", number=number, note="Kept words")
        assert answer.status_code == status
        assert sentence in errors_in(answer.text)[0]
        assert "Kept words" in answer.text
    assert send(bob, rma, "reprocess", number="NL-7").status_code == 302
    rma.refresh_from_db()
    assert rma.number == "NL-7"
    assert "was RMA-20001" in bob.get(address(rma.customer_return)).text
    found = bob.get("/m/acme/returns/", {"q": "RMA-20001"}).text
    assert rma.customer_return.number in found


# --- credit -------------------------------------------------------------------------------------


def test_sync_credit_shows_shares_and_records_the_difference_once(
    bob: Client, approved: Rma
) -> None:
    send(bob, approved, "edit", **rma_edit(approved, credit_adjustment="0.03"))
    page = re.sub(r"\s+", " ", bob.get(address(approved, "credit")).text)
    # 2 x 2.25 and 2 x 4.00 with 0.03 on top: 12.53 in shares of 4.51 and 8.02.
    for text in ("£4.51", "£8.02", "Credit expected</dt><dd>£12.53", "now</dt><dd>+£12.53"):
        assert text in page, text
    sent = form(approved, reference="CN-1", note="By mail")
    for _click in range(2):
        assert bob.post(address(approved, "credit"), sent).status_code == 302
    entry = CreditEntry.objects.get()
    assert (entry.amount, entry.reference, entry.note) == (Decimal("12.53"), "CN-1", "By mail")
    assert "is recorded already" in bob.get(address(approved, "credit")).text
    assert send(bob, approved, "credit").status_code == 409
    send(bob, approved, "edit", **rma_edit(approved, credit_adjustment=""))
    send(bob, approved, "edit", **rma_edit(approved, credit_adjustment="-2"))
    assert "now</dt><dd>−£2.00" in re.sub(r"\s+", " ", bob.get(address(approved, "credit")).text)
    send(bob, approved, "credit")
    assert sum(entry.amount for entry in CreditEntry.objects.all()) == Decimal("10.50")


def test_no_credit_is_expected_of_what_is_not_approved(bob: Client, rma: Rma) -> None:
    assert "No credit is expected" in bob.get(address(rma, "credit")).text
    assert send(bob, rma, "credit").status_code == 409
    assert not CreditEntry.objects.exists()


# --- a further RMA ------------------------------------------------------------------------------


def further(found: Return, cast: Cast, **changes: Any) -> dict[str, Any]:
    """The form of Create RMA as it is handed out, for Paper & Twine."""
    lantern, hanger = found.lines.order_by("id")
    return {
        "proposed": "RMA-20002",
        "number": "RMA-20002",
        "destination": str(cast.paper.pk),
        f"quantity-{lantern.pk}": "1",
        f"unit_cost-{lantern.pk}": "3.10",
        f"quantity-{hanger.pk}": "",
        f"unit_cost-{hanger.pk}": "",
        "return_address": "",
        "credit_adjustment": "",
        "rma_note": "",
        **changes,
    }


@pytest.fixture
def freed(at_acme: Cast, rma: Rma) -> Return:
    """A return whose RMA was denied, so that another vendor can be asked."""
    deny_rma(at_acme.bob, rma, reason="not_ours")
    return rma.customer_return


def test_another_vendor_is_asked_for_denied_units(
    at_acme: Cast, bob: Client, freed: Return
) -> None:
    page = bob.get(address(freed, "rma")).text
    assert "2 of 2 left" in page
    assert 'value="RMA-20002"' in page
    assert "From the address book" not in page
    more = {"rma_note": "Please look", "approve": "on", "credit_adjustment": "0.50"}
    assert send(bob, freed, "rma", **further(freed, at_acme, **more)).status_code == 302
    made = freed.rmas.get(vendor=at_acme.paper)
    assert (made.number, made.status, made.note) == ("RMA-20002", "approved", "Please look")
    assert made.return_address == at_acme.paper.return_address
    line = made.lines.get()
    assert (line.quantity, line.unit_cost) == (1, Decimal("3.10"))
    assert made.credit_expected == Decimal("3.60")


def test_its_address_comes_from_the_book_or_is_typed(
    at_acme: Cast, bob: Client, freed: Return
) -> None:
    entry = ReturnAddress.objects.create(merchant=at_acme.acme, label="Hull", address="Hull dock")
    assert "Hull" in bob.get(address(freed, "rma")).text
    lantern = freed.lines.order_by("id").first()
    assert lantern is not None
    typed = further(freed, at_acme, address_book=str(entry.pk))
    send(bob, freed, "rma", **typed)
    assert freed.rmas.latest("pk").return_address == "Hull dock"
    typed = further(freed, at_acme, address_book=str(entry.pk), return_address="My own", number="X")
    send(bob, freed, "rma", **typed)
    assert freed.rmas.latest("pk").return_address == "My own"


def test_what_cannot_be_asked_for_is_said_at_its_field(
    at_acme: Cast, bob: Client, freed: Return
) -> None:
    lantern, _hanger = freed.lines.order_by("id")
    for changes, sentence in (
        ({f"quantity-{lantern.pk}": "3"}, "Only 2 of 2 are not on an RMA yet."),
        ({f"unit_cost-{lantern.pk}": "-1"}, "A cost cannot be negative."),
        ({f"quantity-{lantern.pk}": "x"}, "Enter a whole number."),
        ({"destination": ""}, "Choose the return destination."),
        ({"destination": "999999"}, "Select a valid choice"),
        ({"credit_adjustment": "0.001"}, "finer than GBP is paid in"),
        (
            {"destination": str(at_acme.northlight.pk), "number": "RMA-20001"},
            "This vendor has an RMA RMA-20001 already.",
        ),
    ):
        answer = send(bob, freed, "rma", **further(freed, at_acme, rma_note="Kept", **changes))
        assert answer.status_code in (409, 422)
        assert [error for error in errors_in(answer.text) if sentence in error], sentence
        assert "Kept" in answer.text
    nothing = send(bob, freed, "rma", **further(freed, at_acme, **{f"quantity-{lantern.pk}": ""}))
    assert "Enter how many units the vendor is asked for." in nothing.text
    assert freed.rmas.count() == 1


def test_without_free_units_or_an_open_return_there_is_no_form(
    at_acme: Cast, bob: Client, rma: Rma
) -> None:
    found = rma.customer_return
    assert "Every unit of this return is on an RMA already." in bob.get(address(found, "rma")).text
    assert send(bob, found, "rma", **further(found, at_acme)).status_code in (409, 422)
    cancel_rma(at_acme.bob, rma)
    found.refresh_from_db()
    close_return(at_acme.bob, found)
    assert "Re-open it before creating a further RMA." in bob.get(address(found, "rma")).text
    assert found.rmas.count() == 1


def test_the_decision_comes_back_after_a_further_rma_was_canceled(
    at_acme: Cast, bob: Client, freed: Return, rma: Rma
) -> None:
    lantern, hanger = freed.lines.order_by("id")
    both = {f"quantity-{lantern.pk}": "2", f"quantity-{hanger.pk}": "2"}
    send(bob, freed, "rma", **further(freed, at_acme, **both))
    page = bob.get(address(rma, "reopen")).text
    assert "The denied units are on a further RMA by now. Cancel that one first." in page
    cancel_rma(at_acme.bob, freed.rmas.get(vendor=at_acme.paper))
    rma.refresh_from_db()
    reopen_rma(at_acme.bob, rma)


def test_who_may_not_decide_reaches_no_form(at_acme: Cast, sign_in: SignIn, rma: Rma) -> None:
    for who in ("wendy", "ines", "fay"):
        client = sign_in(getattr(at_acme, who))
        for verb in ("approve", "deny", "decide", "edit", "void", "cancel", "process", "reprocess"):
            assert client.get(address(rma, verb)).status_code == 403
            assert send(client, rma, verb).status_code == 403
    rma.refresh_from_db()
    assert (rma.status, rma.version) == ("waiting", 1)
