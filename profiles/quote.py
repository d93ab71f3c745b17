"""What each charge gives back under a decision: the exact amounts. Pure (P5, P6, I3).

Every figure is a Decimal payable in the currency. Percentages are taken of the sum over all charges
and split by largest remainder, so a third of three charges of 0.01 is 0.01 and not nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from core.money import ZERO, allocate, exponent, quantise, sum_of_units
from profiles.decide import Decision
from profiles.fees import restocking_fee
from profiles.payments import Payment
from profiles.terms import Basis, Source, Terms


class MixedCurrencies(ValueError):
    """Charges of several currencies cannot be added up; refund them one by one."""


@dataclass(frozen=True, slots=True)
class Returned:
    """Which units of a charge come back: `units` of `quantity`, `before` having come back already.

    The usual case is all of it.
    """

    units: int = 1
    quantity: int = 1
    before: int = 0


ALL = Returned()


@dataclass(frozen=True, slots=True)
class Charged:
    """One charge in `currency`: what it was for, what was paid, and what went back.

    `paid` is None when all of it was. `refunded` counts refunds on their way as well, and what was
    refunded outside. `returned` says which units come back now.
    """

    reference: str
    currency: str
    items: Decimal
    tax: Decimal = ZERO
    shipping: Decimal = ZERO
    paid: Decimal | None = None
    refunded: Decimal = ZERO
    source: Source = Source.OWN
    returned: Returned = ALL

    def __post_init__(self) -> None:
        if min(self.items, self.tax, self.shipping, self.refunded) < ZERO:
            raise ValueError("A charge holds no negative amounts.")
        if self.paid is not None and not ZERO <= self.paid <= self.total:
            raise ValueError("No more is paid than was charged.")

    @property
    def total(self) -> Decimal:
        """What was charged."""
        return self.items + self.tax + self.shipping

    @property
    def left(self) -> Decimal:
        """What of it may still go back: paid, less refunded; never negative."""
        return Payment(self.total if self.paid is None else self.paid, self.refunded).left


@dataclass(frozen=True, slots=True)
class Part:
    """What one charge gives back.

    `basis` is what the percentage is taken of (the units that came back only), `gross` the
    percentage of it, `fee` what is kept for restocking, `left` what the charge had left before, and
    `amount` what goes back: never above `gross - fee` and never above `left`. `items`, `tax` and
    `shipping` make up the amount.
    """

    reference: str
    basis: Decimal
    gross: Decimal
    fee: Decimal
    refunded: Decimal
    left: Decimal
    items: Decimal
    tax: Decimal
    shipping: Decimal

    @property
    def amount(self) -> Decimal:
        """What goes back."""
        return self.items + self.tax + self.shipping

    @property
    def is_capped(self) -> bool:
        """Whether less goes back than the profile would give, because no more is left."""
        return self.amount < self.gross - self.fee


@dataclass(frozen=True, slots=True)
class Quote:
    """The parts of all charges concerned; their amounts sum to `total` by construction."""

    currency: str
    percent: Decimal
    parts: tuple[Part, ...]

    @property
    def total(self) -> Decimal:
        """What goes back altogether."""
        return sum((part.amount for part in self.parts), ZERO)

    @property
    def fee(self) -> Decimal:
        """What is kept for restocking."""
        return sum((part.fee for part in self.parts), ZERO)

    @property
    def is_capped(self) -> bool:
        """Whether the cap of some charge, or of the order, held something back."""
        return any(part.is_capped for part in self.parts)


def quote(
    decision: Decision,
    terms: Terms,
    charges: Sequence[Charged],
    currency: str,
    *,
    order_left: Decimal | None = None,
) -> Quote:
    """What `charges` give back under `decision` and `terms`, all in `currency`.

    Only charges of the decision's source are looked at: the end-of-trial charge where the
    end-of-trial rules apply, else those of the shipped cycle. The percentage is of the original
    charge; what went back before only lowers the cap. `order_left` is what all returns of the order
    may still refund together; None when the charges belong to no order. Raises MixedCurrencies for
    a charge of another currency, ValueError for amounts finer than the currency is paid in.
    """
    if any(charge.currency != currency for charge in charges):
        raise MixedCurrencies(f"All charges of a quote are in {currency}.")
    if order_left is not None and order_left < ZERO:
        raise ValueError("What is left of an order is not negative.")
    concerned = [charge for charge in charges if charge.source is decision.source]
    if not concerned:
        return Quote(currency, decision.percent, ())
    bases = [_basis(charge, terms.basis) for charge in concerned]
    goods = _share([items + tax for items, tax, _shipping in bases], decision.percent, currency)
    shipping = _share([shipping for _i, _t, shipping in bases], decision.percent, currency)
    kept = restocking_fee(sum(goods, ZERO), terms.restocking_percent, currency)
    fees = allocate(kept, goods, currency) if kept else [ZERO] * len(goods)
    due = [g - fee + s for g, fee, s in zip(goods, fees, shipping, strict=True)]
    amounts = [min(one, charge.left) for one, charge in zip(due, concerned, strict=True)]
    amounts = _within(amounts, order_left, currency)
    parts = [
        _part(charge, base, (good, fee, post), amount)
        for charge, base, good, fee, post, amount in zip(
            concerned, bases, goods, fees, shipping, amounts, strict=True
        )
    ]
    return Quote(currency, decision.percent, tuple(parts))


def _basis(charge: Charged, basis: Basis) -> tuple[Decimal, Decimal, Decimal]:
    """Items, tax and shipping of the units that come back, as far as `basis` counts them."""
    back = charge.returned

    def of_units(amount: Decimal) -> Decimal:
        if amount != quantise(amount, charge.currency):
            decimals = exponent(charge.currency)
            raise ValueError(f"{amount} has more than {decimals} decimals of {charge.currency}.")
        return sum_of_units(amount, back.quantity, back.before, back.units, charge.currency)

    return (
        of_units(charge.items),
        ZERO if basis is Basis.ITEMS else of_units(charge.tax),
        of_units(charge.shipping) if basis is Basis.WITH_SHIPPING else ZERO,
    )


def _share(amounts: list[Decimal], percent: Decimal, currency: str) -> list[Decimal]:
    """`percent` of each of `amounts`: of their sum, split by largest remainder.

    No share exceeds its amount, because the percentage is at most 100.
    """
    whole = sum(amounts, ZERO)
    total = quantise(whole * percent / 100, currency)
    return allocate(total, amounts, currency) if total else [ZERO] * len(amounts)


def _within(amounts: list[Decimal], most: Decimal | None, currency: str) -> list[Decimal]:
    """`amounts`, lowered in proportion where they exceed `most` together."""
    if most is None or sum(amounts, ZERO) <= most:
        return amounts
    return allocate(most, amounts, currency)


def _part(
    charge: Charged,
    base: tuple[Decimal, Decimal, Decimal],
    money: tuple[Decimal, Decimal, Decimal],
    amount: Decimal,
) -> Part:
    goods, fee, shipping = money
    items, tax, post = _broken_down(amount, base, (goods - fee, shipping), charge.currency)
    return Part(
        reference=charge.reference,
        basis=sum(base, ZERO),
        gross=goods + shipping,
        fee=fee,
        refunded=charge.refunded,
        left=charge.left,
        items=items,
        tax=tax,
        shipping=post,
    )


def _broken_down(
    amount: Decimal,
    base: tuple[Decimal, Decimal, Decimal],
    due: tuple[Decimal, Decimal],
    currency: str,
) -> list[Decimal]:
    """How much of `amount` is items, tax and shipping: in proportion to what was due of each."""
    if not amount:
        return [ZERO, ZERO, ZERO]
    goods, shipping = allocate(amount, due, currency)
    if not goods:
        return [ZERO, ZERO, shipping]
    return [*allocate(goods, base[:2], currency), shipping]
