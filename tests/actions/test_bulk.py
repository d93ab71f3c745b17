"""One verb over many returns: looked ahead, then done in the background (F14)."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import Membership
from actions import bulk, bulk_runs
from actions.bulk import ask_bulk, start_bulk
from actions.returns import close_return
from core.errors import NotAllowed, Refused
from core.tenancy import tenant
from orders.models import Channel
from returns.models import BulkItem, BulkJob, Return
from tests.cast import Cast
from tests.factories import made_return, shipped_order
from tests.outbox import deliver_all

pytestmark = pytest.mark.django_db


def returns(cast: Cast, count: int, **options: Any) -> list[Return]:
    """So many returns of as many orders."""
    return [
        made_return(cast.bob, shipped_order(cast.acme, vendor=cast.northlight), **options)
        for _place in range(count)
    ]


def ask(cast: Cast, verb: str, actor: Any = None, **options: Any) -> BulkJob:
    """Somebody, Bob unless named, asks for `verb` of all returns."""
    who = actor or cast.bob
    with tenant(cast.acme.pk, user=who.user.pk):
        return ask_bulk(who, verb, Return.objects.visible_to(who), **options)


def start(cast: Cast, job: BulkJob) -> BulkJob:
    """Bob presses Start."""
    with tenant(cast.acme.pk, user=cast.bob.user.pk):
        return start_bulk(cast.bob, job)


def now(job: BulkJob) -> tuple[str, list[tuple[str, str]]]:
    """The job's status, and outcome and reason of each return."""
    with tenant(job.merchant_id):
        fresh = BulkJob.objects.get(pk=job.pk)
        return fresh.status, list(fresh.items.order_by("id").values_list("outcome", "reason"))


def statuses(cast: Cast) -> list[str]:
    """The statuses of Acme's returns, oldest first."""
    with tenant(cast.acme.pk):
        return list(Return.objects.order_by("id").values_list("status", flat=True))


def test_looking_ahead_says_what_would_change_and_changes_nothing(cast):
    returns(cast, 2, approve=True)
    returns(cast, 1)
    status, items = now(ask(cast, "close"))
    assert status == "checked"
    assert [outcome for outcome, _reason in items] == ["skipped", "done", "done"]
    assert "still waits for a decision" in items[0][1]
    assert statuses(cast) == ["open"] * 3


def test_what_was_looked_ahead_is_done_in_the_background_once(cast):
    returns(cast, 2, approve=True)
    job = start(cast, ask(cast, "close"))
    assert statuses(cast) == ["open"] * 2
    assert "actions.tasks.run_bulk" in deliver_all()
    assert now(job) == ("done", [("done", "")] * 2)
    assert statuses(cast) == ["closed"] * 2
    with pytest.raises(Refused, match="This is done"):
        start(cast, job)


def test_what_changed_meanwhile_is_skipped_with_its_reason(cast):
    first, _second = returns(cast, 2, approve=True)
    job = start(cast, ask(cast, "close"))
    with tenant(cast.acme.pk, user=cast.bob.user.pk):
        close_return(cast.bob, first)
    deliver_all()
    status, items = now(job)
    assert status == "done"
    assert sorted(outcome for outcome, _reason in items) == ["done", "skipped"]


def test_many_are_looked_at_in_the_background(cast, monkeypatch):
    monkeypatch.setattr(bulk, "AT_ONCE", 1)
    returns(cast, 3, approve=True)
    job = ask(cast, "close")
    assert now(job)[0] == "checking"
    deliver_all()
    assert now(job) == ("checked", [("done", "")] * 3)


def test_a_worker_that_dies_loses_nothing_and_repeats_nothing(cast, monkeypatch):
    returns(cast, 3, approve=True)
    job = start(cast, ask(cast, "close"))
    real, batches = bulk_runs.FOR_REAL, []

    def one_batch_then_death(actor, found):
        batches.append(found.pk)
        if len(batches) > 1:
            raise bulk_runs.OperationalError("the server is gone")
        return bulk.carry_on(actor, found, 1)

    dying = bulk_runs.Run(real.begins, real.shows, one_batch_then_death, real.end)
    monkeypatch.setattr(bulk_runs, "FOR_REAL", dying)
    with pytest.raises(bulk_runs.OperationalError):
        deliver_all()
    assert sorted(outcome for outcome, _r in now(job)[1]) == ["done", "pending", "pending"]
    with tenant(cast.acme.pk):
        event = job_event(job)
    monkeypatch.setattr(bulk_runs, "FOR_REAL", real)
    bulk_runs.carry_out(real, cast.acme.pk, event.event_id, event.pk)
    assert now(job) == ("done", [("done", "")] * 3)
    assert statuses(cast) == ["closed"] * 3


def job_event(job: BulkJob) -> Any:
    """The delivery that drives the job."""
    from audit.models import Delivery

    return Delivery.objects.get(task="actions.tasks.run_bulk", done_at__isnull=True)


def test_whoever_left_meanwhile_changes_nothing(cast):
    returns(cast, 1, approve=True)
    job = start(cast, ask(cast, "close"))
    with tenant(cast.acme.pk):
        Membership.objects.filter(user=cast.bob.user).update(is_active=False)
    deliver_all()
    assert now(job)[0] == "failed"
    assert statuses(cast) == ["open"]


def test_approving_many_answers_every_waiting_rma(cast):
    returns(cast, 2)
    returns(cast, 1, approve=True)
    job = start(cast, ask(cast, "approve"))
    deliver_all()
    status, items = now(job)
    assert status == "done"
    assert items[0] == ("skipped", "No RMA of this return waits for a decision.")
    with tenant(cast.acme.pk):
        assert set(Return.objects.values_list("rma_summary", flat=True)) == {"approved"}


def test_a_role_without_the_verb_may_not_ask_for_it(cast):
    returns(cast, 1)
    with pytest.raises(NotAllowed):
        ask(cast, "close", cast.wendy)
    with tenant(cast.acme.pk):
        assert not BulkJob.objects.exists()
    assert now(ask(cast, "close", cast.bob))[0] == "checked"


def test_nothing_and_too_much_are_refused(cast, monkeypatch):
    with pytest.raises(Refused, match="Tick at least one"):
        ask(cast, "close")
    monkeypatch.setattr(bulk, "MOST", 1)
    returns(cast, 2)
    with pytest.raises(Refused, match="more than 1 returns"):
        ask(cast, "close")
    with pytest.raises(Refused, match="Choose what to do"):
        ask(cast, "explode")
    with tenant(cast.acme.pk):
        assert not BulkItem.objects.exists()


def test_returns_of_others_are_never_among_them(cast):
    returns(cast, 1, approve=True)
    made_return(cast.charlie, shipped_order(cast.globex), approve=True)
    job = ask(cast, "close")
    assert job.item_count == 1


def test_a_resellers_refund_is_left_to_the_page_where_one_chooses_how(cast):
    made, _other = returns(cast, 2, approve=True)
    with tenant(cast.acme.pk):
        Channel.objects.filter(pk=made.channel_id).update(kind=Channel.Kind.RESELLER)
    job = start(cast, ask(cast, "sync_refund"))
    deliver_all()
    status, items = now(job)
    assert status == "done"
    assert [outcome for outcome, _reason in items] == ["done", "skipped"]
    assert "on the return's page" in items[1][1]
