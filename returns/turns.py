"""Whose turn it is: who must act next on a return, and since when (X4). Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from returns.states import ReturnStatus, RmaSummary, WaitsOn


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a return is: its statuses, units and whether money is open."""

    status: str
    rma_summary: str
    asks_vendor: bool = False
    asks_merchant: bool = False
    question_to_vendor: bool = False
    approved: int = 0
    shipped: int = 0
    received: int = 0
    refund_open: bool = False


def waits_on(progress: Progress) -> WaitsOn:
    """Who must act next. `asks_vendor`: an undecided RMA lies with somebody outside the house.

    An open question puts the turn on whoever must answer it; `asks_merchant` also stands for an RMA
    that its silent vendor has left to the merchant.
    """
    if progress.status != ReturnStatus.OPEN:
        return WaitsOn.NOBODY
    if progress.asks_merchant or progress.question_to_vendor:
        return WaitsOn.MERCHANT if progress.asks_merchant else WaitsOn.VENDOR
    return _without_question(progress)


def _without_question(progress: Progress) -> WaitsOn:
    if progress.rma_summary == RmaSummary.WAITING:
        return WaitsOn.VENDOR if progress.asks_vendor else WaitsOn.WAREHOUSE
    if not progress.approved:
        return WaitsOn.FINANCE if _only_money(progress) else WaitsOn.MERCHANT
    if progress.shipped < progress.approved and progress.received < progress.approved:
        return WaitsOn.CUSTOMER
    if progress.received < progress.approved:
        return WaitsOn.CARRIER
    return WaitsOn.FINANCE if progress.refund_open else WaitsOn.MERCHANT


def _only_money(progress: Progress) -> bool:
    return progress.rma_summary == RmaSummary.NONE and progress.refund_open


@dataclass(frozen=True, slots=True)
class Turn:
    """`who` for lists, with `since`; `title` and `text` for the first sentence of the page."""

    who: str
    since: datetime | None
    title: str
    text: str
    tone: str


def turn_of(
    who: WaitsOn,
    *,
    status: str,
    rma_summary: str,
    vendors: list[str],
    since: datetime,
    imported: bool = False,
    asked: str = "",
) -> Turn:
    """In words whose turn it is; `vendors` are the names of those still asked for an RMA.

    `asked` is the sentence about an open question, or about what was left to the merchant.
    """
    if who is WaitsOn.NOBODY:
        return _ended(status, imported=imported)
    if who in (WaitsOn.VENDOR, WaitsOn.WAREHOUSE):
        names = ", ".join(vendors)
        title = (
            _("Waiting on the vendor.") if who is WaitsOn.VENDOR else _("Waiting on the warehouse.")
        )
        text = _("%(vendors)s has to approve or deny. You may decide in their place.")
        return Turn(names, since, title, asked or text % {"vendors": names}, "act")
    if asked and who is WaitsOn.MERCHANT:
        return Turn(_WHO[who](), since, _("Your turn."), asked, "act")
    return Turn(_WHO[who](), since, *_words(who, rma_summary))


_WHO = {
    WaitsOn.CUSTOMER: lambda: _("Customer to ship"),
    WaitsOn.CARRIER: lambda: _("Carrier to deliver"),
    WaitsOn.FINANCE: lambda: _("Finance to refund"),
    WaitsOn.MERCHANT: lambda: _("You"),
}


def _words(who: WaitsOn, rma_summary: str) -> tuple[str, str, str]:
    if who is WaitsOn.CUSTOMER:
        return _("Approved."), _("The customer has to send the goods back."), "agreed"
    if who is WaitsOn.CARRIER:
        return _("On its way."), _("Everything that was approved is on its way back."), "moving"
    if who is WaitsOn.FINANCE:
        return _("Refund open."), _("Sync the refund, then close the return."), "act"
    if rma_summary == RmaSummary.DENIED:
        text = _("All RMAs were denied. Tell the customer, then close the return.")
        return _("Your turn."), text, "refused"
    if rma_summary == RmaSummary.NONE:
        text = _("No RMA is left on this return. Create a further RMA, or cancel or close it.")
        return _("Your turn."), text, "act"
    return _("Your turn."), _("Goods and money are settled. Close the return."), "act"


def _ended(status: str, *, imported: bool) -> Turn:
    if status == ReturnStatus.CANCELED:
        return Turn("–", None, _("Canceled."), _("Nobody has to do anything."), "ended")
    text = (
        _("This return was finished before its order was imported.")
        if imported
        else _("Nobody has to do anything. Re-open it if something was missed.")
    )
    return Turn("–", None, _("Closed."), text, "ended")
