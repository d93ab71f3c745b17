"""Parcels on their way back (F13)."""

from __future__ import annotations

from typing import Any

import pytest

from actions.returns import cancel_return, close_return
from actions.rma_changes import cancel_rma
from actions.shipments import ShipmentRequest, add_shipment
from core.errors import NotAllowed, Refused
from rmas.models import Rma
from shipments.models import ReturnShipment
from tests.cast import Cast, SignIn
from tests.factories import Item, made_return, new_key, shipped_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def rma(at_acme: Cast) -> Rma:
    order = shipped_order(at_acme.acme, Item(3), vendor=at_acme.northlight)
    return made_return(at_acme.bob, order, units=3, approve=True).rmas.get()


def parcel(rma: Rma, quantity: int, **changes: Any) -> ShipmentRequest:
    facts = {"carrier": "DPD", "tracking_number": "1597 0034 12", "return_address": "Dock 2"}
    return ShipmentRequest(**{**facts, "quantities": {rma.lines.get().pk: quantity}, **changes})


def test_three_units_travel_in_two_parcels(at_acme: Cast, rma: Rma) -> None:
    add_shipment(at_acme.bob, rma, parcel(rma, 2))
    add_shipment(at_acme.bob, rma, parcel(rma, 1, tracking_number="JX 0471"))
    assert rma.lines.get().shipped == 3
    assert [
        shipment.lines.get().quantity for shipment in ReturnShipment.objects.order_by("id")
    ] == [
        2,
        1,
    ]
    rma.customer_return.refresh_from_db()
    assert rma.customer_return.received_units == 0, "a parcel on its way has not arrived"


@pytest.mark.parametrize(
    ("quantity", "sentence"),
    [
        (0, "Enter how many units are in the parcel."),
        (-1, "A quantity cannot be negative."),
        (4, "Only 3 approved units are left to send."),
    ],
)
def test_impossible_quantities_are_refused(
    at_acme: Cast, rma: Rma, quantity: int, sentence: str
) -> None:
    with pytest.raises(Refused, match=sentence):
        add_shipment(at_acme.bob, rma, parcel(rma, quantity))
    assert not ReturnShipment.objects.exists()


def test_what_is_not_approved_does_not_travel(at_acme: Cast) -> None:
    order = shipped_order(at_acme.acme, vendor=at_acme.northlight)
    waiting = made_return(at_acme.bob, order).rmas.get()
    with pytest.raises(Refused, match="Only 0 approved units"):
        add_shipment(at_acme.bob, waiting, parcel(waiting, 1))


def test_goods_on_their_way_cannot_be_cancelled_away(at_acme: Cast, rma: Rma) -> None:
    add_shipment(at_acme.bob, rma, parcel(rma, 1))
    with pytest.raises(Refused, match="on their way back under this RMA"):
        cancel_rma(at_acme.bob, rma)
    with pytest.raises(Refused, match="on their way back"):
        cancel_return(at_acme.bob, rma.customer_return)


def test_a_closed_return_takes_no_parcel_and_wendy_adds_none(at_acme: Cast, rma: Rma) -> None:
    with pytest.raises(NotAllowed):
        add_shipment(at_acme.wendy, rma, parcel(rma, 1))
    close_return(at_acme.bob, rma.customer_return)
    with pytest.raises(Refused, match="not open"):
        add_shipment(at_acme.bob, rma, parcel(rma, 1))


def test_bob_adds_a_parcel_once_over_http(at_acme: Cast, rma: Rma, sign_in: SignIn) -> None:
    bob = sign_in(at_acme.bob)
    address = f"/m/acme/rmas/{rma.public_id}/shipment/"
    assert "3 left" in bob.get(address).text
    line = rma.lines.get()
    form = {
        "key": new_key(),
        "carrier": "DPD",
        "tracking_number": "1597",
        "return_address": "Dock 2",
        f"quantity-{line.pk}": "4",
    }
    wrong = bob.post(address, form)
    assert wrong.status_code == 409
    assert "Only 3 approved units are left to send." in wrong.text
    assert 'value="1597"' in wrong.text
    form[f"quantity-{line.pk}"] = "2"
    for _click in range(2):
        assert bob.post(address, form).status_code == 302
    assert ReturnShipment.objects.count() == 1
    page = bob.get(f"/m/acme/returns/{rma.customer_return.public_id}/").text
    assert "1597" in page
    assert "Add return shipment" in page
