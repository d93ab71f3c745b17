"""Counts beside tabs and boxes."""

from __future__ import annotations

from django.http import QueryDict

from console.facets import changed, shown, tabs
from core.jinja_filters import number


def test_a_count_beyond_the_cap_is_said_as_more() -> None:
    assert [shown(count) for count in (0, 1000, 1001, None)] == ["0", "1,000", "1,000+", None]
    assert number(shown(1001)) == "1,000+"


def test_a_change_keeps_the_rest_and_drops_the_cursor() -> None:
    asked = QueryDict("q=R-1&status=open&after=abc")
    assert changed(asked, tab="closed") == "?q=R-1&status=open&tab=closed"
    assert changed(asked, q="") == "?status=open"


def test_the_default_tab_is_current_when_the_address_names_none() -> None:
    made = tabs(QueryDict(), {"open": "Open", "all": "All"}, {"open": 3, "all": 5}, default="all")
    assert [(tab.label, tab.count, tab.current) for tab in made] == [
        ("Open", "3", False),
        ("All", "5", True),
    ]
