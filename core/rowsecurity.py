"""Migration operations that put a table behind the second wall.

A tenant table gets: row-level security, ENABLE and FORCE; one policy for everybody and one for the
owner (so that data migrations see rows); UNIQUE (merchant_id, id) as the target of composite
foreign keys; composite foreign keys for each reference to another tenant table, because plain
foreign-key checks bypass row-level security; and exactly the grants the runtime role needs.
Source: DESIGN section 4.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps.registry import Apps
from django.conf import settings
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.db.models import Model

OWN_MERCHANT = "merchant_id = app_merchant()"
# In a subquery of its own, who is asking is found out once per query instead of once per row. Said
# as "is not 0", because the planner takes that for granted; of "IS NULL" it believes that it leaves
# one row in two hundred, twice, and then reads whole tables in search of a page of fifty.
NO_VENDOR = "(SELECT (app_vendor() IS NULL)::int) <> 0"
NO_CUSTOMER = "(SELECT (app_customer() IS NULL)::int) <> 0"
STAFF_ONLY = f"{OWN_MERCHANT} AND {NO_VENDOR} AND {NO_CUSTOMER}"


def visible(*, vendor: str = "false", customer: str = "false") -> str:
    """The usual policy: rows of the bound merchant, narrowed for a bound vendor or customer.

    `vendor` and `customer` are SQL conditions on the row; left out, the row is hidden from them.
    """
    return f"{OWN_MERCHANT} AND ({NO_VENDOR} OR ({vendor})) AND ({NO_CUSTOMER} OR ({customer}))"


class ProtectTable(Operation):
    """Put the table of `model_name` behind row-level security.

    `using` is the SQL condition under which a row is seen; `check` the one a written row must meet.
    `grants` are the runtime role's privileges. `by_statement` names all columns that refer to other
    rows, for tables filled by the ten thousand: their references are checked by one trigger per
    statement instead of one look-up per row. Columns that repeat together in the rows stand
    together. What such a table refers to cannot be deleted by the runtime role. Without `is_target`
    the table lacks the key that composite foreign keys point to: then only tables checked by
    statement can refer to it.
    """

    reversible = True
    reduces_to_sql = True

    def __init__(
        self,
        model_name: str,
        *,
        using: str = OWN_MERCHANT,
        check: str = OWN_MERCHANT,
        grants: str = "SELECT, INSERT, UPDATE",
        by_statement: Sequence[Sequence[str]] = (),
        is_target: bool = True,
    ) -> None:
        self.model_name = model_name
        self.using = using
        self.check = check
        self.grants = grants
        self.by_statement = by_statement
        self.is_target = is_target

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Row-level security is not part of Django's model state."""

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Write policies, keys and grants."""
        apps: Apps = to_state.apps
        model = apps.get_model(app_label, self.model_name)
        table = model._meta.db_table
        for statement in (
            *_policy_statements(table, self.using, self.check),
            *_grant_statements(table, self.grants),
            *self._reference_statements(model),
        ):
            schema_editor.execute(statement, params=None)

    def database_backwards(self, *args: Any) -> None:
        """Nothing: the table itself is dropped by the operation before this one."""

    def describe(self) -> str:
        """What the migration plan prints."""
        return f"Put {self.model_name} behind row-level security"

    def deconstruct(self) -> tuple[str, Sequence[Any], dict[str, Any]]:
        """How the operation is written into a squashed migration."""
        return (
            self.__class__.__qualname__,
            [self.model_name],
            {
                "using": self.using,
                "check": self.check,
                "grants": self.grants,
                "by_statement": self.by_statement,
                "is_target": self.is_target,
            },
        )

    def _reference_statements(self, model: type[Model]) -> list[str]:
        table = model._meta.db_table
        fields = model._meta.local_fields
        if not any(field.name == "merchant" for field in fields):
            return []
        references = [
            (str(field.column), _table(field)) for field in fields if _is_inside_merchant(field)
        ]
        statements = []
        if self.is_target:
            key = f"{table}_tenant UNIQUE (merchant_id, id)"
            statements.append(f"ALTER TABLE {table} ADD CONSTRAINT {key}")
        if self.by_statement:
            targets = dict(references)
            named = [column for columns in self.by_statement for column in columns]
            if sorted(named) != sorted(targets):
                raise ValueError(f"{table} refers by {sorted(targets)}, not by {sorted(named)}.")
            groups = [{name: targets[name] for name in columns} for columns in self.by_statement]
            return statements + _statement_trigger(table, groups)
        if not any(_is_inside_merchant(field) and not field.null for field in fields):
            # Otherwise what the row refers to vouches for the merchant.
            merchants = _table(model._meta.get_field("merchant"))
            statements.append(
                f"ALTER TABLE {table} ADD CONSTRAINT {table}_merchant_fk"
                f" FOREIGN KEY (merchant_id) REFERENCES {merchants} (id)"
            )
        statements.extend(reference_statement(table, *reference) for reference in references)
        return statements


def _table(field: Any) -> str:
    return str(field.remote_field.model._meta.db_table)


def _is_inside_merchant(field: Any) -> bool:
    """Whether `field` points to a row of a merchant, so that the key must name the merchant too."""
    if not field.is_relation:
        return False
    return any(one.name == "merchant" for one in field.remote_field.model._meta.local_fields)


def reference_statement(table: str, column: str, target: str) -> str:
    """SQL for a foreign key that stays inside the merchant."""
    return (
        f"ALTER TABLE {table} ADD CONSTRAINT {table}_{column}_tenant_fk"
        f" FOREIGN KEY (merchant_id, {column}) REFERENCES {target} (merchant_id, id)"
    )


def _policy_statements(table: str, using: str, check: str) -> list[str]:
    return [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY {table}_seen ON {table} USING ({using}) WITH CHECK ({check})",
        f"CREATE POLICY {table}_owner ON {table} TO CURRENT_USER USING (true) WITH CHECK (true)",
    ]


def _grant_statements(table: str, grants: str) -> list[str]:
    role = settings.DATABASE_RUNTIME_ROLE
    return [
        f"REVOKE ALL ON {table} FROM {role}",
        f"GRANT {grants} ON {table} TO {role}",
    ]


def _statement_trigger(table: str, groups: list[dict[str, str]]) -> list[str]:
    """One check per statement and group that all references stay inside the merchant.

    `groups` map columns to the tables they refer to. Each row referred to is looked up once, by its
    id: a join would be planned by statistics, which know nothing of rows of the same transaction.
    """
    checks = "\n".join(
        f"""
  IF EXISTS (
    SELECT FROM (SELECT DISTINCT merchant_id, {", ".join(targets)} FROM written) used
    WHERE {" OR ".join(_points_elsewhere(*target) for target in targets.items())}
  ) THEN
    RAISE foreign_key_violation USING MESSAGE =
      '{table}: {" or ".join(targets)} points to no row of the same merchant';
  END IF;"""
        for targets in groups
    )
    function = f"""
CREATE FUNCTION {table}_references() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN{checks}
  RETURN NULL;
END $$"""
    return [
        function,
        *(
            f"CREATE TRIGGER {table}_references_{event.lower()} AFTER {event} ON {table}"
            f" REFERENCING NEW TABLE AS written FOR EACH STATEMENT"
            f" EXECUTE FUNCTION {table}_references()"
            for event in ("INSERT", "UPDATE")
        ),
    ]


def _points_elsewhere(column: str, target: str) -> str:
    return f"""({column} IS NOT NULL AND (
      SELECT target.merchant_id FROM {target} target WHERE target.id = used.{column}
    ) IS DISTINCT FROM used.merchant_id)"""
