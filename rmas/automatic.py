"""What follows by itself while a vendor does not answer, for the pages of both sides (X7)."""

from __future__ import annotations

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.calendars import Holiday, SilentEnd
from accounts.models import Merchant, Vendor
from returns.states import ReturnStatus
from rmas.models import Rma
from rmas.silence import Calendar, Policy, Step, Upcoming, upcoming
from rmas.states import SILENT


def calendar_of(merchant: Merchant) -> Calendar:
    """The merchant's working days; one statement."""
    days = Holiday.objects.filter(merchant_id=merchant.pk).values_list("day", flat=True)
    return Calendar(merchant.zone, merchant.weekend_days, frozenset(days))


def policy_of(vendor: Vendor) -> Policy:
    """What follows when `vendor` stays silent."""
    return Policy(
        vendor.silence_remind,
        vendor.silence_escalate,
        vendor.silence_end,
        approves=vendor.silence_outcome == SilentEnd.APPROVE,
    )


def is_counted(rma: Rma) -> bool:
    """Whether silence about `rma` counts at all. Reads its return and vendor."""
    return (
        rma.status in SILENT
        and rma.vendor.silence_since is not None
        and not rma.left_to_merchant
        and rma.customer_return.status == ReturnStatus.OPEN
    )


def automatic_step(rma: Rma, calendar: Calendar) -> Upcoming | None:
    """The step that comes next by itself, None if none does. Reads its return and vendor."""
    if rma.vendor.silence_since is None or rma.is_stopped or not is_counted(rma):
        return None
    return upcoming(policy_of(rma.vendor), rma.clock(rma.vendor.silence_since), calendar)


def automatic_sentence(rma: Rma, merchant: Merchant, calendar: Calendar) -> str:
    """The next automatic step in words, the same for both sides; "" when there is none."""
    if not is_counted(rma):
        return ""
    if rma.question_to:
        return _("No automatic step while a question is open.")
    if rma.disputed_by:
        return _("No automatic step while it is disputed.")
    step = automatic_step(rma, calendar)
    if step is None:
        return ""
    day = max(step.day, calendar.day_of(timezone.now()))
    words = {
        Step.REMINDED: _("Next automatic step: a reminder to %(vendor)s on %(day)s."),
        Step.ESCALATED: _("Next automatic step: escalation at %(vendor)s on %(day)s."),
        Step.ENDED: _("Next automatic step: approval on %(day)s.")
        if policy_of(rma.vendor).approves
        else _("Next automatic step: the decision goes to %(merchant)s on %(day)s."),
    }
    facts = {"vendor": rma.vendor.name, "merchant": merchant.name}
    return words[step.step] % {**facts, "day": date_format(day, "D j M")}


def automatic_sentences(rmas: list[Rma], merchant: Merchant) -> dict[int, str]:
    """The sentences of `rmas` by id; the calendar is read only if one of them needs it."""
    counted = [rma for rma in rmas if is_counted(rma)]
    if not counted:
        return {}
    calendar = calendar_of(merchant)
    return {rma.pk: automatic_sentence(rma, merchant, calendar) for rma in counted}
