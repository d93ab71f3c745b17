"""What a form of the overview is about: the ticked returns, or everything that matches (F14)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict

from returns.filters import ReturnFilter
from returns.models import Return


def chosen_returns(request: HttpRequest, actor: Any) -> QuerySet[Return]:
    """With `everything` what the filter matches, else those `selected`.

    Foreign and unknown ones are left out like any that do not exist.
    """
    if request.POST.get("everything"):
        return matching_returns(asked_filter(request), actor)
    chosen = [found for text in request.POST.getlist("selected") if (found := _uuid(text))]
    return Return.objects.visible_to(actor).filter(public_id__in=chosen)


def matching_returns(asked: QueryDict, actor: Any) -> QuerySet[Return]:
    """What the overview shows for this filter; nothing when it cannot be read."""
    found = ReturnFilter(asked, actor=actor)
    matching: QuerySet[Return] = found.qs if found.is_valid() else found.queryset.none()
    return matching


def asked_filter(request: HttpRequest) -> QueryDict:
    """The filter as the form sends it, in its fields or in its address."""
    asked = QueryDict(mutable=True)
    for name in ReturnFilter.base_filters:
        values = request.POST.getlist(name) or request.GET.getlist(name)
        if values:
            asked.setlist(name, values)
    return asked


def query_of(request: HttpRequest) -> str:
    """The filter as the query string of the overview's address."""
    return asked_filter(request).urlencode()


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
