"""The first wall alone: read as the owner, for whom no policy narrows anything (G1, the other way).

Row-level security would hide a forgotten `visible_to()`. Here it is off, so each wall is known to
hold by itself.
"""

from __future__ import annotations

import pytest

from tests.security.test_routes import NAMES, is_right, send, visits
from tests.security.watch import for_real
from tests.security.world import World, expected

pytestmark = pytest.mark.django_db

PAGES = [name for name in NAMES if ":" in name]


@pytest.mark.parametrize("name", PAGES)
def test_without_the_second_wall_everybody_sees_what_they_saw_before(world, quiet, name):
    assert for_real(lambda: wrong_pages(world, name), as_owner=True) == []


def wrong_pages(world: World, name: str) -> list[str]:
    """Pages of one route that answer otherwise than the table says, or show too much."""
    wrong = []
    for person in world.people.values():
        if not person.is_inside:
            continue
        for visit in visits(world, name, person):
            wanted = expected(person, name, visit.slug, visit.thing, visit.method)
            if visit.method != "GET" or wanted == 403:
                continue
            address = visit.address(name)
            response = send(world, name, visit)
            leaks = world.leaks(response, person, address)
            if not is_right(name, visit, response, wanted) or leaks:
                wrong.append(f"{person.name} {address}: {response.status_code}, {leaks}")
    return wrong
