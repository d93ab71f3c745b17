"""Connections and their RMA levels (P1, P4)."""

from __future__ import annotations

import pytest

from actions.connections import add_connection, change_connection
from audit.models import Event
from core.errors import Refused
from orders.models import RmaLevel
from tests.cast import Cast

pytestmark = pytest.mark.django_db


def last(verb: str) -> Event:
    found = Event.objects.filter(verb=verb).order_by("-id").first()
    assert found is not None
    return found


def test_a_connection_for_each_vendor(at_acme: Cast) -> None:
    made = add_connection(at_acme.alice, at_acme.northlight, "Lamps", RmaLevel.CUSTOMERS)
    with pytest.raises(Refused, match="has a connection already"):
        add_connection(at_acme.alice, at_acme.northlight, "Other", 1)
    with pytest.raises(Refused, match="from 0 to 4"):
        change_connection(at_acme.alice, made, "Lamps", 5)
    with pytest.raises(Refused, match="set that way already"):
        change_connection(at_acme.alice, made, "Lamps", 3)
    change_connection(at_acme.alice, made, "Lamps", 4)
    assert last("connection.changed").data == {"name": "Lamps", "before": 3, "level": 4}


def test_every_level_has_its_sentence() -> None:
    assert [str(level.sentence)[-1] for level in RmaLevel] == ["."] * 5
