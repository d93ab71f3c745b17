"""Vendors from a file: what the preview shows, and what the confirmation writes."""

from __future__ import annotations

import html
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.actor import Actor
from accounts.models import Vendor
from actions import vendor_files
from actions.platform import VendorRow, keep_vendor
from audit.models import Event
from core.errors import NotAllowed
from core.tenancy import tenant
from tests.config.platform.conftest import signed_in
from tests.factories import VendorFactory

pytestmark = pytest.mark.django_db

IMPORT = "/platform/accounts/vendor/import/"
CONFIRM = "/platform/accounts/vendor/process_import/"
FILE = """code,name,email,return_address
northlight-lamps,Northlight & Sons,new@example.com,"1 Dock Road
Leeds LS1 1AA"
mill,The Mill,mill@example.com,2 River Lane
"""


def upload(client, text: str | bytes = FILE):
    data = text.encode() if isinstance(text, str) else text
    file = SimpleUploadedFile("vendors.csv", data)
    return client.post(IMPORT, {"import_file": file, "format": "0", "resource": "0"})


def inputs(response) -> dict[str, str]:
    """The hidden inputs of the confirm form."""
    page = response.content.decode()
    names = ("import_file_name", "original_file_name", "format", "resource")
    found = {n: re.search(rf'name="{n}"[^>]*?value="([^"]*)"', page) for n in names}
    return {name: html.unescape(match[1]) for name, match in found.items() if match}


def stored(merchant) -> dict[str, str]:
    with tenant(merchant.pk):
        return dict(Vendor.objects.filter(merchant=merchant).values_list("code", "name"))


def verbs(merchant) -> list[str]:
    with tenant(merchant.pk):
        found = Event.objects.filter(noun="vendor").order_by("id")
        return list(found.values_list("verb", flat=True))


def test_the_preview_shows_the_difference_and_stores_nothing(cast, at_desk):
    before = stored(cast.acme)
    response = upload(at_desk)
    page = response.content.decode()
    assert "<ins>" in page
    assert "style=" not in page
    assert "the vendors of Acme Gifts" in page
    assert "Northlight" in page
    assert stored(cast.acme) == before
    assert verbs(cast.acme) == []


def test_the_confirmation_writes_each_row_by_an_action(cast, at_desk):
    preview = upload(at_desk)
    assert at_desk.post(CONFIRM, inputs(preview)).status_code == 302
    now = stored(cast.acme)
    assert now["northlight-lamps"] == "Northlight & Sons"
    assert now["mill"] == "The Mill"
    assert verbs(cast.acme) == ["vendor.updated", "vendor.imported"]
    with tenant(cast.acme.pk):
        mill = Vendor.objects.get(code="mill")
        assert (mill.email, mill.return_address) == ("mill@example.com", "2 River Lane")
        assert not mill.own_warehouse

    assert at_desk.post(CONFIRM, inputs(preview)).status_code == 302
    assert stored(cast.acme) == now
    assert len(verbs(cast.acme)) == 2


def test_what_an_export_gave_comes_back_unchanged(cast, at_desk):
    VendorFactory(merchant=cast.acme, name="+44 Imports", code="plus", return_address="=A1")
    file = at_desk.post("/platform/accounts/vendor/export/", {"format": "0"}).content
    preview = upload(at_desk, file)
    at_desk.post(CONFIRM, inputs(preview))
    assert stored(cast.acme)["plus"] == "+44 Imports"
    assert verbs(cast.acme) == []


def test_a_preview_of_one_merchant_cannot_be_written_at_another(cast, at_desk):
    preview = upload(at_desk)
    at_desk.post("/platform/choose/", {"merchant": "globex"})
    before = stored(cast.globex)
    response = at_desk.post(CONFIRM, inputs(preview), follow=True)
    assert "Upload the file once more" in response.content.decode()
    assert stored(cast.globex) == before
    assert "mill" not in stored(cast.acme)


def test_a_preview_of_one_person_cannot_be_written_by_another(cast, at_desk, sue):
    preview = upload(at_desk)
    signed_in(sue, at=cast.acme).post(CONFIRM, inputs(preview))
    assert "mill" not in stored(cast.acme)


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "/etc/passwd", "abc", "\0", "eJw=:x:y"])
def test_a_file_nobody_previewed_is_refused(cast, at_desk, name):
    sent = {"import_file_name": name, "original_file_name": "x.csv", "format": "0"}
    response = at_desk.post(CONFIRM, sent, follow=True)
    assert response.status_code == 200
    assert "Upload the file once more" in response.content.decode()


def test_an_old_preview_is_refused(cast, at_desk, monkeypatch):
    preview = upload(at_desk)
    monkeypatch.setattr(vendor_files, "PREVIEW_LASTS", -1)
    at_desk.post(CONFIRM, inputs(preview))
    assert "mill" not in stored(cast.acme)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("name,email\nX,x@example.com\n", "must name the columns code and name"),
        ("", "empty"),
        (b"\xff\xfe\x00x", "no CSV file in UTF-8"),
        ("code,name\nbad code!,X\n", "valid"),
        ("code,name,email\nmill,The Mill,not-an-address\n", "valid email"),
        ("code,name\nmill,\n", "blank"),
        (f"code,name\nmill,{'x' * 200}\n", "at most 120"),
        ("code,name\nmill,\0\n", ""),
        ("code,name\nmill,A\nmill,B,C,D\n", ""),
        ("code,name\n" + "".join(f"v{n},V\n" for n in range(1001)), "more than 1,000 vendors"),
        ("code,name\n" + "x" * 300_000, "too large"),
    ],
)
def test_a_file_with_mistakes_is_told_and_cannot_be_confirmed(cast, at_desk, text, sentence):
    before = stored(cast.acme)
    response = upload(at_desk, text)
    if response.status_code == 302:
        response = at_desk.get(IMPORT)
    page = response.content.decode()
    assert response.status_code == 200
    assert sentence in page
    assert "Traceback" not in page
    assert inputs(response).get("import_file_name") is None
    assert stored(cast.acme) == before


def test_the_own_warehouse_and_other_merchants_are_out_of_reach(cast, at_desk):
    VendorFactory(merchant=cast.globex, name="Mill of Globex", code="mill")
    preview = upload(at_desk, "code,name,own_warehouse,merchant\nmill,The Mill,1,2\n")
    at_desk.post(CONFIRM, inputs(preview))
    assert stored(cast.globex)["mill"] == "Mill of Globex"
    with tenant(cast.acme.pk):
        assert not Vendor.objects.get(code="mill").own_warehouse


def test_cells_are_shown_as_text(cast, at_desk):
    page = upload(at_desk, 'code,name\nmill,"<script>alert(1)</script>"\n').content.decode()
    assert "<script>alert" not in page


def test_other_pages_take_no_file(cast, at_desk):
    response = at_desk.post(
        "/platform/choose/", {"merchant": "acme", "file": SimpleUploadedFile("x", b"x")}
    )
    assert response.status_code == 302


def test_keeping_a_vendor_takes_the_permission(cast, pat):
    with tenant(cast.acme.pk):
        with pytest.raises(NotAllowed):
            keep_vendor(cast.alice, VendorRow("mill", "The Mill"))
        kept = keep_vendor(Actor.platform(pat, cast.acme), VendorRow("mill", "The Mill"))
        assert kept.merchant_id == cast.acme.pk


def test_a_left_out_column_stays_as_it_is(cast, at_desk):
    VendorFactory(
        merchant=cast.acme, name="Mill", code="mill", email="m@example.com", return_address="2 Lane"
    )
    preview = upload(at_desk, "code,name\nmill,The Mill\n")
    at_desk.post(CONFIRM, inputs(preview))
    with tenant(cast.acme.pk):
        mill = Vendor.objects.get(code="mill")
    assert (mill.name, mill.email, mill.return_address) == ("The Mill", "m@example.com", "2 Lane")
