"""Rows for tests. Each factory binds the tenant of the row itself, so it may be called anywhere.

A factory makes one row and what that row must point to, nothing else: counters and totals are what
you say. Whole papers whose numbers agree come from the functions at the end.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.db.models import F
from django.utils import timezone
from factory.declarations import (
    LazyAttribute,
    LazyFunction,
    SelfAttribute,
    Sequence,
    SubFactory,
)
from factory.django import DjangoModelFactory
from factory.helpers import post_generation

from accounts.actor import Actor
from accounts.models import Customer, Membership, Merchant, User, Vendor
from accounts.numbering import start_series
from accounts.permissions import Role
from actions.progress import listed as listed_names
from actions.requests import LineRequest, ReturnRequest, RmaRequest
from actions.returns import create_return
from core.tenancy import tenant
from orders.models import (
    Channel,
    ChannelInvoice,
    Charge,
    Connection,
    FulfillmentRequest,
    Offer,
    OfferCycle,
    Order,
    OrderLine,
    Product,
    Shipment,
    Subscription,
)
from profiles.models import ReturnProfile, ReturnProfileVersion
from profiles.terms import CycleKind, Outcome
from returns.models import RefundEntry, Return, ReturnLine, ReturnReason, copies_of
from returns.states import DEFAULT_REASONS
from rmas.models import Rma

PASSWORD = "a-long-password"
ZERO = Decimal(0)


class UserFactory(DjangoModelFactory):
    """A person who signs in with PASSWORD."""

    class Meta:
        model = User

    name = Sequence(lambda n: f"Person {n}")
    email = LazyAttribute(lambda o: f"{o.name.lower().replace(' ', '.')}@example.com")

    @classmethod
    def _create(cls, model_class: type[User], *args: Any, **fields: Any) -> User:
        return User.objects.create_user(password=fields.pop("password", PASSWORD), **fields)


class MerchantFactory(DjangoModelFactory):
    """A merchant with its number series and the default reasons."""

    class Meta:
        model = Merchant

    name = Sequence(lambda n: f"Merchant {n}")
    slug = Sequence(lambda n: f"merchant-{n}")

    @classmethod
    def _create(cls, model_class: type[Merchant], *args: Any, **fields: Any) -> Merchant:
        with tenant(system=True):
            merchant = Merchant.objects.create(**fields)
        with tenant(merchant.pk):
            start_series(merchant)
            ReturnReason.objects.bulk_create(
                ReturnReason(merchant=merchant, code=code, label=str(label), position=place)
                for place, (code, label) in enumerate(DEFAULT_REASONS)
            )
        return merchant


class TenantFactory(DjangoModelFactory):
    """A row of one merchant; without `merchant` a new one is made."""

    class Meta:
        abstract = True

    merchant = SubFactory(MerchantFactory)

    @classmethod
    def _create(cls, model_class: type[Any], *args: Any, **fields: Any) -> Any:
        with tenant(fields["merchant"].pk):
            return super()._create(model_class, *args, **fields)


def own(factory_class: type[TenantFactory], **fields: Any) -> SubFactory:
    """A sub-factory at the same merchant."""
    return SubFactory(factory_class, merchant=SelfAttribute("..merchant"), **fields)


class VendorFactory(TenantFactory):
    """A supplier."""

    class Meta:
        model = Vendor

    name = Sequence(lambda n: f"Vendor {n}")
    code = LazyAttribute(lambda o: o.name.lower().replace(" ", "-").replace("&", "and"))
    return_address = "1 Dock Road\nLeeds LS1 1AA"


class CustomerFactory(TenantFactory):
    """Somebody who bought."""

    class Meta:
        model = Customer

    number = Sequence(lambda n: f"C{10000 + n}")
    name = Sequence(lambda n: f"Customer {n}")
    email = LazyAttribute(lambda o: f"{o.name.lower().replace(' ', '.')}@example.com")
    country = "United Kingdom"


class MembershipFactory(TenantFactory):
    """What a user is to a merchant; staff unless vendor or customer is given with its role."""

    class Meta:
        model = Membership

    user = SubFactory(UserFactory)
    role = Role.AGENT


class ChannelFactory(TenantFactory):
    """Where the merchant sells."""

    class Meta:
        model = Channel

    name = Sequence(lambda n: f"Channel {n}")
    code = Sequence(lambda n: f"channel-{n}")


class ProductFactory(TenantFactory):
    """What is sold."""

    class Meta:
        model = Product

    sku = Sequence(lambda n: f"SKU-{n}")
    title = Sequence(lambda n: f"Product {n}")
    unit_cost = Decimal("4.00")


class OrderFactory(TenantFactory):
    """An order without lines."""

    class Meta:
        model = Order

    channel = own(ChannelFactory)
    customer = own(CustomerFactory)
    number = Sequence(lambda n: f"{500000 + n}")
    placed_at = LazyFunction(timezone.now)
    currency = "GBP"
    country = "United Kingdom"


class FulfillmentRequestFactory(TenantFactory):
    """What one vendor is asked to fulfil of an order."""

    class Meta:
        model = FulfillmentRequest

    order = own(OrderFactory)
    vendor = own(VendorFactory)
    number = Sequence(lambda n: f"PO-{80000 + n}")


class ShipmentFactory(TenantFactory):
    """A parcel to the customer."""

    class Meta:
        model = Shipment

    order = own(OrderFactory)
    fulfillment_request = SubFactory(
        FulfillmentRequestFactory,
        merchant=SelfAttribute("..merchant"),
        order=SelfAttribute("..order"),
    )
    carrier = "Royal Mail"
    tracking_number = Sequence(lambda n: f"JX{n:09}GB")
    shipped_at = LazyFunction(timezone.now)


class OrderLineFactory(TenantFactory):
    """A line that has not left yet: 1 x 10.00."""

    class Meta:
        model = OrderLine

    order = own(OrderFactory)
    product = own(ProductFactory)
    position = Sequence(lambda n: n)
    title = SelfAttribute("product.title")
    quantity = 1
    unit_price = Decimal("10.00")
    total = LazyAttribute(lambda o: o.quantity * o.unit_price)


class ChannelInvoiceFactory(TenantFactory):
    """What the channel billed."""

    class Meta:
        model = ChannelInvoice

    order = own(OrderFactory)
    number = Sequence(lambda n: f"INV-{n}")
    subtotal = SelfAttribute("order.paid_total")


class ReturnFactory(TenantFactory):
    """A return without lines; its counters are zero unless you say otherwise."""

    class Meta:
        model = Return

    order = own(OrderFactory)
    channel = SelfAttribute("order.channel")
    customer = SelfAttribute("order.customer")
    number = Sequence(lambda n: f"R-{50000 + n}")
    currency = SelfAttribute("order.currency")
    requested_at = LazyFunction(timezone.now)
    order_number = LazyAttribute(lambda made: copies_of(made.order)["order_number"])
    channel_name = LazyAttribute(lambda made: copies_of(made.order)["channel_name"])
    customer_number = LazyAttribute(lambda made: copies_of(made.order)["customer_number"])
    customer_name = LazyAttribute(lambda made: copies_of(made.order)["customer_name"])
    customer_email = LazyAttribute(lambda made: copies_of(made.order)["customer_email"])


class ReturnLineFactory(TenantFactory):
    """One unit of an order line on a return."""

    class Meta:
        model = ReturnLine

    customer_return = own(ReturnFactory)
    order_line = SubFactory(
        OrderLineFactory,
        merchant=SelfAttribute("..merchant"),
        order=SelfAttribute("..customer_return.order"),
    )
    quantity = 1


class RefundEntryFactory(TenantFactory):
    """An entry of the refund ledger; no total knows of it."""

    class Meta:
        model = RefundEntry

    customer_return = own(ReturnFactory)
    order = SelfAttribute("customer_return.order")
    kind = "applied"
    amount = Decimal("1.00")
    currency = SelfAttribute("customer_return.currency")


class RmaFactory(TenantFactory):
    """An RMA without lines."""

    class Meta:
        model = Rma
        skip_postgeneration_save = True

    customer_return = own(ReturnFactory)
    order = SelfAttribute("customer_return.order")
    vendor = own(VendorFactory)
    number = Sequence(lambda n: f"RMA-{50000 + n}")
    currency = SelfAttribute("customer_return.currency")

    @post_generation
    def listed(self: Any, create: bool, extracted: Any, **kwargs: Any) -> None:
        """The return lists it, as the actions see to."""
        if create:
            with tenant(self.merchant_id):
                rmas = Rma.objects.filter(customer_return=self.customer_return_id).order_by("pk")
                named = [(rma.number, rma.vendor.name) for rma in rmas.select_related("vendor")]
                numbers, vendors = listed_names(*zip(*named, strict=True))
                Return.objects.filter(pk=self.customer_return_id).update(
                    rma_numbers=numbers, vendor_names=vendors
                )


class ReturnProfileFactory(TenantFactory):
    """A profile with one version: full refund in time, half of it later, none without an RMA.

    `terms` gives other columns of the version.
    """

    class Meta:
        model = ReturnProfile

    name = Sequence(lambda n: f"Profile {n}")

    @classmethod
    def _create(cls, model_class: type[Any], *args: Any, **fields: Any) -> Any:
        terms = {**USUAL_TERMS, **fields.pop("terms", {})}
        profile = super()._create(model_class, *args, **fields)
        with tenant(profile.merchant_id):
            ReturnProfileVersion.objects.create(
                merchant=profile.merchant, profile=profile, number=1, name=profile.name, **terms
            )
        return profile


USUAL_TERMS: dict[str, Any] = {
    "expires": True,
    "expiry_days": 30,
    "valid_outcome": Outcome.REFUND_AND_CANCEL,
    "valid_percent": 100,
    "expired_outcome": Outcome.REFUND_AND_CANCEL,
    "expired_percent": 50,
    "none_outcome": Outcome.CANCEL_ONLY,
}


class ConnectionFactory(TenantFactory):
    """A connection whose customers start returns."""

    class Meta:
        model = Connection

    name = Sequence(lambda n: f"Connection {n}")
    vendor = own(VendorFactory)
    shipment_rma_level = 3


class OfferFactory(TenantFactory):
    """An offer without cycles."""

    class Meta:
        model = Offer

    name = Sequence(lambda n: f"Offer {n}")
    code = Sequence(lambda n: f"OFFER-{n}")


class OfferCycleFactory(TenantFactory):
    """The initial cycle of an offer, without a profile."""

    class Meta:
        model = OfferCycle

    offer = own(OfferFactory)
    kind = CycleKind.INITIAL


class SubscriptionFactory(TenantFactory):
    """An active subscription."""

    class Meta:
        model = Subscription

    number = Sequence(lambda n: f"SUB-{n}")
    customer = own(CustomerFactory)
    offer = own(OfferFactory)
    started_at = LazyFunction(timezone.now)


class ChargeFactory(TenantFactory):
    """A paid charge of 20.00 and 4.00 tax for the initial cycle."""

    class Meta:
        model = Charge

    subscription = own(SubscriptionFactory)
    cycle = SubFactory(
        OfferCycleFactory,
        merchant=SelfAttribute("..merchant"),
        offer=SelfAttribute("..subscription.offer"),
    )
    currency = "GBP"
    items = Decimal("20.00")
    tax = Decimal("4.00")
    paid = Decimal("24.00")
    charged_at = LazyFunction(timezone.now)
    reference = Sequence(lambda n: f"ch_{n}")


# --- whole papers -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Item:
    """One order line to make: `total` is quantity x price, less discount, plus tax."""

    quantity: int = 3
    price: Decimal | str = "10.00"
    discount: Decimal | str = "0"
    tax: Decimal | str = "0"
    title: str = "White metal lantern"
    sku: str = ""

    @property
    def total(self) -> Decimal:
        """What the customer paid for the line."""
        gross = self.quantity * Decimal(self.price)
        return gross - Decimal(self.discount) + Decimal(self.tax)


def shipped_order(
    merchant: Merchant,
    *items: Item,
    vendor: Vendor | None = None,
    invoice: bool = True,
    **fields: Any,
) -> Order:
    """An order that `vendor` fulfilled and shipped in one parcel, with an invoice of its total.

    Without items it has one line of 3 x 10.00; without a vendor a new one is made.
    """
    items = items or (Item(),)
    vendor = vendor or VendorFactory(merchant=merchant)
    units = sum(item.quantity for item in items)
    totals = {
        "line_count": len(items),
        "unit_count": units,
        "shipped_units": units,
        "paid_total": sum((item.total for item in items), ZERO),
    }
    order: Order = OrderFactory(merchant=merchant, **{**totals, **fields})
    request = FulfillmentRequestFactory(
        merchant=merchant, order=order, vendor=vendor, line_count=len(items), unit_count=units
    )
    shipment = ShipmentFactory(merchant=merchant, order=order, fulfillment_request=request)
    for position, item in enumerate(items, 1):
        named = {"sku": item.sku} if item.sku else {}
        OrderLineFactory(
            merchant=merchant,
            order=order,
            product=ProductFactory(merchant=merchant, title=item.title, vendor=vendor, **named),
            fulfillment_request=request,
            shipment=shipment,
            position=position,
            quantity=item.quantity,
            unit_price=Decimal(item.price),
            discount=Decimal(item.discount),
            tax=Decimal(item.tax),
            total=item.total,
        )
    if invoice:
        ChannelInvoiceFactory(merchant=merchant, order=order)
    return order


def made_return(
    actor: Actor, order: Order, *, units: int = 1, approve: bool = False, **request: Any
) -> Return:
    """A return of `units` of each line of `order`, made by the action as a person would.

    Each line goes back to the vendor that fulfilled it.
    """
    with tenant(actor.merchant_id, user=actor.user.pk if actor.user else None):
        reason = ReturnReason.objects.filter(merchant=actor.merchant).first()
        assert reason is not None
        lines = [
            LineRequest(
                order_line_id=line.pk,
                quantity=units,
                destination_id=line.vendor_id,
                reason_id=reason.pk,
                condition="new",
            )
            for line in order.lines.annotate(
                vendor_id=F("fulfillment_request__vendor_id")
            ).order_by("position")
        ]
        destinations = dict.fromkeys(line.destination_id for line in lines)
        rmas = [RmaRequest(pk, approve=approve) for pk in destinations]
        made: Return = create_return(actor, order, ReturnRequest(lines=lines, rmas=rmas, **request))
        return made


def subscribed(
    merchant: Merchant,
    customer: Customer,
    *,
    order: Order | None = None,
    profile: ReturnProfile | None = None,
) -> Subscription:
    """A subscription of `customer` with one charge for `order`, under a cycle with `profile`."""
    cycle = OfferCycleFactory(merchant=merchant, profile=profile)
    made: Subscription = SubscriptionFactory(
        merchant=merchant, customer=customer, offer=cycle.offer
    )
    ChargeFactory(merchant=merchant, subscription=made, cycle=cycle, order=order)
    return made


def at(text: str) -> datetime:
    """A moment in UTC: at("2026-11-21 09:12")."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def new_key() -> str:
    """The idempotency key of a form."""
    return str(uuid.uuid4())
