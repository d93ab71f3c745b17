"""Verbs of the return profiles: add, change (a new version), archive, offer again (P2, P8)."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actor import Actor
from actions.base import action
from actions.locks import lock_merchant
from audit.record import record
from core.errors import Refused, Stale
from profiles.differences import differences
from profiles.models import ReturnProfile, ReturnProfileVersion
from profiles.terms import Terms

NAME_LENGTH = 80
USUAL_DAYS = 30


@dataclass(frozen=True, slots=True)
class ProfileEdit:
    """How a profile should be. Where its RMAs do not expire, the days stay as they were."""

    name: str
    terms: Terms


@action("settings.edit")
def add_profile(actor: Actor, edit: ProfileEdit) -> ReturnProfile:
    """A new profile with its first version. Raises Refused with the field."""
    merchant = lock_merchant(actor)
    profile = ReturnProfile.objects.create(
        merchant=actor.merchant, name=_checked_name(actor, edit.name)
    )
    _write_version(actor, profile, edit.terms, USUAL_DAYS)
    record(actor, "profile.added", profile, parent=merchant, name=profile.name)
    return profile


@action("settings.edit")
def change_profile(
    actor: Actor, profile: ReturnProfile, edit: ProfileEdit, *, version: int
) -> ReturnProfile:
    """Give a profile a further version; returns that were judged keep theirs.

    `version` is the number the person saw. Raises Stale when there is a newer one, Refused when
    nothing would change, each with the next step.
    """
    merchant = lock_merchant(actor)
    found = lock_profile(actor, profile.pk)
    before = found.current()
    if found.version != version:
        raise Stale(
            _(
                "%(who)s saved version %(n)s meanwhile. Open the profile again and make your"
                " changes there."
            )
            % {"who": before.made_by.name if before.made_by else _("Somebody"), "n": found.version}
        )
    name = _checked_name(actor, edit.name, but=found)
    changes = differences(before.terms(), edit.terms, (found.name, name))
    if not changes:
        raise Refused(_("It is set that way already, so nothing was changed."))
    found.name = name
    found.version += 1
    found.save(update_fields=["name", "version"])
    _write_version(actor, found, edit.terms, before.expiry_days)
    record(
        actor,
        "profile.changed",
        found,
        parent=merchant,
        name=name,
        version=found.version,
        changes=[[one.label, one.before, one.after] for one in changes],
    )
    return found


@action("settings.edit")
def archive_profile(actor: Actor, profile: ReturnProfile) -> ReturnProfile:
    """Offer a profile for no further cycles; those that have it keep it, and so do returns."""
    merchant = lock_merchant(actor)
    found = lock_profile(actor, profile.pk)
    if found.archived_at:
        raise Refused(_("“%(name)s” is archived already.") % {"name": found.name})
    found.archived_at = timezone.now()
    found.save(update_fields=["archived_at"])
    record(actor, "profile.archived", found, parent=merchant, name=found.name)
    return found


@action("settings.edit")
def restore_profile(actor: Actor, profile: ReturnProfile) -> ReturnProfile:
    """Offer an archived profile again."""
    merchant = lock_merchant(actor)
    found = lock_profile(actor, profile.pk)
    if found.archived_at is None:
        raise Refused(_("“%(name)s” is offered already.") % {"name": found.name})
    found.archived_at = None
    found.save(update_fields=["archived_at"])
    record(actor, "profile.restored", found, parent=merchant, name=found.name)
    return found


def lock_profile(actor: Actor, profile_id: int) -> ReturnProfile:
    """The profile, locked until the transaction ends, as it is now."""
    profiles = ReturnProfile.objects.visible_to(actor).select_for_update(of=("self",))
    return profiles.get(pk=profile_id)


def _write_version(actor: Actor, profile: ReturnProfile, terms: Terms, days: int) -> None:
    ReturnProfileVersion.objects.create(
        merchant=actor.merchant,
        profile=profile,
        number=profile.version,
        name=profile.name,
        expires=terms.expiry_days is not None,
        expiry_days=terms.expiry_days or days,
        valid_outcome=terms.valid.outcome,
        valid_percent=terms.valid.percent,
        expired_outcome=terms.expired.outcome,
        expired_percent=terms.expired.percent,
        none_outcome=terms.none.outcome,
        none_percent=terms.none.percent,
        basis=terms.basis,
        restocking_percent=terms.restocking_percent,
        trial_cancel_only=terms.trial_cancel_only,
        end_of_trial=terms.end_of_trial,
        made_by=actor.user,
    )


def _checked_name(actor: Actor, name: str, *, but: ReturnProfile | None = None) -> str:
    name = " ".join(name.split())
    if not name:
        raise Refused(_("Enter what the profile is called."), field="name")
    if len(name) > NAME_LENGTH:
        raise Refused(_("Use at most %(most)s characters.") % {"most": NAME_LENGTH}, field="name")
    others = ReturnProfile.objects.visible_to(actor).filter(name__iexact=name)
    if others.exclude(pk=but.pk if but else 0).exists():
        raise Refused(
            _("There is a profile “%(name)s” already. Choose another name.") % {"name": name},
            field="name",
        )
    return name
