"""Until when an RMA is valid. Pure (P7)."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo


def valid_until(issued_at: datetime, days: int | None, zone: ZoneInfo) -> datetime | None:
    """The last moment of the local day that is `days` days after the one of `issued_at`.

    `issued_at` is aware, and so is the answer, in `zone`: days are counted on the wall calendar, so
    a change of the clocks neither gives nor takes an hour. None for `days` None: it never expires.
    Compare with `now <= valid_until`. Raises ValueError for a naive moment.
    """
    if days is None:
        return None
    if issued_at.tzinfo is None:
        raise ValueError("A moment without a time zone has no day.")
    last_day = issued_at.astimezone(zone).date() + timedelta(days=days)
    return datetime.combine(last_day, time.max, tzinfo=zone)
