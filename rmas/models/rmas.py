"""RMAs: what one vendor (or the merchant's own warehouse) authorises to be sent back to it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib.auth import get_user_model
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Greatest, Now
from django.utils.translation import gettext_lazy as _

from accounts.actor import Actor, ActorKind
from accounts.base import PublicModel, TenantModel, TenantQuerySet
from accounts.models import Vendor
from core.fields import MoneyField, NumberField, TenantForeignKey
from orders.models import Order
from returns.models import Return, ReturnLine
from returns.states import UNDECIDED, ReturnStatus
from rmas.models.waiting import Side, Waiting
from rmas.states import ANSWERED, ENDED, SILENT, RmaStatus

ZERO = Decimal(0)


class DenyReason(models.TextChoices):
    """Why units are refused; coded, per line (F9, I4)."""

    TOO_LATE = "too_late", _("The return window is over")
    NOT_OURS = "not_ours", _("Not an item of ours")
    NO_FAULT = "no_fault", _("No fault found")
    MISUSE = "misuse", _("Damaged by misuse")
    INCOMPLETE = "incomplete", _("Parts or packaging are missing")
    NOT_COVERED = "not_covered", _("Not covered by the agreement")
    MISSING_PROOF = "missing_proof", _("Photos or proof are missing")
    OTHER = "other", _("Another reason")


# The gap of X6: what the vendor still owes, or was credited too much.
CREDIT_IS_OPEN = ~Q(credit_expected=F("credited") + F("credit_variance"))


class RmaQuerySet(TenantQuerySet["Rma"]):
    """Questions about RMAs."""

    def visible_to(self, actor: Actor) -> RmaQuerySet:
        """All for staff, their own for a vendor user, those of their returns for a customer."""
        rmas = self.of_merchant(actor)
        if actor.is_staff:
            return rmas
        if actor.kind is ActorKind.VENDOR:
            return rmas.filter(vendor_id=actor.vendor_id or 0)
        if actor.kind is ActorKind.CUSTOMER:
            return rmas.filter(order__customer_id=actor.customer_id or 0)
        return rmas.none()

    def waiting_for_vendor(self) -> RmaQuerySet:
        """Those whose vendor still has to decide or process something, of open returns (F15)."""
        undecided = Q(status__in=UNDECIDED)
        unprocessed = Q(status__in=ANSWERED, processed_at__isnull=True)
        in_part = Q(
            status=RmaStatus.PARTIALLY_APPROVED,
            requested_units__gt=F("approved_units") + F("denied_units"),
        )
        left = Q(left_to_merchant=True, status__in=SILENT)
        lies_there = Q(question_to="") & ~left & (undecided | unprocessed | in_part)
        asked = Q(question_to=Side.VENDOR) & ~Q(status__in=ENDED)
        return self.filter(lies_there | asked, customer_return__status=ReturnStatus.OPEN)

    def of_purchase_order(self, purchase_order: Any, order: Any) -> RmaQuerySet:
        """The RMAs to show with one purchase order; both may be expressions.

        Those with a line of it, and those of its order whose lines are on no purchase order of
        their vendor: goods that somebody else had sent.
        """
        lines = RmaLine.objects.filter(rma=OuterRef("pk"))
        of_it = lines.filter(return_line__order_line__fulfillment_request=purchase_order)
        placed = lines.filter(
            return_line__order_line__fulfillment_request__vendor=OuterRef("vendor")
        )
        return self.filter(Exists(of_it) | ~Exists(placed), order=order)


class Rma(Waiting, PublicModel):
    """The return merchandise authorization of one vendor for a part of one return (F9, F10).

    Money in its currency: `credit_expected` is what the vendor owes for the approved units (their
    cost plus the adjustment), `credited` what was recorded of it, `credit_variance` what of the
    difference was settled as never coming (below zero: as too much). The rest is open (F12, X6).
    """

    customer_return = TenantForeignKey(Return, related_name="rmas", db_index=False)
    order = TenantForeignKey(Order, related_name="rmas", db_index=False)
    vendor = TenantForeignKey(Vendor, related_name="rmas", db_index=False)
    number = NumberField(_("RMA number"))
    status = models.CharField(
        _("status"), max_length=20, choices=RmaStatus.choices, default=RmaStatus.WAITING
    )
    return_address = models.TextField(_("return-to address"), max_length=500, blank=True)
    note = models.TextField(_("note"), max_length=2000, blank=True)
    currency = models.CharField(max_length=3)
    cost_total = MoneyField(default=ZERO, db_default=ZERO)
    credit_adjustment = MoneyField(_("credit adjustment"), default=ZERO)
    credit_expected = MoneyField(default=ZERO, db_default=ZERO)
    credited = MoneyField(default=ZERO, db_default=ZERO)
    credit_variance = MoneyField(default=ZERO, db_default=ZERO)
    requested_units = models.PositiveIntegerField(default=0)
    approved_units = models.PositiveIntegerField(default=0)
    denied_units = models.PositiveIntegerField(default=0)
    version = models.PositiveIntegerField(default=1)
    requested_at = models.DateTimeField(_("requested"), db_default=Now())
    processed_at = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        get_user_model(), models.PROTECT, null=True, related_name="+", db_index=False
    )
    decided_by_rule = models.BooleanField(default=False, db_default=False)

    objects = RmaQuerySet.as_manager()

    class Meta:
        verbose_name = _("RMA")
        constraints = [
            models.UniqueConstraint(fields=["merchant", "public_id"], name="rmas_rma_public"),
            models.UniqueConstraint(
                fields=["merchant", "vendor", "number"], name="rmas_rma_number"
            ),
            models.CheckConstraint(
                condition=Q(status__in=RmaStatus.values), name="rmas_rma_status"
            ),
            models.CheckConstraint(
                condition=Q(requested_units__gte=F("approved_units") + F("denied_units")),
                name="rmas_rma_decided_within_requested",
            ),
            models.CheckConstraint(
                condition=Q(
                    credited__gte=0,
                    credited__lte=F("cost_total") + Greatest(F("credit_adjustment"), ZERO),
                ),
                name="rmas_rma_credited_within_cost",
            ),
            models.CheckConstraint(
                condition=Q(credit_expected__gte=0), name="rmas_rma_credit_expected"
            ),
        ]
        indexes = [
            models.Index(fields=["merchant", "customer_return"], name="rmas_rma_return"),
            models.Index(fields=["merchant", "order"], name="rmas_rma_order"),
            models.Index(
                fields=["merchant", "vendor", "status", "-requested_at"], name="rmas_rma_vendor"
            ),
            models.Index(fields=["merchant", "number"], name="rmas_rma_find"),
            models.Index(
                fields=["merchant", "vendor", "decided_at"],
                name="rmas_rma_credit_open",
                condition=CREDIT_IS_OPEN,
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def state(self) -> RmaStatus:
        """The status with its words and colour."""
        return RmaStatus(self.status)

    @property
    def lies_since(self) -> datetime:
        """Since when it lies with whoever has to act next on it."""
        if self.status in (RmaStatus.WAITING, RmaStatus.PROCESSING) or not self.processed_at:
            return self.decided_at or self.requested_at
        return max(self.processed_at, self.decided_at or self.processed_at)

    @property
    def credit_open(self) -> Decimal:
        """What of the expected credit is neither recorded nor settled; negative: too much is."""
        return self.credit_expected - self.credited - self.credit_variance


class RmaLine(TenantModel):
    """A quantity of a return line that this vendor is asked for, with what became of it."""

    rma = TenantForeignKey(Rma, related_name="lines", db_index=False)
    return_line = TenantForeignKey(ReturnLine, related_name="rma_lines", db_index=False)
    quantity = models.PositiveIntegerField(_("requested"))
    approved = models.PositiveIntegerField(_("approved"), default=0)
    denied = models.PositiveIntegerField(_("denied"), default=0)
    shipped = models.PositiveIntegerField(_("shipped back"), default=0)
    received = models.PositiveIntegerField(_("received"), default=0)
    voided = models.PositiveIntegerField(_("voided"), default=0)
    unit_cost = MoneyField(_("per-unit cost"), default=ZERO)
    deny_reason = models.CharField(
        _("why denied"),
        max_length=16,
        choices=DenyReason.choices,
        blank=True,
        default="",
        db_default="",
    )

    class Meta:
        verbose_name = _("RMA line")
        constraints = [
            models.UniqueConstraint(
                fields=["merchant", "rma", "return_line"], name="rmas_line_once"
            ),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="rmas_line_quantity"),
            models.CheckConstraint(
                condition=Q(quantity__gte=F("approved") + F("denied") + F("voided")),
                name="rmas_line_decided_within_requested",
            ),
            models.CheckConstraint(
                condition=Q(received__lte=F("quantity")), name="rmas_line_received_within_requested"
            ),
            models.CheckConstraint(
                condition=Q(denied=0) | ~Q(deny_reason=""), name="rmas_line_denied_with_reason"
            ),
            models.CheckConstraint(
                condition=Q(shipped__lte=F("approved")), name="rmas_line_shipped_within_approved"
            ),
            models.CheckConstraint(condition=Q(unit_cost__gte=0), name="rmas_line_cost"),
        ]
        indexes = [models.Index(fields=["merchant", "return_line"], name="rmas_line_return_line")]

    def __str__(self) -> str:
        return f"{self.quantity} of return line {self.return_line_id}"

    @property
    def held(self) -> int:
        """Units this line keeps from further RMAs: asked for and neither denied nor voided."""
        return self.quantity - self.denied - self.voided

    @property
    def undecided(self) -> int:
        """Units nobody has answered yet."""
        return self.quantity - self.approved - self.denied - self.voided


class RmaNumber(TenantModel):
    """A number an RMA has or had; old ones stay and are searched, and are never given out again."""

    rma = TenantForeignKey(Rma, related_name="numbers", db_index=False)
    vendor = TenantForeignKey(Vendor, related_name="+", db_index=False)
    number = NumberField(_("RMA number"))
    given_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = _("RMA number")
        constraints = [
            models.UniqueConstraint(
                fields=["merchant", "vendor", "number"], name="rmas_number_once"
            )
        ]
        indexes = [
            models.Index(fields=["merchant", "rma"], name="rmas_number_rma"),
            models.Index(fields=["merchant", "number"], name="rmas_number_find"),
        ]

    def __str__(self) -> str:
        return self.number


class CreditEntry(PublicModel):
    """One signed movement of the source-credit ledger. A correction is a new entry (F12)."""

    rma = TenantForeignKey(Rma, related_name="credit_entries", db_index=False)
    amount = MoneyField()
    currency = models.CharField(max_length=3)
    reference = models.CharField(_("credit number"), max_length=60, blank=True, default="")
    note = models.CharField(max_length=500, blank=True, default="")
    dated = models.DateField(_("credit date"), null=True, blank=True)
    file = models.FileField(upload_to="credits/%Y/%m/", max_length=200, blank=True, db_default="")
    file_name = models.CharField(max_length=160, blank=True, default="", db_default="")
    content_type = models.CharField(max_length=40, blank=True, default="", db_default="")
    entered_at = models.DateTimeField(db_default=Now())
    entered_by = models.ForeignKey(
        get_user_model(), models.PROTECT, null=True, related_name="+", db_index=False
    )

    objects = TenantQuerySet["CreditEntry"].as_manager()

    class Meta:
        verbose_name = _("credit entry")
        verbose_name_plural = _("credit entries")
        indexes = [models.Index(fields=["merchant", "rma"], name="rmas_credit_rma")]
        constraints = [
            models.UniqueConstraint(fields=["merchant", "public_id"], name="rmas_credit_public"),
            models.CheckConstraint(condition=~Q(amount=0), name="rmas_credit_not_zero"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"


class CreditVariance(TenantModel):
    """A difference between expected and recorded credit that was settled; it stays visible (X6)."""

    rma = TenantForeignKey(Rma, related_name="credit_variances", db_index=False)
    amount = MoneyField()
    currency = models.CharField(max_length=3)
    reason = models.CharField(_("reason"), max_length=500)
    entered_at = models.DateTimeField(db_default=Now())
    entered_by = models.ForeignKey(
        get_user_model(), models.PROTECT, null=True, related_name="+", db_index=False
    )

    objects = TenantQuerySet["CreditVariance"].as_manager()

    class Meta:
        verbose_name = _("credit variance")
        verbose_name_plural = _("credit variances")
        indexes = [models.Index(fields=["merchant", "rma"], name="rmas_variance_rma")]
        constraints = [
            models.CheckConstraint(condition=~Q(amount=0), name="rmas_variance_not_zero"),
            models.CheckConstraint(condition=~Q(reason=""), name="rmas_variance_with_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"
