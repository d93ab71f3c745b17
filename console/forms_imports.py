"""Forms of the order imports."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.uploads import megabytes
from orders.readers import FORMATS


class KeyForm(forms.Form):
    """A form that is nothing but a button."""

    key = forms.UUIDField(widget=forms.HiddenInput)


class OrderFileForm(KeyForm):
    """A file of orders and its format."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        allow_empty_file=True,
        error_messages={
            "required": gettext_lazy("Choose a file first."),
            "invalid": gettext_lazy("Choose a file first."),
            "missing": gettext_lazy("Choose a file first."),
        },
    )
    format = forms.ChoiceField(
        label=gettext_lazy("Format"),
        error_messages={"required": gettext_lazy("Choose the format of the file.")},
    )

    def __init__(self, *args: Any, too_large: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["format"].choices = [  # type: ignore[attr-defined]
            (name, reader.label) for name, reader in FORMATS.items()
        ]
        if too_large:
            self.fields["file"].error_messages["required"] = _(
                "This file is larger than %(limit)s. Split it and upload the parts one by one."
            ) % {"limit": megabytes(settings.ORDER_FILE_LIMIT)}
