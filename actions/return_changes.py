"""Returns changed by the file an export made: read, compared, and carried out row by row (F14).

Three columns may be edited: note, adjustment, and its reason. Everything else in the file is there
to find one's way; whether a change is allowed is decided by `edit_return`, as on the page.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actor import Actor
from actions.base import action
from actions.return_edits import ReturnEdit, edit_return
from actions.return_files import MOST_REJECTS, compared
from audit.record import record
from core.errors import NotAllowed, Refused
from returns.models import Return, ReturnImport
from returns.states import BulkStatus

BATCH = 20


@action("return.bulk")
def upload_changes(actor: Actor, file: UploadedFile) -> ReturnImport:
    """Read a file of returns and keep what differs from what is stored; nothing is changed yet.

    A file that differs in nothing is done with this.
    Raises Refused with the field for a file that cannot be used as a whole.
    """
    actor.require("return.edit")
    if actor.user is None:
        raise NotAllowed("return.bulk")
    found = compared(actor, file)
    kept = ReturnImport.objects.create(
        merchant=actor.merchant,
        file_name="".join(filter(str.isprintable, file.name or ""))[-160:],
        uploaded_by=actor.user,
        status=BulkStatus.CHECKED if found.changes else BulkStatus.DONE,
        rows=found.rows,
        changes=found.changes,
        rejects=found.rejects[:MOST_REJECTS],
        reject_count=len(found.rejects),
    )
    record(actor, "changes.uploaded", kept, file=kept.file_name)
    return kept


@action("return.bulk")
def start_changes(actor: Actor, found: ReturnImport) -> ReturnImport:
    """Carry the changes out in the background. Refused when they were started already."""
    actor.require("return.edit")
    locked = lock_changes(actor, found.pk)
    if locked is not None and not locked.changes:
        raise Refused(_("This file changes nothing. Edit it and upload it again."))
    if locked is None or locked.status != BulkStatus.CHECKED:
        raise Refused(_("These changes were started already. Look at how far they are."))
    locked.status = BulkStatus.QUEUED
    locked.uploaded_by = actor.user or locked.uploaded_by
    locked.save(update_fields=["status", "uploaded_by"])
    record(actor, "changes.started", locked, file=locked.file_name)
    return locked


def carry_on(actor: Actor, found: ReturnImport) -> bool:
    """Do the next few changes of a locked file as `actor`; whether there are more.

    Each change is an edit of its own: what is refused is noted with its sentence, the others stand.
    """
    batch = found.changes[found.position : found.position + BATCH]
    for change in batch:
        reason = _edited(actor, change, found)
        if reason:
            refused = {"line": change["line"], "number": change["number"], "reason": reason}
            found.refused = [*found.refused, refused]
        else:
            found.done += 1
    found.position += len(batch)
    found.status = BulkStatus.RUNNING
    found.save(update_fields=["status", "position", "done", "refused"])
    return found.position < len(found.changes)


def _edited(actor: Actor, change: dict[str, Any], found: ReturnImport) -> str:
    """Edit one return as the file says; why not, or ""."""
    subject = Return.objects.visible_to(actor).filter(pk=change["id"]).first()
    if subject is None:
        return _("There is no such return any more.")
    after = change["after"]
    edit = ReturnEdit(
        refund_adjustment=Decimal(after["adjustment"]),
        adjustment_reason=after["adjustment_reason"],
        refund_shipping=subject.refund_shipping,
        note=after["note"],
        lines={},
    )
    note = _("With %(file)s") % {"file": found.file_name}
    try:
        with transaction.atomic():
            edit_return(actor, subject, edit, version=change["version"], note=note)
    except Refused as refused:
        return str(refused.message)
    except NotAllowed:
        return _("You may not edit returns any more.")
    return ""


@action("return.bulk")
def finish_changes(actor: Actor, found: ReturnImport) -> ReturnImport:
    """Say that every row of a locked file is done."""
    found.status = BulkStatus.DONE
    found.finished_at = timezone.now()
    found.save(update_fields=["status", "finished_at"])
    refused = len(found.refused)
    record(actor, "changes.finished", found, file=found.file_name, done=found.done, refused=refused)
    return found


@action("return.bulk")
def stop_changes(actor: Actor, found: ReturnImport, reason: str) -> ReturnImport:
    """Stop with a sentence; what was changed so far stays changed."""
    locked = lock_changes(actor, found.pk)
    if locked is None:
        return found
    locked.status = BulkStatus.FAILED
    locked.error = reason
    locked.finished_at = timezone.now()
    locked.save(update_fields=["status", "error", "finished_at"])
    record(actor, "changes.failed", locked, file=locked.file_name, reason=reason)
    return locked


def lock_changes(actor: Actor, pk: int, *, skip_locked: bool = False) -> ReturnImport | None:
    """The file, locked until the transaction ends; None when it is gone or somebody else's turn."""
    found = ReturnImport.objects.visible_to(actor).select_for_update(
        of=("self",), skip_locked=skip_locked
    )
    return found.select_related("uploaded_by").filter(pk=pk).first()
