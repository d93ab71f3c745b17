"""The state tables of returns and RMAs as docs/domain.md shows them, printed from the code."""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import TextChoices

from accounts.permissions import PERMISSIONS, Role
from core.states import Move
from returns.states import MOVES as RETURN_MOVES
from returns.states import ReturnStatus
from rmas.states import MOVES as RMA_MOVES
from rmas.states import RmaStatus

HEAD = "| verb | from | to | who may | otherwise |\n|---|---|---|---|---|"


def state_tables() -> str:
    """Both tables in Markdown; a test holds docs/domain.md to it."""
    parts = (("Return", RETURN_MOVES, ReturnStatus), ("RMA", RMA_MOVES, RmaStatus))
    return "\n\n".join(
        f"### {noun}\n\n{HEAD}\n{table(moves, states)}" for noun, moves, states in parts
    )


def table(moves: Mapping[str, Move], states: type[TextChoices]) -> str:
    """One row per move, in the order of the state table."""
    return "\n".join(
        f"| {move.label} | {_from(move, states)} | {_to(move, states)} | {_who(move)} |"
        f" {str(move.refusal) % {'status': '…'}} |"
        for move in moves.values()
    )


def _from(move: Move, states: type[TextChoices]) -> str:
    return ", ".join(str(state.label) for state in states if state.value in move.sources)


def _to(move: Move, states: type[TextChoices]) -> str:
    return (
        str(states(move.target).label) if move.target else "follows from the quantities, or stays"
    )


def _who(move: Move) -> str:
    return ", ".join(str(role.label) for role in Role if move.permission in PERMISSIONS[role])
