"""What happens next with an RMA, and who does it: one sentence for every status (F10, X4)."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from rmas.models import Rma
from rmas.states import RmaStatus


def next_step(rma: Rma) -> str:
    """The next step of `rma` in words. Reads its vendor and lines: prefetch them for lists."""
    status = rma.state
    names = {"vendor": rma.vendor.name}
    if status is RmaStatus.WAITING:
        return (
            _("It waits to be processed: hand it to %(vendor)s, or approve or deny it yourselves.")
            % names
        )
    if status is RmaStatus.PROCESSING:
        return _("It is being handed to %(vendor)s. Nobody has to do anything yet.") % names
    if status is RmaStatus.PROCESSED:
        return _("%(vendor)s approves or denies it next. You may decide in their place.") % names
    if status is RmaStatus.DENIED:
        return _("Its units are free again: ask another vendor, or tell the customer.")
    if status in (RmaStatus.CANCELED, RmaStatus.VOIDED):
        return _("It is over. Its units are free for a further RMA.")
    return _of_goods(rma)


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
