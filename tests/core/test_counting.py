"""Counts that stay cheap: one statement, each capped."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.models import Exists, OuterRef

from core.counting import CAP, capped_counts
from orders.models import Channel, Order, OrderLine
from tests.cast import Cast
from tests.factories import ChannelFactory, OrderFactory, shipped_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def five(at_acme: Cast) -> Channel:
    """A channel with five orders, two of them with returns."""
    channel = ChannelFactory(merchant=at_acme.acme)
    for number in range(5):
        OrderFactory(
            merchant=at_acme.acme, channel=channel, customer=None, return_count=int(number < 2)
        )
    return channel


def test_many_questions_are_one_statement(five: Channel, django_assert_num_queries: Any):
    orders = Order.objects.all()
    with django_assert_num_queries(1):
        counts = capped_counts(
            {
                "all": orders,
                "returned": orders.filter(return_count__gt=0),
                ("channel", five.pk): orders.filter(channel=five),
                "elsewhere": orders.exclude(channel=five),
            }
        )
    assert counts == {"all": 5, "returned": 2, ("channel", five.pk): 5, "elsewhere": 0}


def test_no_questions_need_no_statement(five: Channel, django_assert_num_queries: Any):
    with django_assert_num_queries(0):
        assert capped_counts({}) == {}
        assert capped_counts({"none": Order.objects.none()}) == {"none": 0}


def test_a_question_that_can_have_no_answer_is_zero_beside_others(five: Channel):
    orders = Order.objects.all()
    counts = capped_counts(
        {"none": orders.none(), "all": orders, "in nothing": orders.filter(pk__in=[])}
    )
    assert counts == {"none": 0, "all": 5, "in nothing": 0}


@pytest.mark.parametrize(("cap", "shown"), [(3, 4), (4, 5), (5, 5), (6, 5)])
def test_one_more_than_the_cap_means_more(five: Channel, cap: int, shown: int):
    assert capped_counts({"all": Order.objects.all()}, cap=cap) == {"all": shown}


def test_no_more_rows_than_the_cap_are_looked_at(five: Channel, django_assert_num_queries: Any):
    with django_assert_num_queries(1) as queries:
        capped_counts({"all": Order.objects.order_by("-placed_at")})
    sql = queries.captured_queries[0]["sql"]
    assert f"LIMIT {CAP + 1}" in sql
    assert "ORDER BY" not in sql


def test_parameters_stay_with_their_question(five: Channel):
    """Values are handed over in the order of the parts, those without an answer left out."""
    orders = Order.objects.all()
    numbers = sorted(orders.values_list("number", flat=True))
    counts = capped_counts(
        {
            number: orders.none() if number == numbers[2] else orders.filter(number=number)
            for number in numbers
        }
    )
    assert counts == {number: int(number != numbers[2]) for number in numbers}


def test_questions_may_be_about_anything(at_acme: Cast):
    order = shipped_order(at_acme.acme, vendor=at_acme.northlight)
    lines = OrderLine.objects.filter(order=OuterRef("pk"), title="White metal lantern")
    counts = capped_counts(
        {
            "with lanterns": Order.objects.filter(Exists(lines)),
            "lines": OrderLine.objects.filter(order=order).select_related("product"),
            "distinct": OrderLine.objects.distinct(),
        }
    )
    assert counts == {"with lanterns": 1, "lines": 1, "distinct": 1}


def test_only_what_the_tenant_sees_is_counted(five: Channel, at_acme: Cast):
    OrderFactory(merchant=at_acme.globex)
    assert capped_counts({"all": Order.objects.all()}) == {"all": 5}
