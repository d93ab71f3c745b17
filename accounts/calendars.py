"""A merchant's working days, and what follows when a vendor stays silent (X7)."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.base import PublicModel, TenantQuerySet

SATURDAY_AND_SUNDAY = 0b1100000


class WorkingWeek(models.Model):
    """The days of the week on which nobody works, as bits: Monday is 1, Sunday is 64."""

    weekend = models.PositiveSmallIntegerField(
        _("weekend"), default=SATURDAY_AND_SUNDAY, db_default=SATURDAY_AND_SUNDAY
    )

    class Meta:
        abstract = True

    @property
    def weekend_days(self) -> frozenset[int]:
        """The same as days of the week; Monday is 0."""
        return frozenset(day for day in range(7) if self.weekend >> day & 1)

    @weekend_days.setter
    def weekend_days(self, days: Iterable[int]) -> None:
        self.weekend = sum(1 << day for day in set(days))


class SilentEnd(models.TextChoices):
    """What becomes of an RMA that its vendor does not answer."""

    MERCHANT = "merchant", _("You decide it")
    APPROVE = "approve", _("It is approved")


class SilencePolicy(models.Model):
    """After how many business days of silence each step follows; without a number it does not.

    `silence_since` is when the policy was switched on: no clock starts before it.
    """

    silence_remind = models.PositiveSmallIntegerField(_("remind after"), null=True, blank=True)
    silence_escalate = models.PositiveSmallIntegerField(_("escalate after"), null=True, blank=True)
    silence_end = models.PositiveSmallIntegerField(_("end after"), null=True, blank=True)
    silence_outcome = models.CharField(
        _("what follows in the end"),
        max_length=8,
        choices=SilentEnd.choices,
        default=SilentEnd.MERCHANT,
        db_default=SilentEnd.MERCHANT,
    )
    silence_since = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True


def rises(first: str, then: str) -> Q:
    """That step `first` comes before step `then`, where there are both."""
    missing = Q(**{f"{first}__isnull": True}) | Q(**{f"{then}__isnull": True})
    return missing | Q(**{f"{first}__lt": F(then)})


STEPS_RISE = (
    rises("silence_remind", "silence_escalate")
    & rises("silence_remind", "silence_end")
    & rises("silence_escalate", "silence_end")
)


class Holiday(PublicModel):
    """A day on which the merchant does not work; its vendors see from it which step comes when."""

    day = models.DateField(_("day"))
    name = models.CharField(_("name"), max_length=80)

    objects = TenantQuerySet["Holiday"].as_manager()

    class Meta:
        verbose_name = _("holiday")
        constraints = [
            models.UniqueConstraint(
                fields=["merchant", "public_id"], name="accounts_holiday_public"
            ),
            models.UniqueConstraint(fields=["merchant", "day"], name="accounts_holiday_day"),
        ]

    def __str__(self) -> str:
        return self.name
