"""Fixtures for all tests."""

from __future__ import annotations

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
    "sign_in",
]
