"""Settings of silent vendors: what follows for one vendor, and the merchant's working days (X7)."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.calendars import Holiday, SilentEnd
from accounts.models import Merchant, Vendor
from actions.silence import (
    MOST_DAYS,
    SilenceRules,
    add_holiday,
    change_silence,
    change_weekend,
    remove_holiday,
    silence_in_words,
)
from audit.models import Event
from audit.timeline import entries
from console.form_page import FormPage, KeyedForm
from console.settings import SettingsFrame


def week() -> list[tuple[int, str]]:
    """The days of the week, Monday first."""
    return [(day, date_format(date(1970, 1, 5 + day), "l")) for day in range(7)]


def _days(label: Any, hint: Any) -> forms.IntegerField:
    return forms.IntegerField(
        label=label, required=False, min_value=1, max_value=MOST_DAYS, help_text=hint
    )


class SilenceForm(KeyedForm):
    """After how many business days each step follows."""

    remind = _days(
        gettext_lazy("Remind after"), gettext_lazy("Every user of the vendor gets a mail.")
    )
    escalate = _days(
        gettext_lazy("Escalate after"),
        gettext_lazy("Every user of the vendor and your managers get a mail."),
    )
    end = _days(gettext_lazy("End after"), gettext_lazy("Then follows what you choose below."))
    outcome = forms.ChoiceField(
        label=gettext_lazy("What follows in the end"),
        choices=SilentEnd.choices,
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose what follows in the end.")},
    )

    def rules(self) -> SilenceRules:
        """The valid form as the action wants it."""
        values = self.cleaned_data
        return SilenceRules(values["remind"], values["escalate"], values["end"], values["outcome"])


class SilencePage(SettingsFrame, FormPage):
    """What follows when one vendor does not answer."""

    template_name = "console/settings/silence.html"
    tab = "settings_vendors"

    def load(self, *, public_id: UUID, **address: Any) -> Vendor:
        """The vendor."""
        return get_object_or_404(Vendor.objects.visible_to(self.actor), public_id=public_id)

    def form(self, subject: Vendor, data: Any | None = None) -> SilenceForm:
        """How it is set."""
        initial = {
            "remind": subject.silence_remind,
            "escalate": subject.silence_escalate,
            "end": subject.silence_end,
            "outcome": subject.silence_outcome,
        }
        return SilenceForm(data, initial=initial)

    def carry_out(self, subject: Vendor, form: Any) -> str:
        """Save it."""
        changed = change_silence(self.actor, subject, form.rules())
        facts = {"vendor": changed.name, "what": silence_in_words(changed)}
        return _("When %(vendor)s stays silent: %(what)s.") % facts

    def address_after(self, subject: Vendor) -> str:
        """The vendor's page."""
        return self.place("settings_vendor", subject.public_id)

    def context(self, subject: Vendor, form: Any) -> dict[str, Any]:
        """The form, and what was changed lately."""
        found = Event.objects.visible_to(self.actor).about("vendor", subject.pk)
        return {**self.frame(), "vendor": subject, "form": form, "changes": entries(found[:8])}


class WeekendForm(KeyedForm):
    """The days on which nobody works."""

    weekend = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Nobody works on"),
        choices=week,
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )


class HolidayForm(KeyedForm):
    """A holiday."""

    day = forms.DateField(
        label=gettext_lazy("Day"),
        widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={"required": gettext_lazy("Enter the day.")},
    )
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=80,
        error_messages={"required": gettext_lazy("Enter the name of the holiday.")},
    )


class CalendarPage(SettingsFrame, FormPage):
    """Weekend and holidays; automatic steps wait for the next business day."""

    template_name = "console/settings/calendar.html"
    tab = "settings_calendar"

    def load(self, **address: Any) -> Any:
        """The merchant."""
        return self.actor.merchant

    def form(self, subject: Any, data: Any | None = None) -> KeyedForm:
        """The weekend as it is."""
        return WeekendForm(data, initial={"weekend": sorted(self.actor.merchant.weekend_days)})

    def carry_out(self, subject: Any, form: Any) -> str:
        """Set it."""
        change_weekend(self.actor, form.cleaned_data["weekend"])
        return _("The weekend is saved.")

    def address_after(self, subject: Any) -> str:
        """The calendar."""
        return self.place("settings_calendar")

    def context(self, subject: Any, form: Any) -> dict[str, Any]:
        """Both forms, and the holidays that are not over, each with a key to remove it."""
        merchant: Merchant = self.actor.merchant
        today = timezone.localdate(timezone=merchant.zone)
        mine = Holiday.objects.visible_to(self.actor)
        weekend = form if isinstance(form, WeekendForm) else CalendarPage.form(self, subject)
        return {
            **self.frame(),
            "weekend": weekend,
            "holiday": form if isinstance(form, HolidayForm) else HolidayForm(),
            "form": form,
            "holidays": [
                (one, KeyedForm()["key"].value())
                for one in mine.filter(day__gte=today).order_by("day")
            ],
            "past": mine.filter(day__lt=today).count(),
        }


class AddHoliday(CalendarPage):
    """A further holiday."""

    def form(self, subject: Any, data: Any | None = None) -> KeyedForm:
        """A new one."""
        return HolidayForm(data)

    def carry_out(self, subject: Any, form: Any) -> str:
        """Add it."""
        made = add_holiday(self.actor, form.cleaned_data["day"], form.cleaned_data["name"])
        return _("“%(name)s” is in the calendar.") % {"name": made.name}


class RemoveHoliday(CalendarPage):
    """Work on that day after all."""

    def load(self, *, public_id: UUID, **address: Any) -> Holiday:
        """The holiday."""
        return get_object_or_404(Holiday.objects.visible_to(self.actor), public_id=public_id)

    def form(self, subject: Any, data: Any | None = None) -> KeyedForm:
        """A button."""
        return KeyedForm(data)

    def carry_out(self, subject: Holiday, form: Any) -> str:
        """Remove it."""
        remove_holiday(self.actor, subject)
        return _("“%(name)s” is out of the calendar.") % {"name": subject.name}
