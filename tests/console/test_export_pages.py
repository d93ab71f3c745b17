"""Exports in the console: ask for a file, watch it, keep it under a name, have it repeated."""

from __future__ import annotations

import csv
import io
import re

import pytest

from actions.exports import Recipe, Timing, request_export, save_export
from console import exports as pages
from core.tenancy import tenant
from returns.models import ExportJob, SavedExport
from tests.factories import ReturnFactory, new_key
from tests.outbox import deliver_all

pytestmark = pytest.mark.django_db

LIST = "/m/acme/exports/"
NEW = "/m/acme/exports/new/"
RECIPE = Recipe("Open returns", "return", ["number", "status"], "status=open")


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    """Files in a folder of their own."""
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def bob(cast, sign_in):
    """Bob's browser."""
    return sign_in(cast.bob)


@pytest.fixture
def job(cast):
    """A file Bob asked for."""
    ReturnFactory(merchant=cast.acme, number="R-1")
    with tenant(cast.acme.pk, user=cast.bob.user.pk):
        return request_export(cast.bob, RECIPE)


def filled(**changed):
    """The form as a person fills it in."""
    return {
        "key": new_key(), "grain": "return", "query": "", "columns": ["number"], "first": "",
        "last": "", "format": "csv", "name": "Mine", "schedule": "", "at_hour": "6",
        "weekday": "0", "day": "1", "then": "make", **changed,
    }  # fmt: skip


def only(cast, model):
    """The one row there is."""
    with tenant(cast.acme.pk):
        return model.objects.get()


def text(response):
    return re.sub(r"\s+", " ", response.content.decode())


# --- asking -------------------------------------------------------------------------------------


def test_the_form_starts_with_everything_of_the_filter_one_came_from(cast, bob):
    page = text(bob.get(NEW, {"status": "open", "after": "x", "grain": "rma"}))
    assert 'name="query" value="status=open"' in page
    assert 'value="credited"' in page
    assert "checked" in page
    assert '<span class="chip"><span>Open</span></span>' in page
    assert f'href="{NEW}?grain=line&amp;status=open"' in page
    assert "All of them." in text(bob.get(NEW))


def test_a_file_is_asked_for_once(cast, bob):
    ReturnFactory(merchant=cast.acme, number="R-1")
    form = filled(query="status=open&after=x", first="2026-07-01", last="2026-07-31")
    first, second = bob.post(NEW, form), bob.post(NEW, form)
    assert first.status_code == 302
    assert first["Location"] == second["Location"]
    job = only(cast, ExportJob)
    assert first["Location"] == f"{LIST}{job.public_id}/"
    assert (job.name, job.columns) == ("Mine", ["number"])
    assert job.query == "status=open&from=2026-07-01&to=2026-07-31"
    page = text(bob.get(first["Location"]))
    for words in ("from 1 Jul 2026", "to 31 Jul 2026", "Waiting for a worker", "1 of 27"):
        assert words in page


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"columns": []}, "Choose at least one column."),
        ({"name": ""}, "Give it a name."),
        ({"first": "2026-07-02", "last": "2026-07-01"}, "The last day is before the first."),
        ({"first": "yesterday"}, "Enter a day, such as 2026-11-01."),
        ({"last": "9999-12-31"}, "Enter a day, such as 2026-11-01."),
        ({"columns": ["sku"]}, "sku is not one of the available choices"),
        ({"query": "q=" + "x" * 3000}, "too long"),
    ],
)
def test_what_is_wrong_stands_at_the_field(cast, bob, changed, words):
    response = bob.post(NEW, filled(**changed))
    assert response.status_code == 422
    assert words in text(response)
    with tenant(cast.acme.pk):
        assert not ExportJob.objects.exists()


def test_a_large_overview_leads_to_the_form(cast, bob, monkeypatch):
    monkeypatch.setattr(pages, "AT_ONCE", 1)
    for number in ("R-1", "R-2"):
        ReturnFactory(merchant=cast.acme, number=number)
    ReturnFactory(merchant=cast.acme, number="R-3", status="closed")
    address = "/m/acme/returns/export/"
    for response in (
        bob.get(address, {"status": "open"}),
        bob.post(address, {"everything": "1", "status": ["open"]}),
    ):
        assert (response.status_code, response["Location"]) == (302, f"{NEW}?status=open")
    assert "Their file is made in the background." in text(bob.get(response["Location"]))
    assert bob.get(address, {"status": "closed"}).status_code == 200
    with tenant(cast.acme.pk):
        assert not ExportJob.objects.exists()


# --- one file -----------------------------------------------------------------------------------


def test_the_bar_alone_until_the_status_changes(bob, job):
    address = f"{LIST}{job.public_id}/"
    headers = {"HX-Request": "true", "HX-Target": "export-progress"}
    bar = bob.get(f"{address}?shown=queued", headers=headers)
    assert "<h1" not in text(bar)
    assert "Waiting for a worker" in text(bar)
    deliver_all()
    assert bob.get(f"{address}?shown=queued", headers=headers)["HX-Refresh"] == "true"


def test_the_file_is_downloaded_and_deleted(cast, bob, job, sign_in):
    address = f"{LIST}{job.public_id}/"
    assert bob.get(f"{address}file/").status_code == 404
    deliver_all()
    assert "The file has 1 row." in text(bob.get(address))
    response = bob.get(f"{address}file/")
    content = b"".join(response.streaming_content).decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(content))) == [["Return", "Status"], ["R-1", "Open"]]
    assert re.fullmatch(
        r'attachment; filename="acme-returns-\d{4}-\d\d-\d\d\.csv"', response["Content-Disposition"]
    )
    assert sign_in(cast.charlie).get(f"{address}file/").status_code == 404
    bob.post(f"{address}delete/", {"key": new_key()})
    assert bob.get(f"{address}file/").status_code == 404
    assert "The file has been removed." in text(bob.get(address))
    refused = bob.post(f"{address}delete/", {"key": new_key()}, follow=True)
    assert "removed already" in text(refused)


def test_a_workbook_has_its_kind(cast, bob):
    with tenant(cast.acme.pk, user=cast.bob.user.pk):
        job = request_export(cast.bob, Recipe("x", "refund", ["amount"], format="xlsx"))
    deliver_all()
    response = bob.get(f"{LIST}{job.public_id}/file/")
    assert "spreadsheetml" in response["Content-Type"]
    assert "-refunds-" in response["Content-Disposition"]


# --- saved --------------------------------------------------------------------------------------


def test_kept_under_a_name_repeated_and_changed(cast, bob):
    form = filled(then="save", schedule="weekly", weekday="4", at_hour="18", query="status=open")
    assert bob.post(NEW, form)["Location"] == LIST
    saved = only(cast, SavedExport)
    assert (saved.schedule, saved.weekday, saved.at_hour) == ("weekly", 4, 18)
    assert "Friday at 18:00" in text(bob.get(LIST))
    address = f"{LIST}saved/{saved.public_id}/"
    page = text(bob.get(address))
    assert 'value="status=open"' in page
    assert '<span class="chip"><span>Open</span></span>' in page
    taken = bob.post(NEW, filled(then="save"))
    assert taken.status_code == 409
    assert "You have an export of this name already." in text(taken)
    bob.post(address, filled(name="Ours", schedule="", grain="rma", columns=["number", "note"]))
    changed = only(cast, SavedExport)
    assert (changed.name, changed.schedule, changed.grain) == ("Ours", "", "return")
    response = bob.post(f"{address}run/", {"key": new_key()})
    job = only(cast, ExportJob)
    assert response["Location"] == f"{LIST}{job.public_id}/"
    assert job.saved_id == saved.pk
    bob.post(f"{address}delete/", {"key": new_key()})
    assert "“Ours” is deleted." in text(bob.get(LIST))


def test_shared_ones_are_run_by_all_and_changed_by_their_owner(cast, bob, sign_in):
    with tenant(cast.acme.pk, user=cast.alice.user.pk):
        shared = save_export(cast.alice, RECIPE, Timing("daily"), is_shared=True)
        own = save_export(cast.alice, Recipe("Secret", "rma", ["number"]))
    page = text(bob.get(LIST))
    assert "Open returns" in page
    assert "Secret" not in page
    assert bob.get(f"{LIST}saved/{shared.public_id}/").status_code == 404
    assert bob.post(f"{LIST}saved/{own.public_id}/run/").status_code == 404
    assert bob.post(f"{LIST}saved/{shared.public_id}/run/").status_code == 302
    assert "is_shared" not in text(bob.get(NEW))
    assert "is_shared" in text(sign_in(cast.alice).get(NEW))


def test_the_list_costs_the_same_with_many(cast, bob, job, django_assert_max_num_queries):
    with tenant(cast.acme.pk, user=cast.bob.user.pk):
        for place in range(20):
            request_export(cast.bob, RECIPE)
            save_export(cast.bob, Recipe(f"E{place}", "line", ["sku"]))
    with django_assert_max_num_queries(20):
        page = text(bob.get(LIST))
    assert "E19" in page


def test_an_empty_list_says_what_to_do(bob):
    assert "No exports yet" in text(bob.get(LIST))
