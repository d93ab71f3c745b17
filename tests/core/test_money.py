"""Splitting money: the facts other systems got wrong (DESIGN section 3)."""

from __future__ import annotations

from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.money import allocate, exponent, quantise, read_amount, split_units, sum_of_units


def test_three_units_of_a_discounted_line_sum_to_what_was_paid() -> None:
    assert sum(split_units(D("290.00"), 3, "GBP")) == D("290.00")


def test_the_last_unit_takes_the_rest() -> None:
    assert split_units(D("36.01"), 4, "GBP") == [D("9.00"), D("9.00"), D("9.00"), D("9.01")]
    assert split_units(D("81.13"), 3, "GBP") == [D("27.04"), D("27.04"), D("27.05")]


def test_an_order_discount_falls_on_lines_in_proportion() -> None:
    assert allocate(D("9.00"), [D(6), D(4)], "GBP") == [D("5.40"), D("3.60")]


def test_equal_lines_favour_the_first_when_a_cent_is_left() -> None:
    assert allocate(D("1.03"), [D(1), D(1)], "GBP") == [D("0.52"), D("0.51")]


def test_a_free_line_splits_into_nothing() -> None:
    assert split_units(D("0.00"), 3, "GBP") == [D("0.00")] * 3
    assert allocate(D("1.00"), [D(0), D(0)], "GBP") == [D("0.50"), D("0.50")]


def test_currencies_have_their_own_decimals() -> None:
    assert [exponent(code) for code in ("JPY", "GBP", "KWD")] == [0, 2, 3]
    assert split_units(D(100), 3, "JPY") == [D(33), D(33), D(34)]
    assert split_units(D("1.000"), 3, "KWD") == [D("0.333"), D("0.333"), D("0.334")]
    assert quantise(D("9.075"), "GBP") == D("9.08")


@pytest.mark.parametrize("quantity", [0, -1])
def test_a_line_without_units_is_a_mistake_of_the_code(quantity: int) -> None:
    with pytest.raises(ValueError, match="at least one unit"):
        split_units(D(1), quantity, "GBP")


@pytest.mark.parametrize("total", ["0.001", "-3.333"])
def test_what_cannot_be_paid_cannot_be_split(total: str) -> None:
    with pytest.raises(ValueError, match="finer than GBP is paid in"):
        allocate(D(total), [D(1)], "GBP")


def test_weights_must_be_given_and_not_negative() -> None:
    for weights in ([], [D(-1), D(3)]):
        with pytest.raises(ValueError, match="must not be negative"):
            allocate(D(1), weights, "GBP")


def test_a_negative_total_is_split_like_its_opposite() -> None:
    assert allocate(D("-1.03"), [D(1), D(1)], "GBP") == [D("-0.52"), D("-0.51")]


def test_large_amounts_are_split_to_the_cent_as_well() -> None:
    """Products of two such amounts have more digits than the decimal context keeps."""
    total = D("99999999999999.99")
    weights = [D("33333333333333.3333"), D("0.0001"), D("99999999999999.9999")]
    shares = allocate(total, weights, "GBP")
    assert sum(shares) == total
    assert min(shares) >= 0


# --- as people type it --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "currency", "amount"),
    [
        ("100,00", "EUR", "100.00"),
        ("100.00", "GBP", "100.00"),
        ("1,234.50", "GBP", "1234.50"),
        ("1.234,50", "EUR", "1234.50"),
        ("1.200,00", "", "1200.00"),
        ("1 234,50", "EUR", "1234.50"),
        ("1,234,567", "GBP", "1234567"),
        ("1,234", "GBP", "1234"),
        ("1,234", "JPY", "1234"),
        ("1,234", "KWD", "1.234"),
        ("1.234", "KWD", "1.234"),
        ("0,125", "KWD", "0.125"),
        ("£4", "GBP", "4"),
        ("-£4", "GBP", "-4"),
        ("\u22122.00", "GBP", "-2.00"),
        (" 7 ", "JPY", "7"),
        (".5", "GBP", "0.5"),
    ],
)
def test_amounts_are_read_as_people_type_them(typed: str, currency: str, amount: str) -> None:
    assert read_amount(typed, currency) == D(amount)


@pytest.mark.parametrize(
    "typed", ["", "-", ".", ",", "four", "1e3", "NaN", "1.2.3", "12 50", "1,23,4", "1.234,567.8"]
)
def test_what_is_no_amount_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="no amount"):
        read_amount(typed, "GBP")


def test_a_thousand_or_a_fraction_is_not_guessed_without_a_currency() -> None:
    with pytest.raises(ValueError, match="may be two"):
        read_amount("1,234")


amounts = st.integers(0, 10**9).map(lambda cents: D(cents) / 100)


@given(amounts, st.lists(st.integers(0, 10**6), min_size=1, max_size=30))
def test_no_allocation_loses_or_makes_a_cent(total: D, weights: list[int]) -> None:
    shares = allocate(total, [D(weight) for weight in weights], "GBP")
    assert sum(shares) == total
    assert all(share >= 0 and share == quantise(share, "GBP") for share in shares)


@given(amounts, st.integers(1, 60), st.data())
def test_a_run_of_units_is_worth_the_sum_of_its_units(
    total: D, quantity: int, data: st.DataObject
) -> None:
    first = data.draw(st.integers(0, quantity))
    count = data.draw(st.integers(0, quantity - first))
    units = split_units(total, quantity, "GBP")
    assert sum_of_units(total, quantity, first, count, "GBP") == sum(units[first : first + count])
