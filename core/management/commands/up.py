"""`manage.py up`: the whole product as one foreground process tree."""

from __future__ import annotations

import argparse
import http.client
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.core.management import BaseCommand, CommandError, get_commands
from django.urls import reverse

from core.embedded import EmbeddedError, clear, ensure, find_layout
from core.embedded.supervisor import Child, StopRequested, Supervisor

LOCALHOST = "127.0.0.1"
FIRST_PORT = 8000
PORTS_TRIED = 50
READY_SECONDS = 120.0
STATEMENT_TIMEOUT = "15000"


class Command(BaseCommand):
    """Starts database, web, worker and schedule; Ctrl-C stops them."""

    help = "Start Backhaul on this machine: database, web, worker and schedule. Ctrl-C stops it."
    requires_system_checks = ()

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """The options."""
        parser.add_argument(
            "--demo",
            action=argparse.BooleanOptionalAction,
            default=False,
            help="Load the demonstration data into an empty database.",
        )
        parser.add_argument("--port", type=int, help="The port (default: the first free from 8000)")
        parser.add_argument("--workers", type=int, default=2, help="Web processes (default: 2)")
        parser.add_argument("--reset", action="store_true", help="Delete all local data first.")
        parser.add_argument("--yes", action="store_true", help="Do not ask before --reset.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Prepare, start, report, and wait for the end."""
        try:
            self._run(options)
        except KeyboardInterrupt:
            raise CommandError("Stopped before everything was ready.", returncode=130) from None

    def _run(self, options: dict[str, Any]) -> None:
        self._verbose = options["verbosity"] > 1
        self._environment = dict(os.environ)
        listener = listen(options["port"])
        port = listener.getsockname()[1]
        try:
            data = self._prepare_servers(reset=options["reset"], confirmed=options["yes"])
        except EmbeddedError as error:
            raise CommandError(str(error)) from None
        self._environment.setdefault("SITE_URL", f"http://localhost:{port}")
        self._environment.setdefault("LOG_LEVEL", "INFO" if self._verbose else "WARNING")
        self._environment["PYTHONUNBUFFERED"] = "1"
        self._environment.pop("DATABASE_ROLE", None)
        self._prepare_data(demo=options["demo"])
        supervisor = Supervisor(settings.BASE_DIR, self._say)
        try:
            self._start_web(supervisor, listener, options["workers"])
            wait_until_ready(supervisor, port)
            self._start_background(supervisor, port, data)
            self._report(port, data)
            gone = supervisor.wait()
        except StopRequested:
            gone = None
            self._say("Stopping …")
        except ChildGoneError as error:
            gone = error.child
        finally:
            supervisor.stop()
        if gone:
            raise CommandError(
                f"The {gone.name} process ended by itself (code {gone.process.returncode}), "
                "so everything was stopped. Its last lines above say why."
            )

    def _prepare_servers(self, *, reset: bool, confirmed: bool) -> Path | None:
        """Start the embedded servers unless others are named; returns their data folder."""
        if os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"):
            if reset:
                raise CommandError(
                    "--reset deletes local data only, but DATABASE_URL names a server: unset "
                    "DATABASE_URL and REDIS_URL, or leave out --reset."
                )
            return None
        if reset:
            self._reset(confirmed=confirmed)
        self._say("Starting the database …")
        services = ensure(settings.BASE_DIR, "dev")
        self._environment = services.complete(self._environment)
        return services.data_dir

    def _reset(self, *, confirmed: bool) -> None:
        folder = find_layout(settings.BASE_DIR, "dev").folder
        if not confirmed:
            self._say(f"This deletes the database and all uploaded files in {folder}.")
            try:
                answer = input("Type yes to go on: ")
            except EOFError:
                answer = ""
            if answer.strip().lower() != "yes":
                raise CommandError("Nothing was deleted.")
        clear(settings.BASE_DIR, "dev")

    def _prepare_data(self, *, demo: bool) -> None:
        self._say("Bringing the tables up to date …")
        self._manage("migrate", "--no-input", quiet=True)
        if settings.PRODUCTION:
            self._manage("collectstatic", "--no-input", quiet=True)
        if demo and "load_demo" in get_commands() and not self._has_merchants():
            self._say("Loading the demonstration data …")
            self._manage("load_demo")

    def _manage(self, *arguments: str, quiet: bool = False) -> None:
        """Run a management command in a process of its own, with the login it needs."""
        done = subprocess.run(
            [sys.executable, str(settings.BASE_DIR / "manage.py"), *arguments],
            env=self._environment,
            stdout=subprocess.PIPE if quiet and not self._verbose else None,
            stderr=subprocess.STDOUT if quiet and not self._verbose else None,
            text=True,
            check=False,
        )
        if done.returncode:
            self._say((done.stdout or "").rstrip())
            raise CommandError(f"manage.py {arguments[0]} failed; its message is above.")

    def _has_merchants(self) -> bool:
        owner = self._environment.get("DATABASE_OWNER_URL") or self._environment["DATABASE_URL"]
        with psycopg.connect(owner) as connection:
            row = connection.execute("SELECT EXISTS (SELECT FROM accounts_merchant)").fetchone()
        return bool(row and row[0])

    def _start_web(self, supervisor: Supervisor, listener: socket.socket, workers: int) -> None:
        for_web = {
            "DATABASE_STATEMENT_TIMEOUT": STATEMENT_TIMEOUT,
            **self._environment,
            "DATABASE_POOL": "true",
        }
        descriptor = listener.fileno()
        web = web_command(descriptor, workers, verbose=self._verbose)
        supervisor.start("web", web, for_web, keep=[descriptor])

    def _start_background(self, supervisor: Supervisor, port: int, data: Path | None) -> None:
        folder = data or Path(tempfile.mkdtemp(prefix="backhaul-"))
        schedule = str(folder / f"schedule-{port}")
        beat = celery_command("beat", "--schedule", schedule, "--pidfile", "")
        supervisor.start("beat", beat, self._environment)
        worker = celery_command(
            "worker", "--pool", "prefork", "--concurrency", "2", "--without-gossip",
            "--without-mingle", "--hostname", f"up-{port}@%h",
        )  # fmt: skip
        supervisor.start("worker", worker, self._environment)

    def _report(self, port: int, data: Path | None) -> None:
        self._say("")
        self._say(f"Backhaul is ready:  http://localhost:{port}/")
        self._say(f"Data folder:        {data or 'none; DATABASE_URL and REDIS_URL name servers'}")
        if "load_demo" in get_commands():
            self._manage("load_demo", "--sign-ins")
        self._say("Ctrl-C stops it.")

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


class ChildGoneError(Exception):
    """A child ended before everything was ready."""

    def __init__(self, child: Child) -> None:
        super().__init__(child.name)
        self.child = child


def python_module(*arguments: str) -> list[str]:
    """A command of our own Python environment; Celery's warning about root is left out."""
    quiet = "ignore:You're running the worker with superuser"
    return [sys.executable, "-W", quiet, "-m", *arguments]


def web_command(descriptor: int, workers: int, *, verbose: bool) -> list[str]:
    """gunicorn on a socket that listens already."""
    command = python_module(
        "gunicorn", "config.wsgi", "--bind", f"fd://{descriptor}", "--workers", str(workers),
        "--worker-class", "gthread", "--threads", "4", "--graceful-timeout", "5",
        "--no-control-socket", "--log-level", "info" if verbose else "warning",
    )  # fmt: skip
    return [*command, "--access-logfile", "-"] if verbose else command


def celery_command(*arguments: str) -> list[str]:
    """Celery with our application; LOG_LEVEL says how much it prints."""
    return python_module("celery", "--quiet", "--app", "config.celery", *arguments)


def listen(chosen: int | None) -> socket.socket:
    """A listening socket on the chosen port, or on the first free one from 8000."""
    ports = [chosen] if chosen else range(FIRST_PORT, FIRST_PORT + PORTS_TRIED)
    for port in ports:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((LOCALHOST, port))
            listener.listen(128)
        except OSError:
            listener.close()
            continue
        return listener
    taken = f"Port {chosen}" if chosen else f"Every port from {FIRST_PORT} on"
    raise CommandError(f"{taken} is in use: name another one with --port.")


def wait_until_ready(supervisor: Supervisor, port: int) -> None:
    """Wait until `/healthz` and the sign-in page answer."""
    deadline = time.monotonic() + READY_SECONDS
    waiting = ["/healthz", reverse("account_login")]
    while waiting:
        if child := supervisor.first_gone():
            raise ChildGoneError(child)
        if time.monotonic() > deadline:
            raise CommandError(f"{waiting[0]} does not answer properly; the lines above say why.")
        if answers(port, waiting[0]):
            waiting.pop(0)
        else:
            supervisor.pause()


def answers(port: int, path: str) -> bool:
    """Whether the page is there (a redirect to https counts)."""
    host = next((name for name in settings.ALLOWED_HOSTS if name != "*"), "localhost").lstrip(".")
    link = http.client.HTTPConnection(LOCALHOST, port, timeout=10)
    try:
        link.request("GET", path, headers={"Host": host})
        return link.getresponse().status < 400
    except OSError:
        return False
    finally:
        link.close()
