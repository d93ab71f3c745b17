"""Which scenario it is and what follows: every combination (P2, P5, P6, X3)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal as D
from itertools import product

import pytest

from profiles.decide import Decision, Facts, decide
from profiles.terms import Effect, Outcome, Rule, Scenario, Source, Terms
from profiles.trace import WORDING, Audience, Step, Test

DEADLINE = datetime(2026, 11, 30, 23, 59, 59, 999999, tzinfo=UTC)
ARRIVED = {
    Scenario.VALID: DEADLINE - timedelta(days=3),
    Scenario.EXPIRED: DEADLINE + timedelta(microseconds=1),
    Scenario.NONE: DEADLINE - timedelta(days=3),
}
PERCENT = {Scenario.VALID: D(100), Scenario.EXPIRED: D("33.33"), Scenario.NONE: D(10)}


def facts(scenario: Scenario, **more: object) -> Facts:
    number = "" if scenario is Scenario.NONE else "1001-3"
    until = None if scenario is Scenario.NONE else DEADLINE
    return Facts(ARRIVED[scenario], number, until, **more)  # type: ignore[arg-type]


def terms(outcome: Outcome, **more: object) -> Terms:
    rules = {one.value: Rule(outcome, PERCENT[one]) for one in Scenario}
    return Terms(**rules, expiry_days=30, **more)  # type: ignore[arg-type]


# What must come out, written down apart from the code: (trial, charged, switch of Trial Cancel
# Only, switch of end of trial) -> whether only the trial is canceled, and which charge counts.
TRIALS = {
    (False, False, False, False): (False, Source.OWN),
    (False, False, False, True): (False, Source.OWN),
    (False, False, True, False): (False, Source.OWN),
    (False, False, True, True): (False, Source.OWN),
    (False, True, False, False): (False, Source.OWN),
    (False, True, False, True): (False, Source.OWN),
    (False, True, True, False): (False, Source.OWN),
    (False, True, True, True): (False, Source.OWN),
    (True, False, False, False): (False, Source.OWN),
    (True, False, False, True): (False, Source.OWN),
    (True, False, True, False): (True, Source.OWN),
    (True, False, True, True): (True, Source.OWN),
    (True, True, False, False): (False, Source.OWN),
    (True, True, False, True): (False, Source.END_OF_TRIAL),
    (True, True, True, False): (True, Source.OWN),
    (True, True, True, True): (False, Source.END_OF_TRIAL),
}
# (outcome, subscribed and active) -> what becomes of the subscription.
EFFECTS = {
    (Outcome.REFUND_AND_CANCEL, "active"): Effect.CANCEL,
    (Outcome.REFUND_AND_CANCEL, "canceled"): Effect.CANCELED_BEFORE,
    (Outcome.REFUND_AND_CANCEL, "none"): Effect.NONE,
    (Outcome.CANCEL_ONLY, "active"): Effect.CANCEL,
    (Outcome.CANCEL_ONLY, "canceled"): Effect.CANCELED_BEFORE,
    (Outcome.CANCEL_ONLY, "none"): Effect.NONE,
    (Outcome.NO_ACTION, "active"): Effect.STAYS,
    (Outcome.NO_ACTION, "canceled"): Effect.CANCELED_BEFORE,
    (Outcome.NO_ACTION, "none"): Effect.NONE,
}
STATES = {
    "active": {"is_subscribed": True, "is_active": True},
    "canceled": {"is_subscribed": True, "is_active": False},
    "none": {"is_subscribed": False, "is_active": False},
}
EVERY = list(product(Scenario, Outcome, TRIALS, STATES))


@pytest.mark.parametrize(("scenario", "outcome", "trial", "state"), EVERY)
def test_every_combination(
    scenario: Scenario, outcome: Outcome, trial: tuple[bool, bool, bool, bool], state: str
) -> None:
    is_trial, charged, cancel_only, end_of_trial = trial
    found = decide(
        facts(scenario, is_trial=is_trial, end_of_trial_charged=charged, **STATES[state]),
        terms(outcome, trial_cancel_only=cancel_only, end_of_trial=end_of_trial),
    )
    trial_only, source = TRIALS[trial]
    expected = Outcome.CANCEL_ONLY if trial_only else outcome
    refunds = expected is Outcome.REFUND_AND_CANCEL
    assert found.scenario is scenario
    assert found.outcome is expected
    assert found.percent == (PERCENT[scenario] if refunds else 0)
    assert found.refunds is refunds
    assert found.source is source
    assert found.trial_only is trial_only
    assert found.effect is EFFECTS[expected, state]
    for step in found.trace:
        assert step.said(Audience.MERCHANT)
        step.said(Audience.CUSTOMER)
        assert Step.from_json(step.as_json()) == step


def test_the_last_moment_of_the_deadline_is_in_time() -> None:
    rules = terms(Outcome.REFUND_AND_CANCEL)
    on_time = decide(Facts(DEADLINE, "1001-3", DEADLINE), rules)
    late = decide(Facts(DEADLINE + timedelta(microseconds=1), "1001-3", DEADLINE), rules)
    assert (on_time.scenario, late.scenario) == (Scenario.VALID, Scenario.EXPIRED)


def test_an_rma_without_a_deadline_never_expires() -> None:
    found = decide(
        Facts(DEADLINE + timedelta(days=9999), "1001-3"), terms(Outcome.REFUND_AND_CANCEL)
    )
    assert found.scenario is Scenario.VALID
    assert Test.NEVER_EXPIRES in [step.test for step in found.trace]


def test_a_refund_of_nothing_still_cancels() -> None:
    rule = Rule(Outcome.REFUND_AND_CANCEL, D(0))
    found = decide(facts(Scenario.VALID), Terms(rule, rule, rule, 30))
    assert (found.refunds, found.effect) == (False, Effect.CANCEL)


def test_a_moment_without_a_zone_is_a_mistake_of_the_code() -> None:
    with pytest.raises(ValueError, match="time zone"):
        decide(Facts(datetime(2026, 11, 1)), terms(Outcome.NO_ACTION))  # noqa: DTZ001


@pytest.mark.parametrize("percent", ["-0.01", "100.01", "1E9"])
def test_a_percentage_is_between_0_and_100(percent: str) -> None:
    with pytest.raises(ValueError, match="between 0 and 100"):
        Rule(Outcome.REFUND_AND_CANCEL, D(percent))
    rule = Rule(Outcome.NO_ACTION)
    with pytest.raises(ValueError, match="between 0 and 100"):
        Terms(rule, rule, rule, restocking_percent=D(percent))


@pytest.mark.parametrize("days", [0, -1, 3651, 10_000])
def test_an_rma_expires_after_1_to_3650_days(days: int) -> None:
    rule = Rule(Outcome.NO_ACTION)
    with pytest.raises(ValueError, match="3650 days"):
        Terms(rule, rule, rule, days)


# --- the trace ----------------------------------------------------------------------------------


def said(found: Decision, audience: Audience) -> list[str]:
    return [text for step in found.trace if (text := step.said(audience, lambda text: text[:10]))]


def test_the_trace_in_the_merchants_and_the_customers_words() -> None:
    found = decide(facts(Scenario.EXPIRED), terms(Outcome.REFUND_AND_CANCEL))
    assert said(found, Audience.MERCHANT) == [
        "The parcel belongs to RMA 1001-3.",
        "It arrived on 2026-12-01, too late: the RMA was valid until 2026-11-30.",
        "Expired RMA: refund 33.33 % and cancel the subscription if it is active.",
        "The subscription is active, so it is canceled.",
    ]
    assert said(found, Audience.CUSTOMER) == [
        "Your return has the number 1001-3.",
        "It arrived on 2026-12-01, after your deadline of 2026-11-30.",
        "33.33 % of what you paid for it is refunded.",
        "Your subscription ends.",
    ]


def test_a_trial_that_is_only_canceled_says_so_and_asks_no_rule() -> None:
    found = decide(
        facts(Scenario.VALID, is_trial=True),
        terms(Outcome.REFUND_AND_CANCEL, trial_cancel_only=True),
    )
    assert [step.key for step in found.trace] == [
        "has_rma.yes",
        "in_time.yes",
        "end_of_trial.off",
        "trial_cancel_only.yes",
        "subscription.canceled_now",
    ]


def test_every_wording_is_reached_and_there_is_no_other() -> None:
    reached = set()
    for scenario, outcome, trial, state in EVERY:
        is_trial, charged, cancel_only, end_of_trial = trial
        found = decide(
            facts(scenario, is_trial=is_trial, end_of_trial_charged=charged, **STATES[state]),
            terms(outcome, trial_cancel_only=cancel_only, end_of_trial=end_of_trial),
        )
        reached |= {step.key for step in found.trace}
    nothing = Rule(Outcome.REFUND_AND_CANCEL)
    endless = decide(Facts(DEADLINE, "1001-3"), Terms(nothing, nothing, nothing))
    reached |= {step.key for step in endless.trace}
    assert reached == set(WORDING)
