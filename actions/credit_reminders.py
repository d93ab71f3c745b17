"""Verbs that remind vendors of what they owe: by hand, and by itself once a month (X6)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actor import Actor
from accounts.models import Merchant, Vendor
from actions.base import action
from actions.locks import lock_merchant
from audit.models import Event
from audit.record import prepare, record, record_all
from core.errors import Refused
from core.jinja_filters import money
from core.tenancy import tenant
from rmas.credit_gap import Gap, gaps


@action("credit.apply")
def remind_vendor(actor: Actor, vendor: Vendor) -> Vendor:
    """Mail the vendor's address what it owes, by currency and age; once a day at most.

    Raises Refused when nothing is open, when there is no address, and for a second time that day.
    """
    found = Vendor.objects.visible_to(actor).select_for_update(of=("self",)).get(pk=vendor.pk)
    now = timezone.now()
    owed = [gap for gap in gaps(actor, now) if gap.vendor_id == found.pk and gap.open > 0]
    if not owed:
        raise Refused(_("%(vendor)s owes nothing at the moment.") % {"vendor": found.name})
    if not found.email:
        raise Refused(
            _("%(vendor)s has no e-mail address. Enter one in the settings of the vendor.")
            % {"vendor": found.name}
        )
    if _was_reminded(found, now, actor.merchant):
        raise Refused(
            _("%(vendor)s was reminded today already. Try again tomorrow.") % {"vendor": found.name}
        )
    record_all([_reminder(actor, found, owed, now)])
    return found


@action("settings.edit")
def switch_credit_reminders(actor: Actor, *, is_on: bool) -> Merchant:
    """Let the house remind every vendor that owes something, from the next month on."""
    merchant = lock_merchant(actor)
    if merchant.credit_reminders == is_on:
        raise Refused(_("It is set that way already, so nothing was changed."))
    merchant.credit_reminders = is_on
    merchant.credits_reminded_for = _month(merchant, timezone.now())
    merchant.save(update_fields=["credit_reminders", "credits_reminded_for"])
    state = _("on") if is_on else _("off")
    record(actor, "credits.reminders_changed", merchant, state=state)
    return merchant


@action("credit.apply")
def remind_for_the_month(actor: Actor) -> int:
    """Remind every vendor that owes something and has an address; how many were.

    Raises Refused when this month's reminders went out before, or are switched off.
    """
    merchant = lock_merchant(actor)
    now = timezone.now()
    month = _month(merchant, now)
    if not merchant.credit_reminders or merchant.credits_reminded_for == month:
        raise Refused(_("Nothing is to be sent this month."))
    owed: dict[int, list[Gap]] = {}
    for gap in gaps(actor, now):
        if gap.open > 0:
            owed.setdefault(gap.vendor_id, []).append(gap)
    vendors = Vendor.objects.visible_to(actor).filter(pk__in=owed).exclude(email="")
    events = [
        _reminder(actor, vendor, owed[vendor.pk], now)
        for vendor in vendors.select_for_update(of=("self",)).order_by("pk")
        if not _was_reminded(vendor, now, merchant)
    ]
    merchant.credits_reminded_for = month
    merchant.save(update_fields=["credits_reminded_for"])
    count = len(events)
    events.append(
        prepare(actor, "credits.reminded", merchant, count=count, month=month.isoformat()[:7])
    )
    record_all(events)
    return count


def remind_all_merchants() -> int:
    """What the schedule runs: this month's reminders of every merchant that wants them."""
    with tenant(system=True):
        wanted = list(Merchant.objects.filter(credit_reminders=True).order_by("pk"))
    sent = 0
    for merchant in wanted:
        try:
            with tenant(merchant.pk):
                sent += remind_for_the_month(Actor.system(merchant))
        except Refused:
            continue
    return sent


def _month(merchant: Merchant, now: datetime) -> date:
    return timezone.localdate(now, timezone=merchant.zone).replace(day=1)


def _was_reminded(vendor: Vendor, now: datetime, merchant: Merchant) -> bool:
    if vendor.credits_reminded_at is None:
        return False
    last = timezone.localdate(vendor.credits_reminded_at, timezone=merchant.zone)
    return last >= timezone.localdate(now, timezone=merchant.zone)


def _reminder(actor: Actor, vendor: Vendor, owed: list[Gap], now: datetime) -> Event:
    """Note that the vendor is reminded; the event carries what the mail says."""
    vendor.credits_reminded_at = now
    vendor.save(update_fields=["credits_reminded_at"])
    rows: list[dict[str, Any]] = [
        {
            "currency": gap.currency,
            "rmas": gap.rmas,
            "open": str(gap.open),
            "ages": [str(age) for age in gap.ages],
        }
        for gap in owed
    ]
    total = ", ".join(money(gap.open, gap.currency) for gap in owed)
    return prepare(actor, "credit.reminded", vendor, vendor=vendor.name, open=total, gaps=rows)
