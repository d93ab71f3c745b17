"""The keeper: a detached process that owns both servers while anybody uses them.

Started by the launcher as `python -m core.embedded.keeper CHECKOUT PURPOSE`. It forks; the parent
answers for the start (exit code, one sentence on stderr) and the child stays. Every user holds the
users lock shared; once the child gets it alone, nobody is left and it stops the servers.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from core.embedded.binaries import find
from core.embedded.bootstrap import bootstrap
from core.embedded.errors import EmbeddedError
from core.embedded.layout import Layout, layout_for
from core.embedded.locks import FileLock
from core.embedded.processes import server_account
from core.embedded.servers import Servers

READY = b"ready"


class Finish(BaseException):
    """A server died or somebody asked the keeper to stop."""


def main(checkout: Path, purpose: str) -> int:
    """Fork the keeper, wait for its first word, and return this process's exit code."""
    reader, writer = os.pipe()
    if os.fork() == 0:
        os.close(reader)
        _stay(checkout, purpose, writer)
    os.close(writer)
    with os.fdopen(reader, "rb") as words:
        said = words.read()
    if said == READY:
        return 0
    sys.stderr.write(said.decode() or "The keeper of the servers died while starting them.")
    return 1


def _stay(checkout: Path, purpose: str, writer: int) -> NoReturn:
    code = 1
    try:
        os.setsid()
        account = server_account()
        binaries = find(checkout, account)
        layout = layout_for(checkout, purpose, binaries.major)
        lock = FileLock(layout.lock("keeper"))
        if not lock.take_within(30):
            raise EmbeddedError(f"Another keeper does not let go of {layout.folder}: try again.")
        _redirect_output(layout.log)
        servers = Servers(layout, binaries, account)
        try:
            servers.start()
            bootstrap(layout, servers)
            os.write(writer, READY)
            os.close(writer)
            _wait_for_the_last_user(layout)
        finally:
            servers.stop()
        code = 0
    except EmbeddedError as error:
        os.write(writer, str(error).encode())
    except Finish:
        code = 0
    except OSError as error:
        os.write(writer, f"The embedded servers cannot start: {error}".encode())
    finally:
        os._exit(code)


def _redirect_output(log: Path) -> None:
    null = os.open(os.devnull, os.O_RDONLY)
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    for source, target in ((null, 0), (file, 1), (file, 2)):
        os.dup2(source, target)


def _wait_for_the_last_user(layout: Layout) -> None:
    def finish(number: int, frame: FrameType | None) -> Any:
        signal.signal(number, signal.SIG_IGN)
        raise Finish

    users = FileLock(layout.lock("users"))
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, finish)
    users.take()
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1]), sys.argv[2]))
