"""Files people upload: only where a page takes them, no larger than it says, and what they are.

Uploads go to a temporary file piece by piece; a file that is too large is read to its end without
being kept, so that the browser gets an answer instead of a broken connection.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

from django.conf import settings
from django.core.files.uploadhandler import SkipFile, TemporaryFileUploadHandler
from django.http import HttpRequest
from django.utils.translation import gettext as _

from core.errors import Refused

ROOM_FOR_FIELDS = 64 * 1024
PIECE = 1024 * 1024
GZIP = b"\x1f\x8b"


class LimitedUploadHandler(TemporaryFileUploadHandler):
    """Keeps files within the limit of the view they are sent to.

    A view that takes files names the setting that holds its limit: `file_limit =
    "ORDER_FILE_LIMIT"`. Other views get no files, whoever sends them.
    """

    limit = 0
    received = 0
    announced = 0

    def handle_raw_input(
        self,
        input_data: Any,
        META: dict[str, Any],  # noqa: N803 - Django's name
        content_length: int,
        boundary: str,
        encoding: str | None = None,
    ) -> None:
        """Note what the page takes and what the browser announces."""
        self.limit = _limit_of(self.request)
        self.announced = content_length

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Refuse before the first byte is kept, where possible."""
        if not self.limit:
            raise SkipFile
        if self.announced > self.limit + ROOM_FOR_FIELDS:
            self.refuse()
        super().new_file(*args, **kwargs)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        """Refuse as soon as there is more than was allowed, whatever was announced."""
        self.received += len(raw_data)
        if self.received > self.limit:
            self.refuse()
        return super().receive_data_chunk(raw_data, start)

    def refuse(self) -> None:
        """Remember it for the form, and keep nothing."""
        self.request.META[_REFUSED] = True  # type: ignore[union-attr]
        raise SkipFile


_REFUSED = "backhaul.file_too_large"


def is_too_large(request: HttpRequest) -> bool:
    """Whether a file of this request was larger than the page takes."""
    request.POST  # noqa: B018 - reading it runs the upload
    return bool(request.META.get(_REFUSED))


def _limit_of(request: HttpRequest | None) -> int:
    match = request.resolver_match if request is not None else None
    view = getattr(match.func, "view_class", None) if match else None
    name = getattr(view, "file_limit", "")
    return int(getattr(settings, name)) if name else 0


def too_large_sentence(limit: int) -> str:
    """What is said at the input when a file of more than `limit` bytes was turned away."""
    return _("This file is larger than %(limit)s. Make it smaller and add it again.") % {
        "limit": megabytes(limit)
    }


def megabytes(size: int) -> str:
    """A limit in words: 100 MB."""
    return _("%(n)s MB") % {"n": round(size / 2**20)}


@dataclass(frozen=True, slots=True)
class TextFile:
    """What a text file measures once it is unpacked."""

    size: int
    lines: int


def measure(file: IO[bytes], *, limit: int) -> TextFile:
    """Size and lines of a text file that may be packed with gzip; reads it once, piece by piece.

    Raises Refused with a sentence for a file that is empty, that is something else than text,
    whatever it is called, that cannot be unpacked, or that is larger than `limit` bytes unpacked.
    """
    size = lines = 0
    last = b""
    for piece in _pieces(file):
        if not size:
            _refuse_other_kinds(piece)
        size += len(piece)
        if size > limit:
            raise Refused(
                _("Unpacked, this file is larger than %(limit)s. Split it and upload the parts.")
                % {"limit": megabytes(limit)}
            )
        lines += piece.count(b"\n")
        last = piece[-1:]
    if not size:
        raise Refused(_("This file is empty. Choose one that has orders in it."))
    file.seek(0)
    return TextFile(size, lines if last == b"\n" else lines + 1)


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    packed = file.read(2) == GZIP
    file.seek(0)
    source: Any = gzip.GzipFile(fileobj=file) if packed else file
    try:
        while piece := source.read(PIECE):
            yield piece
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise Refused(
            _("This .gz file is damaged and cannot be unpacked. Pack it again.")
        ) from None


# What people upload by mistake, by the bytes it begins with.
_KINDS: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "pdf"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "excel"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (GZIP, "packed"),
    (b"7z\xbc\xaf\x27\x1c", "packed"),
    (b"Rar!", "packed"),
    (b"BZh", "packed"),
    (b"\xfd7zXZ\x00", "packed"),
    (b"\x89PNG", "image"),
    (b"\xff\xd8\xff", "image"),
    (b"GIF8", "image"),
    (b"RIFF", "image"),
    (b"BM\x00", "image"),
    (b"II*\x00", "image"),
    (b"MM\x00*", "image"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_WORKBOOK_MARKS = (b"[Content_Types].xml", b"xl/", b"_rels/")


def _refuse_other_kinds(start: bytes) -> None:
    kind = next((kind for mark, kind in _KINDS if start.startswith(mark)), "")
    if kind == "zip" and any(mark in start[:4096] for mark in _WORKBOOK_MARKS):
        kind = "excel"
    if not kind and start.lstrip()[:14].lower().startswith((b"<!doctype html", b"<html")):
        kind = "page"
    if not kind and b"\x00" in start:
        kind = "binary"
    if kind:
        raise Refused(_sentence(kind))


def _sentence(kind: str) -> str:
    return {
        "pdf": _("This is a PDF document, not a CSV file. Export the orders as CSV instead."),
        "excel": _(
            "This is an Excel workbook, not a CSV file. In Excel choose “Save as” and the type"
            " “CSV UTF-8”, then upload that file."
        ),
        "zip": _(
            "This is a ZIP archive, not a CSV file. Unpack it and upload the CSV file inside."
        ),
        "packed": _(
            "This is a packed archive, not a CSV file. Unpack it and upload the CSV file inside."
        ),
        "image": _("This is a picture, not a CSV file. Export the orders as CSV instead."),
        "utf-16": _(
            "This file is saved as “Unicode text” (UTF-16). Save it as “CSV UTF-8” instead."
        ),
        "page": _("This is a web page, not a CSV file. Download the orders as CSV instead."),
        "binary": _("This is not a text file. Export the orders as CSV instead."),
    }[kind]
