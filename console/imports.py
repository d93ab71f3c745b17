"""Order files in the console: upload with a dry run, progress, result, rejects (F3)."""

from __future__ import annotations

import uuid
from pathlib import PurePath
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from actions.forms_once import once
from actions.import_reports import rows_read
from actions.imports import request_import, upload_order_file
from audit.models import Event
from audit.timeline import entries
from console.forms_imports import KeyForm, OrderFileForm
from console.import_facts import Facts
from core.errors import Refused
from core.paging import keyset_page
from core.uploads import is_too_large, megabytes
from core.views import PageView
from orders.models import OrderImport
from orders.readers import FORMATS

PROGRESS = "import-progress"


class ImportList(PageView):
    """All order files, newest first."""

    template_name = "console/imports/list.html"

    def page(self, **address: Any) -> dict[str, Any]:
        """One page of them, with who uploaded each."""
        found = OrderImport.objects.visible_to(self.actor).select_related("uploaded_by")
        page = keyset_page(found, "uploaded_at", self.request.GET)
        return {"page": page, "rows": [(one, Facts.of(one)) for one in page.rows]}


class UploadPage(PageView):
    """Choose a file; it is checked and nothing is loaded."""

    template_name = "console/imports/upload.html"
    file_limit = "ORDER_FILE_LIMIT"

    def page(self, **address: Any) -> dict[str, Any]:
        """An empty form."""
        return self.context(OrderFileForm(initial={"key": uuid.uuid4()}))

    def post(self, request: HttpRequest, **address: Any) -> HttpResponse:
        """Keep the file and show what it would do, or say at the field what is wrong."""
        form = OrderFileForm(request.POST, request.FILES, too_large=is_too_large(request))
        if not form.is_valid():
            return self.render(status=422, **self.context(form))
        values = form.cleaned_data

        def work() -> str:
            found = upload_order_file(self.actor, values["file"], format=values["format"])
            return _page_of(self.actor, found)

        try:
            return redirect(once(self.actor, values["key"], work))
        except Refused as refused:
            form.add_error(refused.field or None, str(refused.message))
            return self.render(status=422, **self.context(form))

    def context(self, form: OrderFileForm) -> dict[str, Any]:
        """What the template shows."""
        limit = megabytes(settings.ORDER_FILE_LIMIT)
        return {"form": form, "formats": list(FORMATS.values()), "limit": limit}


class ImportPage(PageView):
    """One file: what would happen, how far the load is, or what came of it."""

    template_name = "console/imports/detail.html"

    def get(self, request: HttpRequest, *, public_id: UUID, **address: Any) -> HttpResponse:
        """The page; for htmx the bar alone, and the whole page anew when the status changed."""
        found = _load(self.actor, public_id)
        if request.headers.get("HX-Target") != PROGRESS:
            return self.render(**self.context(found))
        if found.status != request.GET.get("shown"):
            return HttpResponse(headers={"HX-Refresh": "true"})
        facts = {"found": found, "rows_read": rows_read(found)}
        return render(request, "console/imports/_progress.html", facts)

    def context(self, found: OrderImport) -> dict[str, Any]:
        """What the template shows."""
        events = Event.objects.visible_to(self.actor).about("orderimport", found.pk)[:30]
        return {
            "found": found,
            "facts": Facts.of(found),
            "rows_read": rows_read(found),
            "key": uuid.uuid4(),
            "timeline": entries(events),
        }


class StartImport(PageView):
    """Import, or try again."""

    def post(self, request: HttpRequest, *, public_id: UUID, **address: Any) -> HttpResponse:
        """Ask for it once; the page says what happens."""
        found = _load(self.actor, public_id)
        form = KeyForm(request.POST)
        key = form.cleaned_data["key"] if form.is_valid() else uuid.uuid4()

        def work() -> str:
            request_import(self.actor, found)
            return _page_of(self.actor, found)

        try:
            return redirect(once(self.actor, key, work))
        except Refused as refused:
            messages.error(request, str(refused.message))
            return redirect(_page_of(self.actor, found))


class Rejects(PageView):
    """The rejected rows, to be mended and uploaded again."""

    def get(self, request: HttpRequest, *, public_id: UUID, **address: Any) -> HttpResponseBase:
        """The file, as a download."""
        found = _load(self.actor, public_id)
        if not found.rejects:
            raise Http404
        try:
            file = found.rejects.open("rb")
        except FileNotFoundError:
            raise Http404 from None
        name = PurePath(found.file_name).name.partition(".")[0]
        return FileResponse(
            file,
            as_attachment=True,
            filename=_("%(name)s rejects.csv") % {"name": name},
            content_type="text/csv; charset=utf-8",
        )


def _load(actor: Any, public_id: UUID) -> OrderImport:
    found = OrderImport.objects.visible_to(actor).select_related("uploaded_by")
    return get_object_or_404(found, public_id=public_id)


def _page_of(actor: Any, found: OrderImport) -> str:
    return reverse("console:import", args=[actor.merchant.slug, found.public_id])
