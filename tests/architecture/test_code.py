"""What import-linter cannot see: names as strings, translated variables, floats, long modules."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from jinja2 import nodes

from tests.architecture.source import ROOT, calls, modules, name_of, tree
from tests.architecture.templates import parsed_templates

LONGEST = 450
# A test module tells one subject's stories to the end.
LONGEST_OF_TESTS = 600

# Code that finds a model by name because a migration hands it historical ones.
BY_NAME = {"core/rowsecurity.py"}
# Code that passes on words which somebody else has written as constants.
PASSES_WORDS_ON = {"core/jinja.py"}

# How many of a call's first arguments are words.
WORDS = {
    "_": 1,
    "gettext": 1,
    "gettext_lazy": 1,
    "gettext_noop": 1,
    "ngettext": 2,
    "ngettext_lazy": 2,
    "pgettext": 2,
    "pgettext_lazy": 2,
    "npgettext": 3,
    "npgettext_lazy": 3,
}


def test_nothing_is_imported_by_its_name():
    found = [
        f"{name_of(path)}:{call.lineno} {name}"
        for path in modules()
        if name_of(path) not in BY_NAME
        for name, call in calls(path)
        if name in ("get_model", "import_module", "import_string", "__import__")
    ]
    assert found == []


def test_only_constants_are_translated():
    """A variable would miss the catalogue, and could carry what a person typed."""
    found = [
        f"{name_of(path)}:{call.lineno} {ast.unparse(call)}"
        for path in modules()
        if name_of(path) not in PASSES_WORDS_ON
        for name, call in calls(path)
        for argument in call.args[: WORDS.get(name, 0)]
        if not isinstance(argument, ast.Constant)
    ]
    assert found == []


def test_only_constants_are_translated_in_templates():
    found = [
        f"{name}:{call.lineno}"
        for name, template in parsed_templates()
        for call in template.find_all(nodes.Call)
        if isinstance(call.node, nodes.Name)
        for argument in call.args[: WORDS.get(call.node.name, 0)]
        if not isinstance(argument, nodes.Const)
    ]
    assert found == []


def test_templates_mark_nothing_as_safe():
    """`|safe` and Markup switch the escaping off."""
    found = [
        f"{name}:{one.lineno}"
        for name, template in parsed_templates()
        for one in template.find_all(nodes.Filter)
        if one.name == "safe"
    ]
    assert found == []


# Floats that are no money: how many seconds a load took.
NO_MONEY = {"actions/load_report.py"}


def money_modules() -> list[Path]:
    found = [ROOT / "core" / "money.py", *modules("profiles"), *modules("actions")]
    return [path for path in found if name_of(path) not in NO_MONEY]


@pytest.mark.parametrize("path", money_modules(), ids=name_of)
def test_money_is_never_a_float(path):
    found = [
        f"{name_of(path)}:{node.lineno}"
        for node in ast.walk(tree(path))
        if (isinstance(node, ast.Constant) and isinstance(node.value, float))
        or (isinstance(node, ast.Name) and node.id == "float")
        or (isinstance(node, ast.Attribute) and node.attr == "FloatField")
    ]
    assert found == []


def test_modules_stay_small():
    lines = {path: len(path.read_text().splitlines()) for path in (*modules(), *modules("tests"))}
    long = {
        name_of(path): count
        for path, count in lines.items()
        if count > (LONGEST_OF_TESTS if path.is_relative_to(ROOT / "tests") else LONGEST)
    }
    assert long == {}


def test_no_work_is_handed_to_celery_past_the_outbox():
    """A bare `.delay()` is lost with the broker, and runs even if the transaction is undone."""
    found = [
        f"{name_of(path)}:{call.lineno} {name}"
        for path in modules()
        if name_of(path) != "audit/outbox.py"
        for name, call in calls(path)
        if name in ("delay", "apply_async", "send_task")
    ]
    assert found == []


def test_locks_name_the_table_they_lock():
    """`select_for_update()` without `of` also locks every joined row."""
    found = [
        f"{name_of(path)}:{call.lineno}"
        for path in modules()
        for name, call in calls(path)
        if name == "select_for_update" and not any(one.arg == "of" for one in call.keywords)
    ]
    assert found == []
