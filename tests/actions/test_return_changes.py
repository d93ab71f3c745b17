"""Returns changed by an edited export: compared, confirmed, carried out row by row (F14)."""

from __future__ import annotations

import csv
import io
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError

from accounts.models import Membership
from actions import return_changes, return_files
from actions.return_changes import start_changes, upload_changes
from audit.models import Event
from core.errors import NotAllowed, Refused
from core.tenancy import tenant
from exports.grains import RESOURCES, rows_of
from exports.stream import csv_of
from returns.models import ReturnImport
from tests.factories import Item, ReturnFactory, made_return, shipped_order
from tests.outbox import deliver_all

pytestmark = pytest.mark.django_db

NOTE = 'Two lamps,\r\n"broken"; = both'


@pytest.fixture
def found(cast):
    """An open return of Acme: 20.00 less 1.50, with a note over two lines."""
    order = shipped_order(cast.acme, Item(2, "10.00"), vendor=cast.northlight)
    return made_return(
        cast.bob, order, units=2, note=NOTE,
        refund_adjustment=Decimal("-1.5"), adjustment_reason="=Goodwill",
    )  # fmt: skip


def exported(cast):
    """The rows of the file an export of Acme's returns makes."""
    with tenant(cast.acme.pk):
        rows = rows_of("return", "", cast.bob)
        file = csv_of(RESOURCES["return"](zone="Europe/London"), rows, cast.acme.pk)
    text = b"".join(file).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def as_file(rows, *, delimiter=",", name="edited.csv"):
    """Rows as a spreadsheet saves them."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]), delimiter=delimiter, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return SimpleUploadedFile(name, ("\ufeff" + text.getvalue()).encode())


def upload(actor, file):
    with tenant(actor.merchant_id, user=actor.user.pk):
        return upload_changes(actor, file)


def start(actor, changes):
    with tenant(actor.merchant_id, user=actor.user.pk):
        start_changes(actor, changes)
    return deliver_all()


def now(row):
    with tenant(row.merchant_id):
        return type(row).objects.get(pk=row.pk)


def lines(*texts):
    """A file of these lines."""
    return SimpleUploadedFile("edited.csv", "\n".join(texts).encode())


def test_the_file_as_it_came_changes_nothing(cast, found):
    ReturnFactory(merchant=cast.acme, currency="JPY", refund_items=5, note="'tis =1")
    changes = upload(cast.bob, as_file(exported(cast)))
    assert (changes.rows, changes.changes, changes.rejects) == (2, [], [])
    with tenant(cast.acme.pk), pytest.raises(Refused, match="changes nothing"):
        start_changes(cast.bob, changes)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_what_differs_is_shown_and_then_done(cast, found, delimiter):
    [row] = exported(cast)
    row.update({"Note": "=Call first", "Adjustment": "-2", "Status": "Closed", "Units": "9"})
    changes = upload(cast.bob, as_file([row], delimiter=delimiter))
    [change] = changes.changes
    assert (change["line"], change["number"]) == (2, found.number)
    assert change["before"] == {
        "adjustment": "-1.50", "adjustment_reason": "=Goodwill", "note": NOTE,
    }  # fmt: skip
    assert change["after"] == {
        "adjustment": "-2.00", "adjustment_reason": "=Goodwill", "note": "=Call first",
    }  # fmt: skip
    assert now(found).note == NOTE  # looking changes nothing
    assert start(cast.bob, changes)[-1:] == ["actions.tasks.change_returns"]
    after = now(found)
    assert (after.note, after.refund_adjustment, after.status) == ("=Call first", -2, "open")
    done = now(changes)
    assert (done.status, done.done, done.refused) == ("done", 1, [])
    with tenant(cast.acme.pk):
        event = Event.objects.filter(noun="return").latest("id")
        assert (event.verb, event.actor_name) == ("return.edited", "Bob Ono")
        assert event.data["note"] == "With edited.csv"


def test_the_apostrophe_of_an_export_is_taken_off_again(cast, found):
    [row] = exported(cast)
    assert row["Adjustment reason"] == "'=Goodwill"
    row["Adjustment reason"] = "'=More"
    changes = upload(cast.bob, as_file([row]))
    assert changes.changes[0]["after"]["adjustment_reason"] == "=More"


@pytest.mark.parametrize(
    ("cells", "column", "sentence"),
    [
        ({"Return": "R-99"}, "Return", "There is no return R-99."),
        ({"Return": ""}, "Return", "This row names no return."),
        ({"Adjustment": "much"}, "Adjustment", "“much” is not an amount."),
        ({"Adjustment": "NaN"}, "Adjustment", "“NaN” is not an amount."),
        ({"Adjustment": "1e400"}, "Adjustment", "is not an amount."),
        ({"Adjustment": "-1.505"}, "Adjustment", "finer than GBP is paid in"),
        ({"Adjustment": "-21"}, "Adjustment", "Take off at most 20.00"),
        ({"Adjustment": "5"}, "Adjustment", "cannot exceed what was paid"),
        ({"Adjustment reason": ""}, "Adjustment reason", "Say why the refund is adjusted."),
        ({"Adjustment reason": "x" * 121}, "Adjustment reason", "At most 120 characters"),
        ({"Note": "x" * 2001}, "Note", "At most 2,000 characters"),
        ({"Note": "\x00"}, "Note", "no text"),
    ],
)
def test_a_row_that_cannot_be_used_says_where_and_why(cast, found, cells, column, sentence):
    [row] = exported(cast)
    changes = upload(cast.bob, as_file([{**row, **cells}]))
    [reject] = changes.rejects
    assert (reject["line"], reject["column"]) == (2, column)
    assert sentence in reject["reason"]
    assert changes.changes == []


def test_lines_are_counted_as_an_editor_counts_them(cast, found):
    [row] = exported(cast)
    changes = upload(cast.bob, as_file([row, {**row, "Return": "R-99"}, row]))
    assert [(one["line"], one["reason"]) for one in changes.rejects] == [
        (4, "There is no return R-99."),
        (6, f"{found.number} stands in line 2 already."),
    ]


def test_closed_and_foreign_returns_are_no_ones_to_edit(cast):
    ReturnFactory(merchant=cast.globex, number="R-7", note="Theirs")
    found = ReturnFactory(merchant=cast.acme, status="closed")
    changes = upload(cast.bob, lines("Return,Note", f"{found.number},New", "R-7,New"))
    assert changes.changes == []
    assert [one["reason"] for one in changes.rejects] == [
        "This return is closed. Re-open it before editing.",
        "There is no return R-7.",
    ]


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        (lines(""), "This file is empty."),
        (lines("Number,Note", "R-1,x"), "must name the column “Return” and at least one of"),
        (lines("Return,Status", "R-1,x"), "at least one of: Adjustment, Adjustment reason, Note"),
        (SimpleUploadedFile("a.xlsx", b"PK\x03\x04\xff"), "no CSV file in UTF-8"),
        (lines("Return,Note", 'R-1,"' + "x" * 140_000 + '"'), "damaged"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_as_a_whole(cast, file, sentence):
    with pytest.raises(Refused, match=sentence) as refused:
        upload(cast.bob, file)
    assert refused.value.field == "file"
    with tenant(cast.acme.pk):
        assert not ReturnImport.objects.exists()


def test_a_file_with_too_many_rows_is_refused(cast, found, monkeypatch):
    monkeypatch.setattr(return_files, "MOST_ROWS", 1)
    with pytest.raises(Refused, match="more than 1 rows"):
        upload(cast.bob, lines("Return,Note", f"{found.number},a", "R-2,b", "R-3,c"))


def test_somebody_who_was_quicker_is_not_overwritten(cast, found):
    changes = upload(cast.bob, lines("Return,Note", f"{found.number},Mine"))
    other = upload(cast.alice, lines("Return,Note", f"{found.number},Hers"))
    start(cast.alice, other)
    start(cast.bob, changes)
    assert now(found).note == "Hers"
    done = now(changes)
    assert (done.status, done.done) == ("done", 0)
    [refused] = done.refused
    assert (refused["line"], refused["number"]) == (2, found.number)
    assert "Alice Owner edited the return" in refused["reason"]


def test_only_who_may_edit_returns(cast, found):
    file = f"Return,Note\n{found.number},x"
    for reader in (cast.wendy, cast.fay, cast.vera):
        with pytest.raises(NotAllowed):
            upload(reader, SimpleUploadedFile("e.csv", file.encode()))
    changes = upload(cast.bob, SimpleUploadedFile("e.csv", file.encode()))
    with pytest.raises(NotAllowed):
        start(cast.wendy, changes)
    start(cast.bob, changes)
    with tenant(cast.acme.pk), pytest.raises(Refused, match="started already"):
        start_changes(cast.bob, changes)


def test_who_has_left_changes_nothing(cast, found):
    changes = upload(cast.bob, lines("Return,Note", f"{found.number},Mine"))
    with tenant(cast.acme.pk, user=cast.bob.user.pk):
        start_changes(cast.bob, changes)
        Membership.objects.filter(user=cast.bob.user).update(is_active=False)
    deliver_all()
    assert now(found).note == NOTE
    assert now(changes).error == "Bob Ono is no longer a member here."


@pytest.fixture
def many(cast, monkeypatch):
    """Three returns in batches of one, and the file that changes all."""
    monkeypatch.setattr(return_changes, "BATCH", 1)
    made = [ReturnFactory(merchant=cast.acme, number=f"R-{n}") for n in (1, 2, 3)]
    file = lines("Return,Note", *(f"{one.number},New" for one in made))
    return made, upload(cast.bob, file)


def test_a_worker_that_dies_loses_and_repeats_nothing(cast, many, monkeypatch):
    made, changes = many
    real, calls = return_changes.edit_return, []

    def dies(actor, subject, *args, **how):
        calls.append(subject.number)
        if len(calls) == 2:
            raise OperationalError("gone")
        return real(actor, subject, *args, **how)

    monkeypatch.setattr(return_changes, "edit_return", dies)
    with pytest.raises(OperationalError):
        start(cast.bob, changes)
    assert (now(changes).status, now(changes).position) == ("running", 1)
    with tenant(cast.acme.pk):
        event = Event.objects.get(verb="changes.started")
        delivery = event.deliveries.get()
    from actions.return_change_runs import carry_out

    carry_out(cast.acme.pk, event.pk, delivery.pk)
    assert calls == ["R-1", "R-2", "R-2", "R-3"]
    assert [now(one).note for one in made] == ["New"] * 3
    assert now(changes).done == 3


def test_a_mistake_of_ours_keeps_what_was_done(cast, many, monkeypatch):
    made, changes = many
    real = return_changes.edit_return

    def breaks(actor, subject, *args, **how):
        if subject.number == "R-2":
            raise ZeroDivisionError
        return real(actor, subject, *args, **how)

    monkeypatch.setattr(return_changes, "edit_return", breaks)
    start(cast.bob, changes)
    assert [now(one).note for one in made] == ["New", "", ""]
    assert (now(changes).status, now(changes).error) == (
        "failed", "Something went wrong on our side.",
    )  # fmt: skip
