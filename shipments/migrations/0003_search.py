"""The search of returns finds the parcels that went out too; orders are searched the same way (I1).

Read `0002_search` first: this replaces its function, and makes its sister for orders.
"""

from importlib import import_module

from django.conf import settings
from django.db import migrations

ROLE = settings.DATABASE_RUNTIME_ROLE
BEFORE = import_module("shipments.migrations.0002_search")
SEARCHED = {"orders_shipment": ("tracking_number",), "orders_serialnumber": ("number",)}

RETURNS = r"""
CREATE OR REPLACE FUNCTION returns_search(asked text, most integer) RETURNS SETOF bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 200
SET search_path = public, pg_temp
SET plan_cache_mode = force_custom_plan AS $$
DECLARE
  mine CONSTANT bigint := app_merchant();
  many CONSTANT integer := 20 * most;
  newest CONSTANT integer := 50 * most;
  begins CONSTANT text := regexp_replace(btrim(asked), '([\\%_])', '\\\1', 'g') || '%';
  pattern CONSTANT text := CASE WHEN asked ~ '[[:alnum:]]{3}' THEN '%' || begins ELSE begins END;
  own bigint[];
  orders bigint[];
  rmas bigint[];
  sent bigint[];
  came bigint[];
  buyers bigint[];
  products bigint[];
BEGIN
  IF mine IS NULL OR app_vendor() IS NOT NULL OR app_customer() IS NOT NULL OR begins = '%' THEN
    RETURN;
  END IF;
  own := ARRAY(SELECT id FROM returns_return
    WHERE merchant_id = mine AND number ILIKE pattern LIMIT many);
  orders := ARRAY(SELECT id FROM orders_order
    WHERE merchant_id = mine AND number ILIKE pattern LIMIT many);
  rmas := ARRAY(SELECT rma_id FROM rmas_rmanumber
    WHERE merchant_id = mine AND number ILIKE pattern LIMIT many);
  sent := ARRAY(SELECT customer_return_id FROM shipments_returnshipment
    WHERE merchant_id = mine AND tracking_number ILIKE pattern LIMIT many);
  came := ARRAY(SELECT order_id FROM orders_shipment
    WHERE merchant_id = mine AND tracking_number ILIKE pattern LIMIT many);
  buyers := ARRAY(SELECT id FROM accounts_customer WHERE merchant_id = mine
    AND (number ILIKE pattern OR name ILIKE pattern OR email ILIKE pattern) LIMIT many);
  products := ARRAY(SELECT id FROM orders_product
    WHERE merchant_id = mine AND sku ILIKE pattern LIMIT many);
  RETURN QUERY SELECT found.id FROM (
    (SELECT made.id, made.requested_at FROM returns_return made
     WHERE cardinality(own) < many AND made.id = ANY (own))
    UNION
    (SELECT made.id, made.requested_at FROM returns_return made
     WHERE cardinality(orders) < many AND made.merchant_id = mine AND made.order_id = ANY (orders))
    UNION
    (SELECT made.id, made.requested_at FROM rmas_rma asked_for
     JOIN returns_return made ON made.id = asked_for.customer_return_id
     WHERE cardinality(rmas) < many AND asked_for.id = ANY (rmas))
    UNION
    (SELECT made.id, made.requested_at FROM returns_return made
     WHERE cardinality(sent) < many AND made.id = ANY (sent))
    UNION
    (SELECT made.id, made.requested_at FROM returns_return made
     WHERE cardinality(came) < many AND made.merchant_id = mine AND made.order_id = ANY (came))
    UNION
    (SELECT made.id, made.requested_at FROM returns_return made
     WHERE made.merchant_id = mine AND made.customer_id = ANY (buyers)
     ORDER BY made.requested_at DESC, made.id DESC LIMIT most)
    UNION
    (SELECT made.id, made.requested_at FROM (
       SELECT id, requested_at FROM returns_return WHERE merchant_id = mine AND products <> '{}'
       ORDER BY requested_at DESC, id DESC LIMIT newest
     ) made WHERE cardinality(products) >= 100 AND EXISTS (
       SELECT FROM returns_returnline line
       JOIN orders_orderline sold ON sold.id = line.order_line_id
       WHERE line.merchant_id = mine AND line.customer_return_id = made.id
         AND sold.product_id = ANY (products) OFFSET 0) LIMIT most)
    UNION
    (SELECT made.id, made.requested_at FROM orders_orderline sold
     JOIN returns_returnline line ON line.merchant_id = mine AND line.order_line_id = sold.id
     JOIN returns_return made ON made.id = line.customer_return_id
     WHERE cardinality(products) < 100 AND sold.product_id = ANY (products))
    UNION
    (SELECT made.id, made.requested_at FROM (
       SELECT id, requested_at, number, order_id FROM returns_return WHERE merchant_id = mine
         AND many IN (cardinality(own), cardinality(orders), cardinality(rmas), cardinality(sent),
           cardinality(came))
       ORDER BY requested_at DESC, id DESC LIMIT newest
     ) made WHERE made.number ILIKE pattern
       OR EXISTS (SELECT FROM orders_order placed
         WHERE placed.id = made.order_id AND placed.number ILIKE pattern OFFSET 0)
       OR EXISTS (SELECT FROM rmas_rma asked_for JOIN rmas_rmanumber given
           ON given.merchant_id = mine AND given.rma_id = asked_for.id
         WHERE asked_for.merchant_id = mine AND asked_for.customer_return_id = made.id
           AND given.number ILIKE pattern OFFSET 0)
       OR EXISTS (SELECT FROM shipments_returnshipment parcel
         WHERE parcel.merchant_id = mine AND parcel.customer_return_id = made.id
           AND parcel.tracking_number ILIKE pattern OFFSET 0)
       OR EXISTS (SELECT FROM orders_shipment parcel
         WHERE parcel.merchant_id = mine AND parcel.order_id = made.order_id
           AND parcel.tracking_number ILIKE pattern OFFSET 0)
     LIMIT most)
  ) found ORDER BY found.requested_at DESC, found.id DESC LIMIT most;
END $$"""

ORDERS = r"""
CREATE FUNCTION orders_search(asked text, most integer) RETURNS SETOF bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 200
SET search_path = public, pg_temp
SET plan_cache_mode = force_custom_plan AS $$
DECLARE
  mine CONSTANT bigint := app_merchant();
  many CONSTANT integer := 20 * most;
  newest CONSTANT integer := 50 * most;
  begins CONSTANT text := regexp_replace(btrim(asked), '([\\%_])', '\\\1', 'g') || '%';
  pattern CONSTANT text := CASE WHEN asked ~ '[[:alnum:]]{3}' THEN '%' || begins ELSE begins END;
  own bigint[];
  sent bigint[];
  serials bigint[];
  buyers bigint[];
  products bigint[];
BEGIN
  IF mine IS NULL OR app_vendor() IS NOT NULL OR app_customer() IS NOT NULL OR begins = '%' THEN
    RETURN;
  END IF;
  own := ARRAY(SELECT id FROM orders_order
    WHERE merchant_id = mine AND number ILIKE pattern LIMIT many);
  sent := ARRAY(SELECT order_id FROM orders_shipment
    WHERE merchant_id = mine AND tracking_number ILIKE pattern LIMIT many);
  serials := ARRAY(SELECT order_line_id FROM orders_serialnumber
    WHERE merchant_id = mine AND number ILIKE pattern LIMIT many);
  buyers := ARRAY(SELECT id FROM accounts_customer WHERE merchant_id = mine
    AND (number ILIKE pattern OR name ILIKE pattern OR email ILIKE pattern) LIMIT many);
  products := ARRAY(SELECT id FROM orders_product
    WHERE merchant_id = mine AND sku ILIKE pattern LIMIT many);
  RETURN QUERY SELECT found.id FROM (
    (SELECT placed.id, placed.placed_at FROM orders_order placed
     WHERE cardinality(own) < many AND placed.id = ANY (own))
    UNION
    (SELECT placed.id, placed.placed_at FROM orders_order placed
     WHERE cardinality(sent) < many AND placed.id = ANY (sent))
    UNION
    (SELECT placed.id, placed.placed_at FROM orders_orderline sold
     JOIN orders_order placed ON placed.id = sold.order_id
     WHERE cardinality(serials) < many AND sold.id = ANY (serials))
    UNION
    (SELECT placed.id, placed.placed_at FROM orders_order placed
     WHERE placed.merchant_id = mine AND placed.customer_id = ANY (buyers)
     ORDER BY placed.placed_at DESC, placed.id DESC LIMIT most)
    UNION
    (SELECT placed.id, placed.placed_at FROM (
       SELECT id, placed_at FROM orders_order WHERE merchant_id = mine AND products <> '{}'
       ORDER BY placed_at DESC, id DESC LIMIT newest
     ) placed WHERE cardinality(products) >= 100 AND EXISTS (
       SELECT FROM orders_orderline sold
       WHERE sold.merchant_id = mine AND sold.order_id = placed.id
         AND sold.product_id = ANY (products) OFFSET 0) LIMIT most)
    UNION
    (SELECT placed.id, placed.placed_at FROM orders_orderline sold
     JOIN orders_order placed ON placed.id = sold.order_id
     WHERE cardinality(products) < 100 AND sold.merchant_id = mine
       AND sold.product_id = ANY (products))
    UNION
    (SELECT placed.id, placed.placed_at FROM (
       SELECT id, placed_at, number FROM orders_order WHERE merchant_id = mine
         AND many IN (cardinality(own), cardinality(sent), cardinality(serials))
       ORDER BY placed_at DESC, id DESC LIMIT newest
     ) placed WHERE placed.number ILIKE pattern
       OR EXISTS (SELECT FROM orders_shipment parcel
         WHERE parcel.merchant_id = mine AND parcel.order_id = placed.id
           AND parcel.tracking_number ILIKE pattern OFFSET 0)
       OR EXISTS (SELECT FROM orders_orderline sold JOIN orders_serialnumber serial
           ON serial.merchant_id = mine AND serial.order_line_id = sold.id
         WHERE sold.merchant_id = mine AND sold.order_id = placed.id
           AND serial.number ILIKE pattern OFFSET 0)
     LIMIT most)
  ) found ORDER BY found.placed_at DESC, found.id DESC LIMIT most;
END $$"""


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0002_merchants_desk"),
        ("shipments", "0002_search"),
    ]

    operations = [
        migrations.RunSQL(
            [BEFORE._index(table, columns) for table, columns in SEARCHED.items()],
            [f"DROP INDEX {table}_search" for table in SEARCHED],
        ),
        migrations.RunSQL(
            [
                RETURNS,
                ORDERS,
                "REVOKE ALL ON FUNCTION orders_search FROM PUBLIC",
                f"GRANT EXECUTE ON FUNCTION orders_search TO {ROLE}",
            ],
            [
                "DROP FUNCTION orders_search",
                BEFORE.SEARCH.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"),
            ],
        ),
    ]
