"""Forms of the return wizard, step two: the return's number, one per RMA, one per cost (F7)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import ReturnAddress
from actions.requests import RmaRequest
from console.wizard_forms import AmountField, set_currency
from core.money import ZERO


class RmaForm(forms.Form):
    """One RMA in step two."""

    number = forms.CharField(
        label=gettext_lazy("Request RMA #"), max_length=40, required=False, strip=True
    )
    return_address = forms.CharField(
        label=gettext_lazy("Return-to address"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": gettext_lazy("Enter the address the goods go to.")},
    )
    address_book = forms.ChoiceField(
        label=gettext_lazy("From the address book"),
        required=False,
        help_text=gettext_lazy("Taken unless you change the address yourself."),
    )
    save_address = forms.BooleanField(
        label=gettext_lazy("Save this address in the address book"), required=False
    )
    address_label = forms.CharField(
        label=gettext_lazy("Name in the address book"), required=False, max_length=80
    )
    note = forms.CharField(
        label=gettext_lazy("Note"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    credit_adjustment = AmountField(
        label=gettext_lazy("Credit adjustment"),
        required=False,
        max_digits=14,
        decimal_places=4,
        error_messages={"invalid": gettext_lazy("Enter an amount, such as -2.00.")},
    )
    approve = forms.BooleanField(label=gettext_lazy("Approve RMA now"), required=False)

    def __init__(
        self,
        data: Mapping[str, Any] | None,
        *,
        destination_id: int,
        proposed: dict[str, str],
        book: list[ReturnAddress],
        currency: str,
    ) -> None:
        self.destination_id = destination_id
        self.proposed_number = proposed["number"]
        self.book = {str(entry.pk): entry.address for entry in book}
        self.known = {_plain(text) for text in (proposed["return_address"], *self.book.values())}
        super().__init__(data, prefix=f"rma-{destination_id}", initial=proposed)
        set_currency(self, currency)
        self.fields["return_address"].required = not self.book
        self.fields["address_book"].choices = [  # type: ignore[attr-defined]
            ("", _("The address as it stands here")),
            *((str(entry.pk), entry.label) for entry in book),
        ]
        if not book:
            del self.fields["address_book"]

    def clean(self) -> dict[str, Any]:
        """The chosen entry takes the place of a text nobody changed."""
        values = super().clean() or {}
        chosen = self.book.get(values.get("address_book") or "")
        typed = values.get("return_address") or ""
        if chosen and (not typed or _plain(typed) in self.known):
            values["return_address"] = chosen
        elif not typed and "return_address" not in self.errors:
            self.add_error("return_address", _("Enter the address the goods go to."))
        return values

    def request(self) -> RmaRequest:
        """The valid form as the action wants it; the proposed number means "the next one"."""
        values = self.cleaned_data
        number = values["number"]
        return RmaRequest(
            destination_id=self.destination_id,
            number="" if number == self.proposed_number else number,
            return_address=values["return_address"],
            note=values["note"],
            approve=values["approve"],
            credit_adjustment=values["credit_adjustment"] or ZERO,
            save_address=values["save_address"],
            address_label=values["address_label"],
        )


def _plain(text: str) -> str:
    """An address without its spacing, to tell whether somebody changed it."""
    return " ".join(text.split())


class CostForm(forms.Form):
    """The per-unit cost of one line in step two."""

    unit_cost = AmountField(
        label=gettext_lazy("Per-unit cost"),
        required=False,
        min_value=ZERO,
        max_digits=14,
        decimal_places=4,
        error_messages={
            "invalid": gettext_lazy("Enter an amount, such as 1.25."),
            "min_value": gettext_lazy("A cost cannot be negative."),
        },
    )

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        set_currency(self, currency)


class NumberForm(forms.Form):
    """The return's own number in step two."""

    number = forms.CharField(label=gettext_lazy("Return #"), max_length=40, required=False)
