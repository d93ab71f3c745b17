"""Returns: what comes back from one order, why, and what it is worth to the customer."""

from __future__ import annotations

from decimal import Decimal

from django.contrib.auth import get_user_model
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.actor import Actor, ActorKind
from accounts.base import PublicModel, TenantModel, TenantQuerySet
from accounts.models import Customer, Vendor
from core.fields import CopyField, MoneyField, NumberField, TenantForeignKey
from orders.models import Channel, Order, OrderLine
from returns.states import (
    IN_TRANSIT,
    REFUND_OPEN,
    SHIPPED_STATES,
    UNDECIDED,
    WAITING,
    Condition,
    ReturnStatus,
    RmaSummary,
    ShippedStatus,
    WaitsOn,
)
from returns.turns import Turn, turn_of

ZERO = Decimal(0)


class ReturnReason(PublicModel):
    """Why customers send things back, in the merchant's own tree (F8).

    A reason with children is a heading; only leaves can be chosen. Retired ones stay on old
    returns.
    """

    parent = TenantForeignKey("self", null=True, blank=True, related_name="children")
    code = models.SlugField(_("code"), max_length=40)
    label = models.CharField(_("label"), max_length=80)
    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(_("offered"), default=True)

    objects = TenantQuerySet["ReturnReason"].as_manager()

    class Meta:
        verbose_name = _("return reason")
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["merchant", "public_id"], name="returns_reason_public"),
            models.UniqueConstraint(fields=["merchant", "code"], name="returns_reason_code"),
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
            asked = self.model.objects.filter(
                merchant_id=actor.merchant_id, rmas__vendor_id=actor.vendor_id or 0
            )
            return found.filter(pk__in=asked.values("pk"))
        return found.none()


class Return(PublicModel):
    """What a customer sends back from one order.

    The counters (lines, units, RMAs) and `rma_summary` are kept by the actions, so that lists need
    no joins. So are the copies of what other tables say: `order_number` to `customer_email` by who
    makes the return (`copies_of`), `rma_numbers` and `vendor_names` with the counters; whoever
    renames a channel, customer or vendor, a trigger carries it over. `refund_items +
    refund_adjustment` is the refund record (F12); what has been applied
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
    denied_units = models.PositiveIntegerField(default=0, db_default=0)
    shipped_units = models.PositiveIntegerField(default=0, db_default=0)
    received_units = models.PositiveIntegerField(default=0, db_default=0)
    waits_on = models.CharField(
        _("waits on"),
        max_length=10,
        choices=WaitsOn.choices,
        default=WaitsOn.NOBODY,
        db_default=WaitsOn.NOBODY,
    )
    waits_since = models.DateTimeField(_("waits since"), db_default=Now())
    refund_items = MoneyField(default=ZERO, db_default=ZERO)
    refund_shipping = MoneyField(_("refund of shipping"), default=ZERO, db_default=ZERO)
    refund_adjustment = MoneyField(default=ZERO, db_default=ZERO)
    adjustment_reason = models.CharField(
        _("reason of the adjustment"), max_length=120, blank=True, default="", db_default=""
    )
    refunded = MoneyField(default=ZERO, db_default=ZERO)
    note = models.TextField(_("note"), blank=True, max_length=2000, db_default="")
    order_number = CopyField()
    channel_name = CopyField()
    customer_number = CopyField()
    customer_name = CopyField()
    customer_email = CopyField()
    rma_numbers = CopyField()
    vendor_names = CopyField()
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
                condition=Q(refund_items__gte=0, refund_shipping__gte=0)
                & Q(refund_items__gte=ZERO - F("refund_shipping") - F("refund_adjustment")),
                name="returns_return_refund_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(refunded__gte=0), name="returns_return_refunded_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(unit_count__gte=F("approved_units") + F("denied_units")),
                name="returns_return_decided_within_units",
            ),
            models.CheckConstraint(
                condition=Q(waits_on__in=WaitsOn.values), name="returns_return_waits_on"
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
            models.Index(
                fields=["merchant", "waits_on", "-requested_at", "-id"], name="returns_return_waits"
            ),
            models.Index(
                fields=["merchant", "waits_since"], name="returns_return_since", condition=WAITING
            ),
            *(
                models.Index(
                    fields=["merchant", "-requested_at", "-id"],
                    name=f"returns_return_{name}",
                    condition=condition,
                )
                for name, condition in (
                    ("transit", IN_TRANSIT),
                    ("refund", REFUND_OPEN),
                    *SHIPPED_STATES.items(),
                )
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
    def shipped_state(self) -> ShippedStatus:
        """Where the goods are, with its words and colour."""
        return ShippedStatus.of(self.shipped_units, self.received_units, self.approved_units)

    @property
    def turn(self) -> Turn:
        """Whose turn it is. Reads the RMAs and their vendors: prefetch them for lists."""
        vendors = dict.fromkeys(
            rma.vendor.name for rma in self.rmas.all() if rma.state in UNDECIDED
        )
        return turn_of(
            WaitsOn(self.waits_on),
            status=self.status,
            rma_summary=self.rma_summary,
            vendors=list(vendors),
            since=self.waits_since,
            imported=self.source == self.Source.IMPORT,
        )

    @property
    def refund_total(self) -> Decimal:
        """The refund record: items, shipping and adjustment, in the return's currency (F12)."""
        return self.refund_items + self.refund_shipping + self.refund_adjustment

    @property
    def refund_open(self) -> Decimal:
        """What of the refund record has not been applied yet."""
        return self.refund_total - self.refunded


def copies_of(order: Order) -> dict[str, str]:
    """What a return repeats of its order, by field. Reads the order's channel and customer."""
    customer = order.customer
    return {
        "order_number": order.number,
        "channel_name": order.channel.name,
        "customer_number": customer.number if customer else "",
        "customer_name": customer.name if customer else "",
        "customer_email": customer.email if customer else "",
    }


class ReturnLine(TenantModel):
    """A quantity of one shipped order line that comes back, where to, and why.

    `requested` counts the units that RMAs hold: asked for and neither denied nor voided. The others
    can go onto a further RMA (F9).
    """

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
    requested = models.PositiveIntegerField(_("on RMAs"), default=0, db_default=0)
    refund = MoneyField(_("item refund"), default=ZERO)

    class Meta:
        verbose_name = _("return line")
        constraints = [
            models.UniqueConstraint(
                fields=["merchant", "customer_return", "order_line"], name="returns_line_once"
            ),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="returns_line_quantity"),
            models.CheckConstraint(
                condition=Q(requested__lte=F("quantity")), name="returns_line_requested_within"
            ),
            models.CheckConstraint(condition=Q(refund__gte=0), name="returns_line_refund"),
        ]
        indexes = [
            models.Index(fields=["merchant", "order_line"], name="returns_line_order_line"),
            models.Index(
                fields=["merchant", "destination", "customer_return"], name="returns_line_vendor"
            ),
            models.Index(
                fields=["merchant", "reason", "customer_return"], name="returns_line_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of line {self.order_line_id}"

    @property
    def unrequested(self) -> int:
        """Units that no RMA holds."""
        return self.quantity - self.requested


class RefundEntry(TenantModel):
    """One signed movement of the refund ledger. Append-only: a correction is a new entry (F12)."""

    class Kind(models.TextChoices):
        APPLIED = "applied", _("Applied to the channel invoice")
        HISTORICAL = "historical", _("Refunded before the import")

    class Method(models.TextChoices):
        """How money reaches the buyer. Standard channels pay themselves (F12)."""

        CHANNEL = "channel", _("Paid in the channel")
        PAID_BACK = "paid_back", _("Paid back to the reseller")
        RESELLER_CREDIT = "reseller_credit", _("Reseller credit")

    customer_return = TenantForeignKey(Return, related_name="refund_entries", db_index=False)
    order = TenantForeignKey(Order, related_name="refund_entries", db_index=False)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    method = models.CharField(
        max_length=16, choices=Method.choices, default=Method.CHANNEL, db_default=Method.CHANNEL
    )
    note = models.CharField(max_length=500, blank=True, default="", db_default="")
    amount = MoneyField()
    currency = models.CharField(max_length=3)
    entered_at = models.DateTimeField(db_default=Now())
    entered_by = models.ForeignKey(
        get_user_model(), models.PROTECT, null=True, related_name="+", db_index=False
    )

    objects = TenantQuerySet["RefundEntry"].as_manager()

    class Meta:
        verbose_name = _("refund entry")
        verbose_name_plural = _("refund entries")
        indexes = [
            models.Index(fields=["merchant", "customer_return"], name="returns_refund_return"),
            models.Index(fields=["merchant", "order"], name="returns_refund_order"),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(amount=0), name="returns_refund_not_zero")
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"
