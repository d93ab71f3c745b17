"""Bulk actions: what would change, start, and what came of each return (F14)."""

from __future__ import annotations

import csv
import uuid
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from actions.bulk import ask_bulk, may_bulk, start_bulk
from actions.forms_once import once
from audit.models import Event
from audit.timeline import entries
from console.chosen import chosen_returns, query_of
from console.forms_imports import KeyForm
from core.cells import neutral
from core.errors import Refused
from core.views import PageView
from returns.models import BulkItem, BulkJob
from returns.states import BulkVerb

PROGRESS = "bulk-progress"
SHOWN = 200


class BulkForm(forms.Form):
    """Which verb, and its note; a missing key makes a new one."""

    key = forms.UUIDField(required=False)
    verb = forms.ChoiceField(
        choices=BulkVerb.choices,
        error_messages={
            "required": gettext_lazy("Choose what to do with the returns."),
            "invalid_choice": gettext_lazy("Choose what to do with the returns."),
        },
    )


class AskBulk(PageView):
    """From the list: the ticked returns, or everything that matches, and a verb."""

    def post(self, request: HttpRequest, **address: Any) -> HttpResponse:
        """Make the job once and show what it would change."""
        form = BulkForm(request.POST)
        if not form.is_valid():
            return self.back(str(next(iter(form.errors.values()))[0]))
        values = form.cleaned_data
        chosen = chosen_returns(request, self.actor)

        def work() -> str:
            job = ask_bulk(self.actor, values["verb"], chosen)
            return page_of(self.actor, job)

        try:
            return redirect(once(self.actor, values["key"] or uuid.uuid4(), work))
        except Refused as refused:
            return self.back(str(refused.message))

    def back(self, sentence: str) -> HttpResponse:
        """To the list, with a sentence and the filter it had."""
        messages.warning(self.request, sentence)
        address = reverse("console:returns", args=[self.actor.merchant.slug])
        return redirect(f"{address}?{query_of(self.request)}")


class BulkPage(PageView):
    """One bulk action: what it would change, how far it is, or what came of it."""

    template_name = "console/bulk/detail.html"

    def get(self, request: HttpRequest, *, public_id: UUID, **address: Any) -> HttpResponse:
        """The page; for htmx the bar alone, and the whole page anew when the status changed."""
        job = load(self.actor, public_id)
        if request.headers.get("HX-Target") != PROGRESS:
            return self.render(**self.context(job))
        if job.status != request.GET.get("shown"):
            return HttpResponse(headers={"HX-Refresh": "true"})
        return render(request, "console/bulk/_progress.html", self.progress(job))

    def progress(self, job: BulkJob) -> dict[str, Any]:
        """How many returns are through."""
        through = job.items.exclude(outcome=BulkItem.Outcome.PENDING).count()
        return {"job": job, "through": through, "label": job.get_verb_display()}

    def context(self, job: BulkJob) -> dict[str, Any]:
        """What the template shows."""
        counts = dict(job.items.values_list("outcome").annotate(n=Count("id")).order_by())
        skipped = job.items.filter(outcome=BulkItem.Outcome.SKIPPED)
        reasons = skipped.values_list("reason").annotate(n=Count("id")).order_by("-n", "reason")
        events = Event.objects.visible_to(self.actor).about("bulkjob", job.pk)[:30]
        return {
            **self.progress(job),
            "changed": counts.get("done", 0),
            "skipped": counts.get("skipped", 0),
            "reasons": list(reasons[:20]),
            "items": list(self.items(job)[:SHOWN]),
            "may_start": may_bulk(self.actor, job.verb),
            "key": uuid.uuid4(),
            "timeline": entries(events),
        }

    def items(self, job: BulkJob) -> QuerySet[BulkItem]:
        """The returns, those that are skipped first."""
        items = job.items.select_related("customer_return", "customer_return__order")
        return items.order_by("-outcome", "id")


class StartBulk(PageView):
    """Start what was looked ahead."""

    def post(self, request: HttpRequest, *, public_id: UUID, **address: Any) -> HttpResponse:
        """Once; the page says how far it is."""
        job = load(self.actor, public_id)
        form = KeyForm(request.POST)
        key = form.cleaned_data["key"] if form.is_valid() else uuid.uuid4()

        def work() -> str:
            start_bulk(self.actor, job)
            return page_of(self.actor, job)

        try:
            return redirect(once(self.actor, key, work))
        except Refused as refused:
            messages.error(request, str(refused.message))
            return redirect(page_of(self.actor, job))


class BulkResult(PageView):
    """What came of each return, as a CSV file."""

    def get(self, request: HttpRequest, *, public_id: UUID, **address: Any) -> Any:
        """The file, every cell neutralised."""
        job = load(self.actor, public_id)
        rows = list(
            job.items.order_by("id").values_list("customer_return__number", "outcome", "reason")
        )
        name = f"{self.actor.merchant.slug}-{job.verb}-{job.asked_at:%Y-%m-%d}.csv"
        return StreamingHttpResponse(
            _lines(rows),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": content_disposition_header(True, name)},
        )


class _Echo:
    def write(self, line: str) -> str:
        return line


def _lines(rows: list[tuple[str, str, str]]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield "\ufeff" + writer.writerow([_("Return"), _("Outcome"), _("Reason")])
    for number, outcome, reason in rows:
        cells = (number, str(BulkItem.Outcome(outcome).label), reason)
        yield writer.writerow([neutral(cell) for cell in cells])


def load(actor: Any, public_id: UUID) -> BulkJob:
    """The job, if the actor may see it; else Http404."""
    jobs = BulkJob.objects.visible_to(actor).select_related("asked_by")
    return get_object_or_404(jobs, public_id=public_id)


def page_of(actor: Any, job: BulkJob) -> str:
    """The address of the job's page."""
    return reverse("console:bulk", args=[actor.merchant.slug, job.public_id])
