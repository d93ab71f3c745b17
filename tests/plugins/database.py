"""Tests run as the runtime role; only making, flushing and dropping test databases is the owner's.

The fixtures are handed to pytest by `tests/conftest.py`.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.db.backends.signals import connection_created
from django.test import TransactionTestCase

from config import addresses
from tests.plugins.services import RUN_ID

LOGIN = ("USER", "PASSWORD", "HOST", "PORT")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Give the database a name of this run, so that several runs can share a server."""
    if run := os.environ[RUN_ID]:
        test = connection.settings_dict["TEST"]
        test["NAME"] = f"{test['NAME'] or 'test_' + connection.settings_dict['NAME']}_{run}"


@pytest.fixture(scope="session")
def as_owner(django_db_modify_db_settings: None) -> Iterator[None]:
    """The owner makes the test database before, and drops it after."""
    connection_created.connect(_refuse_real_database, weak=False)
    use_login(settings.DATABASE_OWNER_URL)
    patches = pytest.MonkeyPatch()
    for name in ("_fixture_teardown", "_reset_sequences"):
        patches.setattr(TransactionTestCase, name, _by_owner(TransactionTestCase, name))
    yield
    patches.undo()


@pytest.fixture(scope="session")
def django_db_setup(as_owner: None, django_db_setup: None) -> Iterator[None]:
    """pytest-django's own set-up as owner; everything in between as runtime."""
    use_login(settings.DATABASE_URL)
    yield
    use_login(settings.DATABASE_OWNER_URL)


def use_login(url: str) -> None:
    """Let the connection use another login from its next query on."""
    connection.close()
    login = addresses.database(url)
    connection.settings_dict.update({key: login[key] for key in LOGIN})


@contextmanager
def owner_login() -> Iterator[None]:
    """The owner's login, for tests that change the schema or look behind the second wall."""
    use_login(settings.DATABASE_OWNER_URL)
    try:
        yield
    finally:
        use_login(settings.DATABASE_URL)


def _by_owner(case: type, name: str) -> Any:
    """The method `name` of `case`, run with the owner's login; of the same kind as before."""
    found = inspect.getattr_static(case, name)
    bound = isinstance(found, classmethod | staticmethod)
    method = found.__func__ if bound else found

    @wraps(method)
    def wrapped(*args: Any, **options: Any) -> None:
        with owner_login():
            method(*args, **options)

    return type(found)(wrapped) if bound else wrapped


def _refuse_real_database(connection: Any, **kwargs: Any) -> None:
    """A test that reached the real database would look right and do harm."""
    name = connection.settings_dict["NAME"] or "postgres"
    if not name.startswith("test_") and name != "postgres":
        connection.close()
        raise RuntimeError(
            f"A test tried to use the database {name!r}: mark it with pytest.mark.django_db."
        )
