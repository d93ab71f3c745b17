"""Subscriptions and charges by hand, and who sees them (P1)."""

from __future__ import annotations

from decimal import Decimal as D
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from actions.subscriptions import (
    ChargeRequest,
    add_charge,
    add_subscription,
    cancel_subscription,
)
from audit.models import Event
from core.errors import Refused
from core.tenancy import tenant
from orders.models import Charge, OfferCycle, Subscription
from profiles.models import ReturnProfile, ReturnProfileVersion
from profiles.terms import CycleKind
from tests.cast import Cast
from tests.factories import (
    ChargeFactory,
    OfferCycleFactory,
    OrderFactory,
    ReturnProfileFactory,
    SubscriptionFactory,
    subscribed,
)

pytestmark = pytest.mark.django_db


def last(verb: str) -> Event:
    found = Event.objects.filter(verb=verb).order_by("-id").first()
    assert found is not None
    return found


def charge(**changed: Any) -> ChargeRequest:
    given = {
        "kind": CycleKind.INITIAL,
        "reference": "ch_1",
        "charged_at": timezone.now(),
        "currency": "GBP",
        "items": D("20.00"),
        "tax": D("4.00"),
        **changed,
    }
    return ChargeRequest(**given)


def test_a_charge_is_paid_in_full_unless_said_otherwise(at_acme: Cast) -> None:
    cycle = OfferCycleFactory(merchant=at_acme.acme)
    made = add_subscription(at_acme.bob, at_acme.cora_row, cycle.offer, "S-1", timezone.now())
    one = add_charge(at_acme.fay, made, charge())
    one.refresh_from_db()
    assert (one.total, one.paid, one.left) == (D(24), D(24), D(24))
    part = add_charge(at_acme.fay, made, charge(reference="ch_2", paid=D(10), refunded=D(4)))
    assert part.left == D(6)
    quoted = part.charged()
    assert (quoted.total, quoted.left, quoted.reference) == (D(24), D(6), "ch_2")
    assert last("charge.added").data["amount"] == "24.00 GBP"


def test_the_order_of_another_currency_is_refused(at_acme: Cast) -> None:
    order = OrderFactory(merchant=at_acme.acme, customer=at_acme.cora_row, currency="EUR")
    cycle = OfferCycleFactory(merchant=at_acme.acme)
    made = SubscriptionFactory(merchant=at_acme.acme, customer=at_acme.cora_row, offer=cycle.offer)
    with pytest.raises(Refused, match="is in EUR"):
        add_charge(at_acme.bob, made, charge(order_id=order.pk))
    assert not Charge.objects.exists()


def test_a_rebill_keeps_its_own_number(at_acme: Cast) -> None:
    cycle = OfferCycleFactory(merchant=at_acme.acme, kind="rebill", number=1)
    made = SubscriptionFactory(merchant=at_acme.acme, customer=at_acme.cora_row, offer=cycle.offer)
    one = add_charge(at_acme.bob, made, charge(kind=CycleKind.REBILL, number=7))
    assert (one.cycle, one.cycle_number, one.cycle_label) == (cycle, 7, "Rebill 7")


def test_a_subscription_is_canceled_once(at_acme: Cast) -> None:
    made = subscribed(at_acme.acme, at_acme.cora_row)
    done = cancel_subscription(at_acme.bob, made, reason="Asked for")
    assert (done.is_active, bool(done.canceled_at)) == (False, True)
    assert last("subscription.canceled").parent_id == at_acme.cora_row.pk
    with pytest.raises(Refused, match="was canceled before"):
        cancel_subscription(at_acme.bob, made)


def test_the_end_of_trial_charge_needs_a_trial_before_it_and_a_payment(at_acme: Cast) -> None:
    initial = OfferCycleFactory(merchant=at_acme.acme)
    made = SubscriptionFactory(merchant=at_acme.acme, offer=initial.offer)
    end = ChargeFactory(merchant=at_acme.acme, subscription=made, cycle=initial)
    assert list(Charge.objects.after_trial_of(made)) == []
    trial = OfferCycleFactory(merchant=at_acme.acme, offer=initial.offer, kind="trial")
    ChargeFactory(merchant=at_acme.acme, subscription=made, cycle=trial)
    assert list(Charge.objects.after_trial_of(made)) == [end]
    Charge.objects.filter(pk=end.pk).update(paid=0)
    assert list(Charge.objects.after_trial_of(made)) == []


@pytest.mark.parametrize(
    "broken",
    [
        {"items": D(-1)},
        {"paid": D("24.01")},
        {"paid": D(-1)},
        {"refunded": D("24.01")},
        {"paid": D(10), "refunded": D(11)},
        {"refunded": D(-1)},
    ],
)
def test_the_database_keeps_a_charge_within_itself(at_acme: Cast, broken: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        ChargeFactory(merchant=at_acme.acme, **broken)


def test_a_canceled_subscription_says_when(at_acme: Cast) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        SubscriptionFactory(merchant=at_acme.acme, status="canceled")


def test_customers_see_their_own_and_vendors_nothing(cast: Cast) -> None:
    profile = ReturnProfileFactory(merchant=cast.acme)
    mine = subscribed(cast.acme, cast.cora_row, profile=profile)
    subscribed(
        cast.acme,
        SubscriptionFactory(merchant=cast.acme).customer,
        profile=ReturnProfileFactory(merchant=cast.acme),
    )
    nouns = (Subscription, Charge, OfferCycle, type(mine.offer), ReturnProfile)
    for actor, count in ((cast.alice, 2), (cast.cora, 1), (cast.vera, 0), (cast.charlie, 0)):
        ids = {"vendor": actor.vendor_id, "customer": actor.customer_id}
        with tenant(actor.merchant_id, user=actor.user.pk, **ids):
            for noun in nouns:
                wanted = 3 if (noun, count) in {(Subscription, 2), (type(mine.offer), 2)} else count
                assert noun.objects.visible_to(actor).count() == wanted, (actor.name, noun)
                # The policies of the database alone say the same.
                assert noun.objects.count() == wanted, (actor.name, noun)
            assert ReturnProfileVersion.objects.count() == count
