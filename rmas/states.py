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

# Where a vendor is asked and nothing else is under way: here silence counts (X7).
SILENT = frozenset({RmaStatus.WAITING, RmaStatus.PROCESSED})

ANSWERED = frozenset({RmaStatus.APPROVED, RmaStatus.PARTIALLY_APPROVED})
LIVE = frozenset(RmaStatus.values) - ENDED

# Money may still move when the return is closed.
CREDIT_MOVES = frozenset({"sync_credit", "record_credit", "settle_credit"})

# A move without a target keeps the status, or the quantities of the lines decide it.
MOVES = {
    "approve": Move(
        DECIDABLE,
        RmaStatus.APPROVED,
        "rma.approve",
        _("Approve RMA"),
        _("This RMA is %(status)s already. Open a further RMA if more should come back."),
    ),
    "decide": Move(
        DECIDABLE,
        "",
        "rma.approve",
        _("Decide per line"),
        _("This RMA is %(status)s already. Re-open its decision to change it."),
    ),
    "deny": Move(
        DECIDABLE,
        RmaStatus.DENIED,
        "rma.deny",
        _("Deny RMA"),
        _("This RMA is %(status)s already and can no longer be denied."),
        danger=True,
    ),
    "process": Move(
        frozenset({RmaStatus.WAITING, RmaStatus.PROCESSING}) | ANSWERED,
        RmaStatus.PROCESSED,
        "rma.process",
        _("Process RMA"),
        _("This RMA is %(status)s already. Re-process it to give it a new number."),
    ),
    "reprocess": Move(
        frozenset({RmaStatus.PROCESSED}) | ANSWERED,
        "",
        "rma.process",
        _("Re-process RMA"),
        _("This RMA is %(status)s. Only a processed RMA can be re-processed."),
    ),
    "edit": Move(
        DECIDABLE | ANSWERED,
        "",
        "rma.edit",
        _("Edit RMA"),
        _("This RMA is %(status)s, so there is nothing left to edit."),
    ),
    "reopen": Move(
        ANSWERED | {RmaStatus.DENIED},
        RmaStatus.PROCESSED,
        "rma.reopen",
        _("Re-open decision"),
        _("This RMA is %(status)s, so there is no decision to re-open."),
    ),
    "sync_credit": Move(
        LIVE,
        "",
        "credit.apply",
        _("Sync credit"),
        _("This RMA is %(status)s, so the vendor owes nothing for it."),
    ),
    "record_credit": Move(
        LIVE,
        "",
        "credit.apply",
        _("Record credit"),
        _("This RMA is %(status)s, so the vendor owes nothing for it."),
    ),
    "settle_credit": Move(
        LIVE,
        "",
        "credit.apply",
        _("Settle difference"),
        _("This RMA is %(status)s, so there is no difference to settle."),
    ),
    "void": Move(
        frozenset({RmaStatus.PROCESSED, RmaStatus.DENIED}) | ANSWERED,
        RmaStatus.VOIDED,
        "rma.void",
        _("Void RMA"),
        _("This RMA is %(status)s. Only what was processed can be voided; cancel it instead."),
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


def decided(requested: int, approved: int, denied: int, before: str) -> RmaStatus:
    """The status that follows from the units of all lines; `requested` are those not voided.

    While units are unanswered and none is approved, the RMA keeps the status it had `before`.
    """
    if approved == requested:
        return RmaStatus.APPROVED
    if denied == requested:
        return RmaStatus.DENIED
    return RmaStatus.PARTIALLY_APPROVED if approved else RmaStatus(before)
