"""One verb over many returns: look ahead, start, and what came of each (F14)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from accounts.actor import Actor
from actions import base
from actions.base import action, preview
from actions.refunds import sync_refund
from actions.returns import cancel_return, close_return, reopen_return
from actions.rmas import approve_rma
from audit.record import record
from core.errors import NotAllowed, Refused
from orders.models import Channel
from returns.models import BulkItem, BulkJob, RefundEntry, Return
from returns.states import UNDECIDED, BulkStatus, BulkVerb

MOST = 10_000
AT_ONCE = 25
BATCH = 50


@action("rma.approve")
def approve_rmas(actor: Actor, customer_return: Return, *, note: str = "") -> Return:
    """Approve every RMA of the return that nobody has answered yet. Refused when there is none."""
    waiting = list(customer_return.rmas.filter(status__in=UNDECIDED).order_by("pk"))
    if not waiting:
        raise Refused(_("No RMA of this return waits for a decision."))
    for rma in waiting:
        approve_rma(actor, rma, note=note)
    return customer_return


@action("refund.apply")
def sync_channel_refund(actor: Actor, customer_return: Return, *, note: str = "") -> RefundEntry:
    """Sync the refund of a return whose channel pays itself; for resellers a person chooses how."""
    if customer_return.channel.kind == Channel.Kind.RESELLER:
        raise Refused(
            _(
                "This is a reseller's order. Sync its refund on the return's page, where you choose"
                " between paying back and reseller credit."
            )
        )
    return sync_refund(actor, customer_return, note=note)


BULK_VERBS: dict[str, Callable[..., Any]] = {
    BulkVerb.APPROVE: approve_rmas,
    BulkVerb.SYNC_REFUND: sync_channel_refund,
    BulkVerb.CLOSE: close_return,
    BulkVerb.REOPEN: reopen_return,
    BulkVerb.CANCEL: cancel_return,
}


def may_bulk(actor: Actor, verb: str) -> bool:
    """Whether the actor may do `verb` to many returns, and to one."""
    return actor.may("return.bulk") and actor.may(permission_of(verb))


def permission_of(verb: str) -> str:
    """What the actor needs for one return."""
    return base.permission_of(BULK_VERBS[verb])


@action("return.bulk")
def ask_bulk(actor: Actor, verb: str, chosen: QuerySet[Return], *, note: str = "") -> BulkJob:
    """Remember the returns `chosen` and look ahead: what `verb` would change, and skip why.

    A few are looked at here and now, more in the background. Raises Refused for none or more than
    MOST, NotAllowed for a verb the actor may not do.
    """
    if verb not in BULK_VERBS:
        raise Refused(_("Choose what to do with the returns."), field="verb")
    actor.require(permission_of(verb))
    ids = list(chosen.order_by("-requested_at", "-id").values_list("pk", flat=True)[: MOST + 1])
    if not ids:
        raise Refused(_("Tick at least one return, then choose again."))
    if len(ids) > MOST:
        raise Refused(
            _("These are more than %(most)s returns. Narrow the filter and do it in parts.")
            % {"most": f"{MOST:,}"}
        )
    if actor.user is None:
        raise NotAllowed(permission_of(verb))
    job = BulkJob.objects.create(
        merchant=actor.merchant,
        verb=verb,
        note=note,
        item_count=len(ids),
        asked_by=actor.user,
    )
    BulkItem.objects.bulk_create(
        (BulkItem(merchant=actor.merchant, job=job, customer_return_id=pk) for pk in ids),
        batch_size=2_000,
    )
    facts = _facts(job)
    if len(ids) > AT_ONCE:
        record(actor, "bulk.asked", job, **facts)
        return job
    look_ahead(actor, job, AT_ONCE)
    job.status = BulkStatus.CHECKED
    job.save(update_fields=["status"])
    record(actor, "bulk.checked", job, **facts)
    return job


@action("return.bulk")
def start_bulk(actor: Actor, job: BulkJob) -> BulkJob:
    """Start what was looked ahead; a worker does it. Refused when it was started already."""
    locked = lock_job(actor, job.pk)
    actor.require(permission_of(locked.verb))
    if locked.status != BulkStatus.CHECKED:
        raise Refused(
            _("This is %(status)s. Look at how far it is.") % {"status": locked.state.label.lower()}
        )
    locked.items.update(outcome=BulkItem.Outcome.PENDING, reason="")
    locked.status = BulkStatus.QUEUED
    locked.save(update_fields=["status"])
    record(actor, "bulk.started", locked, **_facts(locked))
    return locked


@action("return.bulk")
def end_look_ahead(actor: Actor, job: BulkJob) -> BulkJob:
    """Say that every return has been looked at."""
    job.status = BulkStatus.CHECKED
    job.save(update_fields=["status"])
    record(actor, "bulk.checked", job, **_facts(job))
    return job


@action("return.bulk")
def end_bulk(actor: Actor, job: BulkJob) -> BulkJob:
    """Say that every return is done, and how many were changed."""
    skipped = job.items.filter(outcome=BulkItem.Outcome.SKIPPED).count()
    job.status = BulkStatus.DONE
    job.finished_at = Now()
    job.save(update_fields=["status", "finished_at"])
    facts = {**_facts(job), "done": job.item_count - skipped, "skipped": skipped}
    record(actor, "bulk.finished", job, **facts)
    return job


@action("return.bulk")
def stop_bulk(actor: Actor, job: BulkJob, reason: str) -> BulkJob:
    """Stop with a sentence; what was changed so far stays changed."""
    job.status = BulkStatus.FAILED
    job.error = reason
    job.finished_at = Now()
    job.save(update_fields=["status", "error", "finished_at"])
    record(actor, "bulk.stopped", job, reason=reason, **_facts(job))
    return job


def lock_job(actor: Actor, job_id: int) -> BulkJob:
    """The job, locked until the transaction ends, as it is now."""
    return BulkJob.objects.visible_to(actor).select_for_update(of=("self",)).get(pk=job_id)


def look_ahead(actor: Actor, job: BulkJob, most: int = BATCH) -> bool:
    """Preview the verb for the next returns of `job` and note what would come; False at the end."""
    return _each(actor, job, most, preview)


def carry_on(actor: Actor, job: BulkJob, most: int = BATCH) -> bool:
    """Do the verb to the next returns of `job`, each for itself; False at the end."""

    def really(verb: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        with transaction.atomic():
            verb(*args, **kwargs)

    return _each(actor, job, most, really)


def _each(actor: Actor, job: BulkJob, most: int, do: Callable[..., Any]) -> bool:
    pending = job.items.filter(outcome=BulkItem.Outcome.PENDING).select_related(
        "customer_return__channel"
    )
    items = list(pending.order_by("id")[:most])
    verb = BULK_VERBS[job.verb]
    for item in items:
        try:
            do(verb, actor, item.customer_return, note=job.note)
        except NotAllowed:
            item.outcome, item.reason = BulkItem.Outcome.SKIPPED, _("You may not do this.")
        except Refused as refused:
            item.outcome, item.reason = BulkItem.Outcome.SKIPPED, str(refused.message)
        else:
            item.outcome = BulkItem.Outcome.DONE
    BulkItem.objects.bulk_update(items, ["outcome", "reason"])
    return len(items) == most


def _facts(job: BulkJob) -> dict[str, Any]:
    return {"what": str(BulkVerb(job.verb).label), "count": job.item_count}
