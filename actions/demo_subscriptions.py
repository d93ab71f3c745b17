"""The demo's subscriptions: profiles, offers with cycles, connections, and who was charged what."""

from __future__ import annotations

import random
from datetime import timedelta
from decimal import Decimal

from django.utils import timezone

from accounts.actor import Actor
from accounts.models import Customer, Merchant, Vendor
from actions.connections import add_connection
from actions.offers import CycleRequest, OfferEdit, add_cycle, add_offer, change_offer
from actions.profiles import ProfileEdit, add_profile, archive_profile, change_profile
from actions.subscriptions import (
    ChargeRequest,
    add_charge,
    add_subscription,
    cancel_subscription,
)
from core.tenancy import tenant
from orders.models import Offer, OfferCycle, Order, RmaLevel
from profiles.models import ReturnProfile
from profiles.terms import Basis, CycleKind, Outcome, Rule, Terms

FULL = Rule(Outcome.REFUND_AND_CANCEL, Decimal(100))
HALF = Rule(Outcome.REFUND_AND_CANCEL, Decimal(50))
QUARTER = Rule(Outcome.REFUND_AND_CANCEL, Decimal(25))
CANCEL = Rule(Outcome.CANCEL_ONLY)
NOTHING = Rule(Outcome.NO_ACTION)

PROFILES = {
    "Kind: 30 days, then half": Terms(FULL, HALF, CANCEL, 30, end_of_trial=True),
    "Trial: cancel only": Terms(FULL, HALF, CANCEL, 14, trial_cancel_only=True, end_of_trial=True),
    "Strict: 14 days, 15 % restocking": Terms(
        FULL, QUARTER, NOTHING, 14, restocking_percent=Decimal(15)
    ),
    "Everything back, always": Terms(FULL, FULL, FULL, basis=Basis.WITH_SHIPPING),
}
OFFERS = (
    ("TEA-MONTHLY", "Tea of the month", True, "Kind: 30 days, then half"),
    ("CANDLE-CLUB", "Candle club", False, "Strict: 14 days, 15 % restocking"),
    ("CARDS-QUARTERLY", "Cards every quarter", False, None),
)
LEVELS = {
    "northlight-lamps": ("Northlight parcels", RmaLevel.CUSTOMERS),
    "paper-and-twine": ("Paper & Twine by post", RmaLevel.STAFF),
    "regency-tea": ("Regency fulfilment", RmaLevel.CHECK_IN),
    "own-warehouse": ("Own warehouse", RmaLevel.CUSTOMERS),
}
SUBSCRIBERS = 24


def make(slug: str) -> None:
    """Everything about subscriptions of the merchant `slug`, through the verbs people use."""
    with tenant(system=True):
        merchant = Merchant.objects.get(slug=slug)
    actor = Actor.system(merchant)
    with tenant(merchant.pk):
        profiles = _profiles(actor)
        offers = _offers(actor, profiles)
        for vendor in Vendor.objects.visible_to(actor).filter(code__in=LEVELS):
            name, level = LEVELS[vendor.code]
            add_connection(actor, vendor, name, level)
        _subscribe(actor, offers)


def _profiles(actor: Actor) -> dict[str, ReturnProfile]:
    made = {name: add_profile(actor, ProfileEdit(name, terms)) for name, terms in PROFILES.items()}
    strict = "Strict: 14 days, 15 % restocking"
    now = Terms(FULL, QUARTER, CANCEL, 21, restocking_percent=Decimal("12.50"))
    change_profile(actor, made[strict], ProfileEdit("Strict: 21 days", now), version=1)
    old = add_profile(actor, ProfileEdit("Before 2026", Terms(FULL, NOTHING, NOTHING, 7)))
    archive_profile(actor, old)
    return made


def _offers(actor: Actor, profiles: dict[str, ReturnProfile]) -> list[Offer]:
    made = []
    for code, name, has_trial, profile in OFFERS:
        chosen = profiles[profile].pk if profile else None
        offer = add_offer(actor, name, code, has_trial=has_trial, profile_id=chosen)
        if has_trial:
            trial = OfferCycle.objects.visible_to(actor).get(offer=offer, kind=CycleKind.TRIAL)
            only = profiles["Trial: cancel only"].pk
            change_offer(actor, offer, OfferEdit(name, profiles={trial.pk: only}))
            later = profiles["Everything back, always"].pk
            add_cycle(actor, offer, CycleRequest(CycleKind.REBILL, 3, later))
        made.append(offer)
    return made


def _subscribe(actor: Actor, offers: list[Offer]) -> None:
    """Some customers with orders subscribe; Cora is one of them."""
    chance = random.Random(11)  # noqa: S311 - the demo should look the same every time
    customers = Customer.objects.visible_to(actor).filter(orders__isnull=False).distinct()
    cora = customers.filter(name="Cora Lindqvist")
    for place, customer in enumerate([*cora, *customers.order_by("id")[:SUBSCRIBERS]]):
        latest = Order.objects.visible_to(actor).filter(customer=customer, shipped_units__gt=0)
        order = latest.order_by("-placed_at", "-id").first()
        if order is None or customer.subscriptions.exists():
            continue
        _charge(actor, customer, offers[place % len(offers)], order, chance)


def _charge(
    actor: Actor, customer: Customer, offer: Offer, order: Order, chance: random.Random
) -> None:
    """One subscription with a charge for each month so far; the latest is for `order`."""
    with_trial = offer.code == "TEA-MONTHLY"
    months = chance.randint(1, 4)
    started = timezone.now() - timedelta(days=30 * months)
    in_trial = with_trial and months == 1
    number = f"SUB-{customer.number}"
    subscription = add_subscription(actor, customer, offer, number, started, is_trial=in_trial)
    kinds = [(CycleKind.TRIAL, 0)] if with_trial else []
    kinds += [(CycleKind.INITIAL, 0), *((CycleKind.REBILL, n) for n in range(1, 4))]
    price = Decimal(chance.choice(("12.00", "18.50", "24.99")))
    for month, (kind, rebill) in enumerate(kinds[:months]):
        items = Decimal("1.00") if kind is CycleKind.TRIAL else price
        is_latest = month == months - 1
        total = items + _tax(items) + Decimal("2.95")
        back = total if month == 0 and chance.randrange(100) < 15 else Decimal(0)
        request = ChargeRequest(
            kind=kind,
            number=rebill,
            reference=f"ch_{customer.number}_{month + 1}",
            charged_at=started + timedelta(days=30 * month, hours=2),
            currency=order.currency,
            items=items,
            tax=_tax(items),
            shipping=Decimal("2.95"),
            refunded=back,
            order_id=order.pk if is_latest else None,
        )
        add_charge(actor, subscription, request)
    if chance.randrange(100) < 20:
        cancel_subscription(actor, subscription, reason="Asked by e-mail")


def _tax(items: Decimal) -> Decimal:
    return (items * Decimal("0.2")).quantize(Decimal("0.01"))
