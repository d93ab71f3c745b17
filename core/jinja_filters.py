"""How amounts, dates and lengths of time are written on a page."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from babel import Locale
from babel.dates import format_date, format_skeleton, format_time
from babel.numbers import format_currency, format_decimal, format_percent
from django.conf import settings
from django.utils import timezone
from django.utils.translation import get_language, to_locale
from django.utils.translation import gettext as _

MINUS = "\u2212"
NOTHING = "\u2013"


@lru_cache(maxsize=32)
def _locale(language: str) -> Locale:
    """The locale of a language; plain English is written the British way."""
    code = to_locale(language)
    return Locale.parse("en_GB" if code == "en" else code)


def current_locale() -> Locale:
    return _locale(get_language() or settings.LANGUAGE_CODE)


def _minus(text: str) -> str:
    return text.replace("-", MINUS)


def money(amount: Decimal | int | None, currency: str, *, signed: bool = False) -> str:
    """£84.20, \u2212£5.00; as many decimals as the currency has. Never a float."""
    if amount is None:
        return NOTHING
    if isinstance(amount, float):
        raise TypeError("money() takes a Decimal, never a float")
    text = _minus(format_currency(amount, str(currency), locale=current_locale()))
    return f"+{text}" if signed and amount > 0 else text


def number(value: Decimal | float | str | None, decimals: int | None = None) -> str:
    """2,481 or, with decimals=1, 2,481.0. A count in words ("1,000+") stays."""
    if value is None:
        return NOTHING
    if isinstance(value, str):
        return value
    pattern = None if decimals is None else "#,##0" + ("." + "0" * decimals if decimals else "")
    return _minus(format_decimal(value, format=pattern, locale=current_locale()))


def percent(value: Decimal | float | None, decimals: int = 0) -> str:
    """0.125 is 13 %, with decimals=1 it is 12.5 %."""
    if value is None:
        return NOTHING
    pattern = "#,##0" + ("." + "0" * decimals if decimals else "") + "\u00a0%"
    return _minus(format_percent(value, format=pattern, locale=current_locale()))


def _local(value: datetime) -> datetime:
    return timezone.localtime(value) if timezone.is_aware(value) else value


def _today() -> date:
    return timezone.localdate()


def _plain_date(day: date, style: str) -> str:
    locale = current_locale()
    if style == "iso":
        return day.isoformat()
    if style == "long":
        return format_date(day, "full", locale=locale)
    same_year = day.year == _today().year
    if style == "weekday":
        return format_skeleton("MMMEd" if same_year else "yMMMEd", day, locale=locale).replace(
            ",", "", 1
        )
    if style == "full":
        return format_skeleton("yMMMd", day, locale=locale)
    if style != "short":
        raise ValueError(f"unknown style of date: {style}")
    return format_skeleton("MMMd" if same_year else "yMMMd", day, locale=locale)


def date_(value: date | datetime | None, style: str = "short") -> str:
    """21 Nov; styles: short, weekday (Tue 24 Nov), full (with year), long, iso."""
    if value is None:
        return NOTHING
    day = _local(value).date() if isinstance(value, datetime) else value
    return _plain_date(day, style)


def clock(value: datetime | None) -> str:
    """17:00 in the active time zone."""
    return (
        NOTHING if value is None else format_time(_local(value), "short", locale=current_locale())
    )


def datetime_(value: datetime | None, style: str = "near") -> str:
    """today 09:12, yesterday 16:40, Wed 25 Nov, 17:00; styles: near, short, full, iso."""
    if value is None:
        return NOTHING
    if style == "iso":
        return value.isoformat()
    local = _local(value)
    time = clock(local)
    if style == "near":
        days = (_today() - local.date()).days
        if days == 0:
            return _("today %(time)s") % {"time": time}
        if days == 1:
            return _("yesterday %(time)s") % {"time": time}
        if days == -1:
            return _("tomorrow %(time)s") % {"time": time}
        style = "weekday"
    return f"{_plain_date(local.date(), style)}, {time}"


def ago(value: datetime | timedelta | None) -> str:
    """The length of time between then and now, in at most two units: 2 d 4 h, 5 h, 40 min."""
    if value is None:
        return NOTHING
    length = abs(value if isinstance(value, timedelta) else timezone.now() - value)
    minutes = int(length.total_seconds() // 60)
    if minutes < 1:
        return _("under 1 min")
    if minutes < 60:
        return _("%(n)s min") % {"n": minutes}
    hours = minutes // 60
    if hours < 24:
        return _("%(n)s h") % {"n": hours}
    days, rest = divmod(hours, 24)
    if rest and days < 7:
        return _("%(days)s d %(hours)s h") % {"days": days, "hours": rest}
    return _("%(n)s d") % {"n": number(days)}


def initials(name: str | None) -> str:
    """BO for Bob Ono, B for Bob."""
    words = [word for word in (name or "").replace("@", " ").split() if word[0].isalnum()]
    if not words:
        return "?"
    letters = words[0][0] + (words[-1][0] if len(words) > 1 else "")
    return letters.upper()


FILTERS = {
    "money": money,
    "number": number,
    "percent": percent,
    "date": date_,
    "datetime": datetime_,
    "clock": clock,
    "ago": ago,
    "initials": initials,
}
