"""Real workers and schedules, killed in the middle: no mail is lost, none is new (F17)."""

from __future__ import annotations

import email
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from audit.models import Delivery, Message, MessageState
from core.tenancy import tenant
from tests.factories import made_return, shipped_order
from tests.notifications.test_vendor_mails import switch_on
from tests.plugins.services import ROOT

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.process,
    pytest.mark.slow,
]


class House:
    """The background processes of one installation, with a folder its mails are written to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        url = urlsplit(settings.DATABASE_URL)
        database = urlunsplit(url._replace(path=f"/{connection.settings_dict['NAME']}"))
        self._environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.notifications.worker_settings",
            "DATABASE_URL": database,
            "CRASH_FOLDER": str(folder),
            "CRASH_QUEUE": f"crash-{uuid.uuid4().hex}",
        }

    def start(self, name: str, *arguments: str) -> None:
        """Start a Celery process of its own group."""
        log = (self.folder / f"{name}.log").open("ab")
        self._running[name] = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "config", *arguments],
            cwd=ROOT,
            env=self._environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        log.close()

    def start_worker(self) -> None:
        """As in production: a parent and its children."""
        self.start("worker", "worker", "--concurrency", "2", "--without-gossip", "--without-mingle")

    def start_beat(self, name: str) -> None:
        """A schedule."""
        self.start(name, "beat", "--schedule", str(self.folder / name))

    def kill(self, name: str) -> None:
        """With all its children, at once."""
        process = self._running.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def kill_all(self) -> None:
        """Nothing of it is left."""
        for name in list(self._running):
            self.kill(name)

    def mails(self) -> list[Any]:
        """What went out, in order."""
        files = sorted(self.folder.glob("*.eml"), key=lambda path: int(path.name.split("-")[0]))
        return [email.message_from_bytes(path.read_bytes()) for path in files]

    def tell(self, *names: str) -> None:
        """What the mail backend shall do from now on."""
        for name in ("hang-before", "hang-after", "reached"):
            (self.folder / name).unlink(missing_ok=True)
        for name in names:
            (self.folder / name).touch()

    def wait_until(self, what: Callable[[], bool]) -> None:
        """Up to half a minute; then what the processes said is shown."""
        deadline = time.monotonic() + 30
        while not what():
            if time.monotonic() > deadline:
                logs = [path.read_text()[-3000:] for path in self.folder.glob("*.log")]
                raise AssertionError("\n".join(logs))
            time.sleep(0.05)

    def wait_until_it_hangs(self) -> None:
        """The sender has come to where it was told to hang."""
        self.wait_until((self.folder / "reached").exists)


@pytest.fixture
def house() -> Iterator[House]:
    folder = Path(tempfile.mkdtemp(prefix="backhaul-crash-"))
    made = House(folder)
    yield made
    made.kill_all()
    shutil.rmtree(folder, ignore_errors=True)


def only_message(cast: Any) -> Message:
    with tenant(cast.acme.pk):
        return Message.objects.get()


def two_days_later(cast: Any) -> None:
    """Whatever was claimed or put off is due again; nobody ran the schedule meanwhile."""
    past = timezone.now() - timedelta(hours=48)
    with tenant(cast.acme.pk):
        Message.objects.update(due_at=past)
        Delivery.objects.filter(done_at__isnull=True).update(due_at=past)


def test_workers_killed_before_and_after_sending_lose_nothing(cast: Any, house: House) -> None:
    switch_on(cast.vera)
    made_return(cast.bob, shipped_order(cast.acme, vendor=cast.northlight))
    # The broker heard nothing of it: the wake-up of this process went nowhere.
    two_days_later(cast)
    house.start_beat("beat-1")
    house.start_beat("beat-2")

    house.tell("hang-before")
    house.start_worker()
    house.wait_until_it_hangs()
    assert only_message(cast).state == MessageState.SENDING
    house.kill("worker")
    assert house.mails() == []

    house.tell("hang-after")
    two_days_later(cast)
    house.start_worker()
    house.wait_until_it_hangs()
    house.kill("worker")
    assert len(house.mails()) == 1
    assert only_message(cast).state == MessageState.SENDING

    house.tell()
    two_days_later(cast)
    house.start_worker()
    house.wait_until(lambda: only_message(cast).state == MessageState.SENT)
    time.sleep(1.2)  # both schedules go on asking
    house.kill_all()
    first, second = house.mails()
    assert first["Message-ID"] == second["Message-ID"] == only_message(cast).message_id
    assert first["To"] == cast.vera.user.email
    assert only_message(cast).attempts == 3
    with tenant(cast.acme.pk):
        assert not Delivery.objects.filter(event__verb="rma.created", done_at=None).exists()
