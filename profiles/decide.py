"""What follows when a parcel comes back: the scenario, the rule and why. Pure (P2, P5, P6, X3).

`decide` asks one test after the other; each leaves a step in the trace. What the decision gives
back of each charge is worked out by `profiles.quote.quote`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from core.money import ZERO
from profiles.terms import Effect, Outcome, Rule, Scenario, Source, Terms
from profiles.trace import Step, Test


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a returned parcel.

    `rma_number` is empty without an RMA. `valid_until` is the RMA's deadline, fixed when it was
    issued; None if it never expires. `received_at` is the day the parcel arrived, not the day
    somebody typed it in; both moments are aware. `is_trial` is read from the cycle that was
    shipped. `end_of_trial_charged` says whether the charge at the end of the trial went through.
    `is_subscribed` and `is_active` are the subscription's; without one both are False.
    """

    received_at: datetime
    rma_number: str = ""
    valid_until: datetime | None = None
    is_trial: bool = False
    end_of_trial_charged: bool = False
    is_subscribed: bool = True
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class Decision:
    """What follows: `percent` of the charges of `source` goes back, `effect` on the subscription.

    `percent` is zero unless the outcome refunds. `trial_only` tells that Trial Cancel Only decided
    and no rule was looked at. `trace` holds every test in the order asked.
    """

    scenario: Scenario
    outcome: Outcome
    percent: Decimal
    source: Source
    effect: Effect
    trial_only: bool
    trace: tuple[Step, ...]

    @property
    def refunds(self) -> bool:
        """Whether charges are looked at for a refund."""
        return self.outcome is Outcome.REFUND_AND_CANCEL and self.percent > ZERO


def decide(facts: Facts, terms: Terms) -> Decision:
    """What `terms` make of a parcel with these `facts`.

    Scenario: no RMA is NONE; an RMA whose deadline was over when the parcel arrived is EXPIRED; any
    other is VALID, to the last moment of the deadline. End-of-trial rules come before Trial Cancel
    Only: once the charge at the end of the trial went through, the trial is over and the rules
    apply to that charge. Until then, or where these rules are off, Trial Cancel Only ends a trial
    without a refund. Raises ValueError for a naive moment.
    """
    if facts.received_at.tzinfo is None:
        raise ValueError("A moment without a time zone cannot be compared with a deadline.")
    scenario, trace = _scenario(facts)
    source, of_trial = _source(facts, terms)
    trial_only, of_cancel = _trial_only(facts, terms, source)
    rule = Rule(Outcome.CANCEL_ONLY) if trial_only else terms.rule(scenario)
    percent = rule.percent if rule.refunds else ZERO
    effect, of_effect = _effect(facts, rule)
    of_rule = () if trial_only else (_rule_step(scenario, rule),)
    return Decision(
        scenario=scenario,
        outcome=rule.outcome,
        percent=percent,
        source=source,
        effect=effect,
        trial_only=trial_only,
        trace=(*trace, *of_trial, *of_cancel, *of_rule, of_effect),
    )


def _scenario(facts: Facts) -> tuple[Scenario, tuple[Step, ...]]:
    has_rma = Step(Test.HAS_RMA, facts.rma_number, "", bool(facts.rma_number))
    if not facts.rma_number:
        return Scenario.NONE, (has_rma,)
    arrived = facts.received_at.isoformat()
    if facts.valid_until is None:
        return Scenario.VALID, (has_rma, Step(Test.NEVER_EXPIRES, arrived, "", True))
    in_time = facts.received_at <= facts.valid_until
    step = Step(Test.IN_TIME, arrived, facts.valid_until.isoformat(), in_time)
    return Scenario.VALID if in_time else Scenario.EXPIRED, (has_rma, step)


def _source(facts: Facts, terms: Terms) -> tuple[Source, tuple[Step, ...]]:
    if not facts.is_trial:
        return Source.OWN, ()
    switch = _switch(terms.end_of_trial)
    over = terms.end_of_trial and facts.end_of_trial_charged
    charged = "charged" if facts.end_of_trial_charged else "open"
    step = Step(Test.END_OF_TRIAL, charged, switch, over)
    return Source.END_OF_TRIAL if over else Source.OWN, (step,)


def _trial_only(facts: Facts, terms: Terms, source: Source) -> tuple[bool, tuple[Step, ...]]:
    if not facts.is_trial or source is Source.END_OF_TRIAL:
        return False, ()
    step = Step(
        Test.TRIAL_CANCEL_ONLY, "trial", _switch(terms.trial_cancel_only), terms.trial_cancel_only
    )
    return terms.trial_cancel_only, (step,)


def _rule_step(scenario: Scenario, rule: Rule) -> Step:
    test = {
        Outcome.REFUND_AND_CANCEL: Test.REFUNDS,
        Outcome.CANCEL_ONLY: Test.CANCELS_ONLY,
        Outcome.NO_ACTION: Test.DOES_NOTHING,
    }[rule.outcome]
    return Step(test, scenario.value, format(rule.percent.normalize(), "f"), rule.refunds)


def _effect(facts: Facts, rule: Rule) -> tuple[Effect, Step]:
    if not facts.is_subscribed:
        return Effect.NONE, Step(Test.SUBSCRIPTION, "none", rule.outcome.value, False)
    state = "active" if facts.is_active else "canceled"
    cancels = rule.cancels and facts.is_active
    step = Step(Test.SUBSCRIPTION, state, rule.outcome.value, cancels)
    if cancels:
        return Effect.CANCEL, step
    return (Effect.STAYS if facts.is_active else Effect.CANCELED_BEFORE), step


def _switch(on: bool) -> str:
    return "on" if on else "off"
