"""The second wall alone: with the first one away, row-level security still leaks nothing (G5).

The first wall is `visible_to()` and the filters by merchant. Here both let everything pass; what
each person may see must not change.
"""

from __future__ import annotations

import uuid
from collections import Counter
from typing import Any

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, models, transaction
from django.db.models import QuerySet
from psycopg import errors

from accounts.models import Merchant
from core.tenancy import tenant
from tests.security.marks import marked_models
from tests.security.test_routes import NAMES, is_right, send, visits
from tests.security.watch import for_real, undone
from tests.security.world import Person, World, expected

pytestmark = pytest.mark.django_db

BEHIND_THE_GATE = [name for name in NAMES if ":" in name]


@pytest.fixture
def first_wall_down(monkeypatch) -> Counter[str]:
    """`visible_to()` shows everything and no query is narrowed to a merchant; counts both."""
    fell: Counter[str] = Counter()

    def everything(self: Any, actor: Any) -> Any:
        fell[self.model._meta.label] += 1
        return self.all()

    for model in apps.get_models():
        queryset_class = model._default_manager._queryset_class
        if hasattr(queryset_class, "visible_to"):
            monkeypatch.setattr(queryset_class, "visible_to", everything)
    original = QuerySet._filter_or_exclude

    def unfiltered(self: Any, negate: bool, args: Any, kwargs: dict[str, Any]) -> Any:
        kept = {key: kwargs[key] for key in kwargs if key not in ("merchant", "merchant_id")}
        fell["merchant"] += len(kwargs) - len(kept)
        return original(self, negate, args, kept)

    monkeypatch.setattr(QuerySet, "_filter_or_exclude", unfiltered)
    return fell


@pytest.mark.parametrize("name", BEHIND_THE_GATE)
def test_without_the_first_wall_everybody_sees_what_they_saw_before(
    world, quiet, first_wall_down, name
):
    wrong = []
    for person in members(world):
        for visit in visits(world, name, person):
            wanted = expected(person, name, visit.slug, visit.thing, visit.method)
            if wanted in (403, 405):
                continue
            with undone(only_if=visit.method == "POST"):
                response = send(world, name, visit)
                leaks = world.leaks(response, person, visit.address(name))
            cell = f"{person.name}: {visit.method} {visit.address(name)}"
            if not is_right(name, visit, response, wanted):
                wrong.append(f"{cell} answers {response.status_code}, not {wanted}")
            if leaks:
                wrong.append(f"{cell} shows {', '.join(leaks)}")
    assert wrong == []


def members(world: World) -> list[Person]:
    """Those whom the gate lets in somewhere; the others never reach a query."""
    return [person for person in world.people.values() if person.is_inside]


def test_the_first_wall_was_really_down(world, quiet, first_wall_down):
    for name in ("alice", "vera", "cora"):
        client = world.client(world.people[name])
        for address in (
            "/m/acme/orders/",
            "/m/acme/returns/",
            "/vendors/acme/",
            "/customers/acme/",
        ):
            client.get(address)
    assert first_wall_down["orders.Order"] > 0
    assert first_wall_down["returns.Return"] > 0
    assert first_wall_down["orders.FulfillmentRequest"] > 0


def test_with_both_walls_down_the_marks_do_show(world, quiet, first_wall_down):
    alice = world.people["alice"]

    def leaks() -> list[str]:
        return world.leaks(world.client(alice).get("/m/acme/orders/"), alice)

    assert for_real(leaks) == []
    assert for_real(leaks, as_owner=True) != [], "the test could not see a leak if there was one"


# --- the wall itself ----------------------------------------------------------------------------


def tenant_models() -> list[type[models.Model]]:
    """Every model whose rows belong to a merchant."""
    return [
        model
        for model in marked_models()
        if any(field.name == "merchant" for field in model._meta.local_fields)
    ]


TENANT_MODELS = tenant_models()


def all_rows(model: type[models.Model]) -> QuerySet[Any]:
    """Every row the database shows."""
    return model._base_manager.all()


def merchants() -> tuple[int, int]:
    """Ids of Acme and Globex."""
    with tenant(system=True):
        ids = dict(Merchant.objects.values_list("slug", "pk"))
    return ids["acme"], ids["globex"]


def test_with_no_tenant_bound_every_table_is_empty(world):
    seen = {model.__name__ for model in [*TENANT_MODELS, Merchant] if all_rows(model).exists()}
    assert seen == set()


def test_with_acme_bound_there_is_acme_and_nothing_else(world):
    acme, _globex = merchants()
    bob = world.people["bob"].user
    with tenant(acme, user=bob.pk):
        seen = {
            model.__name__: set(all_rows(model).values_list("merchant_id", flat=True))
            for model in TENANT_MODELS
        }
        assert list(Merchant.objects.values_list("pk", flat=True)) == [acme]
    assert seen == {model.__name__: {acme} for model in TENANT_MODELS}


def test_a_name_that_reads_like_a_number_binds_nothing(world):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.merchant', '', true)")
        cursor.execute("SELECT count(*) FROM orders_order")
        assert cursor.fetchone() == (0,)


@pytest.mark.parametrize("model", TENANT_MODELS, ids=lambda model: model.__name__)
def test_a_row_cannot_be_written_into_another_merchant(world, model):
    acme, globex = merchants()
    row = some_row(world, model)
    with tenant(acme, user=world.people["bob"].user.pk):
        assert (
            refusal(insert(model, {**row, "merchant_id": globex})) is errors.InsufficientPrivilege
        )
        if granted(model, "UPDATE"):
            moved = f"UPDATE {model._meta.db_table} SET merchant_id = %s"
            assert refusal((moved, [globex])) is errors.InsufficientPrivilege


@pytest.mark.parametrize("model", TENANT_MODELS, ids=lambda model: model.__name__)
def test_rows_of_another_merchant_cannot_be_touched(world, model):
    acme, globex = merchants()
    table = model._meta.db_table
    with tenant(acme, user=world.people["bob"].user.pk), connection.cursor() as cursor:
        for verb in (f"UPDATE {table} SET merchant_id = merchant_id", f"DELETE FROM {table}"):
            if not granted(model, verb.partition(" ")[0]):
                continue
            cursor.execute(f"{verb} WHERE merchant_id = %s", [globex])
            assert cursor.rowcount == 0


def references() -> list[tuple[type[models.Model], Any]]:
    """Every reference from a row of a merchant to a row of a merchant."""
    return [
        (model, field)
        for model in TENANT_MODELS
        for field in model._meta.local_fields
        if field.is_relation and field.related_model in TENANT_MODELS
    ]


REFERENCES = references()
EACH_REFERENCE = pytest.mark.parametrize(
    ("model", "field"), REFERENCES, ids=[f"{m.__name__}.{f.name}" for m, f in REFERENCES]
)


@EACH_REFERENCE
def test_a_reference_stays_inside_the_merchant(world, model, field):
    """Plain foreign-key checks bypass row-level security, so the merchant is part of the key.

    Shown as the owner, whom no policy stops: what refuses is the key itself.
    """
    acme, globex = merchants()
    row = some_row(world, model, field)

    def refusals() -> list[Any]:
        foreign = ids_of(field.related_model, globex)[-1]
        own = ids_of(field.related_model, acme)[-1]
        changed = f"UPDATE {model._meta.db_table} SET {field.column} = %s WHERE id = %s"
        return [refusal((changed, [target, row["id"]])) for target in (foreign, 10**15, own)]

    foreign, missing, own = for_real(refusals, as_owner=True)
    assert foreign is missing is errors.ForeignKeyViolation
    assert own in (None, errors.UniqueViolation, errors.CheckViolation)


@EACH_REFERENCE
def test_nobody_can_point_a_new_row_at_another_merchant(world, model, field):
    """The same as the product would try it: by the runtime role, with an INSERT."""
    acme, globex = merchants()
    row = some_row(world, model, field)
    foreign = for_real(lambda: ids_of(field.related_model, globex)[-1], as_owner=True)
    with tenant(acme, user=world.people["bob"].user.pk):
        reason = refusal(insert(model, {**row, field.column: foreign}))
    assert reason in (errors.ForeignKeyViolation, errors.UniqueViolation)


def ids_of(model: type[models.Model], merchant: int) -> list[int]:
    """Ids of all rows of one merchant, oldest first."""
    return list(
        all_rows(model).filter(merchant=merchant).order_by("pk").values_list("pk", flat=True)
    )


def some_row(world: World, model: type[models.Model], field: Any = None) -> dict[str, Any]:
    """A row of Acme by column, as the owner sees it; one in which `field` is set."""
    acme, _globex = merchants()

    def read() -> dict[str, Any]:
        found = all_rows(model).filter(merchant=acme).order_by("pk")
        if field is not None:
            found = found.filter(**{f"{field.name}__isnull": False})
        row = found.values(*(one.attname for one in stored(model))).last()
        assert row, f"the world has no {model.__name__} of Acme"
        return {one.column: row[one.attname] for one in stored(model)}

    return for_real(read, as_owner=True)


def stored(model: type[models.Model]) -> list[Any]:
    """The columns that are written; generated ones are not."""
    return [field for field in model._meta.local_concrete_fields if not field.generated]


def insert(model: type[models.Model], row: dict[str, Any]) -> tuple[str, list[Any]]:
    """An INSERT of `row` as a new one: other id, other number, other random key."""
    fresh = {key: value for key, value in row.items() if key != "id"}
    for field in stored(model):
        if field.column not in fresh:
            continue
        if isinstance(field, models.UUIDField):
            fresh[field.column] = uuid.uuid4()
        elif (
            isinstance(field, models.CharField)
            and field.name in ("number", "code", "sku", "kind", "task")
            and not field.choices
        ):
            fresh[field.column] = uuid.uuid4().hex[:12]
        elif isinstance(field, models.JSONField):
            fresh[field.column] = "{}"
    columns = ", ".join(fresh)
    places = ", ".join(["%s"] * len(fresh))
    return f"INSERT INTO {model._meta.db_table} ({columns}) VALUES ({places})", list(fresh.values())


def refusal(statement: tuple[str, list[Any]]) -> type[BaseException] | None:
    """The database's reason against the statement, None when it is carried out (and undone)."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(*statement)
            transaction.set_rollback(True)
    except DatabaseError as error:
        return type(error.__cause__)
    return None


def granted(model: type[models.Model], privilege: str) -> bool:
    """Whether the runtime role holds `privilege` on the model's table."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_table_privilege(%s, %s)", [model._meta.db_table, privilege])
        return bool(cursor.fetchone()[0])


def test_a_row_that_breaks_no_rule_is_accepted(world):
    """The control: the same statements go through when nothing foreign is in them."""
    acme, _globex = merchants()
    rows = {model: some_row(world, model) for model in TENANT_MODELS}
    refused = {}
    for model, row in rows.items():
        # What is a person's own is written by that person.
        with tenant(acme, user=row.get("owner_id") or world.people["alice"].user.pk):
            refused[model.__name__] = refusal(insert(model, row))
    assert {name for name, reason in refused.items() if reason is None} > {
        "Order", "OrderLine", "Product", "Shipment", "Return", "Rma", "RefundEntry", "Event",
    }  # fmt: skip
    assert {n: r for n, r in refused.items() if r not in (None, errors.UniqueViolation)} == {}


# --- history, and what the role cannot do -------------------------------------------------------


@pytest.mark.parametrize("table", ["audit_event", "returns_refundentry"])
@pytest.mark.parametrize(
    "statement", ["UPDATE {} SET merchant_id = 1", "DELETE FROM {}", "TRUNCATE {}"]
)
def test_history_cannot_be_changed(world, table, statement):
    acme, _globex = merchants()
    with tenant(acme):
        assert refusal((statement.format(table), [])) is errors.InsufficientPrivilege


@pytest.mark.parametrize(
    "statement",
    [
        "SET ROLE app_owner",
        "SET SESSION AUTHORIZATION app_owner",
        "ALTER TABLE orders_order DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE orders_order NO FORCE ROW LEVEL SECURITY",
        "DROP POLICY orders_order_seen ON orders_order",
        "CREATE POLICY mine ON orders_order USING (true)",
        "ALTER ROLE app_runtime BYPASSRLS",
        "TRUNCATE orders_order",
        "CREATE TABLE mine (id int)",
        "CREATE FUNCTION mine() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'",
        "CREATE OR REPLACE FUNCTION app_merchant() RETURNS bigint LANGUAGE sql RETURN 1",
        "SET session_replication_role = replica",
        "DELETE FROM django_migrations",
    ],
)
def test_the_runtime_role_cannot_take_the_wall_down(world, statement):
    assert refusal((statement, [])) is errors.InsufficientPrivilege


def test_switching_row_security_off_gives_an_error_instead_of_rows(world):
    both = "SET LOCAL row_security = off; SELECT count(*) FROM orders_order"
    assert refusal((both, [])) is errors.InsufficientPrivilege


# --- one connection, many merchants -------------------------------------------------------------


def test_nothing_of_the_last_request_stays_on_the_connection(world, quiet):
    """Real transactions on one connection: pages, refusals, errors and another merchant in turn."""
    turns = [
        ("alice", "/m/acme/orders/", 200),
        ("charlie", "/m/globex/orders/", 200),
        ("vera", "/vendors/acme/", 200),
        ("charlie", "/m/acme/orders/", 404),
        ("greta", "/vendors/globex/", 200),
        ("cora", "/customers/acme/", 200),
        ("nora", "/m/acme/returns/", 404),
        ("dora", "/customers/acme/", 200),
        ("wendy", f"/m/acme/orders/{world.of('order')[0].ref}/return/", 403),
        ("charlie", "/m/globex/returns/", 200),
    ]

    def walk() -> tuple[list[str], int]:
        wrong = []
        for turn in range(60):
            name, address, status = turns[turn % len(turns)]
            person = world.people[name]
            response = world.client(person).get(address)
            if response.status_code != status:
                wrong.append(f"{name} {address}: {response.status_code}")
            wrong += world.leaks(response, person, address)
            with connection.cursor() as cursor:
                cursor.execute("SELECT app_merchant(), app_user(), app_vendor(), app_customer()")
                if cursor.fetchone() != (None, None, None, None):
                    wrong.append(f"after {name} {address} somebody is still bound")
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM orders_order")
            return wrong, cursor.fetchone()[0]

    assert for_real(walk) == ([], 0)


# --- vendors and customers behind the same wall -------------------------------------------------


def test_a_bound_vendor_or_customer_sees_their_own_rows_and_no_peers(world):
    """Row by row, by the marks each row carries: none is another vendor's or customer's."""
    acme, _globex = merchants()
    for name in ("vera", "vic", "cora", "dora"):
        hat = world.people[name].hats[0]
        peers = {"vera": "vic", "vic": "vera", "cora": "dora", "dora": "cora"}
        seen: set[str] = set()
        with tenant(
            acme, user=world.people[name].user.pk, vendor=hat.vendor, customer=hat.customer
        ):
            for model in TENANT_MODELS:
                for row in all_rows(model).values():
                    seen |= {str(value) for value in row.values()}
        theirs = {
            mark
            for mark, readers in world.readers.items()
            if peers[name] in readers and name not in readers
        }
        assert sorted(world.where[mark] for mark in seen & theirs) == [], name


@pytest.mark.parametrize("name", ["vera", "cora"])
def test_a_bound_vendor_or_customer_cannot_make_themselves_staff(world, name):
    acme, _globex = merchants()
    hat = world.people[name].hats[0]
    promotion = (
        "UPDATE accounts_membership SET role = 'owner', vendor_id = NULL, customer_id = NULL"
    )
    with tenant(acme, user=world.people[name].user.pk, vendor=hat.vendor, customer=hat.customer):
        assert refusal((promotion, [])) is errors.InsufficientPrivilege
