"""What happens next with an RMA, and who does it: one sentence for every status (F10, X4)."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from rmas.models import Rma, Side
from rmas.states import SILENT, RmaStatus


def next_step(rma: Rma) -> str:
    """The next step of `rma` in words. Reads its vendor and lines: prefetch them for lists."""
    status = rma.state
    if undecided := _undecided(rma):
        return undecided
    if status is RmaStatus.DENIED:
        return _("Its units are free again: ask another vendor, or tell the customer.")
    if status in (RmaStatus.CANCELED, RmaStatus.VOIDED):
        return _("It is over. Its units are free for a further RMA.")
    return _of_goods(rma)


def _undecided(rma: Rma) -> str:
    """The next step while nothing is decided, else ""."""
    names = {"vendor": rma.vendor.name}
    if rma.left_to_merchant and rma.status in SILENT:
        return _("%(vendor)s did not answer in time. Approve or deny it yourselves.") % names
    sentence = {
        RmaStatus.WAITING: _(
            "It waits to be processed: hand it to %(vendor)s, or approve or deny it yourselves."
        ),
        RmaStatus.PROCESSING: _("It is being handed to %(vendor)s. Nobody has to do anything yet."),
        RmaStatus.PROCESSED: _(
            "%(vendor)s approves or denies it next. You may decide in their place."
        ),
    }.get(rma.state, "")
    return sentence % names


def talk_sentence(rmas: Iterable[Rma]) -> str:
    """What an open question, or silence, makes somebody do: one sentence for the page of a return.

    The merchant's own turn comes first; "" when nothing is open.
    """
    rmas = list(rmas)
    for rma in rmas:
        facts = {"vendor": rma.vendor.name, "number": rma.number}
        if rma.question_to == Side.MERCHANT:
            return _("%(vendor)s asks something about %(number)s. Answer it there.") % facts
        if rma.left_to_merchant and rma.status in SILENT:
            return _("%(vendor)s did not answer %(number)s in time. Approve or deny it.") % facts
    for rma in rmas:
        if rma.question_to == Side.VENDOR:
            facts = {"vendor": rma.vendor.name, "number": rma.number}
            return _("%(vendor)s has to answer your question about %(number)s.") % facts
    return ""


def _of_goods(rma: Rma) -> str:
    """The next step once something is approved."""
    lines = list(rma.lines.all())
    open_units = sum(line.undecided for line in lines)
    if open_units:
        sentence = ngettext(
            "%(n)s unit is not decided yet.", "%(n)s units are not decided yet.", open_units
        )
        return sentence % {"n": open_units}
    if rma.processed_at is None:
        return _("It is approved. Process it to hand it to %(vendor)s.") % {
            "vendor": rma.vendor.name
        }
    if any(line.approved > max(line.shipped, line.received) for line in lines):
        return _("The customer sends the approved units to %(vendor)s.") % {
            "vendor": rma.vendor.name
        }
    if any(line.approved > line.received for line in lines):
        return _("The carrier brings the units to %(vendor)s.") % {"vendor": rma.vendor.name}
    if rma.credit_open:
        return _("Everything has arrived. Sync the credit once %(vendor)s grants it.") % {
            "vendor": rma.vendor.name
        }
    return _("Everything has arrived and is credited.")
