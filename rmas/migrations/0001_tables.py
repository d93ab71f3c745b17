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

OWN_ORDER = "EXISTS (SELECT FROM orders_order owner WHERE owner.id = order_id)"
RETURN_SEEN = core.rowsecurity.visible(
    vendor="EXISTS (SELECT FROM rmas_rma WHERE rmas_rma.customer_return_id = returns_return.id)",
    customer="customer_id = app_customer()",
)


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_tables'),
        ('orders', '0001_tables'),
        ('returns', '0001_tables'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Rma',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(db_default=django.contrib.postgres.functions.RandomUUID(), default=uuid.uuid4, editable=False, verbose_name='public id')),
                ('number', core.fields.NumberField(db_collation='C', max_length=40, verbose_name='RMA number')),
                ('status', models.CharField(choices=[('waiting', 'Waiting'), ('processing', 'Processing'), ('processed', 'Processed'), ('approved', 'Approved'), ('partially_approved', 'Partially approved'), ('denied', 'Denied'), ('voided', 'Voided'), ('canceled', 'Canceled')], default='waiting', max_length=20, verbose_name='status')),
                ('return_address', models.TextField(blank=True, max_length=500, verbose_name='return-to address')),
                ('note', models.TextField(blank=True, max_length=2000, verbose_name='note')),
                ('currency', models.CharField(max_length=3)),
                ('credit_adjustment', core.fields.MoneyField(decimal_places=4, default=Decimal('0'), max_digits=18, verbose_name='credit adjustment')),
                ('requested_units', models.PositiveIntegerField(default=0)),
                ('approved_units', models.PositiveIntegerField(default=0)),
                ('denied_units', models.PositiveIntegerField(default=0)),
                ('version', models.PositiveIntegerField(default=1)),
                ('requested_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name='requested')),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('customer_return', core.fields.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='rmas', to='returns.return')),
                ('decided_by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('merchant', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.merchant')),
                ('order', core.fields.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='rmas', to='orders.order')),
                ('vendor', core.fields.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='rmas', to='accounts.vendor')),
            ],
            options={
                'verbose_name': 'RMA',
            },
        ),
        migrations.CreateModel(
            name='RmaLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quantity', models.PositiveIntegerField(verbose_name='requested')),
                ('approved', models.PositiveIntegerField(default=0, verbose_name='approved')),
                ('denied', models.PositiveIntegerField(default=0, verbose_name='denied')),
                ('shipped', models.PositiveIntegerField(default=0, verbose_name='shipped back')),
                ('received', models.PositiveIntegerField(default=0, verbose_name='received')),
                ('voided', models.PositiveIntegerField(default=0, verbose_name='voided')),
                ('unit_cost', core.fields.MoneyField(decimal_places=4, default=Decimal('0'), max_digits=18, verbose_name='per-unit cost')),
                ('merchant', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.merchant')),
                ('return_line', core.fields.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='rma_lines', to='returns.returnline')),
                ('rma', core.fields.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='rmas.rma')),
            ],
            options={
                'verbose_name': 'RMA line',
            },
        ),
        migrations.AddIndex(
            model_name='rma',
            index=models.Index(fields=['merchant', 'customer_return'], name='rmas_rma_return'),
        ),
        migrations.AddIndex(
            model_name='rma',
            index=models.Index(fields=['merchant', 'order'], name='rmas_rma_order'),
        ),
        migrations.AddIndex(
            model_name='rma',
            index=models.Index(fields=['merchant', 'vendor', 'status', '-requested_at'], name='rmas_rma_vendor'),
        ),
        migrations.AddIndex(
            model_name='rma',
            index=models.Index(fields=['merchant', 'number'], name='rmas_rma_find'),
        ),
        migrations.AddConstraint(
            model_name='rma',
            constraint=models.UniqueConstraint(fields=('merchant', 'public_id'), name='rmas_rma_public'),
        ),
        migrations.AddConstraint(
            model_name='rma',
            constraint=models.UniqueConstraint(fields=('merchant', 'vendor', 'number'), name='rmas_rma_number'),
        ),
        migrations.AddConstraint(
            model_name='rma',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['waiting', 'processing', 'processed', 'approved', 'partially_approved', 'denied', 'voided', 'canceled'])), name='rmas_rma_status'),
        ),
        migrations.AddConstraint(
            model_name='rma',
            constraint=models.CheckConstraint(condition=models.Q(('requested_units__gte', django.db.models.expressions.CombinedExpression(models.F('approved_units'), '+', models.F('denied_units')))), name='rmas_rma_decided_within_requested'),
        ),
        migrations.AddIndex(
            model_name='rmaline',
            index=models.Index(fields=['merchant', 'return_line'], name='rmas_line_return_line'),
        ),
        migrations.AddConstraint(
            model_name='rmaline',
            constraint=models.UniqueConstraint(fields=('merchant', 'rma', 'return_line'), name='rmas_line_once'),
        ),
        migrations.AddConstraint(
            model_name='rmaline',
            constraint=models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='rmas_line_quantity'),
        ),
        migrations.AddConstraint(
            model_name='rmaline',
            constraint=models.CheckConstraint(condition=models.Q(('quantity__gte', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('approved'), '+', models.F('denied')), '+', models.F('voided')))), name='rmas_line_decided_within_requested'),
        ),
        migrations.AddConstraint(
            model_name='rmaline',
            constraint=models.CheckConstraint(condition=models.Q(('received__lte', models.F('quantity'))), name='rmas_line_received_within_requested'),
        ),
        migrations.AddConstraint(
            model_name='rmaline',
            constraint=models.CheckConstraint(condition=models.Q(('shipped__lte', models.F('approved'))), name='rmas_line_shipped_within_approved'),
        ),
        migrations.AddConstraint(
            model_name='rmaline',
            constraint=models.CheckConstraint(condition=models.Q(('unit_cost__gte', 0)), name='rmas_line_cost'),
        ),
        core.rowsecurity.ProtectTable(
            "Rma",
            using=core.rowsecurity.visible(vendor="vendor_id = app_vendor()", customer=OWN_ORDER),
        ),
        core.rowsecurity.ProtectTable(
            "RmaLine",
            using=f"{core.rowsecurity.OWN_MERCHANT}"
            " AND EXISTS (SELECT FROM rmas_rma owner WHERE owner.id = rma_id)",
        ),
        migrations.RunSQL(
            f"ALTER POLICY returns_return_seen ON returns_return USING ({RETURN_SEEN})",
            migrations.RunSQL.noop,
        ),
    ]
