"""Vendors and their users by CSV: upload, look at what would change, then carry it out (F10)."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from actions.forms_once import once
from actions.vendor_files import (
    OWN_COLUMNS,
    USERS,
    VendorReport,
    pack,
    read_vendors,
    signer_for,
    unpack,
    unpack_signed,
)
from console.form_page import KeyedForm
from console.settings import SettingsFrame
from core.errors import Refused
from core.uploads import is_too_large
from core.views import PageView

SALT = "console.vendors"
SHOWN = 200
"""Rows of a preview; the counts above them are of the whole file."""


class VendorFileForm(KeyedForm):
    """A file to look at."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        required=False,
        allow_empty_file=True,
    )
    signed = forms.CharField(required=False, widget=forms.HiddenInput)


class VendorFile(SettingsFrame, PageView):
    """One page: the form, then what the file would do with a button that does it."""

    template_name = "console/settings/vendors_file.html"
    tab = "settings_vendors"
    file_limit = "VENDOR_FILE_LIMIT"

    def page(self, **address: Any) -> dict[str, Any]:
        """The form."""
        return self.context(VendorFileForm())

    def post(self, request: HttpRequest, **address: Any) -> HttpResponse:
        """Look at an uploaded file, or carry out one that was looked at."""
        form = VendorFileForm(request.POST, request.FILES)
        if not form.is_valid():
            return self.render(status=422, **self.context(form))
        try:
            if form.cleaned_data["signed"]:
                return redirect(once(self.actor, form.cleaned_data["key"], lambda: self.load(form)))
            return self.look(form)
        except Refused as refused:
            form = VendorFileForm()
            return self.render(status=409, **self.context(form, refusal=str(refused.message)))

    def look(self, form: VendorFileForm) -> HttpResponse:
        """What the file would do; nothing is kept."""
        if is_too_large(self.request):
            raise Refused(_("The file is too large. Split it and import the parts."))
        file = form.cleaned_data["file"]
        if file is None:
            raise Refused(_("Choose a file first."))
        data = file.read()
        report = read_vendors(self.actor, data, dry_run=True)
        signed = ""
        if report.changes_something and not report.complaints:
            signed = signer_for(self.actor, SALT).sign(pack(data))
        return self.render(**self.context(VendorFileForm(), report, signed))

    def load(self, form: VendorFileForm) -> str:
        """Carry out the file that was looked at, as it was signed for this person here."""
        packed = unpack_signed(signer_for(self.actor, SALT), form.cleaned_data["signed"])
        report = read_vendors(self.actor, unpack(packed), dry_run=False)
        if report.complaints:
            raise Refused(
                _("Something has changed since the preview. Nothing was imported; upload it again.")
            )
        messages.success(self.request, said(report))
        return self.place("settings_vendors")

    def context(
        self,
        form: VendorFileForm,
        report: VendorReport | None = None,
        signed: str = "",
        refusal: str = "",
    ) -> dict[str, Any]:
        """The form, and the preview if there is one."""
        return {
            **self.frame(),
            "form": form,
            "report": report,
            "rows": report.rows[:SHOWN] if report else [],
            "complaints": report.complaints[:SHOWN] if report else [],
            "signed": signed,
            "key": uuid.uuid4(),
            "refusal": refusal,
            "columns": (*OWN_COLUMNS, USERS),
            "limit": settings.VENDOR_FILE_LIMIT // 1024,
        }


def said(report: VendorReport) -> str:
    """What a file did, in a sentence."""
    return _("%(new)s vendors added, %(changed)s changed, %(invited)s people invited.") % {
        "new": report.count("new"),
        "changed": report.count("changed"),
        "invited": report.invited,
    }
