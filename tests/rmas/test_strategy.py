"""The four flows, and whose setting decides between them (F10). No database."""

from __future__ import annotations

from itertools import product

import pytest

from accounts.models import Merchant, Override, Vendor
from rmas.states import RmaStatus
from rmas.strategy import Strategy, strategy_of

S = RmaStatus
FLOWS = [
    # auto-approve, auto-process, integrated: first status, sequence, handed over at once
    (True, True, False, S.APPROVED, (S.APPROVED,), True),
    (True, False, False, S.APPROVED, (S.APPROVED,), False),
    (False, True, False, S.PROCESSED, (S.PROCESSED, S.APPROVED), True),
    (False, False, False, S.WAITING, (S.WAITING, S.PROCESSED, S.APPROVED), False),
    (False, True, True, S.PROCESSING, (S.PROCESSING, S.PROCESSED, S.APPROVED), False),
    (False, False, True, S.WAITING, (S.WAITING, S.PROCESSED, S.APPROVED), False),
    (True, True, True, S.APPROVED, (S.APPROVED,), False),
]


@pytest.mark.parametrize(("approve", "process", "integrated", "first", "all_of_it", "over"), FLOWS)
def test_where_an_rma_starts_and_what_it_goes_through(
    approve: bool, process: bool, integrated: bool, first: S, all_of_it: tuple[S, ...], over: bool
) -> None:
    flow = Strategy(approve, process, integrated)
    assert (flow.status, flow.sequence, flow.is_handed_over) == (first, all_of_it, over)
    assert flow.sequence[0] == flow.status


def test_each_flow_has_its_own_name_and_sentence() -> None:
    flows = [Strategy(*switches) for switches in product((True, False), repeat=2)]
    assert len({str(flow.name) for flow in flows}) == 4
    assert len({str(flow.sentence) for flow in flows}) == 4


@pytest.mark.parametrize(
    ("switch", "override", "wins"),
    [
        (False, Override.GLOBAL, False),
        (True, Override.GLOBAL, True),
        (False, Override.ALWAYS, True),
        (True, Override.ALWAYS, True),
        (False, Override.NEVER, False),
        (True, Override.NEVER, False),
    ],
)
def test_a_vendor_overrides_each_switch_by_itself(
    switch: bool, override: Override, wins: bool
) -> None:
    by_process = strategy_of(
        Merchant(rma_auto_process=switch), Vendor(auto_process=override, integrated=True)
    )
    assert by_process == Strategy(auto_approve=False, auto_process=wins, integrated=True)
    by_approve = strategy_of(Merchant(rma_auto_approve=switch), Vendor(auto_approve=override))
    assert by_approve == Strategy(auto_approve=wins, auto_process=False)
