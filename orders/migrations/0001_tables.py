import core.fields
import django.contrib.postgres.functions
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
import uuid
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models

import core.rowsecurity

ON_OWN_LINE = "EXISTS (SELECT FROM orders_orderline line WHERE line.product_id = orders_product.id)"
OWN_ORDER = "EXISTS (SELECT FROM orders_order owner WHERE owner.id = order_id)"


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_tables'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Channel',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, verbose_name='name')),
                ('code', models.SlugField(max_length=40, verbose_name='code')),
                ('kind', models.CharField(choices=[('standard', 'Standard'), ('reseller', 'Reseller')], default='standard', max_length=10, verbose_name='kind')),
                ('merchant', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.merchant')),
            ],
            options={
                'verbose_name': 'channel',
            },
        ),
        migrations.CreateModel(
            name='Order',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(db_default=django.contrib.postgres.functions.RandomUUID(), default=uuid.uuid4, editable=False, verbose_name='public id')),
                ('number', core.fields.NumberField(db_collation='C', max_length=40, verbose_name='order number')),
                ('placed_at', models.DateTimeField(verbose_name='placed at')),
                ('currency', models.CharField(max_length=3, verbose_name='currency')),
                ('country', models.CharField(blank=True, db_default='', max_length=60, verbose_name='country')),
                ('line_count', models.PositiveIntegerField(db_default=0, default=0)),
                ('unit_count', models.PositiveIntegerField(db_default=0, default=0)),
                ('shipped_units', models.PositiveIntegerField(db_default=0, default=0)),
                ('returned_units', models.PositiveIntegerField(db_default=0, default=0)),
                ('return_count', models.PositiveIntegerField(db_default=0, default=0)),
                ('paid_total', core.fields.MoneyField(db_default=Decimal('0'), decimal_places=4, default=Decimal('0'), max_digits=18)),
                ('refund_agreed', core.fields.MoneyField(db_default=Decimal('0'), decimal_places=4, default=Decimal('0'), max_digits=18)),
                ('refunded', core.fields.MoneyField(db_default=Decimal('0'), decimal_places=4, default=Decimal('0'), max_digits=18)),
                ('channel', core.fields.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='orders', to='orders.channel')),
                ('customer', core.fields.TenantForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='orders', to='accounts.customer')),
                ('merchant', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.merchant')),
            ],
            options={
                'verbose_name': 'order',
            },
        ),
        migrations.CreateModel(
            name='FulfillmentRequest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(db_default=django.contrib.postgres.functions.RandomUUID(), default=uuid.uuid4, editable=False, verbose_name='public id')),
                ('number', core.fields.NumberField(db_collation='C', max_length=40, verbose_name='purchase order number')),
                ('line_count', models.PositiveIntegerField(db_default=0, default=0)),
                ('unit_count', models.PositiveIntegerField(db_default=0, default=0)),
                ('requested_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name='requested at')),
                ('merchant', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.merchant')),
                ('vendor', core.fields.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='fulfillment_requests', to='accounts.vendor')),
                ('order', core.fields.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='fulfillment_requests', to='orders.order')),
            ],
            options={
                'verbose_name': 'fulfillment request',
            },
        ),
        migrations.CreateModel(
            name='ChannelInvoice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', core.fields.NumberField(db_collation='C', max_length=40, verbose_name='invoice number')),
                ('subtotal', core.fields.MoneyField(decimal_places=4, max_digits=18, verbose_name='subtotal')),
                ('tax', core.fields.MoneyField(db_default=Decimal('0'), decimal_places=4, default=Decimal('0'), max_digits=18, verbose_name='tax')),
                ('shipping', core.fields.MoneyField(db_default=Decimal('0'), decimal_places=4, default=Decimal('0'), max_digits=18, verbose_name='shipping')),
                ('fee', core.fields.MoneyField(db_default=Decimal('0'), decimal_places=4, default=Decimal('0'), max_digits=18, verbose_name='fee')),
                ('other', core.fields.MoneyField(db_default=Decimal('0'), decimal_places=4, default=Decimal('0'), max_digits=18, verbose_name='other')),
                ('discount', core.fields.MoneyField(db_default=Decimal('0'), decimal_places=4, default=Decimal('0'), max_digits=18, verbose_name='discount')),
                ('total', models.GeneratedField(db_persist=True, expression=django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('subtotal'), '+', models.F('tax')), '+', models.F('shipping')), '+', models.F('fee')), '+', models.F('other')), '-', models.F('discount')), output_field=core.fields.MoneyField(decimal_places=4, max_digits=18))),
                ('merchant', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.merchant')),
                ('order', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='invoice', to='orders.order')),
            ],
            options={
                'verbose_name': 'channel invoice',
            },
        ),
        migrations.CreateModel(
            name='OrderImport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(db_default=django.contrib.postgres.functions.RandomUUID(), default=uuid.uuid4, editable=False, verbose_name='public id')),
                ('file', models.FileField(max_length=200, upload_to='imports/%Y/%m/')),
                ('file_name', models.CharField(max_length=160)),
                ('format', models.CharField(max_length=30)),
                ('status', models.CharField(choices=[('checking', 'Checking'), ('uploaded', 'Checked'), ('queued', 'Waiting to start'), ('running', 'Loading'), ('done', 'Done'), ('failed', 'Stopped')], default='uploaded', max_length=12)),
                ('rows_total', models.PositiveIntegerField(default=0)),
                ('rows_done', models.PositiveIntegerField(default=0)),
                ('report', models.JSONField(default=dict)),
                ('rejects', models.FileField(blank=True, max_length=200, upload_to='rejects/%Y/%m/')),
                ('error', models.TextField(blank=True)),
                ('uploaded_at', models.DateTimeField(auto_now_add=True)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('merchant', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.merchant')),
                ('uploaded_by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'order import',
            },
        ),
        migrations.CreateModel(
            name='Product',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sku', core.fields.NumberField(db_collation='C', max_length=40, verbose_name='SKU')),
                ('title', models.CharField(max_length=200, verbose_name='title')),
                ('unit_cost', core.fields.MoneyField(blank=True, decimal_places=4, max_digits=18, null=True, verbose_name='unit cost')),
                ('merchant', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.merchant')),
                ('vendor', core.fields.TenantForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='products', to='accounts.vendor')),
            ],
            options={
                'verbose_name': 'product',
            },
        ),
        migrations.CreateModel(
            name='Shipment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(db_default=django.contrib.postgres.functions.RandomUUID(), default=uuid.uuid4, editable=False, verbose_name='public id')),
                ('carrier', models.CharField(blank=True, db_default='', max_length=40, verbose_name='carrier')),
                ('tracking_number', core.fields.NumberField(blank=True, db_collation='C', db_default='', max_length=60, verbose_name='tracking number')),
                ('shipped_at', models.DateTimeField(verbose_name='shipped at')),
                ('delivered_at', models.DateTimeField(blank=True, null=True, verbose_name='delivered at')),
                ('fulfillment_request', core.fields.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='shipments', to='orders.fulfillmentrequest')),
                ('merchant', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.merchant')),
                ('order', core.fields.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='shipments', to='orders.order')),
            ],
            options={
                'verbose_name': 'shipment',
            },
        ),
        migrations.CreateModel(
            name='OrderLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.IntegerField()),
                ('title', models.CharField(max_length=200, verbose_name='title')),
                ('quantity', models.IntegerField(verbose_name='quantity')),
                ('unit_price', core.fields.MoneyField(decimal_places=4, max_digits=18, verbose_name='unit price')),
                ('discount', core.fields.MoneyField(db_default=Decimal('0'), decimal_places=4, default=Decimal('0'), max_digits=18, verbose_name='discount')),
                ('tax', core.fields.MoneyField(db_default=Decimal('0'), decimal_places=4, default=Decimal('0'), max_digits=18, verbose_name='tax')),
                ('total', core.fields.MoneyField(decimal_places=4, max_digits=18, verbose_name='paid')),
                ('returned_quantity', models.IntegerField(db_default=0, default=0)),
                ('refund_agreed', core.fields.MoneyField(db_default=Decimal('0'), decimal_places=4, default=Decimal('0'), max_digits=18)),
                ('fulfillment_request', core.fields.TenantForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='orders.fulfillmentrequest')),
                ('merchant', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.merchant')),
                ('order', core.fields.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='orders.order')),
                ('product', core.fields.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='order_lines', to='orders.product')),
                ('shipment', core.fields.TenantForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='orders.shipment')),
            ],
            options={
                'verbose_name': 'order line',
            },
        ),
        migrations.AddConstraint(
            model_name='channel',
            constraint=models.UniqueConstraint(fields=('merchant', 'code'), name='orders_channel_code'),
        ),
        migrations.AddIndex(
            model_name='order',
            index=models.Index(fields=['merchant', '-placed_at', '-id'], name='orders_order_placed'),
        ),
        migrations.AddIndex(
            model_name='order',
            index=models.Index(fields=['merchant', 'number'], name='orders_order_find'),
        ),
        migrations.AddIndex(
            model_name='order',
            index=models.Index(fields=['merchant', 'customer', '-placed_at'], name='orders_order_customer'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.UniqueConstraint(fields=('merchant', 'public_id'), name='orders_order_public'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.UniqueConstraint(fields=('merchant', 'channel', 'number'), name='orders_order_number'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(('returned_units__lte', models.F('shipped_units'))), name='orders_order_returned_within_shipped'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(('refund_agreed__gte', 0), ('refund_agreed__lte', models.F('paid_total'))), name='orders_order_refund_agreed_within_paid'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(('refunded__gte', 0), ('refunded__lte', models.F('paid_total'))), name='orders_order_refunded_within_paid'),
        ),
        migrations.AddIndex(
            model_name='fulfillmentrequest',
            index=models.Index(fields=['merchant', 'order'], name='orders_fulfillment_order'),
        ),
        migrations.AddIndex(
            model_name='fulfillmentrequest',
            index=models.Index(fields=['merchant', 'vendor', '-requested_at', '-id'], name='orders_fulfillment_vendor'),
        ),
        migrations.AddConstraint(
            model_name='fulfillmentrequest',
            constraint=models.UniqueConstraint(fields=('merchant', 'public_id'), name='orders_fulfillment_public'),
        ),
        migrations.AddConstraint(
            model_name='fulfillmentrequest',
            constraint=models.UniqueConstraint(fields=('merchant', 'number'), name='orders_fulfillment_number'),
        ),
        migrations.AddIndex(
            model_name='orderimport',
            index=models.Index(fields=['merchant', '-uploaded_at', '-id'], name='orders_import_recent'),
        ),
        migrations.AddConstraint(
            model_name='orderimport',
            constraint=models.UniqueConstraint(fields=('merchant', 'public_id'), name='orders_import_public'),
        ),
        migrations.AddConstraint(
            model_name='product',
            constraint=models.UniqueConstraint(fields=('merchant', 'sku'), name='orders_product_sku'),
        ),
        migrations.AddIndex(
            model_name='shipment',
            index=models.Index(fields=['merchant', 'order'], name='orders_shipment_order'),
        ),
        migrations.AddIndex(
            model_name='shipment',
            index=models.Index(condition=models.Q(('tracking_number', ''), _negated=True), fields=['merchant', 'tracking_number'], name='orders_shipment_tracking'),
        ),
        migrations.AddConstraint(
            model_name='shipment',
            constraint=models.UniqueConstraint(fields=('merchant', 'public_id'), name='orders_shipment_public'),
        ),
        migrations.AddIndex(
            model_name='orderline',
            index=models.Index(fields=['order', 'position'], name='orders_line_order'),
        ),
        migrations.AddIndex(
            model_name='orderline',
            index=models.Index(fields=['product'], name='orders_line_product'),
        ),
        migrations.AddConstraint(
            model_name='orderline',
            constraint=models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='orders_line_quantity'),
        ),
        migrations.AddConstraint(
            model_name='orderline',
            constraint=models.CheckConstraint(condition=models.Q(('returned_quantity__gte', 0), ('returned_quantity__lte', models.F('quantity'))), name='orders_line_returned_within_quantity'),
        ),
        migrations.AddConstraint(
            model_name='orderline',
            constraint=models.CheckConstraint(condition=models.Q(('returned_quantity', 0), ('shipment__isnull', False), _connector='OR'), name='orders_line_returned_after_shipping'),
        ),
        migrations.AddConstraint(
            model_name='orderline',
            constraint=models.CheckConstraint(condition=models.Q(('refund_agreed__gte', 0), ('refund_agreed__lte', models.F('total'))), name='orders_line_refund_within_total'),
        ),
        core.rowsecurity.ProtectTable(
            "Channel",
            using=core.rowsecurity.visible(vendor="true", customer="true"),
        ),
        core.rowsecurity.ProtectTable(
            "Product",
            using=core.rowsecurity.visible(
                vendor=f"vendor_id = app_vendor() OR {ON_OWN_LINE}", customer=ON_OWN_LINE
            ),
        ),
        core.rowsecurity.ProtectTable(
            "Order",
            using=core.rowsecurity.visible(
                vendor="EXISTS (SELECT FROM orders_fulfillmentrequest request"
                " WHERE request.order_id = orders_order.id)",
                customer="customer_id = app_customer()",
            ),
            by_statement=[["channel_id"], ["customer_id"]],
        ),
        core.rowsecurity.ProtectTable(
            "FulfillmentRequest",
            using=core.rowsecurity.visible(vendor="vendor_id = app_vendor()"),
            by_statement=[["order_id"], ["vendor_id"]],
        ),
        core.rowsecurity.ProtectTable(
            "Shipment",
            using=core.rowsecurity.visible(
                vendor="EXISTS (SELECT FROM orders_fulfillmentrequest request"
                " WHERE request.id = fulfillment_request_id)",
                customer=OWN_ORDER,
            ),
            by_statement=[["order_id", "fulfillment_request_id"]],
        ),
        core.rowsecurity.ProtectTable(
            "OrderLine",
            using=core.rowsecurity.visible(
                vendor="EXISTS (SELECT FROM orders_fulfillmentrequest request"
                " WHERE request.id = fulfillment_request_id)",
                customer=OWN_ORDER,
            ),
            by_statement=[["order_id", "fulfillment_request_id", "shipment_id"], ["product_id"]],
            is_target=False,
        ),
        core.rowsecurity.ProtectTable(
            "ChannelInvoice",
            using=core.rowsecurity.visible(customer=OWN_ORDER),
            by_statement=[["order_id"]],
        ),
        core.rowsecurity.ProtectTable(
            "OrderImport",
            using=core.rowsecurity.STAFF_ONLY,
        ),
    ]
