"""Uploads: only where a page takes files, no larger than it says, and what they are."""

from __future__ import annotations

import gzip
import io
import tracemalloc
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile
from django.http import QueryDict
from django.test import RequestFactory
from django.urls import ResolverMatch

from core.errors import Refused
from core.uploads import is_too_large, measure
from core.views import PageView

LIMIT = 1_000_000


def packed(data: bytes) -> bytes:
    """`data` gzipped without the time, so that every test process names its cases alike."""
    return gzip.compress(data, mtime=0)


class TakesFiles(PageView):
    """A page with a file field."""

    file_limit = "ORDER_FILE_LIMIT"


class TakesNone(PageView):
    """Any other page."""


def sent(view, *, size=10):
    """A request with a form of one field and one file of `size` bytes."""
    form = {"format": "template", "file": SimpleUploadedFile("orders.csv", b"x" * size)}
    request = RequestFactory().post("/", form)
    request.resolver_match = ResolverMatch(view.as_view(), (), {})
    return request


@pytest.fixture
def small_limit(settings):
    settings.ORDER_FILE_LIMIT = LIMIT


def test_a_file_within_the_limit_lies_on_disk(small_limit):
    request = sent(TakesFiles, size=LIMIT)
    assert isinstance(request.FILES["file"], TemporaryUploadedFile)
    assert request.FILES["file"].size == LIMIT
    assert not is_too_large(request)


def test_a_larger_file_is_refused_and_the_rest_of_the_form_is_kept(small_limit):
    request = sent(TakesFiles, size=LIMIT + 1)
    assert is_too_large(request)
    assert not request.FILES
    assert request.POST["format"] == "template"


def test_an_announced_length_is_enough_to_refuse(small_limit):
    request = sent(TakesFiles, size=10)
    request._stream = io.BytesIO(request.body)
    request.META["CONTENT_LENGTH"] = str(2 * LIMIT)
    assert is_too_large(request)
    assert not request.FILES


def test_a_large_file_is_read_away_without_filling_the_memory(small_limit):
    request = sent(TakesFiles, size=40 * LIMIT)
    tracemalloc.start()
    assert is_too_large(request)
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5_000_000


def test_several_files_together_keep_to_the_limit(small_limit):
    form = {
        name: SimpleUploadedFile(f"{name}.csv", b"x" * (LIMIT // 2 + 20_000))
        for name in ("one", "two")
    }
    request = RequestFactory().post("/", form)
    request.resolver_match = ResolverMatch(TakesFiles.as_view(), (), {})
    assert list(request.FILES) == ["one"]
    assert is_too_large(request)


def test_other_pages_get_no_files_at_all():
    request = sent(TakesNone)
    assert not request.FILES
    assert QueryDict("format=template") == request.POST


# --- what a file is -----------------------------------------------------------------------------


def workbook():
    """The beginning of what Excel writes."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return file.getvalue()


def archive():
    """A plain ZIP archive."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as found:
        found.writestr("orders.csv", "a,b\n1,2\n")
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "This file is empty"),
        (packed(b""), "This file is empty"),
        (workbook(), "Excel workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 20, "Excel workbook"),
        (archive(), "ZIP archive"),
        (packed(archive()), "ZIP archive"),
        (b"%PDF-1.7\n", "PDF document"),
        (b"\x89PNG\r\n\x1a\n", "picture"),
        (b"\xff\xd8\xff\xe0", "picture"),
        ("a,b\n".encode("utf-16"), "Unicode text"),
        (b"<!DOCTYPE html><html>", "web page"),
        (b"a,b\n\x00\x01", "not a text file"),
        (packed(packed(b"a,b\n")), "packed archive"),
        (packed(b"a,b\n1,2\n" * 100)[:-20], "damaged"),
        (b"\x1f\x8bno gzip at all", "damaged"),
    ],
    # Packed bytes hold the time they were packed at, which would name the test anew each time.
    ids=lambda value: value if isinstance(value, str) else f"{len(value)}-bytes",
)
def test_something_else_than_text_is_named(content, words):
    with pytest.raises(Refused) as refused:
        measure(io.BytesIO(content), limit=LIMIT)
    assert words in refused.value.message


@pytest.mark.parametrize("pack", [bytes, packed])
@pytest.mark.parametrize(("text", "lines"), [(b"a,b\n1,2\n", 2), (b"a,b\n1,2", 2), (b"a", 1)])
def test_lines_are_counted_packed_or_not(pack, text, lines):
    file = io.BytesIO(pack(text))
    assert measure(file, limit=LIMIT).lines == lines
    assert file.tell() == 0


def test_a_small_file_that_unpacks_to_a_huge_one_is_refused_early():
    bomb = packed(b"\n" * 50_000_000)
    assert len(bomb) < 100_000
    tracemalloc.start()
    with pytest.raises(Refused, match="Unpacked, this file is larger than"):
        measure(io.BytesIO(bomb), limit=LIMIT)
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10_000_000
