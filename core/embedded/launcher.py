"""What a process calls to use the servers: `ensure()`."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from core.embedded.binaries import find
from core.embedded.errors import EmbeddedError
from core.embedded.layout import Layout, layout_for, prepare
from core.embedded.locks import FileLock, is_held
from core.embedded.processes import server_account
from core.embedded.servers import SUPERUSER, VALKEY_SOCKET

WAIT_SECONDS = 60.0
CLEAR_SECONDS = 5.0

_held: dict[Path, FileLock] = {}


@dataclass(frozen=True)
class Services:
    """Addresses of running servers, and the folder their data is in."""

    database_url: str
    owner_url: str
    redis_url: str
    data_dir: Path
    media_dir: Path

    def complete(self, environment: Mapping[str, str]) -> dict[str, str]:
        """`environment` with what it lacks; an address of yours stays, as does its owner's."""
        added = {"MEDIA_ROOT": str(self.media_dir), "REDIS_URL": self.redis_url}
        if not environment.get("DATABASE_URL"):
            added["DATABASE_URL"] = self.database_url
            added["DATABASE_OWNER_URL"] = self.owner_url
        given = {name: value for name, value in environment.items() if value}
        if "DATABASE_URL" not in given:
            given.pop("DATABASE_OWNER_URL", None)
        return {**added, **given}


def ensure(root: Path, purpose: str) -> Services:
    """Make sure the servers of the checkout `root` run, for as long as this process lives.

    `purpose` keeps sets of data apart ("dev", "test"). Quick when they run already. Raises
    `EmbeddedError` with a sentence when they cannot run.
    """
    layout = find_layout(root, purpose)
    prepare(layout)
    if layout.folder not in _held:
        start = FileLock(layout.lock("start"))
        try:
            start.take()
            _held[layout.folder] = _join(layout)
            if not is_held(layout.lock("keeper")):
                _start_keeper(layout)
        except EmbeddedError:
            if users := _held.pop(layout.folder, None):
                users.release()
            raise
        finally:
            start.release()
    return _services(layout)


def find_layout(root: Path, purpose: str) -> Layout:
    """The layout `ensure()` would use now (it depends on the PostgreSQL version found)."""
    return layout_for(root, purpose, find(root, server_account()).major)


def clear(root: Path, purpose: str) -> None:
    """Delete the data of `purpose`; refused while any process uses it."""
    layout = find_layout(root, purpose)
    prepare(layout)
    start, users = FileLock(layout.lock("start")), FileLock(layout.lock("users"))
    try:
        start.take()
        if not users.take_within(CLEAR_SECONDS):
            raise EmbeddedError(
                f"The data in {layout.folder} is in use: stop the other ./dev up (or shell) first."
            )
        for item in layout.folder.iterdir():
            if item.suffix == ".lock":
                continue
            shutil.rmtree(item) if item.is_dir() else item.unlink()
    finally:
        users.release()
        start.release()


def superuser_url(services: Services) -> str:
    """Address for the superuser of the embedded cluster (tests of roles only)."""
    return services.database_url.replace("app_runtime@", f"{SUPERUSER}@", 1)


def _join(layout: Layout) -> FileLock:
    """Become a user; waits while a keeper, left by its last user, is stopping."""
    users = FileLock(layout.lock("users"))
    deadline = time.monotonic() + WAIT_SECONDS
    while not users.try_share():
        if time.monotonic() > deadline:
            users.release()
            raise EmbeddedError(
                f"The servers of {layout.folder} do not finish stopping: try again in a minute."
            )
        time.sleep(0.02)
    return users


def _start_keeper(layout: Layout) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "core.embedded.keeper", layout.checkout, layout.purpose],
        cwd=layout.checkout,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        raise EmbeddedError(done.stderr.strip() or f"The servers did not start: read {layout.log}.")


def _services(layout: Layout) -> Services:
    host = quote(str(layout.sockets), safe="")
    socket = quote(str(layout.sockets / VALKEY_SOCKET))
    return Services(
        database_url=f"postgresql://app_runtime@{host}/app",
        owner_url=f"postgresql://app_owner@{host}/app",
        redis_url=f"unix://{socket}?db=0",
        data_dir=layout.folder,
        media_dir=layout.media,
    )
