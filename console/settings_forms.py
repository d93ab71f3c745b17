"""Forms of the settings: RMA strategy, vendors, return reasons, address book (F8, F9, F10)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import ReturnAddress, Vendor
from actions.addresses import AddressEdit
from actions.reasons import ReasonEdit
from actions.strategy import APPROVE_WORDS, PROCESS_WORDS, VendorRules
from console.form_page import KeyedForm
from returns.models import ReturnReason
from returns.reasons import ReasonTree


class StrategyForm(KeyedForm):
    """The merchant's two switches."""

    auto_process = forms.BooleanField(
        label=gettext_lazy("AUTO PROCESS RMAs"),
        required=False,
        help_text=gettext_lazy(
            "A new RMA is handed to its vendor at once; nobody has to process it by hand."
        ),
    )
    auto_approve = forms.BooleanField(
        label=gettext_lazy("AUTO APPROVE RMAs"),
        required=False,
        help_text=gettext_lazy("A new RMA is approved at once; neither you nor the vendor decide."),
    )


class VendorForm(KeyedForm):
    """How one vendor takes RMAs, and where its goods go back to."""

    auto_process = forms.ChoiceField(
        label=gettext_lazy("OVERRIDE: AUTO PROCESSING"),
        choices=list(PROCESS_WORDS.items()),
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose how RMAs are processed.")},
    )
    auto_approve = forms.ChoiceField(
        label=gettext_lazy("OVERRIDE: AUTO APPROVAL"),
        choices=list(APPROVE_WORDS.items()),
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose how RMAs are approved.")},
    )
    integrated = forms.BooleanField(
        label=gettext_lazy("Takes RMAs through an integration"),
        required=False,
        help_text=gettext_lazy(
            "RMAs that are processed automatically stay in Processing until the integration has"
            " taken them."
        ),
    )
    return_address = forms.CharField(
        label=gettext_lazy("Default return-to address"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("Proposed for every RMA of this vendor."),
    )

    @classmethod
    def of(cls, vendor: Vendor, data: Any | None) -> VendorForm:
        """The form of one vendor as it is set now."""
        names = ("auto_process", "auto_approve", "integrated", "return_address")
        return cls(data, initial={name: getattr(vendor, name) for name in names})

    def rules(self) -> VendorRules:
        """The valid form as the action wants it."""
        values = self.cleaned_data
        return VendorRules(
            auto_process=values["auto_process"],
            auto_approve=values["auto_approve"],
            integrated=values["integrated"],
            return_address=values["return_address"],
        )


class ReasonForm(KeyedForm):
    """One return reason; a reason that is there can also be retired."""

    label = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=80,
        error_messages={"required": gettext_lazy("Enter what the reason is called.")},
    )
    parent = forms.TypedChoiceField(
        label=gettext_lazy("Under the heading"), required=False, coerce=int, empty_value=None
    )
    is_offered = forms.BooleanField(
        label=gettext_lazy("Offered"),
        required=False,
        help_text=gettext_lazy("Retired reasons stay on old returns and can be offered again."),
    )

    def __init__(
        self, data: Any | None, *, tree: ReasonTree, reason: ReturnReason | None = None
    ) -> None:
        initial: dict[str, Any] = {}
        if reason is not None:
            initial = {
                "label": reason.label,
                "parent": reason.parent_id,
                "is_offered": reason.is_active,
            }
        super().__init__(data, initial=initial)
        self.fields["parent"].choices = [  # type: ignore[attr-defined]
            ("", _("None: on the first level")),
            *_headings(tree, reason),
        ]
        if reason is None:
            del self.fields["is_offered"]

    def edit(self) -> ReasonEdit:
        """The valid form as the action wants it."""
        values = self.cleaned_data
        return ReasonEdit(
            label=values["label"], parent_id=values["parent"], is_offered=values["is_offered"]
        )


def _headings(tree: ReasonTree, reason: ReturnReason | None) -> list[tuple[int, str]]:
    """Where a reason can stand: under any offered one of the first level but itself."""
    if reason is not None and tree.is_heading(reason):
        return []
    kept = reason.parent_id if reason else None
    return [
        (branch.reason.pk, branch.reason.label)
        for branch in tree.branches
        if branch.reason != reason and (branch.reason.is_active or branch.reason.pk == kept)
    ]


class MoveForm(KeyedForm):
    """Which way a reason moves."""

    direction = forms.ChoiceField(choices=[("up", ""), ("down", "")])


class AddressForm(KeyedForm):
    """One entry of the address book; a new one says for whose goods."""

    vendor = forms.ModelChoiceField(
        label=gettext_lazy("For"),
        queryset=Vendor.objects.none(),
        required=False,
        empty_label=gettext_lazy("All vendors"),
    )
    label = forms.CharField(
        label=gettext_lazy("Name in the address book"),
        required=False,
        max_length=80,
        help_text=gettext_lazy("Without one, the first line of the address."),
    )
    address = forms.CharField(
        label=gettext_lazy("Return-to address"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": gettext_lazy("Enter the address the goods go to.")},
    )
    is_offered = forms.BooleanField(
        label=gettext_lazy("Offered"),
        required=False,
        help_text=gettext_lazy("Retired addresses stay on the RMAs that were made with them."),
    )

    def __init__(
        self, data: Any | None, *, vendors: Any = None, entry: ReturnAddress | None = None
    ) -> None:
        initial: dict[str, Any] = {}
        if entry is not None:
            initial = {
                "label": entry.label,
                "address": entry.address,
                "is_offered": entry.is_active,
            }
        super().__init__(data, initial=initial)
        if entry is not None:
            del self.fields["vendor"]
        else:
            self.fields["vendor"].queryset = vendors  # type: ignore[attr-defined]
            del self.fields["is_offered"]

    def edit(self) -> AddressEdit:
        """The valid form as the action wants it."""
        values = self.cleaned_data
        return AddressEdit(values["label"], values["address"], values.get("is_offered", True))
