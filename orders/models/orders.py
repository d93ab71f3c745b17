"""Channels, products, orders and how they were fulfilled, shipped and invoiced (F1)."""

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
from core.fields import MoneyField, NumberField, TenantForeignKey
from orders.states import ImportStatus
from profiles.refundable import LineMoney

ZERO = Decimal(0)


class Channel(TenantModel):
    """Where the merchant sells."""

    class Kind(models.TextChoices):
        STANDARD = "standard", _("Standard")
        RESELLER = "reseller", _("Reseller")

    name = models.CharField(_("name"), max_length=80)
    code = models.SlugField(_("code"), max_length=40)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, default=Kind.STANDARD)

    objects = TenantQuerySet["Channel"].as_manager()

    class Meta:
        verbose_name = _("channel")
        constraints = [
            models.UniqueConstraint(fields=["merchant", "code"], name="orders_channel_code")
        ]

    def __str__(self) -> str:
        return self.name


class Product(TenantModel):
    """What is sold, under the merchant's SKU. `vendor` fulfils it; none means the own warehouse."""

    sku = NumberField(_("SKU"))
    title = models.CharField(_("title"), max_length=200)
    vendor = TenantForeignKey(
        Vendor, null=True, blank=True, related_name="products", db_index=False
    )
    unit_cost = MoneyField(_("unit cost"), null=True, blank=True)

    class Meta:
        verbose_name = _("product")
        constraints = [
            models.UniqueConstraint(fields=["merchant", "sku"], name="orders_product_sku")
        ]

    def __str__(self) -> str:
        return f"{self.sku} {self.title}"


class OrderQuerySet(TenantQuerySet["Order"]):
    """Questions about orders."""

    def visible_to(self, actor: Actor) -> OrderQuerySet:
        """The orders `actor` may see: all for staff, a customer's own, none for a vendor."""
        orders = self.of_merchant(actor)
        if actor.is_staff:
            return orders
        if actor.kind is ActorKind.CUSTOMER:
            return orders.filter(customer_id=actor.customer_id or 0)
        return orders.none()


class Order(PublicModel):
    """What a customer bought on a channel. Money columns are in `currency` and sum its lines.

    `refund_agreed` is what all returns together are worth to the customer, `refunded` what has been
    applied; neither can exceed `paid_total`, which the database enforces.
    """

    channel = TenantForeignKey(Channel, related_name="orders", db_index=False)
    customer = TenantForeignKey(
        Customer, null=True, blank=True, related_name="orders", db_index=False
    )
    number = NumberField(_("order number"))
    placed_at = models.DateTimeField(_("placed at"))
    currency = models.CharField(_("currency"), max_length=3)
    country = models.CharField(_("country"), max_length=60, blank=True, db_default="")
    line_count = models.PositiveIntegerField(db_default=0, default=0)
    unit_count = models.PositiveIntegerField(db_default=0, default=0)
    shipped_units = models.PositiveIntegerField(db_default=0, default=0)
    returned_units = models.PositiveIntegerField(db_default=0, default=0)
    return_count = models.PositiveIntegerField(db_default=0, default=0)
    paid_total = MoneyField(db_default=ZERO, default=ZERO)
    shipping_paid = MoneyField(db_default=ZERO, default=ZERO)
    shipping_agreed = MoneyField(db_default=ZERO, default=ZERO)
    refund_agreed = MoneyField(db_default=ZERO, default=ZERO)
    refunded = MoneyField(db_default=ZERO, default=ZERO)

    objects = OrderQuerySet.as_manager()

    class Meta:
        verbose_name = _("order")
        constraints = [
            models.UniqueConstraint(fields=["merchant", "public_id"], name="orders_order_public"),
            models.UniqueConstraint(
                fields=["merchant", "channel", "number"], name="orders_order_number"
            ),
            models.CheckConstraint(
                condition=Q(returned_units__lte=F("shipped_units")),
                name="orders_order_returned_within_shipped",
            ),
            models.CheckConstraint(
                condition=Q(
                    refund_agreed__gte=0, refund_agreed__lte=F("paid_total") + F("shipping_paid")
                ),
                name="orders_order_refund_agreed_within_paid",
            ),
            models.CheckConstraint(
                condition=Q(refunded__gte=0, refunded__lte=F("paid_total") + F("shipping_paid")),
                name="orders_order_refunded_within_paid",
            ),
            models.CheckConstraint(
                condition=Q(shipping_agreed__gte=0, shipping_agreed__lte=F("shipping_paid")),
                name="orders_order_shipping_within_paid",
            ),
        ]
        indexes = [
            models.Index(fields=["merchant", "-placed_at", "-id"], name="orders_order_placed"),
            models.Index(fields=["merchant", "number"], name="orders_order_find"),
            models.Index(
                fields=["merchant", "customer", "-placed_at"], name="orders_order_customer"
            ),
        ]

    def __str__(self) -> str:
        return self.number


class FulfillmentRequestQuerySet(TenantQuerySet["FulfillmentRequest"]):
    """Questions about fulfillment requests, which vendors call purchase orders."""

    def visible_to(self, actor: Actor) -> FulfillmentRequestQuerySet:
        """All for staff, their own purchase orders for a vendor user, none for others."""
        requests = self.of_merchant(actor)
        if actor.is_staff:
            return requests
        if actor.kind is ActorKind.VENDOR:
            return requests.filter(vendor_id=actor.vendor_id or 0)
        return requests.none()


class FulfillmentRequest(PublicModel):
    """What one vendor is asked to fulfil of one order; the vendor's purchase order."""

    order = TenantForeignKey(Order, related_name="fulfillment_requests", db_index=False)
    vendor = TenantForeignKey(Vendor, related_name="fulfillment_requests", db_index=False)
    number = NumberField(_("purchase order number"))
    line_count = models.PositiveIntegerField(db_default=0, default=0)
    unit_count = models.PositiveIntegerField(db_default=0, default=0)
    requested_at = models.DateTimeField(_("requested at"), db_default=Now())

    objects = FulfillmentRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("fulfillment request")
        constraints = [
            models.UniqueConstraint(
                fields=["merchant", "public_id"], name="orders_fulfillment_public"
            ),
            models.UniqueConstraint(
                fields=["merchant", "number"], name="orders_fulfillment_number"
            ),
        ]
        indexes = [
            models.Index(fields=["merchant", "order"], name="orders_fulfillment_order"),
            models.Index(
                fields=["merchant", "vendor", "-requested_at", "-id"],
                name="orders_fulfillment_vendor",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class Shipment(PublicModel):
    """One parcel from a vendor to the customer."""

    order = TenantForeignKey(Order, related_name="shipments", db_index=False)
    fulfillment_request = TenantForeignKey(
        FulfillmentRequest, related_name="shipments", db_index=False
    )
    carrier = models.CharField(_("carrier"), max_length=40, blank=True, db_default="")
    tracking_number = NumberField(_("tracking number"), max_length=60, blank=True, db_default="")
    shipped_at = models.DateTimeField(_("shipped at"))
    delivered_at = models.DateTimeField(_("delivered at"), null=True, blank=True)

    class Meta:
        verbose_name = _("shipment")
        constraints = [
            models.UniqueConstraint(fields=["merchant", "public_id"], name="orders_shipment_public")
        ]
        indexes = [
            models.Index(fields=["merchant", "order"], name="orders_shipment_order"),
            models.Index(
                fields=["merchant", "tracking_number"],
                name="orders_shipment_tracking",
                condition=~Q(tracking_number=""),
            ),
        ]

    def __str__(self) -> str:
        return self.tracking_number or str(self.pk)


class OrderLine(TenantModel):
    """A quantity of one product that one vendor fulfils and one parcel ships.

    A line that is fulfilled or shipped in parts is split into several lines of the same
    `position`, so that each has one vendor, one parcel and one delivery date. `total` is what the
    customer paid for it: quantity x unit price, less discount, plus tax on top. `returned_quantity`
    and `refund_agreed` count what all returns that are not canceled take back; the database keeps
    them within `quantity` and `total`.
    """

    order = TenantForeignKey(Order, related_name="lines", db_index=False)
    product = TenantForeignKey(Product, related_name="order_lines", db_index=False)
    fulfillment_request = TenantForeignKey(
        FulfillmentRequest, null=True, blank=True, related_name="lines", db_index=False
    )
    shipment = TenantForeignKey(
        Shipment, null=True, blank=True, related_name="lines", db_index=False
    )
    position = models.IntegerField()
    title = models.CharField(_("title"), max_length=200)
    quantity = models.IntegerField(_("quantity"))
    unit_price = MoneyField(_("unit price"))
    discount = MoneyField(_("discount"), db_default=ZERO, default=ZERO)
    tax = MoneyField(_("tax"), db_default=ZERO, default=ZERO)
    total = MoneyField(_("paid"))
    returned_quantity = models.IntegerField(db_default=0, default=0)
    refund_agreed = MoneyField(db_default=ZERO, default=ZERO)

    class Meta:
        verbose_name = _("order line")
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="orders_line_quantity"),
            models.CheckConstraint(
                condition=Q(returned_quantity__gte=0, returned_quantity__lte=F("quantity")),
                name="orders_line_returned_within_quantity",
            ),
            models.CheckConstraint(
                condition=Q(returned_quantity=0) | Q(shipment__isnull=False),
                name="orders_line_returned_after_shipping",
            ),
            models.CheckConstraint(
                condition=Q(refund_agreed__gte=0, refund_agreed__lte=F("total")),
                name="orders_line_refund_within_total",
            ),
        ]
        indexes = [
            models.Index(fields=["order", "position"], name="orders_line_order"),
            models.Index(fields=["product"], name="orders_line_product"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.title}"

    @property
    def shipped_quantity(self) -> int:
        """Units that left: all of the line once it is in a parcel."""
        return self.quantity if self.shipment_id else 0

    @property
    def returnable_quantity(self) -> int:
        """Units that may still be returned: shipped, less those on returns not canceled."""
        return self.shipped_quantity - self.returned_quantity

    def money(self, currency: str) -> LineMoney:
        """The line as the refund maths reads it."""
        return LineMoney(
            total=self.total,
            quantity=self.quantity,
            returned=self.returned_quantity,
            agreed=self.refund_agreed,
            currency=currency,
        )


class SerialNumber(TenantModel):
    """The number of one shipped unit; the same unit may be sold, returned and sold again."""

    order_line = TenantForeignKey(OrderLine, related_name="serial_numbers", db_index=False)
    number = NumberField(_("serial number"), max_length=60)
    recorded_at = models.DateTimeField(db_default=Now())

    objects = TenantQuerySet["SerialNumber"].as_manager()

    class Meta:
        verbose_name = _("serial number")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["merchant", "number", "order_line"], name="orders_serial_once"
            )
        ]
        indexes = [models.Index(fields=["order_line"], name="orders_serial_line")]

    def __str__(self) -> str:
        return self.number


class ChannelInvoice(TenantModel):
    """What the channel billed the customer. Refunds never change it; they show as a net balance."""

    order = models.OneToOneField(Order, models.PROTECT, related_name="invoice", db_constraint=False)
    number = NumberField(_("invoice number"))
    subtotal = MoneyField(_("subtotal"))
    tax = MoneyField(_("tax"), db_default=ZERO, default=ZERO)
    shipping = MoneyField(_("shipping"), db_default=ZERO, default=ZERO)
    fee = MoneyField(_("fee"), db_default=ZERO, default=ZERO)
    other = MoneyField(_("other"), db_default=ZERO, default=ZERO)
    discount = MoneyField(_("discount"), db_default=ZERO, default=ZERO)
    total = models.GeneratedField(
        expression=F("subtotal") + F("tax") + F("shipping") + F("fee") + F("other") - F("discount"),
        output_field=MoneyField(),
        db_persist=True,
    )

    objects = TenantQuerySet["ChannelInvoice"].as_manager()

    class Meta:
        verbose_name = _("channel invoice")

    def __str__(self) -> str:
        return self.number


class OrderImport(PublicModel):
    """One uploaded order file: what a dry run found, how far the load is, what was rejected."""

    file = models.FileField(upload_to="imports/%Y/%m/", max_length=200)
    file_name = models.CharField(max_length=160)
    format = models.CharField(max_length=30)
    status = models.CharField(
        max_length=12, choices=ImportStatus.choices, default=ImportStatus.UPLOADED
    )
    rows_total = models.PositiveIntegerField(default=0)
    rows_done = models.PositiveIntegerField(default=0)
    report = models.JSONField(default=dict)
    rejects = models.FileField(upload_to="rejects/%Y/%m/", max_length=200, blank=True)
    error = models.TextField(blank=True)
    uploaded_by = models.ForeignKey(
        get_user_model(), models.PROTECT, null=True, related_name="+", db_index=False
    )
    uploaded_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = TenantQuerySet["OrderImport"].as_manager()

    class Meta:
        verbose_name = _("order import")
        constraints = [
            models.UniqueConstraint(fields=["merchant", "public_id"], name="orders_import_public")
        ]
        indexes = [
            models.Index(fields=["merchant", "-uploaded_at", "-id"], name="orders_import_recent")
        ]

    def __str__(self) -> str:
        return self.file_name

    @property
    def state(self) -> ImportStatus:
        """The status with its words and colour."""
        return ImportStatus(self.status)
