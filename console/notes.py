"""Notes and files of a return in the console (F6)."""

from __future__ import annotations

import uuid
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from actions.files import add_file
from actions.forms_once import once
from actions.notes import add_note
from core.errors import Refused
from core.notices import done
from core.uploads import is_too_large, megabytes, too_large_sentence
from core.views import PageView
from returns.models import Return, ReturnFile, ReturnNote
from rmas.models import RmaFile


class NoteForm(forms.Form):
    """A note and who reads it."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    audience = forms.ChoiceField(
        label=gettext_lazy("Who reads it"), choices=ReturnNote.Audience.choices
    )
    text = forms.CharField(
        label=gettext_lazy("Note"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": gettext_lazy("Write something first.")},
    )


class FileForm(forms.Form):
    """A photo or document."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    file = forms.FileField(
        label=gettext_lazy("File"),
        allow_empty_file=True,
        error_messages={
            "required": gettext_lazy("Choose a file first."),
            "invalid": gettext_lazy("Choose a file first."),
            "missing": gettext_lazy("Choose a file first."),
        },
    )

    def __init__(self, *args: Any, too_large: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if too_large:
            self.fields["file"].error_messages["required"] = too_large_sentence(
                settings.RETURN_FILE_LIMIT
            )


class PaperView(PageView):
    """Adds something to a return: a page of its own, and what the form on the return's page asks.

    A refusal shows this page with what was typed; once it is done the return is shown.
    """

    def load(self, public_id: UUID) -> Return:
        """The return."""
        return get_object_or_404(Return.objects.visible_to(self.actor), public_id=public_id)

    def new_form(self) -> forms.Form:
        """An empty form."""
        raise NotImplementedError

    def sent_form(self) -> forms.Form:
        """The form as it was sent."""
        raise NotImplementedError

    def add(self, found: Return, form: forms.Form) -> str:
        """Call the action; what to tell."""
        raise NotImplementedError

    def page(self, *, public_id: UUID, **address: Any) -> dict[str, Any]:
        """The form alone."""
        return self.context(self.load(public_id), self.new_form())

    def post(self, request: HttpRequest, *, public_id: UUID, **address: Any) -> HttpResponse:
        """Add it once, or say at the field what is wrong."""
        found = self.load(public_id)
        form = self.sent_form()
        if not form.is_valid():
            return self.render(status=422, **self.context(found, form))

        def work() -> str:
            done(request, self.add(found, form))
            return self.back(found)

        try:
            return redirect(once(self.actor, form.cleaned_data["key"], work))
        except Refused as refused:
            form.add_error(refused.field or None, str(refused.message))
            return self.render(status=422, **self.context(found, form))

    def back(self, found: Return) -> str:
        """The return's page, at its notes and files."""
        page = reverse("console:return", args=[self.actor.merchant.slug, found.public_id])
        return f"{page}#papers"

    def context(self, found: Return, form: forms.Form) -> dict[str, Any]:
        """What the template shows."""
        return {
            "found": found,
            "form": form,
            "back": self.back(found),
            "limit": megabytes(settings.RETURN_FILE_LIMIT),
        }


class AddNote(PaperView):
    """Write a note."""

    template_name = "console/returns/note.html"

    def new_form(self) -> NoteForm:
        """An internal note, unless said otherwise."""
        return NoteForm(initial={"key": uuid.uuid4(), "audience": ReturnNote.Audience.INTERNAL})

    def sent_form(self) -> NoteForm:
        """What was typed."""
        return NoteForm(self.request.POST)

    def add(self, found: Return, form: forms.Form) -> str:
        """Append the note."""
        values = form.cleaned_data
        add_note(self.actor, found, values["text"], audience=values["audience"])
        if values["audience"] == ReturnNote.Audience.CUSTOMER:
            return _("The note is there for the customer to read.")
        return _("The note is added. Only your staff can read it.")


class AddFile(PaperView):
    """Add a photo or a PDF."""

    template_name = "console/returns/file.html"
    file_limit = "RETURN_FILE_LIMIT"

    def new_form(self) -> FileForm:
        """No file yet."""
        return FileForm(initial={"key": uuid.uuid4()})

    def sent_form(self) -> FileForm:
        """What was sent."""
        request = self.request
        return FileForm(request.POST, request.FILES, too_large=is_too_large(request))

    def add(self, found: Return, form: forms.Form) -> str:
        """Keep the file."""
        kept = add_file(self.actor, found, form.cleaned_data["file"])
        return _("%(name)s is added.") % {"name": kept.name}


class DownloadFile(PageView):
    """A photo or document of a return, always as a download."""

    def load(self, public_id: UUID) -> ReturnFile | RmaFile:
        """The file as the actor may see it, else Http404."""
        return get_object_or_404(ReturnFile.objects.visible_to(self.actor), public_id=public_id)

    def get(self, request: HttpRequest, *, public_id: UUID, **address: Any) -> HttpResponseBase:
        """The file; 404 when it is not there, or not for this actor."""
        found = self.load(public_id)
        try:
            file = found.file.open("rb")
        except FileNotFoundError:
            raise Http404 from None
        response = FileResponse(
            file, as_attachment=True, filename=found.name, content_type=found.content_type
        )
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


class DownloadRmaFile(DownloadFile):
    """A photo or document a vendor left with an RMA."""

    def load(self, public_id: UUID) -> RmaFile:
        """The file."""
        return get_object_or_404(RmaFile.objects.visible_to(self.actor), public_id=public_id)
