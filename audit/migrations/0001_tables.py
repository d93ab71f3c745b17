import core.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import core.rowsecurity


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_tables'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Event',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('verb', models.CharField(max_length=40)),
                ('noun', models.CharField(max_length=20)),
                ('object_id', models.BigIntegerField()),
                ('parent_noun', models.CharField(blank=True, db_default='', max_length=20)),
                ('parent_id', models.BigIntegerField(null=True)),
                ('actor_kind', models.CharField(max_length=10)),
                ('actor_name', models.CharField(max_length=120)),
                ('data', models.JSONField(default=dict)),
                ('happened_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('merchant', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.merchant')),
                ('user', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'event',
            },
        ),
        migrations.CreateModel(
            name='Delivery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('task', models.CharField(max_length=80)),
                ('attempts', models.PositiveSmallIntegerField(db_default=0, default=0)),
                ('due_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('done_at', models.DateTimeField(null=True)),
                ('error', models.TextField(blank=True, db_default='')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('merchant', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.merchant')),
                ('event', core.fields.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='deliveries', to='audit.event')),
            ],
            options={
                'verbose_name': 'delivery',
                'verbose_name_plural': 'deliveries',
            },
        ),
        migrations.AddIndex(
            model_name='event',
            index=models.Index(fields=['merchant', 'noun', 'object_id', '-id'], name='audit_event_object'),
        ),
        migrations.AddIndex(
            model_name='event',
            index=models.Index(condition=models.Q(('parent_id__isnull', False)), fields=['merchant', 'parent_noun', 'parent_id', '-id'], name='audit_event_parent'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(condition=models.Q(('done_at__isnull', True)), fields=['due_at'], name='audit_delivery_due'),
        ),
        migrations.AddConstraint(
            model_name='delivery',
            constraint=models.UniqueConstraint(fields=('merchant', 'event', 'task'), name='audit_delivery_key'),
        ),
        core.rowsecurity.ProtectTable(
            "Event",
            using=f"({core.rowsecurity.STAFF_ONLY}) OR app_system()",
            grants="SELECT, INSERT",
        ),
        core.rowsecurity.ProtectTable(
            "Delivery",
            using=f"{core.rowsecurity.OWN_MERCHANT} OR app_system()",
            check=f"{core.rowsecurity.OWN_MERCHANT} OR app_system()",
            grants="SELECT, INSERT, UPDATE, DELETE",
        ),
    ]
