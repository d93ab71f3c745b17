"""The record that an RMA was handed over: for the API feed, or for an integration (F10)."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils import timezone

from accounts.models import Vendor
from rmas.models import Rma, RmaHandover
from rmas.strategy import Strategy


def hand_over_by_rule(rmas: Iterable[tuple[Rma, Strategy]]) -> None:
    """Record the hand-over of those new RMAs whose strategy processes them by itself."""
    RmaHandover.objects.bulk_create(
        _handover(rma, integrated=strategy.integrated, by_rule=True)
        for rma, strategy in rmas
        if strategy.auto_process
    )


def hand_over(rma: Rma, vendor: Vendor) -> None:
    """Record that somebody handed `rma` over under its number now.

    What waited for an integration under this number is taken over by that.
    """
    waiting = RmaHandover.objects.filter(rma=rma, number=rma.number)
    taken = waiting.exclude(state=RmaHandover.State.TAKEN).update(
        state=RmaHandover.State.TAKEN, taken_at=timezone.now()
    )
    if not taken:
        RmaHandover.objects.bulk_create(
            [_handover(rma, integrated=vendor.integrated, by_rule=False)], ignore_conflicts=True
        )


def _handover(rma: Rma, *, integrated: bool, by_rule: bool) -> RmaHandover:
    states = RmaHandover.State
    return RmaHandover(
        merchant_id=rma.merchant_id,
        rma=rma,
        number=rma.number,
        state=states.MARKED if integrated else states.IN_FEED,
        by_rule=by_rule,
    )
