"""Returns changed by an edited export: upload, look at every difference, confirm, watch (F14)."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from actions.forms_once import once
from actions.return_changes import start_changes, upload_changes
from actions.return_files import EDITABLE, MOST_ROWS
from audit.models import Event
from audit.timeline import entries
from console.export_forms import ChangesForm
from console.forms_imports import KeyForm
from core.errors import Refused
from core.jinja_filters import money
from core.uploads import is_too_large, megabytes
from core.views import PageView
from exports.resources import ReturnResource
from returns.models import ReturnImport

PROGRESS = "changes-progress"
SHOWN = 500


class UploadChanges(PageView):
    """Choose a file; it is compared and nothing is changed."""

    template_name = "console/exports/upload.html"
    file_limit = "RETURN_FILE_LIMIT"

    def page(self, **address: Any) -> dict[str, Any]:
        """An empty form."""
        return self.context(ChangesForm())

    def post(self, request: HttpRequest, **address: Any) -> HttpResponse:
        """Compare the file, or say at the field what is wrong."""
        form = ChangesForm(request.POST, request.FILES, too_large=is_too_large(request))
        if not form.is_valid():
            return self.render(status=422, **self.context(form))
        values = form.cleaned_data

        def work() -> str:
            return page_of(self.actor, upload_changes(self.actor, values["file"]))

        try:
            return redirect(once(self.actor, values["key"], work))
        except Refused as refused:
            form.complain(refused)
            return self.render(status=422, **self.context(form))

    def context(self, form: ChangesForm) -> dict[str, Any]:
        """What the template shows."""
        headings = ReturnResource.headings()
        return {
            "form": form,
            "limit": megabytes(settings.RETURN_FILE_LIMIT),
            "most": MOST_ROWS,
            "key_column": headings["number"],
            "editable": [headings[name] for name in EDITABLE],
        }


class ChangesPage(PageView):
    """One file: every difference, the rows that cannot be used, and what came of it."""

    template_name = "console/exports/changes.html"

    def get(self, request: HttpRequest, *, public_id: UUID, **address: Any) -> HttpResponse:
        """The page; for htmx the bar alone, and the whole page anew when the status changed."""
        found = load(self.actor, public_id)
        if request.headers.get("HX-Target") != PROGRESS:
            return self.render(**self.context(found))
        if found.status != request.GET.get("shown"):
            return HttpResponse(headers={"HX-Refresh": "true"})
        return render(request, "console/exports/_changes_progress.html", {"found": found})

    def context(self, found: ReturnImport) -> dict[str, Any]:
        """What the template shows."""
        events = Event.objects.visible_to(self.actor).about("returnimport", found.pk)[:30]
        may = self.actor.may("return.bulk") and self.actor.may("return.edit")
        return {
            "found": found,
            "differences": differences(found),
            "shown": SHOWN,
            "may_start": may,
            "key": uuid.uuid4(),
            "timeline": entries(events),
        }


def differences(found: ReturnImport) -> list[dict[str, Any]]:
    """One row per cell that differs: line, return, column, before, after; the first SHOWN."""
    headings = ReturnResource.headings()
    rows = []
    for change in found.changes:
        for name in EDITABLE:
            before, after = change["before"][name], change["after"][name]
            if before == after:
                continue
            if name == "adjustment":
                before, after = (
                    money(Decimal(x), change["currency"], signed=True) for x in (before, after)
                )
            rows.append(
                {
                    "line": change["line"],
                    "number": change["number"],
                    "column": headings[name],
                    "before": before or _("empty"),
                    "after": after or _("empty"),
                }
            )
            if len(rows) >= SHOWN:
                return rows
    return rows


class StartChanges(PageView):
    """Carry the changes out."""

    def post(self, request: HttpRequest, *, public_id: UUID, **address: Any) -> HttpResponse:
        """Once; the page says how far it is."""
        found = load(self.actor, public_id)
        form = KeyForm(request.POST)
        key = form.cleaned_data["key"] if form.is_valid() else uuid.uuid4()

        def work() -> str:
            start_changes(self.actor, found)
            return page_of(self.actor, found)

        try:
            return redirect(once(self.actor, key, work))
        except Refused as refused:
            messages.error(request, str(refused.message))
            return redirect(page_of(self.actor, found))


def load(actor: Any, public_id: UUID) -> ReturnImport:
    """The file, if the actor may see it; else Http404."""
    found = ReturnImport.objects.visible_to(actor).select_related("uploaded_by")
    return get_object_or_404(found, public_id=public_id)


def page_of(actor: Any, found: ReturnImport) -> str:
    """The address of the file's page."""
    return reverse("console:changes", args=[actor.merchant.slug, found.public_id])
