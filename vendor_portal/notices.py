"""A vendor's user chooses which mails to get; each is off until switched on (F17)."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Notice
from actions.forms_once import once
from actions.notices import choose_notices, switched_on
from core.errors import Refused
from core.views import PageView


class NoticeForm(forms.Form):
    """One switch per kind of mail, and the form's idempotency key."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    rma_available = forms.BooleanField(
        label=Notice.RMA_AVAILABLE.label,
        required=False,
        help_text=gettext_lazy("One mail for each RMA, as soon as you can see it here."),
    )
    fulfillment_requested = forms.BooleanField(
        label=Notice.FULFILLMENT_REQUESTED.label,
        required=False,
        help_text=gettext_lazy(
            "One mail when purchase orders arrive; several that come together share one."
        ),
    )

    def kinds(self) -> set[str]:
        """The kinds of mail that are ticked in the valid form."""
        return {one.value for one in Notice if self.cleaned_data[_field(one)]}


class Notifications(PageView):
    """The switches of the person who looks, at this merchant."""

    template_name = "vendor_portal/notifications.html"

    def page(self, **address: Any) -> dict[str, Any]:
        """How the switches stand."""
        chosen = switched_on(self.actor)
        initial = {_field(one): one.value in chosen for one in Notice}
        return self.context(NoticeForm(initial={"key": uuid.uuid4(), **initial}))

    def post(self, request: HttpRequest, **address: Any) -> HttpResponse:
        """Set them once, or say over the form what is wrong."""
        form = NoticeForm(request.POST)
        if not form.is_valid():
            return self.render(status=422, **self.context(form))

        def work() -> str:
            choose_notices(self.actor, form.kinds())
            messages.success(request, _("Your notifications are saved."))
            return request.path

        try:
            return redirect(once(self.actor, form.cleaned_data["key"], work))
        except Refused as refused:
            form.add_error(None, str(refused.message))
            return self.render(status=409, **self.context(form))

    def context(self, form: NoticeForm) -> dict[str, Any]:
        """What the template shows."""
        return {"form": form, "address": self.actor.user.email}


def _field(notice: Notice) -> str:
    return notice.value.replace(".", "_")
