"""Cells that a spreadsheet would run are made harmless, in Python and in SQL alike."""

from __future__ import annotations

import pytest
from django.db import connection
from django.db.models import TextField, Value
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from core.cells import SKIPPED, STARTERS, Neutral, is_number, neutral
from tests.factories import UserFactory


@pytest.mark.parametrize(
    "text",
    ["=1+1", "==1+1", "+44 20", "-cmd|' /C calc'!A0", "@SUM(A1)", "\t=1", "\r=1", "\n=1",
     "\uff1d1+1", " =1", '"=1"', "' =1", "\u00a0=1", "-5"],
)  # fmt: skip
def test_a_cell_that_begins_like_a_formula_gets_an_apostrophe(text):
    assert neutral(text) == f"'{text}"


@pytest.mark.parametrize(
    "text", ["", " ", "Lamp", "R-10001", "a=b", "£4", "'tis", '"quoted"', "10-5"]
)
def test_any_other_cell_stays_as_it_is(text):
    assert neutral(text) == text


@pytest.mark.parametrize(
    ("text", "plain"),
    [("-6", True), ("+1.50", True), ("12,5", True), ("-", False), ("--6", False), ("-6+1", False),
     ("1e5", False), ("", False)],
)  # fmt: skip
def test_plain_numbers_are_told_from_formulas(text, plain):
    assert is_number(text) is plain


@pytest.mark.django_db
@settings(
    max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(st.text(st.sampled_from(STARTERS + SKIPPED + "aé1\\^[]"), max_size=6))
def test_the_database_does_the_same(text):
    with connection.cursor() as cursor:
        pattern = [value.value for value in Neutral(Value("")).source_expressions[1:]]
        cursor.execute("SELECT regexp_replace(%s, %s, %s)", [text, *pattern])
        assert cursor.fetchone()[0] == neutral(text)


@pytest.mark.django_db
def test_it_is_an_expression_of_the_orm():
    UserFactory()
    cell = Neutral(Value("=1", output_field=TextField()))
    assert User.objects.values_list(cell, flat=True).get() == "'=1"
