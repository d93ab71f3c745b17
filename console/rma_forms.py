"""Forms of an RMA's verbs: deny, decide per line, edit, re-process, and a further RMA (F9)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db import models
from django.forms import BoundField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import ReturnAddress, Vendor
from actions.requests import FurtherRma, RmaRequest
from actions.return_checks import rma_field
from actions.rma_changes import RmaEdit
from actions.rmas import LineDecision, line_field
from console.return_forms import amount_field
from console.verbs import VerbForm
from core.money import ZERO, quantise
from returns.models import ReturnLine
from rmas.models import DenyReason, Rma, RmaLine

MOST_UNITS = 2**31 - 1
DENY_REASONS = [("", gettext_lazy("Choose…")), *DenyReason.choices]


def units_field(label: str, **kwargs: Any) -> forms.IntegerField:
    """A whole number of units, none of them negative."""
    return forms.IntegerField(
        label=label,
        required=False,
        min_value=0,
        max_value=MOST_UNITS,
        error_messages={
            "invalid": gettext_lazy("Enter a whole number."),
            "min_value": gettext_lazy("A quantity cannot be negative."),
            "max_value": gettext_lazy("That many units are not on this RMA."),
        },
        **kwargs,
    )


class DenyForm(VerbForm):
    """One coded reason for all lines."""

    reason = forms.ChoiceField(
        label=gettext_lazy("Why it is denied"),
        choices=DENY_REASONS,
        error_messages={"required": gettext_lazy("Choose why the RMA is denied.")},
    )
    field_order = ["key", "version", "reason", "note"]

    def arguments(self) -> dict[str, Any]:
        """The reason."""
        return {"reason": self.cleaned_data["reason"], **super().arguments()}


class Outcome(models.TextChoices):
    """What a person decides about one line."""

    AS_IS = "", gettext_lazy("Leave as it is")
    APPROVE = "approve", gettext_lazy("Approve all")
    DENY = "deny", gettext_lazy("Deny all")
    PART = "part", gettext_lazy("Decide in parts")


class DecideForm(VerbForm):
    """Approve, deny or both in parts, line by line, with a reason for what is denied."""

    def __init__(self, *args: Any, lines: list[RmaLine], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = lines
        for line in lines:
            self._add_line(line)

    def _add_line(self, line: RmaLine) -> None:
        named = {"item": line.return_line.order_line.title}
        self.fields[line_field(line.pk, "outcome")] = forms.ChoiceField(
            label=_("Decision on %(item)s") % named,
            choices=Outcome.choices,
            required=False,
            initial=_outcome_of(line),
        )
        self.fields[line_field(line.pk, "approved")] = units_field(
            _("Approved units of %(item)s") % named, initial=line.approved or None
        )
        self.fields[line_field(line.pk, "denied")] = units_field(
            _("Denied units of %(item)s") % named, initial=line.denied or None
        )
        self.fields[line_field(line.pk, "reason")] = forms.ChoiceField(
            label=_("Why %(item)s is denied") % named,
            choices=DENY_REASONS,
            required=False,
            initial=line.deny_reason,
        )

    @property
    def rows(self) -> list[tuple[RmaLine, int, BoundField, BoundField, BoundField, BoundField]]:
        """Each line with the units asked for and its inputs."""
        names = ("outcome", "approved", "denied", "reason")
        return [
            (line, _asked(line), *(self[line_field(line.pk, name)] for name in names))  # type: ignore[misc]
            for line in self.lines
        ]

    def clean(self) -> dict[str, Any]:
        """Units fit what is asked for, and what is denied says why."""
        values = super().clean() or {}
        for line in self.lines:
            self._clean_line(line)
        return values

    def _clean_line(self, line: RmaLine) -> None:
        if any(line_field(line.pk, name) in self.errors for name in ("outcome", "approved")):
            return
        decision = self._decision(line)
        if decision is None:
            return
        asked = _asked(line)
        if self._outcome(line) == Outcome.PART and not decision.approved + decision.denied:
            self.add_error(
                line_field(line.pk, "approved"), _("Enter how many units you approve or deny.")
            )
        elif decision.approved + decision.denied > asked:
            sentence = _("Approved and denied together are more than the %(asked)s asked for.")
            self.add_error(line_field(line.pk, "approved"), sentence % {"asked": asked})
        if decision.denied and not decision.reason:
            self.add_error(line_field(line.pk, "reason"), _("Choose why it is denied."))

    def _outcome(self, line: RmaLine) -> str:
        return str(self.cleaned_data.get(line_field(line.pk, "outcome"), ""))

    def _decision(self, line: RmaLine) -> LineDecision | None:
        """What was decided about `line`; None leaves it as it is."""
        values = self.cleaned_data
        reason = values.get(line_field(line.pk, "reason"), "")
        match self._outcome(line):
            case Outcome.APPROVE:
                return LineDecision(_asked(line), 0)
            case Outcome.DENY:
                return LineDecision(0, _asked(line), reason)
            case Outcome.PART:
                approved = values.get(line_field(line.pk, "approved")) or 0
                denied = values.get(line_field(line.pk, "denied")) or 0
                return LineDecision(approved, denied, reason if denied else "")
        return None

    def arguments(self) -> dict[str, Any]:
        """The decisions by RMA line id."""
        decided = {line.pk: self._decision(line) for line in self.lines}
        decisions = {pk: one for pk, one in decided.items() if one is not None}
        return {"decisions": decisions, **super().arguments()}


def _asked(line: RmaLine) -> int:
    return line.quantity - line.voided


def _outcome_of(line: RmaLine) -> Outcome:
    asked = _asked(line)
    if line.approved == asked:
        return Outcome.APPROVE
    if line.denied == asked:
        return Outcome.DENY
    return Outcome.PART if line.approved or line.denied else Outcome.AS_IS


class ReprocessForm(VerbForm):
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


ADDRESS_FIELD: dict[str, Any] = {
    "label": gettext_lazy("Return-to address"),
    "max_length": 500,
    "widget": forms.Textarea(attrs={"rows": 4}),
}
NOTE_FIELD: dict[str, Any] = {
    "label": gettext_lazy("Note to the vendor"),
    "required": False,
    "max_length": 2000,
    "widget": forms.Textarea(attrs={"rows": 2}),
}


class EditRmaForm(VerbForm):
    """Address, note, credit adjustment, costs per unit, and quantities while undecided."""

    return_address = forms.CharField(
        **ADDRESS_FIELD,
        error_messages={"required": gettext_lazy("Enter the address the goods go to.")},
    )
    rma_note = forms.CharField(**NOTE_FIELD)
    credit_adjustment = amount_field(
        gettext_lazy("Credit adjustment"), gettext_lazy("Enter an amount, such as -2.00.")
    )

    def __init__(self, *args: Any, rma: Rma, lines: list[RmaLine], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = lines
        for line in lines:
            named = {"item": line.return_line.order_line.title}
            self.fields[line_field(line.pk, "quantity")] = units_field(
                _("Quantity of %(item)s") % named,
                initial=line.quantity,
                disabled=bool(line.approved or line.denied),
            )
            self.fields[line_field(line.pk, "unit_cost")] = amount_field(
                _("Per-unit cost of %(item)s") % named,
                gettext_lazy("Enter an amount, such as 1.25."),
                initial=quantise(line.unit_cost, rma.currency),
            )

    @property
    def rows(self) -> list[tuple[RmaLine, BoundField, BoundField, int]]:
        """Each line with its inputs and the most that may be asked for."""
        return [
            (
                line,
                self[line_field(line.pk, "quantity")],
                self[line_field(line.pk, "unit_cost")],
                line.quantity + line.return_line.unrequested,
            )
            for line in self.lines
        ]

    def arguments(self) -> dict[str, Any]:
        """The edit; an empty cost or quantity leaves what is there."""
        values = self.cleaned_data
        quantities = {line.pk: values[line_field(line.pk, "quantity")] for line in self.lines}
        costs = {line.pk: values[line_field(line.pk, "unit_cost")] for line in self.lines}
        edit = RmaEdit(
            return_address=values["return_address"],
            note=values["rma_note"],
            credit_adjustment=values["credit_adjustment"] or ZERO,
            quantities={pk: units for pk, units in quantities.items() if units is not None},
            unit_costs={pk: cost for pk, cost in costs.items() if cost is not None},
        )
        return {"edit": edit, **super().arguments()}


class CreateRmaForm(VerbForm):
    """A further RMA for units that no RMA holds."""

    destination = forms.ChoiceField(
        label=gettext_lazy("Return destination"),
        error_messages={"required": gettext_lazy("Choose the return destination.")},
    )
    number = forms.CharField(label=gettext_lazy("Request RMA #"), max_length=40, required=False)
    address_book = forms.ChoiceField(label=gettext_lazy("From the address book"), required=False)
    return_address = forms.CharField(**ADDRESS_FIELD, required=False)
    rma_note = forms.CharField(**NOTE_FIELD)
    credit_adjustment = amount_field(
        gettext_lazy("Credit adjustment"), gettext_lazy("Enter an amount, such as -2.00.")
    )
    approve = forms.BooleanField(label=gettext_lazy("Approve RMA now"), required=False)

    def __init__(
        self,
        *args: Any,
        lines: list[ReturnLine],
        vendors: list[Vendor],
        book: list[ReturnAddress],
        proposed: str,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.lines, self.book, self.proposed = lines, book, proposed
        self.fields["destination"].choices = [  # type: ignore[attr-defined]
            ("", _("Choose…")),
            *((str(vendor.pk), vendor.name) for vendor in vendors),
        ]
        self.fields["address_book"].choices = [  # type: ignore[attr-defined]
            ("", _("The destination's own address")),
            *((str(entry.pk), entry.label) for entry in book),
        ]
        for line in lines:
            named = {"item": line.order_line.title}
            self.fields[f"quantity-{line.pk}"] = units_field(
                _("Quantity of %(item)s") % named, initial=line.unrequested
            )
            self.fields[f"unit_cost-{line.pk}"] = amount_field(
                _("Per-unit cost of %(item)s") % named,
                gettext_lazy("Enter an amount, such as 1.25."),
                initial=_cost(line),
            )

    @property
    def rows(self) -> list[tuple[ReturnLine, BoundField, BoundField]]:
        """Each line with free units, and its inputs."""
        return [
            (line, self[f"quantity-{line.pk}"], self[f"unit_cost-{line.pk}"]) for line in self.lines
        ]

    def input_of(self, field: str) -> str:
        """Refusals of the new RMA name its destination; here it has one set of inputs."""
        prefix = rma_field(int(self.cleaned_data["destination"]), "")
        return super().input_of(field.removeprefix(prefix))

    def arguments(self) -> dict[str, Any]:
        """The request; the proposed number means "the next one"."""
        values = self.cleaned_data
        number = values["number"].strip()
        address = next((e.address for e in self.book if str(e.pk) == values["address_book"]), "")
        rma = RmaRequest(
            destination_id=int(values["destination"]),
            number="" if number == self.proposed else number,
            return_address=values["return_address"] or address,
            note=values["rma_note"],
            approve=values["approve"],
            credit_adjustment=values["credit_adjustment"] or ZERO,
        )
        costs = {line.pk: values[f"unit_cost-{line.pk}"] for line in self.lines}
        request = FurtherRma(
            rma=rma,
            quantities={line.pk: values[f"quantity-{line.pk}"] or 0 for line in self.lines},
            unit_costs={pk: cost for pk, cost in costs.items() if cost is not None},
        )
        return {"request": request}


def _cost(line: ReturnLine) -> Any:
    cost = line.order_line.product.unit_cost
    return None if cost is None else quantise(cost, line.customer_return.currency)
