"""Figures that other systems are known to have got wrong, by the verbs of the desk (F12, I3).

The numbers of the cases are those of `tests/profiles/test_known_figures.py`, which asks the maths
alone. Here orders are priced by `price_lines`, as whoever brings an order in does it, and returned,
edited, refunded and credited by people.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal as D

import pytest

from actions.credits import sync_credit
from actions.refunds import give_credit, sync_refund
from actions.requests import LineRequest, ReturnRequest
from actions.return_edits import LineEdit, ReturnEdit, edit_return
from actions.returns import cancel_return, create_return
from actions.rmas import approve_rma, deny_rma
from console.wizard_forms import AmountField
from orders.models import Order
from profiles.pricing import Goods, price_lines, with_tax
from returns.models import RefundEntry, Return
from rmas.models import CreditEntry
from tests.actions.steps import a_reason, refused
from tests.cast import Cast
from tests.factories import Item, shipped_order

pytestmark = pytest.mark.django_db

Back = tuple[int, ...]


def sold(
    cast: Cast, *goods: Goods, discount: str = "0", shipping: str = "0", currency: str = "GBP"
) -> Order:
    """A shipped order of `goods` at the prices that were paid for them."""
    prices = price_lines(goods, D(discount), currency)
    items = [
        Item(one.quantity, one.unit_price, tax=price.total - one.quantity * one.unit_price)
        for one, price in zip(goods, prices, strict=True)
    ]
    return shipped_order(
        cast.acme,
        *items,
        vendor=cast.northlight,
        currency=currency,
        shipping_paid=D(shipping),
    )


def back(
    cast: Cast, order: Order, *units: int, shipping: str = "0", cost: str | None = None
) -> Return:
    """A return of so many `units` of each line, with whatever refund the product proposes."""
    lines = [
        LineRequest(
            line.pk,
            quantity,
            cast.northlight.pk,
            a_reason(cast).pk,
            "new",
            unit_cost=None if cost is None else D(cost),
        )
        for line, quantity in zip(order.lines.order_by("position"), units, strict=False)
        if quantity
    ]
    return create_return(cast.bob, order, ReturnRequest(lines, refund_shipping=D(shipping)))


def edited(cast: Cast, found: Return, refund: str) -> Return:
    found.refresh_from_db()
    lines = {
        line.pk: LineEdit(line.reason_id, line.condition, D(refund)) for line in found.lines.all()
    }
    return edit_return(cast.bob, found, ReturnEdit(D(0), "", found.refund_shipping, "", lines))


@dataclass(frozen=True, slots=True)
class Case:
    """What was sold, what comes back in which returns, and what each of them refunds."""

    goods: list[Goods]
    returns: list[Back]
    refunds: list[str]
    discount: str = "0"
    currency: str = "GBP"
    paid: str = field(default="")


def goods(quantity: int, price: str, rate: str = "0", *, included: bool = False) -> Goods:
    return Goods(quantity, D(price), D(0), D(rate), included)


CASES = {
    "1": Case([goods(3, "100")], [(1,), (1,), (1,)], ["96.66", "96.67", "96.67"], "10"),
    "2": Case([goods(1, "6"), goods(1, "4")], [(1,), (0, 1)], ["5.40", "3.60"], "1", paid="9.00"),
    "3": Case([goods(4, "10.00", "10")], [(3,), (1,)], ["29.70", "9.91"], "3.99"),
    "4": Case([goods(3, "89.99")], [(2,)], ["179.98"], paid="269.97"),
    "8": Case([goods(2, "100", "10")], [(1,), (1,)], ["99.00", "99.00"], "20"),
    "9": Case([goods(2, "79.995", "6")], [(1,), (1,)], ["84.79", "84.80"], paid="169.59"),
    "12": Case([goods(3, "27.04333")], [(3,)], ["81.13"]),
    "12, net": Case([goods(9, "13.9563")], [(9,)], ["125.61"]),
    "13": Case([goods(1, "7.50", "21")], [(1,)], ["9.08"]),
    "13, tax in it": Case([goods(1, "1.00", "13", included=True)], [(1,)], ["1.00"]),
    "15": Case([goods(10, "1000")], [(9,), (1,)], ["3600.00", "400.00"], "6000"),
    "19": Case([goods(2, "0"), goods(1, "5.00")], [(1,), (1, 1)], ["0", "5.00"]),
    "19, discounted": Case([goods(2, "5.00")], [(2,)], ["0"], "10"),
    "22, yen": Case([goods(3, "100")], [(1,), (2,)], ["63", "127"], "110", "JPY"),
    "22, dinars": Case([goods(3, "1.000")], [(1,), (2,)], ["0.966", "1.934"], "0.1", "KWD"),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_each_return_refunds(at_acme: Cast, case: Case) -> None:
    """Proposed, agreed and applied alike; and in the end no cent is left or made."""
    order = sold(at_acme, *case.goods, discount=case.discount, currency=case.currency)
    assert order.paid_total == D(case.paid or order.paid_total)
    for units, refund in zip(case.returns, case.refunds, strict=True):
        found = back(at_acme, order, *units)
        assert found.refund_total == D(refund)
        if found.refund_total:
            assert sync_refund(at_acme.fay, found).amount == D(refund)
    order.refresh_from_db()
    assert order.refunded == order.refund_agreed == sum(map(D, case.refunds))
    if all(line.returnable_quantity == 0 for line in order.lines.all()):
        assert order.refunded == order.paid_total


def test_3_a_whole_memo_with_shipping_at_half_price(at_acme: Cast) -> None:
    postage = with_tax(D("5.75"), D(15), "GBP", included=True)
    order = sold(at_acme, goods(4, "10.00", "10"), discount="3.99", shipping=str(postage.total))
    first = back(at_acme, order, 3, shipping="5.75")
    second = back(at_acme, order, 1)
    assert first.refund_total + second.refund_total == D("45.36")


def test_5_part_of_a_unit_then_all_that_remains(at_acme: Cast) -> None:
    order = sold(at_acme, goods(2, "10.00", "23"), shipping="20.00")
    first = back(at_acme, order, 1)
    edited(at_acme, first, "5.00")
    sync_refund(at_acme.fay, first)
    refused(lambda: edited(at_acme, first, "15.00"), "At most 12.30 can be refunded.")
    refused(lambda: edited(at_acme, first, "-8.00"), "A refund cannot be negative.")
    refused(lambda: sync_refund(at_acme.fay, first), "Nothing is outstanding")
    refused(lambda: give_credit(at_acme.fay, order, D(0), "Rest"), "Enter an amount above zero.")

    edited(at_acme, first, "12.30")
    rest = sync_refund(at_acme.fay, first).amount
    last = sync_refund(at_acme.fay, back(at_acme, order, 1, shipping="20.00")).amount
    order.refresh_from_db()
    assert (rest, rest + last, order.refunded) == (D("7.30"), D("39.60"), D("44.60"))
    refused(lambda: give_credit(at_acme.fay, order, D("0.01"), "More"), "0.00 is left")


@pytest.mark.parametrize(
    ("parcels", "most"), [(["6.15"], "6.15"), (["0"], "0.00"), (["10.00", "6.15"], "16.15")]
)
def test_7_shipping_is_refunded_once_for_all_parcels(
    at_acme: Cast, parcels: list[str], most: str
) -> None:
    order = sold(at_acme, goods(2, "10.00"), shipping=str(sum(map(D, parcels))))
    above = str(D(most) + D("0.01"))
    sentence = f"At most {most} of the shipping can be refunded."
    refused(lambda: back(at_acme, order, 1, shipping=above), sentence, "refund_shipping")
    back(at_acme, order, 1, shipping=most)
    refused(lambda: back(at_acme, order, 1, shipping="0.01"), "At most 0.00 of the shipping")


def test_10_an_agreed_credit_of_two_lines_is_recorded_as_agreed(at_acme: Cast) -> None:
    """Two lines of 1.00 and 0.03 more: 1.03 would be 0.52 + 0.51, and 2.03 is not 2.04."""
    order = sold(at_acme, goods(1, "5.00"), goods(1, "5.00"))
    rma = back(at_acme, order, 1, 1, cost="0.50").rmas.get()
    rma.credit_adjustment = D("0.03")
    rma.save(update_fields=["credit_adjustment"])
    approve_rma(at_acme.bob, rma)
    assert sync_credit(at_acme.fay, rma).amount == D("1.03")


def test_11_a_full_return_gives_shipping_and_tax_back(at_acme: Cast) -> None:
    order = sold(at_acme, goods(1, "10", "21"), shipping="6.05")
    found = back(at_acme, order, 1, shipping="6.05")
    assert sync_refund(at_acme.fay, found).amount == D("18.15")


def test_14_shipping_comes_back_whole_and_never_below_nothing(at_acme: Cast) -> None:
    order = sold(at_acme, goods(1, "10"), shipping="5.00")
    refused(lambda: back(at_acme, order, 1, shipping="-0.01"), "cannot be negative")
    found = back(at_acme, order, 1, shipping="5.00")
    order.refresh_from_db()
    assert order.shipping_paid - order.shipping_agreed == 0
    cancel_return(at_acme.bob, found)
    order.refresh_from_db()
    assert order.shipping_agreed == 0


def test_17_goods_go_back_at_what_they_cost(at_acme: Cast) -> None:
    """Four cost 3129.67: two are 1564.84. At a value of zero nothing is entered."""
    order = sold(at_acme, goods(4, "1000"))
    rma = back(at_acme, order, 2, cost="782.4175").rmas.get()
    approve_rma(at_acme.bob, rma)
    assert sync_credit(at_acme.fay, rma).amount == D("1564.84")
    worthless = back(at_acme, order, 2, cost="0").rmas.get()
    approve_rma(at_acme.bob, worthless)
    refused(lambda: sync_credit(at_acme.fay, worthless), "No credit is expected")
    assert CreditEntry.objects.count() == 1


def test_18_a_refund_of_one_sellers_goods_never_spends_anothers(at_acme: Cast) -> None:
    """There is no commission here, but each line, and so each vendor's part, has its own cap."""
    order = sold(at_acme, goods(1, "100"), goods(1, "900"))
    line = order.lines.order_by("position").first()
    assert line is not None
    wanted = LineRequest(
        line.pk, 1, at_acme.northlight.pk, a_reason(at_acme).pk, "new", refund=D("100.01")
    )
    refused(
        lambda: create_return(at_acme.bob, order, ReturnRequest([wanted])),
        "At most 100.00 can be refunded.",
    )


def test_19_what_was_never_sent_as_goods_is_not_taken_back(at_acme: Cast) -> None:
    """A gift card is in no parcel, so there are no units of it to return, and no refund."""
    order = sold(at_acme, goods(1, "25.00"), goods(1, "10.00"))
    order.lines.filter(position=1).update(shipment=None, title="Gift card")
    refused(lambda: back(at_acme, order, 1), "Not shipped yet, so nothing can be returned.")
    refused(lambda: back(at_acme, order, 1, 1), "Not shipped yet, so nothing can be returned.")
    assert back(at_acme, order, 0, 1).refund_total == D("10.00")


@pytest.mark.parametrize("pending", [True, False])
def test_20_more_than_paid_less_refunded_and_pending_is_refused(
    at_acme: Cast, pending: bool
) -> None:
    """An agreed refund counts at once, whether it has been applied or not."""
    order = sold(at_acme, goods(1, "10.00"))
    give_credit(at_acme.fay, order, D("4.00"), "Late", apply=not pending)
    refused(
        lambda: give_credit(at_acme.fay, order, D("6.01"), "Later"),
        "cannot exceed what was paid: 6.00 is left.",
    )
    give_credit(at_acme.fay, order, D("6.00"), "Later")


def test_22_the_currency_is_the_orders_and_not_the_merchants(at_acme: Cast) -> None:
    order = sold(at_acme, goods(1, "1500"), currency="JPY")
    found = back(at_acme, order, 1, cost="400")
    rma = found.rmas.get()
    approve_rma(at_acme.bob, rma)
    refund, credit = sync_refund(at_acme.fay, found), sync_credit(at_acme.fay, rma)
    assert at_acme.acme.currency == "GBP"
    assert {found.currency, rma.currency, refund.currency, credit.currency} == {"JPY"}
    assert (refund.amount, credit.amount) == (1500, 400)


@pytest.mark.parametrize(
    ("typed", "currency", "read"),
    [("100,00", "GBP", "100"), ("1.234,50", "GBP", "1234.5"), ("1,234", "KWD", "1.234")],
)
def test_22_amounts_are_typed_with_a_comma_as_well(typed: str, currency: str, read: str) -> None:
    field = AmountField(max_digits=14, decimal_places=4)
    field.currency = currency
    assert field.clean(typed) == D(read)


# --- whatever the order of steps ----------------------------------------------------------------


def test_edits_cancels_and_denials_never_refund_more_than_was_paid(at_acme: Cast) -> None:
    order = sold(at_acme, goods(3, "10.00"), shipping="5.00")
    first = back(at_acme, order, 2, shipping="5.00")
    sync_refund(at_acme.fay, first)
    deny_rma(at_acme.bob, first.rmas.get())
    edited(at_acme, first, "0")
    second = back(at_acme, order, 1)
    assert second.refund_total == D("10.00"), "what the first was denied is not given for others"
    sync_refund(at_acme.fay, second)
    refused(
        lambda: give_credit(at_acme.fay, order, D("20.00"), "Late"),
        "have been refunded by its returns already",
    )
    sync_refund(at_acme.fay, first)
    give_credit(at_acme.fay, order, D("20.00"), "Late")
    order.refresh_from_db()
    assert order.refunded == order.refund_agreed == D("35.00")
    assert sum(entry.amount for entry in RefundEntry.objects.all()) == D("35.00")
    refused(lambda: give_credit(at_acme.fay, order, D("0.01"), "More"), "0.00 is left")
