"""A customer's page, subscriptions and charges written down by hand, and the order's (P1)."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from core.tenancy import tenant
from orders.models import Charge, Subscription
from tests.cast import Cast, SignIn
from tests.factories import (
    ChannelFactory,
    ChargeFactory,
    CustomerFactory,
    OfferCycleFactory,
    OfferFactory,
    OrderFactory,
    SubscriptionFactory,
    shipped_order,
    subscribed,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def bob(cast: Cast, sign_in: SignIn) -> Client:
    return sign_in(cast.bob)


def text_of(page: Any) -> str:
    """What the page says, without tags and with single blanks."""
    return " ".join(re.sub(r"<[^>]+>", " ", page.text).split())


def page_of(customer: Any) -> str:
    return f"/m/acme/customers/{customer.public_id}/"


def charge_form(**changed: Any) -> dict[str, Any]:
    return {
        "key": str(uuid4()),
        "kind": "initial",
        "number": "",
        "charged_at": "2026-01-05",
        "reference": "ch_1",
        "items": "20.00",
        "tax": "4.00",
        "shipping": "2.50",
        "paid": "",
        "refunded": "",
        "order": "",
        **changed,
    }


def test_a_customers_page_shows_orders_subscriptions_and_charges(cast: Cast, bob: Client) -> None:
    order = shipped_order(cast.acme, customer=cast.cora_row, number="536365")
    made = subscribed(cast.acme, cast.cora_row, order=order)
    said = text_of(bob.get(page_of(cast.cora_row)))
    for word in ("Cora Lindqvist", "Customer 17850", "#536365", made.number, "£24.00", "Initial"):
        assert word in said
    of_order = text_of(bob.get(f"/m/acme/orders/{order.public_id}/"))
    assert "what was charged for this order" in of_order
    assert made.number in of_order


def test_an_order_without_charges_shows_no_subscriptions(cast: Cast, bob: Client) -> None:
    order = shipped_order(cast.acme, customer=cast.cora_row)
    subscribed(cast.acme, cast.cora_row)
    assert "what was charged" not in text_of(bob.get(f"/m/acme/orders/{order.public_id}/"))


def test_the_page_takes_the_same_queries_for_one_subscription_and_for_thirty(
    cast: Cast, bob: Client
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    counts = []
    for more in (1, 29):
        for _n in range(more):
            order = OrderFactory(merchant=cast.acme, customer=cast.cora_row)
            subscribed(cast.acme, cast.cora_row, order=order)
        with CaptureQueriesContext(connection) as found:
            assert bob.get(page_of(cast.cora_row)).status_code == 200
        counts.append(len(found))
    assert counts[0] == counts[1]


def test_a_subscription_by_hand(cast: Cast, bob: Client) -> None:
    add = f"{page_of(cast.cora_row)}subscription/"
    assert "There is no offer to subscribe to." in text_of(bob.get(add))
    offer = OfferFactory(merchant=cast.acme, name="Tea")
    form = {"key": uuid4(), "number": "S-1", "offer": offer.pk, "started_at": "2026-01-02"}
    said = text_of(bob.post(add, form, follow=True))
    assert "Subscription S-1 is added." in said
    assert "S-1 · Tea" in said
    assert "added subscription S-1 to “Tea”" in said
    again = bob.post(add, {**form, "key": uuid4()})
    assert again.status_code == 409
    assert "There is a subscription S-1 already." in text_of(again)


@pytest.mark.parametrize(
    ("changed", "status", "sentence"),
    [
        ({"number": ""}, 422, "Enter the number of the subscription."),
        ({"started_at": "2999-01-01"}, 409, "Enter a day that is not in the future."),
        ({"started_at": "soon"}, 422, "Enter a day such as 2026-11-03."),
        ({"is_trial": "on"}, 409, "“Tea” has no trial."),
        ({"offer": "999999"}, 422, "Select a valid choice."),
    ],
)
def test_a_subscription_that_cannot_be(
    cast: Cast, bob: Client, changed: dict[str, str], status: int, sentence: str
) -> None:
    offer = OfferFactory(merchant=cast.acme, name="Tea")
    form = {"key": uuid4(), "number": "S-1", "offer": offer.pk, "started_at": "2026-01-02"}
    refused = bob.post(f"{page_of(cast.cora_row)}subscription/", {**form, **changed})
    assert refused.status_code == status
    assert sentence in text_of(refused)
    with tenant(cast.acme.pk):
        assert not Subscription.objects.exists()


def test_a_retired_offer_is_not_offered(cast: Cast, bob: Client) -> None:
    OfferFactory(merchant=cast.acme, archived_at=timezone.now())
    said = text_of(bob.get(f"{page_of(cast.cora_row)}subscription/"))
    assert "There is no offer to subscribe to." in said


def test_a_charge_by_hand(cast: Cast, bob: Client) -> None:
    order = shipped_order(cast.acme, customer=cast.cora_row)
    cycle = OfferCycleFactory(merchant=cast.acme)
    made = SubscriptionFactory(merchant=cast.acme, customer=cast.cora_row, offer=cycle.offer)
    add = f"/m/acme/subscriptions/{made.public_id}/charge/"
    said = text_of(bob.post(add, charge_form(order=order.pk), follow=True))
    assert "The charge for Initial is written down." in said
    assert "£26.50" in said
    with tenant(cast.acme.pk):
        charge = Charge.objects.get()
        assert (charge.total, charge.paid, charge.order_id) == (charge.paid, charge.total, order.pk)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"items": ""}, "Enter the amount."),
        ({"items": "-1"}, "Enter an amount of zero or more."),
        ({"items": "1.005"}, "The smallest amount of GBP is 0.01."),
        ({"items": "a lot"}, "Enter an amount, such as 12.50."),
        ({"paid": "26.51"}, "No more can be paid than was charged."),
        ({"paid": "10.00", "refunded": "10.01"}, "No more can be refunded than was paid."),
        ({"kind": "trial"}, "has no such cycle. Add it to the offer first."),
        ({"kind": "rebill"}, "Enter which rebill it is, from 1 to 999."),
        ({"reference": ""}, "Enter the payment"),
        ({"charged_at": "2999-01-01"}, "Enter a day that is not in the future."),
        ({"order": "999999"}, "Choose an order of this customer."),
    ],
)
def test_a_charge_that_cannot_be(
    cast: Cast, bob: Client, changed: dict[str, str], sentence: str
) -> None:
    cycle = OfferCycleFactory(merchant=cast.acme)
    made = SubscriptionFactory(merchant=cast.acme, customer=cast.cora_row, offer=cycle.offer)
    add = f"/m/acme/subscriptions/{made.public_id}/charge/"
    refused = bob.post(add, charge_form(**changed))
    assert refused.status_code in (409, 422)
    assert sentence in text_of(refused)
    with tenant(cast.acme.pk):
        assert not Charge.objects.exists()


def test_a_reference_is_known_once(cast: Cast, bob: Client) -> None:
    charge = ChargeFactory(merchant=cast.acme, reference="ch_1")
    add = f"/m/acme/subscriptions/{charge.subscription.public_id}/charge/"
    refused = bob.post(add, charge_form())
    assert "A charge with the reference ch_1 is there already." in text_of(refused)


def test_the_order_of_somebody_else_cannot_be_chosen(cast: Cast, bob: Client) -> None:
    other = CustomerFactory(merchant=cast.acme)
    order = OrderFactory(
        merchant=cast.acme, customer=other, channel=ChannelFactory(merchant=cast.acme)
    )
    cycle = OfferCycleFactory(merchant=cast.acme)
    made = SubscriptionFactory(merchant=cast.acme, customer=cast.cora_row, offer=cycle.offer)
    refused = bob.post(
        f"/m/acme/subscriptions/{made.public_id}/charge/", charge_form(order=order.pk)
    )
    assert "Choose an order of this customer." in text_of(refused)


def test_a_charge_is_in_the_currency_of_its_order(cast: Cast, bob: Client) -> None:
    order = OrderFactory(merchant=cast.acme, customer=cast.cora_row, currency="JPY")
    cycle = OfferCycleFactory(merchant=cast.acme)
    made = SubscriptionFactory(merchant=cast.acme, customer=cast.cora_row, offer=cycle.offer)
    add = f"/m/acme/subscriptions/{made.public_id}/charge/"
    refused = bob.post(add, charge_form(order=order.pk))
    assert "The smallest amount of JPY is 1." in text_of(refused)
    yen = {"items": "2000", "tax": "200", "shipping": ""}
    assert bob.post(add, charge_form(order=order.pk, **yen)).status_code == 302
    with tenant(cast.acme.pk):
        assert Charge.objects.get().currency == "JPY"


def test_a_subscription_is_canceled_once(cast: Cast, bob: Client) -> None:
    made = SubscriptionFactory(merchant=cast.acme, customer=cast.cora_row)
    cancel = f"/m/acme/subscriptions/{made.public_id}/cancel/"
    done = text_of(bob.post(cancel, {"key": uuid4(), "reason": "Too much tea"}, follow=True))
    assert f"Subscription {made.number} is canceled." in done
    assert "Too much tea" in done
    again = bob.post(cancel, {"key": uuid4(), "reason": ""})
    assert again.status_code == 409
    assert "was canceled before." in text_of(again)


def test_the_warehouse_looks_but_writes_nothing(cast: Cast, sign_in: SignIn) -> None:
    wendy = sign_in(cast.wendy)
    made = subscribed(cast.acme, cast.cora_row)
    page = wendy.get(page_of(cast.cora_row))
    assert made.number in text_of(page)
    assert "Add subscription" not in text_of(page)
    assert wendy.get(f"{page_of(cast.cora_row)}subscription/").status_code == 403
