"""One view for every verb: a page that says what will happen, and a button that does it once."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any, ClassVar

from django import forms
from django.db.models import Model
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.routes import ROUTES
from actions.base import preview
from actions.forms_once import once
from audit.models import Event
from audit.timeline import entries
from core.errors import Refused
from core.notices import done
from core.states import Move
from core.views import PageView


class VerbForm(forms.Form):
    """What every decision form carries: its key, the version the person saw, and a note."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    version = forms.IntegerField(widget=forms.HiddenInput)
    note = forms.CharField(
        label=_("Note for the timeline"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def arguments(self) -> dict[str, Any]:
        """Keyword arguments of the action from the valid form; subclasses add their own."""
        return {"version": self.cleaned_data["version"], "note": self.cleaned_data["note"]}

    def input_of(self, field: str) -> str:
        """The input that a refusal at `field` of the action belongs to, or "" for the whole."""
        return field if field in self.fields else ""


class VerbView(PageView):
    """A confirm page (GET) and the action (POST). Subclasses name the verb and its object."""

    template_name = "console/verb.html"
    move: ClassVar[Move]
    verb: ClassVar[Callable[..., Any]]
    done: ClassVar[Promise]
    form_class: ClassVar[type[VerbForm]] = VerbForm
    button: ClassVar[Promise | str] = ""
    """What the button says, if not the verb itself."""
    undo: ClassVar[str] = ""
    """The route of the verb that takes this one back, offered with the success message."""
    assurance: ClassVar[Promise | str] = _(
        "Goods and inventory stay as they are, and no money moves."
    )

    def load(self, **address: Any) -> Model:
        """The object the verb is about, as the actor may see it, else Http404."""
        raise NotImplementedError

    def address_after(self, subject: Any) -> str:
        """Where to go once it is done, and back to."""
        raise NotImplementedError

    def label_after(self, subject: Any) -> str:
        """What that page is called."""
        return str(subject)

    def form_facts(self, subject: Any) -> dict[str, Any]:
        """What the form needs to know of the object; keyword arguments of its class."""
        return {}

    def initial(self, subject: Any) -> dict[str, Any]:
        """What the form proposes."""
        return {}

    def events(self, subject: Any) -> list[Event]:
        """What would be recorded: the real action, undone. Raises Refused when it cannot be."""
        return preview(type(self).verb, self.actor, subject)

    def more(self, subject: Any, form: Any) -> dict[str, Any]:
        """Further context of the page."""
        return {}

    def page(self, **address: Any) -> dict[str, Any]:
        """The confirm page: what will happen, or why it cannot."""
        subject = self.load(**address)
        seen = {"key": uuid.uuid4(), "version": getattr(subject, "version", 1)}
        initial = {**self.initial(subject), **seen}
        form = self.form_class(initial=initial, **self.form_facts(subject))
        return self.confirm_context(subject, form)

    def confirm_context(self, subject: Any, form: VerbForm, refusal: str = "") -> dict[str, Any]:
        """Context of the page: blocked when the verb is impossible now, else form and effects."""
        blocked, events = "", []
        try:
            events = self.events(subject)
        except Refused as refused:
            blocked = refusal or str(refused.message)
        return {
            "subject": subject,
            "form": form,
            "move": self.move,
            "button": self.button or self.move.label,
            "assurance": self.assurance,
            "blocked": blocked,
            "refusal": refusal,
            "effects": entries(events),
            "back": self.address_after(subject),
            "back_label": self.label_after(subject),
            **self.more(subject, form),
        }

    def post(self, request: Any, **address: Any) -> HttpResponse:
        """Do it once, or say at the input what is wrong; what was typed stays."""
        subject = self.load(**address)
        form = self.form_class(request.POST, request.FILES, **self.form_facts(subject))
        if not form.is_valid():
            return self.render(status=422, **self.confirm_context(subject, form))

        def work() -> str:
            type(self).verb(self.actor, subject, **form.arguments())
            done(request, str(self.done) % {"object": subject}, undo=self.undo_address(subject))
            return self.address_after(subject)

        try:
            return redirect(once(self.actor, form.cleaned_data["key"], work))
        except Refused as refused:
            return self.refused(form, refused, **address)

    def refused(self, form: VerbForm, refused: Refused, **address: Any) -> HttpResponse:
        """The page again, with the sentence at its input or above the form.

        It carries the version there is now: whoever was late has read who was quicker, and may send
        what they typed again.
        """
        subject = self.load(**address)
        data = form.data.copy()  # type: ignore[attr-defined]
        data["version"] = getattr(subject, "version", 1)
        again = self.form_class(data, **self.form_facts(subject))
        sentence = str(refused.message)
        if again.is_valid() and (name := again.input_of(refused.field)):
            again.add_error(name, sentence)
            sentence = ""
        return self.render(status=409, **self.confirm_context(subject, again, sentence))

    def undo_address(self, subject: Any) -> str:
        """Where the verb can be taken back, if there is such a verb and the actor may use it."""
        if not self.undo or not self.actor.may(ROUTES[self.undo].permission):
            return ""
        return reverse(self.undo, args=[self.actor.merchant.slug, subject.public_id])


class FormVerbView(VerbView):
    """A verb that needs more than a button: its page is a form of its own, without a preview.

    Subclasses say in `why_not` what makes it impossible whatever is typed.
    """

    def why_not(self, subject: Any) -> str:
        """Why the verb is impossible now, or ""."""
        raise NotImplementedError

    def events(self, subject: Any) -> list[Event]:
        """Nothing is known before it is typed."""
        if reason := self.why_not(subject):
            raise Refused(reason)
        return []
