"""The headline of several RMAs (F10)."""

from __future__ import annotations

from itertools import product

import pytest

from rmas.states import ENDED, MOVES, RmaStatus, summarise


@pytest.mark.parametrize(
    ("statuses", "summary"),
    [
        ([], "none"),
        (["canceled", "voided"], "none"),
        (["waiting"], "waiting"),
        (["approved", "waiting"], "waiting"),
        (["approved", "processing"], "waiting"),
        (["approved", "approved", "canceled"], "approved"),
        (["denied", "denied"], "denied"),
        (["approved", "denied"], "partially_approved"),
        (["partially_approved"], "partially_approved"),
    ],
)
def test_all_rmas_of_a_return_in_one_word(statuses: list[str], summary: str) -> None:
    assert summarise(statuses) == summary


def test_every_combination_of_three_statuses_has_a_word() -> None:
    for statuses in product(RmaStatus.values, repeat=3):
        live = [status for status in statuses if status not in ENDED]
        assert (summarise(statuses) == "none") == (not live)


def test_ended_rmas_have_no_move_left() -> None:
    for move in MOVES.values():
        assert not move.sources & ENDED
