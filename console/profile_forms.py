"""The form of a return profile: percentages and days are refused at their input (P2)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from actions.profiles import NAME_LENGTH, USUAL_DAYS, ProfileEdit
from console.form_page import KeyedForm
from core.money import ZERO, read_amount
from profiles.models import ReturnProfileVersion
from profiles.sentences import percent_text
from profiles.terms import HUNDRED, MOST_DAYS, Basis, Outcome, Rule, Scenario, Terms

SCENARIOS = tuple(Scenario)


class PercentField(forms.CharField):
    """A percentage from 0 to 100: "33.33", "33,33" and "33.33 %" are the same."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("max_length", 20)
        options.setdefault("required", False)
        super().__init__(**options)

    def clean(self, value: Any) -> Decimal:
        """The percentage; an empty input is 0. Refused with a sentence for anything else."""
        text = str(super().clean(value)).rstrip("%").strip()
        if not text:
            return ZERO
        try:
            percent = read_amount(text, "GBP")
        except ValueError:
            raise forms.ValidationError(
                _("“%(text)s” is not a percentage. Enter a number from 0 to 100, such as 33.33.")
                % {"text": text}
            ) from None
        if percent < ZERO:
            raise forms.ValidationError(_("A percentage cannot be negative. Enter 0 to 100."))
        if percent > HUNDRED:
            raise forms.ValidationError(
                _("No more than 100 % of a charge can be refunded. Enter 0 to 100.")
            )
        if percent != percent.quantize(Decimal("0.01")):
            raise forms.ValidationError(_("Use at most two decimals, such as 33.33."))
        return percent


def outcome_field(label: Any) -> forms.ChoiceField:
    """What happens in one scenario."""
    return forms.ChoiceField(
        label=label,
        choices=Outcome.choices,
        error_messages={"required": gettext_lazy("Choose what happens.")},
    )


class ProfileForm(KeyedForm):
    """One version of a profile; `version` is the one the person saw, 0 for a new profile."""

    version = forms.IntegerField(min_value=0, max_value=10**9, widget=forms.HiddenInput)
    name = forms.CharField(
        label=gettext_lazy("Return Profile Name"),
        max_length=NAME_LENGTH,
        error_messages={"required": gettext_lazy("Enter what the profile is called.")},
    )
    expires = forms.BooleanField(
        label=gettext_lazy("RMAs expire"),
        required=False,
        help_text=gettext_lazy("A parcel that arrives later is an expired RMA."),
    )
    expiry_days = forms.CharField(
        label=gettext_lazy("Days until an RMA expires"), required=False, max_length=20
    )
    valid_outcome = outcome_field(gettext_lazy("Action: valid RMA"))
    valid_percent = PercentField(label=gettext_lazy("Refund: valid RMA"))
    expired_outcome = outcome_field(gettext_lazy("Action: expired RMA"))
    expired_percent = PercentField(label=gettext_lazy("Refund: expired RMA"))
    none_outcome = outcome_field(gettext_lazy("Action: no RMA"))
    none_percent = PercentField(label=gettext_lazy("Refund: no RMA"))
    basis = forms.ChoiceField(
        label=gettext_lazy("The percentage is taken of"),
        choices=Basis.choices,
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose what the percentage is taken of.")},
    )
    restocking_percent = PercentField(
        label=gettext_lazy("Restocking fee"),
        help_text=gettext_lazy("Kept of the refund for the goods, never of the shipping."),
    )
    trial_cancel_only = forms.BooleanField(
        label=gettext_lazy("Trial Cancel Only"),
        required=False,
        help_text=gettext_lazy("A trial is canceled and nothing else of this profile applies."),
    )
    end_of_trial = forms.BooleanField(
        label=gettext_lazy("End-of-Trial rules"),
        required=False,
        help_text=gettext_lazy(
            "Once the end of the trial has been charged, the rules apply to that charge."
        ),
    )

    @classmethod
    def of(cls, version: ReturnProfileVersion | None, data: Any | None) -> ProfileForm:
        """The form as the version has it; without one, a usual profile."""
        return cls(data, initial=usual() if version is None else _initial(version))

    def clean_expiry_days(self) -> int:
        """Whole days within the range; they only count where RMAs expire."""
        text = str(self.cleaned_data["expiry_days"]).strip()
        expires = self.cleaned_data.get("expires")
        if not expires and not text:
            return USUAL_DAYS
        if not (text.isascii() and text.isdigit()):
            raise forms.ValidationError(
                _("Enter a whole number of days, from 1 to %(most)s.") % {"most": f"{MOST_DAYS:,}"}
            )
        days = int(text)
        if days < 1:
            raise forms.ValidationError(
                _("An RMA is valid for at least 1 day. For no end at all, untick the box above.")
            )
        if days > MOST_DAYS:
            raise forms.ValidationError(
                _("An RMA is valid for at most %(most)s days. For longer, untick the box above.")
                % {"most": f"{MOST_DAYS:,}"}
            )
        return days

    def terms(self) -> Terms:
        """What the valid form says."""
        values = self.cleaned_data
        rules = {
            scenario.value: Rule(
                Outcome(values[f"{scenario.value}_outcome"]), values[f"{scenario.value}_percent"]
            )
            for scenario in SCENARIOS
        }
        return Terms(
            **rules,
            expiry_days=values["expiry_days"] if values["expires"] else None,
            basis=Basis(values["basis"]),
            restocking_percent=values["restocking_percent"],
            trial_cancel_only=values["trial_cancel_only"],
            end_of_trial=values["end_of_trial"],
        )

    def edit(self) -> ProfileEdit:
        """The valid form as the action wants it."""
        return ProfileEdit(self.cleaned_data["name"], self.terms())


class ArchiveForm(KeyedForm):
    """Whether a profile is archived or offered again."""

    wanted = forms.ChoiceField(choices=[("archive", ""), ("restore", "")])


def usual() -> dict[str, Any]:
    """What a new profile starts with: a full refund in time, half of it later, none without."""
    return {
        "version": 0,
        "expires": True,
        "expiry_days": USUAL_DAYS,
        "valid_outcome": Outcome.REFUND_AND_CANCEL,
        "valid_percent": "100",
        "expired_outcome": Outcome.REFUND_AND_CANCEL,
        "expired_percent": "50",
        "none_outcome": Outcome.CANCEL_ONLY,
        "none_percent": "0",
        "basis": Basis.ITEMS_AND_TAX,
        "restocking_percent": "0",
    }


def _initial(version: ReturnProfileVersion) -> dict[str, Any]:
    same = (
        "name",
        "expires",
        "expiry_days",
        "valid_outcome",
        "expired_outcome",
        "none_outcome",
        "basis",
        "trial_cancel_only",
        "end_of_trial",
    )
    percents = ("valid_percent", "expired_percent", "none_percent", "restocking_percent")
    return {
        "version": version.number,
        **{name: getattr(version, name) for name in same},
        **{name: percent_text(getattr(version, name)) for name in percents},
    }
