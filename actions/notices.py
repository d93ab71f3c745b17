"""What a vendor's user wants to be told by e-mail (F17)."""

from __future__ import annotations

from collections.abc import Collection

from django.utils.translation import gettext as _

from accounts.actor import Actor
from accounts.models import Notice, NoticeSwitch, Vendor
from actions.base import action
from audit.record import record
from core.errors import Refused
from core.tenancy import whole_merchant


@action("notice.choose")
def choose_notices(actor: Actor, kinds: Collection[str]) -> None:
    """Switch the mails of `kinds` (values of Notice) on for the actor, and all the others off.

    It holds for the actor's own vendor at this merchant. Raises Refused when nothing changes, and
    for anybody who is no vendor's user.
    """
    if actor.user is None or actor.vendor_id is None:
        raise Refused(_("Only a vendor's user can choose these mails."))
    vendor = Vendor.objects.visible_to(actor).get(pk=actor.vendor_id)
    before = switched_on(actor)
    wanted = {notice.value for notice in Notice if notice.value in kinds}
    if before == wanted:
        raise Refused(_("It is set that way already, so nothing was changed."))
    for notice in Notice:
        NoticeSwitch.objects.update_or_create(
            merchant=actor.merchant,
            vendor=vendor,
            user=actor.user,
            kind=notice.value,
            defaults={"is_on": notice.value in wanted},
        )
    with whole_merchant():  # the merchant reads what happened, the vendor does not
        record(
            actor,
            "notices.chosen",
            vendor,
            vendor=vendor.name,
            changes=", ".join(_words(before, wanted)),
        )


def switched_on(actor: Actor) -> set[str]:
    """The kinds of mail that are on for the actor, a vendor's user."""
    mine = NoticeSwitch.objects.filter(
        merchant_id=actor.merchant_id, vendor=actor.vendor_id or 0, user=actor.user, is_on=True
    )
    return set(mine.values_list("kind", flat=True))


def _words(before: set[str], wanted: set[str]) -> list[str]:
    return [
        (_("%(mail)s on") if notice.value in wanted else _("%(mail)s off"))
        % {"mail": str(notice.label)}
        for notice in Notice
        if (notice.value in wanted) != (notice.value in before)
    ]
