"""`python -m core.embedded PURPOSE COMMAND...`: run a command with the servers of this checkout."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from core.embedded import EmbeddedError, ensure


def main(purpose: str, command: list[str]) -> int:
    """Run `command` with DATABASE_URL and the like set; returns its exit code."""
    try:
        services = ensure(Path.cwd(), purpose)
    except EmbeddedError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    try:
        return subprocess.call(command, env=services.complete(os.environ))
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1], sys.argv[2:]))
