"""The message log: every mail to a person as it was written, and what became of it (F17)."""

from __future__ import annotations

from typing import ClassVar
from urllib.parse import urlsplit

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.base import PublicModel, TenantQuerySet
from accounts.models import User, Vendor
from audit.models.events import Event
from core.fields import NumberField, TenantForeignKey


class MessageKind(models.TextChoices):
    """What a mail is about."""

    RMA_AVAILABLE = "rma.available", _("RMA available")
    FULFILLMENT_REQUESTED = "fulfillment.requested", _("Fulfillment Request available")
    RMA_REMINDED = "rma.reminded", _("Reminder of an RMA")
    RMA_ESCALATED = "rma.escalated", _("Escalation of an RMA")
    RMA_LEFT = "rma.left_to_merchant", _("RMA left to the merchant")
    RMA_APPROVED_BY_SILENCE = "rma.approved_by_silence", _("RMA approved by itself")
    RMA_WRITTEN = "rma.written", _("Message about an RMA")
    RMA_ASKED = "rma.asked", _("Question about an RMA")
    RMA_ANSWERED = "rma.answered", _("Answer about an RMA")
    RMA_DISPUTED = "rma.disputed", _("Dispute about an RMA")
    RMA_DISPUTE_LIFTED = "rma.dispute_lifted", _("Dispute lifted")
    RMA_LINK_SENT = "rma.link_sent", _("Decision link")
    RMA_OFFERED = "rma.offered", _("Counter-offer")
    RMA_OFFER_ACCEPTED = "rma.offer_accepted", _("Counter-offer accepted")
    RMA_OFFER_DECLINED = "rma.offer_declined", _("Counter-offer declined")
    IMPORT_FINISHED = "import.finished", _("Import finished")
    IMPORT_FAILED = "import.failed", _("Import stopped")
    EXPORT_FINISHED = "export.finished", _("Export ready")
    EXPORT_FAILED = "export.failed", _("Export stopped")
    INVITATION = "invitation", _("Invitation")
    CREDIT_REMINDER = "credit.reminder", _("Reminder of open credits")

    @classmethod
    def word(cls, kind: str) -> str:
        """The words of a kind; one from a later release reads as its code."""
        return str(cls(kind).label) if kind in cls.values else kind


class MessageState(models.TextChoices):
    """Where a mail is between being written and being with its reader."""

    WAITING = "waiting", _("Waiting")
    SENDING = "sending", _("Sending")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Failed")
    BOUNCED = "bounced", _("Bounced")
    SUPPRESSED = "suppressed", _("Suppressed")

    @property
    def tone(self) -> str:
        """Its colour on the screen."""
        return _TONES.get(self.value, "ended")


_TONES = {
    "waiting": "moving",
    "sending": "moving",
    "sent": "agreed",
    "failed": "refused",
    "bounced": "refused",
}

UNSENT = (MessageState.WAITING, MessageState.SENDING)


class Message(PublicModel):
    """One mail to one person. `key` says what it tells whom, so that it is told once.

    `user` is empty for mails to a bare address: an invitation, or the vendor as a company.
    `vendor` is set when the reader is told as a user of that vendor, else as the merchant's staff.
    `link` is the address, on this site, the mail leads to.
    """

    event = TenantForeignKey(Event, related_name="messages", db_index=False)
    kind = models.CharField(_("kind"), max_length=40)
    key = models.CharField(max_length=160)
    user = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    vendor = TenantForeignKey(Vendor, null=True, related_name="+", db_index=False)
    address = NumberField(_("recipient"), max_length=254)
    subject = models.CharField(_("subject"), max_length=300)
    text = models.TextField()
    html = models.TextField(blank=True, db_default="")
    link = models.CharField(max_length=500, blank=True, db_default="")
    state = models.CharField(
        _("state"),
        max_length=10,
        choices=MessageState.choices,
        default=MessageState.WAITING,
        db_default=MessageState.WAITING,
    )
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)
    due_at = models.DateTimeField(db_default=Now())
    error = models.CharField(max_length=500, blank=True, db_default="")
    sent_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    resend_of = TenantForeignKey("self", null=True, related_name="resent_as", db_index=False)

    objects = TenantQuerySet["Message"].as_manager()

    class Meta:
        verbose_name = _("message")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["merchant", "public_id"], name="audit_message_public"),
            models.UniqueConstraint(fields=["merchant", "key"], name="audit_message_key"),
            models.CheckConstraint(
                condition=Q(state__in=MessageState.values), name="audit_message_state"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["merchant", "-created_at", "-id"], name="audit_message_newest"),
            models.Index(
                fields=["merchant", "state", "-created_at", "-id"], name="audit_message_by_state"
            ),
            models.Index(fields=["merchant", "address"], name="audit_message_address"),
            models.Index(
                fields=["due_at"], name="audit_message_due", condition=Q(state__in=UNSENT)
            ),
        ]

    def __str__(self) -> str:
        return self.subject

    @property
    def status(self) -> MessageState:
        """The state with its words and colour."""
        return MessageState(self.state)

    @property
    def word(self) -> str:
        """What the mail is about, in words."""
        return MessageKind.word(self.kind)

    @property
    def message_id(self) -> str:
        """The Message-ID of every attempt at this mail; nobody can guess it."""
        host = urlsplit(settings.SITE_URL).hostname or "localhost"
        return f"<{self.merchant_id}.{self.public_id}@{host}>"


class StoppedAddress(PublicModel):
    """An address that bounced: nothing is sent there until somebody releases it."""

    address = NumberField(_("address"), max_length=254)
    reason = models.CharField(_("reason"), max_length=500)
    stopped_at = models.DateTimeField(db_default=Now())
    released_at = models.DateTimeField(null=True)

    objects = TenantQuerySet["StoppedAddress"].as_manager()

    class Meta:
        verbose_name = _("stopped address")
        verbose_name_plural = _("stopped addresses")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["merchant", "public_id"], name="audit_stopped_address_public"
            ),
            models.UniqueConstraint(
                fields=["merchant", "address"],
                name="audit_stopped_address_once",
                condition=Q(released_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.address
