"""What a return repeats of its order, channel and customer, so that files need no joins (F14).

The actions write it with the return. Whoever renames a channel or a customer, a trigger carries the
name over to their returns.
"""

from django.db import migrations

from core.fields import CopyField

COPIES = (
    "order_number",
    "channel_name",
    "customer_number",
    "customer_name",
    "customer_email",
    "rma_numbers",
    "vendor_names",
)

FILL = """
UPDATE returns_return made SET order_number = placed.number, channel_name = channel.name,
  customer_number = coalesce(buyer.number, ''), customer_name = coalesce(buyer.name, ''),
  customer_email = coalesce(buyer.email, '')
FROM orders_order placed JOIN orders_channel channel ON channel.id = placed.channel_id
  LEFT JOIN accounts_customer buyer ON buyer.id = placed.customer_id
WHERE placed.id = made.order_id"""

RENAMES = """
CREATE FUNCTION returns_customer_renamed() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  UPDATE returns_return SET customer_number = new.number, customer_name = new.name,
    customer_email = new.email
  WHERE merchant_id = new.merchant_id AND customer_id = new.id;
  RETURN NULL;
END $$;
CREATE TRIGGER returns_customer_renamed AFTER UPDATE OF number, name, email ON accounts_customer
FOR EACH ROW
WHEN ((old.number, old.name, old.email) IS DISTINCT FROM (new.number, new.name, new.email))
EXECUTE FUNCTION returns_customer_renamed();
CREATE FUNCTION returns_channel_renamed() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  UPDATE returns_return SET channel_name = new.name
  WHERE merchant_id = new.merchant_id AND channel_id = new.id;
  RETURN NULL;
END $$;
CREATE TRIGGER returns_channel_renamed AFTER UPDATE OF name ON orders_channel
FOR EACH ROW WHEN (old.name IS DISTINCT FROM new.name)
EXECUTE FUNCTION returns_channel_renamed()"""
NO_RENAMES = """
DROP TRIGGER returns_channel_renamed ON orders_channel;
DROP TRIGGER returns_customer_renamed ON accounts_customer;
DROP FUNCTION returns_channel_renamed, returns_customer_renamed"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_merchants_desk"),
        ("orders", "0002_merchants_desk"),
        ("returns", "0004_exports"),
    ]

    operations = [
        *(migrations.AddField("Return", name, CopyField()) for name in COPIES),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.RunSQL(RENAMES, NO_RENAMES),
    ]
