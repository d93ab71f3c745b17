"""Recording events, and the check that an action recorded at least one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import models, transaction

from accounts.actor import Actor
from audit.models import Delivery, Event, EventData, subject_key
from audit.outbox import tasks_for, wake
from audit.verbs import VERBS

_recorded: ContextVar[list[Event] | None] = ContextVar("recorded", default=None)


def record(
    actor: Actor,
    verb: str,
    subject: models.Model,
    *,
    parent: models.Model | None = None,
    **data: object,
) -> Event:
    """Write that `actor` did `verb` to `subject` (part of `parent`), with the facts in `data`.

    `data` holds JSON values only. The deliveries the verb causes are written in the same
    transaction. Raises KeyError for a verb without wording.
    """
    if verb not in VERBS:
        raise KeyError(f"{verb} has no wording in audit.verbs")
    return record_all([_event(actor, verb, subject, parent, data)])[0]


def record_all(events: list[Event]) -> list[Event]:
    """Write prepared events in one statement (see `prepare`)."""
    Event.objects.bulk_create(events)
    deliveries = [
        Delivery(merchant_id=event.merchant_id, event=event, task=task)
        for event in events
        for task in tasks_for(event.verb)
    ]
    if deliveries:
        Delivery.objects.bulk_create(deliveries)
        transaction.on_commit(wake)
    recorded = _recorded.get()
    if recorded is not None:
        recorded.extend(events)
    return events


def prepare(
    actor: Actor,
    verb: str,
    subject: models.Model,
    *,
    parent: models.Model | None = None,
    **data: object,
) -> Event:
    """An event ready for `record_all`."""
    return _event(actor, verb, subject, parent, data)


@contextmanager
def recording() -> Iterator[list[Event]]:
    """Collect the events recorded inside the block, nested blocks included."""
    outer = _recorded.get()
    mine: list[Event] = []
    token = _recorded.set(mine)
    try:
        yield mine
    finally:
        _recorded.reset(token)
        if outer is not None:
            outer.extend(mine)


def _event(
    actor: Actor, verb: str, subject: models.Model, parent: models.Model | None, data: EventData
) -> Event:
    noun, object_id = subject_key(subject)
    parent_noun, parent_id = subject_key(parent) if parent is not None else ("", None)
    return Event(
        merchant_id=actor.merchant_id,
        verb=verb,
        noun=noun,
        object_id=object_id,
        parent_noun=parent_noun,
        parent_id=parent_id,
        actor_kind=actor.kind.value,
        actor_name=actor.name,
        user=actor.user,
        data=data,
    )
