"""Exports in the console: at once from the overview, or made in the background (F14)."""

from __future__ import annotations

import uuid
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    QueryDict,
    StreamingHttpResponse,
)
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from actions.export_runs import rows_written
from actions.exports import (
    Recipe,
    change_export,
    delete_export,
    delete_saved_export,
    request_export,
    save_export,
)
from actions.forms_once import once
from audit.models import Event
from audit.timeline import entries
from console.chosen import asked_filter, chosen_returns, matching_returns, query_of
from console.export_facts import column_words, filter_words, grain_word, schedule_words
from console.export_forms import ExportForm, as_typed
from console.form_page import FormPage
from console.forms_imports import KeyForm
from core.counting import capped_counts
from core.errors import Refused
from core.paging import keyset_page
from core.views import PageView
from exports.resources import ReturnResource
from exports.stream import csv_of
from returns.exporting import FileFormat, Grain
from returns.filters import clean_query
from returns.models import ExportJob, Return, ReturnImport, SavedExport

PROGRESS = "export-progress"
# More rows than this are written in the background: a browser should not wait for them.
AT_ONCE = 10_000
SHOWN_IMPORTS = 10


class ReturnExport(PageView):
    """GET: what the address's filter matches. POST: `selected`, or with `everything` the filter.

    Up to AT_ONCE rows are sent at once; for more, the page on which a file is asked for opens.
    """

    def get(self, request: HttpRequest, **address: Any) -> HttpResponseBase:
        """Everything that matches."""
        return self.answer(matching_returns(request.GET, self.actor), request.GET.urlencode())

    def post(self, request: HttpRequest, **address: Any) -> HttpResponseBase:
        """The ticked returns; foreign and unknown ones are left out like any that do not exist."""
        everything = request.POST.get("everything")
        if not everything and not request.POST.getlist("selected"):
            messages.warning(request, _("Tick at least one return, then export again."))
            address_of_list = reverse("console:returns", args=[self.actor.merchant.slug])
            return redirect(f"{address_of_list}?{query_of(request)}")
        query = asked_filter(request).urlencode() if everything else ""
        return self.answer(chosen_returns(request, self.actor), query)

    def answer(self, rows: QuerySet[Return], query: str) -> HttpResponseBase:
        """The file, written while it is sent; or where larger ones are asked for."""
        merchant = self.actor.merchant
        if capped_counts({"all": rows}, cap=AT_ONCE)["all"] > AT_ONCE:
            messages.info(
                self.request,
                _("More than %(n)s returns match. Their file is made in the background.")
                % {"n": f"{AT_ONCE:,}"},
            )
            return redirect(f"{reverse('console:export_new', args=[merchant.slug])}?{query}")
        name = file_name(merchant.slug, Grain.RETURN, FileFormat.CSV, timezone.localdate())
        return StreamingHttpResponse(
            csv_of(
                ReturnResource(zone=merchant.timezone),
                rows.order_by("-requested_at", "-pk"),
                merchant.pk,
            ),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": content_disposition_header(True, name)},
        )


def file_name(slug: str, grain: str, format: str, day: Any) -> str:  # noqa: A002 - people say so
    """acme-returns-2026-11-23.csv"""
    stems = {
        Grain.RETURN: "returns",
        Grain.LINE: "return-lines",
        Grain.RMA: "rmas",
        Grain.REFUND: "refunds",
    }
    return f"{slug}-{stems[Grain(grain)]}-{day.isoformat()}.{format}"


# --- what there is --------------------------------------------------------------------------------


class ExportList(PageView):
    """Saved exports, and the files that were made, newest first."""

    template_name = "console/exports/list.html"

    def page(self, **address: Any) -> dict[str, Any]:
        """One page of files, with who asked for each."""
        jobs = ExportJob.objects.visible_to(self.actor).select_related("asked_by")
        page = keyset_page(jobs, "asked_at", self.request.GET, 30)
        saved = SavedExport.objects.visible_to(self.actor).select_related("owner")
        imports = ReturnImport.objects.visible_to(self.actor).select_related("uploaded_by")
        return {
            "page": page,
            "jobs": [(job, grain_word(job.grain), result_of(job)) for job in page.rows],
            "saved": [
                (one, grain_word(one.grain), schedule_words(one), uuid.uuid4()) for one in saved
            ],
            "imports": list(imports.order_by("-uploaded_at", "-id")[:SHOWN_IMPORTS]),
        }


def result_of(job: ExportJob) -> str:
    """One line about what came of a job."""
    if job.status == "done":
        count = ngettext("%(n)s row", "%(n)s rows", job.rows) % {"n": f"{job.rows:,}"}
        return count if job.file else _("%(count)s, removed") % {"count": count}
    return job.error


# --- asking for a file, and keeping the choice ----------------------------------------------------


class NewExport(FormPage):
    """Choose rows, columns and kind of file; make it, or keep the choice under a name."""

    template_name = "console/exports/edit.html"

    def load(self, **address: Any) -> str:
        """The grain in the address or the form; unknown ones read as returns."""
        asked = self.request.POST.get("grain") or self.request.GET.get("grain", "")
        return asked if asked in Grain.values else Grain.RETURN.value

    def form(self, subject: str, data: Any | None = None) -> ExportForm:
        """Everything chosen; the filter of the overview one came from."""
        day = timezone.localdate().isoformat()
        initial = {
            "query": clean_query(self.request.GET),
            "format": FileFormat.CSV,
            "at_hour": 6,
            "name": f"{grain_word(subject)} {day}",
        }
        return ExportForm(data, actor=self.actor, grain=subject, initial=initial)

    def carry_out(self, subject: str, form: ExportForm) -> str:
        """Make the file, or keep the choice; where to go follows from that."""
        if self.request.POST.get("then") == "save":
            made: Any = save_export(
                self.actor, form.recipe(), form.timing(), is_shared=form.shared()
            )
            self.after = reverse("console:exports", args=[self.actor.merchant.slug])
            return _("“%(name)s” is saved.") % {"name": made.name}
        made = request_export(self.actor, form.recipe())
        self.after = job_address(self.actor, made)
        return _("The file is being made.")

    def address_after(self, subject: Any) -> str:
        """The file's page, or the list."""
        return self.after

    def context(self, subject: str, form: Any) -> dict[str, Any]:
        """The form, the other grains, and the filter in words."""
        query = str(form["query"].value() or "")
        here = reverse("console:export_new", args=[self.actor.merchant.slug])
        grains = [
            {
                "label": str(label),
                "href": f"{here}?grain={value}&{query}".rstrip("&"),
                "current": value == subject,
            }
            for value, label in Grain.choices
        ]
        words = filter_words(self.actor, clean_query_of(query))
        return {"form": form, "grains": grains, "words": words, "query": query, "saved": None}


class SavedExportPage(FormPage):
    """One's own saved export: what it holds, its name, when it is repeated, who sees it."""

    template_name = "console/exports/edit.html"

    def load(self, *, public_id: UUID, **address: Any) -> SavedExport:
        """The export, if it is one's own."""
        return get_object_or_404(SavedExport.objects.owned_by(self.actor), public_id=public_id)

    def form(self, subject: SavedExport, data: Any | None = None) -> ExportForm:
        """As it is now."""
        return ExportForm(
            data,
            actor=self.actor,
            grain=subject.grain,
            shared=subject.is_shared,
            initial=as_typed(subject),
        )

    def carry_out(self, subject: SavedExport, form: ExportForm) -> str:
        """Change it; its grain stays, because its columns hang on that."""
        recipe = form.recipe()
        recipe = Recipe(recipe.name, subject.grain, recipe.columns, recipe.query, recipe.format)
        change_export(self.actor, subject, recipe, form.timing(), is_shared=form.shared())
        return _("“%(name)s” is saved.") % {"name": recipe.name}

    def address_after(self, subject: Any) -> str:
        """The list."""
        return reverse("console:exports", args=[self.actor.merchant.slug])

    def context(self, subject: SavedExport, form: Any) -> dict[str, Any]:
        """The form and the filter in words."""
        query = str(form["query"].value() or "")
        return {
            "form": form,
            "grains": [],
            "words": filter_words(self.actor, clean_query_of(query)),
            "query": query,
            "saved": subject,
            "key": uuid.uuid4(),
        }


class Button(PageView):
    """A button: does its verb once and leads on; a refusal is said on the page it came from."""

    def post(self, request: HttpRequest, *, public_id: UUID, **address: Any) -> HttpResponse:
        """Once; without a key it is a click of its own."""
        subject = self.load(public_id)
        form = KeyForm(request.POST)
        key = form.cleaned_data["key"] if form.is_valid() else uuid.uuid4()
        try:
            return redirect(once(self.actor, key, lambda: self.click(subject)))
        except Refused as refused:
            messages.error(request, str(refused.message))
            return redirect(reverse("console:exports", args=[self.actor.merchant.slug]))

    def load(self, public_id: UUID) -> Any:
        """What the button is about, else Http404."""
        raise NotImplementedError

    def click(self, subject: Any) -> str:
        """Do it; where to go."""
        raise NotImplementedError


class RunSavedExport(Button):
    """Make the file of a saved export now; also of one that somebody shared."""

    def load(self, public_id: UUID) -> SavedExport:
        """The export, if one may see it."""
        return get_object_or_404(SavedExport.objects.visible_to(self.actor), public_id=public_id)

    def click(self, subject: SavedExport) -> str:
        """To the file's page."""
        return job_address(
            self.actor, request_export(self.actor, Recipe(**subject.recipe), saved=subject)
        )


class DeleteSavedExport(Button):
    """Delete one's own saved export."""

    def load(self, public_id: UUID) -> SavedExport:
        """The export, if it is one's own."""
        return get_object_or_404(SavedExport.objects.owned_by(self.actor), public_id=public_id)

    def click(self, subject: SavedExport) -> str:
        """Back to the list."""
        name = subject.name
        delete_saved_export(self.actor, subject)
        messages.success(self.request, _("“%(name)s” is deleted.") % {"name": name})
        return reverse("console:exports", args=[self.actor.merchant.slug])


# --- one file -------------------------------------------------------------------------------------


class ExportPage(PageView):
    """One file: how far it is, and the link to it."""

    template_name = "console/exports/detail.html"

    def get(self, request: HttpRequest, *, public_id: UUID, **address: Any) -> HttpResponse:
        """The page; for htmx the bar alone, and the whole page anew when the status changed."""
        job = load_job(self.actor, public_id)
        if request.headers.get("HX-Target") != PROGRESS:
            return self.render(**self.context(job))
        if job.status != request.GET.get("shown"):
            return HttpResponse(headers={"HX-Refresh": "true"})
        return render(request, "console/exports/_progress.html", self.progress(job))

    def progress(self, job: ExportJob) -> dict[str, Any]:
        """How many rows are written."""
        written, total = rows_written(job)
        return {"job": job, "written": written, "total": total}

    def context(self, job: ExportJob) -> dict[str, Any]:
        """What the template shows."""
        events = Event.objects.visible_to(self.actor).about("exportjob", job.pk)[:30]
        return {
            **self.progress(job),
            "grain": grain_word(job.grain),
            "columns": column_words(job.grain, job.columns),
            "words": filter_words(self.actor, job.query),
            "result": result_of(job),
            "key": uuid.uuid4(),
            "timeline": entries(events),
        }


class ExportFile(PageView):
    """The file itself."""

    def get(self, request: HttpRequest, *, public_id: UUID, **address: Any) -> HttpResponseBase:
        """As a download, never shown in the browser."""
        job = load_job(self.actor, public_id)
        if not job.file:
            raise Http404
        try:
            file = job.file.open("rb")
        except FileNotFoundError:
            raise Http404 from None
        kinds = {
            "csv": "text/csv; charset=utf-8",
            "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
        day = timezone.localtime(job.asked_at).date()
        return FileResponse(
            file,
            as_attachment=True,
            filename=file_name(self.actor.merchant.slug, job.grain, job.format, day),
            content_type=kinds[job.format],
        )


class DeleteExport(Button):
    """Remove the file; that it was made stays known."""

    def load(self, public_id: UUID) -> ExportJob:
        """The job."""
        return load_job(self.actor, public_id)

    def click(self, subject: ExportJob) -> str:
        """Back to the list."""
        delete_export(self.actor, subject)
        messages.success(self.request, _("The file is deleted."))
        return reverse("console:exports", args=[self.actor.merchant.slug])


def load_job(actor: Any, public_id: UUID) -> ExportJob:
    """The job, if the actor may see it; else Http404."""
    jobs = ExportJob.objects.visible_to(actor).select_related("asked_by")
    return get_object_or_404(jobs, public_id=public_id)


def job_address(actor: Any, job: ExportJob) -> str:
    """The address of a job's page."""
    return reverse("console:export", args=[actor.merchant.slug, job.public_id])


def clean_query_of(query: str) -> str:
    """A query string as somebody sent it, reduced to the overview's filters."""
    return clean_query(QueryDict(query))
