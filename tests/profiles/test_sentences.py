"""A profile in words (P2)."""

from __future__ import annotations

from decimal import Decimal as D

import pytest

from profiles.sentences import percent_text, sentences
from profiles.terms import Basis, Outcome, Rule, Terms

FULL = Rule(Outcome.REFUND_AND_CANCEL, D("100.00"))
HALF = Rule(Outcome.REFUND_AND_CANCEL, D("50.00"))
CANCEL = Rule(Outcome.CANCEL_ONLY)
NOTHING = Rule(Outcome.NO_ACTION)


def test_a_profile_with_a_deadline_says_all_three_cases() -> None:
    assert sentences(Terms(FULL, HALF, CANCEL, 30)) == [
        (
            "A return that arrives within 30 days of its RMA refunds 100 % of the items and their"
            " tax and cancels the subscription if needed."
        ),
        (
            "One that arrives later refunds 50 % of the items and their tax and cancels the"
            " subscription if needed."
        ),
        (
            "A return without an RMA refunds nothing and cancels the subscription if it is still"
            " active."
        ),
    ]


def test_without_a_deadline_there_is_no_too_late() -> None:
    assert sentences(Terms(FULL, HALF, NOTHING, basis=Basis.WITH_SHIPPING)) == [
        (
            "A return with an RMA, whenever it arrives, refunds 100 % of the items, their tax and"
            " the shipping and cancels the subscription if needed."
        ),
        "A return without an RMA is noted and changes nothing else.",
    ]


def test_fee_and_trials_are_said_only_where_they_count() -> None:
    said = sentences(
        Terms(FULL, HALF, NOTHING, 1, Basis.ITEMS, D("12.50"), True, True),
    )
    assert said[0].startswith("A return that arrives by the end of the day after its RMA")
    assert said[3:] == [
        "A restocking fee of 12.5 % is kept of the refund for the goods.",
        "A trial that comes back is canceled and refunds nothing.",
        (
            "Once the end of the trial has been charged, a returned trial parcel refunds by these"
            " rules from that charge."
        ),
    ]
    assert len(sentences(Terms(CANCEL, CANCEL, CANCEL, restocking_percent=D(10)))) == 2


@pytest.mark.parametrize(
    ("percent", "text"),
    [("100.00", "100"), ("33.30", "33.3"), ("0.00", "0"), ("10", "10"), ("0.01", "0.01")],
)
def test_percentages_are_written_short(percent: str, text: str) -> None:
    assert percent_text(D(percent)) == text
