"""Approving several RMAs at once: a look ahead, then each for itself (F9, F15)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from accounts.actor import Actor
from actions.base import preview
from actions.rmas import approve_rma
from core.errors import Refused
from rmas.models import Rma

MOST = 50


@dataclass(frozen=True, slots=True)
class Outcome:
    """What approving does, or did, to one RMA: skipped with a sentence, or approved."""

    rma: Rma
    skipped: str = ""


def would_approve(actor: Actor, rmas: Iterable[Rma]) -> list[Outcome]:
    """What approving each of `rmas` would do now: the real action, undone."""
    return _each(rmas, lambda rma: preview(approve_rma, actor, rma))


def approve_each(actor: Actor, rmas: Iterable[Rma], seen: dict[int, int]) -> list[Outcome]:
    """Approve each of `rmas` that is still as it was `seen` (versions by id); the rest is skipped.

    Each is done for itself, under its lock: one refusal stops no other.
    """

    def approve(rma: Rma) -> None:
        with transaction.atomic():
            approve_rma(actor, rma, version=seen.get(rma.pk, 0))

    return _each(rmas, approve)


def _each(rmas: Iterable[Rma], do: Callable[[Rma], Any]) -> list[Outcome]:
    outcomes = []
    for rma in rmas:
        try:
            do(rma)
        except Refused as refused:
            outcomes.append(Outcome(rma, str(refused.message)))
        else:
            outcomes.append(Outcome(rma))
    return outcomes
