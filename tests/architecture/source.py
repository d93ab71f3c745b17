"""The product's own source, as the architecture tests read it."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PACKAGES: list[str] = PROJECT["tool"]["importlinter"]["root_packages"]
LAYERS: list[str] = next(
    contract["layers"]
    for contract in PROJECT["tool"]["importlinter"]["contracts"]
    if contract["type"] == "layers"
)
RANK = {
    package.strip(): rank
    for rank, layer in enumerate(reversed(LAYERS))
    for package in layer.split("|")
}
"""How high a package stands: `core` is 0. Siblings share a rank and may not point to each other."""

# Python beside the product: it is neither shipped nor imported by it.
BESIDE = {"tests", "benchmarks", "demo"}


def modules(*packages: str, migrations: bool = False) -> Iterator[Path]:
    """The files of these packages, or of all; migrations only if asked."""
    for package in packages or PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if migrations or "migrations" not in path.parts:
                yield path


def name_of(path: Path) -> str:
    """How messages call a file."""
    return str(path.relative_to(ROOT))


@lru_cache(maxsize=512)
def tree(path: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(path.read_text())


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    """Every call in a file with the last part of the name called."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            match node.func:
                case ast.Name(id=name) | ast.Attribute(attr=name):
                    yield name, node


def may_point(source: str, target: str) -> bool:
    """Whether package `source` may know package `target`: itself, or one that stands lower."""
    return source == target or RANK[target] < RANK[source]
