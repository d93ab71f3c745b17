"""Order files: checked first, loaded in the background once, and never stuck (F3)."""

from __future__ import annotations

import csv
import gzip
import io
import threading
from contextlib import suppress
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.db import OperationalError, connection

from actions import import_runs, imports
from actions.import_reports import progress_of, rows_read
from actions.imports import request_import, upload_order_file
from audit import outbox
from audit.models import Delivery, Event
from core.errors import NotAllowed, Refused
from core.tenancy import tenant
from orders.models import Order, OrderImport
from returns.models import Return
from tests.order_files import BAD, FORMAT, GOOD, HEADING, order_file
from tests.outbox import deliver_all, run

pytestmark = pytest.mark.django_db


def upload(cast, *rows, **options):
    """What Alice's upload of these rows becomes."""
    with tenant(cast.acme.pk, user=cast.alice.user.pk):
        return upload_order_file(cast.alice, order_file(*rows, **options), format=FORMAT)


def start(cast, found, actor=None):
    """Alice presses Import."""
    with tenant(cast.acme.pk, user=cast.alice.user.pk):
        return request_import(actor or cast.alice, found)


def now(found):
    """The import as it is now."""
    with tenant(found.merchant_id):
        return OrderImport.objects.get(pk=found.pk)


def orders(cast):
    """How many orders Acme has."""
    with tenant(cast.acme.pk):
        return Order.objects.count()


def verbs(found):
    """What the timeline tells, oldest first."""
    with tenant(found.merchant_id):
        events = Event.objects.filter(noun="orderimport", object_id=found.pk).order_by("id")
        return list(events.values_list("verb", flat=True))


def stored_files():
    """Everything that lies in the private folder of uploads."""
    folder = Path(django_settings.MEDIA_ROOT) / "imports"
    return {path for path in folder.rglob("*") if path.is_file()}


# --- uploading ----------------------------------------------------------------------------------


def test_an_upload_says_what_would_happen_and_loads_nothing(cast):
    found = upload(cast, *GOOD, *BAD)
    check = found.report["check"]
    assert found.status == "uploaded"
    assert (found.rows_total, check["created"]["orders"], check["created"]["returns"]) == (7, 2, 1)
    assert {kind["reason"]: kind["count"] for kind in check["kinds"]} == {
        "not_whole": 1,
        "return_of_too_many": 1,
    }
    example = {"line": 7, "column": "Quantity", "value": "many"}
    assert example in [kind["examples"][0] for kind in check["kinds"]]
    assert orders(cast) == 0
    assert verbs(found) == ["import.uploaded"]


def test_the_file_is_kept_under_a_random_name_for_the_owner_of_the_process_only(cast):
    found = upload(cast, *GOOD, name="../../evil orders.csv")
    kept = Path(found.file.path)
    assert kept.is_relative_to(django_settings.MEDIA_ROOT)
    assert "evil" not in kept.name
    assert kept.stat().st_mode & 0o077 == 0
    assert now(found).file.read().decode().splitlines()[0] == HEADING


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "This file is empty"),
        (b"%PDF-1.7 ...", "PDF document"),
        (HEADING.encode() + b"\n\xff\xfe\n", "Line 2 is not UTF-8"),
        (b"InvoiceNo,StockCode\n1,2\n", "Description"),
        (HEADING.encode() + b"\n", "no rows"),
    ],
)
def test_a_file_of_no_use_is_refused_at_the_field_and_not_kept(cast, content, words):
    before = stored_files()
    file = order_file()
    file.file = io.BytesIO(content)
    file.size = len(content)
    with tenant(cast.acme.pk), pytest.raises(Refused) as refused:
        upload_order_file(cast.alice, file, format=FORMAT)
    assert refused.value.field == "file"
    assert words in refused.value.message
    assert stored_files() == before
    with tenant(cast.acme.pk):
        assert not OrderImport.objects.exists()


def test_a_packed_bomb_is_refused(cast, settings):
    settings.ORDER_FILE_UNPACKED_LIMIT = 1_000_000
    file = order_file()
    file.file = io.BytesIO(gzip.compress(HEADING.encode() + b"\n" * 2_000_000))
    with tenant(cast.acme.pk), pytest.raises(Refused, match="larger than 1 MB"):
        upload_order_file(cast.alice, file, format=FORMAT)


def test_an_unknown_format_is_refused(cast):
    with tenant(cast.acme.pk), pytest.raises(Refused) as refused:
        upload_order_file(cast.alice, order_file(), format="nonsense")
    assert refused.value.field == "format"


def test_only_owners_and_managers_import(cast):
    for actor in (cast.bob, cast.wendy, cast.vera, cast.cora):
        with tenant(cast.acme.pk), pytest.raises(NotAllowed):
            upload_order_file(actor, order_file(), format=FORMAT)
    found = upload(cast)
    with pytest.raises(NotAllowed):
        start(cast, found, cast.bob)
    assert now(found).status == "uploaded"


# --- large files are checked in the background --------------------------------------------------


@pytest.fixture
def large(monkeypatch):
    """Files of more than three lines count as large."""
    monkeypatch.setattr(imports, "CHECKED_AT_ONCE", 3)


def test_a_large_file_is_checked_in_the_background(cast, large):
    found = upload(cast, *GOOD, *BAD)
    assert (found.status, found.report) == ("checking", {})
    deliver_all()
    found = now(found)
    assert found.status == "uploaded"
    assert found.report["check"]["created"]["orders"] == 2
    assert orders(cast) == 0
    assert verbs(found) == ["import.uploaded", "import.checked"]


def test_the_beginning_of_a_large_file_is_looked_at_at_once(cast, large):
    with pytest.raises(Refused, match="Description"):
        upload(cast, *GOOD, heading="InvoiceNo,StockCode")


def test_a_mistake_far_down_in_a_large_file_stops_the_check_with_its_line(cast, large, monkeypatch):
    monkeypatch.setattr("orders.readers.online_retail.BATCH_ROWS", 3)
    file = order_file(*[GOOD[0].replace("lantern", "lantern " * 2000)] * 200)
    file.file.seek(0, io.SEEK_END)
    file.file.write(b"\xff\n")
    with tenant(cast.acme.pk):
        found = upload_order_file(cast.alice, file, format=FORMAT)
    deliver_all()
    found = now(found)
    assert found.status == "failed"
    assert "Line 202 is not UTF-8" in found.error
    start(cast, found)
    assert now(found).status == "checking"
    deliver_all()
    assert now(found).status == "failed"
    assert verbs(found)[-2:] == ["import.rechecked", "import.failed"]


@pytest.mark.django_db(transaction=True)
def test_while_another_file_is_loading_a_small_one_is_checked_in_the_background(cast):
    holds, enough = threading.Event(), threading.Event()

    def load():
        with tenant(cast.acme.pk):
            imports.is_free(cast.acme.pk)
            holds.set()
            enough.wait(10)
        connection.close()

    other = threading.Thread(target=load)
    other.start()
    holds.wait(10)
    try:
        assert upload(cast, *GOOD).status == "checking"
    finally:
        enough.set()
        other.join()


# --- loading ------------------------------------------------------------------------------------


def test_import_loads_once_and_keeps_the_result(cast):
    found = upload(cast, *GOOD, *BAD)
    assert start(cast, found).status == "queued"
    assert deliver_all()[-2:] == ["actions.tasks.load_orders", "notifications.tasks.send"]
    found = now(found)
    assert found.status == "done"
    assert found.finished_at
    assert (found.rows_done, found.report["load"]["created"]["orders"]) == (7, 2)
    assert orders(cast) == 2
    with tenant(cast.acme.pk):
        assert Return.objects.get().source == "import"
    assert verbs(found) == ["import.uploaded", "import.requested", "import.finished"]


def test_rejected_rows_come_as_a_file_that_runs_nothing(cast):
    found = upload(cast, *GOOD, *BAD)
    start(cast, found)
    deliver_all()
    text = now(found).rejects.read().decode("utf-8-sig")
    first, second = csv.DictReader(io.StringIO(text, newline=""))
    assert (first["Line"], first["Column"], first["InvoiceNo"]) == ("7", "Quantity", "536367")
    assert first["Reason"] == "“many” is not a whole number."
    assert second["Description"] == "'=cmd"
    assert second["Quantity"] == "-9"


def test_without_rejects_there_is_no_file(cast):
    found = upload(cast)
    start(cast, found)
    deliver_all()
    assert not now(found).rejects


def test_the_same_file_twice_changes_nothing(cast):
    for _ in range(2):
        found = upload(cast)
        start(cast, found)
        deliver_all()
    load = now(found).report["load"]
    assert not any(load["created"].values())
    assert load["existing"]["orders"] == 2
    assert orders(cast) == 2


@pytest.mark.parametrize("status", ["checking", "queued", "running", "done"])
def test_import_is_refused_while_it_runs_and_once_it_is_done(cast, status):
    found = upload(cast)
    with tenant(cast.acme.pk):
        OrderImport.objects.filter(pk=found.pk).update(status=status)
    with pytest.raises(Refused) as refused:
        start(cast, found)
    assert now(found).state.label.lower() in refused.value.message


# --- what goes wrong ----------------------------------------------------------------------------


def test_a_mistake_of_ours_stops_with_a_sentence_and_can_be_tried_again(cast, monkeypatch):
    found = upload(cast)
    start(cast, found)
    real = imports.load_orders

    def breaks_at_the_end(*args, **options):
        real(*args, **options)
        raise ZeroDivisionError

    monkeypatch.setattr(imports, "load_orders", breaks_at_the_end)
    deliver_all()
    found = now(found)
    assert (found.status, found.error) == ("failed", "Something went wrong on our side.")
    assert orders(cast) == 0
    assert verbs(found)[-1] == "import.failed"
    monkeypatch.undo()
    start(cast, found)
    deliver_all()
    assert (now(found).status, now(found).error) == ("done", "")
    assert orders(cast) == 2


def test_a_file_that_is_gone_says_so(cast):
    found = upload(cast)
    Path(found.file.path).unlink()
    start(cast, found)
    deliver_all()
    assert "no longer there" in now(found).error


def test_when_the_database_goes_away_the_outbox_tries_again_by_itself(cast, monkeypatch):
    found = upload(cast)
    start(cast, found)
    real, calls = imports.load_orders, []

    def breaks_once(*args, **options):
        calls.append(args)
        if len(calls) == 1:
            raise OperationalError("server closed the connection unexpectedly")
        return real(*args, **options)

    monkeypatch.setattr(imports, "load_orders", breaks_once)
    with pytest.raises(OperationalError):
        deliver_all()
    assert now(found).status == "running"
    make_due()
    deliver_all()
    assert now(found).status == "done"
    assert orders(cast) == 2


def test_a_file_over_which_workers_die_again_and_again_is_given_up(cast, monkeypatch):
    found = upload(cast)
    start(cast, found)

    def dies(*args, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(imports, "load_orders", dies)
    for _ in range(import_runs.MOST_TRIES):
        make_due()
        with pytest.raises(KeyboardInterrupt):
            deliver_all()
        assert now(found).status == "running"
    make_due()
    deliver_all()
    assert now(found).status == "failed"
    assert "interrupted 3 times" in now(found).error
    monkeypatch.undo()
    start(cast, found)
    deliver_all()
    assert now(found).status == "done"


def make_due():
    """As if the lease of every open delivery had ended."""
    with tenant(system=True):
        Delivery.objects.filter(done_at__isnull=True).update(due_at="2020-01-01T00:00:00Z")


def test_a_delivery_that_comes_late_does_not_load_again(cast):
    found = upload(cast)
    start(cast, found)
    with tenant(cast.acme.pk):
        delivery = Delivery.objects.get(task="actions.tasks.load_orders")
    deliver_all()
    finished = now(found).finished_at
    run(delivery)
    assert now(found).finished_at == finished
    with tenant(cast.acme.pk):
        Delivery.objects.filter(pk=delivery.pk).update(done_at=None)
    run(delivery)
    assert now(found).finished_at == finished
    with tenant(cast.acme.pk):
        assert Delivery.objects.get(pk=delivery.pk).done_at
    assert verbs(found).count("import.finished") == 1


@pytest.mark.django_db(transaction=True)
def test_a_delivery_handed_to_two_workers_is_worked_on_by_one_and_the_other_asks_again(cast):
    found = upload(cast)
    start(cast, found)
    with tenant(cast.acme.pk):
        delivery = Delivery.objects.get(task="actions.tasks.load_orders")
    at_work, died = threading.Event(), threading.Event()

    def first_worker():
        with suppress(KeyboardInterrupt), outbox.delivering(cast.acme.pk, delivery.pk):
            at_work.set()
            died.wait(10)
            raise KeyboardInterrupt
        connection.close()

    worker = threading.Thread(target=first_worker)
    worker.start()
    at_work.wait(10)
    try:
        with pytest.raises(import_runs.UnderWay):
            run(delivery)
        assert now(found).status == "queued"
        assert orders(cast) == 0
    finally:
        died.set()
        worker.join()
    run(delivery)
    assert now(found).status == "done"


# --- progress -----------------------------------------------------------------------------------


def test_progress_can_be_read_while_it_runs(cast, monkeypatch):
    found = upload(cast)
    assert rows_read(found) == 0
    progress_of(found)(3, None)
    assert rows_read(found) == 3
    progress_of(found)(30, None)
    assert rows_read(found) == found.rows_total


def test_progress_is_written_now_and_then_only(cast, monkeypatch):
    found = upload(cast)
    show = progress_of(found)
    show(1, None)
    show(2, None)
    assert rows_read(found) == 1


def test_a_cache_that_is_away_stops_nobody(cast, monkeypatch):
    def away(*args, **options):
        raise ConnectionError

    found = upload(cast)
    start(cast, found)
    for name in ("set", "get", "delete"):
        monkeypatch.setattr(type(cache._connections["default"]), name, away)
    deliver_all()
    assert now(found).status == "done"
    assert rows_read(found) == 0
