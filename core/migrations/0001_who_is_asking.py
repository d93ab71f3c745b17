"""SQL functions that read who is asking, and the runtime role's rights on third-party tables."""

from django.conf import settings
from django.db import migrations

ROLE = settings.DATABASE_RUNTIME_ROLE


def _reader(name: str) -> str:
    return (
        f"CREATE FUNCTION app_{name}() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE"
        f" RETURN nullif(current_setting('app.{name}', true), '')::bigint"
    )


NAMES = ("merchant", "user", "vendor", "customer")


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    run_before = [
        ("contenttypes", "0001_initial"),
        ("sessions", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL(
            [_reader(name) for name in NAMES],
            [f"DROP FUNCTION app_{name}()" for name in NAMES],
        ),
        migrations.RunSQL(
            "CREATE FUNCTION app_system() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE"
            " RETURN coalesce(current_setting('app.system', true), '') = 'on'",
            "DROP FUNCTION app_system()",
        ),
        migrations.RunSQL(
            [
                f"GRANT USAGE ON SCHEMA public TO {ROLE}",
                f"GRANT SELECT ON django_migrations TO {ROLE}",
                "ALTER DEFAULT PRIVILEGES IN SCHEMA public"
                f" GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {ROLE}",
                "ALTER DEFAULT PRIVILEGES IN SCHEMA public"
                f" GRANT USAGE, SELECT ON SEQUENCES TO {ROLE}",
            ],
            migrations.RunSQL.noop,
        ),
    ]
