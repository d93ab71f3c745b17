"""Figures that other systems are known to have got wrong, worked out by our functions (I3).

The numbers of the cases are those of `tests/actions/test_money_cases.py`, which goes through the
verbs. What is sold is priced by `price_lines`, returned by `refundable`, and nothing is worked out
here but sums of what they give.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal as D

import pytest

from profiles.fees import restocking_fee
from profiles.pricing import Goods, Price, price_lines, with_tax
from profiles.refundable import LineMoney, refundable, shipping_refundable, tax_share


@dataclass(frozen=True, slots=True)
class Sale:
    """One order, the units returned one return after the other, and what each must refund."""

    goods: list[Goods]
    returns: list[int]
    refunds: list[str]
    discount: str = "0"
    currency: str = "GBP"
    line: int = 0


def goods(
    quantity: int, price: str, *, rate: str = "0", included: bool = False, off: str = "0"
) -> Goods:
    return Goods(quantity, D(price), D(off), D(rate), included)


def refunds_of(sale: Sale) -> tuple[Price, list[D]]:
    """The price of the line, and what returning its units in these parts refunds each time."""
    price = price_lines(sale.goods, D(sale.discount), sale.currency)[sale.line]
    quantity = sale.goods[sale.line].quantity
    found: list[D] = []
    for place, units in enumerate(sale.returns):
        returned = sum(sale.returns[:place])
        money = LineMoney(price.total, quantity, returned, sum(found, D(0)), sale.currency)
        found.append(refundable(money, units))
    return price, found


CASES = {
    "1: three units of 100, 10 off the order": Sale(
        [goods(3, "100")], [1, 1, 1], ["96.66", "96.67", "96.67"], "10"
    ),
    "2: items of 6 and 4, 1 off; the first": Sale(
        [goods(1, "6"), goods(1, "4")], [1], ["5.40"], "1"
    ),
    "2: the second": Sale([goods(1, "6"), goods(1, "4")], [1], ["3.60"], "1", line=1),
    "3: four at 10.00, 3.99 off, tax 10 % on top": Sale(
        [goods(4, "10.00", rate="10")], [3, 1], ["29.70", "9.91"], "3.99"
    ),
    "4: two of three units for 269.97": Sale([goods(3, "89.99")], [2], ["179.98"]),
    "5: two at 10.00 with tax of 23 %": Sale(
        [goods(2, "10.00", rate="23")], [1, 1], ["12.30", "12.30"]
    ),
    "6: 11.00 holding 10 %": Sale([goods(1, "11.00", rate="10", included=True)], [1], ["11.00"]),
    "6: the same with the tax on top": Sale([goods(1, "10.00", rate="10")], [1], ["11.00"]),
    "8: two of 100, 20 off, tax 10 % on top": Sale(
        [goods(2, "100", rate="10")], [1, 1], ["99.00", "99.00"], "20"
    ),
    "9: a kit of 159.99 and 6 %, in two parts": Sale(
        [goods(2, "79.995", rate="6")], [1, 1], ["84.79", "84.80"]
    ),
    "12: three units for 81.13": Sale(
        [goods(3, "27.04333")], [1, 1, 1], ["27.04", "27.04", "27.05"]
    ),
    "12: nine at 13.9563, all at once": Sale([goods(9, "13.9563")], [9], ["125.61"]),
    "12: and in three parts": Sale([goods(9, "13.9563")], [4, 4, 1], ["55.81", "55.84", "13.96"]),
    "13: 7.50 and 21 %": Sale([goods(1, "7.50", rate="21")], [1], ["9.08"]),
    "13: 0.884956 and its tax never exceed 1.00": Sale(
        [goods(1, "1.00", rate="13", included=True)], [1], ["1.00"]
    ),
    "15: ten of 1000, 6000 off: nine, then the last": Sale(
        [goods(10, "1000")], [9, 1], ["3600.00", "400.00"], "6000"
    ),
    "19: a free line": Sale([goods(2, "0")], [1, 1], ["0", "0"]),
    "19: a line discounted to nothing": Sale([goods(2, "5.00")], [2], ["0"], "10"),
    "19: an order of nothing with a discount": Sale(
        [goods(1, "0"), goods(1, "0")], [1], ["0"], "5"
    ),
    "22: yen have no decimals": Sale(
        [goods(3, "100")], [1, 1, 1], ["63", "63", "64"], "110", currency="JPY"
    ),
    "22: dinars have three": Sale(
        [goods(3, "1.000")], [1, 1, 1], ["0.966", "0.967", "0.967"], "0.1", currency="KWD"
    ),
}


@pytest.mark.parametrize("sale", CASES.values(), ids=CASES)
def test_a_line_returned_in_parts(sale: Sale) -> None:
    price, found = refunds_of(sale)
    assert found == [D(refund) for refund in sale.refunds]
    if sum(sale.returns) == sale.goods[sale.line].quantity:
        assert sum(found) == price.total


def test_3_a_whole_memo_with_shipping() -> None:
    """3 units 27.00 + 2.70, 1 unit 9.01 + 0.90, shipping 5.00 + 0.75 at half price: 45.36."""
    price, found = refunds_of(CASES["3: four at 10.00, 3.99 off, tax 10 % on top"])
    taxes = [
        tax_share(found[0], price.total, price.tax, "GBP"),
        tax_share(found[1], price.total, price.tax, "GBP", before=found[0]),
    ]
    assert [(one - tax, tax) for one, tax in zip(found, taxes, strict=True)] == [
        (D("27.00"), D("2.70")),
        (D("9.01"), D("0.90")),
    ]
    shipping = with_tax(D("11.50") - D("5.75"), D(15), "GBP", included=True)
    assert shipping == Price(D("5.00"), D("0.75"))
    assert sum(found) + shipping_refundable(shipping.total, D(0)) == D("45.36")


def test_5_the_rest_of_a_partial_refund() -> None:
    """5.00 of unit one leaves 7.30 of it; all that remains with 20.00 shipping is 39.60."""
    (price,) = price_lines([goods(2, "10.00", rate="23")], D(0), "GBP")
    unit = refundable(LineMoney(price.total, 2, 0, D(0), "GBP"), 1)
    other = refundable(LineMoney(price.total, 2, 1, D("5.00"), "GBP"), 1)
    assert unit - D("5.00") == D("7.30")
    shipping = shipping_refundable(D("20.00"), D(0))
    assert (unit - D("5.00")) + other + shipping == D("39.60")


@pytest.mark.parametrize("included", [True, False])
def test_6_half_of_it_holds_half_of_the_tax(included: bool) -> None:
    price = with_tax(D("11.00") if included else D("10.00"), D(10), "GBP", included=included)
    postage = with_tax(D("11.50") if included else D("10.00"), D(15), "GBP", included=included)
    assert tax_share(D("5.50"), price.total, price.tax, "GBP") == D("0.50")
    assert tax_share(D("5.75"), postage.total, postage.tax, "GBP") == D("0.75")


def test_7_shipping_after_promotion_and_tax_once_for_each_parcel() -> None:
    half_price = with_tax(D("5.00"), D(23), "GBP").total
    assert shipping_refundable(half_price, D(0)) == D("6.15")
    assert shipping_refundable(half_price, half_price) == 0
    assert shipping_refundable(D("10.00") + half_price, D(0)) == D("16.15")
    assert shipping_refundable(with_tax(D(0), D(23), "GBP").total, D(0)) == 0


def test_11_goods_and_shipping_come_back_with_their_tax() -> None:
    (price,) = price_lines([goods(1, "10", rate="21")], D(0), "GBP")
    postage = with_tax(D("5.00"), D(21), "GBP")
    line = LineMoney(price.total, 1, 0, D(0), "GBP")
    assert refundable(line, 1) + shipping_refundable(postage.total, D(0)) == D("18.15")


def test_14_what_was_rounded_apart_comes_back_whole() -> None:
    """5.00 stored as 4.54 and 0.46 elsewhere: what was paid decides, not its parts."""
    postage = with_tax(D("5.00"), D(10), "GBP", included=True)
    assert postage.net + postage.tax == shipping_refundable(postage.total, D(0)) == D("5.00")
    assert tax_share(D("5.00"), D("5.00"), D("0.46"), "GBP") == D("0.46")
    assert shipping_refundable(D("5.00"), D("5.01")) == 0


@pytest.mark.parametrize(
    ("quantity", "price", "back", "percent", "left", "fee"),
    [
        (5, "100", 2, "10", "180.00", "20.00"),
        (2, "1899", 2, "10", "3418.20", "379.80"),
        (1, "100", 1, "100", "0", "100.00"),
        (1, "0", 1, "10", "0", "0"),
    ],
)
def test_16_a_restocking_fee(
    quantity: int, price: str, back: int, percent: str, left: str, fee: str
) -> None:
    _price, (value,) = refunds_of(Sale([goods(quantity, price)], [back], []))
    kept = restocking_fee(value, D(percent), "GBP")
    assert (kept, value - kept) == (D(fee), D(left))


def test_21_tax_goes_back_on_what_is_refunded_only() -> None:
    price = with_tax(D("100.00"), D(21), "GBP")
    share = tax_share(D("50.00"), price.total, price.tax, "GBP")
    assert share == D("8.68")
    assert tax_share(D("71.00"), price.total, price.tax, "GBP", before=D("50.00")) == D("12.32")
