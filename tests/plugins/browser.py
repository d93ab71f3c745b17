"""Browser tests use the system's Chromium, and say so when there is none."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
REASON = (
    "There is no Chromium: install it (Debian: apt-get install chromium) or name one in CHROMIUM."
)
FIXTURES = {"page", "browser", "context", "new_context"}


def find_chromium() -> str | None:
    """The browser to use: $CHROMIUM, one on the PATH, or an application on macOS."""
    if chosen := os.environ.get("CHROMIUM"):
        return chosen
    on_path = (shutil.which(name) for name in PROGRAMS)
    return next((found for found in on_path if found), None) or next(
        (name for name in MAC if Path(name).exists()), None
    )


def is_required() -> bool:
    """Where browser tests must run, a missing browser fails them."""
    return bool(os.environ.get("CI")) or os.environ.get("BROWSER_TESTS") == "1"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what uses a browser; skip it where there is none (or BROWSER_TESTS=0 says so)."""
    refused = os.environ.get("BROWSER_TESTS") == "0"
    missing = find_chromium() is None and not is_required()
    for item in items:
        if not FIXTURES.isdisjoint(getattr(item, "fixturenames", ())):
            item.add_marker("browser")
        if item.get_closest_marker("browser"):
            if refused:
                item.add_marker(pytest.mark.skip(reason="BROWSER_TESTS=0 leaves them out."))
            elif missing:
                item.add_marker(pytest.mark.skip(reason=REASON))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Start the system's Chromium; its sandbox does not work for root."""
    arguments = list(browser_type_launch_args.get("args", []))
    if os.geteuid() == 0:
        arguments.append("--no-sandbox")
    chosen: dict[str, Any] = {**browser_type_launch_args, "args": arguments}
    if program := find_chromium():
        chosen["executable_path"] = program
    return chosen
