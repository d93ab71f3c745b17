"""Vendors in the settings: by hand, archived, and from a file (F10)."""

from __future__ import annotations

import html
import io
import json
import re
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import Invitation, Vendor
from actions import vendor_files
from actions.vendors import archive_vendor
from audit.models import Event
from core.errors import Refused
from core.tenancy import tenant
from rmas.models import Rma
from tests.cast import Cast, SignIn
from tests.factories import Item, made_return, shipped_order

pytestmark = pytest.mark.django_db

VENDORS = "/m/acme/settings/vendors/"
FILE = f"{VENDORS}file/"
CSV = """code,name,email,return_address,return_instructions,users
northlight-lamps,Northlight & Sons,new@example.com,"1 Dock Road
Leeds LS1 1AA",Keep the box.,Nell@example.com; vera.vance@example.com
mill,The Mill,mill@example.com,2 River Lane,,miller@example.com
"""
DETAILS = {"name": "The Mill", "code": "mill", "email": "m@example.com"}


@pytest.fixture
def alice(cast: Cast, sign_in: SignIn) -> Client:
    return sign_in(cast.alice)


def stored(cast: Cast) -> dict[str, str]:
    with tenant(cast.acme.pk):
        return dict(Vendor.objects.values_list("code", "name"))


def invited(cast: Cast) -> list[str]:
    with tenant(cast.acme.pk):
        return sorted(Invitation.objects.values_list("email", flat=True))


def verbs(cast: Cast) -> list[str]:
    with tenant(cast.acme.pk):
        return list(Event.objects.order_by("id").values_list("verb", flat=True))


# --- by hand ------------------------------------------------------------------------------------


def test_a_vendor_is_added_and_changed(cast: Cast, alice: Client) -> None:
    done = alice.post(f"{VENDORS}new/", {"key": uuid4(), **DETAILS}, follow=True)
    assert "The Mill is added" in done.text
    with tenant(cast.acme.pk):
        mill = Vendor.objects.get(code="mill")
    assert not mill.notify_new_users
    page = f"{VENDORS}{mill.public_id}/details/"
    more = {"return_instructions": "Keep the box.", "notify_new_users": "on"}
    assert alice.post(page, {"key": uuid4(), **DETAILS, **more}).status_code == 302
    assert "Keep the box." in alice.get(page).text
    same = alice.post(page, {"key": uuid4(), **DETAILS, **more})
    assert (same.status_code, "nothing was changed" in same.text) == (409, True)
    assert verbs(cast) == ["vendor.added", "vendor.changed"]


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"code": "NORTHLIGHT-lamps"}, 409),
        ({"code": "no blanks"}, 422),
        ({"name": ""}, 422),
        ({"name": "x" * 121}, 422),
        ({"email": "nobody"}, 422),
        ({"return_instructions": "x" * 1001}, 422),
    ],
)
def test_what_cannot_be_is_said_at_its_field(
    cast: Cast, alice: Client, changed: dict[str, str], status: int
) -> None:
    page = alice.post(f"{VENDORS}new/", {"key": uuid4(), **DETAILS, **changed})
    assert page.status_code == status
    assert ("mill" in stored(cast)) is False


def test_an_archived_vendor_is_not_offered_and_keeps_its_rmas(cast: Cast, alice: Client) -> None:
    order = shipped_order(cast.acme, Item(6), vendor=cast.northlight)
    made = made_return(cast.bob, order)
    wizard = f"/m/acme/orders/{order.public_id}/return/"
    assert "Northlight Lamps</option>" in alice.get(wizard).text
    button = f"{VENDORS}{cast.northlight.public_id}/archive/"

    done = alice.post(button, {"key": uuid4(), "wanted": "archive"}, follow=True)

    assert "Its open RMAs stay" in done.text
    assert "Northlight Lamps</option>" not in alice.get(wizard).text
    assert alice.get(f"/m/acme/returns/{made.public_id}/").status_code == 200
    with tenant(cast.acme.pk):
        assert Rma.objects.filter(vendor=cast.northlight).exists()
    with pytest.raises(Refused):
        made_return(cast.bob, order)
    twice = alice.post(button, {"key": uuid4(), "wanted": "archive"})
    assert (twice.status_code, "archived already" in twice.text) == (409, True)
    alice.post(button, {"key": uuid4(), "wanted": "restore"})
    assert "Northlight Lamps</option>" in alice.get(wizard).text


def test_the_own_warehouse_cannot_be_archived(at_acme: Cast) -> None:
    with pytest.raises(Refused, match="goods must be able to come home"):
        archive_vendor(at_acme.alice, at_acme.warehouse)


def test_return_instructions_stand_on_the_rma_for_both_sides(
    cast: Cast, alice: Client, sign_in: SignIn
) -> None:
    with tenant(cast.acme.pk):
        Vendor.objects.filter(pk=cast.northlight.pk).update(return_instructions="<b>Box</b> it.")
    order = shipped_order(cast.acme, Item(6), vendor=cast.northlight)
    made = made_return(cast.bob, order)
    assert "&lt;b&gt;Box&lt;/b&gt; it." in alice.get(f"/m/acme/returns/{made.public_id}/").text
    with tenant(cast.acme.pk):
        request = order.fulfillment_requests.get()
    page = sign_in(cast.vera).get(f"/vendors/acme/purchase-orders/{request.public_id}/")
    assert "&lt;b&gt;Box&lt;/b&gt; it." in page.text


# --- from a file --------------------------------------------------------------------------------


def upload(client: Client, text: str | bytes) -> Any:
    data = text.encode() if isinstance(text, str) else text
    return client.post(FILE, {"key": uuid4(), "file": SimpleUploadedFile("v.csv", data)})


def confirmation(page: Any) -> dict[str, str]:
    found = re.search(r'name="signed" value="([^"]+)"', page.text)
    return {"key": str(uuid4()), "signed": html.unescape(found[1]) if found else ""}


def test_the_preview_tells_all_and_changes_nothing_then_it_is_done_once(
    cast: Cast, alice: Client
) -> None:
    before = stored(cast)
    page = upload(alice, CSV)
    for words in ("Northlight &amp; Sons", "Keep the box.", "nell@example.com", "The Mill", "New"):
        assert words in page.text
    assert (stored(cast), invited(cast), verbs(cast)) == (before, [], [])

    sent = confirmation(page)
    assert [alice.post(FILE, sent).status_code for _time in range(2)] == [302, 302]

    assert stored(cast)["mill"] == "The Mill"
    assert invited(cast) == ["miller@example.com", "nell@example.com"]
    assert verbs(cast) == [
        "vendor.changed", "invitation.sent", "vendor.added", "invitation.sent",
    ]  # fmt: skip
    again = upload(
        alice, CSV.replace("1 Dock Road", " 1 Dock Road  ").replace("The Mill", "The  Mill")
    )
    assert "There is nothing to change" in again.text
    assert len(verbs(cast)) == 4


@pytest.mark.parametrize(
    ("text", "line", "sentence"),
    [
        ("code,name,users\nmill,A,nobody\n", 2, "“nobody” is no e-mail address"),
        ('code,name,return_address\nx,X,"1\n2"\nbad code!,A,\n', 4, "valid"),
        ("code,name,email\nmill,The Mill,not-one\n", 2, "valid email"),
        ("code,name\nmill,A\nmill,B\n", 3, "names this vendor twice"),
        ("code,name\nmill,\n", 2, "blank"),
    ],
)
def test_mistakes_name_line_column_and_reason(
    cast: Cast, alice: Client, text: str, line: int, sentence: str
) -> None:
    before = stored(cast)
    with tenant(cast.acme.pk):
        report = vendor_files.read_vendors(cast.alice, text.encode(), dry_run=False)
    assert [one.line for one in report.complaints] == [line]
    assert sentence in report.complaints[0].reason
    page = upload(alice, text)
    assert (page.status_code, sentence in html.unescape(page.text)) == (200, True)
    assert confirmation(page)["signed"] == ""
    assert (stored(cast), verbs(cast)) == (before, [])


@pytest.mark.parametrize(
    "data", [b"", b"\xff\xfe\x00x", b"name\nX\n", b"code,name\n\0,\0\n", b"x" * 300_000]
)
def test_what_is_no_file_of_vendors_is_refused(cast: Cast, alice: Client, data: bytes) -> None:
    assert upload(alice, data).status_code in (409, 422)
    assert alice.post(FILE, {"key": uuid4()}).status_code == 409
    assert verbs(cast) == []


def test_a_preview_is_of_one_person_at_one_merchant(
    cast: Cast, alice: Client, sign_in: SignIn
) -> None:
    sent = confirmation(upload(alice, CSV))
    charlie = sign_in(cast.charlie)
    there = charlie.post(FILE.replace("acme", "globex"), sent)
    assert (there.status_code, "Upload the file once more" in there.text) == (409, True)
    assert "mill" not in stored(cast)


def test_the_command_does_the_same(cast: Cast, tmp_path: Path) -> None:
    file = tmp_path / "vendors.csv"
    file.write_text(CSV)

    def run(*options: str) -> dict[str, Any]:
        out = io.StringIO()
        call_command("import_vendors", str(file), "--merchant=acme", "--json", *options, stdout=out)
        told: dict[str, Any] = json.loads(out.getvalue())
        return told

    dry = run("--dry-run")
    assert (dry["new"], dry["changed"], dry["invited"]) == (1, 1, 2)
    assert "mill" not in stored(cast)
    assert run() == dry
    assert (run()["unchanged"], len(verbs(cast))) == (2, 4)
    file.write_text("code,name\nbad code!,A\n")
    with pytest.raises(CommandError, match="nothing was changed"):
        call_command("import_vendors", str(file), "--merchant=acme", stdout=io.StringIO())
