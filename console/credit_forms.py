"""Forms about the credit of an RMA (F12, X6)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from actions.credits import ReceivedCredit
from console.verbs import VerbForm
from core.uploads import too_large_sentence


class RecordCreditForm(VerbForm):
    """The vendor's credit note: amount, number, date and its file."""

    amount = forms.DecimalField(label=_("Amount"), max_digits=14, decimal_places=4)
    credit_number = forms.CharField(label=_("Credit number"), max_length=60)
    dated = forms.DateField(
        label=_("Date of the credit note"), widget=forms.DateInput(attrs={"type": "date"})
    )
    file = forms.FileField(label=_("Credit note"), required=False, allow_empty_file=True)

    def __init__(self, *args: Any, too_large: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.too_large = too_large

    def clean_file(self) -> Any:
        """A file that was refused while it came in is no file left out."""
        if self.too_large:
            raise forms.ValidationError(too_large_sentence(settings.RETURN_FILE_LIMIT))
        return self.cleaned_data["file"]

    field_order = ["key", "version", "amount", "credit_number", "dated", "file", "note"]

    def arguments(self) -> dict[str, Any]:
        """The credit note."""
        values = self.cleaned_data
        received = ReceivedCredit(
            values["amount"], values["credit_number"], values["dated"], values["file"]
        )
        return {"received": received, **super().arguments()}


class SettleCreditForm(VerbForm):
    """Why what is open will not come."""

    reason = forms.CharField(
        label=_("Why is the difference settled?"),
        max_length=500,
        error_messages={"required": _("Say why the difference is settled.")},
    )
    field_order = ["key", "version", "reason", "note"]

    def arguments(self) -> dict[str, Any]:
        """The reason."""
        return {"reason": self.cleaned_data["reason"], **super().arguments()}
