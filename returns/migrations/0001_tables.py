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

OWN_RETURN = "EXISTS (SELECT FROM returns_return owner WHERE owner.id = customer_return_id)"


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_tables'),
        ('orders', '0001_tables'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Return',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(db_default=django.contrib.postgres.functions.RandomUUID(), default=uuid.uuid4, editable=False, verbose_name='public id')),
                ('number', core.fields.NumberField(db_collation='C', max_length=40, verbose_name='return number')),
                ('status', models.CharField(choices=[('open', 'Open'), ('closed', 'Closed'), ('canceled', 'Canceled')], default='open', max_length=10, verbose_name='status')),
                ('rma_summary', models.CharField(choices=[('none', 'No RMA'), ('waiting', 'Waiting'), ('approved', 'Approved'), ('partially_approved', 'Partially approved'), ('denied', 'Denied')], default='none', max_length=20, verbose_name='RMA')),
                ('source', models.CharField(choices=[('console', 'Console'), ('import', 'Import')], default='console', max_length=10)),
                ('currency', models.CharField(max_length=3)),
                ('line_count', models.PositiveIntegerField(db_default=0, default=0)),
                ('unit_count', models.PositiveIntegerField(db_default=0, default=0)),
                ('rma_count', models.PositiveIntegerField(db_default=0, default=0)),
                ('approved_units', models.PositiveIntegerField(db_default=0, default=0)),
                ('received_units', models.PositiveIntegerField(db_default=0, default=0)),
                ('refund_items', core.fields.MoneyField(db_default=Decimal('0'), decimal_places=4, default=Decimal('0'), max_digits=18)),
                ('refund_adjustment', core.fields.MoneyField(db_default=Decimal('0'), decimal_places=4, default=Decimal('0'), max_digits=18)),
                ('refunded', core.fields.MoneyField(db_default=Decimal('0'), decimal_places=4, default=Decimal('0'), max_digits=18)),
                ('note', models.TextField(blank=True, db_default='', max_length=2000, verbose_name='note')),
                ('version', models.PositiveIntegerField(db_default=1, default=1)),
                ('requested_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name='requested')),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('channel', core.fields.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='orders.channel')),
                ('created_by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('customer', core.fields.TenantForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='returns', to='accounts.customer')),
                ('merchant', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.merchant')),
                ('order', core.fields.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='returns', to='orders.order')),
            ],
            options={
                'verbose_name': 'return',
            },
        ),
        migrations.CreateModel(
            name='RefundEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('applied', 'Applied to the channel invoice'), ('historical', 'Refunded before the import')], max_length=12)),
                ('amount', core.fields.MoneyField(decimal_places=4, max_digits=18)),
                ('currency', models.CharField(max_length=3)),
                ('entered_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('entered_by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('merchant', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.merchant')),
                ('order', core.fields.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='refund_entries', to='orders.order')),
                ('customer_return', core.fields.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='refund_entries', to='returns.return')),
            ],
            options={
                'verbose_name': 'refund entry',
                'verbose_name_plural': 'refund entries',
            },
        ),
        migrations.CreateModel(
            name='ReturnDraft',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.UUIDField(default=uuid.uuid4, editable=False)),
                ('choices', models.JSONField(default=dict)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('completed_as', core.fields.TenantForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='drafts', to='returns.return')),
                ('merchant', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.merchant')),
                ('order', core.fields.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='orders.order')),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'return draft',
            },
        ),
        migrations.CreateModel(
            name='ReturnReason',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.SlugField(max_length=40, verbose_name='code')),
                ('label', models.CharField(max_length=80, verbose_name='label')),
                ('position', models.PositiveSmallIntegerField(default=0)),
                ('is_active', models.BooleanField(default=True, verbose_name='offered')),
                ('merchant', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.merchant')),
            ],
            options={
                'verbose_name': 'return reason',
                'ordering': ['position', 'id'],
            },
        ),
        migrations.CreateModel(
            name='ReturnLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('condition', models.CharField(blank=True, choices=[('new', 'New'), ('used', 'Used'), ('damaged', 'Damaged')], db_default='', max_length=10, verbose_name='condition')),
                ('quantity', models.PositiveIntegerField(verbose_name='quantity')),
                ('refund', core.fields.MoneyField(decimal_places=4, default=Decimal('0'), max_digits=18, verbose_name='item refund')),
                ('customer_return', core.fields.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='returns.return')),
                ('destination', core.fields.TenantForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.vendor', verbose_name='return destination')),
                ('merchant', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.merchant')),
                ('order_line', core.fields.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='return_lines', to='orders.orderline')),
                ('reason', core.fields.TenantForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='returns.returnreason')),
            ],
            options={
                'verbose_name': 'return line',
            },
        ),
        migrations.AddIndex(
            model_name='return',
            index=models.Index(fields=['merchant', '-requested_at', '-id'], name='returns_return_recent'),
        ),
        migrations.AddIndex(
            model_name='return',
            index=models.Index(fields=['merchant', 'status', '-requested_at', '-id'], name='returns_return_status'),
        ),
        migrations.AddIndex(
            model_name='return',
            index=models.Index(fields=['merchant', 'rma_summary', '-requested_at', '-id'], name='returns_return_rma'),
        ),
        migrations.AddIndex(
            model_name='return',
            index=models.Index(fields=['merchant', 'channel', '-requested_at', '-id'], name='returns_return_channel'),
        ),
        migrations.AddIndex(
            model_name='return',
            index=models.Index(fields=['merchant', 'order'], name='returns_return_order'),
        ),
        migrations.AddIndex(
            model_name='return',
            index=models.Index(fields=['merchant', 'customer', '-requested_at'], name='returns_return_customer'),
        ),
        migrations.AddConstraint(
            model_name='return',
            constraint=models.UniqueConstraint(fields=('merchant', 'public_id'), name='returns_return_public'),
        ),
        migrations.AddConstraint(
            model_name='return',
            constraint=models.UniqueConstraint(fields=('merchant', 'number'), name='returns_return_number'),
        ),
        migrations.AddConstraint(
            model_name='return',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['open', 'closed', 'canceled'])), name='returns_return_status'),
        ),
        migrations.AddConstraint(
            model_name='return',
            constraint=models.CheckConstraint(condition=models.Q(('refund_items__gte', 0), ('refund_items__gte', django.db.models.expressions.CombinedExpression(models.Value(Decimal('0')), '-', models.F('refund_adjustment')))), name='returns_return_refund_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='return',
            constraint=models.CheckConstraint(condition=models.Q(('approved_units__lte', models.F('unit_count'))), name='returns_return_approved_within_units'),
        ),
        migrations.AddIndex(
            model_name='refundentry',
            index=models.Index(fields=['merchant', 'customer_return'], name='returns_refund_return'),
        ),
        migrations.AddIndex(
            model_name='refundentry',
            index=models.Index(fields=['merchant', 'order'], name='returns_refund_order'),
        ),
        migrations.AddConstraint(
            model_name='refundentry',
            constraint=models.CheckConstraint(condition=models.Q(('amount', 0), _negated=True), name='returns_refund_not_zero'),
        ),
        migrations.AddIndex(
            model_name='returndraft',
            index=models.Index(condition=models.Q(('completed_as__isnull', True)), fields=['merchant', 'order', 'user'], name='returns_draft_open'),
        ),
        migrations.AddConstraint(
            model_name='returndraft',
            constraint=models.UniqueConstraint(fields=('merchant', 'key'), name='returns_draft_key'),
        ),
        migrations.AddConstraint(
            model_name='returnreason',
            constraint=models.UniqueConstraint(fields=('merchant', 'code'), name='returns_reason_code'),
        ),
        migrations.AddIndex(
            model_name='returnline',
            index=models.Index(fields=['merchant', 'order_line'], name='returns_line_order_line'),
        ),
        migrations.AddIndex(
            model_name='returnline',
            index=models.Index(fields=['merchant', 'destination'], name='returns_line_destination'),
        ),
        migrations.AddConstraint(
            model_name='returnline',
            constraint=models.UniqueConstraint(fields=('merchant', 'customer_return', 'order_line'), name='returns_line_once'),
        ),
        migrations.AddConstraint(
            model_name='returnline',
            constraint=models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='returns_line_quantity'),
        ),
        migrations.AddConstraint(
            model_name='returnline',
            constraint=models.CheckConstraint(condition=models.Q(('refund__gte', 0)), name='returns_line_refund'),
        ),
        core.rowsecurity.ProtectTable(
            "ReturnReason",
            using=core.rowsecurity.visible(vendor="true", customer="true"),
        ),
        core.rowsecurity.ProtectTable(
            "Return",
            using=core.rowsecurity.visible(customer="customer_id = app_customer()"),
        ),
        core.rowsecurity.ProtectTable(
            "ReturnLine",
            using=core.rowsecurity.visible(vendor="destination_id = app_vendor()", customer=OWN_RETURN),
            by_statement=[["customer_return_id", "destination_id", "reason_id"], ["order_line_id"]],
        ),
        core.rowsecurity.ProtectTable(
            "RefundEntry",
            using=core.rowsecurity.visible(customer=OWN_RETURN),
            grants="SELECT, INSERT",
        ),
        core.rowsecurity.ProtectTable(
            "ReturnDraft",
            using=f"{core.rowsecurity.STAFF_ONLY} AND user_id = app_user()",
            grants="SELECT, INSERT, UPDATE, DELETE",
        ),
    ]
