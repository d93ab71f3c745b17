"""The database has the last word: raw SQL of the runtime role cannot break the books either.

Each statement stands in for a verb that forgot its check. Sources: F11, F12, I3, DESIGN rule 8.
"""

from __future__ import annotations

from decimal import Decimal as D

import pytest
from django.db import Error, IntegrityError, ProgrammingError

from actions.credits import sync_credit
from actions.refunds import sync_refund
from actions.rmas import LineDecision, decide_rma
from actions.shipments import ShipmentRequest, add_shipment
from tests.actions.steps import changes_nothing, raw
from tests.cast import Cast
from tests.factories import Item, made_return, shipped_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def books(at_acme: Cast) -> Cast:
    """Two of three come back: one approved, sent, credited; the other denied; refunded in full."""
    order = shipped_order(
        at_acme.acme, Item(3, "10.00"), vendor=at_acme.northlight, shipping_paid=D("5.00")
    )
    made = made_return(at_acme.bob, order, units=2, refund_shipping=D("5.00"))
    rma = made.rmas.get()
    line = rma.lines.get()
    decide_rma(at_acme.bob, rma, {line.pk: LineDecision(1, 1, "misuse")})
    add_shipment(at_acme.bob, rma, ShipmentRequest("DPD", "1", "Dock", {line.pk: 1}))
    sync_credit(at_acme.fay, rma)
    sync_refund(at_acme.fay, made)
    return at_acme


@pytest.mark.parametrize(
    ("constraint", "statement"),
    [
        (
            "orders_line_returned_within_quantity",
            "UPDATE orders_orderline SET returned_quantity = quantity + 1",
        ),
        (
            "orders_line_returned_within_quantity",
            "UPDATE orders_orderline SET returned_quantity = -1",
        ),
        (
            "orders_line_returned_after_shipping",
            "UPDATE orders_orderline SET shipment_id = NULL",
        ),
        (
            "orders_line_refund_within_total",
            "UPDATE orders_orderline SET refund_agreed = total + 0.01",
        ),
        (
            "orders_order_returned_within_shipped",
            "UPDATE orders_order SET returned_units = shipped_units + 1",
        ),
        (
            "orders_order_refund_agreed_within_paid",
            "UPDATE orders_order SET refund_agreed = paid_total + shipping_paid + 0.01",
        ),
        (
            "orders_order_refunded_within_paid",
            "UPDATE orders_order SET refunded = paid_total + shipping_paid + 0.01",
        ),
        ("orders_order_refunded_within_paid", "UPDATE orders_order SET refunded = -0.01"),
        ("returns_return_refunded_not_negative", "UPDATE returns_return SET refunded = -0.01"),
        (
            "orders_order_shipping_within_paid",
            "UPDATE orders_order SET shipping_agreed = shipping_paid + 0.01",
        ),
        ("orders_order_refund_agreed_within_paid", "UPDATE orders_order SET paid_total = 1"),
        ("returns_line_quantity", "UPDATE returns_returnline SET quantity = 0"),
        (
            "returns_line_requested_within",
            "UPDATE returns_returnline SET requested = quantity + 1",
        ),
        ("returns_line_refund", "UPDATE returns_returnline SET refund = -0.01"),
        (
            "returns_return_refund_not_negative",
            "UPDATE returns_return SET refund_adjustment = -refund_items - refund_shipping - 0.01",
        ),
        (
            "returns_return_decided_within_units",
            "UPDATE returns_return SET approved_units = unit_count",
        ),
        ("returns_return_status", "UPDATE returns_return SET status = 'lost'"),
        ("returns_return_waits_on", "UPDATE returns_return SET waits_on = 'godot'"),
        ("rmas_line_quantity", "UPDATE rmas_rmaline SET quantity = 0, approved = 0, denied = 0"),
        (
            "rmas_line_decided_within_requested",
            "UPDATE rmas_rmaline SET approved = quantity, denied = 1",
        ),
        ("rmas_line_decided_within_requested", "UPDATE rmas_rmaline SET voided = 1"),
        (
            "rmas_line_shipped_within_approved",
            "UPDATE rmas_rmaline SET shipped = approved + 1",
        ),
        (
            "rmas_line_received_within_requested",
            "UPDATE rmas_rmaline SET received = quantity + 1",
        ),
        ("rmas_line_denied_with_reason", "UPDATE rmas_rmaline SET deny_reason = ''"),
        ("rmas_line_cost", "UPDATE rmas_rmaline SET unit_cost = -0.01"),
        (
            "rmas_rma_decided_within_requested",
            "UPDATE rmas_rma SET approved_units = requested_units, denied_units = 1",
        ),
        (
            "rmas_rma_credited_within_cost",
            "UPDATE rmas_rma SET credited = cost_total + 0.01",
        ),
        ("rmas_rma_credited_within_cost", "UPDATE rmas_rma SET credited = -0.01"),
        ("rmas_rma_credited_within_cost", "UPDATE rmas_rma SET cost_total = 0"),
        ("rmas_rma_status", "UPDATE rmas_rma SET status = 'lost'"),
        ("shipments_line_quantity", "UPDATE shipments_returnshipmentline SET quantity = 0"),
    ],
)
def test_a_check_refuses_what_no_verb_may_do(books: Cast, constraint: str, statement: str) -> None:
    with changes_nothing(), pytest.raises(IntegrityError, match=f'constraint "{constraint}"'):
        raw(statement)


def test_an_adjustment_raises_the_cap_of_a_credit_and_no_more(books: Cast) -> None:
    raw("UPDATE rmas_rma SET credit_adjustment = 2, credited = cost_total + 2")
    with changes_nothing(), pytest.raises(IntegrityError, match="credited_within_cost"):
        raw("UPDATE rmas_rma SET credited = cost_total + 2.01")
    with changes_nothing(), pytest.raises(IntegrityError, match="credited_within_cost"):
        raw("UPDATE rmas_rma SET credit_adjustment = -99")


@pytest.mark.parametrize("table", ["returns_refundentry", "rmas_creditentry", "audit_event"])
@pytest.mark.parametrize(
    "statement",
    ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {}"],
)
def test_ledgers_and_history_are_only_added_to(books: Cast, table: str, statement: str) -> None:
    with changes_nothing(), pytest.raises(ProgrammingError, match="permission denied"):
        raw(statement.format(table))


@pytest.mark.parametrize("table", ["returns_refundentry", "rmas_creditentry"])
def test_an_entry_of_nothing_is_no_entry(books: Cast, table: str) -> None:
    columns = {
        "returns_refundentry": "merchant_id, customer_return_id, order_id, kind, currency",
        "rmas_creditentry": "merchant_id, rma_id, currency, reference, note",
    }[table]
    with changes_nothing(), pytest.raises(IntegrityError, match="not_zero"):
        raw(f"INSERT INTO {table} ({columns}, amount) SELECT {columns}, 0 FROM {table}")


@pytest.mark.parametrize(
    ("constraint", "amount", "reason"),
    [("rmas_variance_not_zero", "0", "Agreed"), ("rmas_variance_with_reason", "1", "")],
)
def test_a_variance_has_an_amount_and_a_reason(
    books: Cast, constraint: str, amount: str, reason: str
) -> None:
    with changes_nothing(), pytest.raises(IntegrityError, match=constraint):
        raw(
            "INSERT INTO rmas_creditvariance (merchant_id, rma_id, currency, amount, reason)"
            f" SELECT merchant_id, id, currency, {amount}, '{reason}' FROM rmas_rma"
        )


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO rmas_rmanumber (merchant_id, rma_id, vendor_id, number) TABLE taken",
        "DELETE FROM rmas_rmanumber",
        "UPDATE rmas_rmanumber SET number = 'NL-1'",
        "DELETE FROM returns_return",
        "DELETE FROM rmas_rma",
    ],
)
def test_numbers_and_papers_stay(books: Cast, statement: str) -> None:
    taken = "WITH taken AS (SELECT merchant_id, id, vendor_id, number FROM rmas_rma) "
    with changes_nothing(), pytest.raises(Error):
        raw(taken + statement)
