"""Vendors of the chosen merchant from a file: preview first, then each row by an action.

The file itself travels with the confirm form, packed and signed for this person and this merchant:
nothing is kept on a server, and what was previewed at one merchant cannot be written at another.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.signing import TimestampSigner
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from import_export.admin import ImportExportMixin
from import_export.formats.base_formats import CSV
from import_export.forms import ConfirmImportForm
from import_export.resources import Diff
from import_export.tmp_storages import BaseStorage

from accounts.actor import Actor
from actions import vendor_files
from actions.platform import keep_vendor
from actions.vendor_files import VendorImport
from config.platform.door import visitor_of
from config.platform.tables import ExportedTable
from core.errors import Refused
from core.uploads import is_too_large
from exports.platform import VendorResource


class PlainDiff(Diff):
    """The library's comparison without the colours it writes into the page."""

    COLOURED: ClassVar[dict[str, str]] = {
        '<ins style="background:#e6ffe6;">': "<ins>",
        '<del style="background:#ffe6e6;">': "<del>",
    }

    def as_html(self) -> list[str]:
        """One cell per field: <ins>, <del> and escaped text."""
        return [self._plain(cell) for cell in super().as_html()]

    def _plain(self, cell: str) -> str:
        for coloured, plain in self.COLOURED.items():
            cell = cell.replace(coloured, plain)
        return mark_safe(cell)  # noqa: S308 - the library has escaped what people typed


class PlatformVendorImport(VendorImport):
    """The shared import, written by the platform's verb and shown by its own comparison."""

    class Meta(VendorImport.Meta):
        pass

    def __init__(self, *, actor: Actor) -> None:
        super().__init__(actor=actor, keep=keep_vendor)

    @classmethod
    def get_display_name(cls) -> str:
        """What the form calls it."""
        return _("Vendors")

    @classmethod
    def get_diff_class(cls) -> type[Diff]:
        """The comparison that a strict page can show."""
        return PlainDiff


class InThePage(BaseStorage):
    """Between preview and confirmation the file is in the form: `name` is its packed content."""

    def save(self, data: bytes) -> None:
        """Pack it."""
        self.name = vendor_files.pack(data)

    def read(self) -> str:
        """Unpack it."""
        return vendor_files.unpack(self.name).decode(self.encoding or "utf-8")

    def remove(self) -> None:
        """Nothing is kept anywhere."""


def signer_for(actor: Actor) -> TimestampSigner:
    """Signs for one person at one merchant."""
    return vendor_files.signer_for(actor, "platform.vendors")


class ConfirmForm(ConfirmImportForm):
    """The button under the preview, with the signed file."""

    def __init__(self, *args: Any, signer: TimestampSigner, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.signer = signer

    def clean_format(self) -> str:
        """There is one."""
        return "0"

    def clean_resource(self) -> str:
        """There is one."""
        return "0"

    def clean_import_file_name(self) -> str:
        """The packed file, if it is the one this person previewed here within the hour."""
        try:
            return vendor_files.unpack_signed(self.signer, self.cleaned_data["import_file_name"])
        except Refused as refused:
            raise ValidationError(refused.message) from None


class VendorTable(ImportExportMixin, ExportedTable):
    """The merchant's vendors, in and out."""

    file_limit = "VENDOR_FILE_LIMIT"
    list_display = ("name", "code", "email", "own_warehouse", "created_at")
    search_fields = ("name", "code", "email")
    resource_classes = (VendorResource,)
    import_formats = (CSV,)
    import_template_name = "admin/platform_import.html"
    confirm_form_class = ConfirmForm
    tmp_storage_class = InThePage
    skip_admin_log = True

    def get_urls(self) -> list[URLPattern]:
        """The page that takes the file says how large it may be (core.uploads)."""
        urls: list[URLPattern] = super().get_urls()
        for entry in urls:
            if (entry.name or "").endswith("_vendor_import"):
                entry.callback.view_class = type(self)  # type: ignore[attr-defined]
        return urls

    def get_import_resource_classes(self, request: HttpRequest) -> list[type[PlatformVendorImport]]:
        """What reads a file; what writes one is another."""
        return [PlatformVendorImport]

    def get_import_resource_kwargs(self, request: HttpRequest, **kwargs: Any) -> dict[str, Any]:
        """Whose vendors."""
        return {"actor": visitor_of(request).actor}

    def get_confirm_form_kwargs(self, request: HttpRequest, import_form: Any = None) -> Any:
        """The form signs and checks for this person and merchant."""
        kwargs = super().get_confirm_form_kwargs(request, import_form)
        return {**kwargs, "signer": signer_for(visitor_of(request).actor)}

    def get_confirm_form_initial(self, request: HttpRequest, import_form: Any) -> Any:
        """The file goes into the form signed."""
        initial = super().get_confirm_form_initial(request, import_form)
        if import_form is not None:
            signer = signer_for(visitor_of(request).actor)
            initial["import_file_name"] = signer.sign(initial["import_file_name"])
        return initial

    def import_action(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Upload and preview; a file that is too large is told so."""
        if request.method == "POST" and is_too_large(request):
            raise Refused(_("The file is too large. Split it and import the parts."))
        response: HttpResponse = super().import_action(request, **kwargs)
        return response

    def add_data_read_fail_error_to_form(self, form: Any, e: Exception) -> None:
        """What is wrong with a file that cannot be read."""
        form.add_error(
            "import_file", _("This is no CSV file in UTF-8. Save it as “CSV UTF-8” and try again.")
        )

    def process_import(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Write what was previewed; a confirmation that is not ours is refused with a sentence."""
        try:
            if not self.create_confirm_form(request).is_valid():
                raise Refused(vendor_files.preview_is_gone())
            response: HttpResponse = super().process_import(request, **kwargs)
        except Refused as refused:
            messages.error(request, refused.message)
            return redirect("platform:accounts_vendor_import")
        return response

    def process_dataset(self, dataset: Any, form: Any, request: Any, **kwargs: Any) -> Any:
        """All rows or none."""
        result = super().process_dataset(
            dataset, form, request, rollback_on_validation_errors=True, **kwargs
        )
        if result.has_errors() or result.has_validation_errors():
            raise Refused(
                _("Something has changed since the preview. Nothing was imported; upload it again.")
            )
        return result
