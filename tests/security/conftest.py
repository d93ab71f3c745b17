"""The world of the security tests: built once for all of them, committed, and taken down after."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest

from tests.security import watch
from tests.security import world as worlds


@pytest.fixture(scope="package")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[worlds.World]:
    """Two merchants with everybody and everything; see `tests.security.world`."""
    with django_db_blocker.unblock():
        try:
            made = worlds.build()
            watch.build_watch()
            yield made
        finally:
            watch.tear_down()


@pytest.fixture
def quiet() -> Iterator[None]:
    """Thousands of denials are expected: keep them out of the log."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)
