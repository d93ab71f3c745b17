"""A process tree that starts, stops and dies together."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import IO

from core.embedded.processes import die_with_parent
from core.embedded.watchdog import end_groups

STOP_SECONDS = 10.0
POLL_SECONDS = 0.1


class StopRequested(Exception):
    """Somebody pressed Ctrl-C or asked the process to end."""


@dataclass
class Child:
    """One started program; it leads a process group of its own."""

    name: str
    process: subprocess.Popen[str]


class Supervisor:
    """Starts children, prints what they say, notices when one is gone, stops them in order."""

    def __init__(self, root: Path, say: Callable[[str], None]) -> None:
        self._root = root
        self._say = say
        self._children: list[Child] = []
        self._stopping = False
        self._watchdog = subprocess.Popen(
            [sys.executable, "-m", "core.embedded.watchdog"],
            cwd=root,
            stdin=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)

    def start(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        keep: Sequence[int] = (),
    ) -> None:
        """Start a child, which keeps the file descriptors `keep`.

        It dies with this process: by the kernel's help on Linux, by the watchdog everywhere.
        """
        process = subprocess.Popen(
            command,
            cwd=self._root,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            pass_fds=keep,
            start_new_session=True,
            preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509 - see _relay: no locks held
        )
        self._tell_watchdog(f"+{process.pid}")
        self._children.append(Child(name, process))
        if process.stdout:
            threading.Thread(target=self._relay, args=(name, process.stdout), daemon=True).start()

    def first_gone(self) -> Child | None:
        """A child that ended by itself, if there is one."""
        return next((child for child in self._children if child.process.poll() is not None), None)

    def wait(self) -> Child:
        """Wait until a child ends by itself; raises `StopRequested` on Ctrl-C."""
        while not (gone := self.first_gone()):
            self.pause()
        return gone

    def pause(self) -> None:
        """Wait a moment; raises `StopRequested` on Ctrl-C."""
        if self._stopping:
            raise StopRequested
        time.sleep(POLL_SECONDS)

    def stop(self) -> None:
        """Ask all children to end, then wait for each; a second Ctrl-C is impatient."""
        self._stopping = False
        for child in self._children:
            if child.process.poll() is None:
                child.process.terminate()
        for child in self._children:
            self._wait_for(child)
        if self._watchdog.stdin:
            self._watchdog.stdin.close()
        self._watchdog.wait()

    def _wait_for(self, child: Child) -> None:
        process = child.process
        deadline = time.monotonic() + STOP_SECONDS
        with suppress(StopRequested):
            while process.poll() is None and time.monotonic() < deadline:
                self.pause()
        if process.poll() is None:
            self._say(f"{child.name} does not stop; ending it.")
        end_groups({process.pid}, 0 if process.poll() is None else 1.0)
        process.wait()
        self._tell_watchdog(f"-{process.pid}")

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._stopping = True

    def _tell_watchdog(self, line: str) -> None:
        if self._watchdog.stdin:
            with suppress(OSError):
                self._watchdog.stdin.write(line + "\n")
                self._watchdog.stdin.flush()

    def _relay(self, name: str, output: IO[str]) -> None:
        for line in output:
            if line.strip():
                self._say(f"{name:<7}| {line.rstrip()}")
