"""How long an RMA lies with its vendor, and what has followed from that by itself (X7)."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _

from rmas.silence import Clock, Step


class Side(models.TextChoices):
    """The two who talk about an RMA."""

    MERCHANT = "merchant", _("Merchant")
    VENDOR = "vendor", _("Vendor")

    @property
    def other(self) -> Side:
        """The one across."""
        return Side.VENDOR if self is Side.MERCHANT else Side.MERCHANT


class Waiting(models.Model):
    """The clock of a vendor's silence and its steps, as `rmas.silence` counts them.

    `clock_from` is set where the clock starts anew: a decision taken back, a question answered.
    `left_to_merchant`: the vendor stayed silent to the end, and the merchant decides.
    `question_to` is who must answer an open question, `disputed_by` who set the dispute flag; both
    stop the clock.
    """

    clock_from = models.DateTimeField(null=True, blank=True)
    silence_step = models.PositiveSmallIntegerField(default=0, db_default=0)
    silence_step_at = models.DateTimeField(null=True, blank=True)
    left_to_merchant = models.BooleanField(default=False, db_default=False)
    question_to = models.CharField(
        max_length=8, choices=Side.choices, blank=True, default="", db_default=""
    )
    question_at = models.DateTimeField(null=True, blank=True)
    disputed_by = models.CharField(
        max_length=8, choices=Side.choices, blank=True, default="", db_default=""
    )
    disputed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True

    @property
    def is_stopped(self) -> bool:
        """Whether a question or the dispute flag keeps every automatic step back."""
        return bool(self.question_to or self.disputed_by)

    def clock(self, policy_since: datetime) -> Clock:
        """The clock as it runs; no earlier than the vendor's policy was switched on."""
        starts = (self.requested_at, self.processed_at, self.clock_from, policy_since)  # type: ignore[attr-defined]
        since = max(start for start in starts if start is not None)
        return Clock(since, Step(self.silence_step), self.silence_step_at)

    def start_clock(self, now: datetime) -> None:
        """Start it anew (unsaved); see CLOCK_FIELDS."""
        self.clock_from = now
        self.left_to_merchant = False


CLOCK_FIELDS = ("clock_from", "left_to_merchant", "question_to", "question_at")
