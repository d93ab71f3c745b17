"""The shared rows themselves: right merchant, agreeing numbers, walls in place."""

from __future__ import annotations

from decimal import Decimal

import pytest

from core.tenancy import tenant
from orders.models import Order
from returns.models import Return
from tests.factories import (
    Item,
    ReturnLineFactory,
    RmaFactory,
    ShipmentFactory,
    made_return,
    shipped_order,
)

pytestmark = pytest.mark.django_db


def test_rows_made_without_a_merchant_all_belong_to_one():
    for made in (ReturnLineFactory(), RmaFactory(), ShipmentFactory()):
        parents = [
            getattr(made, field.name)
            for field in made._meta.get_fields()
            if field.is_relation and field.many_to_one and field.name != "merchant"
        ]
        assert {row.merchant_id for row in parents if hasattr(row, "merchant_id")} == {
            made.merchant_id
        }


def test_a_shipped_order_adds_up_and_can_be_returned(cast):
    order = shipped_order(
        cast.acme, Item(2, "100", discount="20", tax="18"), Item(1, "5"), vendor=cast.northlight
    )
    assert order.paid_total == Decimal(203)
    found = made_return(cast.bob, order, units=1)
    assert (found.unit_count, found.rma_count, found.refund_total) == (2, 1, Decimal(104))


def test_the_cast_is_kept_apart(cast):
    made_return(cast.bob, shipped_order(cast.acme))
    with tenant(cast.acme.pk):
        assert Order.objects.count() == Return.objects.count() == 1
    with tenant(cast.globex.pk):
        assert Order.objects.count() == Return.objects.count() == 0
    assert Return.objects.count() == 0


def test_everybody_has_the_side_they_are_on(cast):
    sides = {name: getattr(cast, name).kind.value for name in ("alice", "wendy", "vera", "cora")}
    assert sides == {"alice": "staff", "wendy": "staff", "vera": "vendor", "cora": "customer"}
    assert cast.charlie.merchant == cast.globex
