"""Notes and files on the page of a return (F6)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.permissions import Role
from returns.models import Return, ReturnFile, ReturnNote
from tests.actions.test_files import picture
from tests.cast import Cast, SignIn, member
from tests.console.desk import address, two_of_each
from tests.factories import new_key

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def bob(at_acme: Cast, sign_in: SignIn) -> Client:
    return sign_in(at_acme.bob)


@pytest.fixture
def found(at_acme: Cast) -> Return:
    return two_of_each(at_acme)


def note(client: Client, found: Return, text: str, audience: str = "internal") -> Any:
    """Send the form of a note."""
    typed = {"key": new_key(), "text": text, "audience": audience}
    return client.post(address(found, "note"), typed)


def add(client: Client, found: Return, content: bytes, name: str = "dent.jpg") -> Any:
    """Send a file."""
    typed = {"key": new_key(), "file": SimpleUploadedFile(name, content)}
    return client.post(address(found, "file"), typed)


def test_a_note_is_written_once_and_its_text_is_text(bob: Client, found: Return) -> None:
    typed = {"key": new_key(), "text": "<b>Fragile</b>\nRing twice", "audience": "internal"}
    for _click in range(2):
        assert bob.post(address(found, "note"), typed).url == f"{address(found)}#papers"
    assert ReturnNote.objects.count() == 1
    page = bob.get(address(found)).text
    assert "&lt;b&gt;Fragile&lt;/b&gt;" in page
    assert "Internal, from Bob Ono" in page
    assert "Bob Ono wrote an internal note" in page
    note(bob, found, "Please add the lid", "customer")
    assert "To the customer, from Bob Ono" in bob.get(address(found)).text


@pytest.mark.parametrize(
    ("text", "audience", "sentence"),
    [
        ("", "internal", "Write something first."),
        ("  \n ", "internal", "Write something first."),
        ("x" * 2001, "internal", "at most 2000"),
        ("Kept words", "everybody", "Select a valid choice"),
    ],
)
def test_what_is_no_note_is_told_on_a_page_of_its_own(
    bob: Client, found: Return, text: str, audience: str, sentence: str
) -> None:
    assert bob.get(address(found, "note")).status_code == 200
    answer = note(bob, found, text, audience)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert text.strip() in answer.text
    assert not ReturnNote.objects.exists()


def test_a_photo_is_shown_small_and_handed_out_as_a_download(
    at_acme: Cast, bob: Client, found: Return
) -> None:
    assert "at most 10 MB" in bob.get(address(found)).text
    assert add(bob, found, picture(), "<dent> 1.jpg").url == f"{address(found)}#papers"
    kept = ReturnFile.objects.get()
    target = f"/m/acme/files/{kept.public_id}/"
    page = bob.get(address(found)).text
    assert f'src="{target}"' in page
    assert "&lt;dent&gt; 1.jpg" in page
    answer = bob.get(target)
    assert answer["Content-Disposition"] == 'attachment; filename="<dent> 1.jpg"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Type"] == "image/jpeg"
    assert b"".join(answer.streaming_content).startswith(b"\xff\xd8\xff")


def test_a_pdf_is_only_ever_a_download(bob: Client, found: Return) -> None:
    add(bob, found, b"%PDF-1.7 <script>", "proof.pdf")
    kept = ReturnFile.objects.get()
    assert not re.search(rf'(src|data)="[^"]*{kept.public_id}', bob.get(address(found)).text)
    answer = bob.get(f"/m/acme/files/{kept.public_id}/")
    assert answer["Content-Disposition"] == 'attachment; filename="proof.pdf"'
    assert answer["Content-Type"] == "application/pdf"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "This file is empty."),
        (b"<svg/>", "Only photos (JPEG, PNG, WebP) and PDF documents can be added."),
        (picture()[:99], "This picture is damaged"),
    ],
)
def test_anything_else_is_told_in_a_sentence(
    bob: Client, found: Return, content: bytes, sentence: str
) -> None:
    answer = add(bob, found, content)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert not ReturnFile.objects.exists()


def test_a_file_over_the_limit_and_a_form_without_one(
    bob: Client, found: Return, settings: Any
) -> None:
    assert bob.get(address(found, "file")).status_code == 200
    missing = bob.post(address(found, "file"), {"key": new_key()})
    assert (missing.status_code, "Choose a file first." in missing.text) == (422, True)
    settings.RETURN_FILE_LIMIT = 1024 * 1024
    large = add(bob, found, picture() + b"x" * 1024 * 1024)
    assert large.status_code == 422
    assert "This file is larger than 1 MB." in large.text


def test_only_the_staff_of_the_merchant_gets_a_file(
    at_acme: Cast, bob: Client, sign_in: SignIn, found: Return, media: Path
) -> None:
    add(bob, found, picture())
    kept = ReturnFile.objects.get()
    rita = member(at_acme.acme, "Rita Read", Role.READ_ONLY)
    for actor, status in (
        (rita, 200),
        (at_acme.wendy, 200),
        (at_acme.charlie, 404),
        (at_acme.vera, 404),
        (at_acme.cora, 404),
    ):
        answer = sign_in(actor).get(f"/m/acme/files/{kept.public_id}/")
        assert answer.status_code == status, actor.name
    assert sign_in(at_acme.charlie).get(f"/m/globex/files/{kept.public_id}/").status_code == 404
    assert sign_in(rita).post(address(found, "file")).status_code == 403
    assert note(sign_in(rita), found, "Hello").status_code == 403
    (media / kept.file.name).unlink()
    assert bob.get(f"/m/acme/files/{kept.public_id}/").status_code == 404
