"""A write is a verb in `actions/`: nothing else saves, and every verb has its permission."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil

import pytest
from jinja2 import nodes

import actions
from accounts.permissions import ALL_PERMISSIONS, PERMISSIONS, SYSTEM_PERMISSIONS
from accounts.routes import ROUTES
from actions.base import ACTIONS, permission_of
from tests.architecture.source import PACKAGES, ROOT, calls, modules, name_of, tree
from tests.architecture.templates import parsed_templates

WRITES = {
    "save",
    "create",
    "acreate",
    "get_or_create",
    "update_or_create",
    "bulk_create",
    "bulk_update",
    "delete",
    "asave",
    "adelete",
}

# Functions of `actions/` that take an actor without being verbs, and why that is right.
NOT_VERBS = {
    "actions.bulk.carry_on": "does the verbs, each of which asks; notes what came of them",
    "actions.bulk.may_bulk": "reads",
    "actions.bulk.lock_job": "reads under lock",
    "actions.bulk.look_ahead": "previews the verbs, each of which asks; notes what would come",
    "actions.credits.enter_credit": "part of sync_credit and edit_rma",
    "actions.drafts.keep_draft": "a draft is the writer's own business; asks return.create itself",
    "actions.drafts.complete_draft": "wraps create_return, which is the verb",
    "actions.exports.lock_export": "reads under lock",
    "actions.forms_once.once": "carries a verb out once; the verb asks for its permission",
    "actions.notices.switched_on": "reads",
    "actions.locks.lock_import": "reads",
    "actions.locks.lock_merchant": "reads",
    "actions.locks.lock_order": "reads",
    "actions.locks.lock_return": "reads",
    "actions.locks.lock_rma": "reads",
    "actions.profiles.lock_profile": "reads under lock",
    "actions.people.may_give": "reads",
    "actions.refunds.apply_refund": "part of sync_refund, give_credit and create_return",
    "actions.refunds.refund_event": "makes an event, writes nothing",
    "actions.refusals.closed_refusal": "reads",
    "actions.refusals.why_not_rma": "reads",
    "actions.rma_bulk.approve_each": "does approve_rma, which asks, to each",
    "actions.rma_bulk.would_approve": "previews approve_rma, which asks",
    "actions.rma_drafts.drop_rma_draft": "a draft is the writer's own business; asks rma.approve",
    "actions.rma_drafts.keep_rma_draft": "a draft is the writer's own business; asks rma.approve",
    "actions.return_changes.carry_on": "does edit_return, which asks; notes what came of each",
    "actions.return_changes.lock_changes": "reads under lock",
    "actions.return_files.compared": "reads",
    "actions.rma_changes.end_rmas": "part of cancel_return",
    "actions.rma_requests.events_of": "makes events, writes nothing",
    "actions.rma_requests.first_status": "reads; asks rma.approve itself",
    "actions.rma_requests.insert_rmas": "part of create_return and create_rma",
    "actions.rma_requests.new_rmas": "part of create_return",
    "actions.rma_talk.side_of": "reads",
    "actions.rmas.open_rma": "reads under lock",
    "actions.rmas.tell_rma": "part of the verbs of an RMA",
    "actions.stale.check_version": "reads",
    "actions.subscriptions.lock_subscription": "reads under lock",
    "actions.vendor_files.read_vendors": "does the verbs row by row; asks settings.edit itself",
    "actions.vendor_files.signer_for": "signs, writes nothing",
}


# Permissions whose verb is still to come.
PLANNED: dict[str, str] = {}


def is_write(name: str, call: ast.Call) -> bool:
    """Whether the call looks like one that changes rows; `update` of a dict takes a mapping."""
    if not isinstance(call.func, ast.Attribute):
        return False
    if name == "update":
        return bool(call.keywords) and not call.args
    return name in WRITES


def writes(*packages: str, only: str = "*.py") -> list[str]:
    """Where in these packages something is written."""
    return [
        f"{name_of(path)}:{call.lineno} .{name}()"
        for path in modules(*packages)
        if path.match(only)
        for name, call in calls(path)
        if is_write(name, call)
    ]


def test_surfaces_write_nothing():
    assert writes("config", "console", "vendor_portal", "customer_portal", "exports") == []


def test_the_test_would_see_a_write():
    assert writes("actions") != []


def test_templates_write_nothing():
    found = [
        (name, call.node.attr)
        for name, template in parsed_templates()
        for call in template.find_all(nodes.Call)
        if isinstance(call.node, nodes.Getattr)
        and (call.node.attr in WRITES or (call.node.attr == "update" and call.kwargs))
    ]
    assert found == []


def test_signals_write_nothing():
    """There are no receivers at all: what happens is said where it happens."""
    found = [
        f"{name_of(path)}:{call.lineno}"
        for path in modules()
        for name, call in calls(path)
        if name in ("receiver", "connect")
        and isinstance(call.func, ast.Attribute | ast.Name)
        and any("signal" in ast.unparse(arg) or "save" in ast.unparse(arg) for arg in call.args)
    ]
    assert found == []


def task_modules() -> list[str]:
    return [name_of(path) for path in modules() if path.name == "tasks.py"]


def test_tasks_only_call_actions():
    """A task finds nothing and changes nothing by itself; it hands ids to an action."""
    assert "audit/tasks.py" in task_modules()
    assert writes(only="tasks.py") == []
    asked = [
        f"{name_of(path)}:{node.lineno}"
        for path in modules()
        if path.name == "tasks.py"
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and node.attr in ("objects", "cursor")
    ]
    assert asked == []


# --- verbs --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def verbs():
    for module in pkgutil.iter_modules(actions.__path__):
        importlib.import_module(f"actions.{module.name}")
    return {name: verb for name, verb in ACTIONS.items() if name.startswith("actions.")}


def test_every_verb_has_a_permission_that_somebody_holds(verbs):
    assert len(verbs) >= 7
    assert {
        name: permission_of(v)
        for name, v in verbs.items()
        if permission_of(v) not in ALL_PERMISSIONS
    } == {}


def test_the_house_itself_may_do_what_its_people_may(verbs):
    needed = {permission_of(verb) for verb in verbs.values()}
    assert needed - SYSTEM_PERMISSIONS == set()


def test_every_permission_is_asked_for_somewhere(verbs):
    asked = {route.permission for route in ROUTES.values()}
    asked |= {permission_of(verb) for verb in verbs.values()}
    asked |= {
        call.args[0].value
        for path in modules()
        for name, call in calls(path)
        if name in ("require", "may") and call.args and isinstance(call.args[0], ast.Constant)
    }
    assert ALL_PERMISSIONS - asked == set(PLANNED)


def test_no_role_is_without_permissions():
    assert [role for role, held in PERMISSIONS.items() if not held] == []


def test_every_function_that_takes_an_actor_is_a_verb_or_says_why_not(verbs):
    undecorated = set()
    for path in modules("actions"):
        module = importlib.import_module(name_of(path).removesuffix(".py").replace("/", "."))
        for name, function in inspect.getmembers(module, inspect.isfunction):
            own = function.__module__ == module.__name__ and not name.startswith("_")
            takes_actor = next(iter(inspect.signature(function).parameters), "") == "actor"
            full = f"{module.__name__}.{name}"
            if own and takes_actor and full not in verbs:
                undecorated.add(full)
    assert undecorated == set(NOT_VERBS)


def test_the_packages_exist():
    assert all((ROOT / package / "__init__.py").exists() for package in PACKAGES)
