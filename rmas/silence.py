"""A vendor who does not answer: which step follows by itself, and on which day. Pure (X7).

Days are business days in the merchant's zone: neither its weekend nor its holidays. The day on
which the clock starts does not count. A step is taken at STEP_TIME of its day, so that a change of
the clocks moves no step to another day.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import IntEnum
from zoneinfo import ZoneInfo

STEP_TIME = time(9)
DAY = timedelta(days=1)


class Step(IntEnum):
    """How far the silence of a vendor has gone."""

    NONE = 0
    REMINDED = 1
    ESCALATED = 2
    ENDED = 3


@dataclass(frozen=True, slots=True)
class Calendar:
    """The merchant's working days. `weekend` holds days of the week, Monday is 0."""

    zone: ZoneInfo
    weekend: frozenset[int] = frozenset({5, 6})
    holidays: frozenset[date] = field(default_factory=frozenset)

    def is_business_day(self, day: date) -> bool:
        """Whether people work on `day`."""
        return day.weekday() not in self.weekend and day not in self.holidays

    def after(self, day: date, days: int) -> date:
        """The business day that is `days` (at least 1) business days after `day`."""
        return _nth(self._days(day + DAY, DAY), days)

    def day_of(self, moment: datetime) -> date:
        """The local day of an aware moment."""
        return moment.astimezone(self.zone).date()

    def step_moment(self, day: date) -> datetime:
        """When the steps of `day` are taken."""
        return datetime.combine(day, STEP_TIME, tzinfo=self.zone)

    def started_before(self, now: datetime, days: int) -> datetime:
        """Clocks that started before this moment have run for `days` business days at `now`.

        `after(day_of(start), days)` has come, steps included, exactly for starts before it.
        """
        today = self.day_of(now)
        if now < self.step_moment(today):
            today -= DAY
        return datetime.combine(_nth(self._days(today, -DAY), days), time(), tzinfo=self.zone)

    def _days(self, day: date, distance: timedelta) -> Iterator[date]:
        while True:
            if self.is_business_day(day):
                yield day
            day += distance


def _nth(days: Iterator[date], count: int) -> date:
    for _skipped in range(count - 1):
        next(days)
    return next(days)


@dataclass(frozen=True, slots=True)
class Policy:
    """After how many business days each step follows; None leaves the step out.

    `approves`: the end is an approval; else the merchant decides.
    """

    remind: int | None = None
    escalate: int | None = None
    end: int | None = None
    approves: bool = False

    @property
    def steps(self) -> list[tuple[Step, int]]:
        """The steps there are, in their order, with their days."""
        days = (
            (Step.REMINDED, self.remind),
            (Step.ESCALATED, self.escalate),
            (Step.ENDED, self.end),
        )
        return [(step, count) for step, count in days if count is not None]


@dataclass(frozen=True, slots=True)
class Clock:
    """Since when a vendor is asked, and the last step that was taken."""

    since: datetime
    step: Step = Step.NONE
    step_at: datetime | None = None

    @property
    def taken(self) -> Step:
        """The last step since the clock was started; steps before that do not count."""
        if self.step_at is None or self.step_at < self.since:
            return Step.NONE
        return self.step


@dataclass(frozen=True, slots=True)
class Upcoming:
    """The next step and its day."""

    step: Step
    day: date


def upcoming(policy: Policy, clock: Clock, calendar: Calendar) -> Upcoming | None:
    """The step that follows by itself, or None when no step is left.

    Each step has a business day of its own: after a pause of the schedule the steps that are late
    follow one day after another, never all at once.
    """
    taken = clock.taken
    for step, days in policy.steps:
        if step > taken:
            day = calendar.after(calendar.day_of(clock.since), days)
            if taken and clock.step_at is not None:
                day = max(day, calendar.after(calendar.day_of(clock.step_at), 1))
            return Upcoming(step, day)
    return None


def due(policy: Policy, clock: Clock, calendar: Calendar, now: datetime) -> Step | None:
    """The step to take at `now` (aware), or None."""
    following = upcoming(policy, clock, calendar)
    if following is None or now < calendar.step_moment(following.day):
        return None
    return following.step
