"""Saved filters and chosen columns of the overview: small forms that also stand alone (F4, F5)."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actor import Actor
from actions.filters import change_filter, choose_columns, delete_filter, save_filter
from actions.forms_once import once
from console.forms_imports import KeyForm
from core.errors import Refused
from core.views import PageView
from returns.columns import ALWAYS, COLUMNS, DEFAULT
from returns.filters import clean_query
from returns.models import ListColumns, SavedFilter

LONGEST = 4000


class QueryForm(forms.Form):
    """A form that knows the state of the list it came from."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    query = forms.CharField(required=False, max_length=LONGEST, widget=forms.HiddenInput)

    def clean_query(self) -> str:
        """Only what the list filters by."""
        return clean_query(QueryDict(self.cleaned_data["query"]))


class FilterForm(QueryForm):
    """The name of a filter, and whom it is for; sharing is offered to those who may."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=60)
    is_shared = forms.BooleanField(
        label=gettext_lazy("Share with everybody who works here"), required=False
    )

    def __init__(self, *args: Any, actor: Actor, shared: bool = False, **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", "filter_%s")
        super().__init__(*args, **kwargs)
        if not (shared or actor.may("filter.share")):
            del self.fields["is_shared"]

    def kept(self) -> dict[str, Any]:
        """Name and sharing, as the actions want them."""
        shared = self.cleaned_data.get("is_shared", False)
        return {"name": self.cleaned_data["name"], "is_shared": shared}


class ColumnsForm(QueryForm):
    """Which columns the list shows."""

    columns = forms.MultipleChoiceField(
        label=gettext_lazy("Columns"),
        choices=[(name, one.label) for name, one in COLUMNS.items() if name != ALWAYS],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    default = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", "columns_%s")
        super().__init__(*args, **kwargs)

    def chosen(self) -> list[str]:
        """What is ticked, or the default when that was asked for."""
        values: list[str] = self.cleaned_data["columns"]
        return list(DEFAULT) if self.cleaned_data["default"] else values


class SmallForm(PageView):
    """A page with one small form; done, the list is shown with the filter it had."""

    done: Promise

    def answer(self, form: Any, verb: Callable[[], object], **context: Any) -> HttpResponse:
        """Do it once and go back to the list, or say at the field what is wrong."""
        if not form.is_valid():
            return self.render(status=422, form=form, **context)

        def work() -> str:
            verb()
            messages.success(self.request, str(self.done))
            return "done"

        try:
            once(self.actor, form.cleaned_data["key"], work)
        except Refused as refused:
            form.add_error(refused.field or None, str(refused.message))
            return self.render(status=409, form=form, **context)
        return redirect(self.list_address(form.cleaned_data["query"]))

    def list_address(self, query: str) -> str:
        """The overview with that filter."""
        address = reverse("console:returns", args=[self.actor.merchant.slug])
        return f"{address}?{query}" if query else address


class SaveFilter(SmallForm):
    """Save the state of the overview in the address under a name."""

    template_name = "console/returns/filter_save.html"
    done = gettext_lazy("The filter is saved. It stands at the top of the left panel.")

    def page(self, **address: Any) -> dict[str, Any]:
        """The form for the filter in the address."""
        initial = {"key": uuid.uuid4(), "query": clean_query(self.request.GET)}
        return {"form": FilterForm(initial=initial, actor=self.actor)}

    def post(self, request: HttpRequest, **address: Any) -> HttpResponse:
        """Save it."""
        form = FilterForm(request.POST, actor=self.actor)
        return self.answer(
            form,
            lambda: save_filter(self.actor, query=form.cleaned_data["query"], **form.kept()),
        )


class EditFilter(SmallForm):
    """Rename one's own filter, share it or stop sharing it."""

    template_name = "console/returns/filter_edit.html"
    done = gettext_lazy("The filter is changed.")

    def page(self, *, public_id: UUID, **address: Any) -> dict[str, Any]:
        """Its name and sharing."""
        saved = get_object_or_404(changeable(self.actor), public_id=public_id)
        initial = {
            "key": uuid.uuid4(),
            "query": saved.query,
            "name": saved.name,
            "is_shared": saved.is_shared,
        }
        form = FilterForm(initial=initial, actor=self.actor, shared=saved.is_shared)
        return {"form": form, "saved": saved}

    def post(self, request: HttpRequest, *, public_id: UUID, **address: Any) -> HttpResponse:
        """Change it."""
        saved = get_object_or_404(changeable(self.actor), public_id=public_id)
        form = FilterForm(request.POST, actor=self.actor, shared=saved.is_shared)
        return self.answer(
            form, lambda: change_filter(self.actor, saved, **form.kept()), saved=saved
        )


class FilterList(PageView):
    """One's own filters and the shared ones."""

    template_name = "console/returns/filters.html"

    def page(self, **address: Any) -> dict[str, Any]:
        """Each with whether it may be changed or deleted, and the key of its button."""
        saved = SavedFilter.objects.visible_to(self.actor).select_related("owner")
        mine = self.actor.user_id
        may_tidy = self.actor.may("filter.share")
        return {
            "rows": [
                (one, one.owner_id == mine, one.owner_id == mine or may_tidy, uuid.uuid4())
                for one in saved
            ]
        }


class DeleteFilter(PageView):
    """Delete one's own filter, or one that is shared if one may share."""

    def post(self, request: HttpRequest, *, public_id: UUID, **address: Any) -> HttpResponse:
        """Once; a second click on the same button finds it done. Then the list of filters."""
        back = reverse("console:filters", args=[self.actor.merchant.slug])
        form = KeyForm(request.POST)
        key = form.cleaned_data["key"] if form.is_valid() else uuid.uuid4()

        def work() -> str:
            saved = get_object_or_404(deletable(self.actor), public_id=public_id)
            delete_filter(self.actor, saved)
            messages.success(request, _("The filter “%(name)s” is deleted.") % {"name": saved.name})
            return back

        return redirect(once(self.actor, key, work))


class ChooseColumns(SmallForm):
    """Which columns the overview shows to this person."""

    template_name = "console/returns/columns.html"
    done = gettext_lazy("The list shows these columns to you from now on.")

    def page(self, **address: Any) -> dict[str, Any]:
        """The boxes, those shown now ticked."""
        kept = ListColumns.objects.visible_to(self.actor).first()
        initial = {
            "key": uuid.uuid4(),
            "query": clean_query(self.request.GET),
            "columns": kept.columns if kept else DEFAULT,
        }
        return {"form": ColumnsForm(initial=initial)}

    def post(self, request: HttpRequest, **address: Any) -> HttpResponse:
        """Keep them."""
        form = ColumnsForm(request.POST)
        return self.answer(form, lambda: choose_columns(self.actor, form.chosen()))


def changeable(actor: Actor) -> QuerySet[SavedFilter]:
    """The filters the actor may rename: their own."""
    return SavedFilter.objects.visible_to(actor).filter(owner_id=actor.user_id)


def deletable(actor: Actor) -> QuerySet[SavedFilter]:
    """The filters the actor may delete: their own, and shared ones if they may share."""
    own = Q(owner_id=actor.user_id)
    asked = own | Q(is_shared=True) if actor.may("filter.share") else own
    return SavedFilter.objects.visible_to(actor).filter(asked)
