"""Bulk actions in the console: from the list to the file of what came of each (F14)."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from core.tenancy import tenant
from returns.models import BulkJob, Return
from tests.factories import made_return, shipped_order
from tests.outbox import deliver_all

pytestmark = pytest.mark.django_db
LIST = "/m/acme/returns/bulk/"


@pytest.fixture
def bob(cast, sign_in):
    return sign_in(cast.bob)


def some_return(cast: Any) -> Return:
    """An approved return."""
    return made_return(cast.bob, shipped_order(cast.acme, vendor=cast.northlight), approve=True)


def post(bob, **data):
    """Choose a verb for the ticked returns."""
    return bob.post(LIST, {"key": str(uuid.uuid4()), "verb": "close", **data}, follow=True)


def test_from_ticking_to_the_result_file(cast, bob):
    made = some_return(cast)
    page = post(bob, selected=[str(made.public_id)])
    html = page.content.decode()
    assert "1 would change, 0 would be skipped" in html
    assert "start with 1 return" in html
    address = page.redirect_chain[-1][0]
    bob.post(f"{address}start/", {"key": str(uuid.uuid4())})
    deliver_all()
    assert "1 changed, 0 skipped" in bob.get(address).content.decode()
    lines = b"".join(bob.get(f"{address}result/")).decode("utf-8-sig").splitlines()
    assert lines == ["Return,Outcome,Reason", f"{made.number},Changed,"]


def test_everything_that_matches_and_only_that(cast, bob):
    some_return(cast)
    other = some_return(cast)
    page = post(bob, everything="1", q=other.number)
    assert "Close return · 1 return" in page.content.decode()


def test_nothing_ticked_goes_back_with_the_filter(cast, bob):
    some_return(cast)
    page = post(bob, status="open")
    assert page.redirect_chain[-1][0].endswith("/returns/?status=open")
    assert "Tick at least one return" in page.content.decode()


def test_a_double_click_makes_one_job(cast, bob):
    made = some_return(cast)
    data = {"key": str(uuid.uuid4()), "verb": "close", "selected": [str(made.public_id)]}
    first, second = bob.post(LIST, data), bob.post(LIST, data)
    assert first.url == second.url
    with tenant(cast.acme.pk):
        assert BulkJob.objects.count() == 1


def test_the_bar_moves_on_by_itself(cast, bob):
    made = some_return(cast)
    address = post(bob, selected=[str(made.public_id)]).redirect_chain[-1][0]
    bob.post(f"{address}start/", {"key": str(uuid.uuid4())})
    poll = {"HTTP_HX_REQUEST": "true", "HTTP_HX_TARGET": "bulk-progress"}
    assert "0 of 1 returns" in bob.get(f"{address}?shown=queued", **poll).content.decode()
    deliver_all()
    assert bob.get(f"{address}?shown=queued", **poll).headers["HX-Refresh"] == "true"
