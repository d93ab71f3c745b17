"""Exports: made once in the background, saved under a name, repeated, and removed (F14)."""

from __future__ import annotations

import csv
import io
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from django.core import mail as outgoing
from django.db import IntegrityError, OperationalError, connection
from django.utils import timezone

from accounts.models import Membership
from actions import export_runs, exports
from actions.export_runs import forget_old, rows_written, start_due
from actions.exports import (
    Recipe,
    Timing,
    change_export,
    delete_export,
    delete_saved_export,
    request_export,
    save_export,
)
from audit import outbox
from audit.models import Delivery, Event
from core.errors import NotAllowed, Refused
from core.tenancy import tenant
from returns.exporting import JobStatus, exporter
from returns.models import ExportJob, SavedExport
from tests.factories import ReturnFactory, at
from tests.outbox import deliver_all, run

pytestmark = pytest.mark.django_db

RECIPE = Recipe("Open returns", "return", ["note", "number"], "status=open")


@pytest.fixture(autouse=True)
def rows(cast, settings, tmp_path):
    """An open and a closed return of Acme, an open one of Globex; files in a folder apart."""
    settings.MEDIA_ROOT = tmp_path
    ReturnFactory(merchant=cast.acme, number="R-1", note="=1")
    ReturnFactory(merchant=cast.acme, number="R-2", status="closed")
    ReturnFactory(merchant=cast.globex, number="THEIRS")


def ask(actor, recipe=RECIPE, **how):
    with tenant(actor.merchant_id, user=actor.user.pk):
        return request_export(actor, recipe, **how)


def save(actor, recipe=RECIPE, timing=None, **how):
    with tenant(actor.merchant_id, user=actor.user.pk):
        return save_export(actor, recipe, timing, **how)


def now(row):
    """A row as it is now."""
    with tenant(row.merchant_id):
        return type(row).objects.get(pk=row.pk)


def content(job):
    with now(job).file.open("rb") as file:
        return list(csv.reader(io.StringIO(file.read().decode("utf-8-sig"), newline="")))


def verbs(row):
    with tenant(row.merchant_id):
        events = Event.objects.filter(noun=row._meta.model_name, object_id=row.pk).order_by("id")
        return list(events.values_list("verb", flat=True))


def files(folder):
    return [path for path in Path(folder).rglob("*") if path.is_file()]


# --- one file -----------------------------------------------------------------------------------


def test_a_file_is_made_through_the_outbox(cast):
    job = ask(cast.bob)
    assert (job.status, job.columns) == (JobStatus.QUEUED, ["number", "note"])
    assert deliver_all()[0] == "actions.tasks.make_export"
    done = now(job)
    assert (done.status, done.rows, done.error) == (JobStatus.DONE, 1, "")
    assert content(job) == [["Return", "Note"], ["R-1", "'=1"]]
    assert verbs(job) == ["export.requested", "export.finished"]
    assert rows_written(job) in ((0, 0), (1, 1))
    assert outgoing.outbox == []  # whoever asked sees how far it is


def test_a_delivery_that_comes_twice_makes_one_file(cast, tmp_path):
    ask(cast.bob)
    [delivery] = outbox.claim()
    run(delivery)
    run(delivery)
    assert len(files(tmp_path)) == 1


@pytest.mark.parametrize(
    ("recipe", "field"),
    [
        (Recipe("x", "parcel", ["number"]), "grain"),
        (Recipe("x", "return", ["number"], format="pdf"), "format"),
        (Recipe("  ", "return", ["number"]), "name"),
        (Recipe("x", "return", ["sku"]), "columns"),
        (Recipe("x", "return", []), "columns"),
    ],
)
def test_a_recipe_that_makes_no_file_is_refused_at_its_field(cast, recipe, field):
    for verb in (ask, save):
        with pytest.raises(Refused) as refused:
            verb(cast.bob, recipe)
        assert refused.value.field == field
    with tenant(cast.acme.pk):
        assert not ExportJob.objects.exists()


def test_others_than_staff_may_not(cast):
    for stranger in (cast.vera, cast.cora):
        with pytest.raises(NotAllowed):
            ask(stranger)
    with tenant(cast.acme.pk):
        assert not Event.objects.exists()


def test_what_cannot_be_made_says_why(cast, monkeypatch, tmp_path):
    monkeypatch.setattr("exports.files.LARGEST_SHEET", 0)
    job = ask(cast.bob, Recipe("x", "return", ["number"], format="xlsx"))
    deliver_all()
    stopped = now(job)
    assert stopped.status == JobStatus.FAILED
    assert stopped.error.startswith("2 rows match, and one Excel sheet holds 0.")
    assert verbs(job) == ["export.requested", "export.failed"]
    assert files(tmp_path) == []


def test_a_mistake_of_ours_is_told_in_a_sentence(cast, monkeypatch):
    monkeypatch.setattr(type(exporter()), "write", lambda *args: 1 / 0)
    job = ask(cast.bob)
    deliver_all()
    assert now(job).error == "Something went wrong on our side."


def test_when_the_database_goes_away_the_outbox_tries_again(cast, monkeypatch):
    real = type(exporter()).write

    def gone(*args):
        raise OperationalError("gone")

    monkeypatch.setattr(type(exporter()), "write", gone)
    job = ask(cast.bob)
    with pytest.raises(OperationalError):
        deliver_all()
    assert now(job).status == JobStatus.RUNNING
    monkeypatch.setattr(type(exporter()), "write", real)
    with tenant(system=True):
        Delivery.objects.update(due_at=timezone.now())
    deliver_all()
    assert now(job).status == JobStatus.DONE


def test_a_job_that_never_gets_through_stops(cast):
    job = ask(cast.bob)
    with tenant(cast.acme.pk):
        ExportJob.objects.update(tries=export_runs.MOST_TRIES, status="running")
    deliver_all()
    assert now(job).error == "It was interrupted 3 times. Try again later."


def test_a_file_whose_end_cannot_be_noted_leaves_nothing_behind(cast, monkeypatch, tmp_path):
    def breaks(*args, **how):
        raise ZeroDivisionError

    monkeypatch.setattr(export_runs, "finish_export", breaks)
    job = ask(cast.bob)
    deliver_all()
    assert now(job).status == JobStatus.FAILED
    assert files(tmp_path) == []


@pytest.mark.django_db(transaction=True)
def test_two_workers_write_one_file(cast, monkeypatch, tmp_path):
    """The second worker is told to come back; the row lock of the first is really held."""
    started, may_end = threading.Event(), threading.Event()
    real = type(exporter()).write

    def slow(*args):
        started.set()
        may_end.wait(20)
        return real(*args)

    monkeypatch.setattr(type(exporter()), "write", slow)
    job = ask(cast.bob)
    [delivery] = outbox.claim()
    arguments = (delivery.merchant_id, delivery.event_id, delivery.pk)

    def first():
        try:
            export_runs.carry_out(*arguments)
        finally:
            connection.close()

    worker = threading.Thread(target=first)
    worker.start()
    try:
        assert started.wait(20)
        with pytest.raises(export_runs.UnderWay):
            export_runs.carry_out(*arguments)
    finally:
        may_end.set()
        worker.join()
    assert now(job).status == JobStatus.DONE
    assert len(files(tmp_path)) == 1


# --- removing -----------------------------------------------------------------------------------


def test_a_file_can_be_deleted_once(cast, tmp_path, django_capture_on_commit_callbacks):
    job = ask(cast.bob)
    with tenant(cast.acme.pk), pytest.raises(Refused, match="being made"):
        delete_export(cast.bob, job)
    deliver_all()
    with django_capture_on_commit_callbacks(execute=True), tenant(cast.acme.pk):
        delete_export(cast.bob, job)
    assert files(tmp_path) == []
    assert verbs(job)[-1] == "export.deleted"
    with tenant(cast.acme.pk), pytest.raises(Refused, match="removed already"):
        delete_export(cast.bob, job)


def test_old_files_are_removed_everywhere(cast, tmp_path, django_capture_on_commit_callbacks):
    old, young, theirs = ask(cast.bob), ask(cast.bob), ask(cast.charlie)
    deliver_all()
    for job in (old, theirs):
        with tenant(job.merchant_id):
            past = timezone.now() - timedelta(days=15)
            ExportJob.objects.filter(pk=job.pk).update(finished_at=past)
    with django_capture_on_commit_callbacks(execute=True):
        assert forget_old() == 2
    assert forget_old() == 0
    assert [bool(now(job).file) for job in (old, young, theirs)] == [False, True, False]
    assert verbs(old)[-1] == "export.forgotten"
    assert len(files(tmp_path)) == 1


# --- saved --------------------------------------------------------------------------------------


def test_saved_changed_and_deleted_by_its_owner_alone(cast):
    saved = save(cast.alice, is_shared=True)
    assert verbs(saved) == ["export.saved"]
    with tenant(cast.acme.pk, user=cast.bob.user.pk):
        assert SavedExport.objects.visible_to(cast.bob).get() == saved
        with pytest.raises(Refused, match="Only who saved"):
            change_export(cast.bob, saved, RECIPE, Timing(), is_shared=True)
        with pytest.raises(Refused, match="Only who saved"):
            delete_saved_export(cast.bob, saved)
    job = ask(cast.bob, saved=saved)
    with tenant(cast.acme.pk, user=cast.alice.user.pk):
        changed = Recipe("Closed", "rma", ["number"], "status=closed", "xlsx")
        change_export(cast.alice, saved, changed, Timing("monthly", day=31), is_shared=False)
    found = now(saved)
    assert (found.name, found.grain, found.format) == ("Closed", "rma", "xlsx")
    assert found.next_run_at is not None
    with tenant(cast.acme.pk, user=cast.bob.user.pk):
        assert not SavedExport.objects.visible_to(cast.bob).exists()
    with tenant(cast.acme.pk, user=cast.alice.user.pk):
        delete_saved_export(cast.alice, saved)
    assert now(job).saved_id is None
    with tenant(cast.acme.pk):
        assert not SavedExport.objects.exists()


def test_a_name_is_taken_once_and_sharing_takes_a_permission(cast):
    save(cast.bob)
    with pytest.raises(Refused) as refused:
        save(cast.bob)
    assert refused.value.field == "name"
    save(cast.alice)
    with pytest.raises(NotAllowed):
        save(cast.bob, Recipe("Other", "return", ["number"]), is_shared=True)


def test_there_is_a_limit_to_what_one_keeps(cast, monkeypatch):
    monkeypatch.setattr(exports, "MOST_SAVED", 1)
    save(cast.bob)
    with pytest.raises(Refused, match="1 saved exports already"):
        save(cast.bob, Recipe("Other", "return", ["number"]))


# --- the schedule -------------------------------------------------------------------------------


def due(saved, moment="2026-07-01 05:00"):
    """Let a saved export be due at that moment."""
    with tenant(saved.merchant_id):
        SavedExport.objects.filter(pk=saved.pk).update(next_run_at=at(moment))


def jobs(cast):
    with tenant(cast.acme.pk):
        return list(ExportJob.objects.order_by("id"))


def test_a_due_export_makes_one_file_and_mails_a_link(cast, settings):
    saved = save(cast.bob, timing=Timing("daily"))
    assert start_due() == 0
    due(saved)
    assert start_due() == 1
    assert start_due() == 0  # beat may run twice
    [job] = jobs(cast)
    assert (job.saved_id, job.asked_by, job.scheduled_for) == (
        saved.pk, cast.bob.user, at("2026-07-01 05:00"),
    )  # fmt: skip
    assert now(saved).next_run_at > timezone.now()  # what was missed is made up for once
    deliver_all()
    assert content(job) == [["Return", "Note"], ["R-1", "'=1"]]
    assert verbs(job) == ["export.scheduled", "export.finished"]
    [message] = outgoing.outbox
    assert message.to == [cast.bob.user.email]
    assert message.subject == "Open returns is ready"
    assert f"{settings.SITE_URL}/m/acme/exports/{job.public_id}/" in message.body
    assert "1 row" in message.body
    assert "R-1" not in message.body
    assert message.attachments == []


def test_a_scheduled_file_that_fails_is_mailed_too(cast, monkeypatch):
    monkeypatch.setattr(type(exporter()), "write", lambda *args: 1 / 0)
    due(save(cast.bob, timing=Timing("daily")))
    start_due()
    deliver_all()
    [message] = outgoing.outbox
    assert message.subject == "Open returns could not be made"
    assert "Something went wrong on our side." in message.body


def test_a_moment_can_never_have_two_jobs(cast):
    saved = save(cast.bob, timing=Timing("daily"))
    due(saved)
    start_due()
    due(saved)  # as if the first run had not been noted
    assert start_due() == 0
    assert len(jobs(cast)) == 1
    assert now(saved).next_run_at > timezone.now()  # the schedule goes on
    job = jobs(cast)[0]
    job.pk = None
    job.public_id = job.public_id.__class__(int=1)
    with pytest.raises(IntegrityError), tenant(cast.acme.pk):
        job.save(force_insert=True)


def test_trouble_at_one_merchant_is_not_the_others(cast, monkeypatch):
    for actor in (cast.bob, cast.charlie):
        due(save(actor, timing=Timing("weekly", weekday=6)))
    real = export_runs.start_scheduled

    def breaks_at_acme(actor, *args):
        if actor.merchant_id == cast.acme.pk:
            raise ZeroDivisionError
        return real(actor, *args)

    monkeypatch.setattr(export_runs, "start_scheduled", breaks_at_acme)
    assert start_due() == 1
    assert jobs(cast) == []
    monkeypatch.setattr(export_runs, "start_scheduled", real)
    assert start_due() == 1


def test_who_has_left_gets_no_more_files(cast):
    saved = save(cast.bob, timing=Timing("daily"))
    with tenant(cast.acme.pk):
        Membership.objects.filter(user=cast.bob.user).update(is_active=False)
    due(saved)
    assert start_due() == 0
    found = now(saved)
    assert (found.schedule, found.next_run_at) == ("", None)
    assert verbs(saved)[-1] == "export.ended"
    assert jobs(cast) == []


@pytest.mark.django_db(transaction=True)
def test_two_schedules_at_once_make_one_file(cast):
    saved = save(cast.bob, timing=Timing("daily"))
    due(saved)
    barrier = threading.Barrier(4)
    made = []

    def beat():
        try:
            barrier.wait()
            made.append(start_due())
        finally:
            connection.close()

    threads = [threading.Thread(target=beat) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(made) == [0, 0, 0, 1]
    assert len(jobs(cast)) == 1
