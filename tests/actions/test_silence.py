"""What follows when a vendor stays silent: settings, steps, mails, each step once (X7)."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core import mail as outgoing
from django.db import connection
from django.utils import timezone

from accounts.calendars import SilentEnd
from accounts.models import Vendor
from accounts.permissions import Role
from actions import silence_runs
from actions.rma_changes import process_rma
from actions.rmas import approve_rma, reopen_rma
from actions.silence import (
    SilenceRules,
    add_holiday,
    change_silence,
    change_weekend,
    remove_holiday,
)
from actions.silence_runs import candidates, take_steps
from audit.models import Event
from core.tenancy import tenant
from returns.states import WaitsOn
from rmas.automatic import automatic_sentence, calendar_of
from rmas.models import Rma
from tests.actions.steps import only_who_may, refused
from tests.cast import Cast, member
from tests.factories import Item, made_return, shipped_order
from tests.outbox import deliver_all

pytestmark = pytest.mark.django_db

MONDAY = datetime(2026, 11, 23, 10, tzinfo=UTC)
RULES = SilenceRules(2, 4, 6, SilentEnd.APPROVE)


def at_nine(day: date) -> datetime:
    """When the steps of a London day are taken, in winter."""
    return datetime(day.year, day.month, day.day, 9, tzinfo=UTC)


WEDNESDAY, FRIDAY = at_nine(date(2026, 11, 25)), at_nine(date(2026, 11, 27))
TUESDAY = at_nine(date(2026, 12, 1))


def set_policy(cast: Cast, outcome: str = SilentEnd.APPROVE, **days: Any) -> None:
    """Northlight's policy, switched on long ago."""
    rules = {"silence_remind": 2, "silence_escalate": 4, "silence_end": 6, **days}
    long_ago = MONDAY - timedelta(days=90)
    Vendor.objects.filter(pk=cast.northlight.pk).update(
        silence_outcome=outcome, silence_since=long_ago, **rules
    )


def asked(cast: Cast, *, at: datetime = MONDAY, vendor: Vendor | None = None) -> Rma:
    """An RMA the vendor was asked for on that Monday."""
    order = shipped_order(cast.acme, Item(3), vendor=vendor or cast.northlight)
    rma = made_return(cast.bob, order, units=2).rmas.get()
    Rma.objects.filter(pk=rma.pk).update(requested_at=at)
    return fresh(rma)


def fresh(rma: Rma) -> Rma:
    return Rma.objects.select_related("vendor", "customer_return").get(pk=rma.pk)


def verbs(rma: Rma) -> list[str]:
    events = Event.objects.filter(noun="rma", object_id=rma.pk).order_by("id")
    return [verb for verb in events.values_list("verb", flat=True) if verb != "rma.created"]


# --- the policy ---------------------------------------------------------------------------------


def test_only_who_sets_things_up_sets_the_policy(at_acme: Cast) -> None:
    only_who_may(
        at_acme, "settings.edit", lambda actor: change_silence(actor, at_acme.northlight, RULES)
    )
    only_who_may(
        at_acme, "settings.edit", lambda actor: add_holiday(actor, date(2026, 12, 25), "Christmas")
    )
    only_who_may(at_acme, "settings.edit", lambda actor: change_weekend(actor, {4, 5}))


def test_the_clock_starts_no_earlier_than_the_policy(at_acme: Cast) -> None:
    before = timezone.now()
    changed = change_silence(at_acme.alice, at_acme.northlight, RULES)
    assert changed.silence_since >= before
    again = change_silence(at_acme.alice, changed, SilenceRules(3, 4, 6, "merchant"))
    assert again.silence_since == changed.silence_since
    off = change_silence(at_acme.alice, again, SilenceRules(None, None, None, "merchant"))
    assert off.silence_since is None


@pytest.mark.parametrize(
    ("rules", "field"),
    [
        (SilenceRules(0, None, None, "approve"), "remind"),
        (SilenceRules(None, 61, None, "approve"), "escalate"),
        (SilenceRules(3, 3, None, "approve"), "escalate"),
        (SilenceRules(3, None, 2, "approve"), "end"),
        (SilenceRules(1, 2, 3, "deny"), "outcome"),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(at_acme: Cast, rules: Any, field: str) -> None:
    refused(lambda: change_silence(at_acme.alice, at_acme.northlight, rules), field=field)


def test_what_is_set_that_way_already_is_told(at_acme: Cast) -> None:
    change_silence(at_acme.alice, at_acme.northlight, RULES)
    refused(lambda: change_silence(at_acme.alice, at_acme.northlight, RULES), "already")


def test_the_calendar_refuses_doubles_and_a_week_without_work(at_acme: Cast) -> None:
    christmas = add_holiday(at_acme.alice, date(2026, 12, 25), " Christmas  Day ")
    assert christmas.name == "Christmas Day"
    refused(lambda: add_holiday(at_acme.alice, date(2026, 12, 25), "Again"), field="day")
    refused(lambda: add_holiday(at_acme.alice, date(2026, 12, 26), " "), field="name")
    refused(lambda: change_weekend(at_acme.alice, range(7)), field="weekend")
    remove_holiday(at_acme.alice, christmas)
    refused(lambda: remove_holiday(at_acme.alice, christmas), "removed already")
    assert change_weekend(at_acme.alice, {4, 5}).weekend_days == {4, 5}


# --- the steps ----------------------------------------------------------------------------------


def test_the_steps_one_after_another_each_once(at_acme: Cast) -> None:
    set_policy(at_acme)
    rma = asked(at_acme)
    days = (WEDNESDAY - timedelta(seconds=1), WEDNESDAY, FRIDAY, TUESDAY)
    taken = [(take_steps(now), take_steps(now)) for now in days]
    assert taken == [(0, 0), (1, 0), (1, 0), (1, 0)]
    assert verbs(rma) == ["rma.reminded", "rma.escalated", "rma.approved_by_silence"]
    approved = fresh(rma)
    assert (approved.status, approved.approved_units) == ("approved", 2)
    assert (approved.decided_by, approved.decided_by_rule) == (None, True)
    assert approved.credit_expected > 0


def test_a_schedule_that_was_away_takes_one_step_a_day_and_none_twice(at_acme: Cast) -> None:
    set_policy(at_acme)
    rma = asked(at_acme)
    assert (take_steps(TUESDAY), take_steps(TUESDAY)) == (1, 0)
    assert verbs(rma) == ["rma.reminded"]
    assert take_steps(TUESDAY + timedelta(days=1)) == 1
    assert take_steps(TUESDAY + timedelta(days=2)) == 1
    assert verbs(rma)[-1] == "rma.approved_by_silence"


def test_the_decision_may_go_to_the_merchant_instead(at_acme: Cast) -> None:
    set_policy(at_acme, SilentEnd.MERCHANT, silence_remind=None, silence_escalate=None)
    rma = asked(at_acme)
    assert rma.customer_return.waits_on == WaitsOn.VENDOR
    assert take_steps(TUESDAY) == 1
    left = fresh(rma)
    assert (left.status, left.left_to_merchant) == ("waiting", True)
    assert left.customer_return.waits_on == WaitsOn.MERCHANT
    assert take_steps(TUESDAY + timedelta(days=9)) == 0
    approve_rma(at_acme.bob, left)
    assert fresh(rma).customer_return.waits_on == WaitsOn.CUSTOMER


def test_a_decision_taken_back_starts_the_clock_anew(at_acme: Cast) -> None:
    set_policy(at_acme)
    rma = asked(at_acme)
    take_steps(WEDNESDAY)
    approve_rma(at_acme.bob, rma)
    reopen_rma(at_acme.bob, rma)
    Rma.objects.filter(pk=rma.pk).update(clock_from=FRIDAY)
    assert take_steps(FRIDAY + timedelta(days=3)) == 0
    assert take_steps(TUESDAY) == 1
    assert verbs(rma).count("rma.reminded") == 2


@pytest.mark.parametrize(
    "stop",
    [
        {"question_to": "vendor"},
        {"question_to": "merchant"},
        {"disputed_by": "vendor"},
        {"status": "processing"},
        {"status": "denied"},
    ],
)
def test_questions_flags_and_other_statuses_stop_every_step(at_acme: Cast, stop: Any) -> None:
    set_policy(at_acme)
    rma = asked(at_acme)
    Rma.objects.filter(pk=rma.pk).update(**stop)
    assert take_steps(TUESDAY) == 0
    assert verbs(rma) == []


def test_a_closed_return_or_no_policy_stops_them_as_well(at_acme: Cast) -> None:
    set_policy(at_acme)
    rma, other = asked(at_acme), asked(at_acme, vendor=at_acme.paper)
    type(rma.customer_return).objects.filter(pk=rma.customer_return_id).update(status="closed")
    assert take_steps(TUESDAY) == 0
    assert verbs(other) == []


def test_processing_it_starts_the_clock_anew(at_acme: Cast) -> None:
    set_policy(at_acme)
    rma = asked(at_acme)
    process_rma(at_acme.bob, rma)
    Rma.objects.filter(pk=rma.pk).update(processed_at=WEDNESDAY)
    assert take_steps(WEDNESDAY) == 0
    assert take_steps(FRIDAY) == 1


def test_one_statement_finds_all_of_a_merchant(
    at_acme: Cast, django_assert_num_queries: Any
) -> None:
    set_policy(at_acme)
    rmas = [asked(at_acme) for _ in range(3)]
    calendar = calendar_of(at_acme.acme)
    with django_assert_num_queries(2):
        found = set(candidates(at_acme.acme, calendar, WEDNESDAY).values_list("pk", flat=True))
    assert found == {rma.pk for rma in rmas}


def test_what_is_due_in_the_database_is_what_is_due_in_the_days(at_acme: Cast) -> None:
    """The statement and the pure function agree, hour by hour."""
    set_policy(at_acme)
    add_holiday(at_acme.alice, date(2026, 11, 25), "Feast")
    asked(at_acme)
    merchant = at_acme.acme
    calendar = calendar_of(merchant)
    for hours in range(0, 24 * 9, 7):
        now = MONDAY + timedelta(hours=hours)
        is_found = candidates(merchant, calendar, now).exists()
        assert is_found == (now >= at_nine(date(2026, 11, 26)))


def test_one_that_fails_keeps_nobody_else_back(at_acme: Cast, monkeypatch: Any) -> None:
    set_policy(at_acme)
    first, second = asked(at_acme), asked(at_acme)
    real = silence_runs.remind_vendor

    def broken(actor: Any, rma: Rma, now: datetime) -> Any:
        if rma.pk == first.pk:
            raise RuntimeError
        return real(actor, rma, now)

    monkeypatch.setattr(silence_runs, "remind_vendor", broken)
    assert take_steps(WEDNESDAY) == 1
    assert (verbs(first), verbs(second)) == ([], ["rma.reminded"])


# --- mails and words ----------------------------------------------------------------------------


def test_whom_each_step_writes_to(at_acme: Cast) -> None:
    set_policy(at_acme)
    rma = asked(at_acme)
    colleague = member(at_acme.acme, "Vanja Voss", Role.VENDOR, vendor=at_acme.northlight)
    seen = []
    for now in (WEDNESDAY, FRIDAY, TUESDAY):
        outgoing.outbox.clear()
        take_steps(now)
        deliver_all()
        seen.append({message.to[0] for message in outgoing.outbox})
    vendors = {at_acme.vera.user.email, colleague.user.email}
    assert seen == [vendors, vendors | {at_acme.alice.user.email}, vendors]
    assert rma.number in outgoing.outbox[0].subject


def test_both_sides_read_the_next_step(at_acme: Cast) -> None:
    set_policy(at_acme)
    rma = asked(at_acme, at=timezone.now() + timedelta(days=1))
    calendar = calendar_of(at_acme.acme)
    day = calendar.after(calendar.day_of(rma.requested_at), 2)
    sentence = automatic_sentence(rma, at_acme.acme, calendar)
    assert sentence == (
        f"Next automatic step: a reminder to Northlight Lamps on {day:%a} {day.day} {day:%b}."
    )
    rma.disputed_by = "vendor"
    assert "disputed" in automatic_sentence(rma, at_acme.acme, calendar)


# --- really at once -----------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_many_schedules_at_once_take_the_step_once(cast: Cast) -> None:
    with tenant(cast.acme.pk):
        set_policy(cast)
        rmas = [asked(cast) for _ in range(3)]
    barrier = threading.Barrier(4)

    def run() -> None:
        barrier.wait()
        take_steps(WEDNESDAY)
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with tenant(cast.acme.pk):
        assert [verbs(rma) for rma in rmas] == [["rma.reminded"]] * 3
