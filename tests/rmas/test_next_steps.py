"""The sentence about what happens next with an RMA (F10, X4)."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from rmas.models import RmaLine
from rmas.next_steps import next_step
from rmas.states import RmaStatus


def rma(
    status: str, *, processed: bool = True, credit: str = "0", left: bool = False, **line: int
) -> Any:
    """An RMA of one line, without a database."""
    lines = [RmaLine(**{"quantity": 3, **line})]
    return SimpleNamespace(
        state=RmaStatus(status),
        status=status,
        left_to_merchant=left,
        vendor=SimpleNamespace(name="Northlight"),
        processed_at=object() if processed else None,
        credit_open=Decimal(credit),
        lines=SimpleNamespace(all=lambda: lines),
    )


@pytest.mark.parametrize(
    ("one", "sentence"),
    [
        (rma("waiting", left=True), "did not answer in time"),
        (rma("waiting"), "It waits to be processed: hand it to Northlight"),
        (rma("processing"), "It is being handed to Northlight"),
        (rma("processed"), "Northlight approves or denies it next"),
        (rma("denied", denied=3), "Its units are free again"),
        (rma("canceled"), "It is over"),
        (rma("voided"), "It is over"),
        (rma("partially_approved", approved=1, denied=1), "1 unit is not decided yet"),
        (rma("approved", processed=False, approved=3), "Process it to hand it to Northlight"),
        (rma("approved", approved=3, shipped=2), "The customer sends the approved units"),
        (rma("approved", approved=3, shipped=3), "The carrier brings the units"),
        (rma("approved", approved=3, shipped=3, received=3, credit="4"), "Sync the credit"),
        (rma("approved", approved=3, shipped=3, received=3), "is credited"),
    ],
    ids=lambda one: one if isinstance(one, str) else str(one.state),
)
def test_every_status_says_who_acts_next(one: Any, sentence: str) -> None:
    assert sentence in next_step(one)


def test_no_status_is_without_a_sentence() -> None:
    assert all(next_step(rma(status, approved=3)) for status in RmaStatus.values)
