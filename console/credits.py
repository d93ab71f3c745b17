"""Credits in the console: the gap per vendor, a vendor's statement, and the verbs (F12, X6)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db.models import QuerySet
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
)
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Vendor
from actions.credits import record_credit, settle_credit
from console.credit_forms import RecordCreditForm, SettleCreditForm
from console.rmas import RmaFormVerb
from core.cells import neutral
from core.money import quantise
from core.paging import keyset_page
from core.uploads import is_too_large, megabytes
from core.views import PageView
from documents.pdf import pdf_of
from rmas.credit_gap import Gap, age_words, gaps, open_credits
from rmas.models import CreditEntry, Rma
from rmas.states import MOVES

ON_PAPER = 500
"""How many RMAs a statement prints; the CSV file has all of them."""


class RecordCredit(RmaFormVerb):
    """Record Credit: a credit note as the vendor sent it (X6)."""

    template_name = "console/rmas/record_credit.html"
    name = "record_credit"
    move = MOVES["record_credit"]
    verb = record_credit
    done = gettext_lazy("The credit for %(object)s is recorded.")
    form_class = RecordCreditForm
    file_limit = "RETURN_FILE_LIMIT"

    def form_facts(self, subject: Rma) -> dict[str, Any]:
        """Whether a file was too large to come in."""
        return {"too_large": is_too_large(self.request)}

    def initial(self, subject: Rma) -> dict[str, Any]:
        """All that is open, today."""
        return {
            "amount": quantise(subject.credit_open, subject.currency),
            "dated": timezone.localdate(timezone=self.actor.merchant.zone).isoformat(),
        }

    def more(self, subject: Rma, form: Any) -> dict[str, Any]:
        """How large a file may be."""
        return {"limit": megabytes(settings.RETURN_FILE_LIMIT)}


class SettleCredit(RmaFormVerb):
    """Settle difference: what is open will not come; the variance stays visible (X6)."""

    template_name = "console/rmas/settle_credit.html"
    name = "settle_credit"
    move = MOVES["settle_credit"]
    verb = settle_credit
    done = gettext_lazy("The difference on %(object)s is settled.")
    form_class = SettleCreditForm


class CreditFile(PageView):
    """The file of a credit note, always as a download."""

    def get(self, request: HttpRequest, *, public_id: UUID, **address: Any) -> HttpResponseBase:
        """The file; 404 when there is none, or not for this actor."""
        entries = CreditEntry.objects.visible_to(self.actor).exclude(file="")
        found = get_object_or_404(entries, public_id=public_id)
        try:
            file = found.file.open("rb")
        except FileNotFoundError:
            raise Http404 from None
        response = FileResponse(
            file, as_attachment=True, filename=found.file_name, content_type=found.content_type
        )
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


class CreditGap(PageView):
    """Per vendor: refunded, expected, credited, settled and open, by age."""

    template_name = "console/credits/gap.html"

    def page(self, **address: Any) -> dict[str, Any]:
        """Every vendor that owes something, or was credited too much."""
        found = gaps(self.actor, timezone.now())
        totals = {
            currency: sum(gap.open for gap in found if gap.currency == currency)
            for currency in dict.fromkeys(gap.currency for gap in found)
        }
        return {"gaps": found, "ages": age_words(), "totals": totals}


class StatementPage(PageView):
    """What one vendor owes, RMA by RMA."""

    template_name = "console/credits/statement.html"

    def vendor(self, public_id: UUID) -> Vendor:
        """The vendor as the actor may see it, else Http404."""
        return get_object_or_404(Vendor.objects.visible_to(self.actor), public_id=public_id)

    def page(self, *, public_id: UUID, **address: Any) -> dict[str, Any]:
        """The vendor's gap and one page of its open RMAs, the latest request first."""
        vendor = self.vendor(public_id)
        page = keyset_page(self.rows(vendor), "requested_at", self.request.GET, 50)
        return {
            "vendor": vendor,
            "gaps": self.gaps(vendor),
            "ages": age_words(),
            "page": page,
            "now": timezone.now(),
            "may_remind": self.actor.may("credit.apply"),
            "key": uuid4(),
            "refusal": "",
        }

    def gaps(self, vendor: Vendor) -> list[Gap]:
        """One for each currency."""
        return [gap for gap in gaps(self.actor, timezone.now()) if gap.vendor_id == vendor.pk]

    def rows(self, vendor: Vendor) -> QuerySet[Rma]:
        """Its open RMAs."""
        return open_credits(self.actor).filter(vendor=vendor).select_related("order")


class StatementCsv(StatementPage):
    """The statement as CSV: every open RMA, the oldest first."""

    def get(self, request: HttpRequest, *, public_id: UUID, **address: Any) -> HttpResponse:
        """A file that is named after the vendor and the day."""
        vendor = self.vendor(public_id)
        body = "".join(csv_lines(self.rows(vendor).order_by("requested_at", "id")))
        return self.file(vendor, body.encode(), "csv", "text/csv; charset=utf-8")

    def file(self, vendor: Vendor, body: bytes, kind: str, content_type: str) -> HttpResponse:
        """`body` as a download."""
        day = timezone.localdate(timezone=self.actor.merchant.zone)
        name = f"{vendor.code}-credits-{day.isoformat()}.{kind}"
        return HttpResponse(
            body,
            content_type=content_type,
            headers={
                "Content-Disposition": content_disposition_header(True, name),
                "X-Content-Type-Options": "nosniff",
            },
        )


class StatementPdf(StatementCsv):
    """The statement on paper, at most ON_PAPER RMAs of it."""

    def get(self, request: HttpRequest, *, public_id: UUID, **address: Any) -> HttpResponse:
        """A file that is named after the vendor and the day."""
        vendor = self.vendor(public_id)
        found = list(self.rows(vendor).order_by("requested_at", "id")[: ON_PAPER + 1])
        context = {
            "merchant": self.actor.merchant,
            "vendor": vendor,
            "gaps": self.gaps(vendor),
            "ages": age_words(),
            "rows": found[:ON_PAPER],
            "is_cut": len(found) > ON_PAPER,
            "now": timezone.now(),
        }
        body = pdf_of("documents/credit_statement.html", context)
        return self.file(vendor, body, "pdf", "application/pdf")


def csv_lines(rows: QuerySet[Rma]) -> Iterator[str]:
    """The statement as lines of CSV, amounts as plain numbers, texts that no spreadsheet runs."""
    yield "\ufeff"
    yield _line(
        [
            _("RMA"),
            _("Order"),
            _("Decided"),
            _("Approved units"),
            _("Expected"),
            _("Credited"),
            _("Settled difference"),
            _("Open"),
            _("Currency"),
        ]
    )
    for rma in rows.iterator(chunk_size=2000):
        money = (rma.credit_expected, rma.credited, rma.credit_variance, rma.credit_open)
        yield _line(
            [
                neutral(rma.number),
                neutral(rma.order.number),
                local_day(rma.decided_at),
                rma.approved_units,
                *(quantise(amount, rma.currency) for amount in money),
                rma.currency,
            ]
        )


def _line(cells: list[Any]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow(cells)
    return text.getvalue()


def local_day(moment: datetime | None) -> str:
    """2026-11-25 in the merchant's zone, "" for never."""
    return timezone.localtime(moment).date().isoformat() if moment else ""
