"""`manage.py up` as a real process tree."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import psutil
import pytest

from tests.plugins.services import FIXED, ROOT

pytestmark = [pytest.mark.process, pytest.mark.slow]
STARTED_WITHIN = 120


@pytest.fixture(scope="module")
def data():
    """A data folder the servers' account can enter (pytest's own is closed to others)."""
    folder = Path(tempfile.mkdtemp(prefix="backhaul-up-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def up(data):
    """Start `manage.py up` and wait until it says it is ready."""
    names = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "MEDIA_ROOT", *FIXED)
    environment = {key: value for key, value in os.environ.items() if key not in names}
    process = subprocess.Popen(
        [sys.executable, "manage.py", "up"],
        cwd=ROOT,
        env={**environment, "BACKHAUL_DATA": str(data)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    yield process
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
    wait_until_gone(keepers(data))


def keepers(data):
    """The keeper and its servers, which are no children of `up`."""
    return [
        process
        for process in psutil.process_iter(["cmdline", "environ"])
        if (process.info["environ"] or {}).get("BACKHAUL_DATA") == str(data)
    ]


def whole_family(up):
    """Everything `up` started: gunicorn and Celery with two workers each, beat, the watchdog."""
    deadline = time.monotonic() + 60
    while len(family := psutil.Process(up.pid).children(recursive=True)) < 8:
        assert time.monotonic() < deadline, family
        time.sleep(0.1)
    return family


def command_of(process):
    """Its command line, or "" for a child that has ended meanwhile."""
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return ""


def wait_until_gone(processes):
    _gone, alive = psutil.wait_procs(processes, timeout=30)
    return [process for process in alive if process.status() != psutil.STATUS_ZOMBIE]


def address(process):
    """Read what it says until it is ready; returns where."""
    said = []
    for line in process.stdout:
        said.append(line)
        if found := re.search(r"http://localhost:\d+", line):
            return found[0]
    raise AssertionError("".join(said))


def test_killed_outright_it_leaves_no_orphans(up, data):
    base = address(up)
    with urllib.request.urlopen(f"{base}/healthz", timeout=10) as answer:
        assert json.load(answer)["status"] == "ok"
    family = whole_family(up)
    servers = keepers(data)
    commands = " ".join(command_of(process) for process in family)
    assert "gunicorn" in commands
    assert " worker " in commands
    assert " beat " in commands
    up.kill()
    up.wait()
    assert wait_until_gone(family + servers) == []


def test_stopped_it_ends_in_order_and_a_lost_child_stops_all(up, data):
    address(up)
    family = whole_family(up)
    beat = next(process for process in family if "beat" in command_of(process).split())
    beat.kill()
    rest = up.stdout.read()
    assert up.wait(60) == 1
    assert "The beat process ended by itself (code -9), so everything was stopped." in rest
    assert wait_until_gone(family) == []
