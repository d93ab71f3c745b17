#!/usr/bin/env python
"""Django's command line, with servers of its own when the environment names none."""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent

OWNER_COMMANDS = {
    "flush", "makemigrations", "migrate", "optimizemigration", "showmigrations", "sqlflush",
    "sqlmigrate", "squashmigrations",
}  # fmt: skip
WITHOUT_SERVERS = {
    "", "collectstatic", "compilemessages", "diffsettings", "findstatic", "help", "makemessages",
    "startapp", "startproject", "up", "version",
}  # fmt: skip


def prepare_environment(arguments: list[str]) -> None:
    """Choose the database login for this command, and start servers if it needs some."""
    command = arguments[0] if arguments and not arguments[0].startswith("-") else ""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if command in OWNER_COMMANDS:
        os.environ["DATABASE_ROLE"] = "owner"
    if command in WITHOUT_SERVERS or {"-h", "--help"} & set(arguments):
        return
    if command == "check" and "--database" not in arguments:
        return
    if os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"):
        return
    from core.embedded import ensure

    os.environ.update(ensure(ROOT, "dev").complete(os.environ))


def main() -> None:
    """Run a command."""
    sys.path.insert(0, str(ROOT))
    from core.embedded import EmbeddedError

    try:
        prepare_environment(sys.argv[1:])
    except EmbeddedError as error:
        raise SystemExit(f"manage.py: {error}") from None
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
