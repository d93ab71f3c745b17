"""Ends process groups whose supervisor is gone, even when it was killed outright.

Runs as `python -m core.embedded.watchdog` with a pipe from the supervisor as standard input: lines
`+PGID` and `-PGID` say which groups there are; the end of the pipe says that nobody is left to look
after them. Works without help of the kernel, so on macOS as well.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import suppress

PATIENCE_SECONDS = 5.0


def main() -> None:
    """Read until the supervisor is gone, then end what is left of its groups."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin:
        change = groups.add if line.startswith("+") else groups.discard
        change(int(line[1:]))
    end_groups(groups, PATIENCE_SECONDS)


def end_groups(groups: set[int], patience: float) -> None:
    """Ask every process of the groups to end; insist after `patience` seconds."""
    _signal(groups, signal.SIGTERM)
    deadline = time.monotonic() + patience
    while _signal(groups, 0) and time.monotonic() < deadline:
        time.sleep(0.05)
    _signal(groups, signal.SIGKILL)


def _signal(groups: set[int], number: int) -> bool:
    """Send `number` to each group; whether any of them still has a process."""
    found = False
    for group in groups:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(group, number)
            found = True
    return found


if __name__ == "__main__":
    main()
