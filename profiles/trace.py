"""The decision trace: every test, its fact, value and result, and how it reads for whom (X3).

A step holds plain values and is kept as JSON with what it decided; its wording is looked up when it
is shown, by audience. Moments are ISO 8601, and pages format them (`Step.said`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from profiles.terms import Scenario


class Audience(StrEnum):
    """Who reads a trace."""

    MERCHANT = "merchant"
    CUSTOMER = "customer"


class Test(StrEnum):
    """What is asked of a returned parcel, in the order asked."""

    __test__ = False

    HAS_RMA = "has_rma"
    NEVER_EXPIRES = "never_expires"
    IN_TIME = "in_time"
    END_OF_TRIAL = "end_of_trial"
    TRIAL_CANCEL_ONLY = "trial_cancel_only"
    REFUNDS = "refunds"
    CANCELS_ONLY = "cancels_only"
    DOES_NOTHING = "does_nothing"
    SUBSCRIPTION = "subscription"


@dataclass(frozen=True, slots=True)
class Step:
    """One test: the `fact` that was found, the `value` it was held against, and the result.

    HAS_RMA: fact is the RMA number. IN_TIME, NEVER_EXPIRES: fact is the arrival, value the
    deadline. END_OF_TRIAL: fact is "charged" or "open", value the switch. TRIAL_CANCEL_ONLY: value
    is the switch. REFUNDS, CANCELS_ONLY, DOES_NOTHING: fact is the scenario, value the percentage.
    SUBSCRIPTION: fact is "active", "canceled" or "none", value the outcome; `passed` if it is
    canceled.
    """

    test: Test
    fact: str
    value: str
    passed: bool

    @property
    def key(self) -> str:
        """The key of its wording, like "in_time.no" or "subscription.none"."""
        if self.test is Test.SUBSCRIPTION:
            return f"{self.test}.{'canceled_now' if self.passed else self.fact}"
        if self.test is Test.END_OF_TRIAL and not self.passed:
            return f"{self.test}.{'off' if self.value == 'off' else 'open'}"
        return f"{self.test}.{'yes' if self.passed else 'no'}"

    def said(self, audience: Audience, say: Callable[[str], str] = str) -> str:
        """The step as a sentence for `audience`, "" where it does not concern them.

        `say` writes moments and is handed anything else unchanged in its place.
        """
        wording = WORDING[self.key][audience]
        words: dict[str, object] = {
            "fact": self._fact(say),
            "value": say(self.value) if self.test is Test.IN_TIME else self.value,
        }
        return str(wording) % words if wording else ""

    def as_json(self) -> dict[str, object]:
        """The step as it is kept."""
        return {
            "test": self.test.value,
            "fact": self.fact,
            "value": self.value,
            "passed": self.passed,
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, object]) -> Step:
        """The step again. Raises ValueError for a test that is not known."""
        return cls(
            Test(str(kept["test"])), str(kept["fact"]), str(kept["value"]), bool(kept["passed"])
        )

    def _fact(self, say: Callable[[str], str]) -> str:
        if self.test in (Test.IN_TIME, Test.NEVER_EXPIRES):
            return say(self.fact)
        if self.test in (Test.REFUNDS, Test.CANCELS_ONLY, Test.DOES_NOTHING):
            return str(Scenario(self.fact).label)
        return self.fact


def _both(merchant: Promise, customer: Promise | str) -> dict[Audience, Promise | str]:
    return {Audience.MERCHANT: merchant, Audience.CUSTOMER: customer}


WORDING: dict[str, dict[Audience, Promise | str]] = {
    "has_rma.yes": _both(
        _("The parcel belongs to RMA %(fact)s."), _("Your return has the number %(fact)s.")
    ),
    "has_rma.no": _both(
        _("There is no RMA for the parcel, so the rule for returns without an RMA applies."),
        _("The parcel came back without a return number."),
    ),
    "never_expires.yes": _both(
        _("It arrived on %(fact)s; RMAs of this profile do not expire."),
        _("It arrived on %(fact)s."),
    ),
    "in_time.yes": _both(
        _("It arrived on %(fact)s, in time: the RMA is valid until %(value)s."),
        _("It arrived on %(fact)s, before your deadline of %(value)s."),
    ),
    "in_time.no": _both(
        _("It arrived on %(fact)s, too late: the RMA was valid until %(value)s."),
        _("It arrived on %(fact)s, after your deadline of %(value)s."),
    ),
    "end_of_trial.yes": _both(
        _("The trial has ended and was charged, so the rules apply to the end-of-trial charge."),
        _("Your trial had ended, so this is about the charge at its end."),
    ),
    "end_of_trial.open": _both(_("The end of the trial has not been charged."), ""),
    "end_of_trial.off": _both(_("End-of-trial rules are off in this profile."), ""),
    "trial_cancel_only.yes": _both(
        _("It is a trial, and Trial Cancel Only is on: nothing else is looked at."),
        _("A trial that is sent back ends your subscription; nothing is refunded."),
    ),
    "trial_cancel_only.no": _both(
        _("It is a trial, and Trial Cancel Only is off: the rules apply."), ""
    ),
    "refunds.yes": _both(
        _("%(fact)s: refund %(value)s %% and cancel the subscription if it is active."),
        _("%(value)s %% of what you paid for it is refunded."),
    ),
    "refunds.no": _both(
        _("%(fact)s: the percentage is 0, so nothing is refunded."),
        _("Nothing is refunded in this case."),
    ),
    "cancels_only.no": _both(
        _("%(fact)s: cancel the subscription, refund nothing."),
        _("Nothing is refunded in this case."),
    ),
    "does_nothing.no": _both(
        _("%(fact)s: the return is noted, nothing else happens."),
        _("Nothing is refunded in this case."),
    ),
    "subscription.canceled_now": _both(
        _("The subscription is active, so it is canceled."), _("Your subscription ends.")
    ),
    "subscription.active": _both(
        _("The subscription is active and stays so."), _("Your subscription goes on.")
    ),
    "subscription.canceled": _both(
        _("The subscription was canceled before."), _("Your subscription had ended before.")
    ),
    "subscription.none": _both(_("No subscription belongs to the parcel."), ""),
}
"""Each key in the merchant's and the customer's words; "" where a step is the merchant's affair."""
