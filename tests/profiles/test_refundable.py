"""The one function that is default and ceiling of every refund (F12, I3)."""

from __future__ import annotations

from decimal import Decimal as D
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiles.refundable import LineMoney, refundable, shipping_refundable, tax_share


def line(total: str, quantity: int, returned: int = 0, agreed: str = "0") -> LineMoney:
    return LineMoney(D(total), quantity, returned, D(agreed), "GBP")


def test_two_of_three_received_are_worth_two_thirds() -> None:
    assert refundable(line("269.97", 3), 2) == D("179.98")


def test_discount_and_tax_stay_with_each_unit() -> None:
    """2 x 100, discount 20, tax 10 % on top: 198.00 was paid, one unit is 99.00."""
    assert refundable(line("198.00", 2), 1) == D("99.00")


def test_singles_returned_one_by_one_give_back_the_whole_line() -> None:
    first = refundable(line("290.00", 3), 1)
    second = refundable(line("290.00", 3, 1, str(first)), 1)
    third = refundable(line("290.00", 3, 2, str(first + second)), 1)
    assert first + second + third == D("290.00")


def test_a_kit_in_two_parts_gives_back_the_whole_kit() -> None:
    first = refundable(line("169.59", 2), 1)
    assert first + refundable(line("169.59", 2, 1, str(first)), 1) == D("169.59")


def test_what_was_given_beyond_the_share_is_not_given_again() -> None:
    """Unit one was refunded 60 of the 100 the line cost; 40 is left for the other."""
    assert refundable(line("100.00", 2, 1, "60.00"), 1) == D("40.00")
    assert refundable(line("90.00", 3, 1, "85.00"), 1) == D("5.00")


def test_what_an_earlier_unit_was_denied_is_not_given_for_another() -> None:
    """Unit one came back broken and was refunded 5.00 of its 12.30; the other is worth 12.30."""
    assert refundable(line("24.60", 2, 1, "5.00"), 1) == D("12.30")


def test_a_free_line_refunds_nothing() -> None:
    assert refundable(line("0.00", 4), 4) == 0


@pytest.mark.parametrize("units", [-1, 4])
def test_units_that_are_not_left_are_a_mistake_of_the_code(units: int) -> None:
    with pytest.raises(ValueError, match="left on the line"):
        refundable(line("30.00", 3), units)


@given(st.integers(0, 10**7), st.integers(1, 40), st.data())
def test_any_order_of_partial_returns_and_cancels_never_exceeds_the_line(
    cents: int, quantity: int, data: st.DataObject
) -> None:
    total = D(cents) / 100
    open_returns: list[tuple[int, D]] = []
    for _step in range(data.draw(st.integers(1, 12))):
        returned = sum(units for units, _refund in open_returns)
        agreed = sum((refund for _units, refund in open_returns), D(0))
        if open_returns and data.draw(st.booleans()):
            open_returns.pop(data.draw(st.integers(0, len(open_returns) - 1)))
            continue
        units = data.draw(st.integers(0, quantity - returned))
        money = LineMoney(total, quantity, returned, agreed, "GBP")
        open_returns.append((units, refundable(money, units)))
        assert agreed + open_returns[-1][1] <= total
        if returned + units == quantity:
            assert agreed + open_returns[-1][1] == total


# --- the tax in it ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "total", "tax", "before", "share"),
    [
        ("5.50", "11.00", "1.00", "0", "0.50"),
        ("5.75", "11.50", "1.50", "0", "0.75"),
        ("29.70", "39.61", "3.60", "0", "2.70"),
        ("9.91", "39.61", "3.60", "29.70", "0.90"),
        ("0.00", "0.00", "0.00", "0", "0"),
        ("50.00", "121.00", "21.00", "0", "8.68"),
    ],
)
def test_a_refund_holds_its_share_of_the_tax(
    amount: str, total: str, tax: str, before: str, share: str
) -> None:
    assert tax_share(D(amount), D(total), D(tax), "GBP", before=D(before)) == D(share)


@given(st.integers(1, 10**6), st.integers(0, 10**6), st.lists(st.integers(0, 10**6), max_size=8))
def test_partial_refunds_give_all_of_the_tax_back_in_the_end(
    net: int, tax: int, cuts: list[int]
) -> None:
    total = net + tax
    edges = sorted({0, total, *(cut % total for cut in cuts)})
    shares = [
        tax_share(D(end - start) / 100, D(total) / 100, D(tax) / 100, "GBP", before=D(start) / 100)
        for start, end in pairwise(edges)
    ]
    assert sum(shares) == D(tax) / 100
    assert min(shares) >= 0


# --- shipping -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("paid", "agreed", "left"),
    [("6.15", "0", "6.15"), ("6.15", "6.15", "0"), ("0", "0", "0"), ("5.00", "7.50", "0")],
)
def test_shipping_is_refundable_once_and_never_below_nothing(
    paid: str, agreed: str, left: str
) -> None:
    assert shipping_refundable(D(paid), D(agreed)) == D(left)
