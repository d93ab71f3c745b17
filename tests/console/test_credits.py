"""Credits in the console: the gap per vendor, statements, credit notes, settled differences."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from decimal import Decimal as D

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from actions.refunds import sync_refund
from actions.rma_changes import RmaEdit, edit_rma
from actions.rmas import approve_rma
from core.tenancy import tenant
from rmas.credit_gap import gaps
from rmas.models import CreditEntry, Rma
from tests.cast import Cast
from tests.console.desk import send, two_of_each

pytestmark = pytest.mark.django_db

GAP = "/m/acme/credits/"


def approved(cast: Cast) -> Rma:
    """Two lanterns at 4.00 and two hangers at 2.00, approved: 12.00 expected, 30.00 to refund."""
    rma = two_of_each(cast).rmas.get()
    lantern, hanger = rma.lines.order_by("id")
    costs = {lantern.pk: D(4), hanger.pk: D(2)}
    edit_rma(cast.bob, rma, RmaEdit("", "", D(0), {}, costs))
    return approve_rma(cast.bob, rma)


@pytest.fixture
def rma(at_acme: Cast) -> Rma:
    """Approved 40 days ago, and refunded."""
    rma = approved(at_acme)
    sync_refund(at_acme.fay, rma.customer_return)
    Rma.objects.filter(pk=rma.pk).update(decided_at=timezone.now() - timedelta(days=40))
    rma.refresh_from_db()
    return rma


def test_the_gap_tells_refunded_expected_credited_and_open_by_age(
    at_acme: Cast, rma: Rma, sign_in
) -> None:
    client = sign_in(at_acme.fay)
    sent = send(client, rma, "record-credit", amount="5", credit_number="CN-7", dated="2026-01-02")
    assert sent.status_code == 302
    (gap,) = gaps(at_acme.fay, timezone.now())
    assert (gap.vendor, gap.currency, gap.rmas) == (at_acme.northlight.name, "GBP", 1)
    assert (gap.refunded, gap.expected, gap.credited, gap.open) == (30, 12, 5, 7)
    assert gap.ages == [0, 7, 0, 0]
    text = client.get(GAP).content.decode()
    for shown in ("£30.00", "£12.00", "£5.00", "£7.00", at_acme.northlight.name):
        assert shown in text


def test_a_settled_difference_closes_the_gap(at_acme: Cast, rma: Rma, sign_in) -> None:
    client = sign_in(at_acme.fay)
    assert send(client, rma, "settle-credit", reason="").status_code == 422
    assert send(client, rma, "settle-credit", reason="Written off").status_code == 302
    assert gaps(at_acme.fay, timezone.now()) == []
    assert "No credit is open" in client.get(GAP).content.decode()
    page = client.get(f"/m/acme/returns/{rma.customer_return.public_id}/").content.decode()
    assert "settled: Written off" in page


def test_a_credit_note_can_be_fetched_again(at_acme: Cast, rma: Rma, sign_in) -> None:
    client = sign_in(at_acme.fay)
    paper = SimpleUploadedFile("note.pdf", b"%PDF-1.7 note")
    typed = {"amount": "1", "credit_number": "CN-1", "dated": "2026-01-02", "file": paper}
    assert send(client, rma, "record-credit", **typed).status_code == 302
    entry = CreditEntry.objects.get()
    page = client.get(f"/m/acme/returns/{rma.customer_return.public_id}/").content.decode()
    assert f"/m/acme/credit-notes/{entry.public_id}/" in page
    fetched = client.get(f"/m/acme/credit-notes/{entry.public_id}/")
    assert b"".join(fetched.streaming_content) == b"%PDF-1.7 note"
    assert fetched["Content-Disposition"] == 'attachment; filename="note.pdf"'


def test_bad_credit_notes_are_told_at_their_input_and_stay_typed(
    at_acme: Cast, rma: Rma, sign_in
) -> None:
    client = sign_in(at_acme.fay)
    typed = {"amount": "99", "credit_number": "CN-1", "dated": "2026-01-02"}
    answer = send(client, rma, "record-credit", **typed)
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "Only 12.00 GBP is open" in text
    assert 'value="99"' in text
    answer = send(client, rma, "record-credit", **{**typed, "amount": "x", "dated": "soon"})
    assert answer.status_code == 422
    assert not CreditEntry.objects.exists()


def test_the_statement_as_pdf_and_csv(at_acme: Cast, rma: Rma, sign_in) -> None:
    client = sign_in(at_acme.fay)
    address = f"{GAP}{at_acme.northlight.public_id}/"
    assert rma.number in client.get(address).content.decode()
    pdf = client.get(f"{address}statement.pdf")
    assert pdf.content.startswith(b"%PDF-")
    assert pdf["Content-Type"] == "application/pdf"
    with tenant(at_acme.acme.pk):
        Rma.objects.filter(pk=rma.pk).update(number="=1+1")
    sheet = client.get(f"{address}statement.csv").content.decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(sheet, newline=""))
    assert (row["RMA"], row["Expected"], row["Open"]) == ("'=1+1", "12.00", "12.00")


def test_the_own_warehouse_owes_nothing(at_acme: Cast, rma: Rma) -> None:
    with tenant(at_acme.acme.pk):
        Rma.objects.filter(pk=rma.pk).update(vendor=at_acme.warehouse)
    assert gaps(at_acme.fay, timezone.now()) == []


def test_every_open_rma_counts_once_and_none_of_another_merchant(at_acme: Cast, rma: Rma) -> None:
    approved(at_acme)
    (gap,) = gaps(at_acme.fay, timezone.now())
    assert (gap.rmas, gap.expected, gap.refunded) == (2, D(24), D(30))
    assert gap.ages == [12, 12, 0, 0]
    assert gaps(at_acme.charlie, timezone.now()) == []
