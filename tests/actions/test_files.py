"""Photos and documents of a return: what is kept, and as what (F6, DESIGN section 4)."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, PngImagePlugin

from actions import files
from actions.files import LONGEST_SIDE, add_file
from audit.models import Event
from core.errors import NotAllowed, Refused
from returns.models import Return, ReturnFile
from tests.cast import Cast
from tests.factories import made_return, shipped_order

pytestmark = pytest.mark.django_db
SECRET = "51.5007N 0.1246W"


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def found(at_acme: Cast) -> Return:
    return made_return(at_acme.bob, shipped_order(at_acme.acme, vendor=at_acme.northlight))


def picture(kind: str = "JPEG", size: tuple[int, int] = (40, 20), mode: str = "RGB") -> bytes:
    """A picture with something hidden in it."""
    image = Image.new(mode, size, "teal")
    hidden: dict[str, Any] = {}
    if kind == "PNG":
        hidden["pnginfo"] = PngImagePlugin.PngInfo()
        hidden["pnginfo"].add_text("Comment", SECRET)
    else:
        exif = Image.Exif()
        exif[0x010E] = SECRET
        exif[0x0112] = 6  # lies on its side
        hidden["exif"] = exif
    file = io.BytesIO()
    image.save(file, kind, **hidden)
    assert SECRET.encode() in file.getvalue()
    return file.getvalue()


def upload(content: bytes, name: str = "dent.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


@pytest.mark.parametrize(
    ("kind", "content_type", "ending"),
    [
        ("JPEG", "image/jpeg", ".jpg"),
        ("PNG", "image/png", ".png"),
        ("WEBP", "image/webp", ".webp"),
    ],
)
def test_photos_are_drawn_anew_and_what_was_hidden_is_gone(
    at_acme: Cast, found: Return, kind: str, content_type: str, ending: str
) -> None:
    kept = add_file(at_acme.wendy, found, upload(picture(kind), "../up/dent\x07.exe"))
    content = kept.file.read()
    assert SECRET.encode() not in content
    assert (kept.content_type, kept.name, kept.size) == (
        content_type,
        f"dent{ending}",
        len(content),
    )
    image: Any = Image.open(io.BytesIO(content))
    assert image.format == kind
    assert not image.getexif()
    assert image.size == ((40, 20) if kind == "PNG" else (20, 40)), "photos stand upright"
    event = Event.objects.get(verb="file.added")
    assert (event.parent_id, event.data["name"]) == (found.pk, f"dent{ending}")


def test_what_hangs_on_behind_a_picture_is_not_kept(at_acme: Cast, found: Return) -> None:
    script = b"<script>alert(1)</script>"
    kept = add_file(at_acme.bob, found, upload(picture() + script))
    assert script not in kept.file.read()


def test_a_large_photo_becomes_smaller_and_a_clear_one_stays_clear(
    at_acme: Cast, found: Return
) -> None:
    wide = add_file(at_acme.bob, found, upload(picture("PNG", (4000, 100), "RGBA")))
    image = Image.open(wide.file)
    assert (image.size, image.mode) == ((LONGEST_SIDE, 75), "RGBA")


def test_a_pdf_is_kept_as_it_is(at_acme: Cast, found: Return) -> None:
    content = b"%PDF-1.7\n1 0 obj\n"
    kept = add_file(at_acme.fay, found, upload(content, "invoice.html"))
    assert (kept.content_type, kept.name) == ("application/pdf", "invoice.pdf")
    assert kept.file.read() == content


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "This file is empty"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "Only photos"),
        (b"<html>", "Only photos"),
        (b"GIF89a", "Only photos"),
        (b"MZ\x90", "Only photos"),
        (picture()[:200], "damaged"),
        (picture("PNG")[:90], "damaged"),
    ],
    ids=["empty", "svg", "html", "gif", "program", "cut jpeg", "cut png"],
)
def test_everything_else_is_refused_in_a_sentence(
    at_acme: Cast, found: Return, media: Path, content: bytes, sentence: str
) -> None:
    with pytest.raises(Refused, match=sentence) as refused:
        add_file(at_acme.bob, found, upload(content))
    assert refused.value.field == "file"
    assert not ReturnFile.objects.exists()
    assert [path for path in media.rglob("*") if path.is_file()] == []


def test_a_picture_of_too_many_pixels_is_never_unpacked(
    at_acme: Cast, found: Return, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = picture("PNG")
    monkeypatch.setattr(files, "MOST_PIXELS", 500)
    monkeypatch.setattr(Image.Image, "load", lambda *_args: pytest.fail("it was unpacked"))
    with pytest.raises(Refused, match="million pixels"):
        add_file(at_acme.bob, found, upload(content))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 300)
    with pytest.raises(Refused, match="million pixels"):
        add_file(at_acme.bob, found, upload(content))


def test_a_file_over_the_limit_is_refused(at_acme: Cast, found: Return, settings: Any) -> None:
    settings.RETURN_FILE_LIMIT = 100
    with pytest.raises(Refused, match="larger than"):
        add_file(at_acme.bob, found, upload(picture()))


def test_who_may_only_read_adds_nothing(at_acme: Cast, found: Return, media: Path) -> None:
    for actor in (at_acme.vera, at_acme.cora):
        with pytest.raises(NotAllowed):
            add_file(actor, found, upload(picture()))
    assert not ReturnFile.objects.exists()
    assert [path for path in media.rglob("*") if path.is_file()] == []
    add_file(at_acme.bob, found, upload(picture()))


def test_a_return_keeps_so_many_files_and_says_so(
    at_acme: Cast, found: Return, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "MOST_FILES", 2)
    for place in range(2):
        add_file(at_acme.bob, found, upload(b"%PDF-1.4", f"{place}.pdf"))
    with pytest.raises(Refused, match="This return has 2 files already") as info:
        add_file(at_acme.bob, found, upload(picture()))
    assert info.value.field == "file"
    assert ReturnFile.objects.count() == 2
    other = made_return(at_acme.bob, shipped_order(at_acme.acme, vendor=at_acme.northlight))
    add_file(at_acme.bob, other, upload(picture()))
