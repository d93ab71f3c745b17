"""Until when an RMA is valid: the end of the local day, whatever the clocks do (P7)."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from profiles.deadlines import valid_until


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("issued", "days", "zone", "end"),
    [
        ("2026-11-01T10:00:00+00:00", 30, "Europe/London", "2026-12-01T23:59:59.999999+00:00"),
        # Just before midnight in London is the next day in Tokyo.
        ("2026-11-01T23:30:00+00:00", 1, "Asia/Tokyo", "2026-11-03T23:59:59.999999+09:00"),
        # The night before, and the night after, the clocks change.
        ("2026-03-28T12:00:00+00:00", 1, "Europe/London", "2026-03-29T23:59:59.999999+01:00"),
        ("2026-10-24T12:00:00+00:00", 1, "Europe/London", "2026-10-25T23:59:59.999999+00:00"),
        ("2026-10-31T12:00:00+00:00", 1, "America/New_York", "2026-11-01T23:59:59.999999-05:00"),
        # 28 February of no leap year, and the end of the year.
        ("2027-02-27T12:00:00+00:00", 2, "Europe/London", "2027-03-01T23:59:59.999999+00:00"),
        ("2026-12-30T12:00:00+00:00", 2, "Europe/London", "2027-01-01T23:59:59.999999+00:00"),
    ],
)
def test_the_end_of_the_local_day(issued: str, days: int, zone: str, end: str) -> None:
    assert valid_until(moment(issued), days, ZoneInfo(zone)) == moment(end)


def test_what_never_expires_has_no_deadline() -> None:
    assert valid_until(moment("2026-11-01T10:00:00+00:00"), None, ZoneInfo("UTC")) is None


def test_a_moment_without_a_zone_has_no_day() -> None:
    with pytest.raises(ValueError, match="no day"):
        valid_until(moment("2026-11-01T10:00:00"), 3, ZoneInfo("UTC"))
