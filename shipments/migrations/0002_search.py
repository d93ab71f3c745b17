"""Search of returns by anything somebody may have in hand, and the counts of their list (F5).

Row-level security keeps LIKE from its indexes, so the search is one function of the owner: it reads
who is asking itself, answers staff only, and gives ids back, which the caller's own query looks up
behind row-level security again. The counts are one too: behind the policies, planning fifty small
counts takes ten times as long as counting. Both are written in the last package whose tables they
read.
"""

from django.conf import settings
from django.db import migrations

ROLE = settings.DATABASE_RUNTIME_ROLE

# Table, and the columns searched in it.
SEARCHED = {
    "returns_return": ("number",),
    "orders_order": ("number",),
    "rmas_rmanumber": ("number",),
    "shipments_returnshipment": ("tracking_number",),
    "orders_product": ("sku",),
    "accounts_customer": ("number", "name", "email"),
}
EXTENSIONS = ("pg_trgm", "btree_gin")


def _index(table: str, columns: tuple[str, ...]) -> str:
    searched = ", ".join(f"{column} gin_trgm_ops" for column in columns)
    # New entries wait in a list that each search reads whole, and that makes writing many cheap.
    return (
        f"CREATE INDEX {table}_search ON {table} USING gin (merchant_id, {searched})"
        " WITH (gin_pending_list_limit = 1024)"
    )


# Rare texts are looked up: the rows they name are collected by the indexes above, then their
# returns. A text that fits very many rows is looked for in the newest returns instead, one by one,
# until enough are found: collecting them all would take as long as reading the table ("OFFSET 0"
# keeps the planner from doing just that). Plans are made for the text at hand. A text without three letters or digits in a row has no trigram; it is
# looked for at the beginning.
SEARCH = r"""
CREATE FUNCTION returns_search(asked text, most integer) RETURNS SETOF bigint
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
         AND many IN (cardinality(own), cardinality(orders), cardinality(rmas), cardinality(sent))
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
     LIMIT most)
  ) found ORDER BY found.requested_at DESC, found.id DESC LIMIT most;
END $$"""


# How many returns each choice of the left panel has, at most `most`. The conditions are those of
# `returns.filters`, word by word; a test compares the two.
COUNTS = """
CREATE FUNCTION returns_counts(most integer, channels bigint[], vendors bigint[], reasons bigint[])
RETURNS TABLE (facet text, value text, found bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 60
SET search_path = public, pg_temp AS $$
DECLARE
  mine CONSTANT bigint := app_merchant();
BEGIN
  IF mine IS NULL OR app_vendor() IS NOT NULL OR app_customer() IS NOT NULL THEN
    RETURN;
  END IF;
  RETURN QUERY
  SELECT 'status', asked, (SELECT count(*) FROM (SELECT FROM returns_return
    WHERE merchant_id = mine AND status = asked LIMIT most) counted)
  FROM unnest(ARRAY['open', 'closed', 'canceled']) asked
  UNION ALL
  SELECT 'rma', asked, (SELECT count(*) FROM (SELECT FROM returns_return
    WHERE merchant_id = mine AND rma_summary = asked LIMIT most) counted)
  FROM unnest(ARRAY['none', 'waiting', 'approved', 'partially_approved', 'denied']) asked
  UNION ALL
  SELECT 'rma', asked, (SELECT count(*) FROM (SELECT DISTINCT customer_return_id FROM rmas_rma
    WHERE merchant_id = mine AND status = asked
      AND status IN ('processing', 'processed', 'voided', 'canceled') LIMIT most) counted)
  FROM unnest(ARRAY['processing', 'processed', 'voided', 'canceled']) asked
  UNION ALL
  SELECT 'waits', asked, (SELECT count(*) FROM (SELECT FROM returns_return
    WHERE merchant_id = mine AND waits_on = asked LIMIT most) counted)
  FROM unnest(ARRAY['vendor', 'warehouse', 'customer', 'carrier', 'finance', 'merchant']) asked
  UNION ALL
  SELECT 'since', asked::text, (SELECT count(*) FROM (SELECT FROM returns_return
    WHERE merchant_id = mine AND NOT waits_on = 'nobody'
      AND waits_since <= now() - asked * interval '24 hours' LIMIT most) counted)
  FROM unnest(ARRAY[1, 3, 7]) asked
  UNION ALL
  SELECT 'period', asked::text, (SELECT count(*) FROM (SELECT FROM returns_return
    WHERE merchant_id = mine AND requested_at >= now() - asked * interval '24 hours'
    LIMIT most) counted)
  FROM unnest(ARRAY[7, 30, 90]) asked
  UNION ALL
  SELECT 'period', 'over' || asked, (SELECT count(*) FROM (SELECT FROM returns_return
    WHERE merchant_id = mine AND requested_at <= now() - asked * interval '24 hours'
    LIMIT most) counted)
  FROM unnest(ARRAY[30, 90]) asked
  UNION ALL
  SELECT 'channel', asked::text, (SELECT count(*) FROM (SELECT FROM returns_return
    WHERE merchant_id = mine AND channel_id = asked LIMIT most) counted)
  FROM unnest(channels) asked
  UNION ALL
  SELECT 'vendor', asked::text, (SELECT count(*) FROM (
    SELECT DISTINCT customer_return_id FROM returns_returnline
    WHERE merchant_id = mine AND destination_id = asked LIMIT most) counted)
  FROM unnest(vendors) asked
  UNION ALL
  SELECT 'reason', asked::text, (SELECT count(*) FROM (
    SELECT DISTINCT customer_return_id FROM returns_returnline
    WHERE merchant_id = mine AND reason_id = ANY (ARRAY(SELECT id FROM returns_returnreason
      WHERE merchant_id = mine AND (id = asked OR parent_id = asked))) LIMIT most) counted)
  FROM unnest(reasons) asked
  UNION ALL
  SELECT 'tab', 'all', (SELECT count(*) FROM (SELECT FROM returns_return
    WHERE merchant_id = mine LIMIT most) counted)
  UNION ALL
  SELECT 'tab', 'transit', (SELECT count(*) FROM (SELECT FROM returns_return
    WHERE merchant_id = mine AND shipped_units > received_units AND status = 'open'
    LIMIT most) counted)
  UNION ALL
  SELECT 'tab', 'refund', (SELECT count(*) FROM (SELECT FROM returns_return
    WHERE merchant_id = mine AND NOT status = 'canceled'
      AND refund_items > ((refunded - refund_shipping) - refund_adjustment) LIMIT most) counted)
  UNION ALL
  SELECT 'shipment', 'not_sent', (SELECT count(*) FROM (SELECT FROM returns_return
    WHERE merchant_id = mine AND received_units = 0 AND shipped_units = 0 LIMIT most) counted)
  UNION ALL
  SELECT 'shipment', 'on_its_way', (SELECT count(*) FROM (SELECT FROM returns_return
    WHERE merchant_id = mine AND received_units = 0 AND shipped_units > 0 LIMIT most) counted)
  UNION ALL
  SELECT 'shipment', 'partly_received', (SELECT count(*) FROM (SELECT FROM returns_return
    WHERE merchant_id = mine AND received_units > 0 AND received_units < approved_units
    LIMIT most) counted)
  UNION ALL
  SELECT 'shipment', 'received', (SELECT count(*) FROM (SELECT FROM returns_return
    WHERE merchant_id = mine AND received_units > 0 AND received_units >= approved_units
    LIMIT most) counted);
END $$"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_merchants_desk"),
        ("orders", "0002_merchants_desk"),
        ("returns", "0003_overview"),
        ("rmas", "0002_merchants_desk"),
        ("shipments", "0001_tables"),
    ]

    operations = [
        migrations.RunSQL(
            [f"CREATE EXTENSION IF NOT EXISTS {name}" for name in EXTENSIONS],
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL(
            [_index(table, columns) for table, columns in SEARCHED.items()],
            [f"DROP INDEX {table}_search" for table in SEARCHED],
        ),
        # RMA statuses that the summary of a return does not tell.
        migrations.RunSQL(
            "CREATE INDEX rmas_rma_status ON rmas_rma (merchant_id, status, customer_return_id)"
            " WHERE status IN ('processing', 'processed', 'voided', 'canceled')",
            "DROP INDEX rmas_rma_status",
        ),
        migrations.RunSQL(
            [
                SEARCH,
                COUNTS,
                "REVOKE ALL ON FUNCTION returns_search, returns_counts FROM PUBLIC",
                f"GRANT EXECUTE ON FUNCTION returns_search, returns_counts TO {ROLE}",
            ],
            "DROP FUNCTION returns_search, returns_counts",
        ),
    ]
