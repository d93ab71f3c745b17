"""A page with every component on it, filled with invented data."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from core.shells import NavigationItem, NavigationSection, Shell


class SampleForm(forms.Form):
    """One field of each kind."""

    name = forms.CharField(label=_("Name of the profile"), help_text=_("Customers never see it."))
    reason = forms.ChoiceField(
        label=_("Reason"), choices=[("damaged", _("Damaged")), ("mind", _("Changed mind"))]
    )
    quantity = forms.IntegerField(label=_("Quantity"), min_value=1, max_value=6)
    refund = forms.DecimalField(label=_("Item refund"), max_value=Decimal("6.78"), required=False)
    note = forms.CharField(
        label=_("Note"), required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    condition = forms.ChoiceField(
        label=_("Condition"),
        choices=[("new", _("New")), ("used", _("Used")), ("damaged", _("Damaged"))],
        widget=forms.RadioSelect,
    )
    invoice = forms.BooleanField(
        label=_("Apply to channel invoice 536365"),
        help_text=_("Net balance becomes £112.34. No money moves."),
        required=False,
    )
    photo = forms.FileField(label=_("Photo"), required=False)


def sample_shell() -> Shell:
    def item(label: str, count: int | None = None, *, current: bool = False) -> NavigationItem:
        return NavigationItem(label, "#", count=count, current=current)

    return Shell(
        merchant_name="Acme Gifts",
        navigation=[
            NavigationSection(
                [
                    item(_("Home")),
                    item(_("Orders"), 2481),
                    item(_("Returns"), 312, current=True),
                    item(_("RMAs"), 41),
                    item(_("Receiving"), 9),
                    item(_("Refunds and credits")),
                ]
            ),
            NavigationSection([item(_("Reports")), item(_("Exports"))], title=_("Insight")),
            NavigationSection(
                [item(_("Vendors")), item(_("Return profiles")), item(_("Settings"))],
                title=_("Set-up"),
            ),
        ],
        switcher=[("Acme Gifts", "#", True), ("Globex", "#", False)],
        user_name="Bob Ono",
        user_initials="BO",
        user_note=_("Support agent"),
        search_href="#",
        notice=_("3 exports running"),
        notice_href="#",
        account_links=[(_("Security"), "#")],
    )


_COLUMNS = "number order customer lines approved received total rma tone waits since day amount"
_RETURNS = """
R-10482|536365|Cora Lindqvist|3 lines, 5 units|2|0|5|Waiting|act|Northlight Lamps|2 d 4 h|21 Nov|84.20
R-10481|536412|Jo Amadi|1 line, 1 unit|0|0|1|Processed|moving|Regency Tea Co.|1 d 1 h|21 Nov|12.75
R-10479|536388|Mills & Co.|8 lines, 96 units|72|24|96|Partly approved|partly|You: 2 denied|5 h|20 Nov|612.48
R-10474|536301|Ines Kaya|1 line, 2 units|2|0|2|Approved|agreed|Customer to ship|3 d|19 Nov|31.90
R-10451|536144|Ada Nwosu|1 line, 1 unit|1|0|1|Denied|refused|You: tell customer|40 min|16 Nov|19.95
R-10450|536140|Tom Reilly|2 lines, 4 units|4|4|4|Voided|ended|Warehouse|6 h|16 Nov|43.60
"""  # noqa: E501


def _rows() -> list[dict[str, Any]]:
    rows = []
    for line in _RETURNS.strip().splitlines():
        row: dict[str, Any] = dict(zip(_COLUMNS.split(), line.split("|"), strict=True))
        row.update({key: int(row[key]) for key in ("approved", "received", "total")})
        row["amount"] = Decimal(row["amount"])
        rows.append(row)
    return rows


def _facets() -> list[dict[str, Any]]:
    def option(label: str, count: int, *, checked: bool = False) -> dict[str, Any]:
        return {"value": label.lower(), "label": label, "count": count, "checked": checked}

    return [
        {
            "title": _("Return status"),
            "name": "status",
            "options": [
                option("Open", 187, checked=True),
                option("Closed", 3824),
                option("Canceled", 58),
            ],
        },
        {
            "title": _("RMA status"),
            "name": "rma",
            "options": [
                option("Waiting", 22, checked=True),
                option("Processed", 19),
                option("Denied", 5),
                option("Voided", 0),
            ],
        },
        {
            "title": _("Channel"),
            "name": "channel",
            "options": [option(f"Shop {number}", 40 - number) for number in range(1, 13)],
        },
    ]


def _timeline() -> list[dict[str, Any]]:
    now = timezone.now()
    return [
        {
            "title": "Vera denied 24 hand warmers",
            "note": "“Sold as final stock”",
            "at": now - timedelta(hours=5),
            "actor": "Paper & Twine",
        },
        {
            "title": "Dock 2 received 24 lanterns",
            "actor": "Wendy",
            "at": now - timedelta(days=1, hours=2),
        },
        {
            "title": "RMA-20991 approved by rule “damaged in transit”",
            "at": now - timedelta(days=3),
            "actor": "policy v7",
            "link": _("why?"),
            "href": "#",
        },
    ]


def styleguide(request: HttpRequest) -> HttpResponse:
    """Show every component, also with errors in its fields."""
    wrong = {"bad-name": "", "bad-reason": "mind", "bad-quantity": "9", "bad-refund": "7.10"}
    bad = SampleForm(wrong, prefix="bad")
    context = {
        "shell": sample_shell(),
        "form": SampleForm(initial={"quantity": 2, "refund": Decimal("6.78"), "condition": "used"}),
        "bad": bad,
        "inline": SampleForm({"inline-quantity": "2", "inline-refund": "7.10"}, prefix="inline"),
        "rows": _rows(),
        "facets": _facets(),
        "timeline": _timeline(),
        "tones": ["act", "moving", "agreed", "partly", "refused", "ended"],
        "amounts": [
            (Decimal("84.2"), "GBP"),
            (Decimal(-5), "GBP"),
            (Decimal(1200), "JPY"),
            (Decimal("3.5"), "KWD"),
        ],
    }
    return render(request, "styleguide.html", context)
