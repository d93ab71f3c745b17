"""Small forms of the order page: a serial number, a credit without goods (I1, I3)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console.form_page import KeyedForm
from console.wizard_forms import METHODS, AmountField, set_currency
from core.errors import Refused
from orders.models import OrderLine

BIGGEST_ID = 2**63 - 1


class SerialForm(KeyedForm):
    """The serial number of one shipped unit; or the id of one to remove."""

    line = forms.TypedChoiceField(
        label=gettext_lazy("Item"), required=False, coerce=int, empty_value=None
    )
    number = forms.CharField(label=gettext_lazy("Serial number"), required=False, max_length=60)
    remove = forms.IntegerField(
        required=False, min_value=1, max_value=BIGGEST_ID, widget=forms.HiddenInput
    )

    def __init__(self, data: Any | None, *, lines: list[OrderLine]) -> None:
        super().__init__(data, auto_id="serial_%s")
        self.lines = [line for line in lines if line.shipped_quantity]
        self.fields["line"].choices = [  # type: ignore[attr-defined]
            (line.pk, line.title) for line in self.lines
        ]

    def clean(self) -> dict[str, Any]:
        """Unless one is removed, item and number are needed."""
        values = super().clean() or {}
        if values.get("remove") or "remove" in self.errors:
            return values
        if not values.get("line") and "line" not in self.errors:
            self.add_error("line", _("Choose an item of this order."))
        if not values.get("number") and "number" not in self.errors:
            self.add_error("number", _("Enter or scan the serial number."))
        return values


class CreditForm(KeyedForm):
    """A credit without goods."""

    amount = AmountField(
        label=gettext_lazy("Amount"),
        max_digits=14,
        decimal_places=4,
        error_messages={
            "required": gettext_lazy("Enter an amount, such as 12.50."),
            "invalid": gettext_lazy("Enter an amount, such as 12.50."),
        },
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=120,
        error_messages={"required": gettext_lazy("Say why the credit is given.")},
    )
    apply = forms.BooleanField(
        label=gettext_lazy("Apply it now"),
        required=False,
        initial=True,
        help_text=gettext_lazy("Otherwise it is outstanding until somebody syncs the refund."),
    )
    method = forms.ChoiceField(
        label=gettext_lazy("How the reseller gets it"),
        choices=METHODS,
        widget=forms.RadioSelect,
        required=False,
    )

    def __init__(self, data: Any | None, *, currency: str, is_reseller: bool) -> None:
        super().__init__(data)
        set_currency(self, currency)
        if not is_reseller:
            del self.fields["method"]

    def clean(self) -> dict[str, Any]:
        """A reseller's credit that is applied says how."""
        values = super().clean() or {}
        if "method" in self.fields and values.get("apply") and not values.get("method"):
            self.add_error("method", _("Choose how the reseller gets the money."))
        return values

    def complain(self, refused: Refused) -> None:
        """The adjustment of the refund maths is the credit itself here."""
        field = {"adjustment_reason": "reason"}.get(refused.field, refused.field)
        super().complain(Refused(refused.message, field=field))
