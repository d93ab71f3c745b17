
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_merchants_desk'),
        ('orders', '0002_merchants_desk'),
        ('returns', '0002_merchants_desk'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='returnline',
            name='returns_line_destination',
        ),
        migrations.AddIndex(
            model_name='return',
            index=models.Index(condition=models.Q(('waits_on', 'nobody'), _negated=True), fields=['merchant', 'waits_since'], name='returns_return_since'),
        ),
        migrations.AddIndex(
            model_name='return',
            index=models.Index(condition=models.Q(('shipped_units__gt', models.F('received_units')), ('status', 'open')), fields=['merchant', '-requested_at', '-id'], name='returns_return_transit'),
        ),
        migrations.AddIndex(
            model_name='return',
            index=models.Index(condition=models.Q(models.Q(('status', 'canceled'), _negated=True), ('refund_items__gt', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('refunded'), '-', models.F('refund_shipping')), '-', models.F('refund_adjustment')))), fields=['merchant', '-requested_at', '-id'], name='returns_return_refund'),
        ),
        migrations.AddIndex(
            model_name='return',
            index=models.Index(condition=models.Q(('received_units', 0), ('shipped_units', 0)), fields=['merchant', '-requested_at', '-id'], name='returns_return_not_sent'),
        ),
        migrations.AddIndex(
            model_name='return',
            index=models.Index(condition=models.Q(('received_units', 0), ('shipped_units__gt', 0)), fields=['merchant', '-requested_at', '-id'], name='returns_return_on_its_way'),
        ),
        migrations.AddIndex(
            model_name='return',
            index=models.Index(condition=models.Q(('received_units__gt', 0), ('received_units__lt', models.F('approved_units'))), fields=['merchant', '-requested_at', '-id'], name='returns_return_partly_received'),
        ),
        migrations.AddIndex(
            model_name='return',
            index=models.Index(condition=models.Q(('received_units__gt', 0), ('received_units__gte', models.F('approved_units'))), fields=['merchant', '-requested_at', '-id'], name='returns_return_received'),
        ),
        migrations.AddIndex(
            model_name='returnline',
            index=models.Index(fields=['merchant', 'destination', 'customer_return'], name='returns_line_vendor'),
        ),
        migrations.AddIndex(
            model_name='returnline',
            index=models.Index(fields=['merchant', 'reason', 'customer_return'], name='returns_line_reason'),
        ),
    ]
