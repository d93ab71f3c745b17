"""All our Jinja templates, parsed by the product's own environment."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from django.template import engines
from jinja2 import nodes

from tests.architecture.source import ROOT


@lru_cache(maxsize=1)
def _parsed() -> tuple[tuple[str, nodes.Template], ...]:
    folder = ROOT / "templates"
    environment = engines["jinja2"].env
    return tuple(
        (str(path.relative_to(folder)), environment.parse(path.read_text()))
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    )


def parsed_templates() -> Iterator[tuple[str, nodes.Template]]:
    """Name and syntax tree of each template."""
    yield from _parsed()
