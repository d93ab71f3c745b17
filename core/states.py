"""State tables: move -> from, to, permission. Guards, menus, docs and tests read the same table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise

from core.errors import Refused


@dataclass(frozen=True, slots=True)
class Move:
    """One verb of a state machine.

    `sources` are the statuses it starts from, `target` the one it leads to, `permission` what the
    actor needs, `label` the menu's word, `refusal` the sentence for any other status; it may name
    `%(status)s` and says what to do instead.
    """

    sources: frozenset[str]
    target: str
    permission: str
    label: Promise
    refusal: Promise
    danger: bool = False


def check(moves: Mapping[str, Move], name: str, status: str, status_label: str) -> Move:
    """The move `name`, if it may start from `status`; else Refused with the move's sentence."""
    move = moves[name]
    if status not in move.sources:
        raise Refused(str(move.refusal) % {"status": status_label})
    return move


def open_moves(moves: Mapping[str, Move], status: str) -> list[str]:
    """Names of the moves that may start from `status`, in the table's order."""
    return [name for name, move in moves.items() if status in move.sources]
