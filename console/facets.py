"""Tabs, facets and chips of the lists, made from the filters and counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from core.counting import CAP


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab over a list."""

    label: str
    href: str
    count: str | None
    current: bool


@dataclass(frozen=True, slots=True)
class Option:
    """One check box of a facet; `count` is None where counting would say nothing."""

    value: str
    label: str
    count: str | None
    checked: bool


@dataclass(frozen=True, slots=True)
class Link:
    """One saved filter in the panel."""

    label: str
    href: str
    count: str | None
    current: bool


@dataclass(frozen=True, slots=True)
class Chip:
    """One active filter; `href` is the list without it."""

    label: str
    href: str


def shown(count: int | None) -> str | None:
    """A capped count as words: "1,000+" beyond the cap."""
    if count is None:
        return None
    return f"{CAP:,}+" if count > CAP else f"{count:,}"


def changed(asked: QueryDict, **values: Any) -> str:
    """The query string of `asked` with some values replaced; cursors never survive a change."""
    query = asked.copy()
    for name in ("after", "before"):
        query.pop(name, None)
    for name, value in values.items():
        if value in ("", None, []):
            query.pop(name, None)
        else:
            query.setlist(name, value if isinstance(value, list) else [value])
    return "?" + query.urlencode()


def tabs(
    asked: QueryDict, labels: Mapping[str, Any], counts: Mapping[str, int], *, default: str
) -> list[Tab]:
    """One tab per label; `default` is current when the address names none."""
    current = asked.get("tab") or default
    return [
        Tab(str(label), changed(asked, tab=name), shown(counts.get(name)), name == current)
        for name, label in labels.items()
    ]


def options(
    asked: QueryDict,
    name: str,
    choices: list[tuple[str, str]],
    counts: Mapping[tuple[str, str], int],
) -> list[Option]:
    """The boxes of facet `name`; counts are keyed by (facet, value)."""
    checked = set(asked.getlist(name))
    return [
        Option(value, label, shown(counts.get((name, value))), value in checked)
        for value, label in choices
    ]


def chips(
    asked: QueryDict, facets: Mapping[str, list[Option]], words: Mapping[str, Any] | None = None
) -> list[Chip]:
    """A removable chip per ticked box and for the search.

    `words` say more about the boxes of some facets: "RMA: %(label)s".
    """
    words = words or {}
    found = []
    if text := asked.get("q", "").strip():
        found.append(Chip(f"“{text}”", changed(asked, q="")))
    for name, boxes in facets.items():
        ticked = [box.value for box in boxes if box.checked]
        found += [
            Chip(
                str(words[name]) % {"label": box.label} if name in words else box.label,
                changed(asked, **{name: [value for value in ticked if value != box.value]}),
            )
            for box in boxes
            if box.checked
        ]
    return found
