"""File locks that end with their process, however it ends."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path


class FileLock:
    """An advisory lock on `path`, held until `release()` or until the process is gone."""

    def __init__(self, path: Path) -> None:
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def take(self) -> None:
        """Hold it alone; waits as long as it takes."""
        fcntl.flock(self._fd, fcntl.LOCK_EX)

    def try_take(self) -> bool:
        """Hold it alone if nobody holds it; False otherwise."""
        return self._try(fcntl.LOCK_EX)

    def try_share(self) -> bool:
        """Hold it together with others; False when one holds it alone."""
        return self._try(fcntl.LOCK_SH)

    def take_within(self, seconds: float) -> bool:
        """Hold it alone, waiting at most `seconds`."""
        deadline = time.monotonic() + seconds
        while not self.try_take():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True

    def release(self) -> None:
        """Let go and close the file."""
        os.close(self._fd)

    def _try(self, kind: int) -> bool:
        try:
            fcntl.flock(self._fd, kind | fcntl.LOCK_NB)
        except OSError:
            return False
        return True


def is_held(path: Path) -> bool:
    """Whether some process holds the lock alone. A zombie holds none, which a pid cannot tell."""
    lock = FileLock(path)
    try:
        return not lock.try_share()
    finally:
        lock.release()
