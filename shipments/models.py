"""Return shipments: parcels on their way back to a vendor (F13)."""

from __future__ import annotations

from django.contrib.auth import get_user_model
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.actor import Actor, ActorKind
from accounts.base import PublicModel, TenantModel, TenantQuerySet
from core.fields import NumberField, TenantForeignKey
from returns.models import Return
from rmas.models import Rma, RmaLine


class ReturnShipmentQuerySet(TenantQuerySet["ReturnShipment"]):
    """Questions about return shipments."""

    def visible_to(self, actor: Actor) -> ReturnShipmentQuerySet:
        """All for staff, those under its RMAs for a vendor, of their returns for a customer."""
        found = self.of_merchant(actor)
        if actor.is_staff:
            return found
        if actor.kind is ActorKind.VENDOR:
            return found.filter(rma__vendor_id=actor.vendor_id or 0)
        if actor.kind is ActorKind.CUSTOMER:
            return found.filter(customer_return__customer_id=actor.customer_id or 0)
        return found.none()


class ReturnShipment(PublicModel):
    """One parcel that goes back under one RMA. Several may serve one return."""

    customer_return = TenantForeignKey(Return, related_name="shipments", db_index=False)
    rma = TenantForeignKey(Rma, related_name="shipments", db_index=False)
    return_address = models.TextField(_("return-to address"), max_length=500)
    carrier = models.CharField(_("carrier name"), max_length=40)
    tracking_number = NumberField(_("tracking number"), max_length=60)
    note = models.TextField(_("note"), max_length=2000, blank=True)
    added_at = models.DateTimeField(db_default=Now())
    added_by = models.ForeignKey(
        get_user_model(), models.PROTECT, null=True, related_name="+", db_index=False
    )

    objects = ReturnShipmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("return shipment")
        constraints = [
            models.UniqueConstraint(fields=["merchant", "public_id"], name="shipments_public")
        ]
        indexes = [
            models.Index(fields=["merchant", "customer_return"], name="shipments_return"),
            models.Index(fields=["merchant", "rma"], name="shipments_rma"),
            models.Index(fields=["merchant", "tracking_number"], name="shipments_tracking"),
        ]

    def __str__(self) -> str:
        return self.tracking_number


class ReturnShipmentLine(TenantModel):
    """A quantity of an RMA line in one parcel. The RMA line counts what is on its way in all."""

    shipment = TenantForeignKey(ReturnShipment, related_name="lines", db_index=False)
    rma_line = TenantForeignKey(RmaLine, related_name="shipment_lines", db_index=False)
    quantity = models.PositiveIntegerField(_("quantity"))

    class Meta:
        verbose_name = _("return shipment line")
        constraints = [
            models.UniqueConstraint(
                fields=["merchant", "shipment", "rma_line"], name="shipments_line_once"
            ),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="shipments_line_quantity"),
        ]
        indexes = [models.Index(fields=["merchant", "rma_line"], name="shipments_line_rma_line")]

    def __str__(self) -> str:
        return f"{self.quantity} of RMA line {self.rma_line_id}"
