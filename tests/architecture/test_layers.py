"""Imports, model relations and migrations point down only (DESIGN section 1)."""

from __future__ import annotations

import os
from typing import Any

from django.apps import apps
from django.db.migrations.loader import MigrationLoader
from importlinter.cli import lint_imports

from tests.architecture.source import BESIDE, LAYERS, PACKAGES, RANK, ROOT, may_point


def test_imports_keep_their_contracts(capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    assert lint_imports(no_cache=True) == 0, capsys.readouterr().out


def test_the_list_of_packages_is_the_list_of_folders():
    folders = {
        path.name
        for path in ROOT.iterdir()
        if path.is_dir() and not path.name.startswith(".") and next(path.rglob("*.py"), None)
    }
    assert folders - BESIDE - {"staticfiles", "node_modules"} == set(PACKAGES)
    assert set(RANK) == set(PACKAGES)


def test_every_folder_with_code_is_a_package():
    """import-linter does not look into a folder without `__init__.py`."""
    missing = set()
    for package in (*PACKAGES, "tests"):
        for folder, _names, files in os.walk(ROOT / package):
            if any(file.endswith(".py") for file in files) and "__init__.py" not in files:
                missing.add(os.path.relpath(folder, ROOT))
    assert missing == set()


def test_the_layers_are_the_ones_of_the_design():
    assert LAYERS == [
        "config",
        "console | vendor_portal | customer_portal",
        "actions | notifications | exports",
        "documents",
        "shipments",
        "rmas",
        "returns",
        "orders",
        "profiles",
        "audit",
        "accounts",
        "core",
    ]


def relations() -> list[tuple[str, str, str]]:
    """Every relation between our own models: package, model and field, package pointed to."""
    found = []
    for model in apps.get_models(include_auto_created=True):
        source = model.__module__.partition(".")[0]
        fields: list[Any] = [*model._meta.local_fields, *model._meta.local_many_to_many]
        for field in fields:
            if source not in RANK or not field.is_relation or field.related_model is None:
                continue
            target = field.related_model.__module__.partition(".")[0]
            if target in RANK:
                found.append((source, f"{model.__name__}.{field.name}", target))
    return found


def test_models_point_down_only():
    found = relations()
    assert len(found) > 40
    assert [one for one in found if not may_point(one[0], one[2])] == []


def test_migrations_depend_down_only():
    """Dependencies written as strings are seen by no import."""
    loader = MigrationLoader(None, ignore_no_migrations=True)
    labels = {config.label: config.name for config in apps.get_app_configs()}
    upwards = [
        (f"{app}.{name}", other)
        for (app, name), migration in loader.disk_migrations.items()
        for other, _name in migration.dependencies
        if labels[app] in RANK
        and labels.get(other) in RANK
        and not may_point(labels[app], labels[other])
    ]
    assert upwards == []
    assert any(labels[app] == "rmas" for app, _name in loader.disk_migrations)


def test_the_order_itself_knows_up_from_down():
    assert may_point("rmas", "returns")
    assert may_point("rmas", "rmas")
    assert not may_point("returns", "rmas")
    assert not may_point("console", "vendor_portal")
    assert not may_point("actions", "exports")
