"""The overview as a CSV file: the rows that are ticked, or everything that matches (F14)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    QueryDict,
    StreamingHttpResponse,
)
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from core.views import PageView
from exports.resources import ReturnResource
from exports.stream import csv_of
from returns.filters import ReturnFilter
from returns.models import Return


class ReturnExport(PageView):
    """GET: what the address's filter matches. POST: `selected`, or with `everything` the filter."""

    def get(self, request: HttpRequest, **address: Any) -> HttpResponseBase:
        """Everything that matches."""
        return self.answer(self.matching(request.GET))

    def post(self, request: HttpRequest, **address: Any) -> HttpResponseBase:
        """The ticked returns; foreign and unknown ones are left out like any that do not exist."""
        if request.POST.get("everything"):
            return self.answer(self.matching(self.asked()))
        chosen = [found for text in request.POST.getlist("selected") if (found := _uuid(text))]
        if not chosen:
            return self.nothing_chosen()
        return self.answer(Return.objects.visible_to(self.actor).filter(public_id__in=chosen))

    def asked(self) -> QueryDict:
        """The filter as the form sends it, in its fields or in its address."""
        asked = QueryDict(mutable=True)
        for name in ReturnFilter.base_filters:
            values = self.request.POST.getlist(name) or self.request.GET.getlist(name)
            asked.setlist(name, values)
        return asked

    def matching(self, asked: QueryDict) -> QuerySet[Return]:
        """What the overview shows for this filter."""
        found = ReturnFilter(asked, actor=self.actor)
        matching: QuerySet[Return] = found.qs if found.is_valid() else found.queryset.none()
        return matching

    def nothing_chosen(self) -> HttpResponse:
        """Back to the list, with a sentence."""
        messages.warning(self.request, _("Tick at least one return, then export again."))
        address = reverse("console:returns", args=[self.actor.merchant.slug])
        return redirect(f"{address}?{self.asked().urlencode()}")

    def answer(self, rows: QuerySet[Return]) -> StreamingHttpResponse:
        """The file, newest first like the list, sent while the database reads."""
        merchant = self.actor.merchant
        resource = ReturnResource(zone=merchant.timezone)
        file_name = f"{merchant.slug}-returns-{timezone.localdate():%Y-%m-%d}.csv"
        return StreamingHttpResponse(
            csv_of(resource, rows.order_by("-requested_at", "-id"), merchant.pk),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": content_disposition_header(True, file_name)},
        )


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
