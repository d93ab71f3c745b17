"""Vendors of the chosen merchant from a file: preview first, then each row by an action.

The file itself travels with the confirm form, packed and signed for this person and this merchant:
nothing is kept on a server, and what was previewed at one merchant cannot be written at another.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from typing import Any, ClassVar

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.signing import BadSignature, TimestampSigner
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from import_export.admin import ImportExportMixin
from import_export.fields import Field
from import_export.formats.base_formats import CSV
from import_export.forms import ConfirmImportForm
from import_export.resources import Diff, ModelResource
from import_export.tmp_storages import BaseStorage

from accounts.actor import Actor
from accounts.models import Vendor
from actions.platform import VendorRow, keep_vendor
from config.platform.door import visitor_of
from config.platform.tables import ExportedTable
from core.cells import neutral
from core.errors import Refused
from core.uploads import is_too_large
from exports.platform import VendorResource

COLUMNS = ("code", "name", "email", "return_address")
MOST_ROWS = 1_000
PREVIEW_LASTS = 60 * 60
"""Seconds in which a preview can be confirmed."""


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


class VendorImport(ModelResource):
    """One row per vendor, `code` is the key. Rows are written by `keep_vendor`."""

    code = Field(column_name="code", attribute="code")
    name = Field(column_name="name", attribute="name")
    email = Field(column_name="email", attribute="email", default="")
    return_address = Field(column_name="return_address", attribute="return_address", default="")

    class Meta:
        model = Vendor
        fields = COLUMNS
        import_id_fields = ("code",)
        skip_unchanged = True
        report_skipped = True
        clean_model_instances = True
        use_transactions = True

    def __init__(self, *, actor: Actor) -> None:
        super().__init__()
        self.actor = actor

    @classmethod
    def get_display_name(cls) -> str:
        """What the form calls it."""
        return _("Vendors")

    @classmethod
    def get_diff_class(cls) -> type[Diff]:
        """The comparison that a strict page can show."""
        return PlainDiff

    def get_queryset(self) -> Any:
        """Vendors of the chosen merchant."""
        return Vendor.objects.visible_to(self.actor)

    def init_instance(self, row: Any = None) -> Vendor:
        """A new vendor of the chosen merchant."""
        return Vendor(merchant=self.actor.merchant)

    def before_import(self, dataset: Any, **kwargs: Any) -> None:
        """Refuse a file of another shape before its first row, and forget its rows."""
        headers, rows = set(dataset.headers or ()), len(dataset)
        if {"code", "name"} <= headers and rows <= MOST_ROWS:
            return
        dataset.wipe()
        if rows <= MOST_ROWS:
            raise Refused(_("The first line of the file must name the columns code and name."))
        raise Refused(
            _("The file has more than %(n)s vendors. Split it and import the parts.")
            % {"n": f"{MOST_ROWS:,}"}
        )

    def before_import_row(self, row: Any, **kwargs: Any) -> None:
        """Cells are compared without blanks around them, and missing ones are empty."""
        for column in COLUMNS:
            if column in row:
                row[column] = as_typed(str(row[column] or "").strip())

    def after_import(self, dataset: Any, result: Any, **kwargs: Any) -> None:
        """Nothing: files bring no ids, and the login may not set the sequences back."""

    def do_instance_save(self, instance: Vendor, is_create: bool) -> None:
        """Hand the row to the action."""
        row = VendorRow(**{column: getattr(instance, column) for column in COLUMNS})
        instance.pk = keep_vendor(self.actor, row).pk


def as_typed(cell: str) -> str:
    """A cell without the apostrophe that an export put in front of it."""
    return cell[1:] if cell.startswith("'") and neutral(cell[1:]) == cell else cell


class InThePage(BaseStorage):
    """Between preview and confirmation the file is in the form: `name` is its packed content."""

    def save(self, data: bytes) -> None:
        """Pack it."""
        self.name = base64.urlsafe_b64encode(zlib.compress(data, 9)).decode()

    def read(self) -> str:
        """Unpack it."""
        data = zlib.decompress(base64.urlsafe_b64decode(self.name))
        return data.decode(self.encoding or "utf-8")

    def remove(self) -> None:
        """Nothing is kept anywhere."""


def signer_for(actor: Actor) -> TimestampSigner:
    """Signs for one person at one merchant."""
    return TimestampSigner(salt=f"platform.vendors:{actor.merchant_id}:{actor.user_id}")


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
        signed = self.cleaned_data["import_file_name"]
        try:
            packed = self.signer.unsign(signed, max_age=PREVIEW_LASTS)
            base64.urlsafe_b64decode(packed)
        except (BadSignature, binascii.Error):
            raise ValidationError(preview_is_gone()) from None
        return packed


def preview_is_gone() -> str:
    """Why a confirmation is refused, and what to do."""
    return _("This preview is too old or of another merchant. Upload the file once more.")


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

    def get_import_resource_classes(self, request: HttpRequest) -> list[type[VendorImport]]:
        """What reads a file; what writes one is another."""
        return [VendorImport]

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
                raise Refused(preview_is_gone())
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
