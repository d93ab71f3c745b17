"""What a return profile says, as plain values: the words of its choices and its terms (P2)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from core.money import ZERO

HUNDRED = Decimal(100)
MOST_DAYS = 3650


class Scenario(TextChoices):
    """How a parcel came back: with an RMA in time, with one too late, or without any."""

    VALID = "valid", _("Valid RMA")
    EXPIRED = "expired", _("Expired RMA")
    NONE = "none", _("No RMA")


class Outcome(TextChoices):
    """What a profile does in one scenario."""

    REFUND_AND_CANCEL = "refund_and_cancel", _("Refund and cancel if needed")
    CANCEL_ONLY = "cancel_only", _("Cancel only")
    NO_ACTION = "no_action", _("No action")


class Basis(TextChoices):
    """What of a charge the percentage is taken of."""

    ITEMS = "items", _("Items without tax")
    ITEMS_AND_TAX = "items_and_tax", _("Items and tax")
    WITH_SHIPPING = "with_shipping", _("Items, tax and shipping")


class CycleKind(TextChoices):
    """Where in its life a subscription is charged."""

    TRIAL = "trial", _("Trial")
    INITIAL = "initial", _("Initial")
    REBILL = "rebill", _("Rebill")


class Source(TextChoices):
    """Which charges a decision works on."""

    OWN = "own", _("the charges of the cycle that was shipped")
    END_OF_TRIAL = "end_of_trial", _("the end-of-trial charge")


class Effect(TextChoices):
    """What becomes of the subscription."""

    CANCEL = "cancel", _("is canceled")
    CANCELED_BEFORE = "canceled_before", _("was canceled before and stays so")
    STAYS = "stays", _("stays as it is")
    NONE = "none", _("there is none")


@dataclass(frozen=True, slots=True)
class Rule:
    """What happens in one scenario: the outcome, and for a refund its percentage (0 to 100)."""

    outcome: Outcome
    percent: Decimal = ZERO

    def __post_init__(self) -> None:
        if not ZERO <= self.percent <= HUNDRED:
            raise ValueError("A percentage is between 0 and 100.")

    @property
    def refunds(self) -> bool:
        """Whether any money can go back."""
        return self.outcome is Outcome.REFUND_AND_CANCEL and self.percent > ZERO

    @property
    def cancels(self) -> bool:
        """Whether an active subscription is canceled."""
        return self.outcome is not Outcome.NO_ACTION


@dataclass(frozen=True, slots=True)
class Terms:
    """One version of a return profile.

    `expiry_days` is None where RMAs never expire; then `expired` is never asked for.
    `restocking_percent` (0 to 100) is kept of the goods' refund, never of the shipping.
    `trial_cancel_only` ends a trial without looking at the rules; `end_of_trial` points the rules
    of a trial parcel at the end-of-trial charge once there is one. Raises ValueError for
    percentages and days outside their range.
    """

    valid: Rule
    expired: Rule
    none: Rule
    expiry_days: int | None = None
    basis: Basis = Basis.ITEMS_AND_TAX
    restocking_percent: Decimal = ZERO
    trial_cancel_only: bool = False
    end_of_trial: bool = False

    def __post_init__(self) -> None:
        if not ZERO <= self.restocking_percent <= HUNDRED:
            raise ValueError("A restocking fee is between 0 and 100 percent.")
        if self.expiry_days is not None and not 1 <= self.expiry_days <= MOST_DAYS:
            raise ValueError(f"An RMA expires after 1 to {MOST_DAYS} days.")

    def rule(self, scenario: Scenario) -> Rule:
        """The rule for `scenario`."""
        return {
            Scenario.VALID: self.valid,
            Scenario.EXPIRED: self.expired,
            Scenario.NONE: self.none,
        }[scenario]
