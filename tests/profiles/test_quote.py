"""What each charge gives back: figures by hand, every combination, and random baskets (P5, P6)."""

from __future__ import annotations

from decimal import Decimal as D
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.money import exponent, quantise
from profiles.decide import Decision
from profiles.quote import Charged, MixedCurrencies, Returned, quote
from profiles.terms import Basis, Effect, Outcome, Rule, Scenario, Source, Terms

CURRENCIES = ("GBP", "JPY", "KWD")


def decision(percent: str | D, source: Source = Source.OWN) -> Decision:
    outcome = Outcome.REFUND_AND_CANCEL if D(percent) else Outcome.CANCEL_ONLY
    return Decision(Scenario.VALID, outcome, D(percent), source, Effect.CANCEL, False, ())


def terms(basis: Basis = Basis.ITEMS_AND_TAX, fee: str | D = "0") -> Terms:
    rule = Rule(Outcome.REFUND_AND_CANCEL, D(100))
    return Terms(rule, rule, rule, 30, basis, D(fee))


def charge(items: str, tax: str = "0", shipping: str = "0", **more: object) -> Charged:
    given = {"reference": "ch", "currency": "GBP", **more}
    return Charged(items=D(items), tax=D(tax), shipping=D(shipping), **given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("basis", "percent", "fee", "items", "tax", "shipping"),
    [
        (Basis.ITEMS, "100", "0", "100.00", "0", "0"),
        (Basis.ITEMS_AND_TAX, "100", "0", "100.00", "20.00", "0"),
        (Basis.WITH_SHIPPING, "100", "0", "100.00", "20.00", "5.00"),
        (Basis.WITH_SHIPPING, "50", "0", "50.00", "10.00", "2.50"),
        # The fee is of the goods, never of the shipping.
        (Basis.WITH_SHIPPING, "100", "10", "90.00", "18.00", "5.00"),
        (Basis.ITEMS, "50", "10", "45.00", "0", "0"),
        (Basis.WITH_SHIPPING, "100", "100", "0", "0", "5.00"),
        (Basis.WITH_SHIPPING, "0", "10", "0", "0", "0"),
    ],
)
def test_basis_percentage_and_fee(
    basis: Basis, percent: str, fee: str, items: str, tax: str, shipping: str
) -> None:
    found = quote(decision(percent), terms(basis, fee), [charge("100.00", "20.00", "5.00")], "GBP")
    (part,) = found.parts
    assert (part.items, part.tax, part.shipping) == (D(items), D(tax), D(shipping))
    assert found.total == D(items) + D(tax) + D(shipping)
    assert not found.is_capped


@pytest.mark.parametrize(
    ("refunded", "percent", "amount", "capped"),
    [
        ("0", "100", "120.00", False),
        ("20.00", "50", "60.00", False),
        ("60.00", "50", "60.00", False),
        ("70.00", "50", "50.00", True),
        ("120.00", "100", "0", True),
        # Refunded outside by more than was charged: nothing is left, and nothing is taken back.
        ("130.00", "100", "0", True),
    ],
)
def test_the_percentage_is_of_the_original_charge_and_the_cap_of_what_is_left(
    refunded: str, percent: str, amount: str, capped: bool
) -> None:
    one = charge("100.00", "20.00", refunded=D(refunded))
    found = quote(decision(percent), terms(), [one], "GBP")
    assert (found.total, found.is_capped) == (D(amount), capped)


def test_no_more_goes_back_than_was_paid() -> None:
    found = quote(decision("100"), terms(), [charge("100.00", paid=D("40.00"))], "GBP")
    assert found.total == D("40.00")


def test_a_third_of_three_charges_of_a_penny_is_a_penny() -> None:
    three = [charge("0.01", reference=str(n)) for n in range(3)]
    found = quote(decision("33.33"), terms(), three, "GBP")
    assert [part.amount for part in found.parts] == [D("0.01"), D(0), D(0)]


@pytest.mark.parametrize(
    ("currency", "amounts", "percent", "parts"),
    [
        ("JPY", ["100", "100", "101"], "33.33", ["33", "33", "34"]),
        ("JPY", ["1"], "50", ["1"]),
        ("JPY", ["1"], "49.99", ["0"]),
        ("KWD", ["1.001", "1.001"], "33.33", ["0.334", "0.333"]),
        ("KWD", ["0.001", "0.001", "0.001"], "33.33", ["0.001", "0", "0"]),
    ],
)
def test_currencies_without_decimals_and_with_three(
    currency: str, amounts: list[str], percent: str, parts: list[str]
) -> None:
    charges = [charge(one, currency=currency) for one in amounts]
    found = quote(decision(percent), terms(), charges, currency)
    assert [part.amount for part in found.parts] == [D(one) for one in parts]


def test_units_that_come_back_one_by_one_give_back_the_whole_charge() -> None:
    back = D(0)
    for before in range(3):
        one = charge("81.13", "8.11", "4.99", refunded=back, returned=Returned(1, 3, before))
        back += quote(decision("100"), terms(Basis.WITH_SHIPPING), [one], "GBP").total
    assert back == D("94.23")


def test_the_end_of_trial_charge_stands_apart_from_the_trials_own() -> None:
    trial = charge("1.00", reference="trial")
    end = charge("60.00", reference="end", source=Source.END_OF_TRIAL)
    of_end = quote(decision("50", Source.END_OF_TRIAL), terms(), [trial, end], "GBP")
    of_trial = quote(decision("50"), terms(), [trial, end], "GBP")
    assert [(part.reference, part.amount) for part in of_end.parts] == [("end", D("30.00"))]
    assert [(part.reference, part.amount) for part in of_trial.parts] == [("trial", D("0.50"))]


def test_what_all_returns_of_an_order_have_left_is_shared_in_proportion() -> None:
    two = [charge("60.00", reference="a"), charge("30.00", reference="b")]
    found = quote(decision("100"), terms(), two, "GBP", order_left=D("10.00"))
    assert [part.amount for part in found.parts] == [D("6.67"), D("3.33")]
    assert found.is_capped


def test_nothing_charged_gives_nothing_back() -> None:
    assert quote(decision("100"), terms(), [], "GBP").total == 0
    assert quote(decision("100"), terms(fee="10"), [charge("0")], "GBP").total == 0


def test_charges_of_several_currencies_are_not_added_up() -> None:
    with pytest.raises(MixedCurrencies):
        quote(decision("100"), terms(), [charge("1"), charge("1", currency="JPY")], "GBP")


@pytest.mark.parametrize(
    "make",
    [
        lambda: charge("-1"),
        lambda: charge("1", refunded=D(-1)),
        lambda: charge("1", paid=D("1.01")),
        lambda: quote(decision("50"), terms(), [charge("0.001")], "GBP"),
        lambda: quote(decision("50"), terms(), [charge("1")], "GBP", order_left=D(-1)),
        lambda: quote(decision("50"), terms(), [charge("1", returned=Returned(3, 2))], "GBP"),
    ],
)
def test_impossible_amounts_are_mistakes_of_the_code(make: object) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        make()  # type: ignore[operator]


# --- every combination, and random baskets ------------------------------------------------------


@pytest.mark.parametrize(
    ("currency", "basis", "percent", "fee", "earlier"),
    list(
        product(
            CURRENCIES,
            Basis,
            ("0", "33.33", "50", "100"),
            ("0", "15", "100"),
            ("none", "some", "all"),
        )
    ),
)
def test_every_combination_stays_within_the_charge(
    currency: str, basis: Basis, percent: str, fee: str, earlier: str
) -> None:
    step = D(1).scaleb(-exponent(currency))
    one = charge(str(1000 * step), str(201 * step), str(99 * step), currency=currency)
    refunded = {"none": D(0), "some": 700 * step, "all": one.total}[earlier]
    given_ = charge(
        str(one.items), str(one.tax), str(one.shipping), currency=currency, refunded=refunded
    )
    found = quote(decision(percent), terms(basis, fee), [given_], currency)
    goods = {Basis.ITEMS: 1000, Basis.ITEMS_AND_TAX: 1201, Basis.WITH_SHIPPING: 1201}[basis]
    shipping = 99 if basis is Basis.WITH_SHIPPING else 0
    back = quantise(goods * step * D(percent) / 100, currency)
    due = (
        back
        - quantise(back * D(fee) / 100, currency)
        + quantise(shipping * step * D(percent) / 100, currency)
    )
    assert found.total == min(due, one.total - refunded)
    assert found.total == quantise(found.total, currency)


@st.composite
def baskets(draw: st.DrawFn) -> tuple[str, list[Charged]]:
    currency = draw(st.sampled_from(CURRENCIES))
    step = D(1).scaleb(-exponent(currency))
    amounts = st.integers(0, 10**6)
    charges = []
    for place in range(draw(st.integers(1, 6))):
        items, tax, shipping = (draw(amounts) * step for _ in range(3))
        paid = quantise((items + tax + shipping) * draw(st.integers(0, 100)) / 100, currency)
        quantity = draw(st.integers(1, 9))
        before = draw(st.integers(0, quantity))
        units = draw(st.integers(0, quantity - before))
        charges.append(
            Charged(
                str(place),
                currency,
                items,
                tax,
                shipping,
                paid,
                draw(amounts) * step,
                returned=Returned(units, quantity, before),
            )
        )
    return currency, charges


percents = st.integers(0, 10_000).map(lambda n: D(n) / 100)


@given(baskets(), percents, percents, st.sampled_from(Basis), st.integers(0, 10**6) | st.none())
def test_random_baskets_never_give_more_than_was_charged(
    basket: tuple[str, list[Charged]], percent: D, fee: D, basis: Basis, left: int | None
) -> None:
    currency, charges = basket
    most = None if left is None else left * D(1).scaleb(-exponent(currency))
    found = quote(decision(percent), terms(basis, fee), charges, currency, order_left=most)
    assert found.total == sum(part.amount for part in found.parts)
    assert most is None or found.total <= most
    for part, one in zip(found.parts, charges, strict=True):
        assert part.amount == part.items + part.tax + part.shipping
        assert 0 <= part.amount <= part.left == one.left <= one.total
        assert part.amount <= part.gross - part.fee <= part.basis <= one.total
        for amount, whole in (
            (part.items, one.items),
            (part.tax, one.tax),
            (part.shipping, one.shipping),
        ):
            assert type(amount) is D
            assert 0 <= amount <= whole
            assert amount == quantise(amount, currency)


@given(baskets(), st.lists(percents, min_size=1, max_size=8), st.sampled_from(Basis))
def test_returns_one_after_the_other_never_give_back_more_than_was_paid(
    basket: tuple[str, list[Charged]], several: list[D], basis: Basis
) -> None:
    currency, charges = basket
    back = {one.reference: D(0) for one in charges}
    for percent in several:
        again = [
            Charged(
                one.reference,
                currency,
                one.items,
                one.tax,
                one.shipping,
                one.paid,
                back[one.reference],
            )
            for one in charges
        ]
        for part in quote(decision(percent), terms(basis), again, currency).parts:
            back[part.reference] += part.amount
    for one in charges:
        assert one.paid is not None
        assert back[one.reference] <= one.paid


@given(st.integers(1, 10**6), st.integers(1, 30), st.sampled_from(CURRENCIES))
def test_units_in_any_number_of_parts_sum_to_the_charge(
    cents: int, quantity: int, currency: str
) -> None:
    step = D(1).scaleb(-exponent(currency))
    back = D(0)
    for before in range(quantity):
        one = Charged(
            "ch", currency, cents * step, refunded=back, returned=Returned(1, quantity, before)
        )
        back += quote(decision("100"), terms(), [one], currency).total
    assert back == cents * step
