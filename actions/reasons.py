"""Verbs of the return reasons: add, change, move; two levels, and always one to choose (F8)."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.text import slugify
from django.utils.translation import gettext as _

from accounts.actor import Actor
from actions.base import action
from actions.locks import lock_merchant
from audit.models import Event
from audit.record import prepare, record, record_all
from core.errors import Refused
from returns.models import ReturnReason
from returns.reasons import ReasonTree

CODE_LENGTH = 40
LABEL_LENGTH = 80


@dataclass(frozen=True, slots=True)
class ReasonEdit:
    """How a reason should be; without `parent_id` it stands on the first level."""

    label: str
    parent_id: int | None = None
    is_offered: bool = True


@action("settings.edit")
def add_reason(actor: Actor, label: str, *, parent_id: int | None = None) -> ReturnReason:
    """A new reason, last of those under its heading; its code is made from the label for good.

    Raises Refused with the field: the label is there already, or the heading is not one.
    """
    merchant = lock_merchant(actor)
    tree = ReasonTree.of(actor)
    label = _checked_label(tree, label, parent_id)
    _check_heading(tree, parent_id)
    reason = ReturnReason.objects.create(
        merchant=actor.merchant,
        parent_id=parent_id,
        code=_free_code(tree, label),
        label=label,
        position=_last_position(tree, parent_id),
    )
    record(actor, "reason.added", reason, parent=merchant, label=label)
    return reason


@action("settings.edit")
def change_reason(actor: Actor, reason: ReturnReason, edit: ReasonEdit) -> ReturnReason:
    """Rename a reason, put it under another heading, retire it or offer it again.

    Returns that name it keep it. Raises Refused with the field, also when nobody could choose any
    reason afterwards.
    """
    merchant = lock_merchant(actor)
    tree = ReasonTree.of(actor)
    found = tree.by_id[reason.pk]
    label = _checked_label(tree, edit.label, edit.parent_id, but=found)
    if edit.parent_id != found.parent_id:
        _check_may_move_under(tree, found, edit.parent_id)
    events = _what_changes(actor, found, edit, label)
    if not events:
        raise Refused(_("It is set that way already, so nothing was changed."))
    if edit.parent_id != found.parent_id:
        found.position = _last_position(tree, edit.parent_id)
    found.label, found.parent_id, found.is_active = label, edit.parent_id, edit.is_offered
    found.save(update_fields=["label", "parent", "is_active", "position"])
    _check_some_left(actor)
    for event in events:
        event.parent_noun, event.parent_id = "merchant", merchant.pk
    record_all(events)
    return found


@action("settings.edit")
def move_reason(actor: Actor, reason: ReturnReason, *, up: bool) -> ReturnReason:
    """Let a reason change places with its neighbour above or below, under the same heading."""
    merchant = lock_merchant(actor)
    tree = ReasonTree.of(actor)
    found = tree.by_id[reason.pk]
    row = list(tree.under(found.parent_id))
    place = row.index(found)
    other = place - 1 if up else place + 1
    if not 0 <= other < len(row):
        sentence = _("“%(label)s” is first already.") if up else _("“%(label)s” is last already.")
        raise Refused(sentence % {"label": found.label})
    row[place], row[other] = row[other], row[place]
    for position, one in enumerate(row):
        one.position = position
    ReturnReason.objects.bulk_update(row, ["position"])
    record(actor, "reason.moved", found, parent=merchant, label=found.label)
    return found


def _checked_label(
    tree: ReasonTree, label: str, parent_id: int | None, *, but: ReturnReason | None = None
) -> str:
    label = " ".join(label.split())
    if not label:
        raise Refused(_("Enter what the reason is called."), field="label")
    if len(label) > LABEL_LENGTH:
        raise Refused(_("Use at most %(most)s characters.") % {"most": LABEL_LENGTH}, field="label")
    taken = {one.label.casefold() for one in tree.under(parent_id) if one != but}
    if label.casefold() in taken:
        raise Refused(
            _("There is a reason “%(label)s” here already. Choose another name, or offer that one.")
            % {"label": label},
            field="label",
        )
    return label


def _check_heading(tree: ReasonTree, parent_id: int | None) -> None:
    if parent_id is None:
        return
    heading = tree.by_id.get(parent_id)
    if heading is None:
        raise Refused(_("Choose the heading again; that one is not there."), field="parent")
    if heading.parent_id:
        raise Refused(
            _("“%(label)s” stands under a heading itself. Choose a heading of the first level.")
            % {"label": heading.label},
            field="parent",
        )
    if not heading.is_active:
        raise Refused(
            _("“%(label)s” is retired. Offer it again first.") % {"label": heading.label},
            field="parent",
        )


def _check_may_move_under(tree: ReasonTree, found: ReturnReason, parent_id: int | None) -> None:
    if parent_id is not None and tree.is_heading(found):
        raise Refused(
            _("“%(label)s” is a heading, so it stays on the first level. Move what is under it.")
            % {"label": found.label},
            field="parent",
        )
    if parent_id == found.pk:
        raise Refused(_("A reason cannot stand under itself."), field="parent")
    _check_heading(tree, parent_id)


def _check_some_left(actor: Actor) -> None:
    if not ReasonTree.of(actor).choices():
        raise Refused(
            _("No reason would be left to choose, so no return could be made. Add another first.")
        )


def _what_changes(actor: Actor, found: ReturnReason, edit: ReasonEdit, label: str) -> list[Event]:
    events = []
    if found.label != label or found.parent_id != edit.parent_id:
        events.append(prepare(actor, "reason.changed", found, label=label, before=found.label))
    if found.is_active != edit.is_offered:
        verb = "reason.offered" if edit.is_offered else "reason.retired"
        events.append(prepare(actor, verb, found, label=label))
    return events


def _last_position(tree: ReasonTree, parent_id: int | None) -> int:
    return max((one.position + 1 for one in tree.under(parent_id)), default=0)


def _free_code(tree: ReasonTree, label: str) -> str:
    """A code like "too-small"; a second one is "too-small-2"."""
    start = slugify(label)[:CODE_LENGTH].strip("-") or "reason"
    taken = {one.code for one in tree.by_id.values()}
    code, count = start, 1
    while code in taken:
        count += 1
        ending = f"-{count}"
        code = f"{start[: CODE_LENGTH - len(ending)]}{ending}"
    return code
