"""The form that edits a return (F8)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actor import Actor
from actions.return_edits import LineEdit, ReturnEdit, edit_field, most_refundable
from console.verbs import VerbForm
from console.wizard_forms import AmountField
from core.money import ZERO, quantise
from returns.models import Return, ReturnLine, ReturnReason
from returns.states import Condition

Choices = list[tuple[str, Any]]


def amount_field(label: Any, example: Any, **kwargs: Any) -> AmountField:
    """An optional amount; `example` is the sentence for what is no amount."""
    return AmountField(
        label=label,
        required=False,
        max_digits=14,
        decimal_places=4,
        error_messages={"invalid": example},
        **kwargs,
    )


def reason_choices(actor: Actor, used: set[int]) -> Choices:
    """The reasons that can be chosen, grouped by their heading; retired ones only where used."""
    reasons = list(ReturnReason.objects.visible_to(actor))
    headings = {reason.parent_id for reason in reasons if reason.parent_id}
    labels = {reason.pk: reason.label for reason in reasons}
    groups: dict[int | None, Choices] = {}
    for reason in reasons:
        if (reason.is_active and reason.pk not in headings) or reason.pk in used:
            groups.setdefault(reason.parent_id, []).append((str(reason.pk), reason.label))
    choices: Choices = list(groups.pop(None, []))
    return choices + [(labels[parent or 0], group) for parent, group in groups.items()]


class EditForm(VerbForm):
    """A return: per line reason, condition and refund; shipping, adjustment and note."""

    refund_shipping = amount_field(
        gettext_lazy("Shipping refund"), gettext_lazy("Enter an amount, such as 3.90.")
    )
    refund_adjustment = amount_field(
        gettext_lazy("Refund adjustment"), gettext_lazy("Enter an amount, such as -2.00.")
    )
    adjustment_reason = forms.CharField(
        label=gettext_lazy("Reason of the adjustment"), required=False, max_length=120
    )
    return_note = forms.CharField(
        label=gettext_lazy("Note on the return"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(
        self, *args: Any, actor: Actor, found: Return, lines: list[ReturnLine], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.found, self.lines = found, lines
        reasons = reason_choices(actor, {line.reason_id for line in lines if line.reason_id})
        for line in lines:
            self._add_line(line, reasons)

    @classmethod
    def proposal(cls, found: Return) -> dict[str, Any]:
        """Initial values of the fields that are not about lines."""
        return {
            "refund_shipping": quantise(found.refund_shipping, found.currency),
            "refund_adjustment": quantise(found.refund_adjustment, found.currency),
            "adjustment_reason": found.adjustment_reason,
            "return_note": found.note,
        }

    def _add_line(self, line: ReturnLine, reasons: Choices) -> None:
        title = line.order_line.title
        self.fields[edit_field(line.pk, "reason")] = forms.ChoiceField(
            label=_("Reason of %(item)s") % {"item": title},
            choices=[("", _("Choose…")), *reasons],
            initial=str(line.reason_id or ""),
            error_messages={"required": _("Choose a reason.")},
        )
        self.fields[edit_field(line.pk, "condition")] = forms.ChoiceField(
            label=_("Condition of %(item)s") % {"item": title},
            choices=[("", _("Choose…")), *Condition.choices],
            initial=line.condition,
            error_messages={"required": _("Choose a condition.")},
        )
        self.fields[edit_field(line.pk, "refund")] = amount_field(
            _("Refund for %(item)s") % {"item": title},
            gettext_lazy("Enter an amount, such as 12.50."),
            initial=quantise(line.refund, self.found.currency),
        )

    @property
    def rows(self) -> list[tuple[ReturnLine, BoundField, BoundField, BoundField, Decimal]]:
        """Each line with its inputs and the most that may be refunded for it."""
        return [
            (
                line,
                self[edit_field(line.pk, "reason")],
                self[edit_field(line.pk, "condition")],
                self[edit_field(line.pk, "refund")],
                self.most(line),
            )
            for line in self.lines
        ]

    def most(self, line: ReturnLine) -> Decimal:
        """What `line` may refund at most, as the action will judge it."""
        most = most_refundable(line, line.order_line, self.found.currency)
        return quantise(max(most, line.refund), self.found.currency)

    @property
    def most_shipping(self) -> Decimal:
        """What of the shipping may be refunded, this return's own share included."""
        order = self.found.order
        left = order.shipping_paid - order.shipping_agreed + self.found.refund_shipping
        return quantise(left, self.found.currency)

    def arguments(self) -> dict[str, Any]:
        """The edit; an empty amount stands for nothing."""
        values = self.cleaned_data
        lines = {
            line.pk: LineEdit(
                reason_id=int(values[edit_field(line.pk, "reason")]),
                condition=values[edit_field(line.pk, "condition")],
                refund=values[edit_field(line.pk, "refund")] or ZERO,
            )
            for line in self.lines
        }
        edit = ReturnEdit(
            refund_adjustment=values["refund_adjustment"] or ZERO,
            adjustment_reason=values["adjustment_reason"],
            refund_shipping=values["refund_shipping"] or ZERO,
            note=values["return_note"],
            lines=lines,
        )
        return {"edit": edit, **super().arguments()}
