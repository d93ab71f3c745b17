"""Brings the servers and the environment of a test run, before Django's settings are loaded.

Loaded with `-p` (pyproject.toml): a conftest would come too late.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from core.embedded import EmbeddedError, Services, ensure
from core.embedded.processes import is_alive

ROOT = Path(__file__).resolve().parents[2]
RUN_ID = "BACKHAUL_TEST_RUN"

FIXED = {
    "ENVIRONMENT": "test",
    "DATABASE_ROLE": "runtime",
    "DATABASE_POOL": "false",
    "DEBUG": "false",
    "DJANGO_SETTINGS_MODULE": "config.settings",
    # The driver of the browser runs an event loop in the thread of the test.
    "DJANGO_ALLOW_ASYNC_UNSAFE": "1",
}
UNSET = ("CACHE_URL", "CELERY_BROKER_URL", "EMAIL_URL", "SECRET_KEY", "ALLOWED_HOSTS", "HTTPS")

_media: list[Path] = []


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(args: list[str]) -> None:
    """Set the environment; workers of xdist inherit it, and keep their files apart."""
    if worker := os.environ.get("PYTEST_XDIST_WORKER"):
        os.environ["MEDIA_ROOT"] = str(Path(os.environ["MEDIA_ROOT"]) / worker)
        return
    os.environ.update(FIXED)
    for name in UNSET:
        os.environ.pop(name, None)
    os.environ[RUN_ID] = "" if "--reuse-db" in args else str(os.getpid())
    if "DATABASE_URL" in os.environ:
        if "DATABASE_OWNER_URL" not in os.environ:
            raise pytest.UsageError(
                "DATABASE_URL is set but DATABASE_OWNER_URL is not: set both (the owner needs "
                "CREATEDB), or neither, and the tests bring a database of their own."
            )
        files = Path(tempfile.gettempdir()) / "backhaul-test-media"
    else:
        files = _use_embedded_servers().media_dir
    _drop_stale_folders(files)
    _media.append(files / str(os.getpid()))
    os.environ["MEDIA_ROOT"] = str(_media[0])


def pytest_unconfigure() -> None:
    """Remove the files tests uploaded."""
    for folder in _media:
        shutil.rmtree(folder, ignore_errors=True)


def _use_embedded_servers() -> Services:
    try:
        services = ensure(ROOT, "test")
    except EmbeddedError as error:
        raise pytest.UsageError(str(error)) from None
    os.environ.update(services.complete(os.environ))
    drop_stale_databases(services.owner_url)
    return services


def _drop_stale_folders(files: Path) -> None:
    for folder in files.glob("*"):
        if folder.name.isdigit() and not is_alive(int(folder.name)):
            shutil.rmtree(folder, ignore_errors=True)


def drop_stale_databases(owner_url: str) -> None:
    """Drop test databases of runs that were killed; their names end with the run's process id."""
    server = owner_url.rpartition("/")[0] + "/postgres"
    with psycopg.connect(server, autocommit=True) as connection:
        rows = connection.execute("SELECT datname FROM pg_database WHERE datname LIKE 'test\\_%'")
        for (name,) in rows.fetchall():
            run = re.search(r"_(\d+)$", name)
            if run and not is_alive(int(run[1])):
                connection.execute(
                    sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
                )
