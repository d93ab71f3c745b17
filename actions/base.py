"""What every action promises, given by one decorator (DESIGN rule 4)."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from django.db import transaction

from accounts.actor import Actor
from audit.models import Event
from audit.record import recording

P = ParamSpec("P")
R = TypeVar("R")

ACTIONS: dict[str, Callable[..., Any]] = {}
_PERMISSIONS: dict[Callable[..., Any], str] = {}


class SilentActionError(RuntimeError):
    """An action wrote without leaving a line in the timeline: a mistake in the code."""


def action(
    permission: str,
) -> Callable[[Callable[Concatenate[Actor, P], R]], Callable[Concatenate[Actor, P], R]]:
    """Make a function a verb: `function(actor, ...)`.

    Four promises: the actor holds `permission` (else NotAllowed); all writes happen in one
    transaction; at least one event is recorded (else SilentActionError, and nothing is written);
    effects reach the world only after commit, because they are outbox rows of that transaction.
    """

    def decorate(
        function: Callable[Concatenate[Actor, P], R],
    ) -> Callable[Concatenate[Actor, P], R]:
        @wraps(function)
        def run(actor: Actor, *args: P.args, **kwargs: P.kwargs) -> R:
            actor.require(permission)
            with transaction.atomic(), recording() as events:
                result = function(actor, *args, **kwargs)
                if not events:
                    raise SilentActionError(function.__qualname__)
            return result

        ACTIONS[f"{function.__module__}.{function.__name__}"] = run
        _PERMISSIONS[run] = permission
        return cast("Callable[Concatenate[Actor, P], R]", run)

    return decorate


def permission_of(verb: Callable[..., Any]) -> str:
    """The permission that `verb`, a function made by `action`, takes."""
    return _PERMISSIONS[verb]


def preview(verb: Callable[..., Any], actor: Actor, *args: Any, **kwargs: Any) -> list[Event]:
    """Run the real action, keep the events it would record, and undo everything.

    Raises what the action raises, so a refusal is known before anybody confirms.
    """
    with transaction.atomic(), recording() as events:
        verb(actor, *args, **kwargs)
        transaction.set_rollback(True)
    return events
