"""The forms a vendor fills in about an RMA: decide per line, deny, re-process (F15)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.forms import BoundField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from actions.rmas import LineDecision, line_field
from core.uploads import megabytes
from rmas.models import DenyReason, RmaLine

MOST_PHOTOS = 10
REASONS = [("", gettext_lazy("Leave the rest open")), *DenyReason.choices]


class VendorForm(forms.Form):
    """What every form about an RMA carries: its key, the version the person saw, and a note."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    version = forms.IntegerField(widget=forms.HiddenInput)
    note = forms.CharField(
        label=gettext_lazy("Note to the merchant"),
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


class DenyForm(VendorForm):
    """One coded reason for everything that is asked for."""

    reason = forms.ChoiceField(
        label=gettext_lazy("Why it is denied"),
        choices=[("", gettext_lazy("Choose…")), *DenyReason.choices],
        error_messages={"required": gettext_lazy("Choose why the RMA is denied.")},
    )
    field_order = ["key", "version", "reason", "note"]

    def arguments(self) -> dict[str, Any]:
        """The reason."""
        return {"reason": self.cleaned_data["reason"], **super().arguments()}


class ReprocessForm(VendorForm):
    """A new number for an RMA."""

    number = forms.CharField(
        label=gettext_lazy("New RMA #"),
        max_length=40,
        error_messages={"required": gettext_lazy("Enter the new RMA number.")},
    )
    field_order = ["key", "version", "number", "note"]

    def arguments(self) -> dict[str, Any]:
        """The number."""
        return {"number": self.cleaned_data["number"], **super().arguments()}


class PhotosInput(forms.ClearableFileInput):
    """Takes several files."""

    allow_multiple_selected = True


class PhotosField(forms.FileField):
    """Up to MOST_PHOTOS files; what they are is looked at by the action that keeps them."""

    widget = PhotosInput

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        """The files that were sent, if any."""
        sent = [one for one in data or [] if one]
        if len(sent) > MOST_PHOTOS:
            sentence = _("Add at most %(most)s files at a time.") % {"most": MOST_PHOTOS}
            raise forms.ValidationError(sentence)
        return sent


class DecideForm(VendorForm):
    """How many units of each line are approved, and why the rest is not.

    The rest of a line with a reason is denied; without one it stays open.
    """

    photos = PhotosField(label=gettext_lazy("Photos"), required=False)

    def __init__(
        self,
        *args: Any,
        lines: list[RmaLine],
        draft: dict[str, str] | None = None,
        too_large: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.lines = lines
        self.too_large = too_large
        for line in lines:
            self._add_line(line)
        for name in set(draft or {}) & set(self.drafted()):
            self.initial[name] = (draft or {})[name]

    def _add_line(self, line: RmaLine) -> None:
        named = {"item": line.return_line.order_line.title}
        self.fields[line_field(line.pk, "approved")] = forms.IntegerField(
            label=_("Approve units of %(item)s") % named,
            min_value=0,
            max_value=2**31 - 1,
            initial=asked(line) - line.denied,
            error_messages={
                "required": _("Enter how many units you approve; 0 approves none."),
                "invalid": _("Enter a whole number."),
                "min_value": _("A quantity cannot be negative."),
                "max_value": _("That many units are not on this RMA."),
            },
            widget=forms.NumberInput(attrs={"data-sum-quantity": ""}),
        )
        self.fields[line_field(line.pk, "reason")] = forms.ChoiceField(
            label=_("If not all of %(item)s, why") % named,
            choices=REASONS,
            required=False,
            initial=line.deny_reason,
        )

    def drafted(self) -> list[str]:
        """The inputs a draft remembers."""
        names = [line_field(line.pk, one) for line in self.lines for one in ("approved", "reason")]
        return [*names, "note"]

    @property
    def rows(self) -> list[tuple[RmaLine, int, BoundField, BoundField]]:
        """Each line with the units asked for and its inputs."""
        return [
            (
                line,
                asked(line),
                self[line_field(line.pk, "approved")],
                self[line_field(line.pk, "reason")],
            )
            for line in self.lines
        ]

    @property
    def sums(self) -> tuple[int, int]:
        """How many units are approved as the form stands, and how many are asked for."""
        approved = 0
        for _line, most, units, _reason in self.rows:
            typed = str(units.value() or "").strip()
            if typed.isdecimal() and len(typed) < 10:
                approved += min(int(typed), most)
        return approved, sum(asked(line) for line in self.lines)

    def with_the_rest(self) -> dict[str, str]:
        """What is typed, with everything that has no reason approved in full."""
        typed = self.typed()
        for line in self.lines:
            if not typed.get(line_field(line.pk, "reason")):
                typed[line_field(line.pk, "approved")] = str(asked(line))
        return typed

    def typed(self) -> dict[str, str]:
        """What a draft of this form remembers."""
        return {name: str(self.data[name]) for name in self.drafted() if name in self.data}

    def clean(self) -> dict[str, Any]:
        """Units fit what is asked for; a file that was too large is told."""
        values = super().clean() or {}
        for line in self.lines:
            name = line_field(line.pk, "approved")
            if name not in self.errors and values[name] > asked(line):
                sentence = _("Only %(asked)s are asked for.") % {"asked": asked(line)}
                self.add_error(name, sentence)
            elif name not in self.errors and values[name] == asked(line):
                values[line_field(line.pk, "reason")] = ""
        if self.too_large:
            sentence = _("These files are larger than %(limit)s together. Add fewer at a time.")
            limit = megabytes(settings.RETURN_FILE_LIMIT)
            self.add_error("photos", sentence % {"limit": limit})
        return values

    def arguments(self) -> dict[str, Any]:
        """The decisions by RMA line id."""
        decisions = {line.pk: self._decision(line) for line in self.lines}
        return {"decisions": decisions, **super().arguments()}

    def _decision(self, line: RmaLine) -> LineDecision:
        approved = self.cleaned_data[line_field(line.pk, "approved")]
        reason = self.cleaned_data.get(line_field(line.pk, "reason"), "")
        return LineDecision(approved, asked(line) - approved if reason else 0, reason)


def asked(line: RmaLine) -> int:
    """Units of `line` that can be decided."""
    return line.quantity - line.voided
