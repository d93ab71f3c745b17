"""What people keep of the overview: filters under a name, and the columns they see (F4, F5)."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.actor import Actor
from accounts.models import User
from actions.base import action
from audit.record import record
from core.errors import Refused
from returns.columns import in_order
from returns.filters import LONGEST_QUERY
from returns.models import ListColumns, SavedFilter

MOST_FILTERS = 50


@action("filter.save")
def save_filter(actor: Actor, *, name: str, query: str, is_shared: bool = False) -> SavedFilter:
    """Keep the state of the overview `query` (a clean query string) under `name` (F5).

    Sharing it with the merchant's staff takes filter.share as well. Refused without a filter, when
    one's name is taken, and beyond MOST_FILTERS of one's own.
    """
    owner = _person(actor)
    if is_shared:
        actor.require("filter.share")
    if not query:
        raise Refused(_("There is no filter to save. Choose one in the list first."))
    if len(query) > LONGEST_QUERY:
        raise Refused(_("This filter is too long to be saved. Take some of its choices away."))
    mine = SavedFilter.objects.visible_to(actor).filter(owner=owner)
    if mine.count() >= MOST_FILTERS:
        raise Refused(
            _("You have %(most)s saved filters already. Delete one first.") % {"most": MOST_FILTERS}
        )
    saved = SavedFilter(
        merchant=actor.merchant, owner=owner, name=name, query=query, is_shared=is_shared
    )
    _write(saved)
    record(actor, "filter.saved", saved, name=name, shared=is_shared)
    return saved


@action("filter.save")
def change_filter(actor: Actor, saved: SavedFilter, *, name: str, is_shared: bool) -> SavedFilter:
    """Rename one's own filter, or share it or keep it to oneself; both as they shall be (F5).

    Only starting to share takes filter.share. Refused when the name is taken.
    """
    mine = SavedFilter.objects.visible_to(actor).filter(owner=_person(actor))
    found = mine.select_for_update(of=("self",)).filter(pk=saved.pk).first()
    if found is None:
        raise Refused(_("Only who saved a filter can change it. Save it again under your name."))
    if is_shared and not found.is_shared:
        actor.require("filter.share")
    old, found.name, found.is_shared = found.name, name, is_shared
    _write(found)
    record(actor, "filter.changed", found, name=name, old=old, shared=is_shared)
    return found


@action("filter.save")
def delete_filter(actor: Actor, saved: SavedFilter) -> None:
    """Delete one's own filter, or with filter.share one that somebody shared (F5)."""
    found = (
        SavedFilter.objects.visible_to(actor)
        .select_for_update(of=("self",))
        .filter(pk=saved.pk)
        .first()
    )
    if found is None:
        raise Refused(_("This filter is gone already."))
    if found.owner_id != _person(actor).pk:
        actor.require("filter.share")
    record(actor, "filter.deleted", found, name=found.name, query=found.query)
    found.delete()


@action("filter.save")
def choose_columns(actor: Actor, columns: Iterable[str]) -> tuple[str, ...]:
    """Let the person see these columns of the overview; gives those kept, in order (F4)."""
    kept = in_order(columns)
    chosen, _made = ListColumns.objects.update_or_create(
        merchant=actor.merchant, user=_person(actor), defaults={"columns": list(kept)}
    )
    record(actor, "columns.chosen", chosen, columns=list(kept))
    return kept


def _person(actor: Actor) -> User:
    if actor.user is None:
        raise Refused(_("Only a person can keep filters and columns."))
    return actor.user


def _write(saved: SavedFilter) -> None:
    try:
        with transaction.atomic():
            saved.save()
    except IntegrityError as error:
        sentence = _("You have a filter of this name already. Choose another name.")
        raise Refused(sentence, field="name") from error
