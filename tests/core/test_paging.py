"""Keyset paging: every row once, in both directions, whatever the address says."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from core.paging import Page, keyset_page, read_cursor, write_cursor
from orders.models import Order
from tests.cast import Cast
from tests.factories import ChannelFactory, OrderFactory, at

pytestmark = pytest.mark.django_db


@pytest.fixture
def seven(at_acme: Cast) -> list[Order]:
    """Seven orders, newest first; three of them at the very same moment."""
    channel = ChannelFactory(merchant=at_acme.acme)
    moments = ["11-07", "11-06", "11-05", "11-05", "11-05", "11-02", "11-01"]
    made = [
        OrderFactory(
            merchant=at_acme.acme, channel=channel, customer=None, placed_at=at(f"2026-{day} 09:00")
        )
        for day in moments
    ]
    return sorted(made, key=lambda order: (order.placed_at, order.pk), reverse=True)


def page(size: int = 3, **asked: str) -> Page[Order]:
    return keyset_page(Order.objects.all(), "placed_at", asked, size)


def walk(step: str, start: Page[Order], size: int) -> list[list[Order]]:
    """All pages from `start` on, in one direction."""
    name = {"older": "after", "newer": "before"}[step]
    pages, now = [start.rows], start
    while cursor := getattr(now, step):
        now = page(size, **{name: cursor})
        pages.append(now.rows)
    return pages


@pytest.mark.parametrize("size", [1, 2, 3, 4, 6, 7, 8])
def test_every_row_comes_once_in_either_direction(seven: list[Order], size: int):
    older = walk("older", page(size), size)
    assert [row for rows in older for row in rows] == seven

    oldest = page(size)
    while oldest.older:
        oldest = page(size, after=oldest.older)
    newer = walk("newer", oldest, size)
    assert [row for rows in reversed(newer) for row in rows] == seven


def test_the_first_page_has_nothing_newer_and_the_last_nothing_older(seven: list[Order]):
    first = page(4)
    assert (first.rows, first.newer) == (seven[:4], "")
    last = page(4, after=first.older)
    assert (last.rows, last.older) == (seven[4:], "")
    assert page(4, before=last.newer).rows == seven[:4]


def test_one_page_that_holds_all_needs_no_cursor(seven: list[Order]):
    assert page(7) == Page(seven, "", "")
    assert page(50) == Page(seven, "", "")


def test_rows_of_the_same_moment_are_told_apart_by_their_id(seven: list[Order]):
    first = page(3)
    assert page(3, after=first.older).rows == seven[3:6]


def test_a_new_row_does_not_push_one_onto_the_next_page(seven: list[Order], at_acme: Cast):
    first = page(3)
    OrderFactory(merchant=at_acme.acme, customer=None, placed_at=at("2026-11-20 09:00"))
    assert page(3, after=first.older).rows == seven[3:6]


def test_a_row_that_went_away_is_no_hole(seven: list[Order]):
    first = page(3)
    left = Order.objects.exclude(pk=seven[2].pk)
    assert keyset_page(left, "placed_at", {"after": first.older}, 3).rows == seven[3:6]


def test_an_empty_list_is_one_empty_page(at_acme: Cast):
    assert page() == Page([], "", "")
    assert page(after=write_cursor(at("2026-11-01 00:00"), 1)) == Page([], "", "")


def test_each_page_is_one_query_of_one_row_more(seven: list[Order], django_assert_num_queries: Any):
    cursor = page(3).older
    for asked in ({}, {"after": cursor}, {"before": cursor}):
        with django_assert_num_queries(1) as queries:
            page(3, **asked)
        assert queries.captured_queries[0]["sql"].endswith("LIMIT 4")


def test_filters_stay_in_force(seven: list[Order]):
    wanted = Order.objects.filter(pk__in=[seven[0].pk, seven[3].pk, seven[6].pk])
    first = keyset_page(wanted, "placed_at", {}, 2)
    assert first.rows == [seven[0], seven[3]]
    assert keyset_page(wanted, "placed_at", {"after": first.older}, 2).rows == [seven[6]]


# --- cursors ------------------------------------------------------------------------------------


@given(
    st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2100, 1, 1)),  # noqa: DTZ001
    st.integers(min_value=1, max_value=2**63 - 1),
)
def test_a_cursor_reads_back_what_was_written(moment: datetime, pk: int):
    aware = moment.replace(tzinfo=UTC)
    assert read_cursor(write_cursor(aware, pk)) == (aware, pk)


def encoded(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode()


GOOD = "2026-11-05T09:00:00+00:00"
UNREADABLE = [
    "",
    "x",
    "....",
    "é",
    "\x00",
    "a" * 5000,
    encoded(None),
    encoded(5),
    encoded({}),
    encoded([]),
    encoded([GOOD]),
    encoded([GOOD, 1, 2]),
    encoded([GOOD, None]),
    encoded([GOOD, "one"]),
    encoded([GOOD, 2**63]),
    encoded([GOOD, -(2**70)]),
    encoded([5, 5]),
    encoded(["2026-11-05T09:00:00", 5]),
    encoded(["yesterday", 5]),
]
# Crafted by hand.
BREAKING = [
    encoded([GOOD, float("inf")]),
    encoded(["0001-01-01T00:00:00+23:59", 1]),
    encoded(["9999-12-31T23:59:59-23:59", 1]),
    base64.urlsafe_b64encode(b"[" * 3000).decode(),
]


@pytest.mark.parametrize("cursor", UNREADABLE)
def test_a_cursor_that_cannot_be_read_is_ignored(seven: list[Order], cursor: str):
    assert page(3, after=cursor).rows == seven[:3]
    assert page(3, before=cursor).rows == seven[:3]


@pytest.mark.parametrize("cursor", BREAKING, ids=["infinity", "too early", "too late", "nested"])
def test_a_crafted_cursor_breaks_nothing(seven: list[Order], cursor: str):
    with transaction.atomic():
        assert page(3, after=cursor).rows in (seven[:3], [])
        assert page(3, before=cursor).rows in (seven[:3], [])


@given(st.text(max_size=60))
def test_no_text_breaks_the_cursor(text: str):
    read = read_cursor(text)
    assert read is None or isinstance(read[1], int)


def test_a_cursor_beyond_the_rows_shows_an_empty_page(seven: list[Order]):
    before_all = write_cursor(seven[-1].placed_at - timedelta(days=1), 1)
    assert page(3, after=before_all).rows == []
