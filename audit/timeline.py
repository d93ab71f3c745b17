"""The timeline: events as sentences."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from audit.models import Event
from audit.verbs import VERBS


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a timeline: what happened, when, the note left with it, and its colour."""

    title: str
    at: datetime
    note: str
    tone: str


def entries(events: Iterable[Event]) -> list[Entry]:
    """`events` worded for the merchant's staff, in the order given."""
    return [
        Entry(
            title=VERBS[event.verb].sentence % {**event.data, "actor": event.actor_name},
            at=event.happened_at,
            note=_why(event),
            tone=VERBS[event.verb].tone,
        )
        for event in events
    ]


def _why(event: Event) -> str:
    """The reason given, where the sentence does not say it, and the note left with the event."""
    said = "%(reason)s" in str(VERBS[event.verb].sentence)
    reason = "" if said else str(event.data.get("reason", ""))
    return ". ".join(part for part in (reason, str(event.data.get("note", ""))) if part)
