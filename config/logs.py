"""How log lines look: one JSON object each in production, readable text elsewhere."""

from __future__ import annotations

import logging
from typing import Any

import structlog

SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.ExtraAdder(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def json_formatter() -> logging.Formatter:
    """One JSON object per line; tracebacks as a field."""
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=SHARED,
        processors=[
            _drop_unprintable,
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
    )


def text_formatter() -> logging.Formatter:
    """Short lines for people."""
    return logging.Formatter("%(levelname)s %(name)s: %(message)s")


def _drop_unprintable(logger: Any, name: str, event: Any) -> Any:
    """Requests and sockets that Django attaches to records do not belong into a log line."""
    for key in ("request", "server_time"):
        event.pop(key, None)
    return event
