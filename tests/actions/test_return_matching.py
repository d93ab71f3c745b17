"""First in, first out: which purchases a historical cancellation takes back (F3)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from actions.return_matching import Cancellation, Claims, Purchase, match
from orders.readers.base import Amount, Reason, TakenBack

DAY = datetime(2011, 1, 5)  # noqa: DTZ001


def purchase(line: int, quantity: int, price: str = "2.00", returned: int = 0) -> Purchase:
    total = quantity * Decimal(price)
    return Purchase(
        order_line_id=line,
        order_id=line * 100,
        line=line,
        quantity=quantity,
        returned=returned,
        total=total,
        agreed=returned * Decimal(price),
    )


def cancellation(line: int, units: int, price: str = "2.00", invoice: str = "") -> Cancellation:
    amount = Amount(-units, Decimal(price))
    row = TakenBack(line, "22633", amount, ())
    return Cancellation(invoice or f"C{line}", DAY, "17850", row)


def matched(
    cancellations: list[Cancellation], purchases: list[Purchase], recorded: Claims | None = None
) -> list[object]:
    """What became of each: its pieces as (line, units, refund), its reason, or "recorded"."""
    match(cancellations, purchases, recorded or {}, "GBP")
    return [
        "recorded"
        if one.is_recorded
        else one.reason
        or [(piece.purchase.line, piece.units, str(piece.refund)) for piece in one.pieces]
        for one in cancellations
    ]


def test_the_first_purchase_goes_first_and_one_row_may_span_several():
    assert matched([cancellation(9, 5)], [purchase(2, 3), purchase(4, 6)]) == [
        [(2, 3, "6.00"), (4, 2, "4.00")]
    ]


def test_what_is_returned_is_gone():
    outcome = matched(
        [cancellation(7, 2), cancellation(8, 2), cancellation(9, 1)],
        [purchase(2, 3), purchase(4, 1)],
    )
    assert outcome == [
        [(2, 2, "4.00")],
        [(2, 1, "2.00"), (4, 1, "2.00")],
        Reason.RETURN_WITHOUT_PURCHASE,
    ]


def test_a_row_that_asks_for_more_than_is_left_takes_nothing():
    outcome = matched([cancellation(7, 4), cancellation(8, 3)], [purchase(2, 3)])
    assert outcome == [Reason.RETURN_OF_TOO_MANY, [(2, 3, "6.00")]]


def test_what_is_bought_later_does_not_count():
    outcome = matched([cancellation(3, 1), cancellation(5, 1)], [purchase(4, 6)])
    assert outcome == [Reason.RETURN_WITHOUT_PURCHASE, [(4, 1, "2.00")]]


def test_purchases_of_earlier_files_come_before_everything():
    assert matched([cancellation(2, 7)], [purchase(0, 4), purchase(0, 4)]) == [
        [(0, 4, "8.00"), (0, 3, "6.00")]
    ]


def test_a_refund_is_what_the_cancellation_says_but_never_more_than_was_paid():
    cheaper = matched([cancellation(9, 2, "1.50")], [purchase(2, 3)])
    dearer = matched([cancellation(9, 2, "9.99")], [purchase(2, 3)])
    assert cheaper == [[(2, 2, "3.00")]]
    assert dearer == [[(2, 2, "4.00")]]


def test_a_line_returned_in_parts_refunds_its_total():
    third = Purchase(1, 100, 2, 3, 0, Decimal("10.00"), Decimal(0))
    outcome = matched([cancellation(line, 1, "5.00") for line in (7, 8, 9)], [third])
    assert outcome == [[(2, 1, "3.33")], [(2, 1, "3.33")], [(2, 1, "3.34")]]


def test_a_second_run_finds_the_same_and_takes_nothing():
    rows = [(5, 4, "C5"), (6, 9, "C6"), (7, 3, "C7")]
    first = [purchase(2, 5), purchase(3, 3)]
    run = [cancellation(line, units, invoice=invoice) for line, units, invoice in rows]
    before = matched(run, first)
    assert before[1] is Reason.RETURN_OF_TOO_MANY

    again = [purchase(2, 5, returned=5), purchase(3, 3, returned=2)]
    recorded: Claims = {"C5": [(again[0], 4)], "C7": [(again[0], 1), (again[1], 2)]}
    rerun = [cancellation(line, units, invoice=invoice) for line, units, invoice in rows]
    assert matched(rerun, again, recorded) == ["recorded", Reason.RETURN_OF_TOO_MANY, "recorded"]
    assert [one.returned for one in again] == [5, 2]


def test_a_cancellation_that_is_there_is_not_matched_again():
    there = purchase(2, 9, returned=1)
    outcome = matched([cancellation(5, 4, invoice="C5")], [there], {"C5": [(there, 1)]})
    assert outcome == [Reason.RETURN_OF_TOO_MANY]
    assert there.returned == 1
