"""What both sides of a thread about an RMA type (X7)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.uploads import too_large_sentence


class TalkFields(forms.Form):
    """A message, a question, or the dispute flag; `do` says which.

    `too_large`: whether a file was refused while it came in.
    """

    text = forms.CharField(
        label=gettext_lazy("Message"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    file = forms.FileField(label=gettext_lazy("File"), required=False, allow_empty_file=True)
    do = forms.ChoiceField(
        choices=[("write", ""), ("ask", ""), ("dispute", ""), ("lift", "")],
        error_messages={"required": gettext_lazy("Choose what to do with the buttons below.")},
    )

    def __init__(self, *args: Any, too_large: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.too_large = too_large

    def clean(self) -> dict[str, Any]:
        """Everything but lifting needs words; a file that was too large is told."""
        values = super().clean() or {}
        if values.get("do") in ("write", "ask", "dispute") and not values.get("text"):
            self.add_error("text", _("Write something first."))
        if self.too_large:
            self.add_error("file", too_large_sentence(settings.RETURN_FILE_LIMIT))
        return values
