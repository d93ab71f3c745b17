"""The merchant's tree of return reasons: headings, leaves, and which may be chosen (F8)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from accounts.actor import Actor
from returns.models import ReturnReason

Grouped = list[tuple[str, str | list[tuple[str, str]]]]


@dataclass(frozen=True, slots=True)
class Branch:
    """A reason of the first level and those under it."""

    reason: ReturnReason
    leaves: list[ReturnReason] = field(default_factory=list)


class ReasonTree:
    """All reasons of one merchant, two levels deep; a reason with others under it is a heading."""

    def __init__(self, reasons: Iterable[ReturnReason]) -> None:
        self.by_id = {reason.pk: reason for reason in reasons}
        self._under: dict[int | None, list[ReturnReason]] = defaultdict(list)
        for reason in self.by_id.values():
            self._under[reason.parent_id].append(reason)

    @classmethod
    def of(cls, actor: Actor) -> ReasonTree:
        """The reasons of the actor's merchant, in one query."""
        return cls(ReturnReason.objects.visible_to(actor).order_by("position", "id"))

    @property
    def branches(self) -> list[Branch]:
        """The first level in its order, each with what is under it."""
        return [Branch(reason, self.under(reason.pk)) for reason in self.under(None)]

    def under(self, parent_id: int | None) -> list[ReturnReason]:
        """The reasons under a heading in their order; None asks for the first level."""
        return self._under.get(parent_id, [])

    def is_heading(self, reason: ReturnReason) -> bool:
        """Whether other reasons stand under it."""
        return bool(self.under(reason.pk))

    def is_offered(self, reason: ReturnReason) -> bool:
        """Whether it can be chosen: a leaf that is offered, under a heading that is."""
        above = self.by_id.get(reason.parent_id) if reason.parent_id else None
        return (
            reason.is_active and (above is None or above.is_active) and not self.is_heading(reason)
        )

    def choices(self) -> Grouped:
        """What can be chosen, as a form takes it: leaves, those under a heading in a group."""
        found: Grouped = []
        for branch in self.branches:
            leaves = [(str(x.pk), x.label) for x in branch.leaves if self.is_offered(x)]
            if leaves:
                found.append((branch.reason.label, leaves))
            elif self.is_offered(branch.reason):
                found.append((str(branch.reason.pk), branch.reason.label))
        return found

    def why_not(self, reason_id: int) -> str:
        """Why that reason cannot be chosen, or ""."""
        reason = self.by_id.get(reason_id)
        if reason is None:
            return _("Choose a reason.")
        if self.is_heading(reason):
            return _("“%(label)s” is a heading. Choose one of the reasons under it.") % {
                "label": reason.label
            }
        if not self.is_offered(reason):
            return _("“%(label)s” is no longer offered. Choose another reason.") % {
                "label": reason.label
            }
        return ""
