"""Verbs of offers: add, change, and give each cycle its return profile (P1, P2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actor import Actor
from accounts.models import Merchant
from actions.base import action
from actions.locks import lock_merchant
from audit.models import Event
from audit.record import prepare, record, record_all
from core.errors import Refused
from orders.models import Offer, OfferCycle
from profiles.models import ReturnProfile
from profiles.terms import CycleKind

NAME_LENGTH = 80
CODE_LENGTH = 40
MOST_REBILLS = 999


@dataclass(frozen=True, slots=True)
class OfferEdit:
    """How an offer should be; `profiles` maps ids of its cycles to a profile's id or None.

    Cycles that are left out keep their profile.
    """

    name: str
    is_offered: bool = True
    profiles: Mapping[int, int | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CycleRequest:
    """A cycle to add: `number` counts rebills from 1, and is 0 for trial and initial."""

    kind: CycleKind
    number: int = 0
    profile_id: int | None = None


@action("settings.edit")
def add_offer(
    actor: Actor, name: str, code: str, *, has_trial: bool = False, profile_id: int | None = None
) -> Offer:
    """A new offer with the cycles Initial and Rebill 1, and before them Trial if it has one.

    All of them get the profile, if there is one. Raises Refused with the field.
    """
    merchant = lock_merchant(actor)
    name, code = _checked_name(name), _checked_code(actor, code)
    _profile(actor, profile_id)
    offer = Offer.objects.create(merchant=actor.merchant, name=name, code=code)
    kinds = [CycleKind.TRIAL] if has_trial else []
    OfferCycle.objects.bulk_create(
        OfferCycle(
            merchant=actor.merchant,
            offer=offer,
            kind=kind,
            number=1 if kind is CycleKind.REBILL else 0,
            profile_id=profile_id,
        )
        for kind in [*kinds, CycleKind.INITIAL, CycleKind.REBILL]
    )
    record(actor, "offer.added", offer, parent=merchant, name=name)
    return offer


@action("settings.edit")
def change_offer(actor: Actor, offer: Offer, edit: OfferEdit) -> Offer:
    """Rename an offer, retire it or offer it again, and assign profiles to its cycles.

    Archived profiles cannot be chosen anew. Raises Refused with the field (`profile-<cycle id>`).
    """
    merchant = lock_merchant(actor)
    found = _lock(actor, offer)
    name = _checked_name(edit.name)
    events: list[Event] = []
    if found.name != name:
        events.append(_event(actor, "offer.renamed", found, merchant, before=found.name))
        events[-1].data["name"] = name
    if (found.archived_at is None) != edit.is_offered:
        verb = "offer.restored" if edit.is_offered else "offer.archived"
        events.append(_event(actor, verb, found, merchant))
    cycles = _assigned(actor, found, edit.profiles, events, merchant)
    if not events:
        raise Refused(_("It is set that way already, so nothing was changed."))
    found.name = name
    found.archived_at = None if edit.is_offered else (found.archived_at or timezone.now())
    found.save(update_fields=["name", "archived_at"])
    OfferCycle.objects.bulk_update(cycles, ["profile"])
    record_all(events)
    return found


@action("settings.edit")
def add_cycle(actor: Actor, offer: Offer, request: CycleRequest) -> OfferCycle:
    """A further cycle of an offer. Raises Refused with the field, also when it is there."""
    merchant = lock_merchant(actor)
    found = _lock(actor, offer)
    profile = _profile(actor, request.profile_id)
    number = _checked_number(request)
    if found.cycles.filter(merchant=actor.merchant, kind=request.kind, number=number).exists():
        raise Refused(_("This offer has that cycle already."), field="kind")
    cycle = OfferCycle.objects.create(
        merchant=actor.merchant, offer=found, kind=request.kind, number=number, profile=profile
    )
    event = _event(actor, "offer.cycle_added", found, merchant, cycle=cycle.label)
    record_all([event])
    return cycle


def _assigned(
    actor: Actor,
    offer: Offer,
    wanted: Mapping[int, int | None],
    events: list[Event],
    merchant: Merchant,
) -> list[OfferCycle]:
    """The cycles whose profile changes, changed; each leaves an event."""
    changed = []
    cycles = OfferCycle.objects.visible_to(actor).filter(offer=offer, pk__in=list(wanted))
    for cycle in cycles.select_related("profile").select_for_update(of=("self",)):
        profile_id = wanted[cycle.pk]
        if cycle.profile_id == profile_id:
            continue
        before = cycle.profile.name if cycle.profile else _("none")
        cycle.profile = _profile(actor, profile_id, field=f"profile-{cycle.pk}")
        after = cycle.profile.name if cycle.profile else _("none")
        facts = {"cycle": cycle.label, "before": before, "after": after}
        events.append(_event(actor, "offer.profile_assigned", offer, merchant, **facts))
        changed.append(cycle)
    return changed


def _event(actor: Actor, verb: str, offer: Offer, merchant: Merchant, **facts: str) -> Event:
    return prepare(actor, verb, offer, parent=merchant, name=offer.name, **facts)


def _lock(actor: Actor, offer: Offer) -> Offer:
    found: Offer = Offer.objects.visible_to(actor).select_for_update(of=("self",)).get(pk=offer.pk)
    return found


def _profile(
    actor: Actor, profile_id: int | None, *, field: str = "profile"
) -> ReturnProfile | None:
    if profile_id is None:
        return None
    profile = ReturnProfile.objects.visible_to(actor).filter(pk=profile_id).first()
    if profile is None:
        raise Refused(_("Choose the profile again; that one is not there."), field=field)
    if profile.archived_at:
        raise Refused(
            _("“%(name)s” is archived. Offer it again first.") % {"name": profile.name},
            field=field,
        )
    return profile


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    if not name:
        raise Refused(_("Enter what the offer is called."), field="name")
    if len(name) > NAME_LENGTH:
        raise Refused(_("Use at most %(most)s characters.") % {"most": NAME_LENGTH}, field="name")
    return name


def _checked_code(actor: Actor, code: str) -> str:
    code = code.strip()
    if not code or len(code) > CODE_LENGTH or len(code.split()) > 1:
        raise Refused(
            _("Enter a code without blanks, of at most %(most)s characters.")
            % {"most": CODE_LENGTH},
            field="code",
        )
    if Offer.objects.visible_to(actor).filter(code=code).exists():
        raise Refused(
            _("There is an offer with the code %(code)s already. Choose another one.")
            % {"code": code},
            field="code",
        )
    return code


def _checked_number(request: CycleRequest) -> int:
    if request.kind is not CycleKind.REBILL:
        return 0
    if not 1 <= request.number <= MOST_REBILLS:
        raise Refused(
            _("Enter which rebill it is, from 1 to %(most)s.") % {"most": MOST_REBILLS},
            field="number",
        )
    return request.number


def cycle_of(offer_cycles: Iterable[OfferCycle], kind: str, number: int) -> OfferCycle | None:
    """The cycle of an offer that a charge of `kind` and rebill `number` falls under.

    The last rebill cycle up to `number` stands for those after it; None where the offer has none.
    """
    fitting = [one for one in offer_cycles if one.kind == kind and one.number <= number]
    return max(fitting, key=lambda one: one.number, default=None)
