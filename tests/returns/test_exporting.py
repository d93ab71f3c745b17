"""When a schedule is due: on the merchant's clock, also in the nights the clocks change."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from returns.exporting import Schedule, next_run

LONDON = ZoneInfo("Europe/London")


def due(schedule, after, *, hour=6, weekday=0, day=1, zone=LONDON):
    """The next moment after `after` (UTC) as text."""
    moment = datetime.fromisoformat(after).replace(tzinfo=UTC)
    found = next_run(schedule, hour=hour, weekday=weekday, day=day, zone=zone, after=moment)
    return found and f"{found.astimezone(UTC):%Y-%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("schedule", "after", "how", "expected"),
    [
        ("", "2026-07-01 00:00", {}, None),
        ("daily", "2026-07-01 04:59", {}, "2026-07-01 05:00"),  # six o'clock in summer
        ("daily", "2026-07-01 05:00", {}, "2026-07-02 05:00"),  # never twice
        ("daily", "2026-12-01 05:00", {}, "2026-12-01 06:00"),
        ("weekly", "2026-07-01 12:00", {"weekday": 0}, "2026-07-06 05:00"),
        ("weekly", "2026-07-06 05:00", {"weekday": 0}, "2026-07-13 05:00"),
        ("monthly", "2026-01-31 06:00", {"day": 31}, "2026-02-28 06:00"),
        ("monthly", "2026-02-28 06:00", {"day": 31}, "2026-03-31 05:00"),
        # The hour that does not exist is taken an hour later, the one that comes twice once.
        ("daily", "2026-03-28 12:00", {"hour": 1}, "2026-03-29 01:00"),
        ("daily", "2026-10-24 12:00", {"hour": 1}, "2026-10-25 00:00"),
        ("daily", "2026-10-25 00:00", {"hour": 1}, "2026-10-26 01:00"),
    ],
)
def test_the_next_moment(schedule, after, how, expected):
    assert due(schedule, after, **how) == expected


@given(
    st.sampled_from([Schedule.DAILY, Schedule.WEEKLY, Schedule.MONTHLY]),
    st.integers(0, 23),
    st.integers(0, 6),
    st.integers(1, 31),
    st.integers(1_577_836_800, 2_051_222_400).map(lambda n: datetime.fromtimestamp(n, UTC)),
    st.sampled_from(["Europe/London", "America/New_York", "Pacific/Apia", "Asia/Kathmandu"]),
)
def test_it_is_always_later_and_never_far(schedule, hour, weekday, day, after, zone):
    found = next_run(
        schedule, hour=hour, weekday=weekday, day=day, zone=ZoneInfo(zone), after=after
    )
    assert found > after
    assert (found - after).days <= {"daily": 1, "weekly": 7, "monthly": 31}[schedule]
