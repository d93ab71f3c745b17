"""An edited export comes back: upload, look at each difference, confirm, see what came of it."""

from __future__ import annotations

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from console import return_changes as pages
from core.tenancy import tenant
from returns.models import Return, ReturnImport
from tests.factories import Item, ReturnFactory, made_return, new_key, shipped_order
from tests.outbox import deliver_all

pytestmark = pytest.mark.django_db

UPLOAD = "/m/acme/exports/changes/new/"


@pytest.fixture
def bob(cast, sign_in):
    """Bob's browser, and two returns he may edit: R-1 in yen, and R-2."""
    order = shipped_order(cast.acme, Item(2, "10"), vendor=cast.northlight, currency="JPY")
    found = made_return(cast.bob, order, note="<b>Old</b>")
    ReturnFactory(merchant=cast.acme, number="R-2")
    with tenant(cast.acme.pk):
        Return.objects.filter(pk=found.pk).update(number="R-1")
    return sign_in(cast.bob)


def send(client, *lines, **form):
    """Post the upload form."""
    file = SimpleUploadedFile("edited.csv", "\n".join(lines).encode())
    return client.post(UPLOAD, {"key": new_key(), "file": file, **form})


def text(response):
    return re.sub(r"\s+", " ", response.content.decode())


def test_every_difference_is_shown_before_anything_changes(cast, bob):
    response = send(
        bob, "Return,Adjustment,Adjustment reason,Note", "R-1,-2,Goodwill,New", "R-9,,,x"
    )
    assert response.status_code == 302
    page = text(bob.get(response["Location"]))
    assert "1 return differs. Nothing has been changed yet." in page
    assert "<del>&lt;b&gt;Old&lt;/b&gt;</del>" in page
    assert "<ins>New</ins>" in page
    assert "<ins>−JP¥2</ins>" in page
    assert "<del>empty</del>" in page
    assert "There is no return R-9." in page
    assert "Change 1 return" in page
    with tenant(cast.acme.pk):
        assert not Return.objects.filter(note="New").exists()
    changes = response["Location"]
    started = bob.post(f"{changes}start/", {"key": new_key()})
    assert started["Location"] == changes
    assert "Waiting for a worker" in text(bob.get(changes))
    headers = {"HX-Request": "true", "HX-Target": "changes-progress"}
    assert "<h1" not in text(bob.get(f"{changes}?shown=queued", headers=headers))
    deliver_all()
    assert bob.get(f"{changes}?shown=queued", headers=headers)["HX-Refresh"] == "true"
    page = text(bob.get(changes))
    assert "1 changed, 0 refused." in page
    with tenant(cast.acme.pk):
        assert Return.objects.get(number="R-1").note == "New"
    assert "edited.csv" in text(bob.get("/m/acme/exports/"))
    again = bob.post(f"{changes}start/", {"key": new_key()}, follow=True)
    assert "started already" in text(again)


def test_a_file_that_says_nothing_new(bob):
    response = send(bob, "Return,Note", "R-1,<b>Old</b>")
    page = text(bob.get(response["Location"]))
    assert "there is nothing to change" in page
    assert "start/" not in page


def test_the_same_click_twice_makes_one_comparison(cast, bob):
    key = new_key()
    first = send(bob, "Return,Note", "R-1,New", key=key)
    second = send(bob, "Return,Note", "R-1,New", key=key)
    assert first["Location"] == second["Location"]
    with tenant(cast.acme.pk):
        assert ReturnImport.objects.count() == 1


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ((), "This file is empty."),
        (("Order,Note", "1,x"), "The first line must name the column “Return”"),
    ],
)
def test_what_is_wrong_stands_at_the_field(bob, lines, words):
    response = send(bob, *lines)
    assert response.status_code == 422
    _before, at_the_field = response.content.decode().split('id="id_file_error"')
    assert words in at_the_field.split("</div>")[0]


def test_no_file_and_one_that_is_too_large(bob, settings):
    assert "Choose a file first." in text(bob.post(UPLOAD, {"key": new_key()}))
    settings.RETURN_FILE_LIMIT = 2**20
    response = send(bob, "Return,Note", "R-1," + "x" * 2**20)
    assert response.status_code == 422
    assert "This file is larger than 1 MB." in text(response)


def test_a_long_list_is_cut(bob, monkeypatch):
    monkeypatch.setattr(pages, "SHOWN", 1)
    response = send(bob, "Return,Note", "R-1,a", "R-2,b")
    page = text(bob.get(response["Location"]))
    assert "the first 1" in page
    assert "Change 2 returns" in page


def test_who_may_not_edit_may_look(cast, bob, sign_in):
    changes = send(bob, "Return,Note", "R-1,New")["Location"]
    wendy = sign_in(cast.wendy)
    assert wendy.get(UPLOAD).status_code == 403
    page = text(wendy.get(changes))
    assert "Your role may not edit returns." in page
    assert "start/" not in page
    assert wendy.post(f"{changes}start/").status_code == 403
    assert sign_in(cast.charlie).get(changes).status_code == 404
