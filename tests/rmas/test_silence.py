"""The steps of a vendor's silence: weekends, holidays, zones, changes of the clocks (X7)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from rmas.silence import Calendar, Clock, Policy, Step, Upcoming, due, upcoming

LONDON = ZoneInfo("Europe/London")
CHRISTMAS = frozenset({date(2026, 12, 25), date(2026, 12, 28)})


def moment(text: str, zone: ZoneInfo = LONDON) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@pytest.mark.parametrize(
    ("start", "days", "holidays", "day"),
    [
        ("2026-11-25", 1, frozenset(), "2026-11-26"),  # Wednesday to Thursday
        ("2026-11-25", 3, frozenset(), "2026-11-30"),  # over a weekend
        ("2026-11-28", 1, frozenset(), "2026-11-30"),  # asked on a Saturday
        ("2026-12-24", 1, CHRISTMAS, "2026-12-29"),  # over two holidays and a weekend
        ("2026-12-24", 2, CHRISTMAS, "2026-12-30"),
        ("2026-12-31", 1, frozenset(), "2027-01-01"),
    ],
)
def test_business_days_leave_out_weekends_and_holidays(start, days, holidays, day):
    calendar = Calendar(LONDON, holidays=holidays)
    assert calendar.after(date.fromisoformat(start), days) == date.fromisoformat(day)


def test_a_weekend_on_other_days_and_none_at_all():
    friday_saturday = Calendar(ZoneInfo("Asia/Riyadh"), frozenset({4, 5}))
    assert friday_saturday.after(date(2026, 11, 26), 1) == date(2026, 11, 29)
    assert Calendar(LONDON, frozenset()).after(date(2026, 11, 27), 2) == date(2026, 11, 29)


def test_the_day_is_the_one_of_the_merchant():
    """Half past eleven at night in London is the next day in Tokyo already."""
    asked = datetime(2026, 11, 25, 23, 30, tzinfo=UTC)
    policy = Policy(remind=1)
    in_london = upcoming(policy, Clock(asked), Calendar(LONDON))
    in_tokyo = upcoming(policy, Clock(asked), Calendar(ZoneInfo("Asia/Tokyo")))
    assert in_london == Upcoming(Step.REMINDED, date(2026, 11, 26))
    assert in_tokyo == Upcoming(Step.REMINDED, date(2026, 11, 27))


@pytest.mark.parametrize(
    ("asked", "day", "utc"),
    [
        ("2026-03-27T12:00", date(2026, 3, 30), datetime(2026, 3, 30, 8, tzinfo=UTC)),  # ahead
        ("2026-10-23T12:00", date(2026, 10, 26), datetime(2026, 10, 26, 9, tzinfo=UTC)),  # back
    ],
)
def test_a_change_of_the_clocks_moves_no_step_from_nine_o_clock(asked, day, utc):
    calendar, policy = Calendar(LONDON), Policy(remind=1)
    clock = Clock(moment(asked))
    assert upcoming(policy, clock, calendar) == Upcoming(Step.REMINDED, day)
    assert due(policy, clock, calendar, utc - timedelta(seconds=1)) is None
    assert due(policy, clock, calendar, utc) is Step.REMINDED


@pytest.mark.parametrize("zone", ["Europe/London", "America/New_York", "Pacific/Auckland"])
@pytest.mark.parametrize("days", [1, 2, 5])
def test_the_database_s_moment_says_the_same_as_the_days(zone, days):
    """`started_before` is `after` the other way round, hour by hour over both clock changes."""
    calendar = Calendar(ZoneInfo(zone), holidays=frozenset({date(2026, 3, 30), date(2026, 10, 26)}))
    policy = Policy(remind=days)
    for now in (datetime(2026, 3, 31, 8, tzinfo=UTC), datetime(2026, 11, 2, 14, tzinfo=UTC)):
        before = calendar.started_before(now, days)
        for hours in range(24 * 12):
            start = now - timedelta(hours=hours)
            is_due = due(policy, Clock(start), calendar, now) is Step.REMINDED
            assert is_due == (start < before), (now, start)


def test_the_steps_follow_in_their_order_and_end():
    calendar = Calendar(LONDON)
    policy = Policy(remind=2, escalate=4, end=5)
    asked = moment("2026-11-23T10:00")  # a Monday
    wednesday, friday = moment("2026-11-25T09:00"), moment("2026-11-27T09:00")
    assert due(policy, Clock(asked), calendar, wednesday) is Step.REMINDED
    reminded = Clock(asked, Step.REMINDED, wednesday)
    assert due(policy, reminded, calendar, wednesday) is None
    assert upcoming(policy, reminded, calendar) == Upcoming(Step.ESCALATED, date(2026, 11, 27))
    escalated = Clock(asked, Step.ESCALATED, friday)
    assert upcoming(policy, escalated, calendar) == Upcoming(Step.ENDED, date(2026, 11, 30))
    assert upcoming(policy, Clock(asked, Step.ENDED, friday), calendar) is None
    assert upcoming(Policy(), Clock(asked), calendar) is None
    assert upcoming(Policy(end=1), Clock(asked), calendar) == Upcoming(
        Step.ENDED, date(2026, 11, 24)
    )


def test_after_a_pause_late_steps_follow_one_business_day_after_another():
    calendar = Calendar(LONDON)
    policy = Policy(remind=1, escalate=2, end=3)
    asked = moment("2026-11-02T10:00")
    friday = moment("2026-11-27T15:00")
    assert due(policy, Clock(asked), calendar, friday) is Step.REMINDED
    reminded = Clock(asked, Step.REMINDED, friday)
    assert due(policy, reminded, calendar, moment("2026-11-30T08:59")) is None
    assert due(policy, reminded, calendar, moment("2026-11-30T09:00")) is Step.ESCALATED


def test_steps_before_the_clock_was_started_anew_do_not_count():
    calendar = Calendar(LONDON)
    restarted = Clock(moment("2026-11-25T10:00"), Step.ESCALATED, moment("2026-11-24T09:00"))
    assert upcoming(Policy(remind=1), restarted, calendar) == Upcoming(
        Step.REMINDED, date(2026, 11, 26)
    )
