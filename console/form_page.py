"""A page with one form, carried out once: GET shows it, POST does it or says why not."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from actions.forms_once import once
from core.errors import Refused
from core.views import PageView


class KeyedForm(forms.Form):
    """A form with its idempotency key, made when the form is shown."""

    key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, data: Any | None = None, files: Any | None = None, **options: Any) -> None:
        initial = {"key": uuid.uuid4(), **options.pop("initial", {})}
        super().__init__(data, files, initial=initial, **options)

    def complain(self, refused: Refused) -> None:
        """Put a refusal at its input, or over the form."""
        name = refused.field if refused.field in self.fields else None
        self.add_error(name, str(refused.message))


class FormPage(PageView):
    """Subclasses say what the form is about, how it looks, and which verb it carries out."""

    def load(self, **address: Any) -> Any:
        """What the form is about, as the actor may see it, else Http404."""
        return None

    def form(self, subject: Any, data: Any | None = None) -> KeyedForm:
        """The form for `subject`: bound to `data`, or showing how things are."""
        raise NotImplementedError

    def carry_out(self, subject: Any, form: Any) -> str:
        """Run the verb with the valid form; the sentence that says so."""
        raise NotImplementedError

    def address_after(self, subject: Any) -> str:
        """Where to go once it is done."""
        return self.request.path

    def context(self, subject: Any, form: Any) -> dict[str, Any]:
        """What the template shows."""
        return {"subject": subject, "form": form}

    def page(self, **address: Any) -> dict[str, Any]:
        """The form as things are."""
        subject = self.load(**address)
        return self.context(subject, self.form(subject))

    def post(self, request: HttpRequest, **address: Any) -> HttpResponse:
        """Carry it out once, or say at the field what is wrong."""
        subject = self.load(**address)
        form = self.form(subject, request.POST)
        if not form.is_valid():
            return self.render(status=422, **self.context(subject, form))

        def work() -> str:
            messages.success(request, self.carry_out(subject, form))
            return self.address_after(subject)

        try:
            return redirect(once(self.actor, form.cleaned_data["key"], work))
        except Refused as refused:
            form.complain(refused)
            return self.render(status=409, **self.context(subject, form))
