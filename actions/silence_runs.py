"""The schedule of silent vendors: finds what is due, and takes each step once (X7).

Candidates come from one statement per merchant. Each is then looked at again under lock, in a
transaction of its own: two schedules at once, or one after two days of pause, take no step twice.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db.models import Case, DateTimeField, F, Q, Value, When
from django.db.models.functions import Greatest
from django.utils import timezone

from accounts.actor import Actor
from accounts.models import Merchant, Vendor
from actions.silence import approve_in_silence, escalate_rma, leave_to_merchant, remind_vendor
from core.tenancy import tenant
from returns.models import Return
from returns.states import ReturnStatus
from rmas.automatic import calendar_of, is_counted, policy_of
from rmas.models import Rma, RmaQuerySet
from rmas.silence import Calendar, Step, due
from rmas.states import SILENT

logger = logging.getLogger(__name__)

BATCH = 200
DAYS = {
    Step.REMINDED: "silence_remind",
    Step.ESCALATED: "silence_escalate",
    Step.ENDED: "silence_end",
}


def take_steps(now: datetime | None = None) -> int:
    """Take every step that is due at `now` (aware), at all merchants; how many were taken."""
    now = now or timezone.now()
    with tenant(system=True):
        merchants = list(Merchant.objects.order_by("pk").values_list("pk", flat=True))
    return sum(_guarded(merchant_id, now) for merchant_id in merchants)


def _guarded(merchant_id: int, now: datetime) -> int:
    """One merchant's trouble is not the others'."""
    try:
        return _take_at(merchant_id, now)
    except Exception:
        logger.exception("The schedule of silent vendors failed at merchant %s.", merchant_id)
        return 0


def _take_at(merchant_id: int, now: datetime) -> int:
    taken, after = 0, 0
    while True:
        with tenant(merchant_id):
            merchant = Merchant.objects.get(pk=merchant_id)
            calendar = calendar_of(merchant)
            batch = list(
                candidates(merchant, calendar, now)
                .filter(pk__gt=after)
                .order_by("pk")
                .values_list("pk", "customer_return_id")[:BATCH]
            )
        for rma_id, return_id in batch:
            taken += _take_one(merchant, calendar, now, rma_id, return_id)
        if len(batch) < BATCH:
            return taken
        after = batch[-1][0]


def candidates(merchant: Merchant, calendar: Calendar, now: datetime) -> RmaQuerySet:
    """The merchant's RMAs with a step due at `now`, in one statement.

    A number of business days is a moment before which the clock must have started, so that the
    database compares moments only.
    """
    actor = Actor.system(merchant)
    vendors = Vendor.objects.visible_to(actor).filter(silence_since__isnull=False)
    used = {days for row in vendors.values_list(*DAYS.values()) for days in row if days is not None}
    if not used:
        return Rma.objects.none()
    started = {days: calendar.started_before(now, days) for days in used}
    since = Greatest("requested_at", "processed_at", "clock_from", "vendor__silence_since")
    fresh = Q(silence_step_at__isnull=True) | Q(silence_step_at__lt=F("since"))
    is_due = Q()
    for step, name in DAYS.items():
        whens = [
            When(**{f"vendor__{name}": days, "then": Value(at)}) for days, at in started.items()
        ]
        moment = Case(*whens, output_field=DateTimeField())
        is_due |= Q(since__lt=moment) & (fresh | Q(silence_step__lt=step))
    rested = fresh | Q(silence_step_at__lt=calendar.started_before(now, 1))
    return (
        Rma.objects.visible_to(actor)
        .annotate(since=since)
        .filter(
            is_due,
            rested,
            status__in=SILENT,
            question_to="",
            disputed_by="",
            left_to_merchant=False,
            vendor__silence_since__isnull=False,
            customer_return__status=ReturnStatus.OPEN,
        )
    )


def _take_one(
    merchant: Merchant, calendar: Calendar, now: datetime, rma_id: int, return_id: int
) -> int:
    """Take the step of one RMA that is due under lock; what somebody else is at is left to them."""
    try:
        with tenant(merchant.pk):
            actor = Actor.system(merchant)
            returns = Return.objects.visible_to(actor).filter(pk=return_id)
            if returns.select_for_update(of=("self",), skip_locked=True).first() is None:
                return 0
            rmas = Rma.objects.visible_to(actor).select_related("vendor", "customer_return")
            rma = rmas.select_for_update(of=("self",)).get(pk=rma_id)
            since = rma.vendor.silence_since
            if since is None or rma.is_stopped or not is_counted(rma):
                return 0
            policy = policy_of(rma.vendor)
            step = due(policy, rma.clock(since), calendar, now)
            if step is None:
                return 0
            _verb(step, approves=policy.approves)(actor, rma, now)
            return 1
    except Exception:
        logger.exception("The silence about RMA %s led to no step.", rma_id)
        return 0


def _verb(step: Step, *, approves: bool) -> Callable[..., Any]:
    if step is Step.ENDED:
        return approve_in_silence if approves else leave_to_merchant
    return remind_vendor if step is Step.REMINDED else escalate_rma
