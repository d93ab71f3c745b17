"""The embedded servers' launcher: locks, folders, the end of process groups."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.embedded import binaries, launcher, layout, processes
from core.embedded.errors import EmbeddedError
from core.embedded.launcher import Services
from core.embedded.locks import FileLock, is_held
from tests.plugins.services import ROOT, drop_stale_databases

HOLD = """
import sys, time
from pathlib import Path
from core.embedded.locks import FileLock
lock = FileLock(Path(sys.argv[1]))
assert lock.try_take() if sys.argv[2] == "alone" else lock.try_share()
print("held", flush=True)
time.sleep(60)
"""


def start(*command):
    return subprocess.Popen(
        [sys.executable, *command], cwd=ROOT, stdout=subprocess.PIPE, stdin=subprocess.PIPE
    )


def wait_for(condition, seconds=5.0):
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


@pytest.fixture
def holding(tmp_path):
    """Start another process that holds a lock."""
    started = []

    def hold(how):
        process = start("-c", HOLD, str(tmp_path / "lock"), how)
        started.append(process)
        assert process.stdout.readline() == b"held\n"
        return process

    yield hold
    for process in started:
        process.kill()
        process.wait()


def test_a_lock_ends_with_its_process_even_as_a_zombie(tmp_path, holding):
    path = tmp_path / "lock"
    holder = holding("alone")
    assert is_held(path)
    assert not FileLock(path).take_within(0.05)
    holder.kill()
    assert wait_for(lambda: not is_held(path))
    assert processes.is_alive(holder.pid), "not waited for yet, so its pid still exists"


def test_users_share_and_the_keeper_waits_for_the_last(tmp_path, holding):
    first, second = holding("shared"), holding("shared")
    keeper = FileLock(tmp_path / "lock")
    assert not keeper.try_take()
    first.kill()
    first.wait()
    assert not keeper.try_take()
    second.kill()
    second.wait()
    assert keeper.take_within(2)


def test_asking_again_is_quick_and_gives_the_same(tmp_path):
    """The test run's own servers: this process is a user of them or inherits from one."""
    if "%2F" not in os.environ["DATABASE_URL"]:
        pytest.skip("Needs the embedded servers.")
    services = launcher.ensure(ROOT, "test")
    assert services == launcher.ensure(ROOT, "test")
    assert services.database_url == os.environ["DATABASE_URL"]


def test_databases_of_dead_runs_are_dropped_and_others_stay():
    import psycopg

    if "%2F" not in os.environ["DATABASE_URL"]:
        pytest.skip("Needs the embedded servers.")
    owner = os.environ["DATABASE_OWNER_URL"]
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    names = f"test_stale_{dead.pid}", f"test_stale_{os.getpid()}"
    with psycopg.connect(owner.rpartition("/")[0] + "/postgres", autocommit=True) as link:
        for name in names:
            link.execute(f"CREATE DATABASE {name}")
        try:
            drop_stale_databases(owner)
            rows = link.execute("SELECT datname FROM pg_database WHERE datname LIKE 'test_stale%'")
            assert [row[0] for row in rows] == [names[1]]
        finally:
            link.execute(f"DROP DATABASE {names[1]}")


def test_each_checkout_purpose_and_version_has_a_folder(monkeypatch, tmp_path):
    monkeypatch.delenv("BACKHAUL_DATA", raising=False)
    folders = {
        layout.layout_for(checkout, purpose, major).folder
        for checkout in (tmp_path / "a", tmp_path / "b")
        for purpose in ("dev", "test")
        for major in (15, 18)
    }
    assert len(folders) == 8


def test_sockets_stay_short_however_long_the_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("BACKHAUL_DATA", str(tmp_path / ("x" * 150)))
    sockets = layout.layout_for(ROOT, "dev", 18).sockets
    assert len(os.fsencode(sockets / layout.LONGEST_SOCKET)) <= 103


def test_a_wrong_program_folder_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("PG_BIN", str(tmp_path))
    with pytest.raises(EmbeddedError, match=r"has no postgres: point PG_BIN to the folder"):
        binaries.find(ROOT, processes.server_account())


def test_what_is_given_stays_together():
    services = Services("postgresql://a", "postgresql://o", "unix:///r", Path("/d"), Path("/m"))
    assert services.complete({})["DATABASE_OWNER_URL"] == "postgresql://o"
    own = services.complete({"DATABASE_URL": "postgresql://mine"})
    assert own["DATABASE_URL"] == "postgresql://mine"
    assert "DATABASE_OWNER_URL" not in own
    assert own["REDIS_URL"] == "unix:///r"


def test_the_watchdog_ends_whole_groups_when_its_supervisor_is_gone():
    """Also a grandchild that ignores the polite request, on a system without the kernel's help."""
    stubborn = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"
    parent = (
        f"import subprocess, sys; p = subprocess.Popen([sys.executable, '-c', {stubborn!r}]);"
        "print(p.pid, flush=True); p.wait()"
    )
    leader = subprocess.Popen(
        [sys.executable, "-c", parent], stdout=subprocess.PIPE, start_new_session=True
    )
    grandchild = int(leader.stdout.readline())
    watchdog = start(
        "-c", "from core.embedded import watchdog as w; w.PATIENCE_SECONDS = 0.3; w.main()"
    )
    watchdog.stdin.write(f"+999999\n+{leader.pid}\n-999999\n".encode())
    watchdog.stdin.close()
    leader.wait(10)
    watchdog.wait(10)
    assert wait_for(lambda: is_gone(grandchild))


def is_gone(pid):
    """Gone, or a zombie nobody has waited for."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    state = Path(f"/proc/{pid}/stat")
    return state.exists() and state.read_text().rpartition(")")[2].split()[0] == "Z"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="The kernel's help is Linux only.")
def test_the_kernel_ends_a_child_whose_parent_is_killed():
    parent = start(
        "-c",
        "import signal, subprocess, time\n"
        "from core.embedded.processes import die_with_parent\n"
        "p = subprocess.Popen(['sleep', '60'], preexec_fn=die_with_parent(signal.SIGKILL))\n"
        "print(p.pid, flush=True)\n"
        "time.sleep(60)",
    )
    child = int(parent.stdout.readline())
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    assert wait_for(lambda: is_gone(child))
