"""docs/domain.md shows the state tables as they are in the code."""

from __future__ import annotations

from io import StringIO

from django.core.management import call_command

from returns.states import MOVES as RETURN_MOVES
from rmas.state_tables import state_tables
from rmas.states import MOVES as RMA_MOVES
from tests.architecture.source import ROOT


def test_the_document_shows_the_tables_of_the_code() -> None:
    text = (ROOT / "docs" / "domain.md").read_text()
    shown = text.partition("<!-- states -->\n")[2].partition("\n<!-- /states -->")[0]
    assert shown == state_tables(), "print them anew: manage.py print_states"


def test_every_verb_has_its_row() -> None:
    printed = StringIO()
    call_command("print_states", stdout=printed)
    for move in (*RETURN_MOVES.values(), *RMA_MOVES.values()):
        assert f"| {move.label} |" in printed.getvalue()
