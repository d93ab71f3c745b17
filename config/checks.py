"""System checks: production refuses to start until it is safe, and no page goes without a rule.

Django runs them with every command. Web and workers refuse to start over the same errors
(`stop_if_unsafe()`, called by `config.wsgi` and `config.celery`). Those about settings apply to
ENVIRONMENT=production only; those about the database login and the route table everywhere.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as CheckWarning
from django.db import DatabaseError, connections
from django.urls import URLPattern, URLResolver, get_resolver

SECRET_KEY_LENGTH = 50
REFUSED = 3
"""The exit code by which gunicorn's master knows not to try again."""


def secret_key() -> Iterator[CheckMessage]:
    """The key that signs sessions and links must be a secret."""
    if settings.SECRET_KEY == settings.INSECURE_SECRET_KEY:
        yield Error(
            "SECRET_KEY is the one from the source code, which everybody knows.",
            hint="Set SECRET_KEY to 50 or more random characters.",
            id="backhaul.E001",
        )
    elif len(settings.SECRET_KEY) < SECRET_KEY_LENGTH or len(set(settings.SECRET_KEY)) < 10:
        yield Error(
            "SECRET_KEY is too easy to guess.",
            hint="Set SECRET_KEY to 50 or more random characters.",
            id="backhaul.E002",
        )


def debug() -> Iterator[CheckMessage]:
    """Error pages with source code and settings are for developers."""
    if settings.DEBUG:
        yield Error(
            "DEBUG is on: error pages would show source code and settings to everybody.",
            hint="Unset DEBUG.",
            id="backhaul.E003",
        )


def hosts() -> Iterator[CheckMessage]:
    """Links in mails are built from the host name, so only ours may be accepted."""
    if not settings.ALLOWED_HOSTS:
        yield Error(
            "ALLOWED_HOSTS is empty: every request would be refused.",
            hint="Set ALLOWED_HOSTS to the host names of the site, separated by commas.",
            id="backhaul.E004",
        )
    if "*" in settings.ALLOWED_HOSTS:
        yield Error(
            "ALLOWED_HOSTS accepts any name: forged links could be sent in our mails.",
            hint="Set ALLOWED_HOSTS to the host names of the site, separated by commas.",
            id="backhaul.E005",
        )


def transport() -> Iterator[CheckMessage]:
    """Sessions must not travel unencrypted."""
    cookies_are_safe = settings.SESSION_COOKIE_SECURE and settings.CSRF_COOKIE_SECURE
    if not (cookies_are_safe and settings.SECURE_HSTS_SECONDS):
        yield Error(
            "Pages and cookies could travel unencrypted.",
            hint="Unset HTTPS and SECURE_HSTS_SECONDS; their defaults are safe.",
            id="backhaul.E006",
        )
    if urlsplit(settings.SITE_URL).scheme != "https":
        yield Error(
            "SITE_URL does not begin with https://, so links in mails would not be encrypted.",
            hint="Set SITE_URL to the public address of the site.",
            id="backhaul.E007",
        )


def services() -> Iterator[CheckMessage]:
    """Production brings its own servers, and mail that reaches people."""
    if not settings.DATABASE_URL:
        yield Error(
            "DATABASE_URL is not set.",
            hint="Set it to the address of PostgreSQL with the runtime login.",
            id="backhaul.E008",
        )
    if settings.EMAIL_BACKEND.rpartition(".")[0].endswith(("console", "locmem", "dummy")):
        yield Error(
            "EMAIL_URL is not set: no mail would reach anybody.",
            hint="Set EMAIL_URL to the address of a mail server.",
            id="backhaul.E009",
        )


SETTINGS_CHECKS: Sequence[Callable[[], Iterator[CheckMessage]]] = (
    secret_key, debug, hosts, transport, services,
)  # fmt: skip


@register(Tags.security)
def check_production_settings(**kwargs: Any) -> list[CheckMessage]:
    """Every unsafe setting of a production installation."""
    if not settings.PRODUCTION:
        return []
    return [message for check in SETTINGS_CHECKS for message in check()]


@register(Tags.urls)
def check_routes(**kwargs: Any) -> list[CheckMessage]:
    """Every address needs a row in the route table, and every row an address."""
    from accounts.routes import ROUTES

    names = set(view_names(get_resolver()))
    missing = [
        Error(
            f"The route {name} has no row in accounts.routes, so nothing says who may open it.",
            hint="Add a row to ROUTES.",
            id="backhaul.E010",
        )
        for name in sorted(names - ROUTES.keys())
    ]
    unused = [
        CheckWarning(
            f"accounts.routes has a row {name}, but no address has that name.",
            hint="Remove the row, or name the address so.",
            id="backhaul.W011",
        )
        for name in sorted(ROUTES.keys() - names)
    ]
    return [*missing, *unused]


def view_names(resolver: URLResolver, namespace: str = "") -> Iterator[str]:
    """The full name of every address below `resolver`; its pattern where it has no name."""
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from view_names(entry, inner)
        elif isinstance(entry, URLPattern):
            yield namespace + (entry.name or str(entry.pattern))


@register(Tags.database)
def check_database_login(
    *, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """The runtime login must be unable to look around row-level security."""
    if not databases or settings.DATABASE_ROLE == "owner":
        return []
    return [message for alias in databases for message in login_errors(alias)]


LOGIN_FACTS = """
SELECT current_user, role.rolsuper, role.rolbypassrls,
  EXISTS (
    SELECT FROM pg_class AS class
      JOIN pg_namespace AS space ON space.oid = class.relnamespace
     WHERE class.relkind IN ('r', 'p') AND space.nspname = 'public'
       AND pg_has_role(current_user, class.relowner, 'MEMBER')
  )
FROM pg_roles AS role WHERE role.rolname = current_user
"""


def login_errors(alias: str = "default") -> list[CheckMessage]:
    """Why the login of connection `alias` must not serve requests; empty when it may."""
    with connections[alias].cursor() as cursor:
        cursor.execute(LOGIN_FACTS)
        user, is_superuser, bypasses, is_owner = cursor.fetchone()
    hint = "Set DATABASE_URL to the runtime login (app_runtime), not to the owner's."
    reasons = (
        (is_superuser, "is a superuser", "backhaul.E020"),
        (bypasses, "may bypass row-level security (BYPASSRLS)", "backhaul.E021"),
        (is_owner and not is_superuser, "owns tables or may act as their owner", "backhaul.E022"),
    )
    return [
        Error(
            f"The database login {user} {reason}, so one merchant could read another's data.",
            hint=hint,
            id=identifier,
        )
        for holds, reason, identifier in reasons
        if holds
    ]


def stop_if_unsafe(what: str) -> None:
    """End this process, one sentence per reason, if it must not do its work."""
    reasons = refusals()
    if not reasons:
        return
    for reason in reasons:
        sys.stderr.write(f"{what} does not start: {reason.msg} {reason.hint} ({reason.id})\n")
    sys.stderr.flush()
    raise SystemExit(REFUSED)


def refusals() -> list[CheckMessage]:
    """Why this process must not serve requests; empty when it may. Asks the database."""
    found = [*check_production_settings(), *check_routes()]
    try:
        found += login_errors()
    except DatabaseError as error:
        first_line = str(error).strip().partition("\n")[0]
        found.append(
            Error(
                f"The database does not answer, so its login cannot be checked: {first_line}.",
                hint="Start PostgreSQL, or correct DATABASE_URL.",
                id="backhaul.E023",
            )
        )
    finally:
        connections.close_all()
    return [message for message in found if message.is_serious()]
