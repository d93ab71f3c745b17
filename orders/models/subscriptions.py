"""Offers and their cycles, subscriptions and what they were charged; connections (P1, P4)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Self

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower, Now
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.actor import Actor, ActorKind
from accounts.base import PublicModel, TenantQuerySet
from accounts.models import Customer, Vendor
from core.fields import MoneyField, NumberField, TenantForeignKey
from orders.models.orders import Order, Shipment
from profiles.models import ReturnProfile
from profiles.quote import ALL, Charged, Returned
from profiles.terms import CycleKind, Source

ZERO = Decimal(0)


class OwnQuerySet(TenantQuerySet[Any]):
    """Rows that staff see all of, customers their own (`_customer` is the way there)."""

    _customer = ""

    def visible_to(self, actor: Actor) -> Self:
        """All for staff, a customer's own, none for a vendor."""
        found = self.of_merchant(actor)
        if actor.is_staff:
            return found
        if actor.kind is ActorKind.CUSTOMER:
            mine = found.filter(**{self._customer: actor.customer_id or 0})
            return mine.distinct() if "subscriptions" in self._customer else mine
        return found.none()


class RmaLevel(models.IntegerChoices):
    """What a connection can do about RMAs; each level includes those below it (P4)."""

    NONE = 0, _("None")
    NOTES = 1, _("Notes only")
    STAFF = 2, _("Staff generate")
    CUSTOMERS = 3, _("Customers start")
    CHECK_IN = 4, _("Carrier or provider check-in")

    @property
    def sentence(self) -> Promise:
        """What the level means, in words."""
        return LEVEL_SENTENCES[self]


LEVEL_SENTENCES: dict[RmaLevel, Promise] = {
    RmaLevel.NONE: _("Parcels of this connection know no RMAs. Returns are made by hand."),
    RmaLevel.NOTES: _("Staff may note an RMA number of another system; none is generated here."),
    RmaLevel.STAFF: _("Staff generate the RMA from a shipment and send it to the customer."),
    RmaLevel.CUSTOMERS: _(
        "Customers start the return of a shipment themselves; staff can do it for them."
    ),
    RmaLevel.CHECK_IN: _(
        "Customers start returns, and the carrier or provider reports the parcel as returned by"
        " itself."
    ),
}


class Connection(PublicModel):
    """How parcels of a vendor are sent, and what that allows for their RMAs.

    A shipment's connection is that of the vendor who fulfilled it; a vendor without one has
    level 0.
    """

    name = models.CharField(_("name"), max_length=80)
    vendor = TenantForeignKey(Vendor, related_name="connections", db_index=False)
    shipment_rma_level = models.PositiveSmallIntegerField(
        _("RMA level"), choices=RmaLevel.choices, default=RmaLevel.NONE
    )
    created_at = models.DateTimeField(db_default=Now())

    objects = TenantQuerySet["Connection"].as_manager()

    class Meta:
        verbose_name = _("connection")
        constraints = [
            models.UniqueConstraint(
                fields=["merchant", "public_id"], name="orders_connection_public"
            ),
            models.UniqueConstraint(fields=["merchant", "vendor"], name="orders_connection_vendor"),
            models.UniqueConstraint("merchant", Lower("name"), name="orders_connection_name"),
            models.CheckConstraint(
                condition=Q(shipment_rma_level__lte=4), name="orders_connection_level"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def level(self) -> RmaLevel:
        """The level with its word and sentence."""
        return RmaLevel(self.shipment_rma_level)


class OfferQuerySet(OwnQuerySet):
    """Questions about offers."""

    _customer = "subscriptions__customer_id"

    def offered(self) -> Self:
        """Those that new subscriptions can be made for."""
        return self.filter(archived_at__isnull=True)


class Offer(PublicModel):
    """What is sold by subscription, under the merchant's own code."""

    name = models.CharField(_("name"), max_length=80)
    code = NumberField(_("code"))
    archived_at = models.DateTimeField(_("archived at"), null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    objects = OfferQuerySet.as_manager()

    class Meta:
        verbose_name = _("offer")
        constraints = [
            models.UniqueConstraint(fields=["merchant", "public_id"], name="orders_offer_public"),
            models.UniqueConstraint(fields=["merchant", "code"], name="orders_offer_code"),
        ]

    def __str__(self) -> str:
        return self.name


class OfferCycleQuerySet(OwnQuerySet):
    """Questions about cycles."""

    _customer = "offer__subscriptions__customer_id"

    def in_order(self) -> Self:
        """Trial, initial, rebills by number."""
        place = models.Case(
            models.When(kind=CycleKind.TRIAL, then=0),
            models.When(kind=CycleKind.INITIAL, then=1),
            default=2,
        )
        return self.order_by(place, "number")

    def of_charge(self, kind: str, number: int) -> Self:
        """The cycle of an offer that a charge belongs to, first of what is found.

        Rebill n is charged under the last rebill cycle up to n, so an offer needs no cycle for
        every month.
        """
        return self.filter(kind=kind, number__lte=number).order_by("-number")


class OfferCycle(PublicModel):
    """A stage of an offer and the return profile that judges what is sent back from it (P1).

    `number` is 0 for trial and initial; a rebill's counts from 1, and stands for all later ones up
    to the next rebill cycle. Without a profile nothing shipped in this cycle can get an RMA.
    """

    offer = TenantForeignKey(Offer, related_name="cycles", db_index=False)
    kind = models.CharField(_("cycle"), max_length=8, choices=CycleKind.choices)
    number = models.PositiveIntegerField(default=0)
    profile = TenantForeignKey(
        ReturnProfile, null=True, blank=True, related_name="cycles", db_index=False
    )

    objects = OfferCycleQuerySet.as_manager()

    class Meta:
        verbose_name = _("offer cycle")
        constraints = [
            models.UniqueConstraint(fields=["merchant", "public_id"], name="orders_cycle_public"),
            models.UniqueConstraint(
                fields=["merchant", "offer", "kind", "number"], name="orders_cycle_key"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=("trial", "initial"), number=0)
                | Q(kind="rebill", number__gte=1),
                name="orders_cycle_number",
            ),
        ]
        indexes = [models.Index(fields=["merchant", "profile"], name="orders_cycle_profile")]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """ "Trial", "Initial", "Rebill 2"."""
        return cycle_label(self.kind, self.number)


def cycle_label(kind: str, number: int) -> str:
    """How a cycle is called."""
    word = str(CycleKind(kind).label)
    return f"{word} {number}" if number else word


class SubscriptionStatus(models.TextChoices):
    """Whether a subscription goes on."""

    ACTIVE = "active", _("Active")
    CANCELED = "canceled", _("Canceled")

    @property
    def tone(self) -> str:
        """The colour of its badge."""
        return "agreed" if self is SubscriptionStatus.ACTIVE else "ended"


class SubscriptionQuerySet(OwnQuerySet):
    """Questions about subscriptions."""

    _customer = "customer_id"


class Subscription(PublicModel):
    """A customer's subscription to an offer, under the number of the system that bills it.

    `is_trial`: it is in its trial now. A canceled one says when.
    """

    number = NumberField(_("subscription number"))
    customer = TenantForeignKey(Customer, related_name="subscriptions", db_index=False)
    offer = TenantForeignKey(Offer, related_name="subscriptions", db_index=False)
    status = models.CharField(
        _("status"),
        max_length=8,
        choices=SubscriptionStatus.choices,
        default=SubscriptionStatus.ACTIVE,
    )
    is_trial = models.BooleanField(_("in its trial"), default=False)
    started_at = models.DateTimeField(_("started at"))
    canceled_at = models.DateTimeField(_("canceled at"), null=True, blank=True)

    objects = SubscriptionQuerySet.as_manager()

    class Meta:
        verbose_name = _("subscription")
        constraints = [
            models.UniqueConstraint(
                fields=["merchant", "public_id"], name="orders_subscription_public"
            ),
            models.UniqueConstraint(
                fields=["merchant", "number"], name="orders_subscription_number"
            ),
            models.CheckConstraint(
                condition=Q(status="active", canceled_at__isnull=True)
                | Q(status="canceled", canceled_at__isnull=False),
                name="orders_subscription_canceled",
            ),
        ]
        indexes = [
            models.Index(fields=["merchant", "customer"], name="orders_subscription_customer"),
            models.Index(fields=["merchant", "offer"], name="orders_subscription_offer"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def state(self) -> SubscriptionStatus:
        """The status with its word and colour."""
        return SubscriptionStatus(self.status)

    @property
    def is_active(self) -> bool:
        """Whether it goes on."""
        return self.status == SubscriptionStatus.ACTIVE


class ChargeQuerySet(OwnQuerySet):
    """Questions about charges."""

    _customer = "subscription__customer_id"

    def after_trial_of(self, subscription: Subscription) -> Self:
        """The end-of-trial charges: the initial ones that were paid, once there was a trial.

        None for a subscription without a trial charge: its initial charge ended no trial.
        """
        of_it = self.filter(merchant_id=subscription.merchant_id, subscription=subscription)
        if not of_it.filter(cycle__kind=CycleKind.TRIAL).exists():
            return self.none()
        return of_it.filter(cycle__kind=CycleKind.INITIAL, paid__gt=0).order_by("charged_at", "id")


class Charge(PublicModel):
    """What a subscription was charged in one cycle, in `currency`.

    `total` is items, tax and shipping. `paid` is what came in, `refunded` what went back or is on
    its way back; the database keeps 0 <= refunded <= paid <= total. `reference` names the payment
    at the system that took it and is known once per merchant. `cycle_number` is the rebill it
    really was; its `cycle` may stand for several. `order` and `shipment` are what it paid for.
    """

    subscription = TenantForeignKey(Subscription, related_name="charges", db_index=False)
    cycle = TenantForeignKey(OfferCycle, related_name="charges", db_index=False)
    cycle_number = models.PositiveIntegerField(default=0)
    order = TenantForeignKey(Order, null=True, blank=True, related_name="charges", db_index=False)
    shipment = TenantForeignKey(
        Shipment, null=True, blank=True, related_name="charges", db_index=False
    )
    currency = models.CharField(_("currency"), max_length=3)
    items = MoneyField(_("items"))
    tax = MoneyField(_("tax"), db_default=ZERO, default=ZERO)
    shipping = MoneyField(_("shipping"), db_default=ZERO, default=ZERO)
    total = models.GeneratedField(
        expression=F("items") + F("tax") + F("shipping"),
        output_field=MoneyField(),
        db_persist=True,
    )
    paid = MoneyField(_("paid"), db_default=ZERO, default=ZERO)
    refunded = MoneyField(_("refunded"), db_default=ZERO, default=ZERO)
    charged_at = models.DateTimeField(_("charged at"))
    reference = NumberField(_("reference"), max_length=80)

    objects = ChargeQuerySet.as_manager()

    class Meta:
        verbose_name = _("charge")
        constraints = [
            models.UniqueConstraint(fields=["merchant", "public_id"], name="orders_charge_public"),
            models.UniqueConstraint(
                fields=["merchant", "reference"], name="orders_charge_reference"
            ),
            models.CheckConstraint(
                condition=Q(items__gte=0, tax__gte=0, shipping__gte=0), name="orders_charge_parts"
            ),
            models.CheckConstraint(
                condition=Q(paid__gte=0, paid__lte=F("items") + F("tax") + F("shipping")),
                name="orders_charge_paid_within_total",
            ),
            models.CheckConstraint(
                condition=Q(refunded__gte=0, refunded__lte=F("paid")),
                name="orders_charge_refunded_within_paid",
            ),
            models.CheckConstraint(
                condition=Q(shipment__isnull=True) | Q(order__isnull=False),
                name="orders_charge_shipment_of_order",
            ),
        ]
        indexes = [
            models.Index(
                fields=["merchant", "subscription", "charged_at"], name="orders_charge_subscription"
            ),
            models.Index(
                fields=["merchant", "order"],
                name="orders_charge_order",
                condition=Q(order__isnull=False),
            ),
            models.Index(
                fields=["merchant", "shipment"],
                name="orders_charge_shipment",
                condition=Q(shipment__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def cycle_label(self) -> str:
        """The cycle it was charged for: "Trial", "Rebill 7"."""
        return cycle_label(self.cycle.kind, self.cycle_number)

    @property
    def left(self) -> Decimal:
        """What may still be refunded of it."""
        return self.paid - self.refunded

    def charged(self, source: Source = Source.OWN, returned: Returned = ALL) -> Charged:
        """The charge as `profiles.quote` reads it; `returned` says which of its units come back."""
        return Charged(
            reference=self.reference,
            currency=self.currency,
            items=self.items,
            tax=self.tax,
            shipping=self.shipping,
            paid=self.paid,
            refunded=self.refunded,
            source=source,
            returned=returned,
        )
