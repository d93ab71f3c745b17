"""From bytes somebody uploaded to the lines of a text file, or a refusal in plain words (F3)."""

from __future__ import annotations

import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, BinaryIO, cast

from django.utils.translation import gettext as _

from core.errors import Refused

BUFFER = 1 << 20
UTF8_MARK = b"\xef\xbb\xbf"
GZIP = b"\x1f\x8b"
SPREADSHEETS = (b"PK\x03\x04", b"PK\x05\x06", b"\xd0\xcf\x11\xe0")
LINE_BREAK = re.compile("\r\n|\r|\n")
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


class Records:
    """The records of a CSV file; `heading` is the first one.

    Raises Refused for an empty file and for what cannot be read as UTF-8 text or as CSV.
    """

    def __init__(self, source: BinaryIO) -> None:
        self._bytes = _CheckedBytes(_unpacked(source))
        lines = io.TextIOWrapper(cast("Any", self._bytes), encoding="utf-8", newline="")
        self._reader = csv.reader(lines)
        with self._refusing():
            self.heading = [name.strip() for name in next(self._reader, [])]
        if not any(self.heading):
            raise Refused(_("The file is empty. Choose the file with the orders."))

    def portions(self, size: int) -> Iterator[tuple[Sequence[int], list[list[str]]]]:
        """The records after the heading, up to `size` at a time, with the lines they begin on.

        Blank lines are left out.
        """
        while True:
            before = self._reader.line_num
            with self._refusing():
                records = list(islice(self._reader, size))
            if not records:
                return
            lines = _lines(before, self._reader.line_num, records)
            if all(records):
                yield lines, records
            else:
                lines = [line for line, record in zip(lines, records, strict=True) if record]
                yield lines, [record for record in records if record]

    @contextmanager
    def _refusing(self) -> Iterator[None]:
        try:
            yield
        except csv.Error:
            raise Refused(
                _(
                    "Line %(line)s cannot be read as CSV. "
                    "Is a quotation mark opened there or above and never closed?"
                )
                % {"line": self._reader.line_num}
            ) from None
        except UnicodeDecodeError as error:
            raise Refused(
                _("Line %(line)s is not UTF-8 text. Save the file as CSV in UTF-8.")
                % {"line": self._bytes.line_of(error)}
            ) from None
        except (EOFError, gzip.BadGzipFile, zlib.error):
            raise Refused(
                _("The compressed file is damaged after line %(line)s. Upload it again.")
                % {"line": self._reader.line_num}
            ) from None


def _lines(before: int, after: int, records: list[list[str]]) -> Sequence[int]:
    """The line each of `records` begins on; quoted values may hold line breaks."""
    if after - before == len(records):
        return range(before + 1, after + 1)
    lines = []
    line = before + 1
    for record in records:
        lines.append(line)
        line += 1 + sum(len(LINE_BREAK.findall(value)) for value in record)
    return lines


def positions(heading: Sequence[str], columns: Sequence[str]) -> list[int]:
    """Where each of `columns` stands in `heading`; Refused names the ones that are missing."""
    missing = [column for column in columns if column not in heading]
    if missing:
        raise Refused(
            _("The heading lacks %(missing)s. It has: %(found)s.")
            % {
                "missing": ", ".join(missing),
                "found": ", ".join(name[:40] or "–" for name in heading[:30]),
            }
        )
    return [heading.index(column) for column in columns]


def _unpacked(source: BinaryIO) -> io.BufferedReader[Any]:
    """`source` buffered, decompressed if need be, and known to be no binary file."""
    buffered: io.BufferedReader[Any] = io.BufferedReader(_Raw(source), BUFFER)
    if buffered.peek(2).startswith(GZIP):
        unpacked: Any = gzip.GzipFile(fileobj=buffered)
        buffered = io.BufferedReader(unpacked, BUFFER)
    try:
        beginning = buffered.peek(8192)[:8192]
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise Refused(_("The compressed file is damaged. Upload it again.")) from None
    if beginning.startswith(SPREADSHEETS):
        raise Refused(
            _(
                "This is a spreadsheet or ZIP file, not CSV. Open it, save it as "
                "“CSV UTF-8 (comma delimited)” and upload that file."
            )
        )
    if beginning.startswith(UTF16_MARKS):
        raise Refused(_("This file is UTF-16 text. Save it as CSV in UTF-8 and upload that file."))
    if b"\0" in beginning:
        raise Refused(_("This is not a text file. Save the orders as CSV in UTF-8."))
    if beginning.startswith(UTF8_MARK):
        buffered.read(len(UTF8_MARK))
    return buffered


class _CheckedBytes(io.BufferedIOBase):
    """Bytes on their way to the text layer: counts lines and refuses binary data."""

    def __init__(self, source: io.BufferedReader[Any]) -> None:
        self._source = source
        self._lines_before = 0
        self._lines = 0

    def readable(self) -> bool:
        return True

    def read1(self, size: int = -1, /) -> bytes:
        data = self._source.read1(size)
        self._lines_before = self._lines
        self._lines += data.count(b"\n")
        if b"\0" in data:
            line = self._lines_before + data[: data.index(b"\0")].count(b"\n") + 1
            raise Refused(
                _("Line %(line)s holds binary data. Save the orders as CSV in UTF-8.")
                % {"line": line}
            )
        return data

    def line_of(self, error: UnicodeDecodeError) -> int:
        """The line of the bytes that are no text; they are in the latest piece."""
        return self._lines_before + error.object[: error.start].count(b"\n") + 1


class _Raw(io.RawIOBase):
    """The least of a raw stream over anything that can be read: uploads, pipes, files."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._source.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)
