"""Text that spreadsheets would run as a formula, made harmless: once in Python, once in SQL.

A cell is dangerous when, after blanks and quotes, it begins with one of `STARTERS`; it then gets an
apostrophe in front, which spreadsheets hide. Columns that hold numbers are not passed through
here, so amounts stay amounts. Source: DESIGN section 4.
"""

from __future__ import annotations

import re
from typing import Any

from django.db.models import CharField, Func, Value
from django.db.models.expressions import Col

STARTERS = "=+-@\t\r\n＝＋－＠"  # noqa: RUF001 - spreadsheets read fullwidth signs as the plain ones
SKIPPED = " \u00a0\u3000\ufeff\"'"

_NUMBER = re.compile(r"[+-]?[0-9]+([.,][0-9]+)?")


def neutral(text: str) -> str:
    """`text` as a cell that no spreadsheet runs."""
    first = text.lstrip(SKIPPED)[:1]
    return f"'{text}" if first and first in STARTERS else text


def as_typed(text: str) -> str:
    """A cell without the apostrophe that an export put in front of it."""
    return text[1:] if text.startswith("'") and neutral(text[1:]) == text else text


def is_number(text: str) -> bool:
    """Whether the whole cell is a plain number such as -6 or +1.50, which runs nothing."""
    return _NUMBER.fullmatch(text) is not None


_PATTERN = f"^([{SKIPPED}]*[{STARTERS.replace('-', '')}-])"
_MARKED = r"'\1"


def neutral_column(cell: str) -> tuple[str, list[str]]:
    """`neutral()` in SQL of a column, given as its SQL name; with the parameters.

    Almost every cell begins with a Latin letter or a digit. Two comparisons of bytes find those;
    the pattern costs ten times as much.
    """
    fast = f"""({cell} COLLATE "C" >= 'A' AND {cell} COLLATE "C" < '\x7f')"""
    fast += f""" OR ({cell} COLLATE "C" >= '0' AND {cell} COLLATE "C" < '=')"""
    sql = f"CASE WHEN {fast} THEN {cell} ELSE regexp_replace({cell}, %s, %s) END"
    return sql, [_PATTERN, _MARKED]


class Neutral(Func):
    """`neutral()` as an expression of the ORM; of a mere column the fast way."""

    function = "regexp_replace"
    output_field = CharField()

    def __init__(self, expression: Any, **extra: Any) -> None:
        super().__init__(expression, Value(_PATTERN), Value(_MARKED), **extra)

    def as_sql(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, Any]:
        """The pattern alone, or behind the comparisons where the cell is a mere column."""
        source = self.source_expressions[0]
        if isinstance(source, Col):
            return neutral_column(compiler.compile(source)[0])
        return super().as_sql(compiler, connection, **context)
