"""Starting and stopping the two servers. Runs in the keeper only."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from core.embedded.binaries import Binaries
from core.embedded.errors import EmbeddedError
from core.embedded.layout import Layout
from core.embedded.processes import Account, die_with_parent, is_alive

START_SECONDS = 60.0
STOP_SECONDS = 30.0
SUPERUSER = "postgres"
VALKEY_SOCKET = "valkey.sock"

ALWAYS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "150",
    "shared_buffers": "128MB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "warning",
    "max_wal_size": "2GB",
}
FAST_AND_LOOSE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Servers:
    """PostgreSQL and Valkey of one layout."""

    def __init__(self, layout: Layout, binaries: Binaries, account: Account) -> None:
        self._layout = layout
        self._binaries = binaries
        self._account = account
        self._running: list[tuple[subprocess.Popen[bytes], signal.Signals]] = []

    def start(self) -> None:
        """Start both and return when both answer."""
        layout = self._layout
        for folder in (layout.sockets, layout.cluster, layout.valkey):
            self._private_folder(folder)
        self._end_strays()
        if not (layout.cluster / "PG_VERSION").exists():
            self._initdb()
        self._start_postgres()
        self._start_valkey()
        self._wait_until(self._postgres_is_ready, "PostgreSQL")
        self._wait_until(lambda: self._accepts(VALKEY_SOCKET), "Valkey")

    def stop(self) -> None:
        """Stop both in order and wait for them."""
        for process, number in reversed(self._running):
            if process.poll() is None:
                process.send_signal(number)
        for process, _ in reversed(self._running):
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def psql(self, database: str, script: str) -> None:
        """Run SQL as the superuser."""
        command = [
            self._binaries.postgres / "psql", "--no-psqlrc", "--quiet", "--no-password",
            "--set", "ON_ERROR_STOP=1", "--host", self._layout.sockets,
            "--username", SUPERUSER, "--dbname", database,
        ]  # fmt: skip
        self._run(command, "The database could not be prepared", input=script)

    def _private_folder(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, exist_ok=True)
        state = folder.lstat()
        if folder.is_symlink() or state.st_uid not in {os.geteuid(), self._account.uid}:
            raise EmbeddedError(
                f"{folder} belongs to somebody else: remove it, or set BACKHAUL_DATA to another "
                "folder."
            )
        if self._account.dropped:
            os.chown(folder, self._account.uid, self._layout.private_group)
        folder.chmod(0o700)
        enter = ["/bin/sh", "-c", 'cd "$1"', "sh", str(folder)]
        options = self._account.popen_options(self._layout.private_group)
        if subprocess.run(enter, cwd="/", capture_output=True, check=False, **options).returncode:
            raise EmbeddedError(
                f"The user nobody, who runs the servers when you are root, cannot enter {folder}: "
                "set BACKHAUL_DATA to a folder that every user may enter."
            )

    def _initdb(self) -> None:
        """Make the cluster in a spare folder first, so that an interrupted try leaves nothing."""
        layout = self._layout
        for leftover in layout.cluster.iterdir():
            shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
        new = layout.cluster / "new"
        # Sorted by code point on every system; letters outside ASCII count as letters (LC_CTYPE),
        # else the trigram search would not see them.
        locale = ["--locale=C", f"--lc-ctype={'UTF-8' if sys.platform == 'darwin' else 'C.UTF-8'}"]
        if self._binaries.major >= 17:
            locale += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        command = [
            self._binaries.postgres / "initdb", "--pgdata", new, "--username", SUPERUSER,
            "--auth=trust", "--encoding=UTF8", "--text-search-config=english", "--no-instructions",
            *locale, *(["--no-sync"] if layout.purpose == "test" else []),
        ]  # fmt: skip
        self._run(command, "The database cluster could not be made")
        for item in new.iterdir():
            if item.name != "PG_VERSION":
                item.rename(layout.cluster / item.name)
        (new / "PG_VERSION").rename(layout.cluster / "PG_VERSION")
        new.rmdir()

    def _start_postgres(self) -> None:
        options = {**ALWAYS, "unix_socket_directories": str(self._layout.sockets)}
        if self._layout.purpose == "test":
            options |= FAST_AND_LOOSE
        command: list[Any] = [self._binaries.postgres / "postgres", "-D", self._layout.cluster]
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        self._spawn(command, self._layout.cluster, signal.SIGINT)

    def _start_valkey(self) -> None:
        command = [
            self._binaries.valkey, "--port", "0", "--unixsocket",
            self._layout.sockets / VALKEY_SOCKET, "--unixsocketperm", "700", "--save", "",
            "--appendonly", "no", "--maxmemory-policy", "noeviction", "--loglevel", "warning",
            "--dir", self._layout.valkey,
        ]  # fmt: skip
        self._spawn(command, self._layout.valkey, signal.SIGTERM)

    def _spawn(self, command: list[Any], folder: Path, number: signal.Signals) -> None:
        process = subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            preexec_fn=die_with_parent(number),  # noqa: PLW1509 - the keeper has one thread
            start_new_session=True,
            **self._account.popen_options(self._layout.private_group),
        )
        self._running.append((process, number))

    def _run(self, command: list[Any], failure: str, **options: Any) -> None:
        done = subprocess.run(
            command,
            cwd=self._layout.cluster,
            env={"PATH": os.defpath, "LC_ALL": "C"},
            capture_output=True,
            text=True,
            check=False,
            **options,
            **self._account.popen_options(self._layout.private_group),
        )
        if done.returncode:
            said = (done.stderr or done.stdout).strip().splitlines()
            raise EmbeddedError(f"{failure}: {said[-1] if said else done.returncode}")

    def _end_strays(self) -> None:
        """Stop a PostgreSQL whose keeper was killed where the kernel does not do it for us."""
        pid_file = self._layout.cluster / "postmaster.pid"
        with suppress(OSError, ValueError, IndexError):
            pid = int(pid_file.read_text().splitlines()[0])
            deadline = time.monotonic() + STOP_SECONDS
            while is_alive(pid) and self._accepts(".s.PGSQL.5432"):
                os.kill(pid, signal.SIGINT)
                time.sleep(0.2)
                if time.monotonic() > deadline:
                    break
            while is_alive(pid) and pid_file.exists() and time.monotonic() < deadline:
                time.sleep(0.05)
        with suppress(OSError), self._connect(VALKEY_SOCKET) as valkey:
            valkey.sendall(b"SHUTDOWN NOSAVE\r\n")

    def _postgres_is_ready(self) -> bool:
        """PostgreSQL listens before it answers; its pid file says when it does both."""
        with suppress(OSError, IndexError):
            lines = (self._layout.cluster / "postmaster.pid").read_text().splitlines()
            return lines[0] == str(self._running[0][0].pid) and lines[7].strip() == "ready"
        return False

    def _accepts(self, name: str) -> bool:
        with suppress(OSError), self._connect(name):
            return True
        return False

    def _connect(self, name: str) -> socket.socket:
        link = socket.socket(socket.AF_UNIX)
        try:
            link.connect(str(self._layout.sockets / name))
        except OSError:
            link.close()
            raise
        return link

    def _wait_until(self, ready: Any, name: str) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not ready():
            if any(process.poll() is not None for process, _ in self._running):
                raise EmbeddedError(f"{name} stopped while starting: read {self._layout.log}.")
            if time.monotonic() > deadline:
                raise EmbeddedError(f"{name} does not answer: read {self._layout.log}.")
            time.sleep(0.02)
