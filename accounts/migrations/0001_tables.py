import accounts.models
import core.fields
import django.contrib.postgres.functions
import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models

import core.rowsecurity


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.CreateModel(
            name='Merchant',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('slug', models.SlugField(max_length=40, unique=True, verbose_name='address name')),
                ('currency', models.CharField(default='GBP', max_length=3, verbose_name='currency')),
                ('timezone', models.CharField(default='Europe/London', max_length=40, validators=[accounts.models.valid_timezone], verbose_name='time zone')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'verbose_name': 'merchant',
            },
        ),
        migrations.CreateModel(
            name='User',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('email', models.EmailField(max_length=254, unique=True, verbose_name='e-mail address')),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('is_staff', models.BooleanField(default=False, verbose_name='platform staff')),
                ('is_active', models.BooleanField(default=True, verbose_name='active')),
                ('date_joined', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
            ],
            options={
                'verbose_name': 'user',
            },
        ),
        migrations.CreateModel(
            name='Customer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(db_default=django.contrib.postgres.functions.RandomUUID(), default=uuid.uuid4, editable=False, verbose_name='public id')),
                ('number', models.CharField(max_length=40, verbose_name='customer number')),
                ('name', models.CharField(blank=True, db_default='', max_length=160, verbose_name='name')),
                ('email', models.EmailField(blank=True, db_default='', max_length=254, verbose_name='e-mail address')),
                ('country', models.CharField(blank=True, db_default='', max_length=60, verbose_name='country')),
                ('created_at', models.DateTimeField(auto_now_add=True, db_default=django.db.models.functions.datetime.Now())),
                ('merchant', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.merchant')),
            ],
            options={
                'verbose_name': 'customer',
            },
        ),
        migrations.CreateModel(
            name='NumberSeries',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=20)),
                ('prefix', models.CharField(blank=True, max_length=12)),
                ('next_value', models.BigIntegerField(default=1)),
                ('merchant', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.merchant')),
            ],
        ),
        migrations.CreateModel(
            name='SubmittedForm',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.UUIDField()),
                ('user_id', models.BigIntegerField()),
                ('result', models.CharField(blank=True, max_length=300)),
                ('submitted_at', models.DateTimeField(auto_now_add=True)),
                ('merchant', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.merchant')),
            ],
        ),
        migrations.CreateModel(
            name='Vendor',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(db_default=django.contrib.postgres.functions.RandomUUID(), default=uuid.uuid4, editable=False, verbose_name='public id')),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('code', models.SlugField(max_length=40, verbose_name='code')),
                ('own_warehouse', models.BooleanField(default=False, verbose_name='own warehouse')),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='e-mail address')),
                ('return_address', models.TextField(blank=True, max_length=500, verbose_name='return-to address')),
                ('created_at', models.DateTimeField(auto_now_add=True, db_default=django.db.models.functions.datetime.Now())),
                ('merchant', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.merchant')),
            ],
            options={
                'verbose_name': 'vendor',
            },
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('owner', 'Owner'), ('manager', 'Manager'), ('agent', 'Support agent'), ('warehouse', 'Warehouse'), ('inspector', 'Inspector'), ('finance', 'Finance'), ('read_only', 'Read-only'), ('vendor', 'Vendor user'), ('customer', 'Customer')], max_length=12, verbose_name='role')),
                ('is_active', models.BooleanField(default=True, verbose_name='active')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('customer', core.fields.TenantForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to='accounts.customer')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to=settings.AUTH_USER_MODEL)),
                ('merchant', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.merchant')),
                ('vendor', core.fields.TenantForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to='accounts.vendor')),
            ],
            options={
                'verbose_name': 'membership',
            },
        ),
        migrations.AddConstraint(
            model_name='user',
            constraint=models.CheckConstraint(condition=models.Q(('email', django.db.models.functions.text.Lower('email'))), name='accounts_user_email_lower_case'),
        ),
        migrations.AddConstraint(
            model_name='customer',
            constraint=models.UniqueConstraint(fields=('merchant', 'public_id'), name='accounts_customer_public'),
        ),
        migrations.AddConstraint(
            model_name='customer',
            constraint=models.UniqueConstraint(fields=('merchant', 'number'), name='accounts_customer_number'),
        ),
        migrations.AddConstraint(
            model_name='numberseries',
            constraint=models.UniqueConstraint(fields=('merchant', 'kind'), name='accounts_number_series_key'),
        ),
        migrations.AddConstraint(
            model_name='numberseries',
            constraint=models.CheckConstraint(condition=models.Q(('next_value__gte', 1)), name='accounts_number_series_positive'),
        ),
        migrations.AddIndex(
            model_name='submittedform',
            index=models.Index(fields=['submitted_at'], name='accounts_submitted_form_age'),
        ),
        migrations.AddConstraint(
            model_name='submittedform',
            constraint=models.UniqueConstraint(fields=('merchant', 'user_id', 'key'), name='accounts_submitted_form_key'),
        ),
        migrations.AddConstraint(
            model_name='vendor',
            constraint=models.UniqueConstraint(fields=('merchant', 'public_id'), name='accounts_vendor_public'),
        ),
        migrations.AddConstraint(
            model_name='vendor',
            constraint=models.UniqueConstraint(fields=('merchant', 'code'), name='accounts_vendor_code'),
        ),
        migrations.AddConstraint(
            model_name='vendor',
            constraint=models.UniqueConstraint(condition=models.Q(('own_warehouse', True)), fields=('merchant',), name='accounts_vendor_one_own_warehouse'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.UniqueConstraint(fields=('merchant', 'user', 'role', 'vendor', 'customer'), name='accounts_membership_key', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('customer__isnull', True), ('role', 'vendor'), ('vendor__isnull', False)), models.Q(('customer__isnull', False), ('role', 'customer'), ('vendor__isnull', True)), models.Q(models.Q(('role__in', ('vendor', 'customer')), _negated=True), ('customer__isnull', True), ('vendor__isnull', True)), _connector='OR'), name='accounts_membership_role_fits'),
        ),
        core.rowsecurity.ProtectTable(
            "Merchant",
            using="id = app_merchant() OR app_system() OR id IN"
            " (SELECT merchant_id FROM accounts_membership WHERE user_id = app_user())",
            check="id = app_merchant() OR app_system()",
        ),
        core.rowsecurity.ProtectTable(
            "Vendor",
            using=core.rowsecurity.visible(vendor="id = app_vendor()"),
        ),
        core.rowsecurity.ProtectTable(
            "Customer",
            using=core.rowsecurity.visible(customer="id = app_customer()"),
        ),
        core.rowsecurity.ProtectTable(
            "Membership",
            using=f"({core.rowsecurity.STAFF_ONLY}) OR user_id = app_user()",
            check=core.rowsecurity.STAFF_ONLY,
            grants="SELECT, INSERT, UPDATE, DELETE",
        ),
        core.rowsecurity.ProtectTable(
            "NumberSeries",
            using=core.rowsecurity.STAFF_ONLY,
        ),
        core.rowsecurity.ProtectTable(
            "SubmittedForm",
            grants="SELECT, INSERT, UPDATE, DELETE",
        ),
    ]
