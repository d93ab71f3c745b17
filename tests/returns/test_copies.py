"""What returns repeat of other tables says what those tables say, after any story (F14)."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import connection

from accounts.actor import Actor
from actions.order_loading import load_orders
from actions.refunds import give_credit
from actions.requests import FurtherRma, LineRequest, ReturnRequest, RmaRequest
from actions.returns import cancel_return, create_return, uncancel_return
from actions.rma_changes import cancel_rma, process_rma, reprocess_rma, void_rma
from actions.rma_requests import create_rma
from core.tenancy import tenant
from returns.models import Return, ReturnReason
from rmas.models import Rma
from tests.cast import Cast
from tests.factories import CustomerFactory, Item, made_return, shipped_order
from tests.order_files import FORMAT, GOOD, order_file

pytestmark = pytest.mark.django_db

GATHERED = """
SELECT made.number, ARRAY[order_number, channel_name, customer_number, customer_name,
    customer_email, rma_numbers, vendor_names],
  ARRAY[placed.number, channel.name, coalesce(buyer.number, ''), coalesce(buyer.name, ''),
    coalesce(buyer.email, ''),
    coalesce((SELECT string_agg(rma.number, ', ' ORDER BY rma.id) FROM rmas_rma rma
      WHERE rma.customer_return_id = made.id), ''),
    coalesce((SELECT string_agg(DISTINCT name, ', ' ORDER BY name) FROM (
      SELECT vendor.name COLLATE "C" AS name FROM rmas_rma rma
      JOIN accounts_vendor vendor ON vendor.id = rma.vendor_id
      WHERE rma.customer_return_id = made.id) asked), '')]
FROM returns_return made JOIN orders_order placed ON placed.id = made.order_id
  JOIN orders_channel channel ON channel.id = placed.channel_id
  LEFT JOIN accounts_customer buyer ON buyer.id = placed.customer_id
WHERE made.merchant_id = %s ORDER BY made.id"""


def copies(cast: Cast) -> dict[str, list[str]]:
    """The copies of each return by its number, once they are shown to be true."""
    with tenant(cast.acme.pk), connection.cursor() as cursor:
        cursor.execute(GATHERED, [cast.acme.pk])
        found = {number: (stored, gathered) for number, stored, gathered in cursor.fetchall()}
    assert {number: stored for number, (stored, _gathered) in found.items()} == {
        number: gathered for number, (_stored, gathered) in found.items()
    }
    return {number: stored for number, (stored, _gathered) in found.items()}


def test_after_a_story_of_changes(at_acme: Cast) -> None:
    guest = shipped_order(at_acme.acme, Item(3), customer=None, vendor=at_acme.northlight)
    assert copies(at_acme) == {}
    made = made_return(at_acme.bob, guest)
    assert copies(at_acme)[made.number][2:5] == ["", "", ""]
    order = shipped_order(at_acme.acme, Item(3), Item(2), customer=at_acme.cora_row)
    lines = list(order.lines.order_by("id"))
    reason = ReturnReason.objects.filter(merchant=at_acme.acme)[0].pk
    vendors = (at_acme.paper, at_acme.northlight)
    made = create_return(
        at_acme.bob,
        order,
        ReturnRequest(
            [
                LineRequest(line.pk, 2, vendor.pk, reason, "used")
                for line, vendor in zip(lines, vendors, strict=True)
            ],
            [RmaRequest(vendors[1].pk, number="NL-1")],
        ),
    )
    first, second = made.rmas.order_by("pk")
    assert copies(at_acme)[made.number][5:] == [
        f"{first.number}, NL-1",
        "Northlight Lamps, Paper & Twine",
    ]
    process_rma(at_acme.bob, second)
    reprocess_rma(at_acme.bob, second, "NL-2")
    assert copies(at_acme)[made.number][5] == f"{first.number}, NL-2"
    cancel_rma(at_acme.bob, first)
    void_rma(at_acme.bob, second)
    further = create_rma(
        at_acme.bob, made, FurtherRma(RmaRequest(vendors[0].pk), {made.lines.first().pk: 1})
    )
    assert copies(at_acme)[made.number][5] == f"{first.number}, NL-2, {further.number}"
    cancel_return(at_acme.bob, made)
    copies(at_acme)
    uncancel_return(at_acme.bob, made)
    given = give_credit(at_acme.fay, order, Decimal(1), "Goodwill")
    assert copies(at_acme)[given.number][3] == at_acme.cora_row.name


def test_after_an_import_of_orders_with_cancellations(at_acme: Cast) -> None:
    load_orders(
        Actor.system(at_acme.acme),
        order_file(*GOOD).file,
        format=FORMAT,
        file_name="orders.csv",
    )
    (stored,) = copies(at_acme).values()
    assert stored[0] == "536366"
    assert stored[2] == "17850"


def test_whoever_renames_a_customer_vendor_or_channel(at_acme: Cast) -> None:
    order = shipped_order(at_acme.acme, customer=at_acme.cora_row, vendor=at_acme.northlight)
    made = made_return(at_acme.bob, order)
    other = made_return(
        at_acme.bob,
        shipped_order(
            at_acme.acme, customer=CustomerFactory(merchant=at_acme.acme), vendor=at_acme.paper
        ),
    )
    before = copies(at_acme)[other.number]
    for row_, values in (
        (at_acme.cora_row, {"name": "Cora Ek", "email": "ek@example.com", "number": "1"}),
        (at_acme.northlight, {"name": "Zenith"}),
        (order.channel, {"name": "Shop two"}),
    ):
        type(row_)._base_manager.filter(pk=row_.pk).update(**values)
    after = copies(at_acme)
    assert after[made.number][1:5] == ["Shop two", "1", "Cora Ek", "ek@example.com"]
    assert after[made.number][6] == "Zenith"
    assert after[other.number][2:] == before[2:]


def test_a_vendor_cannot_rename_what_another_merchant_lists(cast: Cast) -> None:
    """The trigger runs as the owner, who sees every merchant; it keeps to the row's own."""
    with tenant(cast.globex.pk):
        theirs = made_return(cast.charlie, shipped_order(cast.globex))
        before = Return.objects.values_list("vendor_names").get(pk=theirs.pk)
    with tenant(cast.acme.pk):
        made_return(cast.bob, shipped_order(cast.acme, vendor=cast.northlight))
        cast.northlight.name = "Else"
        cast.northlight.save(update_fields=["name"])
        assert Rma.objects.count() == 1
    with tenant(cast.globex.pk):
        assert Return.objects.values_list("vendor_names").get(pk=theirs.pk) == before
