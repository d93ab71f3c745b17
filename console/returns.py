"""Returns in the console: the overview (F4, F5)."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

from django.db.models import F, QuerySet, Sum
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django_filters import FilterSet

from actions.bulk import may_bulk
from console.facets import Link, Option, chips, options, shown, tabs
from console.overview import (
    WAITERS,
    Choice,
    Choices,
    Question,
    count,
    load_choices,
    questions,
    turn_in_list,
    with_cells,
)
from console.saved_filters import ColumnsForm, FilterForm
from core.counting import CAP
from core.views import ListPage
from returns.columns import COLUMNS
from returns.filters import (
    PERIODS,
    RMA_CHOICES,
    SINCE,
    TABS,
    ReturnFilter,
    clean_query,
    searched,
)
from returns.models import Return
from returns.states import BulkVerb, ReturnStatus, ShippedStatus, WaitsOn

# Chips whose word alone would say too little.
CHIPS = {
    "rma": _("RMA: %(label)s"),
    "waits": _("Waits on: %(label)s"),
    "since": _("Waits for: %(label)s"),
}


class ReturnList(ListPage):
    """The overview of all returns: tabs, left panel, saved filters, chosen columns."""

    template_name = "console/returns/list.html"
    filter_class = ReturnFilter
    ordered_by = "requested_at"

    @cached_property
    def choices(self) -> Choices:
        """The merchant's vendors, channels and reasons, the person's filters and columns."""
        return load_choices(self.actor)

    def filtered(self) -> ReturnFilter:
        """The filter, which need not look up the vendors and reasons again."""
        return ReturnFilter(self.request.GET, actor=self.actor, known=self.choices.ids)

    def rows(self, queryset: QuerySet[Return]) -> QuerySet[Return]:
        """With what the chosen columns show."""
        return with_cells(queryset, self.choices.columns)

    def more(self, found: FilterSet) -> dict[str, Any]:
        """Tabs, facets with counts, chips, saved filters, columns and their forms."""
        asked, choices = self.request.GET, self.choices
        own = {**questions(self.actor, found, choices), **self.all_found()}
        counts = count(self.actor, asked, choices, own)
        facets = self.facets(counts)
        labels = {name: label for name, (label, _condition) in TABS.items()}
        query = clean_query(asked)
        return {
            "tabs": tabs(asked, labels, _of("tab", counts), default="all"),
            "facets": facets,
            "chips": chips(asked, facets, CHIPS),
            "saved": _links(choices.saved, counts, query),
            "columns": [(name, COLUMNS[name]) for name in choices.columns],
            "channels": {one.pk: one.label for one in choices.channels},
            "turn": turn_in_list,
            "matching": counts["matching", ""],
            "matching_text": shown(counts["matching", ""]),
            "total": self.total(found, counts["matching", ""]),
            "too_many": counts.get(("found", ""), counts["matching", ""]) > CAP,
            "bulk_key": uuid.uuid4(),
            "bulk_verbs": self.bulk_verbs(),
            **self.forms(query),
        }

    def bulk_verbs(self) -> list[tuple[str, Any]]:
        """What the person may do to many returns at once: (name, label)."""
        return [(name, label) for name, label in BulkVerb.choices if may_bulk(self.actor, name)]

    def total(self, found: FilterSet, matching: int) -> list[tuple[Decimal, str]]:
        """What the matching returns are worth, by currency; nothing when there are very many."""
        if not 0 < matching <= CAP:
            return []
        worth = Sum(F("refund_items") + F("refund_shipping") + F("refund_adjustment"))
        sums = found.qs.order_by("currency").values("currency").annotate(worth=worth)
        return list(sums.values_list("worth", "currency"))

    def all_found(self) -> dict[Question, QuerySet[Return]]:
        """What the search alone finds, when filters narrow it: it may have been cut short."""
        text = self.request.GET.get("q", "").strip()
        others = set(self.request.GET) & set(ReturnFilter.base_filters) - {"q"}
        if not (text and others and ReturnFilter({"q": text}, actor=self.actor).is_valid()):
            return {}
        return {("found", ""): Return.objects.visible_to(self.actor).filter(searched(text))}

    def facets(self, counts: dict[Question, int]) -> dict[str, list[Option]]:
        """The left panel."""
        choices = self.choices
        boxes: dict[str, list[tuple[str, str]]] = {
            "status": _words(ReturnStatus.choices),
            "shipment": _words(ShippedStatus.choices),
            "rma": _words(RMA_CHOICES),
            "waits": [(value, str(WaitsOn(value).label)) for value in WAITERS],
            "since": [(value, str(span.label)) for value, span in SINCE.items()],
            "period": [(value, str(span.label)) for value, span in PERIODS.items()],
            "vendor": [(one.key, one.label) for one in choices.vendors],
            "channel": [(one.key, one.label) for one in choices.channels],
            "reason": [(one.key, one.label) for one in choices.reasons],
        }
        return {name: options(self.request.GET, name, one, counts) for name, one in boxes.items()}

    def forms(self, query: str) -> dict[str, Any]:
        """The small forms behind "Save filter" and "Columns"."""
        if not self.actor.may("filter.save"):
            return {"save_form": None, "columns_form": None}
        initial = {"key": uuid.uuid4(), "query": query}
        return {
            "save_form": FilterForm(initial=initial, actor=self.actor),
            "columns_form": ColumnsForm(initial={**initial, "columns": self.choices.columns}),
        }


def _of(facet: str, counts: dict[Question, int]) -> dict[str, int]:
    return {value: count for (name, value), count in counts.items() if name == facet}


def _words(choices: Any) -> list[tuple[str, str]]:
    return [(value, str(label)) for value, label in choices]


def _links(saved: list[Choice], counts: dict[Question, int], query: str) -> list[Link]:
    return [
        Link(one.label, f"?{one.more}", shown(counts.get(("saved", one.key))), one.more == query)
        for one in saved
    ]
