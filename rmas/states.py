"""States of an RMA (F10). Partially Approved follows from the quantities of its lines."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.states import Move
from returns.states import UNDECIDED, RmaSummary


class RmaStatus(models.TextChoices):
    """Where an RMA is between request and decision."""

    WAITING = "waiting", _("Waiting")
    PROCESSING = "processing", _("Processing")
    PROCESSED = "processed", _("Processed")
    APPROVED = "approved", _("Approved")
    PARTIALLY_APPROVED = "partially_approved", _("Partially approved")
    DENIED = "denied", _("Denied")
    VOIDED = "voided", _("Voided")
    CANCELED = "canceled", _("Canceled")

    @property
    def tone(self) -> str:
        """Its colour on the screen."""
        return _TONES.get(self.value, "ended")


_TONES = {
    "waiting": "act",
    "processing": "moving",
    "processed": "moving",
    "approved": "agreed",
    "partially_approved": "partly",
    "denied": "refused",
}

DECIDABLE = UNDECIDED | {RmaStatus.PARTIALLY_APPROVED.value}
ENDED = frozenset({RmaStatus.VOIDED, RmaStatus.CANCELED})

MOVES = {
    "approve": Move(
        DECIDABLE,
        RmaStatus.APPROVED,
        "rma.approve",
        _("Approve RMA"),
        _("This RMA is %(status)s already. Open a further RMA if more should come back."),
    ),
    "deny": Move(
        DECIDABLE,
        RmaStatus.DENIED,
        "rma.deny",
        _("Deny RMA"),
        _("This RMA is %(status)s already and can no longer be denied."),
        danger=True,
    ),
    "cancel": Move(
        DECIDABLE | {RmaStatus.APPROVED},
        RmaStatus.CANCELED,
        "rma.cancel",
        _("Cancel RMA"),
        _("This RMA is %(status)s already, so there is nothing left to cancel."),
        danger=True,
    ),
}

_SUMMARY = {
    RmaStatus.APPROVED: RmaSummary.APPROVED,
    RmaStatus.PARTIALLY_APPROVED: RmaSummary.PARTIALLY_APPROVED,
    RmaStatus.DENIED: RmaSummary.DENIED,
}


def summarise(statuses: Iterable[str]) -> RmaSummary:
    """All RMAs of one return in one word.

    Ended RMAs do not count. While one is undecided the return waits; else equal decisions keep
    their word and mixed ones are partly approved.
    """
    live = [RmaStatus(status) for status in statuses if status not in ENDED]
    if not live:
        return RmaSummary.NONE
    if any(status in UNDECIDED for status in live):
        return RmaSummary.WAITING
    words = {_SUMMARY[status] for status in live}
    return words.pop() if len(words) == 1 else RmaSummary.PARTIALLY_APPROVED
