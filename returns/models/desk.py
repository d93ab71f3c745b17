"""What people do around returns: drafts, notes, files, saved filters, columns, bulk jobs."""

from __future__ import annotations

import uuid

from django.contrib.auth import get_user_model
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.actor import Actor, ActorKind
from accounts.base import PublicModel, TenantModel, TenantQuerySet
from core.fields import TenantForeignKey
from orders.models import Order
from returns.models.returns import Return
from returns.states import BulkStatus, BulkVerb


class DraftQuerySet(TenantQuerySet["ReturnDraft"]):
    """Questions about drafts."""

    def visible_to(self, actor: Actor) -> DraftQuerySet:
        """Each member of staff sees their own drafts."""
        drafts = self.of_merchant(actor)
        return drafts.filter(user=actor.user) if actor.is_staff else drafts.none()


class ReturnDraft(TenantModel):
    """What somebody typed in the return wizard so far; nothing of it counts until Complete (F7).

    The key is made with the first form, names the draft in addresses, and makes Complete happen
    once: `completed_as` is the return it became.
    """

    key = models.UUIDField(default=uuid.uuid4, editable=False)
    user = models.ForeignKey(get_user_model(), models.PROTECT, related_name="+", db_index=False)
    order = TenantForeignKey(Order, related_name="+", db_index=False)
    choices = models.JSONField(default=dict)
    completed_as = TenantForeignKey(
        Return, null=True, blank=True, related_name="drafts", db_index=False
    )
    updated_at = models.DateTimeField(auto_now=True)

    objects = DraftQuerySet.as_manager()

    class Meta:
        verbose_name = _("return draft")
        constraints = [
            models.UniqueConstraint(fields=["merchant", "key"], name="returns_draft_key")
        ]
        indexes = [
            models.Index(
                fields=["merchant", "order", "user"],
                name="returns_draft_open",
                condition=Q(completed_as__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return str(self.key)


class ReturnNoteQuerySet(TenantQuerySet["ReturnNote"]):
    """Questions about notes."""

    def visible_to(self, actor: Actor) -> ReturnNoteQuerySet:
        """All for staff; for a customer those written to them, on their own returns."""
        notes = self.of_merchant(actor)
        if actor.is_staff:
            return notes
        if actor.kind is ActorKind.CUSTOMER:
            return notes.filter(
                audience=ReturnNote.Audience.CUSTOMER,
                customer_return__customer_id=actor.customer_id or 0,
            )
        return notes.none()


class ReturnNote(TenantModel):
    """What somebody wrote on a return. Append-only; internal notes are for the staff alone."""

    class Audience(models.TextChoices):
        INTERNAL = "internal", _("Internal note")
        CUSTOMER = "customer", _("Note to the customer")

    customer_return = TenantForeignKey(Return, related_name="notes", db_index=False)
    audience = models.CharField(_("for"), max_length=10, choices=Audience.choices)
    text = models.TextField(_("note"), max_length=2000)
    written_at = models.DateTimeField(db_default=Now())
    written_by = models.ForeignKey(
        get_user_model(), models.PROTECT, null=True, related_name="+", db_index=False
    )

    objects = ReturnNoteQuerySet.as_manager()

    class Meta:
        verbose_name = _("note")
        indexes = [models.Index(fields=["merchant", "customer_return"], name="returns_note_return")]

    def __str__(self) -> str:
        return self.text[:60]


class ReturnFile(PublicModel):
    """A photo or PDF of a return. Photos are stored re-encoded, never as they were sent."""

    customer_return = TenantForeignKey(Return, related_name="files", db_index=False)
    file = models.FileField(upload_to="returns/%Y/%m/", max_length=200)
    name = models.CharField(_("name"), max_length=160)
    content_type = models.CharField(max_length=40)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    added_at = models.DateTimeField(db_default=Now())
    added_by = models.ForeignKey(
        get_user_model(), models.PROTECT, null=True, related_name="+", db_index=False
    )

    objects = TenantQuerySet["ReturnFile"].as_manager()

    class Meta:
        verbose_name = _("file")
        constraints = [
            models.UniqueConstraint(fields=["merchant", "public_id"], name="returns_file_public")
        ]
        indexes = [models.Index(fields=["merchant", "customer_return"], name="returns_file_return")]

    def __str__(self) -> str:
        return self.name


class SavedFilterQuerySet(TenantQuerySet["SavedFilter"]):
    """Questions about saved filters."""

    def visible_to(self, actor: Actor) -> SavedFilterQuerySet:
        """One's own, and those shared with the merchant's staff (F5)."""
        found = self.of_merchant(actor)
        if not actor.is_staff:
            return found.none()
        return found.filter(Q(is_shared=True) | Q(owner=actor.user))


class SavedFilter(PublicModel):
    """A named state of the overview: the query string of its address (F5)."""

    owner = models.ForeignKey(get_user_model(), models.PROTECT, related_name="+", db_index=False)
    name = models.CharField(_("name"), max_length=60)
    query = models.CharField(max_length=1000)
    is_shared = models.BooleanField(_("shared with everybody"), default=False)
    created_at = models.DateTimeField(db_default=Now())

    objects = SavedFilterQuerySet.as_manager()

    class Meta:
        verbose_name = _("saved filter")
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["merchant", "public_id"], name="returns_filter_public"),
            models.UniqueConstraint(
                fields=["merchant", "owner", "name"], name="returns_filter_name"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ListColumns(TenantModel):
    """Which columns of the overview one person sees, in order (F4)."""

    user = models.ForeignKey(get_user_model(), models.PROTECT, related_name="+", db_index=False)
    columns = models.JSONField(default=list)

    objects = TenantQuerySet["ListColumns"].as_manager()

    class Meta:
        verbose_name = _("columns of the overview")
        constraints = [
            models.UniqueConstraint(fields=["merchant", "user"], name="returns_columns_user")
        ]

    def __str__(self) -> str:
        return ", ".join(self.columns)


class BulkJob(PublicModel):
    """One verb over many returns: looked ahead first, then done in the background (F14)."""

    verb = models.CharField(max_length=20, choices=BulkVerb.choices)
    note = models.CharField(max_length=500, blank=True, default="")
    status = models.CharField(
        max_length=10, choices=BulkStatus.choices, default=BulkStatus.CHECKING
    )
    item_count = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True, default="")
    asked_by = models.ForeignKey(get_user_model(), models.PROTECT, related_name="+", db_index=False)
    asked_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = TenantQuerySet["BulkJob"].as_manager()

    class Meta:
        verbose_name = _("bulk action")
        constraints = [
            models.UniqueConstraint(fields=["merchant", "public_id"], name="returns_bulk_public")
        ]
        indexes = [
            models.Index(fields=["merchant", "-asked_at", "-id"], name="returns_bulk_recent")
        ]

    def __str__(self) -> str:
        return f"{self.verb} of {self.item_count}"

    @property
    def state(self) -> BulkStatus:
        """The status with its words and colour."""
        return BulkStatus(self.status)


class BulkItem(TenantModel):
    """One return of a bulk action and what came of it, or would."""

    class Outcome(models.TextChoices):
        PENDING = "pending", _("Not yet")
        DONE = "done", _("Changed")
        SKIPPED = "skipped", _("Skipped")

    job = TenantForeignKey(BulkJob, related_name="items", db_index=False)
    customer_return = TenantForeignKey(Return, related_name="+", db_index=False)
    outcome = models.CharField(max_length=8, choices=Outcome.choices, default=Outcome.PENDING)
    reason = models.TextField(blank=True, default="", db_default="")

    class Meta:
        verbose_name = _("return of a bulk action")
        constraints = [
            models.UniqueConstraint(
                fields=["merchant", "job", "customer_return"], name="returns_bulk_item_once"
            )
        ]
        indexes = [
            models.Index(fields=["merchant", "job", "outcome", "id"], name="returns_bulk_item_next")
        ]

    def __str__(self) -> str:
        return self.outcome
