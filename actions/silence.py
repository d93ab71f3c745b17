"""Verbs about silent vendors: the policy, the working days, and the steps taken by itself (X7)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.actor import Actor
from accounts.calendars import Holiday, SilentEnd
from accounts.models import Merchant, Vendor
from actions.base import action
from actions.locks import lock_merchant, lock_return, lock_rma
from actions.progress import refresh
from actions.rmas import approve_by_silence
from audit.record import record
from core.errors import Refused
from rmas.models import Rma
from rmas.silence import Step

MOST_DAYS = 60
MOST_HOLIDAYS = 400


@dataclass(frozen=True, slots=True)
class SilenceRules:
    """After how many business days each step follows; None leaves it out."""

    remind: int | None
    escalate: int | None
    end: int | None
    outcome: str

    @property
    def is_on(self) -> bool:
        """Whether anything follows at all."""
        return any(days is not None for days in (self.remind, self.escalate, self.end))


# --- settings -----------------------------------------------------------------------------------


@action("settings.edit")
def change_silence(actor: Actor, vendor: Vendor, rules: SilenceRules) -> Vendor:
    """Set what follows when `vendor` does not answer an RMA. Raises Refused with the field.

    When the policy is switched on, the clock of RMAs that lie there already starts now.
    """
    merchant = lock_merchant(actor)
    found = Vendor.objects.visible_to(actor).select_for_update(of=("self",)).get(pk=vendor.pk)
    _check(rules)
    before = (
        found.silence_remind,
        found.silence_escalate,
        found.silence_end,
        found.silence_outcome,
    )
    if before == (rules.remind, rules.escalate, rules.end, rules.outcome):
        raise Refused(_("It is set that way already, so nothing was changed."))
    found.silence_remind, found.silence_escalate = rules.remind, rules.escalate
    found.silence_end, found.silence_outcome = rules.end, rules.outcome
    if not rules.is_on:
        found.silence_since = None
    elif found.silence_since is None:
        found.silence_since = timezone.now()
    found.save(
        update_fields=[
            "silence_remind",
            "silence_escalate",
            "silence_end",
            "silence_outcome",
            "silence_since",
        ]
    )
    record(
        actor,
        "vendor.silence_changed",
        found,
        parent=merchant,
        vendor=found.name,
        changes=silence_in_words(found),
    )
    return found


def silence_in_words(vendor: Vendor) -> str:
    """The policy of `vendor` in a few words."""
    parts = [
        (vendor.silence_remind, _("reminder after %(days)s")),
        (vendor.silence_escalate, _("escalation after %(days)s")),
        (
            vendor.silence_end,
            _("approval after %(days)s")
            if vendor.silence_outcome == SilentEnd.APPROVE
            else _("your decision after %(days)s"),
        ),
    ]
    said = [words % {"days": _days(days)} for days, words in parts if days is not None]
    return ", ".join(said) or _("nothing follows")


def _days(count: int) -> str:
    return ngettext("%(n)s business day", "%(n)s business days", count) % {"n": count}


def _check(rules: SilenceRules) -> None:
    if rules.outcome not in SilentEnd.values:
        raise Refused(_("Choose what follows in the end."), field="outcome")
    last = 0
    for name, days in (("remind", rules.remind), ("escalate", rules.escalate), ("end", rules.end)):
        if days is None:
            continue
        if not 1 <= days <= MOST_DAYS:
            sentence = _("Enter a number of business days from 1 to %(most)s, or nothing.")
            raise Refused(sentence % {"most": MOST_DAYS}, field=name)
        if days <= last:
            raise Refused(
                _("Each step comes later than the one before it: enter more than %(days)s.")
                % {"days": last},
                field=name,
            )
        last = days


@action("settings.edit")
def change_weekend(actor: Actor, days: Iterable[int]) -> Merchant:
    """Set the days of the week on which nobody works (Monday is 0). One must be left to work."""
    merchant = lock_merchant(actor)
    wanted = frozenset(days)
    if not wanted <= frozenset(range(7)):
        raise Refused(_("Choose days of the week."), field="weekend")
    if len(wanted) == 7:
        raise Refused(_("Leave at least one working day."), field="weekend")
    if merchant.weekend_days == wanted:
        raise Refused(_("It is set that way already, so nothing was changed."))
    merchant.weekend_days = wanted
    merchant.save(update_fields=["weekend"])
    record(actor, "calendar.weekend_changed", merchant, changes=weekend_in_words(merchant))
    return merchant


def weekend_in_words(merchant: Merchant) -> str:
    """The days on which nobody works."""
    # 5 January 1970 was a Monday.
    names = [date_format(date(1970, 1, 5 + day), "l") for day in sorted(merchant.weekend_days)]
    return ", ".join(names) or _("none")


@action("settings.edit")
def add_holiday(actor: Actor, day: date, name: str) -> Holiday:
    """A day on which the merchant does not work. Raises Refused with the field."""
    merchant = lock_merchant(actor)
    name = " ".join(name.split())
    if not name:
        raise Refused(_("Enter the name of the holiday."), field="name")
    mine = Holiday.objects.visible_to(actor)
    if mine.filter(day=day).exists():
        raise Refused(_("This day is a holiday already."), field="day")
    if mine.count() >= MOST_HOLIDAYS:
        sentence = _("There are %(most)s holidays already. Remove those that are over first.")
        raise Refused(sentence % {"most": MOST_HOLIDAYS})
    made = Holiday.objects.create(merchant=merchant, day=day, name=name)
    record(actor, "calendar.holiday_added", merchant, name=name, day=_day(day))
    return made


@action("settings.edit")
def remove_holiday(actor: Actor, holiday: Holiday) -> None:
    """Work on that day after all. Steps that were taken stay."""
    merchant = lock_merchant(actor)
    found = Holiday.objects.visible_to(actor).filter(pk=holiday.pk).first()
    if found is None:
        raise Refused(_("This holiday has been removed already."))
    found.delete()
    record(actor, "calendar.holiday_removed", merchant, name=found.name, day=_day(found.day))


def _day(day: date) -> str:
    return date_format(day, "j M Y")


# --- steps --------------------------------------------------------------------------------------


@action("rma.edit")
def remind_vendor(actor: Actor, rma: Rma, now: datetime) -> Rma:
    """The vendor is asked once more, by the mails this event causes."""
    return _took(actor, rma, Step.REMINDED, now, "rma.reminded")


@action("rma.edit")
def escalate_rma(actor: Actor, rma: Rma, now: datetime) -> Rma:
    """Everybody at the vendor, and who manages the merchant, is told that nobody answers."""
    return _took(actor, rma, Step.ESCALATED, now, "rma.escalated")


@action("rma.edit")
def leave_to_merchant(actor: Actor, rma: Rma, now: datetime) -> Rma:
    """The merchant decides from now on; the vendor still may, until somebody has."""
    found = lock_return(actor, rma.customer_return_id)
    Rma.objects.filter(pk=rma.pk).update(left_to_merchant=True)
    told = _took(actor, rma, Step.ENDED, now, "rma.left_to_merchant")
    refresh(found)
    return told


@action("rma.approve")
def approve_in_silence(actor: Actor, rma: Rma, now: datetime) -> Rma:
    """Approve what the vendor did not answer, as was agreed with it."""
    _note(rma, Step.ENDED, now)
    return approve_by_silence(actor, rma)


def _took(actor: Actor, rma: Rma, step: Step, now: datetime, verb: str) -> Rma:
    found = lock_return(actor, rma.customer_return_id)
    locked = lock_rma(actor, rma.pk)
    _note(locked, step, now)
    facts = {"number": locked.number, "vendor": locked.vendor.name}
    record(actor, verb, locked, parent=found, **facts)
    return locked


def _note(rma: Rma, step: Step, now: datetime) -> None:
    """Without a new version: nobody's open page is out of date because of a reminder."""
    Rma.objects.filter(pk=rma.pk).update(silence_step=step, silence_step_at=now)
