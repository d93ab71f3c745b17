"""Fixtures for all tests."""

from __future__ import annotations

import pytest
from django.core.cache import cache

from tests.cast import at_acme, cast, sign_in
from tests.plugins.browser import browser_type_launch_args
from tests.plugins.database import as_owner, django_db_modify_db_settings, django_db_setup

__all__ = [
    "as_owner",
    "at_acme",
    "browser_type_launch_args",
    "cast",
    "django_db_modify_db_settings",
    "django_db_setup",
    "empty_cache",
    "sign_in",
]


@pytest.fixture(autouse=True)
def empty_cache() -> None:
    """Sign-ins that failed in one test must not count against the next one's limit."""
    cache.clear()
