"""RMA Actions of a vendor over HTTP: decisions, drafts, photos, numbers, several at once (F15)."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.permissions import Role
from actions.requests import FurtherRma, RmaRequest
from actions.returns import close_return
from actions.rma_changes import void_rma
from actions.rma_drafts import keep_rma_draft
from actions.rma_requests import create_rma
from actions.rmas import approve_rma, deny_rma, reopen_rma
from audit.models import Event
from core.tenancy import tenant
from orders.models import OrderLine
from returns.models import Return, ReturnLine
from rmas.models import Rma, RmaDraft, RmaFile, RmaNumber
from tests.cast import Cast, SignIn, member
from tests.console.test_rma_verbs import errors_in
from tests.factories import Item, made_return, new_key, shipped_order
from tests.security.papers import PHOTO
from tests.vendor_portal.portal import (
    address,
    decisions,
    form,
    lanterns,
    page_of,
    send,
    strategy,
    verbs_on,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def vera(at_acme: Cast, sign_in: SignIn) -> Client:
    return sign_in(at_acme.vera)


@pytest.fixture
def rma(at_acme: Cast) -> Rma:
    found: Rma = lanterns(at_acme).rmas.get()
    return found


def lines_of(rma: Rma) -> list[tuple[int, int, str]]:
    return list(rma.lines.order_by("id").values_list("approved", "denied", "deny_reason"))


# --- deciding -----------------------------------------------------------------------------------


def test_every_line_is_filled_in_with_what_is_asked_for(vera: Client, rma: Rma) -> None:
    page = vera.get(address(rma, "decide")).content.decode()
    assert page.count('value="2"') == 2
    assert '<output data-sum-out="units">4</output>' in page


def test_units_with_a_reason_are_denied_and_without_one_stay_open(vera: Client, rma: Rma) -> None:
    typed = decisions(rma, (1, ""), (0, "not_ours"))
    response = send(vera, rma, "decide", **typed, note="Only one arrived in one piece")
    assert response.status_code == 302
    assert lines_of(rma) == [(1, 0, ""), (0, 2, "not_ours")]
    rma.refresh_from_db()
    assert (rma.status, rma.decided_by) == ("partially_approved", rma.decided_by)
    event = Event.objects.get(verb="rma.decided")
    assert (event.actor_kind, event.data["note"]) == ("vendor", "Only one arrived in one piece")


def test_more_than_is_asked_for_is_refused_at_the_line(vera: Client, rma: Rma) -> None:
    response = send(vera, rma, "decide", **decisions(rma, (3, ""), (-1, "")))
    assert response.status_code == 422
    first, second = rma.lines.order_by("id")
    assert errors_in(response.content.decode()) == [
        f"id_rma-line-{first.pk}-approved_error: Only 2 are asked for.",
        f"id_rma-line-{second.pk}-approved_error: A quantity cannot be negative.",
    ]
    assert lines_of(rma) == [(0, 0, ""), (0, 0, "")]


@pytest.mark.parametrize("typed", ["", "two", "9" * 400, "1e3", "\u0000", "1.5"])
def test_nonsense_for_units_is_told(vera: Client, rma: Rma, typed: str) -> None:
    assert send(vera, rma, "decide", **decisions(rma, (typed, ""), (0, ""))).status_code == 422
    assert lines_of(rma) == [(0, 0, ""), (0, 0, "")]


def test_nothing_decided_is_told(vera: Client, rma: Rma) -> None:
    response = send(vera, rma, "decide", **decisions(rma, (0, ""), (0, "")))
    assert response.status_code == 409
    assert "Nothing has changed." in response.content.decode()


def test_the_rest_is_approved_where_no_reason_stands(vera: Client, rma: Rma) -> None:
    typed = decisions(rma, (0, ""), (1, "misuse"))
    response = send(vera, rma, "decide", **typed, do="rest", note="So far")
    page = response.content.decode()
    assert response.status_code == 200
    assert '<output data-sum-out="units">3</output>' in page
    assert "So far" in page
    assert lines_of(rma) == [(0, 0, ""), (0, 0, "")]


def test_sent_twice_it_is_decided_once(vera: Client, rma: Rma) -> None:
    typed = form(rma, **decisions(rma, (2, ""), (2, "")))
    assert vera.post(address(rma, "decide"), typed).status_code == 302
    assert vera.post(address(rma, "decide"), typed).status_code == 302
    assert Event.objects.filter(verb="rma.decided").count() == 1


def test_who_is_late_hears_who_was_quicker_but_no_name_of_the_staff(
    at_acme: Cast, vera: Client, rma: Rma
) -> None:
    typed = form(rma, reason="misuse")
    approve_rma(at_acme.bob, rma, note="Told by phone")
    reopen_rma(at_acme.bob, rma)
    response = vera.post(address(rma, "deny"), typed)
    page = response.content.decode()
    assert response.status_code == 409
    assert "Acme Gifts re-opened the decision of RMA-20001 on " in page
    assert "Nothing of yours was saved." in page
    assert "Bob Ono" not in page
    assert lines_of(rma) == [(0, 0, ""), (0, 0, "")]


@pytest.mark.parametrize("verb", ["decide", "approve", "deny", "process", "reprocess"])
def test_a_voided_rma_is_decided_no_more(at_acme: Cast, vera: Client, rma: Rma, verb: str) -> None:
    approve_rma(at_acme.bob, rma)
    typed = form(rma, number="X-1", reason="misuse", **decisions(rma, (1, ""), (1, "")))
    void_rma(at_acme.bob, rma)
    response = vera.post(address(rma, verb), typed)
    page = response.content.decode()
    assert response.status_code == 409
    assert "Acme Gifts voided RMA-20001 on " in page or "This RMA is voided by now" in page
    assert "This RMA is voided" in vera.get(address(rma, verb)).content.decode()
    assert verbs_on(vera, rma) == []
    rma.refresh_from_db()
    assert rma.status == "voided"


def test_a_closed_return_leaves_nothing_to_do(at_acme: Cast, vera: Client, rma: Rma) -> None:
    approve_rma(at_acme.bob, rma)
    close_return(at_acme.bob, rma.customer_return)
    page = vera.get(address(rma, "process")).content.decode()
    assert "Acme Gifts has closed return R-10001, so nothing is left to do." in page
    assert verbs_on(vera, rma) == []


def test_the_return_counts_the_rmas_of_other_vendors_too(
    at_acme: Cast, vera: Client, sign_in: SignIn
) -> None:
    """A vendor sees its own RMAs only; what a return adds up to must not depend on who decides."""
    both = {"paid_total": 60, "line_count": 2, "unit_count": 6, "shipped_units": 6}
    order = shipped_order(at_acme.acme, Item(3), vendor=at_acme.northlight, **both)
    other = shipped_order(at_acme.acme, Item(3), vendor=at_acme.paper)
    OrderLine.objects.filter(order=other).update(order=order, position=2)
    made = made_return(at_acme.bob, order, units=2)
    mine = made.rmas.get(vendor=at_acme.northlight)
    theirs = made.rmas.get(vendor=at_acme.paper)
    assert send(vera, mine, "approve").status_code == 302
    made.refresh_from_db()
    assert (made.rma_count, made.rma_summary, made.approved_units) == (2, "waiting", 2)
    assert made.waits_on == "vendor"
    assert send(sign_in(at_acme.vic), theirs, "deny", reason="misuse").status_code == 302
    made.refresh_from_db()
    assert (made.rma_count, made.rma_summary) == (2, "partially_approved")
    assert (made.approved_units, made.denied_units) == (2, 2)


# --- drafts -------------------------------------------------------------------------------------


def test_a_draft_is_kept_offered_and_gone_with_the_decision(
    at_acme: Cast, vera: Client, rma: Rma
) -> None:
    typed = decisions(rma, ("1", "misuse"), ("not sure", ""))
    response = send(vera, rma, "decide", **typed, note="Ask Tom", do="draft", shipped="99")
    assert response.status_code == 302
    with tenant(at_acme.acme.pk, user=at_acme.vera.user_id):
        kept = RmaDraft.objects.get()
    assert kept.choices == {**typed, "note": "Ask Tom"}
    assert lines_of(rma) == [(0, 0, ""), (0, 0, "")]
    assert "Draft saved" in vera.get(page_of(rma)).content.decode()
    page = vera.get(address(rma, "decide")).content.decode()
    assert "Your draft is filled in." in page
    assert "Ask Tom" in page
    assert 'value="not sure"' in page

    assert send(vera, rma, "decide", **decisions(rma, (1, "misuse"), (2, ""))).status_code == 302
    with tenant(at_acme.acme.pk, user=at_acme.vera.user_id):
        assert not RmaDraft.objects.exists()


def test_a_draft_is_nobody_elses(at_acme: Cast, vera: Client, rma: Rma, sign_in: SignIn) -> None:
    colleague = member(at_acme.acme, "Viola Vance", Role.VENDOR, vendor=at_acme.northlight)
    send(vera, rma, "decide", **decisions(rma, (1, ""), (1, "")), note="Mine", do="draft")
    for actor in (colleague, at_acme.bob, at_acme.vic):
        vendor = {"vendor": actor.vendor_id} if actor.vendor_id else {}
        with tenant(at_acme.acme.pk, user=actor.user_id, **vendor):
            assert not RmaDraft.objects.exists()
    page = sign_in(colleague).get(address(rma, "decide")).content.decode()
    assert "Mine" not in page


def test_a_draft_of_an_rma_that_has_changed_says_so_and_can_be_forgotten(
    at_acme: Cast, vera: Client, rma: Rma
) -> None:
    send(vera, rma, "decide", **decisions(rma, (1, ""), (1, "")), do="draft")
    approve_rma(at_acme.bob, rma)
    reopen_rma(at_acme.bob, rma)
    assert "The RMA has changed since" in vera.get(address(rma, "decide")).content.decode()
    assert send(vera, rma, "decide", do="forget").status_code == 302
    with tenant(at_acme.acme.pk, user=at_acme.vera.user_id):
        assert not RmaDraft.objects.exists()


def test_nothing_long_is_kept_in_a_draft(at_acme: Cast, rma: Rma) -> None:
    with tenant(at_acme.acme.pk, user=at_acme.vera.user_id, vendor=at_acme.northlight.pk):
        draft = keep_rma_draft(at_acme.vera, rma, {"note": "x" * 10_000})
    assert len(draft.choices["note"]) == 500


# --- photos -------------------------------------------------------------------------------------


def photo(name: str = "dent.png", content: bytes = PHOTO) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def test_photos_are_kept_with_the_decision_and_seen_by_both_sides(
    at_acme: Cast, vera: Client, rma: Rma, sign_in: SignIn
) -> None:
    typed = decisions(rma, (1, "misuse"), (2, ""))
    response = send(vera, rma, "decide", **typed, photos=[photo("a.png"), photo("b.png")])
    assert response.status_code == 302
    first, second = RmaFile.objects.order_by("id")
    assert (first.name, second.name, first.rma) == ("a.png", "b.png", rma)
    where = f"/vendors/acme/rma-files/{first.public_id}/"
    shown = vera.get(where)
    assert (shown.status_code, shown["X-Content-Type-Options"]) == (200, "nosniff")
    assert shown["Content-Disposition"].startswith("attachment")
    assert where in vera.get(page_of(rma)).content.decode()
    bob = sign_in(at_acme.bob)
    assert bob.get(f"/m/acme/rma-files/{first.public_id}/").status_code == 200
    staff = bob.get(f"/m/acme/returns/{rma.customer_return.public_id}/").content.decode()
    assert f"/m/acme/rma-files/{first.public_id}/" in staff
    for other in (at_acme.vic, at_acme.cora, at_acme.charlie, at_acme.bob):
        assert sign_in(other).get(where).status_code == 404
    assert sign_in(at_acme.vic).get(f"/m/acme/rma-files/{first.public_id}/").status_code == 404


def test_the_second_wall_hides_photos_and_hand_overs_as_well(at_acme: Cast, vera: Client) -> None:
    strategy(at_acme, approve=False, process=True)
    rma = lanterns(at_acme).rmas.get()
    send(vera, rma, "decide", **decisions(rma, (1, ""), (1, "")), photos=[photo()])
    acme = at_acme.acme.pk
    seen = {}
    for name, ids in {
        "vera": {"vendor": at_acme.northlight.pk},
        "vic": {"vendor": at_acme.paper.pk},
        "cora": {"customer": at_acme.cora_row.pk},
    }.items():
        with tenant(acme, **ids):
            seen[name] = [model.objects.count() for model in (RmaFile, rma.handovers.model)]
            events = set(Event.objects.values_list("noun", flat=True))
            assert events == ({"rma"} if name == "vera" else set())
    with tenant(at_acme.globex.pk):
        assert not RmaFile.objects.exists()
    assert seen == {"vera": [1, 1], "vic": [0, 0], "cora": [0, 0]}


def test_what_is_no_photo_is_refused_and_nothing_is_decided(vera: Client, rma: Rma) -> None:
    typed = decisions(rma, (2, ""), (2, ""))
    response = send(vera, rma, "decide", **typed, photos=[photo(), photo("x.png", b"<html>")])
    assert response.status_code == 409
    assert "x.png: Only photos (JPEG, PNG, WebP) and PDF" in response.content.decode()
    assert not RmaFile.objects.exists()
    assert lines_of(rma) == [(0, 0, ""), (0, 0, "")]


def test_photos_that_are_too_large_together_are_refused(
    vera: Client, rma: Rma, settings: Any
) -> None:
    settings.RETURN_FILE_LIMIT = 2000
    big = photo("big.pdf", b"%PDF-" + b"x" * 70_000)
    response = send(vera, rma, "decide", **decisions(rma, (2, ""), (2, "")), photos=[big])
    assert response.status_code == 422
    assert "larger than" in response.content.decode()
    assert lines_of(rma) == [(0, 0, ""), (0, 0, "")]


def test_too_many_photos_are_refused(vera: Client, rma: Rma) -> None:
    sent = [photo(f"{n}.png") for n in range(11)]
    response = send(vera, rma, "decide", **decisions(rma, (2, ""), (2, "")), photos=sent)
    assert response.status_code == 422
    assert "Add at most 10 files at a time." in response.content.decode()


def test_photos_come_with_a_draft_too(vera: Client, rma: Rma) -> None:
    typed = decisions(rma, (1, ""), (1, ""))
    assert send(vera, rma, "decide", **typed, do="draft", photos=[photo()]).status_code == 302
    assert RmaFile.objects.get().rma == rma
    assert "Added already: dent.png" in vera.get(address(rma, "decide")).content.decode()


def test_nothing_is_added_to_a_voided_rma(at_acme: Cast, vera: Client, rma: Rma) -> None:
    typed = decisions(rma, (1, ""), (1, ""))
    approve_rma(at_acme.bob, rma)
    void_rma(at_acme.bob, rma)
    response = send(vera, rma, "decide", **typed, do="draft", photos=[photo()])
    assert response.status_code == 409
    assert not RmaFile.objects.exists()


# --- numbers ------------------------------------------------------------------------------------


@pytest.fixture
def processed(at_acme: Cast) -> Rma:
    strategy(at_acme, approve=False, process=True)
    found: Rma = lanterns(at_acme).rmas.get()
    return found


def test_a_new_number_is_appended_and_the_old_one_found(
    at_acme: Cast, vera: Client, processed: Rma, sign_in: SignIn
) -> None:
    assert send(vera, processed, "reprocess", number=" NL-1 ").status_code == 302
    assert send(vera, processed, "reprocess", number="NL-2").status_code == 302
    numbers = RmaNumber.objects.filter(rma=processed).order_by("id")
    assert [one.number for one in numbers] == ["RMA-20001", "NL-1", "NL-2"]
    page = vera.get(page_of(processed)).content.decode()
    assert "was RMA-20001, NL-1" in page
    for text in ("RMA-20001", "nl-1", "NL-2"):
        assert page_of(processed) in vera.get(f"/vendors/acme/?q={text}").content.decode()
    bob = sign_in(at_acme.bob)
    assert "R-10001" in bob.get("/m/acme/returns/?q=NL-1").content.decode()


def test_the_same_number_twice_for_one_vendor_is_refused_and_for_two_allowed(
    at_acme: Cast, vera: Client, processed: Rma, sign_in: SignIn
) -> None:
    other = lanterns(at_acme).rmas.get()
    assert send(vera, processed, "reprocess", number="NL-1").status_code == 302
    refused = send(vera, other, "reprocess", number="NL-1")
    assert refused.status_code == 409
    assert errors_in(refused.content.decode()) == [
        "id_number_error: This vendor has an RMA NL-1 already. Choose another number."
    ]
    assert send(vera, processed, "reprocess", number="RMA-20001").status_code == 409
    order = shipped_order(at_acme.acme, Item(2), vendor=at_acme.paper)
    theirs = made_return(at_acme.bob, order).rmas.get()
    assert send(sign_in(at_acme.vic), theirs, "reprocess", number="NL-1").status_code == 302
    theirs.refresh_from_db()
    assert theirs.number == "NL-1"


def test_markup_in_a_number_stays_text(
    at_acme: Cast, vera: Client, processed: Rma, sign_in: SignIn
) -> None:
    markup = "<script>alert(1)</script>"
    assert send(vera, processed, "reprocess", number=markup).status_code == 302
    found = f"/m/acme/returns/{processed.customer_return.public_id}/"
    for page in (vera.get(page_of(processed)), sign_in(at_acme.bob).get(found)):
        text = page.content.decode()
        assert "<script>alert" not in text
        assert "&lt;script&gt;alert(1)" in text


@pytest.mark.parametrize("number", ["", "   ", "x" * 41, "\u0000"])
def test_a_number_must_be_one(vera: Client, processed: Rma, number: str) -> None:
    assert send(vera, processed, "reprocess", number=number).status_code in (409, 422)
    processed.refresh_from_db()
    assert processed.number == "RMA-20001"


def test_the_merchants_next_number_goes_round_what_a_vendor_took(
    at_acme: Cast, vera: Client, processed: Rma
) -> None:
    assert send(vera, processed, "reprocess", number="RMA-20002").status_code == 302
    assert lanterns(at_acme).rmas.get().number == "RMA-20003"


# --- several at once ----------------------------------------------------------------------------


def test_ticked_rmas_are_looked_ahead_and_approved(at_acme: Cast, vera: Client, rma: Rma) -> None:
    other, done_already = lanterns(at_acme).rmas.get(), lanterns(at_acme).rmas.get()
    approve_rma(at_acme.bob, done_already)
    ticked = [one.public_id for one in (rma, other, done_already)]
    page = vera.get("/vendors/acme/rmas/approve/", {"rma": ticked}).content.decode()
    assert "2 RMAs will be approved" in page
    assert "1 RMA will be skipped" in page
    assert "Ask Acme Gifts to re-open the decision." in page
    assert lines_of(rma) == [(0, 0, ""), (0, 0, "")]

    typed = {"key": new_key(), "rma": ticked[:2]}
    typed |= {f"version-{one.public_id}": one.version for one in (rma, other)}
    approve_rma(at_acme.bob, other)
    response = vera.post("/vendors/acme/rmas/approve/", typed, follow=True)
    text = response.content.decode()
    assert "1 RMA is approved." in text
    assert f"{other.number}: Acme Gifts approved {other.number} on " in text
    rma.refresh_from_db()
    assert (rma.status, rma.decided_by) == ("approved", at_acme.vera.user)
    assert vera.post("/vendors/acme/rmas/approve/", typed).status_code == 302
    assert Event.objects.filter(verb="rma.approved", actor_kind="vendor").count() == 1


def test_foreign_and_unreadable_ticks_are_left_out(at_acme: Cast, vera: Client, rma: Rma) -> None:
    order = shipped_order(at_acme.acme, Item(2), vendor=at_acme.paper)
    theirs = made_return(at_acme.bob, order).rmas.get()
    ticked = [theirs.public_id, uuid4(), "x", "\u0000"]
    page = vera.get("/vendors/acme/rmas/approve/", {"rma": ticked}).content.decode()
    assert "Nothing is ticked." in page
    assert theirs.number not in page
    typed = {"key": new_key(), "rma": ticked, f"version-{theirs.public_id}": theirs.version}
    assert vera.post("/vendors/acme/rmas/approve/", typed).status_code == 422
    theirs.refresh_from_db()
    assert theirs.status == "waiting"


def test_what_was_not_looked_at_is_not_approved(vera: Client, rma: Rma) -> None:
    for version in ("", "0", "x", "9" * 50):
        typed = {"key": new_key(), "rma": [rma.public_id], f"version-{rma.public_id}": version}
        vera.post("/vendors/acme/rmas/approve/", typed)
    assert lines_of(rma) == [(0, 0, ""), (0, 0, "")]


# --- who ----------------------------------------------------------------------------------------


def test_a_vendor_asked_for_goods_of_another_decides_and_sees_them(
    at_acme: Cast, sign_in: SignIn
) -> None:
    """Vic is asked for what Northlight sent: he has no purchase order, and yet decides."""
    order = shipped_order(
        at_acme.acme, Item(2, title="Lamp", sku="LA-1"), vendor=at_acme.northlight
    )
    made = made_return(at_acme.bob, order, units=2)
    deny_rma(at_acme.bob, made.rmas.get(), reason="not_ours")
    asked = FurtherRma(RmaRequest(at_acme.paper.pk), {made.lines.get().pk: 2})
    rma = create_rma(at_acme.bob, made, asked)
    with tenant(at_acme.acme.pk, vendor=at_acme.paper.pk):
        assert (ReturnLine.objects.count(), OrderLine.objects.count()) == (1, 1)
        assert Return.objects.visible_to(at_acme.vic).count() == 1
    vic = sign_in(at_acme.vic)
    home = vic.get("/vendors/acme/").content.decode()
    assert address(rma, "decide") in home
    page = vic.get(address(rma, "decide")).content.decode()
    assert "Lamp" in page
    assert send(vic, rma, "decide", **decisions(rma, (2, ""))).status_code == 302
    rma.refresh_from_db()
    assert (rma.status, rma.lines.get().approved) == ("approved", 2)
