"""A seeded data set of the merchant's desk: many merchants, one of them hot, all by SQL.

Each order has three lines of two units, fulfilled and shipped; its return takes back one unit of
the first line and two of the second. Merchants that are filled already are left alone, so that an
interrupted run goes on where it stopped.
"""

from __future__ import annotations

from dataclasses import dataclass

import psycopg
from django.conf import settings
from django.db import connection as default

from accounts.models import Merchant
from accounts.numbering import start_series
from core.tenancy import tenant

MERCHANTS = 100
HOT = 0.3
REASONS = ("incorrect-item", "changed-mind", "incorrect-size", "late-arrival")

# One statement each, in this order; m is the merchant, n the number of returns.
FILL = (
    """
INSERT INTO orders_channel (merchant_id, name, code, kind)
VALUES (%(m)s, 'Shop', 'shop', 'standard'), (%(m)s, 'Resellers', 'resellers', 'reseller')""",
    """
INSERT INTO accounts_vendor (
  merchant_id, public_id, name, code, own_warehouse, email, return_address
)
SELECT %(m)s, gen_random_uuid(), 'Vendor ' || n, 'vendor-' || n, n = 1, '', '1 Dock Road'
FROM generate_series(1, 20) n""",
    """
INSERT INTO returns_returnreason (merchant_id, code, label, position, is_active)
SELECT %(m)s, code, initcap(replace(code, '-', ' ')), place, true
FROM unnest(%(reasons)s::text[]) WITH ORDINALITY AS listed (code, place)""",
    """
INSERT INTO orders_product (merchant_id, sku, title, unit_cost)
SELECT %(m)s, 'SKU-' || n, 'Product ' || n, (n %% 40) + 0.5 FROM generate_series(1, 500) n""",
    """
INSERT INTO accounts_customer (merchant_id, number, name, email, country)
SELECT %(m)s, 'C' || n, 'Customer ' || n, 'customer' || n || '@example.com', 'United Kingdom'
FROM generate_series(1, greatest(%(n)s / 3, 1)) n""",
    """
INSERT INTO orders_order (
  merchant_id, channel_id, customer_id, number, placed_at, currency, country, line_count,
  unit_count, shipped_units, returned_units, return_count, paid_total, refund_agreed
)
SELECT %(m)s, channel.first + n %% 2, customer.first + n %% customer.total, 'O' || 500000 + n,
  %(until)s::timestamptz - n * interval '7 minutes' - interval '9 days', 'GBP', 'United Kingdom',
  3, 6, 6, 3, 1, 60, 30
FROM generate_series(1, %(n)s) n,
  (SELECT min(id) AS first FROM orders_channel WHERE merchant_id = %(m)s) channel,
  (SELECT min(id) AS first, count(*) AS total FROM accounts_customer
   WHERE merchant_id = %(m)s) customer""",
    """
INSERT INTO orders_channelinvoice (merchant_id, order_id, number, subtotal)
SELECT merchant_id, id, number, 60 FROM orders_order WHERE merchant_id = %(m)s""",
    """
INSERT INTO orders_fulfillmentrequest (
  merchant_id, order_id, vendor_id, number, line_count, unit_count, requested_at
)
SELECT merchant_id, id, vendor.first + id %% 20, 'PO-' || number, 3, 6, placed_at
FROM orders_order, (SELECT min(id) AS first FROM accounts_vendor WHERE merchant_id = %(m)s) vendor
WHERE merchant_id = %(m)s""",
    """
INSERT INTO orders_shipment (
  merchant_id, order_id, fulfillment_request_id, carrier, tracking_number, shipped_at, delivered_at
)
SELECT merchant_id, order_id, id, 'Royal Mail', 'JX' || id, requested_at + interval '1 day',
  requested_at + interval '3 days'
FROM orders_fulfillmentrequest WHERE merchant_id = %(m)s""",
    """
INSERT INTO orders_orderline (
  merchant_id, order_id, product_id, fulfillment_request_id, shipment_id, position, title,
  quantity, unit_price, total, returned_quantity, refund_agreed
)
SELECT placed.merchant_id, placed.order_id, product.first + (placed.order_id * 3 + place) %% 500,
  placed.fulfillment_request_id, placed.id, place, 'Product', 2, 10, 20,
  CASE place WHEN 1 THEN 1 WHEN 2 THEN 2 ELSE 0 END,
  CASE place WHEN 1 THEN 10 WHEN 2 THEN 20 ELSE 0 END
FROM orders_shipment placed CROSS JOIN generate_series(1, 3) place,
  (SELECT min(id) AS first FROM orders_product WHERE merchant_id = %(m)s) product
WHERE placed.merchant_id = %(m)s""",
    # A third each waits, is approved and travels, or is over.
    """
INSERT INTO returns_return (
  merchant_id, order_id, channel_id, customer_id, number, status, rma_summary, source, currency,
  line_count, unit_count, rma_count, approved_units, shipped_units, received_units, waits_on,
  waits_since, refund_items, refunded, requested_at, closed_at, order_number, channel_name,
  customer_number, customer_name, customer_email, rma_numbers, vendor_names
)
SELECT placed.merchant_id, placed.id, channel_id, customer_id, 'R-' || placed.number,
  CASE placed.id %% 3 WHEN 2 THEN 'closed' ELSE 'open' END,
  CASE placed.id %% 3 WHEN 0 THEN 'waiting' ELSE 'approved' END, 'console', 'GBP', 2, 3, 1,
  CASE placed.id %% 3 WHEN 0 THEN 0 ELSE 3 END, CASE placed.id %% 3 WHEN 0 THEN 0 ELSE 3 END,
  CASE placed.id %% 3 WHEN 2 THEN 3 ELSE 0 END,
  CASE placed.id %% 3 WHEN 0 THEN 'vendor' WHEN 1 THEN 'carrier' ELSE 'nobody' END,
  placed_at + interval '9 days', 30, 0, placed_at + interval '9 days',
  CASE placed.id %% 3 WHEN 2 THEN placed_at + interval '20 days' END,
  placed.number, channel.name, buyer.number, buyer.name, buyer.email, 'RMA-R-' || placed.number,
  vendor.name
FROM orders_order placed JOIN orders_channel channel ON channel.id = channel_id
  JOIN accounts_customer buyer ON buyer.id = customer_id
  JOIN accounts_vendor vendor ON vendor.id = placed.id %% 20
    + (SELECT min(id) FROM accounts_vendor WHERE merchant_id = %(m)s)
WHERE placed.merchant_id = %(m)s""",
    """
INSERT INTO returns_returnline (
  merchant_id, customer_return_id, order_line_id, destination_id, reason_id, condition, quantity,
  requested, refund
)
SELECT made.merchant_id, made.id, line.id, request.vendor_id, reason.first + made.id %% 4, 'used',
  line.position, line.position, line.position * 10
FROM returns_return made
  JOIN orders_orderline line ON line.order_id = made.order_id AND line.position < 3
  JOIN orders_fulfillmentrequest request ON request.id = line.fulfillment_request_id,
  (SELECT min(id) AS first FROM returns_returnreason WHERE merchant_id = %(m)s) reason
WHERE made.merchant_id = %(m)s""",
    """
INSERT INTO rmas_rma (
  merchant_id, customer_return_id, order_id, vendor_id, number, status, return_address, note,
  currency, cost_total, credit_adjustment, credit_expected, requested_units, approved_units,
  denied_units, version
)
SELECT made.merchant_id, made.id, made.order_id, request.vendor_id, 'RMA-' || made.number,
  made.rma_summary, '1 Dock Road', '', 'GBP', 12, 0,
  CASE made.rma_summary WHEN 'approved' THEN 12 ELSE 0 END, 3, made.approved_units, 0, 1
FROM returns_return made
  JOIN orders_fulfillmentrequest request ON request.order_id = made.order_id
WHERE made.merchant_id = %(m)s""",
    """
INSERT INTO rmas_rmaline (
  merchant_id, rma_id, return_line_id, quantity, approved, denied, shipped, received, voided,
  unit_cost
)
SELECT rma.merchant_id, rma.id, line.id, line.quantity,
  CASE rma.status WHEN 'approved' THEN line.quantity ELSE 0 END, 0,
  CASE rma.status WHEN 'approved' THEN line.quantity ELSE 0 END,
  CASE made.received_units WHEN 0 THEN 0 ELSE line.quantity END, 0, 4
FROM rmas_rma rma JOIN returns_return made ON made.id = rma.customer_return_id
  JOIN returns_returnline line ON line.customer_return_id = made.id
WHERE rma.merchant_id = %(m)s""",
    """
INSERT INTO rmas_rmanumber (merchant_id, rma_id, vendor_id, number)
SELECT merchant_id, id, vendor_id, number FROM rmas_rma WHERE merchant_id = %(m)s""",
    """
INSERT INTO audit_event (
  merchant_id, verb, noun, object_id, parent_noun, parent_id, actor_kind, actor_name, data,
  happened_at
)
SELECT merchant_id, 'return.created', 'return', id, 'order', order_id, 'staff', 'Bench',
  jsonb_build_object('number', number, 'units', 3), requested_at
FROM returns_return WHERE merchant_id = %(m)s""",
)
UNTIL = "2026-11-01T12:00:00Z"


@dataclass(frozen=True, slots=True)
class DataSet:
    """So many returns over MERCHANTS merchants; `hot` holds HOT of them."""

    returns: int
    hot: Merchant


def data_set(returns: int) -> DataSet:
    """The data set of that size, loaded now as far as it is missing."""
    hot_share = int(returns * HOT)
    each = max((returns - hot_share) // (MERCHANTS - 1), 1)
    merchants = [merchant_of(returns, place) for place in range(MERCHANTS)]
    with as_owner() as connection:
        fresh = 0
        for place, merchant in enumerate(merchants):
            fresh += fill(connection, merchant, each if place else hot_share)
        if fresh:
            connection.autocommit = True
            connection.execute("ANALYZE")
    return DataSet(returns, merchants[0])


def as_owner() -> psycopg.Connection:
    """A connection of the owner to the database this process works with."""
    name = default.settings_dict["NAME"]
    return psycopg.connect(settings.DATABASE_OWNER_URL, dbname=name)


def merchant_of(returns: int, place: int) -> Merchant:
    """The merchant at that place of the set, made when it is not there."""
    slug = f"bench-{returns}-{place}"
    with tenant(system=True):
        found = Merchant.objects.filter(slug=slug).first()
        if found is not None:
            return found
        made = Merchant.objects.create(slug=slug, name=slug)
    with tenant(made.pk):
        start_series(made)
    return made


def fill(connection: psycopg.Connection, merchant: Merchant, returns: int) -> bool:
    """Write the merchant's papers in one transaction; False when they are there already."""
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM orders_channel WHERE merchant_id = %s)", [merchant.pk]
        )
        row = cursor.fetchone()
        if row and row[0]:
            return False
        cursor.execute("SET LOCAL work_mem = '128MB'")
        cursor.execute("SET LOCAL enable_nestloop = off")
        values = {"m": merchant.pk, "n": returns, "until": UNTIL, "reasons": list(REASONS)}
        for statement in FILL:
            cursor.execute(statement, values)
    return True
