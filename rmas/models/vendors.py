"""What lies between merchant and vendor about one RMA: hand-overs, photos, drafts (F10, F15)."""

from __future__ import annotations

from django.contrib.auth import get_user_model
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.actor import Actor, ActorKind
from accounts.base import PublicModel, TenantModel, TenantQuerySet
from core.fields import NumberField, TenantForeignKey
from rmas.models.rmas import Rma


class HandoverQuerySet(TenantQuerySet["RmaHandover"]):
    """Questions about hand-overs."""

    def visible_to(self, actor: Actor) -> HandoverQuerySet:
        """All for staff, those of its own RMAs for a vendor, none for others."""
        found = self.of_merchant(actor)
        if actor.is_staff:
            return found
        if actor.kind is ActorKind.VENDOR:
            return found.filter(rma__vendor_id=actor.vendor_id or 0)
        return found.none()


class RmaHandover(TenantModel):
    """That an RMA was handed to its vendor under one number: how, since when, and whether taken.

    The API feed shows what is `IN_FEED`, an integration fetches what is `MARKED` (F10). A new
    number is a new hand-over; the old one stays.
    """

    class State(models.TextChoices):
        IN_FEED = "in_feed", _("Visible in the API feed")
        MARKED = "marked", _("Marked for the integration")
        TAKEN = "taken", _("Taken over")

    rma = TenantForeignKey(Rma, related_name="handovers", db_index=False)
    number = NumberField(_("RMA number"))
    state = models.CharField(max_length=8, choices=State.choices)
    by_rule = models.BooleanField(default=False, db_default=False)
    handed_at = models.DateTimeField(db_default=Now())
    taken_at = models.DateTimeField(null=True, blank=True)

    objects = HandoverQuerySet.as_manager()

    class Meta:
        verbose_name = _("hand-over")
        constraints = [
            models.UniqueConstraint(
                fields=["merchant", "rma", "number"], name="rmas_handover_once"
            ),
            models.CheckConstraint(
                condition=Q(state="taken", taken_at__isnull=False)
                | (Q(taken_at__isnull=True) & ~Q(state="taken")),
                name="rmas_handover_taken",
            ),
        ]
        indexes = [
            models.Index(
                fields=["merchant", "state", "handed_at"],
                name="rmas_handover_open",
                condition=~Q(state="taken"),
            )
        ]

    def __str__(self) -> str:
        return self.number


class RmaFileQuerySet(TenantQuerySet["RmaFile"]):
    """Questions about files of RMAs."""

    def visible_to(self, actor: Actor) -> RmaFileQuerySet:
        """All for staff, those of its own RMAs for a vendor, none for others."""
        found = self.of_merchant(actor)
        if actor.is_staff:
            return found
        if actor.kind is ActorKind.VENDOR:
            return found.filter(rma__vendor_id=actor.vendor_id or 0)
        return found.none()


class RmaFile(PublicModel):
    """A photo or PDF a vendor left with an RMA; the merchant and this vendor see it (F9)."""

    rma = TenantForeignKey(Rma, related_name="files", db_index=False)
    file = models.FileField(upload_to="rmas/%Y/%m/", max_length=200)
    name = models.CharField(_("name"), max_length=160)
    content_type = models.CharField(max_length=40)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    added_at = models.DateTimeField(db_default=Now())
    added_by = models.ForeignKey(
        get_user_model(), models.PROTECT, null=True, related_name="+", db_index=False
    )

    objects = RmaFileQuerySet.as_manager()

    class Meta:
        verbose_name = _("file")
        constraints = [
            models.UniqueConstraint(fields=["merchant", "public_id"], name="rmas_file_public")
        ]
        indexes = [models.Index(fields=["merchant", "rma"], name="rmas_file_rma")]

    def __str__(self) -> str:
        return self.name


class RmaDraftQuerySet(TenantQuerySet["RmaDraft"]):
    """Questions about drafts of decisions."""

    def visible_to(self, actor: Actor) -> RmaDraftQuerySet:
        """Each person sees their own, about RMAs they may see."""
        drafts = self.of_merchant(actor).filter(user=actor.user)
        if actor.is_staff:
            return drafts
        if actor.kind is ActorKind.VENDOR:
            return drafts.filter(rma__vendor_id=actor.vendor_id or 0)
        return drafts.none()


class RmaDraft(TenantModel):
    """What somebody typed about an RMA and has not submitted; nothing of it counts (F15).

    `version` is the one of the RMA they saw.
    """

    rma = TenantForeignKey(Rma, related_name="drafts", db_index=False)
    user = models.ForeignKey(get_user_model(), models.PROTECT, related_name="+", db_index=False)
    version = models.PositiveIntegerField()
    choices = models.JSONField(default=dict)
    updated_at = models.DateTimeField(auto_now=True)

    objects = RmaDraftQuerySet.as_manager()

    class Meta:
        verbose_name = _("draft of a decision")
        constraints = [
            models.UniqueConstraint(fields=["merchant", "rma", "user"], name="rmas_draft_once")
        ]

    def __str__(self) -> str:
        return f"{self.rma_id} by {self.user_id}"
