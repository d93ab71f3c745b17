"""The SQL by which a block of an order file becomes orders (see `actions.order_staging`).

load_* hold what was copied of one block; found_* remember, for the whole file, which ids its
invoices, customers, products and requests have. Rows of the tenant's tables are always looked up by
a list of keys written into the statement: the statistics may know nothing of them yet, and with a
list even the wrong index costs no more than one look at each row.
"""

from __future__ import annotations

COLUMNS = {
    "load_order": "invoice, number, placed_at, customer, country, line_count, unit_count, paid,"
    " shipping_paid, subtotal, shipping, fee, other, discount, public_id",
    "load_customer": "number, country",
    "load_product": "product, sku, title",
    "load_request": "request, invoice, vendor_id, line_count, unit_count, requested_at,"
    " shipped_at, delivered_at, carrier, tracking, public_id, shipment_public_id",
    "load_line": "request, product, position, title, quantity, unit_price, total",
}

CREATE = (
    """
CREATE TEMPORARY TABLE load_order (
  invoice int, number text COLLATE "C", placed_at timestamptz, customer text, country text,
  line_count int, unit_count int, paid numeric(18,4), shipping_paid numeric(18,4),
  subtotal numeric(18,4), shipping numeric(18,4), fee numeric(18,4), other numeric(18,4),
  discount numeric(18,4), public_id uuid
) ON COMMIT DROP""",
    "CREATE TEMPORARY TABLE load_customer (number text, country text) ON COMMIT DROP",
    """
CREATE TEMPORARY TABLE load_product (
  product int, sku text COLLATE "C", title varchar(200)
) ON COMMIT DROP""",
    """
CREATE TEMPORARY TABLE load_request (
  request int, invoice int, vendor_id bigint, line_count int, unit_count int,
  requested_at timestamptz, shipped_at timestamptz, delivered_at timestamptz, carrier varchar(40),
  tracking varchar(60), public_id uuid, shipment_public_id uuid
) ON COMMIT DROP""",
    """
CREATE TEMPORARY TABLE load_line (
  request int, product int, position int, title varchar(200), quantity int,
  unit_price numeric(18,4), total numeric(18,4)
) ON COMMIT DROP""",
    """
CREATE TEMPORARY TABLE found_order (
  invoice int, id bigint, is_new boolean, is_different boolean DEFAULT false
) ON COMMIT DROP""",
    "CREATE TEMPORARY TABLE found_customer (number text, id bigint, is_new boolean) ON COMMIT DROP",
    """
CREATE TEMPORARY TABLE found_product (product int, id bigint, is_new boolean) ON COMMIT DROP""",
    """
CREATE TEMPORARY TABLE found_request (
  request int, order_id bigint, id bigint, shipment_id bigint
) ON COMMIT DROP""",
)
CLEAR = "TRUNCATE load_order, load_customer, load_product, load_request, load_line"
DROP = (
    "DROP TABLE load_order, load_customer, load_product, load_request, load_line,"
    " found_order, found_customer, found_product, found_request"
)

# What is written when a block is there: (table of the report, statement), in this order.
SPREAD = (
    (
        "",
        """
WITH existing AS MATERIALIZED (
  SELECT id, number FROM orders_order
  WHERE merchant_id = %(merchant)s AND channel_id = %(channel)s
    AND number = ANY (%(numbers)s::text[])
)
INSERT INTO found_order (invoice, id, is_new)
SELECT invoice, coalesce(existing.id, nextval('orders_order_id_seq')), existing.id IS NULL
FROM load_order LEFT JOIN existing USING (number) ORDER BY invoice""",
    ),
    (
        "",
        """
WITH existing AS MATERIALIZED (
  SELECT id, number FROM accounts_customer
  WHERE merchant_id = %(merchant)s AND number = ANY (%(buyers)s::text[])
)
INSERT INTO found_customer (number, id, is_new)
SELECT number, coalesce(existing.id, nextval('accounts_customer_id_seq')), existing.id IS NULL
FROM load_customer LEFT JOIN existing USING (number)""",
    ),
    (
        "customers",
        """
INSERT INTO accounts_customer (id, merchant_id, number, country)
SELECT id, %(merchant)s, number, country
FROM load_customer JOIN found_customer USING (number) WHERE is_new""",
    ),
    (
        "orders",
        """
INSERT INTO orders_order (
  id, public_id, merchant_id, channel_id, customer_id, number, placed_at, currency, country,
  line_count, unit_count, shipped_units, paid_total, shipping_paid
)
SELECT found.id, public_id, %(merchant)s, %(channel)s, buyer.id, load_order.number, placed_at,
  %(currency)s, country, line_count, unit_count, unit_count, paid, load_order.shipping_paid
FROM load_order JOIN found_order found USING (invoice)
  LEFT JOIN found_customer buyer ON buyer.number = load_order.customer
WHERE found.is_new ORDER BY found.id""",
    ),
    (
        "invoices",
        """
INSERT INTO orders_channelinvoice (
  merchant_id, order_id, number, subtotal, shipping, fee, other, discount
)
SELECT %(merchant)s, found.id, number, subtotal, shipping, fee, other, discount
FROM load_order JOIN found_order found USING (invoice) WHERE is_new ORDER BY found.id""",
    ),
    (
        "",
        """
WITH existing AS MATERIALIZED (
  SELECT id, sku FROM orders_product
  WHERE merchant_id = %(merchant)s AND sku = ANY (%(skus)s::text[])
)
INSERT INTO found_product (product, id, is_new)
SELECT product, coalesce(existing.id, nextval('orders_product_id_seq')), existing.id IS NULL
FROM load_product LEFT JOIN existing USING (sku) ORDER BY product""",
    ),
    (
        "products",
        """
INSERT INTO orders_product (id, merchant_id, sku, title)
SELECT id, %(merchant)s, sku, title
FROM load_product JOIN found_product USING (product) WHERE is_new ORDER BY id""",
    ),
    (
        "",
        """
INSERT INTO found_request (request, order_id, id, shipment_id)
SELECT request, found_order.id, nextval('orders_fulfillmentrequest_id_seq'),
  nextval('orders_shipment_id_seq')
FROM load_request JOIN found_order USING (invoice) WHERE is_new ORDER BY request""",
    ),
    (
        "fulfillment_requests",
        """
WITH fresh AS MATERIALIZED (
  SELECT *, row_number() OVER (ORDER BY request) AS place
  FROM load_request JOIN found_request USING (request)
), series AS (
  UPDATE accounts_numberseries SET next_value = next_value + taken
  FROM (SELECT count(*) AS taken FROM fresh) counted
  WHERE merchant_id = %(merchant)s AND kind = 'purchase_order' AND taken > 0
  RETURNING prefix, next_value - taken AS first
)
INSERT INTO orders_fulfillmentrequest (
  id, public_id, merchant_id, order_id, vendor_id, number, line_count, unit_count, requested_at
)
SELECT id, public_id, %(merchant)s, order_id, vendor_id, prefix || (first + place - 1), line_count,
  unit_count, requested_at
FROM series, fresh ORDER BY id""",
    ),
    (
        "shipments",
        """
INSERT INTO orders_shipment (
  id, public_id, merchant_id, order_id, fulfillment_request_id, carrier, tracking_number,
  shipped_at, delivered_at
)
SELECT shipment_id, shipment_public_id, %(merchant)s, order_id, found_request.id, carrier, tracking,
  shipped_at, delivered_at
FROM load_request JOIN found_request USING (request) ORDER BY shipment_id""",
    ),
    (
        "lines",
        """
INSERT INTO orders_orderline (
  merchant_id, order_id, product_id, fulfillment_request_id, shipment_id, position, title,
  quantity, unit_price, total
)
SELECT %(merchant)s, order_id, found_product.id, found_request.id, shipment_id, position, title,
  quantity, unit_price, total
FROM load_line JOIN found_request USING (request) JOIN found_product USING (product)""",
    ),
)

# Orders of the block that were there before, and how their lines differ from those of the file.
EXISTING = "SELECT id FROM load_order JOIN found_order USING (invoice) WHERE NOT is_new"
COMPARE = """
WITH filed AS MATERIALIZED (
  SELECT invoice, found_product.id AS product_id, unit_price, sum(quantity) AS units
  FROM load_line JOIN load_request USING (request) JOIN found_order USING (invoice)
    JOIN found_product USING (product)
  WHERE NOT found_order.is_new
  GROUP BY 1, 2, 3
), stored AS MATERIALIZED (
  SELECT invoice, product_id, unit_price, sum(quantity) AS units
  FROM orders_orderline line JOIN found_order ON found_order.id = line.order_id
  WHERE line.order_id = ANY (%(ids)s::bigint[])
  GROUP BY 1, 2, 3
)
UPDATE found_order SET is_different = true WHERE invoice IN (
  SELECT invoice FROM (TABLE filed EXCEPT TABLE stored) only_filed
  UNION ALL
  SELECT invoice FROM (TABLE stored EXCEPT TABLE filed) only_stored
)"""

# Orders that got further rows after they had been written (their invoice comes twice in the file).
LATE = "SELECT id FROM load_order JOIN found_order USING (invoice)"
ADJUST_LATE_ORDERS = (
    """
UPDATE orders_order changed SET line_count = late.line_count, unit_count = late.unit_count,
  shipped_units = late.unit_count, paid_total = paid,
  shipping_paid = late.shipping_paid
FROM load_order late JOIN found_order found USING (invoice)
WHERE changed.id = found.id AND is_new
  AND changed.id = ANY (%(ids)s::bigint[])""",
    """
UPDATE orders_channelinvoice changed SET subtotal = late.subtotal, shipping = late.shipping,
  fee = late.fee, other = late.other, discount = late.discount
FROM load_order late JOIN found_order found USING (invoice)
WHERE changed.order_id = found.id AND is_new
  AND changed.order_id = ANY (%(ids)s::bigint[])""",
    """
UPDATE orders_fulfillmentrequest changed SET line_count = late.line_count,
  unit_count = late.unit_count
FROM load_request late JOIN found_request found USING (request)
WHERE changed.id = found.id
  AND changed.order_id = ANY (%(ids)s::bigint[])""",
    """
UPDATE found_order SET is_different = (existing.line_count, existing.unit_count, paid_total)
  IS DISTINCT FROM (late.line_count, late.unit_count, paid)
FROM load_order late, orders_order existing
WHERE late.invoice = found_order.invoice AND existing.id = found_order.id AND NOT is_new
  AND existing.id = ANY (%(ids)s::bigint[])""",
)

# Lines of new orders whose invoice has a discount: they cost what is left of them.
DISCOUNTED_LINES = """
SELECT invoice, line.id, line.total
FROM orders_orderline line JOIN found_order ON found_order.id = line.order_id
WHERE is_new AND line.order_id = ANY (%(ids)s::bigint[])
ORDER BY line.order_id, position, line.id"""
DISCOUNT_LINES = """
UPDATE orders_orderline changed SET discount = part.discount, total = total - part.discount
FROM unnest(%(line_ids)s::bigint[], %(parts)s::numeric[]) AS part (id, discount)
WHERE changed.id = part.id AND changed.id = ANY (%(line_ids)s::bigint[])"""

TITLE_PRODUCTS = """
UPDATE orders_product changed SET title = named.title
FROM unnest(%(skus)s::text[], %(titles)s::text[]) AS named (sku, title), found_product
WHERE changed.merchant_id = %(merchant)s AND changed.sku = named.sku
  AND changed.sku = ANY (%(skus)s::text[])
  AND found_product.id = changed.id AND is_new"""
