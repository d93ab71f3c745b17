"""What an export says about itself on a page: its filter, its schedule, its progress in words."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from accounts.actor import Actor
from accounts.models import Vendor
from console.export_forms import WEEKDAYS
from core.jinja_filters import date_
from exports.grains import RESOURCES, day_of
from orders.models import Channel
from returns.exporting import Grain, Schedule
from returns.filters import ReturnFilter
from returns.models import ReturnReason, SavedExport


def filter_words(actor: Actor, query: str) -> list[str]:
    """The filter of an export, one text per choice; empty when everything matches."""
    asked = QueryDict(query)
    words = [f"“{text}”"] if (text := asked.get("q", "").strip()) else []
    for name, one in ReturnFilter.base_filters.items():
        labels = {str(value): str(label) for value, label in one.extra.get("choices", ())}
        if not labels and name != "q":
            labels = _names(actor, name, asked.getlist(name))
        words += [labels[value] for value in asked.getlist(name) if value in labels]
    for name, sentence in (("from", _("from %(day)s")), ("to", _("to %(day)s"))):
        try:
            day = day_of(asked.get(name, ""))
        except ValueError:
            continue
        if day:
            words.append(sentence % {"day": date_(day, "full")})
    return words


def _names(actor: Actor, name: str, keys: list[str]) -> dict[str, str]:
    """The names of the merchant's own rows that a filter chooses by `keys`."""
    rows: Any = {
        "vendor": Vendor.objects.visible_to(actor).values_list("public_id", "name"),
        "channel": Channel.objects.visible_to(actor).values_list("pk", "name"),
        "reason": ReturnReason.objects.visible_to(actor).values_list("code", "label"),
    }.get(name)
    if not keys or rows is None:
        return {}
    return {str(key): label for key, label in rows}


def schedule_words(saved: SavedExport) -> str:
    """When a saved export makes a file by itself, or ""."""
    values = {
        "hour": f"{saved.at_hour:02}:00",
        "weekday": WEEKDAYS[saved.weekday],
        "day": saved.day,
    }
    match saved.schedule:
        case Schedule.DAILY:
            return _("Every day at %(hour)s") % values
        case Schedule.WEEKLY:
            return _("%(weekday)s at %(hour)s") % values
        case Schedule.MONTHLY:
            return _("Day %(day)s of the month at %(hour)s") % values
    return ""


def column_words(grain: str, columns: list[str]) -> str:
    """How many of the columns a file has."""
    known = RESOURCES[grain].headings()
    chosen = sum(name in known for name in columns)
    if chosen == len(known):
        return _("all %(n)s") % {"n": chosen}
    return _("%(n)s of %(all)s") % {"n": chosen, "all": len(known)}


def grain_word(grain: str) -> str:
    """What one row is."""
    return str(Grain(grain).label)
