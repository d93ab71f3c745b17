"""States of a return (F8) and what the merchant's lists say about its RMAs."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.states import Move


class ReturnStatus(models.TextChoices):
    """Whether the return is being worked on."""

    OPEN = "open", _("Open")
    CLOSED = "closed", _("Closed")
    CANCELED = "canceled", _("Canceled")

    @property
    def tone(self) -> str:
        """Its colour on the screen."""
        return "moving" if self is ReturnStatus.OPEN else "ended"


class RmaSummary(models.TextChoices):
    """All RMAs of a return in one word, for lists and filters. Canceled RMAs do not count."""

    NONE = "none", _("No RMA")
    WAITING = "waiting", _("Waiting")
    APPROVED = "approved", _("Approved")
    PARTIALLY_APPROVED = "partially_approved", _("Partially approved")
    DENIED = "denied", _("Denied")

    @property
    def tone(self) -> str:
        """Its colour on the screen."""
        return {"none": "ended", "waiting": "act", "approved": "agreed", "denied": "refused"}.get(
            self.value, "partly"
        )


UNDECIDED = frozenset({"waiting", "processing", "processed"})
"""RMA statuses in which the vendor has not answered yet."""


class Condition(models.TextChoices):
    """In what state the customer sends the goods back (F8)."""

    NEW = "new", _("New")
    USED = "used", _("Used")
    DAMAGED = "damaged", _("Damaged")


DEFAULT_REASONS = (
    ("incorrect-item", _("Incorrect item")),
    ("changed-mind", _("Changed mind")),
    ("incorrect-size", _("Incorrect size")),
    ("late-arrival", _("Late arrival")),
)

MOVES = {
    "close": Move(
        frozenset({ReturnStatus.OPEN}),
        ReturnStatus.CLOSED,
        "return.close",
        _("Close return"),
        _("This return is %(status)s already, so it cannot be closed."),
    ),
    "reopen": Move(
        frozenset({ReturnStatus.CLOSED}),
        ReturnStatus.OPEN,
        "return.reopen",
        _("Re-open return"),
        _("Only a closed return can be re-opened; this one is %(status)s."),
    ),
    "cancel": Move(
        frozenset({ReturnStatus.OPEN}),
        ReturnStatus.CANCELED,
        "return.cancel",
        _("Cancel return"),
        _("Only an open return can be canceled; this one is %(status)s. Re-open it first."),
        danger=True,
    ),
}
