"""Forms of the exports: what a file holds, when it is made, and a file that comes back (F14)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actor import Actor
from actions.exports import Recipe, Timing
from console.form_page import KeyedForm
from core.uploads import megabytes
from exports.grains import RESOURCES
from returns.exporting import FileFormat, Grain, Schedule
from returns.filters import LONGEST_QUERY, clean_query
from returns.models import SavedExport

YEARS = (1970, 2100)
WEEKDAYS = (
    gettext_lazy("Monday"),
    gettext_lazy("Tuesday"),
    gettext_lazy("Wednesday"),
    gettext_lazy("Thursday"),
    gettext_lazy("Friday"),
    gettext_lazy("Saturday"),
    gettext_lazy("Sunday"),
)


class DayField(forms.DateField):
    """A day of the merchant's calendar."""

    def __init__(self, label: Any) -> None:
        super().__init__(
            label=label,
            required=False,
            widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
            error_messages={"invalid": gettext_lazy("Enter a day, such as 2026-11-01.")},
        )

    def clean(self, value: Any) -> Any:
        """Within the years anybody means."""
        day = super().clean(value)
        if day is not None and not YEARS[0] <= day.year <= YEARS[1]:
            raise forms.ValidationError(self.error_messages["invalid"])
        return day


class ExportForm(KeyedForm):
    """Columns, days, kind of file; and for keeping it a name, a schedule, and who sees it."""

    grain = forms.ChoiceField(choices=Grain.choices, widget=forms.HiddenInput)
    query = forms.CharField(required=False, max_length=4 * LONGEST_QUERY, widget=forms.HiddenInput)
    columns = forms.MultipleChoiceField(
        label=gettext_lazy("Columns"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose at least one column.")},
    )
    first = DayField(gettext_lazy("From"))
    last = DayField(gettext_lazy("To"))
    format = forms.ChoiceField(
        label=gettext_lazy("Kind of file"), choices=FileFormat.choices, widget=forms.RadioSelect
    )
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=60,
        error_messages={"required": gettext_lazy("Give it a name.")},
    )
    schedule = forms.ChoiceField(
        label=gettext_lazy("Repeat"), choices=Schedule.choices, required=False
    )
    at_hour = forms.TypedChoiceField(
        label=gettext_lazy("At"),
        choices=[(hour, f"{hour:02}:00") for hour in range(24)],
        coerce=int,
        required=False,
        empty_value=None,
    )
    weekday = forms.TypedChoiceField(
        label=gettext_lazy("Day of the week"),
        choices=list(enumerate(WEEKDAYS)),
        coerce=int,
        required=False,
        empty_value=None,
    )
    day = forms.TypedChoiceField(
        label=gettext_lazy("Day of the month"),
        choices=[(day, str(day)) for day in range(1, 32)],
        coerce=int,
        required=False,
        empty_value=None,
    )
    is_shared = forms.BooleanField(
        label=gettext_lazy("Share with everybody who works here"), required=False
    )

    def __init__(
        self, data: Any | None = None, *, actor: Actor, grain: str, shared: bool = False, **how: Any
    ) -> None:
        super().__init__(data, **how)
        headings = RESOURCES[grain].headings()
        self.fields["columns"].choices = list(headings.items())  # type: ignore[attr-defined]
        self.initial.setdefault("columns", list(headings))
        self.initial.setdefault("grain", grain)
        if not (shared or actor.may("filter.share")):
            del self.fields["is_shared"]

    def clean_grain(self) -> str:
        """The rows the columns were offered for."""
        return str(self.cleaned_data["grain"])

    def clean_query(self) -> str:
        """Only what the overview filters by."""
        query = clean_query(QueryDict(self.cleaned_data["query"]))
        if len(query) > LONGEST_QUERY:
            raise forms.ValidationError(_("This filter is too long. Take some choices away."))
        return query

    def clean(self) -> dict[str, Any]:
        """The first day is not after the last."""
        values = super().clean() or {}
        first, last = values.get("first"), values.get("last")
        if first and last and first > last:
            self.add_error("last", _("The last day is before the first."))
        return values

    def recipe(self) -> Recipe:
        """What the file holds, as the actions want it."""
        values = self.cleaned_data
        asked = QueryDict(values["query"], mutable=True)
        for name, day in (("from", values["first"]), ("to", values["last"])):
            if day:
                asked[name] = day.isoformat()
        return Recipe(
            name=values["name"],
            grain=values["grain"],
            columns=values["columns"],
            query=asked.urlencode(),
            format=values["format"],
        )

    def timing(self) -> Timing:
        """When it is repeated."""
        names = ("schedule", "at_hour", "weekday", "day")
        values = {name: self.cleaned_data[name] for name in names}
        return Timing(**{name: value for name, value in values.items() if value is not None})

    def shared(self) -> bool:
        """Whether everybody shall see it."""
        return bool(self.cleaned_data.get("is_shared", False))


def as_typed(saved: SavedExport) -> dict[str, Any]:
    """The form's values of a saved export."""
    asked = QueryDict(saved.query)
    names = ("name", "grain", "columns", "format", "schedule", "at_hour", "weekday", "day")
    return {
        **{name: getattr(saved, name) for name in names},
        "query": clean_query(asked),
        "first": asked.get("from", ""),
        "last": asked.get("to", ""),
        "is_shared": saved.is_shared,
    }


class ChangesForm(KeyedForm):
    """A file of returns that was exported and edited."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        allow_empty_file=True,
        error_messages={
            "required": gettext_lazy("Choose a file first."),
            "invalid": gettext_lazy("Choose a file first."),
            "missing": gettext_lazy("Choose a file first."),
        },
    )

    def __init__(
        self, data: Any | None = None, files: Any | None = None, *, too_large: bool = False
    ) -> None:
        super().__init__(data, files=files)
        if too_large:
            self.fields["file"].error_messages["required"] = _(
                "This file is larger than %(limit)s. Split it and upload the parts one by one."
            ) % {"limit": megabytes(settings.RETURN_FILE_LIMIT)}
