"""Every verb of the product and how the timeline words it for the merchant's staff.

One menu entry = one action = one verb here. Sentences read the event's `data`.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy


@dataclass(frozen=True, slots=True)
class Verb:
    """How one verb reads: `sentence` is formatted with the event's data and `actor`."""

    sentence: Promise
    tone: str = "ended"


VERBS: dict[str, Verb] = {
    "order.imported": Verb(_("Order came in with %(file)s")),
    "import.uploaded": Verb(_("%(actor)s uploaded %(file)s")),
    "import.rechecked": Verb(_("%(actor)s had %(file)s checked again"), "moving"),
    "import.checked": Verb(_("%(file)s is checked and can be imported"), "act"),
    "import.requested": Verb(_("%(actor)s started the import of %(file)s"), "moving"),
    "import.finished": Verb(
        _("%(file)s is imported: %(orders)s orders, %(rejected)s rejects"), "agreed"
    ),
    "import.failed": Verb(_("The import of %(file)s stopped: %(reason)s"), "refused"),
    "return.created": Verb(
        ngettext_lazy(
            "%(actor)s created return %(number)s for %(units)s unit",
            "%(actor)s created return %(number)s for %(units)s units",
            "units",
        ),
        "moving",
    ),
    "return.imported": Verb(_("Return %(number)s came in closed with %(file)s"), "ended"),
    "return.closed": Verb(_("%(actor)s closed the return"), "ended"),
    "return.reopened": Verb(_("%(actor)s re-opened the return"), "moving"),
    "return.canceled": Verb(_("%(actor)s canceled the return"), "refused"),
    "refund.applied": Verb(
        _("%(actor)s applied a refund of %(amount)s to invoice %(invoice)s"), "agreed"
    ),
    "rma.created": Verb(_("%(actor)s requested %(number)s from %(vendor)s"), "act"),
    "rma.approved": Verb(_("%(actor)s approved %(number)s"), "agreed"),
    "rma.denied": Verb(_("%(actor)s denied %(number)s"), "refused"),
    "rma.canceled": Verb(_("%(actor)s canceled %(number)s"), "ended"),
    "shipment.added": Verb(
        _("%(actor)s added a return shipment with %(carrier)s, %(tracking)s"), "moving"
    ),
}
