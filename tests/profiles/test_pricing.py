"""What was paid for each line: discount first, then tax, each rounded once (I3)."""

from __future__ import annotations

from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.money import quantise
from profiles.pricing import Goods, Price, price_lines, spread_discount, with_tax


def price(net: str, tax: str) -> Price:
    return Price(D(net), D(tax))


@pytest.mark.parametrize(
    ("amount", "rate", "included", "currency", "expected"),
    [
        ("180.00", "10", False, "GBP", price("180.00", "18.00")),
        ("11.00", "10", True, "GBP", price("10.00", "1.00")),
        ("10.00", "10", False, "GBP", price("10.00", "1.00")),
        ("11.50", "15", True, "GBP", price("10.00", "1.50")),
        ("7.50", "21", False, "GBP", price("7.50", "1.58")),
        ("1.00", "13", True, "GBP", price("0.88", "0.12")),
        ("5.00", "10", True, "GBP", price("4.55", "0.45")),
        ("1000", "10", True, "JPY", price("909", "91")),
        ("1.005", "5", False, "KWD", price("1.005", "0.050")),
        ("0", "20", True, "GBP", price("0", "0")),
    ],
)
def test_tax_inside_the_price_or_on_top_of_it(
    amount: str, rate: str, included: bool, currency: str, expected: Price
) -> None:
    assert with_tax(D(amount), D(rate), currency, included=included) == expected


def test_a_discount_falls_on_lines_in_proportion() -> None:
    assert spread_discount([D(6), D(4)], D(1), "GBP") == [D("0.60"), D("0.40")]
    assert spread_discount([D(100)] * 3, D(10), "GBP") == [D("3.34"), D("3.33"), D("3.33")]


def test_a_discount_above_everything_makes_everything_free() -> None:
    assert spread_discount([D(6), D(4)], D(99), "GBP") == [D(6), D(4)]
    assert spread_discount([D(0), D(0)], D(5), "GBP") == [D(0), D(0)]
    assert spread_discount([], D(5), "GBP") == []


def test_a_negative_discount_is_a_mistake_of_the_code() -> None:
    with pytest.raises(ValueError, match="not negative"):
        spread_discount([D(1)], D(-1), "GBP")


def test_the_lines_own_discount_comes_off_before_the_orders() -> None:
    lines = [Goods(2, D("10.00"), discount=D("5.00")), Goods(1, D("15.00"))]
    assert [one.total for one in price_lines(lines, D("3.00"), "GBP")] == [D("13.50"), D("13.50")]


def test_a_discount_above_the_lines_own_price_leaves_nothing_and_not_less() -> None:
    assert price_lines([Goods(1, D("4.00"), discount=D("9.00"))], D(0), "GBP") == [price("0", "0")]


cents = st.integers(0, 10**7)


@given(st.lists(cents, min_size=1, max_size=12), cents, st.sampled_from(["JPY", "GBP", "KWD"]))
def test_no_discount_is_lost_and_no_line_gets_more_than_it_cost(
    amounts: list[int], discount: int, currency: str
) -> None:
    lines = [quantise(D(amount) / 100, currency) for amount in amounts]
    off = quantise(D(discount) / 100, currency)
    parts = spread_discount(lines, off, currency)
    assert sum(parts) == min(off, sum(lines))
    assert all(0 <= part <= line for part, line in zip(parts, lines, strict=True))


@given(cents, st.decimals(0, 30, places=2), st.booleans())
def test_net_and_tax_make_the_whole(amount: int, rate: D, included: bool) -> None:
    found = with_tax(D(amount) / 100, rate, "GBP", included=included)
    assert found.tax >= 0
    assert (found.total if included else found.net) == D(amount) / 100
    assert found.total == quantise(found.total, "GBP")
