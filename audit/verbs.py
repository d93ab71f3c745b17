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
    "return.uncanceled": Verb(_("%(actor)s un-canceled the return"), "moving"),
    "return.edited": Verb(_("%(actor)s edited the return: %(changes)s"), "moving"),
    "return.canceled": Verb(_("%(actor)s canceled the return"), "refused"),
    "refund.applied": Verb(
        _("%(actor)s applied a refund of %(amount)s to invoice %(invoice)s"), "agreed"
    ),
    "refund.recorded": Verb(_("%(actor)s applied a refund of %(amount)s to the order"), "agreed"),
    "credit.given": Verb(
        _("%(actor)s gave a credit of %(amount)s without goods: %(reason)s"), "agreed"
    ),
    "note.written": Verb(_("%(actor)s wrote an internal note"), "ended"),
    "note.sent": Verb(_("%(actor)s wrote a note to the customer"), "moving"),
    "file.added": Verb(_("%(actor)s added %(name)s"), "ended"),
    "rma.created": Verb(_("%(actor)s requested %(number)s from %(vendor)s"), "act"),
    "rma.handed_over": Verb(_("%(number)s was handed to %(vendor)s by the RMA strategy"), "moving"),
    "rma.approved_by_rule": Verb(_("%(number)s was approved by the RMA strategy"), "agreed"),
    "rma.decided": Verb(
        _(
            "%(actor)s decided %(number)s: %(approved)s of %(requested)s approved,"
            " %(denied)s denied"
        ),
        "partly",
    ),
    "rma.reopened": Verb(_("%(actor)s re-opened the decision of %(number)s"), "act"),
    "rma.processed": Verb(_("%(actor)s processed %(number)s"), "moving"),
    "rma.reprocessed": Verb(_("%(actor)s re-processed %(old)s as %(number)s"), "moving"),
    "rma.edited": Verb(_("%(actor)s edited %(number)s"), "ended"),
    "rma.voided": Verb(_("%(actor)s voided %(number)s"), "ended"),
    "rma.file_added": Verb(_("%(actor)s added %(name)s to %(number)s"), "ended"),
    "credit.applied": Verb(
        _("%(actor)s recorded a credit of %(amount)s from %(vendor)s for %(number)s"), "agreed"
    ),
    "credit.settled": Verb(
        _("%(actor)s settled a difference of %(amount)s on %(number)s: %(reason)s"), "ended"
    ),
    "rma.approved": Verb(_("%(actor)s approved %(number)s"), "agreed"),
    "rma.denied": Verb(_("%(actor)s denied %(number)s"), "refused"),
    "rma.reminded": Verb(_("%(vendor)s was reminded of %(number)s"), "act"),
    "rma.escalated": Verb(_("%(number)s was escalated: %(vendor)s does not answer"), "act"),
    "rma.left_to_merchant": Verb(
        _("%(number)s is yours to decide: %(vendor)s did not answer in time"), "act"
    ),
    "rma.approved_by_silence": Verb(
        _("%(number)s was approved by itself: %(vendor)s did not answer in time"), "agreed"
    ),
    "rma.written": Verb(_("%(actor)s wrote about %(number)s")),
    "rma.asked": Verb(_("%(actor)s asked a question about %(number)s"), "act"),
    "rma.answered": Verb(_("%(actor)s answered the question about %(number)s"), "moving"),
    "rma.disputed": Verb(_("%(actor)s disputes %(number)s"), "refused"),
    "rma.dispute_lifted": Verb(_("%(actor)s lifted the dispute about %(number)s"), "moving"),
    "rma.link_sent": Verb(_("%(actor)s sent %(vendor)s a link to decide %(number)s"), "moving"),
    "rma.link_used": Verb(_("%(actor)s answered %(number)s by the mailed link")),
    "rma.offered": Verb(_("%(actor)s made an offer for %(number)s: %(offer)s"), "act"),
    "rma.offer_accepted": Verb(_("%(actor)s accepted the offer for %(number)s"), "agreed"),
    "rma.offer_declined": Verb(_("%(actor)s declined the offer for %(number)s"), "refused"),
    "rma.canceled": Verb(_("%(actor)s canceled %(number)s"), "ended"),
    "strategy.changed": Verb(_("%(actor)s changed the RMA strategy: %(changes)s"), "moving"),
    "vendor.rules_changed": Verb(
        _("%(actor)s changed how %(vendor)s takes RMAs: %(changes)s"), "moving"
    ),
    "vendor.added": Verb(_("%(actor)s added the vendor %(vendor)s")),
    "vendor.changed": Verb(_("%(actor)s changed %(vendor)s: %(changes)s"), "moving"),
    "vendor.archived": Verb(_("%(actor)s archived the vendor %(vendor)s"), "refused"),
    "vendor.restored": Verb(_("%(actor)s brought the vendor %(vendor)s back"), "agreed"),
    "invitation.sent": Verb(_("%(actor)s invited %(email)s as %(role)s"), "moving"),
    "invitation.resent": Verb(_("%(actor)s sent the invitation of %(email)s again"), "moving"),
    "invitation.withdrawn": Verb(_("%(actor)s withdrew the invitation of %(email)s"), "refused"),
    "invitation.accepted": Verb(_("%(person)s accepted the invitation as %(role)s"), "agreed"),
    "member.role_changed": Verb(
        _("%(actor)s changed the role of %(person)s: %(before)s → %(after)s"), "moving"
    ),
    "member.switched_on": Verb(_("%(actor)s let %(person)s in again as %(role)s"), "agreed"),
    "member.switched_off": Verb(_("%(actor)s switched off %(person)s as %(role)s"), "refused"),
    "credit.reminded": Verb(_("%(actor)s reminded %(vendor)s of open credits: %(open)s"), "moving"),
    "credits.reminded": Verb(
        ngettext_lazy(
            "%(count)s vendor was reminded of open credits for %(month)s",
            "%(count)s vendors were reminded of open credits for %(month)s",
            "count",
        ),
        "moving",
    ),
    "credits.reminders_changed": Verb(
        _("%(actor)s switched monthly credit reminders %(state)s"), "moving"
    ),
    "vendor.silence_changed": Verb(
        _("%(actor)s changed what follows when %(vendor)s stays silent: %(changes)s"), "moving"
    ),
    "calendar.weekend_changed": Verb(_("%(actor)s changed the weekend: %(changes)s")),
    "calendar.holiday_added": Verb(_("%(actor)s added the holiday “%(name)s” on %(day)s")),
    "calendar.holiday_removed": Verb(_("%(actor)s removed the holiday “%(name)s” on %(day)s")),
    "reason.added": Verb(_("%(actor)s added the return reason “%(label)s”")),
    "reason.changed": Verb(_("%(actor)s changed the return reason “%(label)s”")),
    "reason.moved": Verb(_("%(actor)s moved the return reason “%(label)s”")),
    "reason.retired": Verb(_("%(actor)s retired the return reason “%(label)s”"), "refused"),
    "reason.offered": Verb(_("%(actor)s offers the return reason “%(label)s” again"), "agreed"),
    "address.added": Verb(_("%(actor)s added “%(label)s” to the address book")),
    "address.changed": Verb(_("%(actor)s changed “%(label)s” in the address book")),
    "address.retired": Verb(_("%(actor)s retired “%(label)s” in the address book"), "refused"),
    "address.offered": Verb(_("%(actor)s offers “%(label)s” in the address book again"), "agreed"),
    "profile.added": Verb(_("%(actor)s added the return profile “%(name)s”")),
    "profile.changed": Verb(
        _("%(actor)s changed the return profile “%(name)s”: version %(version)s"), "moving"
    ),
    "profile.archived": Verb(_("%(actor)s archived the return profile “%(name)s”"), "refused"),
    "profile.restored": Verb(_("%(actor)s offers the return profile “%(name)s” again"), "agreed"),
    "offer.added": Verb(_("%(actor)s added the offer “%(name)s”")),
    "offer.renamed": Verb(_("%(actor)s renamed the offer “%(before)s” to “%(name)s”")),
    "offer.archived": Verb(_("%(actor)s retired the offer “%(name)s”"), "refused"),
    "offer.restored": Verb(_("%(actor)s offers “%(name)s” to subscribe to again"), "agreed"),
    "offer.cycle_added": Verb(_("%(actor)s added the cycle %(cycle)s to “%(name)s”")),
    "offer.profile_assigned": Verb(
        _("%(actor)s set the return profile of %(cycle)s of “%(name)s”: %(before)s → %(after)s"),
        "moving",
    ),
    "connection.added": Verb(
        _("%(actor)s added the connection “%(name)s” with RMA level %(level)s")
    ),
    "connection.changed": Verb(
        _("%(actor)s changed the connection “%(name)s”: RMA level %(before)s → %(level)s"), "moving"
    ),
    "subscription.added": Verb(_("%(actor)s added subscription %(number)s to “%(offer)s”")),
    "subscription.canceled": Verb(_("%(actor)s canceled subscription %(number)s"), "refused"),
    "subscriptions.imported": Verb(
        _("Subscriptions came in with %(file)s: %(charges)s charges, %(rejected)s rejects"),
        "agreed",
    ),
    "charge.added": Verb(
        _("%(actor)s wrote down a charge of %(amount)s: %(cycle)s of subscription %(number)s")
    ),
    "serial.recorded": Verb(_("%(actor)s recorded serial number %(number)s of %(item)s")),
    "serial.removed": Verb(_("%(actor)s removed serial number %(number)s of %(item)s")),
    "filter.saved": Verb(_("%(actor)s saved the filter “%(name)s”")),
    "filter.changed": Verb(_("%(actor)s changed the filter “%(name)s”")),
    "filter.deleted": Verb(_("%(actor)s deleted the filter “%(name)s”")),
    "columns.chosen": Verb(_("%(actor)s chose the columns of the overview")),
    "bulk.asked": Verb(_("%(actor)s asked for “%(what)s” of %(count)s returns"), "moving"),
    "bulk.checked": Verb(_("“%(what)s” of %(count)s returns was looked ahead"), "act"),
    "bulk.started": Verb(_("%(actor)s started “%(what)s” of %(count)s returns"), "moving"),
    "bulk.finished": Verb(_("“%(what)s” is done: %(done)s changed, %(skipped)s skipped"), "agreed"),
    "bulk.stopped": Verb(_("“%(what)s” stopped: %(reason)s"), "refused"),
    "export.requested": Verb(_("%(actor)s asked for the file “%(name)s”"), "moving"),
    "export.scheduled": Verb(_("The schedule asked for the file “%(name)s”"), "moving"),
    "export.planned": Verb(_("The next file of “%(name)s” is planned")),
    "export.finished": Verb(_("The file “%(name)s” is ready with %(rows)s rows"), "agreed"),
    "export.failed": Verb(_("The file “%(name)s” could not be made: %(reason)s"), "refused"),
    "export.deleted": Verb(_("%(actor)s deleted the file “%(name)s”")),
    "export.forgotten": Verb(_("The file “%(name)s” was removed because of its age")),
    "export.saved": Verb(_("%(actor)s saved the export “%(name)s”")),
    "export.changed": Verb(_("%(actor)s changed the export “%(name)s”")),
    "export.unsaved": Verb(_("%(actor)s deleted the export “%(name)s”")),
    "export.ended": Verb(
        _("“%(name)s” is not repeated any more: its owner no longer works here"), "refused"
    ),
    "changes.uploaded": Verb(_("%(actor)s uploaded %(file)s with changes of returns")),
    "changes.started": Verb(_("%(actor)s started the changes of %(file)s"), "moving"),
    "changes.finished": Verb(
        _("%(file)s is done: %(done)s returns changed, %(refused)s refused"), "agreed"
    ),
    "changes.failed": Verb(_("The changes of %(file)s stopped: %(reason)s"), "refused"),
    "shipment.added": Verb(
        _("%(actor)s added a return shipment with %(carrier)s, %(tracking)s"), "moving"
    ),
    "fulfillment.requested": Verb(
        ngettext_lazy(
            "%(vendor)s has %(count)s new purchase order",
            "%(vendor)s has %(count)s new purchase orders",
            "count",
        ),
        "moving",
    ),
    "notices.chosen": Verb(_("%(actor)s chose the mails of %(vendor)s: %(changes)s")),
    "message.bounced": Verb(
        _("The mail “%(title)s” to %(address)s came back: %(reason)s"), "refused"
    ),
    "message.resent": Verb(_("%(actor)s had “%(title)s” sent to %(address)s again"), "moving"),
    "address.released": Verb(_("%(actor)s lets mails go to %(address)s again"), "agreed"),
    "merchant.changed": Verb(_("%(actor)s of the platform changed %(fields)s of the merchant")),
    "membership.switched_on": Verb(
        _("%(actor)s of the platform let %(person)s in again as %(role)s"), "agreed"
    ),
    "membership.switched_off": Verb(
        _("%(actor)s of the platform switched off %(person)s as %(role)s"), "refused"
    ),
    "vendor.imported": Verb(_("%(actor)s of the platform added vendor %(name)s from a file")),
    "vendor.updated": Verb(
        _("%(actor)s of the platform changed %(fields)s of vendor %(name)s from a file")
    ),
}
