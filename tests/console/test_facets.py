"""Counts beside tabs and boxes."""

from __future__ import annotations

from django.http import QueryDict

from console.facets import Option, changed, chips, shown, tabs
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


def test_a_chip_says_of_which_facet_it_is_where_its_word_is_not_enough() -> None:
    asked = QueryDict("q=R-1&rma=waiting&rma=denied&status=open&after=abc")
    facets = {
        "rma": [Option("waiting", "Waiting", None, True), Option("denied", "100 %", None, True)],
        "status": [Option("open", "Open", None, True), Option("closed", "Closed", None, False)],
    }
    made = chips(asked, facets, {"rma": "RMA: %(label)s"})
    assert [(chip.label, chip.href) for chip in made] == [
        ("“R-1”", "?rma=waiting&rma=denied&status=open"),
        ("RMA: Waiting", "?q=R-1&rma=denied&status=open"),
        ("RMA: 100 %", "?q=R-1&rma=waiting&status=open"),
        ("Open", "?q=R-1&rma=waiting&rma=denied"),
    ]
