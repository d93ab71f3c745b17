"""Whose turn it is: who must act next on a return, and since when (X4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from returns.states import ReturnStatus, RmaSummary


@dataclass(frozen=True, slots=True)
class Turn:
    """`who` for lists, with `since`; `title` and `text` for the first sentence of the page."""

    who: str
    since: datetime | None
    title: str
    text: str
    tone: str


def turn_of(
    status: str, rma_summary: str, vendors: list[str], requested_at: datetime, *, imported: bool
) -> Turn:
    """Whose turn it is on a return in these states; `vendors` are those still asked for an RMA."""
    if status == ReturnStatus.CANCELED:
        return Turn("–", None, _("Canceled."), _("Nobody has to do anything."), "ended")
    if status == ReturnStatus.CLOSED:
        text = (
            _("This return was finished before its order was imported.")
            if imported
            else _("Nobody has to do anything. Re-open it if something was missed.")
        )
        return Turn("–", None, _("Closed."), text, "ended")
    if rma_summary == RmaSummary.WAITING:
        names = ", ".join(vendors)
        text = _("%(vendors)s has to approve or deny. You may decide in their place.")
        return Turn(
            names, requested_at, _("Waiting on the vendor."), text % {"vendors": names}, "act"
        )
    if rma_summary == RmaSummary.DENIED:
        text = _("All RMAs were denied. Tell the customer, then close the return.")
        return Turn(_("You: tell the customer"), None, _("Your turn."), text, "refused")
    if rma_summary == RmaSummary.NONE:
        text = _("No RMA is left on this return. Cancel or close it.")
        return Turn(_("You: no RMA"), None, _("Your turn."), text, "act")
    text = _("The goods may travel. Close the return once they and the money are settled.")
    return Turn(_("Customer to ship"), None, _("Approved."), text, "agreed")
