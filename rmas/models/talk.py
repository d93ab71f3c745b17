"""What merchant and vendor write to each other about one RMA (X7)."""

from __future__ import annotations

from django.contrib.auth import get_user_model
from django.db import models
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.actor import Actor, ActorKind
from accounts.base import TenantModel, TenantQuerySet
from core.fields import TenantForeignKey
from rmas.models.rmas import Rma
from rmas.models.vendors import RmaFile
from rmas.models.waiting import Side


class RmaMessageQuerySet(TenantQuerySet["RmaMessage"]):
    """Questions about messages."""

    def visible_to(self, actor: Actor) -> RmaMessageQuerySet:
        """All for staff, those about its own RMAs for a vendor, none for others."""
        found = self.of_merchant(actor)
        if actor.is_staff:
            return found
        if actor.kind is ActorKind.VENDOR:
            return found.filter(rma__vendor_id=actor.vendor_id or 0)
        return found.none()


def message_count() -> Subquery:
    """How many messages an RMA has, to annotate it with; no join, so that rows stay single."""
    found = RmaMessage.objects.filter(rma=OuterRef("pk")).order_by()
    return Subquery(found.values("rma").annotate(n=Count("pk")).values("n"))


class RmaMessage(TenantModel):
    """One message of the thread; the runtime role may insert and read it, never change it.

    `asks`: the other side must answer.
    """

    rma = TenantForeignKey(Rma, related_name="talk", db_index=False)
    side = models.CharField(max_length=8, choices=Side.choices)
    asks = models.BooleanField(default=False, db_default=False)
    text = models.TextField(_("message"), max_length=2000)
    file = TenantForeignKey(RmaFile, null=True, related_name="+", db_index=False)
    written_at = models.DateTimeField(db_default=Now())
    written_by = models.ForeignKey(
        get_user_model(), models.PROTECT, null=True, related_name="+", db_index=False
    )

    objects = RmaMessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message about an RMA")
        verbose_name_plural = _("messages about RMAs")
        indexes = [models.Index(fields=["merchant", "rma", "id"], name="rmas_message_rma")]
        constraints = [
            models.CheckConstraint(condition=~models.Q(text=""), name="rmas_message_text")
        ]

    def __str__(self) -> str:
        return self.text[:40]
