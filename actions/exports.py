"""Verbs of exports: files made in the background, choices kept under a name and repeated (F14)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actor import Actor
from accounts.models import Membership, User
from actions.base import action
from audit.record import prepare, record, record_all
from core.errors import NotAllowed, Refused
from returns.exporting import LONGEST_QUERY, FileFormat, Grain, JobStatus, Schedule, exporter
from returns.models import ExportJob, SavedExport

MOST_SAVED = 50


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a file holds; see `returns.models.exports.ExportRecipe`."""

    name: str
    grain: str
    columns: Sequence[str]
    query: str = ""
    format: str = FileFormat.CSV


@dataclass(frozen=True, slots=True)
class Timing:
    """When a saved export makes a file by itself, on the merchant's clock; never by default."""

    schedule: str = Schedule.NEVER
    at_hour: int = 6
    weekday: int = 0
    day: int = 1


@action("return.export")
def request_export(actor: Actor, recipe: Recipe, *, saved: SavedExport | None = None) -> ExportJob:
    """Have the file of `recipe` made in the background; `saved` is the export it comes from.

    Raises Refused with the field for a recipe that no file can be made of.
    """
    wanted = _checked(recipe)
    job = ExportJob.objects.create(
        merchant=actor.merchant, saved=saved, asked_by=actor.user, **asdict(wanted)
    )
    record(actor, "export.requested", job, name=job.name, rows=str(Grain(job.grain).label))
    return job


@action("return.export")
def save_export(
    actor: Actor, recipe: Recipe, timing: Timing | None = None, *, is_shared: bool = False
) -> SavedExport:
    """Keep `recipe` under its name, repeated by `timing`. Sharing it takes filter.share as well.

    Refused when one's name is taken, and beyond MOST_SAVED of one's own.
    """
    owner = _person(actor)
    if is_shared:
        actor.require("filter.share")
    if SavedExport.objects.owned_by(actor).count() >= MOST_SAVED:
        raise Refused(
            _("You have %(most)s saved exports already. Delete one first.") % {"most": MOST_SAVED}
        )
    saved = SavedExport(merchant=actor.merchant, owner=owner)
    _keep(saved, recipe, timing or Timing(), is_shared=is_shared)
    record(actor, "export.saved", saved, name=saved.name)
    return saved


@action("return.export")
def change_export(
    actor: Actor, saved: SavedExport, recipe: Recipe, timing: Timing, *, is_shared: bool
) -> SavedExport:
    """Change one's own saved export: what it holds, its name, when it is repeated, who sees it.

    Only starting to share takes filter.share.
    """
    found = _own(actor, saved)
    if is_shared and not found.is_shared:
        actor.require("filter.share")
    _keep(found, recipe, timing, is_shared=is_shared)
    record(actor, "export.changed", found, name=found.name)
    return found


@action("return.export")
def delete_saved_export(actor: Actor, saved: SavedExport) -> None:
    """Delete one's own saved export; the files made of it stay."""
    found = _own(actor, saved)
    ExportJob.objects.visible_to(actor).filter(saved=found).update(saved=None)
    record(actor, "export.unsaved", found, name=found.name)
    found.delete()


@action("return.export")
def delete_export(actor: Actor, job: ExportJob) -> ExportJob:
    """Remove a finished file; that it was made stays known. Refused while it is being made."""
    found = lock_export(actor, job.pk)
    if found.state.is_moving:
        raise Refused(_("This file is being made. Delete it once it is done."))
    if not found.file:
        raise Refused(_("This file has been removed already."))
    _remove_file(found)
    record(actor, "export.deleted", found, name=found.name)
    return found


# --- what the house does in the background (actions.export_runs) --------------------------------


@action("return.export")
def finish_export(actor: Actor, job: ExportJob, *, rows: int) -> ExportJob:
    """Say that the file of a locked `job`, whose `file` is set, is there with so many rows."""
    job.status = JobStatus.DONE
    job.rows = rows
    job.finished_at = timezone.now()
    job.save(update_fields=["status", "rows", "finished_at", "file"])
    record(actor, "export.finished", job, name=job.name, rows=rows)
    return job


@action("return.export")
def stop_export(actor: Actor, job: ExportJob, reason: str) -> ExportJob:
    """Note why no file could be made."""
    found = lock_export(actor, job.pk)
    found.status = JobStatus.FAILED
    found.error = reason
    found.finished_at = timezone.now()
    found.save(update_fields=["status", "error", "finished_at"])
    record(actor, "export.failed", found, name=found.name, reason=reason)
    return found


@action("return.export")
def start_scheduled(actor: Actor, due: Sequence[SavedExport], now: datetime) -> list[ExportJob]:
    """Have the files of locked saved exports made that are `due` at `now`, and plan the next ones.

    Moments that passed while no schedule ran are made up for once. A saved export whose owner no
    longer works here is not repeated any more. One job per saved export and moment, whatever
    happens.
    """
    owners = _still_here(actor, {saved.owner_id for saved in due})
    made = set(
        ExportJob.objects.visible_to(actor)
        .filter(saved__in=due, scheduled_for__in={saved.next_run_at for saved in due})
        .values_list("saved_id", "scheduled_for")
    )
    jobs, events = [], []
    for saved in due:
        saved.merchant = actor.merchant
        if saved.owner_id not in owners:
            saved.schedule = Schedule.NEVER
            events.append(prepare(actor, "export.ended", saved, name=saved.name))
        elif (saved.pk, saved.next_run_at) not in made:
            jobs.append(_scheduled(saved))
        saved.next_run_at = saved.next_after(now)
    ExportJob.objects.bulk_create(jobs)
    SavedExport.objects.bulk_update(due, ["schedule", "next_run_at"])
    events += [prepare(actor, "export.scheduled", job, name=job.name) for job in jobs]
    # A moment that has its job already leaves nothing but the next one.
    record_all(events or [prepare(actor, "export.planned", one, name=one.name) for one in due])
    return jobs


@action("return.export")
def forget_exports(actor: Actor, jobs: Sequence[ExportJob]) -> None:
    """Remove the files of locked `jobs` that have been kept long enough."""
    for job in jobs:
        _remove_file(job)
    record_all([prepare(actor, "export.forgotten", job, name=job.name) for job in jobs])


def lock_export(actor: Actor, job_id: int) -> ExportJob:
    """The job, locked until the transaction ends, as it is now."""
    return ExportJob.objects.visible_to(actor).select_for_update(of=("self",)).get(pk=job_id)


# --- parts --------------------------------------------------------------------------------------


def _checked(recipe: Recipe) -> Recipe:
    """The recipe with its columns in order; Refused with the field for what cannot be made."""
    if recipe.grain not in Grain.values:
        raise Refused(_("Choose what one row shall be."), field="grain")
    if recipe.format not in FileFormat.values:
        raise Refused(_("Choose the kind of file."), field="format")
    name = recipe.name.strip()
    if not name:
        raise Refused(_("Give it a name."), field="name")
    if len(recipe.query) > LONGEST_QUERY:
        raise Refused(_("This filter is too long. Take some of its choices away."))
    known = exporter().columns(recipe.grain)
    columns = [column for column in known if column in set(recipe.columns)]
    if not columns:
        raise Refused(_("Choose at least one column."), field="columns")
    return Recipe(name, recipe.grain, columns, recipe.query, recipe.format)


def _keep(saved: SavedExport, recipe: Recipe, timing: Timing, *, is_shared: bool) -> None:
    values: dict[str, Any] = {**asdict(_checked(recipe)), **asdict(timing), "is_shared": is_shared}
    for name, value in values.items():
        setattr(saved, name, value)
    if saved.schedule not in Schedule.values:
        raise Refused(_("Choose how often it is repeated."), field="schedule")
    saved.next_run_at = saved.next_after(timezone.now())
    try:
        with transaction.atomic():
            saved.save()
    except IntegrityError as error:
        sentence = _("You have an export of this name already. Choose another name.")
        raise Refused(sentence, field="name") from error


def _own(actor: Actor, saved: SavedExport) -> SavedExport:
    mine = SavedExport.objects.owned_by(actor).select_related("merchant")
    found = mine.select_for_update(of=("self",)).filter(pk=saved.pk).first()
    if found is None:
        raise Refused(_("Only who saved an export can change it. Save it again under your name."))
    return found


def _person(actor: Actor) -> User:
    if actor.user is None:
        raise NotAllowed("return.export")
    return actor.user


def _scheduled(saved: SavedExport) -> ExportJob:
    """The job for the moment a saved export is due at."""
    return ExportJob(
        merchant=saved.merchant,
        saved=saved,
        asked_by_id=saved.owner_id,
        scheduled_for=saved.next_run_at,
        **saved.recipe,
    )


def _still_here(actor: Actor, user_ids: set[int]) -> set[int]:
    """Those of the users who may still export at the actor's merchant."""
    memberships = (
        Membership.objects.filter(
            merchant=actor.merchant, user__in=user_ids, is_active=True, user__is_active=True
        )
        .select_related("merchant", "user")
        .order_by("id")
    )
    return {one.user_id for one in memberships if one.actor().may("return.export")}


def _remove_file(job: ExportJob) -> None:
    """Take the file away once it is certain that nobody finds it any more."""
    storage, name = job.file.storage, job.file.name or ""
    job.file = ""
    job.save(update_fields=["file"])
    transaction.on_commit(lambda: storage.delete(name))
