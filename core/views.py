"""Generic views: a page of the product is a declaration on top of these (DESIGN rule 10)."""

from __future__ import annotations

from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views import View
from django_filters import FilterSet

from core.paging import keyset_page


class PageView(View):
    """A page for one actor. Subclasses give `template_name` and `page()`."""

    template_name: ClassVar[str]

    @property
    def actor(self) -> Any:
        """Who is asking; the gate has put it on the request."""
        return self.request.actor  # type: ignore[attr-defined]

    def get(self, request: HttpRequest, **address: Any) -> HttpResponse:
        """Show the page."""
        return self.render(**self.page(**address))

    def page(self, **address: Any) -> dict[str, Any]:
        """The template's context for the object in the address."""
        raise NotImplementedError

    def render(self, status: int = 200, **context: Any) -> HttpResponse:
        """Render the template for this request."""
        return render(self.request, self.template_name, context, status=status)


class ListPage(PageView):
    """A filtered list in pages by keyset.

    Subclasses give `filter_class` (its queryset is already what the actor may see), `ordered_by`
    (a timestamp column) and may narrow the rows' columns in `rows()`.
    """

    filter_class: ClassVar[type[FilterSet]]
    ordered_by: ClassVar[str]
    page_size: ClassVar[int] = 50

    def page(self, **address: Any) -> dict[str, Any]:
        """Filter, cut one page, and hand both to the template."""
        found = self.filtered()
        queryset = found.qs if found.is_valid() else found.queryset.none()
        rows = self.rows(queryset)
        page = keyset_page(rows, self.ordered_by, self.request.GET, self.page_size)
        return {"page": page, "filter": found, **self.more(found)}

    def filtered(self) -> FilterSet:
        """The filter with what it read."""
        return self.filter_class(self.filter_data(), actor=self.actor)

    def filter_data(self) -> Any:
        """What the filter reads; the address bar as it is."""
        return self.request.GET

    def rows(self, queryset: Any) -> Any:
        """Add what the rows show."""
        return queryset

    def more(self, found: FilterSet) -> dict[str, Any]:
        """Further context."""
        return {}
