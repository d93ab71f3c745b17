"""The SQL by which cancellations become closed returns (see `actions.historical_returns`)."""

from __future__ import annotations

CREATE_RETURNS = (
    """
CREATE TEMPORARY TABLE load_pair (
  pair int, customer_id bigint, product_id bigint
) ON COMMIT DROP""",
    """
CREATE TEMPORARY TABLE load_bought (
  id bigint, customer_id bigint, placed_at timestamptz, number text, customer_number text,
  customer_name text, customer_email text
) ON COMMIT DROP""",
    """
CREATE TEMPORARY TABLE load_return (
  place int, number varchar(40) COLLATE "C", order_id bigint, canceled_at timestamptz,
  line_count int, unit_count int, refund numeric(18,4), id bigint
) ON COMMIT DROP""",
    """
CREATE TEMPORARY TABLE load_return_line (
  place int, order_line_id bigint, quantity int, refund numeric(18,4)
) ON COMMIT DROP""",
)
DROP_RETURNS = "DROP TABLE load_pair, load_bought, load_return, load_return_line"

RETURN_COLUMNS = {
    "load_pair": "pair, customer_id, product_id",
    "load_return": "place, number, order_id, canceled_at, line_count, unit_count, refund",
    "load_return_line": "place, order_line_id, quantity, refund",
}

CUSTOMERS = """
SELECT number, id FROM accounts_customer
WHERE merchant_id = %(merchant)s AND number = ANY (%(keys)s::text[])"""

PRODUCTS = """
SELECT sku, id FROM orders_product
WHERE merchant_id = %(merchant)s AND sku = ANY (%(keys)s::text[])"""

# All orders of the customers who cancel something.
BOUGHT_ORDERS = """
INSERT INTO load_bought
SELECT placed.id, customer_id, placed_at, placed.number, buyer.number, name, email
FROM orders_order placed JOIN (
  SELECT id, number, name, email FROM accounts_customer
  WHERE id = ANY (%(customers)s::bigint[]) OFFSET 0
) buyer ON buyer.id = customer_id
WHERE merchant_id = %(merchant)s AND channel_id = %(channel)s
  AND customer_id = ANY (%(customers)s::bigint[])
RETURNING id"""

LOCK_ORDERS = (
    "SELECT id FROM orders_order WHERE id = ANY (%(ids)s::bigint[]) ORDER BY id FOR UPDATE"
)

BOUGHT_LINES = """
SELECT pair, id, order_id, position, quantity, returned_quantity, total, refund_agreed
FROM (
  SELECT sold.*, customer_id, placed_at
  FROM orders_orderline sold JOIN load_bought ON load_bought.id = order_id
  WHERE order_id = ANY (%(ids)s::bigint[]) AND shipment_id IS NOT NULL OFFSET 0
) bought JOIN load_pair USING (customer_id, product_id)
ORDER BY placed_at, order_id, position, id"""

# What earlier loads made of these cancellations.
RECORDED = """
SELECT number FROM returns_return
WHERE merchant_id = %(merchant)s AND number = ANY (%(keys)s::text[])"""
RECORDED_LINES = """
SELECT number, order_line_id, part.quantity
FROM returns_return made JOIN returns_returnline part ON part.customer_return_id = made.id
WHERE made.merchant_id = %(merchant)s AND made.source = 'import'
  AND order_id = ANY (%(ids)s::bigint[])
ORDER BY made.id, part.id"""

# (table of the report, statement), in this order.
SPREAD_RETURNS = (
    ("", "UPDATE load_return SET id = nextval('returns_return_id_seq')"),
    (
        "returns",
        """
INSERT INTO returns_return (
  id, merchant_id, order_id, channel_id, customer_id, number, status, rma_summary, source,
  currency, line_count, unit_count, received_units, refund_items, refunded, requested_at, closed_at,
  order_number, channel_name, customer_number, customer_name, customer_email
)
SELECT load_return.id, %(merchant)s, order_id, %(channel)s, customer_id, load_return.number,
  'closed', 'none', 'import', %(currency)s, line_count, unit_count, unit_count, refund, refund,
  canceled_at, canceled_at, load_bought.number,
  (SELECT name FROM orders_channel WHERE merchant_id = %(merchant)s AND id = %(channel)s),
  customer_number, customer_name, customer_email
FROM load_return JOIN load_bought ON load_bought.id = order_id ORDER BY place""",
    ),
    (
        "return_lines",
        """
INSERT INTO returns_returnline (
  merchant_id, customer_return_id, order_line_id, destination_id, quantity, refund
)
SELECT %(merchant)s, load_return.id, order_line_id, vendor_id, load_return_line.quantity,
  load_return_line.refund
FROM load_return_line JOIN load_return USING (place)
  JOIN orders_orderline sold ON sold.id = order_line_id
  JOIN orders_fulfillmentrequest request ON request.id = fulfillment_request_id
WHERE sold.id = ANY (%(line_ids)s::bigint[])
  AND request.order_id = ANY (%(order_ids)s::bigint[])
ORDER BY place, order_line_id""",
    ),
    (
        "refund_entries",
        """
INSERT INTO returns_refundentry (
  merchant_id, customer_return_id, order_id, kind, amount, currency, entered_at
)
SELECT %(merchant)s, id, order_id, 'historical', refund, %(currency)s, canceled_at
FROM load_return WHERE refund <> 0 ORDER BY place""",
    ),
    (
        "",
        """
UPDATE orders_orderline changed SET returned_quantity = returned_quantity + units,
  refund_agreed = refund_agreed + agreed
FROM (
  SELECT order_line_id, sum(quantity) AS units, sum(refund) AS agreed
  FROM load_return_line GROUP BY order_line_id
) taken
WHERE changed.id = order_line_id AND changed.id = ANY (%(line_ids)s::bigint[])""",
    ),
    (
        "",
        """
UPDATE orders_order changed SET returned_units = returned_units + units,
  return_count = return_count + made, refund_agreed = refund_agreed + agreed,
  refunded = refunded + agreed
FROM (
  SELECT order_id, sum(unit_count) AS units, count(*) AS made, sum(refund) AS agreed
  FROM load_return GROUP BY order_id
) taken
WHERE changed.id = order_id AND changed.id = ANY (%(order_ids)s::bigint[])""",
    ),
)
