"""Forms of the return wizard: one per order line, one for the total, one per RMA (F7)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from actions.requests import LineRequest, RmaRequest
from actions.return_checks import check_refund, check_total, quantity_refusal
from core.errors import Refused
from core.money import ZERO, quantise
from orders.models import Order, OrderLine
from profiles.refundable import refundable
from returns.states import Condition

Choices = list[tuple[str, str]]


@contextmanager
def at_field(form: forms.Form, name: str) -> Iterator[None]:
    """Turn a refusal of a rule into the error of the input `name`."""
    try:
        yield
    except Refused as refused:
        form.add_error(name, str(refused.message))


class AmountField(forms.DecimalField):
    """An amount of money as people type it: blanks and a currency sign around it do no harm."""

    def to_python(self, value: Any) -> Decimal | None:
        """Read 1,234.50, £4 or −2.00 (typographic minus)."""
        if isinstance(value, str):
            value = value.strip().replace("\u2212", "-").strip("£€$ ")
            if "," in value and "." in value:
                value = value.replace(",", "")
            elif value.count(",") == 1 and len(value.partition(",")[2]) in (1, 2):
                value = value.replace(",", ".")
        return super().to_python(value)


class LineForm(forms.Form):
    """One shipped order line in step one."""

    selected = forms.BooleanField(required=False)
    quantity = forms.IntegerField(
        required=False,
        error_messages={"invalid": gettext_lazy("Enter a whole number.")},
    )
    destination = forms.ChoiceField(required=False)
    reason = forms.ChoiceField(required=False)
    condition = forms.ChoiceField(required=False, choices=Condition.choices)
    refund = AmountField(
        required=False,
        max_digits=14,
        decimal_places=4,
        error_messages={"invalid": gettext_lazy("Enter an amount, such as 12.50.")},
    )

    def __init__(
        self,
        data: Mapping[str, Any] | None,
        *,
        line: OrderLine,
        currency: str,
        vendors: Choices,
        reasons: Choices,
        default_vendor: str,
    ) -> None:
        self.line = line
        self.currency = currency
        self.default_vendor = default_vendor
        super().__init__(data, prefix=f"line-{line.pk}")
        self.fields["destination"].choices = vendors  # type: ignore[attr-defined]
        self.fields["reason"].choices = [("", _("Choose…")), *reasons]  # type: ignore[attr-defined]

    @property
    def left(self) -> int:
        """Units that may still come back."""
        return self.line.returnable_quantity

    @property
    def blocked(self) -> str:
        """Why the line cannot be chosen at all, or ""."""
        return quantity_refusal(self.line, 0) if self.left < 1 else ""

    @property
    def is_selected(self) -> bool:
        """Whether its box is ticked."""
        return self.is_bound and bool(self.data.get(self.add_prefix("selected")))

    def typed(self, name: str) -> str:
        """What the person typed in `name`, or the proposal when nothing was typed yet."""
        proposals = {"quantity": "1", "destination": self.default_vendor, "condition": "new"}
        if self.is_bound and self.add_prefix(name) in self.data:
            return str(self.data[self.add_prefix(name)])
        return proposals.get(name, "")

    def error(self, name: str) -> str:
        """The sentence at the input `name`, or ""."""
        if not self.is_selected:
            return ""
        return " ".join(str(error) for error in self.errors.get(name, []))

    def clean(self) -> dict[str, Any]:
        """Check quantity, choices and money of a ticked line, each at its input."""
        values = super().clean() or {}
        if not self.is_selected:
            return values
        if "quantity" in values:
            self._clean_quantity(values)
        if not values.get("reason") and "reason" not in self.errors:
            self.add_error("reason", _("Choose a reason."))
        if not values.get("destination") and "destination" not in self.errors:
            self.add_error("destination", _("Choose where this item goes."))
        if not values.get("condition") and "condition" not in self.errors:
            self.add_error("condition", _("Choose a condition."))
        if values.get("refund") is not None:
            self._clean_refund(values)
        return values

    def _clean_quantity(self, values: dict[str, Any]) -> None:
        quantity = values["quantity"]
        if quantity is None or quantity < 1:
            self.add_error("quantity", _("Enter at least 1."))
        elif quantity > self.left:
            self.add_error("quantity", quantity_refusal(self.line, self.left))

    def _clean_refund(self, values: dict[str, Any]) -> None:
        if self.most is not None:
            with at_field(self, "refund"):
                check_refund(self.line, values["quantity"], values["refund"], self.currency)

    @property
    def most(self) -> Decimal | None:
        """What may be refunded for the quantity typed; None when that is no possible quantity."""
        try:
            quantity = int(self.typed("quantity"))
        except ValueError:
            return None
        if not 1 <= quantity <= self.left:
            return None
        return quantise(refundable(self.line.money(self.currency), quantity), self.currency)

    @property
    def amount(self) -> Decimal:
        """What this line adds to the refund as typed so far."""
        if not self.is_selected or self.most is None or "refund" in self.errors:
            return ZERO
        refund = self.cleaned_data.get("refund")
        return self.most if refund is None else refund

    def request(self, unit_cost: Decimal | None = None) -> LineRequest:
        """The valid form as the action wants it."""
        values = self.cleaned_data
        return LineRequest(
            order_line_id=self.line.pk,
            quantity=values["quantity"],
            destination_id=int(values["destination"]),
            reason_id=int(values["reason"]),
            condition=values["condition"],
            refund=values["refund"],
            unit_cost=unit_cost,
        )


class TotalForm(forms.Form):
    """The refund as a whole in step one."""

    refund_adjustment = AmountField(
        label=gettext_lazy("Refund adjustment"),
        required=False,
        max_digits=14,
        decimal_places=4,
        error_messages={"invalid": gettext_lazy("Enter an amount, such as -2.00.")},
    )
    apply_to_invoice = forms.BooleanField(required=False)

    def __init__(self, data: Mapping[str, Any] | None, *, order: Order, items: Decimal) -> None:
        self.order = order
        self.items = items
        super().__init__(data)

    @property
    def adjustment(self) -> Decimal:
        """The adjustment as typed; zero while it cannot be read."""
        if not self.is_bound or "refund_adjustment" in self.errors:
            return ZERO
        return self.cleaned_data.get("refund_adjustment") or ZERO

    def typed(self) -> str:
        """The adjustment as the person typed it."""
        return str(self.data.get("refund_adjustment", "")) if self.is_bound else ""

    def clean_refund_adjustment(self) -> Decimal:
        """Not finer than a cent, not below the items, not above what was paid."""
        adjustment: Decimal = self.cleaned_data["refund_adjustment"] or ZERO
        with at_field(self, "refund_adjustment"):
            check_total(self.order, self.items, adjustment)
        return adjustment


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
        self, data: Mapping[str, Any] | None, *, destination_id: int, proposed: dict[str, str]
    ) -> None:
        self.destination_id = destination_id
        self.proposed_number = proposed["number"]
        super().__init__(data, prefix=f"rma-{destination_id}", initial=proposed)

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
        )


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


class NumberForm(forms.Form):
    """The return's own number in step two."""

    number = forms.CharField(label=gettext_lazy("Return #"), max_length=40, required=False)
