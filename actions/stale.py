"""Two people at one page: the later one is told who was quicker, and with what."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.actor import Actor
from audit.models import Event, subject_key
from audit.vendor_words import entries_for
from core.errors import Stale


def check_version(actor: Actor, subject: models.Model, seen: int | None) -> None:
    """Raise Stale with the latest event when `subject` is not the version `seen` any more.

    None stands for somebody who saw no page: rules and schedules.
    """
    if seen is None or seen == subject.version:  # type: ignore[attr-defined]
        return
    latest = Event.objects.visible_to(actor).about(*subject_key(subject))[:1]
    found = entries_for(actor, latest)
    if not found:
        raise Stale(_("This has changed since you opened it. Look at it again before deciding."))
    entry = found[0]
    at = date_format(timezone.localtime(entry.at), "j M Y, H:i")
    raise Stale(
        _("%(event)s on %(at)s, after you opened this page. Nothing of yours was saved.")
        % {"event": entry.title, "at": at}
    )
