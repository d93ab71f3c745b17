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


def is_number(text: str) -> bool:
    """Whether the whole cell is a plain number such as -6 or +1.50, which runs nothing."""
    return _NUMBER.fullmatch(text) is not None


class Neutral(Func):
    """`neutral()` in SQL.

    Almost every cell begins with a digit or a Latin letter. Two comparisons of bytes find those;
    a column is looked at that way first, because the pattern costs ten times as much.
    """

    function = "regexp_replace"
    output_field = CharField()

    def __init__(self, expression: Any, **extra: Any) -> None:
        pattern = f"^([{SKIPPED}]*[{STARTERS.replace('-', '')}-])"
        super().__init__(expression, Value(pattern), Value(r"'\1"), **extra)

    def as_sql(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, Any]:
        """The pattern alone, or behind the comparisons where the cell is a mere column."""
        sql, params = super().as_sql(compiler, connection, **context)
        if not isinstance(self.source_expressions[0], Col):
            return sql, params
        cell, _none = compiler.compile(self.source_expressions[0])
        fast = f"""({cell} COLLATE "C" >= '0' AND {cell} COLLATE "C" < '=')"""
        fast += f""" OR ({cell} COLLATE "C" >= 'A' AND {cell} COLLATE "C" < '\x7f')"""
        return f"CASE WHEN {fast} THEN {cell} ELSE {sql} END", params
