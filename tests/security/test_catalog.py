"""What the database itself says: which table is behind the wall, and who holds which right."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection

from accounts.base import TenantModel
from accounts.models import Merchant
from core.tenancy import SETTINGS

pytestmark = pytest.mark.django_db

# Every table without a merchant, and why that is right.
WITHOUT_MERCHANT = {
    "accounts_merchant": "the merchant itself; behind a policy of its own",
    "accounts_user": "one person may belong to several merchants; sign-in knows none yet",
    "accounts_user_groups": "Django's groups; unused",
    "accounts_user_user_permissions": "Django's permissions; unused",
    "account_emailaddress": "sign-in",
    "account_emailconfirmation": "sign-in",
    "auth_group": "Django's groups; unused",
    "auth_group_permissions": "Django's groups; unused",
    "auth_permission": "Django's permissions; names of rights only",
    "django_admin_log": "what platform staff changed about users; the platform pages only",
    "django_content_type": "names of models only",
    "django_migrations": "which migrations ran",
    "django_session": "sessions; random keys",
    "mfa_authenticator": "second step of signing in",
}

# Tables of which the runtime role may delete rows; all the others only grow.
MAY_BE_DELETED = {
    "accounts_holiday",
    "accounts_membership",
    "accounts_submittedform",
    "audit_delivery",
    "orders_serialnumber",
    "returns_returndraft",
    "returns_savedexport",
    "returns_savedfilter",
    "rmas_rmadraft",
}
# Functions that look past the policies, because those would keep them from their indexes: they read
# who is asking themselves and answer the staff of the bound merchant.
FOR_STAFF = {"returns_search", "returns_counts", "orders_search"}
# Triggers that carry a new name over to the returns of the same merchant, whoever wrote it.
RENAMES = {"returns_customer_renamed", "returns_channel_renamed", "rmas_vendor_renamed"}
# The same for what a vendor is asked to take back: they answer yes or no about the bound one.
FOR_VENDORS = {"rmas_order_line_asked", "rmas_return_line_asked"}
# Tables whose rows the runtime role may not change.
APPEND_ONLY = {
    "accounts_holiday",
    "audit_event",
    "orders_serialnumber",
    "profiles_returnprofileversion",
    "returns_refundentry",
    "returns_returnfile",
    "returns_returnnote",
    "rmas_creditentry",
    "rmas_creditvariance",
    "rmas_rmafile",
    "rmas_rmamessage",
    "rmas_rmanumber",
}


def rows(sql: str, *params: object) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


def column(sql: str, *params: object) -> set[str]:
    return {row[0] for row in rows(sql, *params)}


def tables() -> set[str]:
    return column("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")


def tenant_tables() -> set[str]:
    return column(
        "SELECT table_name FROM information_schema.columns"
        " WHERE table_schema = 'public' AND column_name = 'merchant_id'"
    )


def tenant_models() -> list[type[TenantModel]]:
    return [model for model in apps.get_models() if issubclass(model, TenantModel)]


def test_every_table_has_a_merchant_or_a_reason_for_having_none():
    assert tables() - tenant_tables() == set(WITHOUT_MERCHANT)


def test_every_table_with_a_merchant_is_a_tenant_model_and_the_other_way_round():
    assert {model._meta.db_table for model in tenant_models()} == tenant_tables()
    assert len(tenant_tables()) >= 20


def test_the_merchant_of_a_row_is_never_empty():
    nullable = column(
        "SELECT table_name FROM information_schema.columns WHERE table_schema = 'public'"
        " AND column_name = 'merchant_id' AND is_nullable = 'YES'"
    )
    assert nullable == set()


def test_row_level_security_is_enabled_and_forced():
    protected = column(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        " AND relrowsecurity AND relforcerowsecurity"
    )
    assert protected == tenant_tables() | {Merchant._meta.db_table}


def test_each_protected_table_has_one_policy_for_all_and_one_for_its_owner():
    policies = {
        (table, name): (permissive, roles, command, bool(using), bool(check))
        for table, name, permissive, roles, command, using, check in rows(
            "SELECT tablename, policyname, permissive, roles::text[], cmd, qual, with_check"
            " FROM pg_policies WHERE schemaname = 'public'"
        )
    }
    expected = {}
    for table in tenant_tables() | {Merchant._meta.db_table}:
        expected[table, f"{table}_seen"] = ("PERMISSIVE", ["public"], "ALL", True, True)
        expected[table, f"{table}_owner"] = ("PERMISSIVE", [owner()], "ALL", True, True)
    assert policies == expected


def test_every_policy_asks_for_the_merchant_when_reading_and_when_writing():
    """Exceptions are named: the outbox and sign-in work for several merchants."""
    lax = {
        table: (using, check)
        for table, using, check in rows(
            "SELECT tablename, qual, with_check FROM pg_policies"
            " WHERE schemaname = 'public' AND policyname LIKE '%%\\_seen'"
        )
        if not using.lstrip("(").startswith("merchant_id = app_merchant()")
        or " OR app_system()" in using
        or " OR (user_id" in using
        or " OR " in check
    }
    assert set(lax) == {
        "accounts_merchant",  # chosen at sign-in, made by the house
        "accounts_membership",  # a person reads their own at every merchant
        "audit_delivery",  # drained for all merchants at once
        "audit_event",  # read by the drain
        "audit_message",  # sent for all merchants at once
        "returns_savedexport",  # the schedule looks for what is due everywhere
    }


def owner() -> str:
    (name,) = column("SELECT tableowner FROM pg_tables WHERE tablename = 'orders_order'")
    return name


def test_the_runtime_role_is_small():
    role = settings.DATABASE_RUNTIME_ROLE
    assert rows(
        "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication"
        " FROM pg_roles WHERE rolname = %s",
        role,
    ) == [(False, False, False, False, False)]
    assert column("SELECT current_user") == {role}
    assert role != owner()


def test_the_runtime_role_owns_nothing_and_belongs_to_nobody():
    role = settings.DATABASE_RUNTIME_ROLE
    assert column("SELECT relname FROM pg_class WHERE relowner = %s::regrole", role) == set()
    assert column("SELECT proname FROM pg_proc WHERE proowner = %s::regrole", role) == set()
    assert column("SELECT nspname FROM pg_namespace WHERE nspowner = %s::regrole", role) == set()
    assert (
        column(
            "SELECT rolname FROM pg_roles WHERE rolname <> %s AND rolname NOT LIKE 'pg\\_%%'"
            " AND pg_has_role(%s, oid, 'MEMBER')",
            role,
            role,
        )
        == set()
    )


def test_the_runtime_role_can_make_nothing_in_the_schema():
    assert rows(
        "SELECT has_schema_privilege(%s, 'public', 'CREATE'),"
        " has_database_privilege(%s, current_database(), 'CREATE')",
        settings.DATABASE_RUNTIME_ROLE,
        settings.DATABASE_RUNTIME_ROLE,
    ) == [(False, False)]


@pytest.mark.parametrize("privilege", ["TRUNCATE", "TRIGGER", "REFERENCES", "MAINTAIN"])
def test_the_runtime_role_holds_no_right_of_an_owner(privilege):
    if privilege == "MAINTAIN" and connection.pg_version < 170000:
        pytest.skip("PostgreSQL knows this privilege since version 17.")
    assert {table for table in tables() if holds(table, privilege)} == set()


def test_what_the_runtime_role_may_do_to_each_tenant_table():
    protected = tenant_tables() | {Merchant._meta.db_table}
    assert {table for table in protected if not holds(table, "SELECT")} == set()
    assert {table for table in protected if not holds(table, "INSERT")} == set()
    assert {table for table in protected if not holds(table, "UPDATE")} == APPEND_ONLY
    assert {table for table in protected if holds(table, "DELETE")} == MAY_BE_DELETED


def holds(table: str, privilege: str) -> bool:
    role = settings.DATABASE_RUNTIME_ROLE
    return rows("SELECT has_table_privilege(%s, %s, %s)", role, table, privilege) == [(True,)]


def test_every_function_that_runs_as_its_owner_is_known():
    definers = column(
        "SELECT proname FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace"
    )
    triggers = {f"{table}_references" for table in checked_by_statement()}
    assert definers - {"watch_tables"} == triggers | FOR_STAFF | FOR_VENDORS | RENAMES


def test_functions_that_run_as_their_owner_fix_where_names_are_looked_up():
    loose = column(
        "SELECT proname FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace"
        " AND NOT coalesce(proconfig::text, '') LIKE '%%search_path=%%'"
    )
    assert loose == set()


def test_there_are_no_views_that_could_look_past_the_wall():
    """A plain view runs as its owner."""
    assert column("SELECT viewname FROM pg_views WHERE schemaname = 'public'") == set()
    assert column("SELECT matviewname FROM pg_matviews WHERE schemaname = 'public'") == set()


def test_every_setting_of_a_tenant_is_read_by_a_function():
    functions = column(
        "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
        " AND proname LIKE 'app\\_%%'"
    )
    assert functions == {f"app_{name}" for name in SETTINGS}


def references() -> set[tuple[str, str, str]]:
    """Table, column and target of each reference that the database keeps inside the merchant."""
    return set(
        rows(
            """
            SELECT con.conrelid::regclass::text, col.attname, con.confrelid::regclass::text
              FROM pg_constraint con
              JOIN pg_attribute col ON col.attrelid = con.conrelid AND col.attnum = con.conkey[2]
              JOIN pg_attribute tenant
                ON tenant.attrelid = con.conrelid AND tenant.attnum = con.conkey[1]
             WHERE con.contype = 'f' AND array_length(con.conkey, 1) = 2
               AND tenant.attname = 'merchant_id' AND con.convalidated
            """
        )
    )


def wanted_references() -> set[tuple[str, str, str]]:
    """The same as the models say it."""
    return {
        (model._meta.db_table, field.column, field.related_model._meta.db_table)
        for model in tenant_models()
        for field in model._meta.local_fields
        if field.is_relation and issubclass(field.related_model, TenantModel)
    }


def checked_by_statement() -> set[str]:
    """Tables whose references are checked by triggers, once per statement that writes."""
    counts = dict(
        rows(
            "SELECT tgrelid::regclass::text, count(*) FROM pg_trigger"
            " WHERE tgfoid = to_regproc(tgrelid::regclass::text || '_references')::oid"
            " AND tgenabled = 'O' GROUP BY 1"
        )
    )
    assert set(counts.values()) <= {2}, "one for INSERT and one for UPDATE"
    return set(counts)


def test_every_reference_between_tenant_tables_stays_inside_the_merchant():
    """By its key; where rows come by the hundred thousand, by a trigger per statement."""
    by_trigger = {one for one in wanted_references() if one[0] in checked_by_statement()}
    assert references() == wanted_references() - by_trigger
    sources = dict(rows("SELECT proname, prosrc FROM pg_proc WHERE proname LIKE '%%\\_references'"))
    forgotten = {
        (table, column)
        for table, column, _target in by_trigger
        if f"= used.{column}" not in sources[f"{table}_references"]
    }
    assert forgotten == set()


def test_what_is_only_checked_when_written_cannot_be_deleted():
    targets = {one[2] for one in wanted_references() if one[0] in checked_by_statement()}
    assert {table for table in targets if holds(table, "DELETE")} == set()


def test_unique_keys_begin_with_the_merchant():
    """A key over all merchants would answer "exists already" about rows nobody may see.

    A key that begins with a reference is as good: the row referred to is of the same merchant.
    """
    kept_inside = {(table, column) for table, column, _target in wanted_references()}
    loose = {
        (table, name)
        for table, name, first in rows(
            """
            SELECT ind.indrelid::regclass::text, ind.indexrelid::regclass::text, col.attname
              FROM pg_index ind
              JOIN pg_attribute col ON col.attrelid = ind.indrelid AND col.attnum = ind.indkey[0]
             WHERE ind.indisunique AND NOT ind.indisprimary
            """
        )
        if table in tenant_tables() and first != "merchant_id" and (table, first) not in kept_inside
    }
    assert loose == set()
