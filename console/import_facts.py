"""What an order file's report says, in words and rows for the page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from core.jinja_filters import number
from orders.models import OrderImport
from orders.readers import FORMATS
from orders.readers.base import SENTENCES, Reason

CREATED = (
    ("orders", gettext_lazy("Orders")),
    ("lines", gettext_lazy("Order lines")),
    ("customers", gettext_lazy("Customers")),
    ("products", gettext_lazy("Products")),
    ("fulfillment_requests", gettext_lazy("Fulfillment requests")),
    ("shipments", gettext_lazy("Shipments")),
    ("invoices", gettext_lazy("Channel invoices")),
    ("returns", gettext_lazy("Returns from before the import")),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; `known` is None where the file does not say."""

    label: str
    new: int
    known: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Kind:
    """One reason for rejecting rows: how many, and the first of them."""

    sentence: str
    column: str
    count: int
    examples: str


@dataclass(frozen=True, slots=True)
class Facts:
    """The report of one import: of the load once it is done, of the check before."""

    found: OrderImport
    report: dict[str, Any]

    @classmethod
    def of(cls, found: OrderImport) -> Facts:
        """What there is to say about `found`."""
        return cls(found, found.report.get("load") or found.report.get("check") or {})

    @property
    def is_known(self) -> bool:
        """Whether the file has been checked."""
        return bool(self.report)

    @property
    def format(self) -> str:
        """The format in words."""
        reader = FORMATS.get(self.found.format)
        return str(reader.label) if reader else self.found.format

    @property
    def orders(self) -> int:
        """New orders."""
        return self._count("created", "orders")

    @property
    def is_new(self) -> bool:
        """Whether loading changes anything."""
        return not self.report or any(self.report["created"].values())

    @property
    def rejected(self) -> int:
        """Rows that are not loaded."""
        return int(self.report.get("rejected", 0))

    @property
    def rows(self) -> list[Row]:
        """What comes in, and what was there already."""
        known = {"orders": self._count("existing", "orders")}
        there = self._count("existing", "returned_rows")
        note = ngettext(
            "%(n)s row that takes goods back is there already",
            "%(n)s rows that take goods back are there already",
            there,
        ) % {"n": number(there)}
        notes = {"returns": note if there else ""}
        return [
            Row(str(label), self._count("created", name), known.get(name), notes.get(name, ""))
            for name, label in CREATED
        ]

    @property
    def rows_of_file(self) -> list[tuple[str, str]]:
        """What the rows of the file are; they add up to all of them."""
        counts = self.report.get("counts", {})
        parts = [
            (_("Sales"), counts.get("sales", 0) + counts.get("guest_sales", 0)),
            (_("Postage, fees, discounts"), counts.get("charges", 0)),
            (_("Goods taken back"), counts.get("returns", 0)),
            (_("Rejected"), self.rejected),
        ]
        return [(label, number(count)) for label, count in parts if self.report]

    @property
    def kinds(self) -> list[Kind]:
        """Each reason for rejecting rows, the most frequent first."""
        return [_kind(kind) for kind in self.report.get("kinds", [])]

    @property
    def different(self) -> str:
        """What to know about orders that are there with other contents, or ""."""
        count = self._count("existing", "different_orders")
        if not count:
            return ""
        names = ", ".join(self.report["different"][:5]) + (", …" if count > 5 else "")
        return ngettext(
            "%(n)s order is there already with other lines and stays as it is: %(names)s.",
            "%(n)s orders are there already with other lines and stay as they are: %(names)s.",
            count,
        ) % {"n": number(count), "names": names}

    @property
    def rejected_text(self) -> str:
        """How many rows are not loaded, or ""."""
        if not self.rejected:
            return ""
        return ngettext("%(n)s row rejected", "%(n)s rows rejected", self.rejected) % {
            "n": number(self.rejected)
        }

    @property
    def result(self) -> str:
        """One line for the list."""
        if not self.report or self.found.state.is_moving:
            return self.found.error
        if self.found.status == "done":
            text = ngettext("%(n)s order imported", "%(n)s orders imported", self.orders)
        else:
            text = ngettext("%(n)s new order", "%(n)s new orders", self.orders)
        return text % {"n": number(self.orders)}

    @property
    def sentence(self) -> str:
        """What the notice says once the file is checked or loaded."""
        if not self.report:
            return _("Nothing has been loaded yet.")
        if not self.is_new:
            return _("Everything in this file is there already. Importing it changes nothing.")
        if self.found.status != "done":
            return _("Nothing has been loaded yet. Look at what will happen, then import.")
        return ngettext(
            "%(n)s new order is in. Returns can be made of it now.",
            "%(n)s new orders are in. Returns can be made of them now.",
            self.orders,
        ) % {"n": number(self.orders)}

    @property
    def meanwhile(self) -> str:
        """What the notice says while the house is at work."""
        if self.found.status == "checking":
            return _(
                "The whole file is read before anything is loaded. You may leave this page and"
                " come back."
            )
        if self.found.uploaded_by is None:
            return _("You may leave this page and come back.")
        return _("You may leave this page. An e-mail tells %(name)s when it is done.") % {
            "name": self.found.uploaded_by.name
        }

    @property
    def button(self) -> str:
        """What the button that starts the load says."""
        if not self.orders:
            return _("Import")
        return ngettext("Import %(n)s order", "Import %(n)s orders", self.orders) % {
            "n": number(self.orders)
        }

    def _count(self, part: str, name: str) -> int:
        return int(self.report.get(part, {}).get(name, 0))


def _kind(kind: dict[str, Any]) -> Kind:
    examples = kind["examples"]
    first = examples[0]
    sentence = str(SENTENCES[Reason(kind["reason"])]) % {"value": first["value"]}
    lines = ", ".join(str(example["line"]) for example in examples)
    more = ", …" if kind["count"] > len(examples) else ""
    text = ngettext("line %(lines)s", "lines %(lines)s", len(examples)) % {"lines": lines + more}
    return Kind(sentence, first["column"], kind["count"], text)
