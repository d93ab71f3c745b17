"""The role tests run as."""

from __future__ import annotations

import pytest
from django.db import connection


def who() -> tuple[str, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, current_database()")
        return cursor.fetchone()


@pytest.mark.django_db
def test_tests_run_as_the_runtime_role_on_a_test_database():
    user, database = who()
    assert user == "app_runtime"
    assert database.startswith("test_app")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_flushing_between_transactional_tests_is_the_owners(turn):
    assert who()[0] == "app_runtime"


@pytest.mark.django_db
def test_letters_outside_ascii_are_letters():
    """Depends on how the cluster was made; trigram search would not find Müller otherwise."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT array_length(show_trgm('Müller'), 1), lower('ÉÄ'), 'É' ILIKE 'é'")
        trigrams, lower, alike = cursor.fetchone()
    assert trigrams == 7
    assert lower == "éä"
    assert alike
