"""States of orders' papers."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.states import Move


class ImportStatus(models.TextChoices):
    """How far an uploaded order file is."""

    CHECKING = "checking", _("Checking")
    UPLOADED = "uploaded", _("Checked")
    QUEUED = "queued", _("Waiting to start")
    RUNNING = "running", _("Loading")
    DONE = "done", _("Done")
    FAILED = "failed", _("Stopped")

    @property
    def tone(self) -> str:
        """Its colour on the screen."""
        return {"uploaded": "act", "done": "agreed", "failed": "refused"}.get(self.value, "moving")

    @property
    def is_moving(self) -> bool:
        """Whether the house is at work on it, so that it changes without anybody doing anything."""
        return self in (ImportStatus.CHECKING, ImportStatus.QUEUED, ImportStatus.RUNNING)


MOVES = {
    "checked": Move(
        frozenset({ImportStatus.CHECKING}),
        ImportStatus.UPLOADED,
        "order.import",
        _("Checked"),
        _("This file is %(status)s."),
    ),
    "check": Move(
        frozenset({ImportStatus.FAILED}),
        ImportStatus.CHECKING,
        "order.import",
        _("Check again"),
        _("Only a file that stopped can be checked again; this one is %(status)s."),
    ),
    "start": Move(
        frozenset({ImportStatus.UPLOADED, ImportStatus.FAILED}),
        ImportStatus.QUEUED,
        "order.import",
        _("Import"),
        _("The import of this file is %(status)s already. Look at how far it is."),
    ),
    "run": Move(
        frozenset({ImportStatus.QUEUED, ImportStatus.RUNNING}),
        ImportStatus.RUNNING,
        "order.import",
        _("Load"),
        _("This file is %(status)s."),
    ),
    "finish": Move(
        frozenset({ImportStatus.RUNNING}),
        ImportStatus.DONE,
        "order.import",
        _("Finish"),
        _("This file is %(status)s."),
    ),
    "fail": Move(
        frozenset({ImportStatus.CHECKING, ImportStatus.QUEUED, ImportStatus.RUNNING}),
        ImportStatus.FAILED,
        "order.import",
        _("Stop"),
        _("This file is %(status)s."),
    ),
}
