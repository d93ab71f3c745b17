"""The restocking fee never eats more than the refund (I3)."""

from __future__ import annotations

from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.money import quantise
from profiles.fees import restocking_fee
from profiles.refundable import LineMoney, refundable, tax_share


@pytest.mark.parametrize(
    ("value", "percent", "currency", "fee"),
    [
        ("200.00", "10", "GBP", "20.00"),
        ("3798.00", "10", "GBP", "379.80"),
        ("33.33", "15", "GBP", "5.00"),
        ("50.00", "100", "GBP", "50.00"),
        ("50.00", "250", "GBP", "50.00"),
        ("0", "10", "GBP", "0"),
        ("1001", "2.5", "JPY", "25"),
        ("1.001", "10", "KWD", "0.100"),
    ],
)
def test_the_fee_is_a_share_of_the_refund(
    value: str, percent: str, currency: str, fee: str
) -> None:
    assert restocking_fee(D(value), D(percent), currency) == D(fee)


def test_two_of_five_received_at_ten_percent_leave_180() -> None:
    value = refundable(LineMoney(D("500.00"), 5, 0, D(0), "GBP"), 2)
    assert value - restocking_fee(value, D(10), "GBP") == D("180.00")


def test_the_fee_holds_tax_at_the_rate_of_the_goods() -> None:
    """120.00 with 20.00 tax: a fee of 10 % leaves 108.00, of which 18.00 is tax."""
    left = D("120.00") - restocking_fee(D("120.00"), D(10), "GBP")
    assert (left, tax_share(left, D("120.00"), D("20.00"), "GBP")) == (D("108.00"), D("18.00"))


def test_a_negative_fee_is_a_mistake_of_the_code() -> None:
    with pytest.raises(ValueError, match="not negative"):
        restocking_fee(D(1), D(-1), "GBP")


@given(st.integers(0, 10**8), st.decimals(0, 500, places=2))
def test_no_fee_makes_a_refund_negative(cents: int, percent: D) -> None:
    value = D(cents) / 100
    fee = restocking_fee(value, percent, "GBP")
    assert 0 <= fee <= value
    assert fee == quantise(fee, "GBP")
