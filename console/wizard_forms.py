"""Forms of the return wizard, step one: one per order line, one for the total (F7)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from actions.requests import LineRequest
from actions.return_checks import check_refund, check_shipping, check_total, quantity_refusal
from core.errors import Refused
from core.money import ZERO, quantise, read_amount
from orders.models import Channel, Order, OrderLine
from profiles.refundable import refundable
from returns.models import RefundEntry, Return
from returns.reasons import Grouped
from returns.states import Condition

Choices = list[tuple[str, str]]
METHODS = [
    (method.value, method.label)
    for method in (RefundEntry.Method.PAID_BACK, RefundEntry.Method.RESELLER_CREDIT)
]


@contextmanager
def at_field(form: forms.Form, name: str) -> Iterator[None]:
    """Turn a refusal of a rule into the error of the input `name`."""
    try:
        yield
    except Refused as refused:
        form.add_error(name, str(refused.message))


class AmountField(forms.DecimalField):
    """An amount of money as people type it: blanks and a currency sign around it do no harm.

    `currency` decides what "1,234" means; while it is empty that is refused.
    """

    currency = ""

    def to_python(self, value: Any) -> Decimal | None:
        """Read 1,234.50, 1.234,50, £4 or −2.00 (typographic minus)."""
        if isinstance(value, str) and value.strip():
            try:
                value = read_amount(value, self.currency)
            except ValueError:
                raise forms.ValidationError(self.error_messages["invalid"], "invalid") from None
        return super().to_python(value)


def set_currency(form: forms.Form, currency: str) -> None:
    """Tell the amounts of `form` which currency people type them in."""
    for field in form.fields.values():
        if isinstance(field, AmountField):
            field.currency = currency


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
        reasons: Grouped,
        default_vendor: str,
    ) -> None:
        self.line = line
        self.currency = currency
        self.default_vendor = default_vendor
        self.returned_on: list[Return] = []
        super().__init__(data, prefix=f"line-{line.pk}")
        set_currency(self, currency)
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

    def options(self, name: str) -> list[tuple[str, Choices]]:
        """What the select `name` offers: headings with their choices; "" heads those without."""
        choices: Grouped = list(self.fields[name].choices)  # type: ignore[attr-defined]
        return [
            (str(value), text) if isinstance(text, list) else ("", [(value, str(text))])
            for value, text in choices
        ]

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

    refund_shipping = AmountField(
        label=gettext_lazy("Refund of shipping"),
        required=False,
        max_digits=14,
        decimal_places=4,
        error_messages={"invalid": gettext_lazy("Enter an amount, such as 3.50.")},
    )
    refund_adjustment = AmountField(
        label=gettext_lazy("Refund adjustment"),
        required=False,
        max_digits=14,
        decimal_places=4,
        error_messages={"invalid": gettext_lazy("Enter an amount, such as -2.00.")},
    )
    adjustment_reason = forms.CharField(
        label=gettext_lazy("Reason of the adjustment"), required=False, max_length=120
    )
    apply_to_invoice = forms.BooleanField(required=False)
    refund_method = forms.ChoiceField(
        label=gettext_lazy("How the reseller gets it"), required=False, choices=METHODS
    )

    field_order = ("refund_shipping", "refund_adjustment")

    def __init__(self, data: Mapping[str, Any] | None, *, order: Order, items: Decimal) -> None:
        self.order = order
        self.items = items
        super().__init__(data)
        set_currency(self, order.currency)
        if self.most_shipping == ZERO:
            del self.fields["refund_shipping"]
        if not self.is_reseller:
            del self.fields["refund_method"]

    @property
    def most_shipping(self) -> Decimal:
        """What of the shipping may still be refunded."""
        left = self.order.shipping_paid - self.order.shipping_agreed
        return quantise(left, self.order.currency)

    @property
    def is_reseller(self) -> bool:
        """Whether the buyer is a reseller, who is paid back or gets credit (F12)."""
        return self.order.channel.kind == Channel.Kind.RESELLER

    @property
    def adjustment(self) -> Decimal:
        """The adjustment as typed; zero while it cannot be read."""
        return self._amount("refund_adjustment")

    @property
    def shipping(self) -> Decimal:
        """The refund of shipping as typed; zero while it cannot be read."""
        return self._amount("refund_shipping")

    def _amount(self, name: str) -> Decimal:
        if not self.is_bound or name in self.errors:
            return ZERO
        return self.cleaned_data.get(name) or ZERO

    def typed(self, name: str) -> str:
        """What the person typed in `name`."""
        return str(self.data.get(name, "")) if self.is_bound else ""

    def error(self, name: str) -> str:
        """The sentence at the input `name`, or ""."""
        if not self.is_bound:
            return ""
        return " ".join(str(error) for error in self.errors.get(name, []))

    def clean_refund_shipping(self) -> Decimal:
        """Not finer than a cent, not more than is left of it."""
        shipping: Decimal = self.cleaned_data["refund_shipping"] or ZERO
        with at_field(self, "refund_shipping"):
            check_shipping(self.order, shipping)
        return shipping

    def clean_refund_adjustment(self) -> Decimal:
        """Not finer than a cent, not below the items, not above what was paid."""
        adjustment: Decimal = self.cleaned_data["refund_adjustment"] or ZERO
        shipping = self.cleaned_data.get("refund_shipping") or ZERO
        with at_field(self, "refund_adjustment"):
            check_total(self.order, self.items + shipping, adjustment, "–")
        return adjustment

    def clean(self) -> dict[str, Any]:
        """A reseller's refund that is applied says how it is paid."""
        values = super().clean() or {}
        applied = values.get("apply_to_invoice") and not values.get("refund_method")
        if applied and self.is_reseller and "refund_method" not in self.errors:
            self.add_error("refund_method", _("Choose how the reseller gets the money."))
        return values

    def clean_adjustment_reason(self) -> str:
        """An adjustment says why."""
        reason: str = self.cleaned_data["adjustment_reason"]
        if self.cleaned_data.get("refund_adjustment") and not reason:
            self.add_error("adjustment_reason", _("Say why the refund is adjusted."))
        return reason
