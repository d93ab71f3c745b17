"""What a vendor reads about an RMA: who acts next, since when, and how it was handed over (F15)."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from returns.states import ReturnStatus
from rmas.models import Rma, RmaHandover, Side
from rmas.states import ANSWERED, ENDED, SILENT, RmaStatus


def waits_for_vendor(rma: Rma) -> bool:
    """Whether the vendor has to decide or process something. Reads the return and the lines."""
    if rma.status in ENDED or rma.customer_return.status != ReturnStatus.OPEN:
        return False
    if rma.question_to:
        return rma.question_to == Side.VENDOR
    return _lies_with_vendor(rma)


def _lies_with_vendor(rma: Rma) -> bool:
    if rma.left_to_merchant and rma.status in SILENT:
        return False
    if rma.status == RmaStatus.DENIED:
        return False
    if rma.status not in ANSWERED:
        return True
    return rma.processed_at is None or any(line.undecided for line in rma.lines.all())


def vendor_step(rma: Rma, merchant: str) -> str:
    """One sentence on who acts next, for the vendor. Reads the return and the lines."""
    names = {"merchant": merchant, "status": rma.customer_return.state.label.lower()}
    if rma.status in ENDED:
        return _("%(merchant)s took it back. Nothing is left to do.") % names
    if rma.customer_return.status != ReturnStatus.OPEN:
        return _("%(merchant)s has %(status)s the return. Nothing is left to do.") % names
    if rma.question_to == Side.VENDOR:
        return _("Your turn: %(merchant)s asks you something. Answer it in the messages.") % names
    if rma.question_to == Side.MERCHANT:
        return _("Your question is with %(merchant)s. You may decide meanwhile.") % names
    if rma.left_to_merchant and rma.status in SILENT:
        return _("It was not answered in time, so %(merchant)s decides. You still may.") % names
    return _undecided(rma) or _of_goods(rma, names)


def _undecided(rma: Rma) -> str:
    return {
        RmaStatus.WAITING: _("Your turn: process it, or approve or deny it at once."),
        RmaStatus.PROCESSING: _("It waits for your system to fetch it. You may decide here too."),
        RmaStatus.PROCESSED: _("Your turn: approve or deny it."),
    }.get(rma.state, "")


def _of_goods(rma: Rma, names: dict[str, str]) -> str:
    if rma.status == RmaStatus.DENIED:
        return _("It is denied. %(merchant)s settles it with the customer.") % names
    lines = list(rma.lines.all())
    if open_units := sum(line.undecided for line in lines):
        sentence = ngettext(
            "Your turn: %(n)s unit is not decided yet.",
            "Your turn: %(n)s units are not decided yet.",
            open_units,
        )
        return sentence % {"n": open_units}
    if rma.processed_at is None:
        return _("It is approved. Your turn: process it, to confirm that you have it.")
    if any(line.approved > max(line.shipped, line.received) for line in lines):
        return _("The customer sends the approved units to you.")
    if any(line.approved > line.received for line in lines):
        return _("The carrier brings the units to you.")
    return _("Everything has arrived. %(merchant)s records your credit next.") % names


def handed_over(rma: Rma, handovers: Iterable[RmaHandover], *, to_vendor: bool) -> str:
    """How `rma` was handed over under the number it has now, in words; "" when it was not.

    `to_vendor` words it for the vendor, else for the merchant's staff, who see its name.
    """
    found = next((one for one in handovers if one.number == rma.number), None)
    if found is None or rma.status in ENDED:
        return ""
    at = date_format(timezone.localtime(found.taken_at or found.handed_at), "j M Y, H:i")
    facts = {"vendor": rma.vendor.name, "at": at, "number": found.number}
    states = RmaHandover.State
    if to_vendor:
        return {
            states.IN_FEED: _("In your API feed as %(number)s since %(at)s."),
            states.MARKED: _("Marked for your integration since %(at)s; not fetched yet."),
            states.TAKEN: _("Taken over as %(number)s on %(at)s."),
        }[states(found.state)] % facts
    return {
        states.IN_FEED: _("Visible to %(vendor)s in the API feed as %(number)s since %(at)s."),
        states.MARKED: _(
            "Marked for the integration of %(vendor)s since %(at)s; it has not fetched it yet."
        ),
        states.TAKEN: _("%(vendor)s took it over as %(number)s on %(at)s."),
    }[states(found.state)] % facts
