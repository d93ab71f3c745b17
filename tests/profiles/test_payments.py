"""Which payments a refund goes back to (I3)."""

from __future__ import annotations

from decimal import Decimal as D

import pytest

from profiles.payments import Payment, over_payments

FIVE = Payment(D("5.00"))
GIFT_CARD = Payment(D("5.00"), is_refundable=False)


@pytest.mark.parametrize(
    ("amount", "payments", "shares"),
    [
        ("10.00", [FIVE, FIVE], ["5.00", "5.00"]),
        ("4.00", [FIVE, FIVE], ["4.00", "0"]),
        ("6.00", [FIVE, GIFT_CARD, FIVE], ["5.00", "0", "1.00"]),
        ("6.00", [Payment(D("5.00"), D("2.00")), FIVE], ["3.00", "3.00"]),
        ("1.00", [Payment(D("5.00"), D("6.00")), FIVE], ["0", "1.00"]),
    ],
)
def test_payments_are_filled_in_their_order_and_some_are_skipped(
    amount: str, payments: list[Payment], shares: list[str]
) -> None:
    assert over_payments(D(amount), payments) == [D(share) for share in shares]


@pytest.mark.parametrize(
    ("amount", "payments"),
    [
        ("10.01", [FIVE, FIVE]),
        ("5.01", [FIVE, GIFT_CARD]),
        ("3.01", [Payment(D("5.00"), D("2.00"))]),
        ("0.01", []),
    ],
)
def test_more_than_paid_less_refunded_and_pending_is_refused(
    amount: str, payments: list[Payment]
) -> None:
    with pytest.raises(ValueError, match="not left on these payments"):
        over_payments(D(amount), payments)


@pytest.mark.parametrize("amount", ["0", "-8.00"])
def test_nothing_and_less_is_no_refund(amount: str) -> None:
    with pytest.raises(ValueError, match="above zero"):
        over_payments(D(amount), [FIVE])
