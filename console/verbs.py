"""One view for every verb: a page that says what will happen, and a button that does it once."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.db.models import Model
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from actions.base import preview
from actions.forms_once import once
from audit.timeline import entries
from core.errors import Refused
from core.states import Move
from core.views import PageView


class VerbForm(forms.Form):
    """What every decision form carries: its key, the version the person saw, and a note."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    version = forms.IntegerField(widget=forms.HiddenInput)
    note = forms.CharField(
        label=gettext_lazy("Note for the timeline"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class VerbView(PageView):
    """A confirm page (GET) and the action (POST). Subclasses name the verb and its object."""

    template_name = "console/verb.html"
    move: ClassVar[Move]
    verb: ClassVar[Callable[..., Any]]
    done: ClassVar[Promise]
    takes_note: ClassVar[bool] = False

    def load(self, **address: Any) -> Model:
        """The object the verb is about, as the actor may see it, else Http404."""
        raise NotImplementedError

    def address_after(self, subject: Any) -> str:
        """Where to go once it is done, and back to."""
        raise NotImplementedError

    def label_after(self, subject: Any) -> str:
        """What that page is called."""
        return str(subject)

    def arguments(self, form: VerbForm) -> dict[str, Any]:
        """Keyword arguments of the action from the valid form."""
        return {}

    def page(self, **address: Any) -> dict[str, Any]:
        """The confirm page: what will happen, or why it cannot."""
        subject = self.load(**address)
        form = VerbForm(initial={"key": uuid.uuid4(), "version": getattr(subject, "version", 1)})
        return self.confirm_context(subject, form)

    def confirm_context(self, subject: Any, form: VerbForm, refusal: str = "") -> dict[str, Any]:
        """Context of the confirm page; the preview is the real action, undone."""
        events = []
        if not refusal:
            try:
                events = preview(type(self).verb, self.actor, subject)
            except Refused as refused:
                refusal = str(refused.message)
        return {
            "subject": subject,
            "form": form,
            "move": self.move,
            "takes_note": self.takes_note,
            "refusal": refusal,
            "effects": entries(events),
            "back": self.address_after(subject),
            "back_label": self.label_after(subject),
        }

    def post(self, request: Any, **address: Any) -> HttpResponse:
        """Do it once, or say why not."""
        subject = self.load(**address)
        form = VerbForm(request.POST)
        if not form.is_valid():
            return self.render(status=422, **self.confirm_context(subject, form))

        def work() -> str:
            type(self).verb(self.actor, subject, **self.arguments(form))
            messages.success(request, str(self.done) % {"object": subject})
            return self.address_after(subject)

        try:
            return redirect(once(self.actor, form.cleaned_data["key"], work))
        except Refused as refused:
            context = self.confirm_context(subject, form, str(refused.message))
            return self.render(status=409, **context)
