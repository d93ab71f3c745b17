"""The RMA numbers and vendors that returns list; a trigger carries over a vendor's new name.

`actions.progress` keeps both. "C" is the alphabet it sorts by.
"""

from django.db import migrations

VENDORS = """(
    SELECT string_agg(DISTINCT name, ', ' ORDER BY name) FROM (
      SELECT vendor.name COLLATE "C" AS name
      FROM rmas_rma rma JOIN accounts_vendor vendor ON vendor.id = rma.vendor_id
      WHERE rma.merchant_id = made.merchant_id AND rma.customer_return_id = made.id
    ) asked
  )"""

FILL = f"""
UPDATE returns_return made SET vendor_names = {VENDORS}, rma_numbers = (
    SELECT string_agg(number, ', ' ORDER BY id) FROM rmas_rma rma
    WHERE rma.merchant_id = made.merchant_id AND rma.customer_return_id = made.id
  )
WHERE EXISTS (SELECT FROM rmas_rma rma
  WHERE rma.merchant_id = made.merchant_id AND rma.customer_return_id = made.id)"""

RENAMES = f"""
CREATE FUNCTION rmas_vendor_renamed() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  UPDATE returns_return made SET vendor_names = {VENDORS}
  WHERE made.merchant_id = new.merchant_id AND made.id IN (
    SELECT customer_return_id FROM rmas_rma
    WHERE merchant_id = new.merchant_id AND vendor_id = new.id
  );
  RETURN NULL;
END $$;
CREATE TRIGGER rmas_vendor_renamed AFTER UPDATE OF name ON accounts_vendor
FOR EACH ROW WHEN (old.name IS DISTINCT FROM new.name) EXECUTE FUNCTION rmas_vendor_renamed()"""
NO_RENAMES = """
DROP TRIGGER rmas_vendor_renamed ON accounts_vendor; DROP FUNCTION rmas_vendor_renamed"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_merchants_desk"),
        ("returns", "0005_copies"),
        ("rmas", "0002_merchants_desk"),
    ]

    operations = [
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.RunSQL(RENAMES, NO_RENAMES),
    ]
