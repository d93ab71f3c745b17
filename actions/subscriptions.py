"""Verbs of subscriptions: add one by hand, add a charge to it, cancel it (P1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actor import Actor
from accounts.models import Customer
from actions.base import action
from actions.locks import lock_merchant
from actions.offers import MOST_REBILLS, cycle_of
from audit.record import record
from core.errors import Refused
from core.money import ZERO, cent, quantise
from orders.models import Charge, Offer, OfferCycle, Order, Subscription, SubscriptionStatus
from profiles.terms import CycleKind

MOST = Decimal(10) ** 12


@dataclass(frozen=True, slots=True)
class ChargeRequest:
    """A charge to write down, in `currency`. `paid` None means all of it.

    `number` is the rebill it was, 0 for trial and initial. `order_id` is the order it paid for.
    """

    kind: CycleKind
    reference: str
    charged_at: datetime
    currency: str
    items: Decimal
    tax: Decimal = ZERO
    shipping: Decimal = ZERO
    paid: Decimal | None = None
    refunded: Decimal = ZERO
    number: int = 0
    order_id: int | None = None

    @property
    def total(self) -> Decimal:
        """What was charged."""
        return self.items + self.tax + self.shipping


@action("subscription.edit")
def add_subscription(
    actor: Actor,
    customer: Customer,
    offer: Offer,
    number: str,
    started_at: datetime,
    *,
    is_trial: bool = False,
) -> Subscription:
    """An active subscription of `customer`, under its number at the system that bills it.

    Raises Refused with the field: the number is known, the offer retired or without a trial.
    """
    lock_merchant(actor)
    number = _checked_number(actor, number)
    if offer.archived_at:
        raise Refused(
            _("“%(name)s” is retired. Offer it again first.") % {"name": offer.name}, field="offer"
        )
    trials = OfferCycle.objects.visible_to(actor).filter(offer=offer, kind=CycleKind.TRIAL)
    if is_trial and not trials.exists():
        raise Refused(
            _("“%(name)s” has no trial. Add that cycle to the offer first.") % {"name": offer.name},
            field="is_trial",
        )
    if started_at > timezone.now():
        raise Refused(_("Enter a day that is not in the future."), field="started_at")
    made = Subscription.objects.create(
        merchant=actor.merchant,
        number=number,
        customer=customer,
        offer=offer,
        is_trial=is_trial,
        started_at=started_at,
    )
    record(actor, "subscription.added", made, parent=customer, number=number, offer=offer.name)
    return made


@action("subscription.edit")
def add_charge(actor: Actor, subscription: Subscription, request: ChargeRequest) -> Charge:
    """Write down what a subscription was charged. No money moves.

    Raises Refused with the field: the reference is known, the offer lacks the cycle, amounts do not
    fit each other, or the order is of another customer or currency.
    """
    lock_merchant(actor)
    found = lock_subscription(actor, subscription.pk)
    _check_amounts(request)
    reference = _checked_reference(actor, request.reference)
    order = _order(actor, found, request)
    if request.charged_at > timezone.now():
        raise Refused(_("Enter a day that is not in the future."), field="charged_at")
    made = Charge.objects.create(
        merchant=actor.merchant,
        subscription=found,
        cycle=_cycle(actor, found, request),
        cycle_number=request.number if request.kind is CycleKind.REBILL else 0,
        order=order,
        currency=request.currency,
        items=request.items,
        tax=request.tax,
        shipping=request.shipping,
        paid=request.total if request.paid is None else request.paid,
        refunded=request.refunded,
        charged_at=request.charged_at,
        reference=reference,
    )
    record(
        actor,
        "charge.added",
        made,
        parent=found,
        cycle=made.cycle_label,
        number=found.number,
        amount=f"{quantise(request.total, request.currency)} {request.currency}",
    )
    return made


@action("subscription.edit")
def cancel_subscription(
    actor: Actor, subscription: Subscription, *, reason: str = ""
) -> Subscription:
    """End an active subscription now. Its charges stay as they are. Raises Refused if it ended."""
    found = lock_subscription(actor, subscription.pk)
    if not found.is_active:
        raise Refused(_("Subscription %(number)s was canceled before.") % {"number": found.number})
    found.status, found.canceled_at = SubscriptionStatus.CANCELED, timezone.now()
    found.save(update_fields=["status", "canceled_at"])
    record(
        actor,
        "subscription.canceled",
        found,
        parent=found.customer,
        number=found.number,
        reason=reason,
    )
    return found


def lock_subscription(actor: Actor, subscription_id: int) -> Subscription:
    """The subscription with customer and offer, locked until the transaction ends, as it is now."""
    subscriptions = Subscription.objects.visible_to(actor).select_related("customer", "offer")
    found: Subscription = subscriptions.select_for_update(of=("self",)).get(pk=subscription_id)
    return found


def _checked_number(actor: Actor, number: str) -> str:
    number = number.strip()
    if not number or len(number) > 40:
        raise Refused(_("Enter a number of at most 40 characters."), field="number")
    if Subscription.objects.visible_to(actor).filter(number=number).exists():
        raise Refused(
            _("There is a subscription %(number)s already.") % {"number": number}, field="number"
        )
    return number


def _checked_reference(actor: Actor, reference: str) -> str:
    reference = reference.strip()
    if not reference or len(reference) > 80:
        raise Refused(
            _("Enter the payment's reference, of at most 80 characters."), field="reference"
        )
    if Charge.objects.visible_to(actor).filter(reference=reference).exists():
        raise Refused(
            _("A charge with the reference %(reference)s is there already.")
            % {"reference": reference},
            field="reference",
        )
    return reference


def _check_amounts(request: ChargeRequest) -> None:
    paid = request.total if request.paid is None else request.paid
    amounts = {
        "items": request.items,
        "tax": request.tax,
        "shipping": request.shipping,
        "paid": paid,
        "refunded": request.refunded,
    }
    for field, amount in amounts.items():
        if not ZERO <= amount < MOST:
            raise Refused(_("Enter an amount of zero or more."), field=field)
        if amount != quantise(amount, request.currency):
            raise Refused(
                _("The smallest amount of %(currency)s is %(cent)s.")
                % {"currency": request.currency, "cent": cent(request.currency)},
                field=field,
            )
    if paid > request.total:
        raise Refused(_("No more can be paid than was charged."), field="paid")
    if request.refunded > paid:
        raise Refused(_("No more can be refunded than was paid."), field="refunded")


def _cycle(actor: Actor, subscription: Subscription, request: ChargeRequest) -> OfferCycle:
    number = request.number if request.kind is CycleKind.REBILL else 0
    if request.kind is CycleKind.REBILL and not 1 <= number <= MOST_REBILLS:
        raise Refused(
            _("Enter which rebill it is, from 1 to %(most)s.") % {"most": MOST_REBILLS},
            field="number",
        )
    cycles = OfferCycle.objects.visible_to(actor).filter(offer=subscription.offer_id)
    cycle = cycle_of(cycles, request.kind, number)
    if cycle is None:
        raise Refused(
            _("“%(name)s” has no such cycle. Add it to the offer first.")
            % {"name": subscription.offer.name},
            field="kind",
        )
    return cycle


def _order(actor: Actor, subscription: Subscription, request: ChargeRequest) -> Order | None:
    if request.order_id is None:
        return None
    orders = Order.objects.visible_to(actor).filter(customer=subscription.customer_id)
    order = orders.filter(pk=request.order_id).first()
    if order is None:
        raise Refused(_("Choose an order of this customer."), field="order")
    if order.currency != request.currency:
        raise Refused(
            _("Order #%(number)s is in %(currency)s. Enter the charge in that currency.")
            % {"number": order.number, "currency": order.currency},
            field="order",
        )
    return order
