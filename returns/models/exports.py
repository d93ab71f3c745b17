"""Exports: saved under a name, repeated by a schedule, their files; and files that come back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.actor import Actor
from accounts.base import PublicModel, TenantQuerySet
from core.fields import TenantForeignKey
from returns.exporting import LONGEST_QUERY, FileFormat, Grain, JobStatus, Schedule, next_run
from returns.states import BulkStatus


class ExportRecipe(models.Model):
    """What a file holds: the grain, its columns by name, the rows by the overview's address.

    `query` is the query string of the overview with, besides its filters, `from` and `to`: days on
    the merchant's calendar that the grain's own moment lies between.
    """

    name = models.CharField(_("name"), max_length=60)
    grain = models.CharField(_("rows"), max_length=10, choices=Grain.choices)
    columns = models.JSONField(_("columns"), default=list)
    query = models.CharField(max_length=LONGEST_QUERY, blank=True, default="")
    format = models.CharField(
        _("format"), max_length=4, choices=FileFormat.choices, default=FileFormat.CSV
    )

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return str(self.name)

    @property
    def recipe(self) -> dict[str, Any]:
        """The fields of this class, to make another row from."""
        names = ("name", "grain", "columns", "query", "format")
        return {name: getattr(self, name) for name in names}


class SavedExportQuerySet(TenantQuerySet["SavedExport"]):
    """Questions about saved exports."""

    def visible_to(self, actor: Actor) -> SavedExportQuerySet:
        """One's own, and those shared with the merchant's staff; all for the house itself."""
        found = self.of_merchant(actor)
        if not actor.is_staff:
            return found.none()
        if actor.user is None:
            return found
        return found.filter(Q(is_shared=True) | Q(owner=actor.user))

    def owned_by(self, actor: Actor) -> SavedExportQuerySet:
        """One's own, which one may change."""
        return self.visible_to(actor).filter(owner=actor.user)


class SavedExport(ExportRecipe, PublicModel):
    """An export under a name, made again at will or by a schedule (F14)."""

    owner = models.ForeignKey(get_user_model(), models.PROTECT, related_name="+", db_index=False)
    is_shared = models.BooleanField(_("shared with everybody"), default=False)
    schedule = models.CharField(
        _("repeated"),
        max_length=8,
        choices=Schedule.choices,
        blank=True,
        default=Schedule.NEVER,
    )
    at_hour = models.PositiveSmallIntegerField(default=6, validators=[MaxValueValidator(23)])
    weekday = models.PositiveSmallIntegerField(default=0, validators=[MaxValueValidator(6)])
    day = models.PositiveSmallIntegerField(
        default=1, validators=[MinValueValidator(1), MaxValueValidator(31)]
    )
    next_run_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    objects = SavedExportQuerySet.as_manager()

    class Meta:
        verbose_name = _("saved export")
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["merchant", "public_id"], name="returns_saved_public"),
            models.UniqueConstraint(
                fields=["merchant", "owner", "name"], name="returns_saved_name"
            ),
            models.CheckConstraint(
                condition=Q(schedule="", next_run_at__isnull=True)
                | ~Q(schedule="") & Q(next_run_at__isnull=False),
                name="returns_saved_due",
            ),
            models.CheckConstraint(
                condition=Q(at_hour__lte=23, weekday__lte=6, day__gte=1, day__lte=31),
                name="returns_saved_clock",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_run_at"],
                name="returns_saved_next",
                condition=Q(next_run_at__isnull=False),
            )
        ]

    def next_after(self, moment: datetime) -> datetime | None:
        """When the schedule makes the next file after `moment`; needs the merchant's row."""
        return next_run(
            self.schedule,
            hour=self.at_hour,
            weekday=self.weekday,
            day=self.day,
            zone=self.merchant.zone,
            after=moment,
        )


class ExportJob(ExportRecipe, PublicModel):
    """One file that is made in the background, or was. It is removed after a while.

    `scheduled_for` is the moment a schedule asked for: one job per saved export and moment.
    """

    saved = TenantForeignKey(
        SavedExport, null=True, blank=True, related_name="jobs", db_index=False
    )
    scheduled_for = models.DateTimeField(null=True, blank=True)
    status = models.CharField(max_length=10, choices=JobStatus.choices, default=JobStatus.QUEUED)
    file = models.FileField(upload_to="exports/%Y/%m/", max_length=200, blank=True)
    rows = models.PositiveIntegerField(default=0)
    tries = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(blank=True, default="")
    asked_by = models.ForeignKey(
        get_user_model(), models.PROTECT, null=True, related_name="+", db_index=False
    )
    asked_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = TenantQuerySet["ExportJob"].as_manager()

    class Meta:
        verbose_name = _("export")
        constraints = [
            models.UniqueConstraint(fields=["merchant", "public_id"], name="returns_export_public"),
            models.UniqueConstraint(
                fields=["merchant", "saved", "scheduled_for"], name="returns_export_period"
            ),
        ]
        indexes = [
            models.Index(fields=["merchant", "-asked_at", "-id"], name="returns_export_recent"),
            models.Index(
                fields=["merchant", "finished_at"],
                name="returns_export_kept",
                condition=~Q(file=""),
            ),
        ]

    @property
    def state(self) -> JobStatus:
        """The status with its words and colour."""
        return JobStatus(self.status)


class ReturnImport(PublicModel):
    """A file of returns that came back: what differs from what is stored, and what became of it.

    `changes` are the rows that differ, in the order of the file: line, number, return, version,
    before and after. `rejects` are rows that cannot be used, `refused` those the verb refused.
    """

    file_name = models.CharField(max_length=160)
    status = models.CharField(max_length=10, choices=BulkStatus.choices, default=BulkStatus.CHECKED)
    rows = models.PositiveIntegerField(default=0)
    changes = models.JSONField(default=list)
    rejects = models.JSONField(default=list)
    reject_count = models.PositiveIntegerField(default=0)
    position = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    refused = models.JSONField(default=list)
    error = models.TextField(blank=True, default="")
    uploaded_by = models.ForeignKey(
        get_user_model(), models.PROTECT, related_name="+", db_index=False
    )
    uploaded_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = TenantQuerySet["ReturnImport"].as_manager()

    class Meta:
        verbose_name = _("changes from a file")
        constraints = [
            models.UniqueConstraint(fields=["merchant", "public_id"], name="returns_import_public")
        ]
        indexes = [
            models.Index(fields=["merchant", "-uploaded_at", "-id"], name="returns_import_recent")
        ]

    def __str__(self) -> str:
        return self.file_name

    @property
    def state(self) -> BulkStatus:
        """The status with its words and colour."""
        return BulkStatus(self.status)
