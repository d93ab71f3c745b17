"""Exports as the house sees them: what can be exported, when, and who writes the file (F14).

The verbs of an export and the package that writes files do not import each other. They meet here:
`exports` says at start who writes, the verbs ask `exporter()`.
"""

from __future__ import annotations

import calendar
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import IO, TYPE_CHECKING, Protocol

from django.db import models
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from returns.models import ExportJob

LONGEST_QUERY = 1200
LARGEST_SHEET = 1_048_575
"""Rows under the heading of one XLSX sheet."""


class Grain(models.TextChoices):
    """What one row of the file is."""

    RETURN = "return", _("Returns")
    LINE = "line", _("Return lines")
    RMA = "rma", _("RMAs")
    REFUND = "refund", _("Refunds")


class FileFormat(models.TextChoices):
    """What kind of file."""

    CSV = "csv", _("CSV")
    XLSX = "xlsx", _("Excel (XLSX)")


class Schedule(models.TextChoices):
    """How often a saved export makes a file by itself."""

    NEVER = "", _("Never")
    DAILY = "daily", _("Every day")
    WEEKLY = "weekly", _("Every week")
    MONTHLY = "monthly", _("Every month")


class JobStatus(models.TextChoices):
    """How far a file is that is worked on in the background."""

    QUEUED = "queued", _("Waiting to start")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Stopped")

    @property
    def tone(self) -> str:
        """Its colour on the screen."""
        return {"done": "agreed", "failed": "refused"}.get(self.value, "moving")

    @property
    def is_moving(self) -> bool:
        """Whether the house is at work on it, so that it changes without anybody doing anything."""
        return self in (JobStatus.QUEUED, JobStatus.RUNNING)


Progress = Callable[[int, int], None]
"""Called with the rows written so far and the rows there are."""


class Exporter(Protocol):
    """Who writes the files."""

    def columns(self, grain: str) -> Mapping[str, str]:
        """Name and heading of every column, in order."""
        ...

    def write(self, job: ExportJob, file: IO[bytes], told: Progress) -> int:
        """Write the file of `job`; how many rows it holds. Raises Refused with a sentence."""
        ...


_exporters: list[Exporter] = []


def use(exporter: Exporter) -> None:
    """From now on `exporter` writes the files."""
    _exporters[:] = [exporter]


def exporter() -> Exporter:
    """Who writes the files."""
    return _exporters[0]


def next_run(
    schedule: str, *, hour: int, weekday: int, day: int, zone: tzinfo, after: datetime
) -> datetime | None:
    """The first moment after `after` at which an export of that schedule is due; None for never.

    `hour` (0 to 23) is on the clock of `zone`; `weekday` (0 is Monday) counts for weekly exports,
    `day` (1 to 31; the last day of shorter months) for monthly ones. In the night the clocks change
    an hour that does not exist is taken an hour later, one that comes twice the first time.
    """
    if schedule == Schedule.NEVER:
        return None
    today = after.astimezone(zone).date()
    for ahead in range(63):
        one = today + timedelta(days=ahead)
        last = calendar.monthrange(one.year, one.month)[1]
        if schedule == Schedule.WEEKLY and one.weekday() != weekday:
            continue
        if schedule == Schedule.MONTHLY and one.day != min(day, last):
            continue
        due = datetime.combine(one, time(hour), tzinfo=zone).astimezone(UTC)
        if due > after:
            return due
    raise ValueError(schedule)
