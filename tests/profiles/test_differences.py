"""What a version changed, in words (P8)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal as D

import pytest

from profiles.differences import Change, differences, facts
from profiles.terms import Basis, Outcome, Rule, Terms

CANCEL = Rule(Outcome.CANCEL_ONLY)
TERMS = Terms(Rule(Outcome.REFUND_AND_CANCEL, D("50.00")), CANCEL, CANCEL, 30)


def test_equal_versions_differ_in_nothing() -> None:
    assert differences(TERMS, replace(TERMS), ("Kind", "Kind")) == []


def test_a_percentage_that_is_not_used_changes_nothing_people_would_read() -> None:
    assert differences(TERMS, replace(TERMS, none=Rule(Outcome.CANCEL_ONLY, D(5)))) == []


@pytest.mark.parametrize(
    ("changed", "change"),
    [
        ({"expiry_days": None}, Change("RMAs expire", "after 30 days", "never")),
        (
            {"valid": Rule(Outcome.REFUND_AND_CANCEL, D("33.33"))},
            Change(
                "Valid RMA",
                "Refund and cancel if needed, 50\u00a0%",
                "Refund and cancel if needed, 33.33\u00a0%",
            ),
        ),
        ({"expired": Rule(Outcome.NO_ACTION)}, Change("Expired RMA", "Cancel only", "No action")),
        (
            {"basis": Basis.ITEMS},
            Change("Refund is taken of", "Items and tax", "Items without tax"),
        ),
        ({"restocking_percent": D(10)}, Change("Restocking fee", "0\u00a0%", "10\u00a0%")),
        ({"trial_cancel_only": True}, Change("Trial Cancel Only", "off", "on")),
        ({"end_of_trial": True}, Change("End-of-Trial rules", "off", "on")),
    ],
)
def test_each_setting_says_before_and_after(changed: dict[str, object], change: Change) -> None:
    assert differences(TERMS, replace(TERMS, **changed)) == [change]  # type: ignore[arg-type]


def test_every_setting_is_listed() -> None:
    assert len(facts(TERMS)) == len(TERMS.__slots__)
