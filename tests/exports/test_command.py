"""`manage.py export_returns`: every grain to standard output, filtered, one merchant's alone."""

from __future__ import annotations

import csv
import io

import pytest
from django.core.management import CommandError, call_command

from tests.factories import ReturnFactory, ReturnLineFactory, RmaFactory, at

pytestmark = pytest.mark.django_db


class Out:
    """Standard output as the shell gives it: text with bytes below."""

    def __init__(self):
        self.buffer = io.BytesIO()

    def isatty(self):
        """No terminal."""
        return False

    def write(self, text):
        """Text is not expected."""
        raise AssertionError(text)

    def flush(self):
        """Nothing is kept back."""


def run(*arguments):
    """The rows the command writes."""
    out = Out()
    call_command("export_returns", *arguments, stdout=out)
    text = out.buffer.getvalue().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.fixture
def three(cast):
    """Three returns of Acme on three days; one of Globex."""
    ReturnLineFactory(merchant=cast.globex)
    for number, status, day in (("R-1", "open", 1), ("R-2", "closed", 2), ("R-3", "open", 3)):
        found = ReturnFactory(
            merchant=cast.acme,
            number=number,
            status=status,
            requested_at=at(f"2026-07-0{day} 12:00"),
        )
        ReturnLineFactory(merchant=cast.acme, customer_return=found)
        RmaFactory(
            merchant=cast.acme, customer_return=found, requested_at=at(f"2026-07-0{day} 12:00")
        )


@pytest.mark.parametrize("grain", ["return", "line", "rma"])
def test_each_grain_and_filter(cast, three, grain):
    def numbers(*filters):
        rows = run("--merchant", "acme", "--grain", grain, *filters)
        return [row["Return"] for row in rows]

    assert numbers() == ["R-3", "R-2", "R-1"]
    assert numbers("--status", "open") == ["R-3", "R-1"]
    assert numbers("--status", "open", "--status", "closed", "--from", "2026-07-02") == [
        "R-3",
        "R-2",
    ]
    assert numbers("--to", "2026-07-01") == ["R-1"]


def test_refunds_and_chosen_columns(cast, three):
    assert run("--merchant", "acme", "--grain", "refund") == []
    assert run("--merchant", "acme", "--columns", "status, number", "--status", "closed") == [
        {"Return": "R-2", "Status": "Closed"}
    ]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--merchant", "nobody"), "There is no merchant nobody. There are: acme"),
        (("--merchant", "acme", "--status", "lost"), "--status: Select a valid choice"),
        (("--merchant", "acme", "--from", "yesterday"), "--from: yesterday is not a day"),
        (
            ("--merchant", "acme", "--columns", "colour"),
            "There is no column colour. There are: num",
        ),
    ],
)
def test_what_cannot_be_read_is_one_sentence(cast, arguments, sentence):
    with pytest.raises(CommandError, match=sentence):
        run(*arguments)
