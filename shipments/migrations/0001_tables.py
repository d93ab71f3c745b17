import core.fields
import django.contrib.postgres.functions
import django.db.models.deletion
import django.db.models.functions.datetime
import uuid
from django.conf import settings
from django.db import migrations, models

import core.rowsecurity

OWN_RMA = "EXISTS (SELECT FROM rmas_rma owner WHERE owner.id = rma_id)"
OWN_RETURN = "EXISTS (SELECT FROM returns_return owner WHERE owner.id = customer_return_id)"


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_tables'),
        ('returns', '0001_tables'),
        ('rmas', '0001_tables'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ReturnShipment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(db_default=django.contrib.postgres.functions.RandomUUID(), default=uuid.uuid4, editable=False, verbose_name='public id')),
                ('return_address', models.TextField(max_length=500, verbose_name='return-to address')),
                ('carrier', models.CharField(max_length=40, verbose_name='carrier name')),
                ('tracking_number', core.fields.NumberField(db_collation='C', max_length=60, verbose_name='tracking number')),
                ('note', models.TextField(blank=True, max_length=2000, verbose_name='note')),
                ('added_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('added_by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('customer_return', core.fields.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='shipments', to='returns.return')),
                ('merchant', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.merchant')),
                ('rma', core.fields.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='shipments', to='rmas.rma')),
            ],
            options={
                'verbose_name': 'return shipment',
            },
        ),
        migrations.CreateModel(
            name='ReturnShipmentLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quantity', models.PositiveIntegerField(verbose_name='quantity')),
                ('merchant', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.merchant')),
                ('rma_line', core.fields.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='shipment_lines', to='rmas.rmaline')),
                ('shipment', core.fields.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='shipments.returnshipment')),
            ],
            options={
                'verbose_name': 'return shipment line',
            },
        ),
        migrations.AddIndex(
            model_name='returnshipment',
            index=models.Index(fields=['merchant', 'customer_return'], name='shipments_return'),
        ),
        migrations.AddIndex(
            model_name='returnshipment',
            index=models.Index(fields=['merchant', 'rma'], name='shipments_rma'),
        ),
        migrations.AddIndex(
            model_name='returnshipment',
            index=models.Index(fields=['merchant', 'tracking_number'], name='shipments_tracking'),
        ),
        migrations.AddConstraint(
            model_name='returnshipment',
            constraint=models.UniqueConstraint(fields=('merchant', 'public_id'), name='shipments_public'),
        ),
        migrations.AddIndex(
            model_name='returnshipmentline',
            index=models.Index(fields=['merchant', 'rma_line'], name='shipments_line_rma_line'),
        ),
        migrations.AddConstraint(
            model_name='returnshipmentline',
            constraint=models.UniqueConstraint(fields=('merchant', 'shipment', 'rma_line'), name='shipments_line_once'),
        ),
        migrations.AddConstraint(
            model_name='returnshipmentline',
            constraint=models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='shipments_line_quantity'),
        ),
        core.rowsecurity.ProtectTable(
            "ReturnShipment",
            using=core.rowsecurity.visible(vendor=OWN_RMA, customer=OWN_RETURN),
        ),
        core.rowsecurity.ProtectTable(
            "ReturnShipmentLine",
            using=f"{core.rowsecurity.OWN_MERCHANT} AND EXISTS (SELECT FROM shipments_returnshipment owner"
            " WHERE owner.id = shipment_id)",
        ),
    ]
