"""How the tables of the platform pages behave: read, rarely edited, exported within a limit."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from import_export.admin import ExportMixin
from import_export.formats.base_formats import CSV, XLSX
from import_export.forms import ExportForm

from accounts.routes import Audience
from config.platform.door import visitor_of
from config.platform.site import audience_of
from core.counting import capped_counts
from core.errors import Refused

LONGEST_LIST = 10_000
"""Rows a list can be paged through; a search or filter brings the others."""
LARGEST_EXPORT = 10_000
"""Rows of an export, which is made in memory. Larger ones are `manage.py export_returns`."""


class CappedPaginator(Paginator):
    """Counts no further than anybody pages."""

    @cached_property
    def count(self) -> int:
        """Rows of the list, at most LONGEST_LIST."""
        rows: Any = self.object_list
        return min(capped_counts({"all": rows}, cap=LONGEST_LIST)["all"], LONGEST_LIST)


class PlatformTable(admin.ModelAdmin):
    """A table to read: newest rows first, no actions, nothing added or deleted.

    Subclasses name the columns, what is searched (`number__begins` for numbers, by index), and in
    `editable` the few fields of the row's page that may be changed; `save_model` then hands them to
    an action.
    """

    editable: ClassVar[tuple[str, ...]] = ()
    left_out: ClassVar[tuple[str, ...]] = ()
    pages: ClassVar[tuple[str, ...]] = ("changelist", "change")
    actions = None
    ordering = ("-pk",)
    sortable_by = ()
    list_per_page = 50
    list_max_show_all = 0
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = CappedPaginator
    view_on_site = False

    def get_urls(self) -> list[URLPattern]:
        """Only the pages this table has."""
        start = f"{self.opts.app_label}_{self.opts.model_name}_"
        names = {start + page for page in self.pages}
        return [entry for entry in super().get_urls() if entry.name in names]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """All rows of the platform, or those of the chosen merchant."""
        rows: Any = self.model._default_manager.order_by(*self.ordering)
        if audience_of(self.model) is Audience.PLATFORM:
            return rows
        actor = visitor_of(request).actor
        if hasattr(rows, "visible_to"):
            rows = rows.visible_to(actor)
        return rows.filter(merchant_id=actor.merchant_id)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The columns of the row, without the merchant, who is known, and files."""
        hidden = {"merchant", *self.left_out}
        return self.fields or [
            one.name for one in self.opts.local_concrete_fields if one.name not in hidden
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """All that is not `editable`."""
        return [name for name in self.get_fields(request, obj) if name not in self.editable]

    def lookup_allowed(self, lookup: str, value: Any, request: Any = None) -> bool:
        """Only what the page offers as a filter; else a secret could be guessed bit by bit."""
        return lookup.partition("__")[0] in self.list_filter

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Whoever passed the door reads everything."""
        return True

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever passed the door reads everything."""
        return True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nothing comes into being here."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only where a field is editable."""
        return bool(self.editable)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nothing goes away here."""
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Subclasses with editable fields call an action."""
        raise NotImplementedError

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Nothing more: the action has recorded the change."""

    def _get_obj_does_not_exist_redirect(self, *args: Any) -> HttpResponse:
        """A row that is absent and one of another merchant both answer 404."""
        raise Http404


class ExportedTable(ExportMixin, PlatformTable):
    """A table with a file for spreadsheets: what the filters leave, each cell neutralised."""

    export_formats = (CSV, XLSX)
    export_form_class = ExportForm
    export_template_name = "admin/platform_export.html"
    to_encoding = "utf-8-sig"

    def get_export_resource_kwargs(self, request: HttpRequest, **kwargs: Any) -> dict[str, Any]:
        """Moments are told on the clock of the page."""
        return {"zone": timezone.get_current_timezone_name()}

    def get_export_filename(self, request: HttpRequest, queryset: Any, file_format: Any) -> str:
        """acme-vendors-2026-11-23.csv"""
        merchant = visitor_of(request).merchant
        of_merchant = audience_of(self.model) is Audience.PLATFORM_MERCHANT
        owner = merchant.slug if merchant and of_merchant else "platform"
        day = timezone.localdate().isoformat()
        return f"{owner}-{self.opts.model_name}-{day}.{file_format.get_extension()}"

    def get_export_data(self, file_format: Any, request: Any, queryset: Any, **how: Any) -> Any:
        """The file. Raises Refused when there are more rows than one file should hold."""
        if capped_counts({"all": queryset}, cap=LARGEST_EXPORT)["all"] > LARGEST_EXPORT:
            raise Refused(
                _("More than %(n)s rows match. Narrow the list by a filter or a search first.")
                % {"n": f"{LARGEST_EXPORT:,}"}
            )
        return super().get_export_data(file_format, request, queryset, **how)
