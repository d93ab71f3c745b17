"""What may be done with a return and its RMAs, and why the rest is not possible now (F8, F9)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.urls import reverse

from accounts.actor import Actor
from accounts.routes import ROUTES
from actions.refusals import (
    cancel_refusal,
    close_refusal,
    moved_refusal,
    sync_refund_refusal,
    why_not_rma,
)
from core.states import Move
from returns.models import Return
from returns.states import MOVES as RETURN_MOVES
from returns.states import ReturnStatus
from rmas.models import Rma
from rmas.states import ANSWERED, ENDED
from rmas.states import MOVES as RMA_MOVES

BAR = ("sync_refund", "edit", "close", "reopen", "uncancel", "cancel")
"""The return's verbs in the order of the action bar."""

MENU = (
    "approve",
    "decide",
    "deny",
    "process",
    "reprocess",
    "sync_credit",
    "record_credit",
    "settle_credit",
    "edit",
    "reopen",
    "void",
    "cancel",
)
"""An RMA's verbs in the order of its menu."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A verb the actor's role may use: its address, and why it is not possible now or ""."""

    name: str
    label: str
    address: str
    why_not: str = ""
    danger: bool = False


def choices_of_return(actor: Actor, found: Return, rmas: Iterable[Rma]) -> list[Choice]:
    """The verbs of `found` that the role may use. Reads the lines of `rmas`."""
    rmas = list(rmas)
    return [
        _choice(actor, RETURN_MOVES[name], name, "return", found, why_not_return(name, found, rmas))
        for name in BAR
        if _is_open_to(actor, f"console:return_{name}")
    ]


def choices_of_rma(actor: Actor, rma: Rma, found: Return) -> list[Choice]:
    """The verbs of `rma` that the role may use. Reads its lines and their return lines."""
    choices = [
        _choice(actor, RMA_MOVES[name], name, "rma", rma, why_not_rma(actor, name, rma, found))
        for name in MENU
        if _is_open_to(actor, f"console:rma_{name}")
    ]
    if found.status != ReturnStatus.OPEN or rma.status in ENDED:
        return [choice for choice in choices if not choice.why_not]
    return choices


def shipment_address(actor: Actor, rma: Rma, found: Return) -> str:
    """Where a return shipment under `rma` is added, or "" when nothing is left to send."""
    left = any(line.approved > line.shipped for line in rma.lines.all())
    may = _is_open_to(actor, "console:shipment_add")
    if found.status != ReturnStatus.OPEN or rma.status not in ANSWERED or not (left and may):
        return ""
    return _address(actor, "console:shipment_add", rma)


def why_not_return(name: str, found: Return, rmas: Iterable[Rma]) -> str:
    """Why move `name` of `found` is not possible now, or ""."""
    if refusal := _state_refusal(RETURN_MOVES, name, found):
        return refusal
    match name:
        case "close":
            return close_refusal(found)
        case "cancel":
            live = [rma for rma in rmas if rma.status not in ENDED]
            moved = (moved_refusal(rma, rma.lines.all()) for rma in live)
            return cancel_refusal(found) or next(filter(None, moved), "")
        case "sync_refund":
            return sync_refund_refusal(found)
    return ""


def _state_refusal(moves: Mapping[str, Move], name: str, subject: Return | Rma) -> str:
    move = moves[name]
    if subject.status in move.sources:
        return ""
    return str(move.refusal) % {"status": subject.state.label.lower()}


def _choice(
    actor: Actor, move: Move, name: str, noun: str, subject: Return | Rma, why_not: str
) -> Choice:
    address = _address(actor, f"console:{noun}_{name}", subject)
    return Choice(name, str(move.label), address, why_not, move.danger)


def _is_open_to(actor: Actor, route: str) -> bool:
    return actor.may(ROUTES[route].permission)


def _address(actor: Actor, route: str, subject: Return | Rma) -> str:
    return reverse(route, args=[actor.merchant.slug, subject.public_id])
