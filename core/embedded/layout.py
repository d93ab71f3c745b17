"""Where the servers of one checkout and purpose keep their things."""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from core.embedded.errors import EmbeddedError

LONGEST_SOCKET = ".s.PGSQL.5432.lock"
SOCKET_PATH_LIMIT = 103  # bytes; macOS allows 103, Linux 107


@dataclass(frozen=True)
class Layout:
    """The folders and files of one pair of servers, private to the user and the checkout."""

    checkout: Path
    purpose: str
    folder: Path
    sockets: Path

    @property
    def cluster(self) -> Path:
        """PostgreSQL's data folder."""
        return self.folder / "postgres"

    @property
    def valkey(self) -> Path:
        """Valkey's working folder."""
        return self.folder / "valkey"

    @property
    def media(self) -> Path:
        """Uploaded files of an installation that keeps its database here."""
        return self.folder / "media"

    @property
    def bootstrapped(self) -> Path:
        """Exists once roles and database are complete."""
        return self.folder / "bootstrapped"

    @property
    def log(self) -> Path:
        """What the keeper and both servers print."""
        return self.folder / "servers.log"

    @property
    def private_group(self) -> int:
        """A group id only the servers are given: when root hands them to `nobody`, other
        processes of `nobody` still cannot enter the folder."""
        return 61000 + int(checkout_key(self.checkout), 16) % 4000

    def lock(self, name: str) -> Path:
        """One of the lock files: start, users or keeper."""
        return self.folder / f"{name}.lock"


def checkout_key(checkout: Path) -> str:
    """A short name for the path of a checkout."""
    return hashlib.sha256(os.fsencode(checkout.resolve())).hexdigest()[:12]


def base_folder(checkout: Path) -> Path:
    """The folder that holds every purpose of this checkout."""
    chosen = os.environ.get("BACKHAUL_DATA", "")
    if chosen:
        return Path(chosen).expanduser().resolve()
    if os.geteuid() == 0:
        # Root's home is closed to `nobody`, who runs the servers.
        return Path("/var/lib/backhaul") / checkout_key(checkout)
    state = os.environ.get("XDG_STATE_HOME", "")
    home = Path(state) if state else Path.home() / ".local" / "state"
    return home / "backhaul" / checkout_key(checkout)


def layout_for(checkout: Path, purpose: str, major: int) -> Layout:
    """The layout for `purpose`; another PostgreSQL version gets a folder of its own."""
    folder = base_folder(checkout) / f"{purpose}-pg{major}"
    sockets = folder / "run"
    if len(os.fsencode(sockets / LONGEST_SOCKET)) > SOCKET_PATH_LIMIT:
        key = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
        sockets = Path(tempfile.gettempdir()) / f"backhaul-{os.geteuid()}-{key}"
        if len(os.fsencode(sockets / LONGEST_SOCKET)) > SOCKET_PATH_LIMIT:
            sockets = Path("/tmp") / sockets.name  # noqa: S108 - made and checked by prepare()
    return Layout(checkout.resolve(), purpose, folder, sockets)


def open_folder(folder: Path) -> None:
    """Make `folder` and what is missing above it; all of it enterable when root makes it."""
    if folder.is_dir():
        return
    open_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    if os.geteuid() == 0:
        folder.chmod(0o755)


def prepare(layout: Layout) -> None:
    """Make the folders that every process of this user needs; closed to everybody else."""
    try:
        open_folder(layout.folder.parent)
        layout.folder.mkdir(mode=0o700, exist_ok=True)
        if os.geteuid() == 0:
            os.chown(layout.folder, 0, layout.private_group)
            layout.folder.chmod(0o710)
        layout.media.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise EmbeddedError(
            f"The data folder {layout.folder} cannot be used ({error.strerror}): "
            "set BACKHAUL_DATA to a folder you may write to."
        ) from error
