"""The Jinja2 environment of all our own pages and mails. Strict: what is missing is an error."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import heroicons
from django.conf import settings
from django.contrib.messages import get_messages
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils import timezone, translation
from django.utils.html import json_script
from django_htmx.jinja import htmx_script
from jinja2 import Environment, StrictUndefined, Undefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from core.jinja_filters import FILTERS

# Namespaces whose routes begin with the slug of the merchant.
MERCHANT_NAMESPACES = frozenset({"console", "vendor_portal", "customer_portal"})

# The smaller the icon, the simpler its drawing.
_ICON_STYLES = ((16, "micro"), (20, "mini"))


@lru_cache(maxsize=512)
def icon(name: str, size: int = 16, style: str = "") -> Markup:
    """A drawing that only decorates: the words beside it carry the meaning."""
    drawing = style or next((s for limit, s in _ICON_STYLES if size <= limit), "outline")
    svg = heroicons._render_icon(drawing, name, size, {"class": "icon", "focusable": "false"})
    return Markup(svg)  # noqa: S704 - drawn by the icon library, nothing of a user is in it


def url(name: str, *args: Any, **kwargs: Any) -> str:
    """Plain reverse. `query` and `fragment` are passed on as Django's own arguments."""
    query = kwargs.pop("query", None)
    fragment = kwargs.pop("fragment", None)
    return reverse(name, args=args, kwargs=kwargs, query=query, fragment=fragment)


@pass_context
def href(context: Context, name: str, **kwargs: Any) -> str:
    """Reverse inside the merchant whose pages are being shown."""
    if name.partition(":")[0] in MERCHANT_NAMESPACES and "merchant" not in kwargs:
        merchant = getattr(getattr(context["request"], "actor", None), "merchant", None)
        if merchant is not None:
            try:
                return url(name, merchant=merchant.slug, **kwargs)
            except NoReverseMatch:
                return url(name, **kwargs)
    return url(name, **kwargs)


@pass_context
def query(context: Context, **changes: Any) -> str:
    """The present query string with some values replaced; None or "" takes a key away.

    The cursor of the pager never survives a change of anything else.
    """
    values = context["request"].GET.copy()
    for stale in ("after", "before"):
        if stale not in changes:
            values.pop(stale, None)
    for key, value in changes.items():
        if value is None or value == "":
            values.pop(key, None)
        elif isinstance(value, list | tuple | set):
            values.setlist(key, [str(one) for one in value])
        else:
            values[key] = str(value)
    return "?" + values.urlencode()


@lru_cache(maxsize=8192)
def _translated(_language: str | None, message: str) -> str:
    return translation.gettext(message)


def gettext(message: str) -> str:
    """A page says the same few words in every row: each is looked up once per language.

    Only constants are translated (a test reads all templates), so this stays small.
    """
    if settings.DEBUG:
        return translation.gettext(message)
    return _translated(translation.get_language(), message)


def finalize(value: Any) -> Any:
    """What is printed. A method that nobody called is a mistake of the template."""
    if value is None:
        return ""
    if callable(value) and not isinstance(value, Undefined):
        raise TypeError(f"a callable was printed instead of its result: {value!r}")
    return value


def autoescape(name: str | None) -> bool:
    return not (name or "").endswith(".txt")


def environment(**options: Any) -> Environment:
    options.update(
        undefined=StrictUndefined,
        autoescape=autoescape,
        finalize=finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    options.setdefault("cache_size", -1)
    env = Environment(**options)  # noqa: S701 - autoescape is decided by name above
    env.add_extension("jinja2.ext.i18n")
    # newstyle would mark translated strings as safe: a hole. It stays off.
    env.install_gettext_callables(  # type: ignore[attr-defined]
        gettext,
        translation.ngettext,
        newstyle=False,
        pgettext=translation.pgettext,
        npgettext=translation.npgettext,
    )
    env.policies["ext.i18n.trimmed"] = True
    env.globals.update(
        static=static,
        url=url,
        href=href,
        query=query,
        get_messages=get_messages,
        htmx_script=htmx_script,
        icon=icon,
        json_script=json_script,
        now=timezone.now,
    )
    env.filters.update(FILTERS)
    return env
