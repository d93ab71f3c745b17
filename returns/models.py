"""Returns: what comes back from one order, why, and what it is worth to the customer."""

from __future__ import annotations

import uuid
from decimal import Decimal

from django.contrib.auth import get_user_model
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.actor import Actor, ActorKind
from accounts.base import PublicModel, TenantModel, TenantQuerySet
from accounts.models import Customer, Vendor
from core.fields import MoneyField, NumberField, TenantForeignKey
from orders.models import Channel, Order, OrderLine
from returns.states import UNDECIDED, Condition, ReturnStatus, RmaSummary
from returns.turns import Turn, turn_of

ZERO = Decimal(0)


class ReturnReason(TenantModel):
    """Why customers send things back, in the merchant's own list (F8)."""

    code = models.SlugField(_("code"), max_length=40)
    label = models.CharField(_("label"), max_length=80)
    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(_("offered"), default=True)

    objects = TenantQuerySet["ReturnReason"].as_manager()

    class Meta:
        verbose_name = _("return reason")
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["merchant", "code"], name="returns_reason_code")
        ]

    def __str__(self) -> str:
        return self.label


class ReturnQuerySet(TenantQuerySet["Return"]):
    """Questions about returns."""

    def visible_to(self, actor: Actor) -> ReturnQuerySet:
        """All for staff; a customer's own; for a vendor those with an RMA of theirs."""
        found = self.of_merchant(actor)
        if actor.is_staff:
            return found
        if actor.kind is ActorKind.CUSTOMER:
            return found.filter(customer_id=actor.customer_id or 0)
        if actor.kind is ActorKind.VENDOR:
            return found.filter(
                pk__in=ReturnLine.objects.filter(
                    merchant_id=actor.merchant_id, destination_id=actor.vendor_id
                ).values("customer_return_id")
            )
        return found.none()


class Return(PublicModel):
    """What a customer sends back from one order.

    The counters (lines, units, RMAs) and `rma_summary` are kept by the actions, so that lists need
    no joins. `refund_items + refund_adjustment` is the refund record (F12); what has been applied
    is the sum of its refund entries.
    """

    class Source(models.TextChoices):
        CONSOLE = "console", _("Console")
        IMPORT = "import", _("Import")

    order = TenantForeignKey(Order, related_name="returns", db_index=False)
    channel = TenantForeignKey(Channel, related_name="+", db_index=False)
    customer = TenantForeignKey(
        Customer, null=True, blank=True, related_name="returns", db_index=False
    )
    number = NumberField(_("return number"))
    status = models.CharField(
        _("status"), max_length=10, choices=ReturnStatus.choices, default=ReturnStatus.OPEN
    )
    rma_summary = models.CharField(
        _("RMA"), max_length=20, choices=RmaSummary.choices, default=RmaSummary.NONE
    )
    source = models.CharField(max_length=10, choices=Source.choices, default=Source.CONSOLE)
    currency = models.CharField(max_length=3)
    line_count = models.PositiveIntegerField(default=0, db_default=0)
    unit_count = models.PositiveIntegerField(default=0, db_default=0)
    rma_count = models.PositiveIntegerField(default=0, db_default=0)
    approved_units = models.PositiveIntegerField(default=0, db_default=0)
    received_units = models.PositiveIntegerField(default=0, db_default=0)
    refund_items = MoneyField(default=ZERO, db_default=ZERO)
    refund_adjustment = MoneyField(default=ZERO, db_default=ZERO)
    refunded = MoneyField(default=ZERO, db_default=ZERO)
    note = models.TextField(_("note"), blank=True, max_length=2000, db_default="")
    version = models.PositiveIntegerField(default=1, db_default=1)
    requested_at = models.DateTimeField(_("requested"), db_default=Now())
    closed_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(
        get_user_model(), models.PROTECT, null=True, related_name="+", db_index=False
    )

    objects = ReturnQuerySet.as_manager()

    class Meta:
        verbose_name = _("return")
        constraints = [
            models.UniqueConstraint(fields=["merchant", "public_id"], name="returns_return_public"),
            models.UniqueConstraint(fields=["merchant", "number"], name="returns_return_number"),
            models.CheckConstraint(
                condition=Q(status__in=ReturnStatus.values), name="returns_return_status"
            ),
            models.CheckConstraint(
                condition=Q(refund_items__gte=0)
                & Q(refund_items__gte=ZERO - F("refund_adjustment")),
                name="returns_return_refund_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(approved_units__lte=F("unit_count")),
                name="returns_return_approved_within_units",
            ),
        ]
        indexes = [
            models.Index(fields=["merchant", "-requested_at", "-id"], name="returns_return_recent"),
            models.Index(
                fields=["merchant", "status", "-requested_at", "-id"], name="returns_return_status"
            ),
            models.Index(
                fields=["merchant", "rma_summary", "-requested_at", "-id"],
                name="returns_return_rma",
            ),
            models.Index(
                fields=["merchant", "channel", "-requested_at", "-id"],
                name="returns_return_channel",
            ),
            models.Index(fields=["merchant", "order"], name="returns_return_order"),
            models.Index(
                fields=["merchant", "customer", "-requested_at"], name="returns_return_customer"
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def state(self) -> ReturnStatus:
        """The status with its words and colour."""
        return ReturnStatus(self.status)

    @property
    def rma_state(self) -> RmaSummary:
        """What all RMAs together say, with its words and colour."""
        return RmaSummary(self.rma_summary)

    @property
    def turn(self) -> Turn:
        """Whose turn it is. Reads the RMAs and their vendors: prefetch them for lists."""
        vendors = dict.fromkeys(
            rma.vendor.name for rma in self.rmas.all() if rma.state in UNDECIDED
        )
        return turn_of(
            self.status,
            self.rma_summary,
            list(vendors),
            self.requested_at,
            imported=self.source == self.Source.IMPORT,
        )

    @property
    def refund_total(self) -> Decimal:
        """The refund record: items plus adjustment, in the return's currency."""
        return self.refund_items + self.refund_adjustment

    @property
    def refund_open(self) -> Decimal:
        """What of the refund record has not been applied yet."""
        return self.refund_total - self.refunded


class ReturnLine(TenantModel):
    """A quantity of one shipped order line that comes back, where to, and why."""

    customer_return = TenantForeignKey(Return, related_name="lines", db_index=False)
    order_line = TenantForeignKey(OrderLine, related_name="return_lines", db_index=False)
    destination = TenantForeignKey(
        Vendor,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("return destination"),
    )
    reason = TenantForeignKey(ReturnReason, null=True, blank=True, related_name="+", db_index=False)
    condition = models.CharField(
        _("condition"), max_length=10, choices=Condition.choices, blank=True, db_default=""
    )
    quantity = models.PositiveIntegerField(_("quantity"))
    refund = MoneyField(_("item refund"), default=ZERO)

    class Meta:
        verbose_name = _("return line")
        constraints = [
            models.UniqueConstraint(
                fields=["merchant", "customer_return", "order_line"], name="returns_line_once"
            ),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="returns_line_quantity"),
            models.CheckConstraint(condition=Q(refund__gte=0), name="returns_line_refund"),
        ]
        indexes = [
            models.Index(fields=["merchant", "order_line"], name="returns_line_order_line"),
            models.Index(fields=["merchant", "destination"], name="returns_line_destination"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of line {self.order_line_id}"


class RefundEntry(TenantModel):
    """One signed movement of the refund ledger. Append-only: a correction is a new entry (F12)."""

    class Kind(models.TextChoices):
        APPLIED = "applied", _("Applied to the channel invoice")
        HISTORICAL = "historical", _("Refunded before the import")

    customer_return = TenantForeignKey(Return, related_name="refund_entries", db_index=False)
    order = TenantForeignKey(Order, related_name="refund_entries", db_index=False)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    amount = MoneyField()
    currency = models.CharField(max_length=3)
    entered_at = models.DateTimeField(db_default=Now())
    entered_by = models.ForeignKey(
        get_user_model(), models.PROTECT, null=True, related_name="+", db_index=False
    )

    objects = TenantQuerySet["RefundEntry"].as_manager()

    class Meta:
        verbose_name = _("refund entry")
        indexes = [
            models.Index(fields=["merchant", "customer_return"], name="returns_refund_return"),
            models.Index(fields=["merchant", "order"], name="returns_refund_order"),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(amount=0), name="returns_refund_not_zero")
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"


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
