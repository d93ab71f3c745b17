"""Saved filters and chosen columns of the overview (F4, F5)."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.actor import Actor
from accounts.permissions import Role
from actions.filters import (
    MOST_FILTERS,
    change_filter,
    choose_columns,
    delete_filter,
    save_filter,
)
from audit.models import Event
from core.errors import NotAllowed, Refused
from core.tenancy import tenant
from returns.models import ListColumns, SavedFilter
from tests.cast import Cast, SignIn, member
from tests.factories import made_return, new_key, shipped_order

pytestmark = pytest.mark.django_db

LIST = "/m/acme/returns/"
NEW = "/m/acme/filters/new/"


def at_acme(actor: Actor) -> Any:
    return tenant(actor.merchant_id, user=actor.user_id)


def kept(actor: Actor, name: str = "Silent vendors", **of: Any) -> SavedFilter:
    with at_acme(actor):
        saved: SavedFilter = save_filter(
            actor, **{"name": name, "query": "waits=vendor&since=3", **of}
        )
        return saved


def names(actor: Actor) -> list[str]:
    with at_acme(actor):
        return [one.name for one in SavedFilter.objects.visible_to(actor)]


def events(actor: Actor) -> list[str]:
    with at_acme(actor):
        events = Event.objects.filter(noun="savedfilter").order_by("id")
        return list(events.values_list("verb", flat=True))


# --- the verbs ----------------------------------------------------------------------------------


def test_a_filter_is_ones_own_until_it_is_shared(cast: Cast) -> None:
    kept(cast.alice, "Mine")
    kept(cast.alice, "For all", is_shared=True)
    assert names(cast.alice) == ["For all", "Mine"]
    assert names(cast.bob) == ["For all"]
    assert names(cast.charlie) == []
    assert names(cast.vera) == []
    assert events(cast.alice) == ["filter.saved", "filter.saved"]


def test_sharing_takes_a_permission_of_its_own(cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        kept(cast.bob, is_shared=True)
    saved = kept(cast.bob)
    with at_acme(cast.bob), pytest.raises(NotAllowed):
        change_filter(cast.bob, saved, name="New", is_shared=True)
    assert names(cast.bob) == ["Silent vendors"]
    with pytest.raises(NotAllowed):
        save_filter(cast.vera, name="x", query="status=open")


@pytest.mark.parametrize(
    ("of", "sentence"),
    [
        ({"query": ""}, "no filter to save"),
        ({"query": "q=" + "a" * 1000}, "too long"),
        ({}, "of this name already"),
    ],
)
def test_what_cannot_be_saved_is_said(cast: Cast, of: dict[str, Any], sentence: str) -> None:
    kept(cast.bob)
    with pytest.raises(Refused, match=sentence):
        kept(cast.bob, **of)
    assert names(cast.bob) == ["Silent vendors"]
    kept(cast.alice)


def test_nobody_keeps_filters_without_end(cast: Cast) -> None:
    with at_acme(cast.bob):
        SavedFilter.objects.bulk_create(
            SavedFilter(
                merchant=cast.acme, owner=cast.bob.user, name=f"No. {n}", query="status=open"
            )
            for n in range(MOST_FILTERS)
        )
    with pytest.raises(Refused, match="Delete one first"):
        kept(cast.bob)


def test_only_its_owner_renames_a_filter(cast: Cast) -> None:
    saved = kept(cast.alice, is_shared=True)
    with at_acme(cast.alice):
        change_filter(cast.alice, saved, name="Slow vendors", is_shared=False)
    assert names(cast.alice) == ["Slow vendors"]
    assert names(cast.bob) == []
    mona = member(cast.acme, "Mona Manager", Role.MANAGER)
    with at_acme(mona), pytest.raises(Refused, match="Only who saved"):
        change_filter(mona, saved, name="Mine now", is_shared=False)
    assert events(cast.alice) == ["filter.saved", "filter.changed"]


def test_a_shared_filter_may_stay_shared_without_the_permission(cast: Cast) -> None:
    """Its owner shared it as a manager and is an agent now."""
    saved = kept(cast.bob)
    with at_acme(cast.bob):
        SavedFilter.objects.filter(pk=saved.pk).update(is_shared=True)
        change_filter(cast.bob, saved, name="Still shared", is_shared=True)
    assert names(cast.alice) == ["Still shared"]


def test_who_deletes_a_filter(cast: Cast) -> None:
    mine, shared = kept(cast.alice, "Mine"), kept(cast.alice, "For all", is_shared=True)
    mona = member(cast.acme, "Mona Manager", Role.MANAGER)
    with at_acme(cast.bob), pytest.raises(NotAllowed):
        delete_filter(cast.bob, shared)
    with at_acme(mona), pytest.raises(Refused, match="gone already"):
        delete_filter(mona, mine)
    assert names(cast.alice) == ["For all", "Mine"]
    with at_acme(mona):
        delete_filter(mona, shared)
    with at_acme(cast.alice):
        delete_filter(cast.alice, mine)
    assert names(cast.alice) == []
    assert events(cast.alice) == [*["filter.saved"] * 2, *["filter.deleted"] * 2]


def test_columns_belong_to_one_person(cast: Cast) -> None:
    with at_acme(cast.bob):
        assert choose_columns(cast.bob, ["age", "nonsense"]) == ("return", "age")
        choose_columns(cast.bob, ["total"])
        assert [one.columns for one in ListColumns.objects.all()] == [["return", "total"]]
    with at_acme(cast.alice):
        assert not ListColumns.objects.exists()


# --- the pages ----------------------------------------------------------------------------------


@pytest.fixture
def alice(cast: Cast, sign_in: SignIn) -> Client:
    return sign_in(cast.alice)


def test_the_filter_of_the_list_is_saved_and_stands_in_the_panel(cast: Cast, alice: Client) -> None:
    made_return(cast.bob, shipped_order(cast.acme, vendor=cast.northlight))
    page = alice.get(f"{LIST}?waits=vendor&after=abc").text
    assert "Save filter" in page
    assert 'name="query" value="waits=vendor"' in page
    sent = {"key": new_key(), "query": "waits=vendor&after=abc", "name": "With vendors"}

    response = alice.post(NEW, sent)
    assert (response.status_code, response["Location"]) == (302, f"{LIST}?waits=vendor")
    assert alice.post(NEW, sent).status_code == 302
    assert names(cast.alice) == ["With vendors"]

    page = alice.get(f"{LIST}?waits=vendor").text
    link = page.partition('href="?waits=vendor" aria-current="true"')[2].partition("</a>")[0]
    assert "With vendors" in link
    assert '<span class="facet__count">1</span>' in link


@pytest.mark.parametrize(
    ("changed", "status"),
    [({"name": " "}, 422), ({"key": "x"}, 422), ({"query": "after=x"}, 409), ({"name": "é"}, 302)],
)
def test_a_form_with_mistakes_comes_back(
    cast: Cast, alice: Client, changed: dict[str, str], status: int
) -> None:
    sent = {"key": new_key(), "query": "status=open", "name": "Open", **changed}
    response = alice.post(NEW, sent)
    assert response.status_code == status
    assert names(cast.alice) == (["é"] if status == 302 else [])


def test_a_name_that_is_taken_is_said_at_the_field(cast: Cast, alice: Client) -> None:
    kept(cast.alice, "Open")
    response = alice.post(NEW, {"key": new_key(), "query": "status=open", "name": "Open"})
    assert response.status_code == 409
    assert "You have a filter of this name already." in response.text
    assert 'value="status=open"' in response.text


def test_rename_share_and_delete(cast: Cast, alice: Client) -> None:
    saved = kept(cast.alice)
    address = f"/m/acme/filters/{saved.public_id}/"
    assert 'value="Silent vendors"' in alice.get(address).text
    sent = {"key": new_key(), "query": saved.query, "name": "Quiet", "is_shared": "on"}
    response = alice.post(address, sent)
    assert response["Location"] == f"{LIST}?waits=vendor&since=3"
    assert names(cast.bob) == ["Quiet"]
    assert "Quiet" in alice.get("/m/acme/filters/").text
    key = new_key()
    for _click in range(2):
        assert alice.post(f"{address}delete/", {"key": key}).status_code == 302
    assert names(cast.alice) == []
    assert alice.get(address).status_code == 404


def test_a_shared_filter_of_somebody_else_has_no_buttons(cast: Cast, sign_in: SignIn) -> None:
    saved = kept(cast.alice, "For all", is_shared=True)
    bob = sign_in(cast.bob)
    page = bob.get("/m/acme/filters/").text
    assert "For all" in page
    assert str(saved.public_id) not in page
    assert bob.get(f"/m/acme/filters/{saved.public_id}/").status_code == 404
    deleted = bob.post(f"/m/acme/filters/{saved.public_id}/delete/", {"key": new_key()})
    assert deleted.status_code == 404
    assert names(cast.alice) == ["For all"]


def headings(page: str) -> list[str]:
    return [part.partition("<")[0].partition(">")[2] for part in page.split("<th scope")[1:]]


def test_columns_are_chosen_and_given_back(cast: Cast, alice: Client) -> None:
    made_return(cast.bob, shipped_order(cast.acme, vendor=cast.northlight, number="536365"))
    usual = ["Return", "Customer", "Lines", "Progress", "RMA", "Waiting on", "Requested", "Total"]
    assert headings(alice.get(LIST).text) == usual

    address = "/m/acme/returns/columns/"
    assert "Columns of the returns" in alice.get(address).text
    chosen = ["order", "shipped", "reason", "channel", "age"]
    response = alice.post(address, {"key": new_key(), "query": "status=open", "columns": chosen})
    assert response["Location"] == f"{LIST}?status=open"
    page = alice.get(LIST).text
    assert headings(page) == ["Return", "Order", "Shipment", "Reason", "Channel", "Age"]
    for text in ("#536365", "Not sent", "Incorrect item", "under 1 min"):
        assert text in page

    alice.post(address, {"key": new_key(), "default": "1"})
    assert headings(alice.get(LIST).text) == usual
    assert alice.post(address, {"key": new_key(), "columns": ["nonsense"]}).status_code == 422
