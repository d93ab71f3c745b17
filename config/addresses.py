"""From the addresses in the environment to the dictionaries Django and Celery want."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

POSTGRES_SCHEMES = {"postgres", "postgresql"}
MAIL_BACKENDS = {
    "smtp": "django.core.mail.backends.smtp.EmailBackend",
    "smtps": "django.core.mail.backends.smtp.EmailBackend",
    "submission": "django.core.mail.backends.smtp.EmailBackend",
    "console": "django.core.mail.backends.console.EmailBackend",
    "file": "django.core.mail.backends.filebased.EmailBackend",
    "memory": "django.core.mail.backends.locmem.EmailBackend",
}


def database(url: str) -> dict[str, Any]:
    """Django's settings for `postgresql://user:password@host:port/name?option=value`.

    The host may be a percent-encoded folder, which means a Unix socket in it.
    """
    parts = urlsplit(url)
    if parts.scheme not in POSTGRES_SCHEMES:
        raise ValueError(
            "DATABASE_URL and DATABASE_OWNER_URL must begin with postgresql://, "
            f"not {parts.scheme or 'nothing'}://."
        )
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.removeprefix("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": _host(parts.netloc),
        "PORT": str(parts.port or ""),
        "OPTIONS": dict(parse_qsl(parts.query)),
    }


def redis_database(url: str, number: int) -> str:
    """The same Redis server with database `number`."""
    parts = urlsplit(url)
    if parts.scheme == "unix":
        query = {**dict(parse_qsl(parts.query)), "db": str(number)}
        return f"unix://{parts.path}?{urlencode(query)}"
    return urlunsplit(parts._replace(path=f"/{number}"))


def celery_broker(url: str) -> str:
    """A Redis address as Celery spells it (it has its own scheme for Unix sockets)."""
    parts = urlsplit(url)
    if parts.scheme != "unix":
        return url
    query = dict(parse_qsl(parts.query))
    return f"redis+socket://{parts.path}?virtual_host={query.get('db', '0')}"


def cache(url: str) -> dict[str, Any]:
    """Django's settings for a cache address: Redis, or `memory://` for this process only."""
    if url.startswith("memory:"):
        return {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "backhaul"}
    return {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": url,
        "KEY_PREFIX": "backhaul",
        "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 2},
    }


def mail(url: str) -> dict[str, Any]:
    """Django's EMAIL_* settings for `smtp://user:password@host:port`.

    `smtp` speaks plainly, `submission` with STARTTLS, `smtps` with TLS from the first byte.
    """
    parts = urlsplit(url)
    if parts.scheme not in MAIL_BACKENDS:
        raise ValueError(
            f"EMAIL_URL must begin with one of {', '.join(MAIL_BACKENDS)}, "
            f"not {parts.scheme or 'nothing'}."
        )
    settings: dict[str, Any] = {"EMAIL_BACKEND": MAIL_BACKENDS[parts.scheme]}
    if parts.scheme == "file":
        return {**settings, "EMAIL_FILE_PATH": unquote(parts.path)}
    default_port = {"smtps": 465, "submission": 587}.get(parts.scheme, 25)
    return {
        **settings,
        "EMAIL_HOST": parts.hostname or "localhost",
        "EMAIL_PORT": parts.port or default_port,
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "submission",
        "EMAIL_USE_SSL": parts.scheme == "smtps",
    }


def _host(netloc: str) -> str:
    """The host with its case kept: it may be the path of a folder."""
    host = netloc.rpartition("@")[2]
    if host.startswith("["):
        return host[1 : host.index("]")]
    return unquote(host.partition(":")[0])
