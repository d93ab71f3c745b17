"""What is told to whom by e-mail: one rule per verb, one template per message."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Merchant, User
from audit.models import Event
from orders.models import OrderImport
from returns.models import ExportJob


@dataclass(frozen=True, slots=True)
class Message:
    """A mail before it is sent."""

    to: str
    subject: str
    text: str


def import_finished(event: Event) -> Message | None:
    """To the person who uploaded the file: what came in, what was rejected, where to look."""
    subject = _("%(file)s is imported") % event.data
    return _about_import(event, subject, "notifications/import_finished.txt")


def import_failed(event: Event) -> Message | None:
    """To the person who uploaded the file: why it stopped and where to try again."""
    subject = _("The import of %(file)s stopped") % event.data
    return _about_import(event, subject, "notifications/import_failed.txt")


def export_finished(event: Event) -> Message | None:
    """To whom a scheduled file is for: a link to it, never the data."""
    subject = _("%(name)s is ready") % event.data
    return _about_export(event, subject, "notifications/export_finished.txt")


def export_failed(event: Event) -> Message | None:
    """To whom a scheduled file is for: why there is none."""
    subject = _("%(name)s could not be made") % event.data
    return _about_export(event, subject, "notifications/export_failed.txt")


RULES: dict[str, Callable[[Event], Message | None]] = {
    "import.finished": import_finished,
    "import.failed": import_failed,
    "export.finished": export_finished,
    "export.failed": export_failed,
}


def message_for(event: Event) -> Message | None:
    """The mail `event` causes, or None when nobody is to be told."""
    return RULES[event.verb](event)


def _about_import(event: Event, subject: str, template: str) -> Message | None:
    if event.noun != "orderimport":
        return None  # Loaded from the command line, where the result has been read already.
    imports = OrderImport.objects.select_related("uploaded_by", "merchant")
    found = imports.get(merchant_id=event.merchant_id, pk=event.object_id)
    if found.uploaded_by is None:
        return None
    link = reverse("console:import", args=[found.merchant.slug, found.public_id])
    return _written(found.uploaded_by, found.merchant, subject, template, link, event.data)


def _about_export(event: Event, subject: str, template: str) -> Message | None:
    jobs = ExportJob.objects.select_related("asked_by", "merchant")
    job = jobs.get(merchant_id=event.merchant_id, pk=event.object_id)
    if job.scheduled_for is None or job.asked_by is None:
        return None  # Somebody asked for it and sees how far it is.
    link = reverse("console:export", args=[job.merchant.slug, job.public_id])
    return _written(job.asked_by, job.merchant, subject, template, link, event.data)


def _written(
    to: User, merchant: Merchant, subject: str, template: str, link: str, facts: dict[str, Any]
) -> Message | None:
    """The message, unless its reader has left."""
    still_there = to.memberships.filter(merchant=merchant, is_active=True).exists()
    if not (to.is_active and still_there):
        return None
    text = render_to_string(
        template,
        {"to": to, "merchant": merchant, "facts": facts, "link": f"{settings.SITE_URL}{link}"},
    )
    return Message(to.email, " ".join(subject.split()), text)
