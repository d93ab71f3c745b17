"""A file of returns compared with what is stored: import-export's dry run, row by row (F14)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

import tablib
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from import_export.fields import Field
from import_export.instance_loaders import CachedInstanceLoader
from import_export.resources import ModelResource
from import_export.results import RowResult

from accounts.actor import Actor
from actions.return_checks import check_total
from core.cells import as_typed
from core.errors import Refused
from core.money import ZERO, quantise
from core.states import check
from returns.exporting import Grain, exporter
from returns.models import Return
from returns.states import MOVES

MOST_ROWS = 5_000
MOST_REJECTS = 500
LARGEST_AMOUNT = 10**12
LINE = "#line"
EDITABLE = ("adjustment", "adjustment_reason", "note")


@dataclass(slots=True)
class Comparison:
    """What a file says: rows that differ, and rows that cannot be used, both as JSON values."""

    rows: int = 0
    changes: list[dict[str, Any]] = field(default_factory=list)
    rejects: list[dict[str, Any]] = field(default_factory=list)


def compared(actor: Actor, file: UploadedFile) -> Comparison:
    """Read `file` and compare it with the returns `actor` sees; nothing is changed.

    Raises Refused with the field for a file that cannot be used as a whole.
    """
    try:
        dataset = _read(file, exporter().columns(Grain.RETURN))
    except Refused as refused:
        raise Refused(refused.message, field="file") from None
    result = ReturnFile(actor).import_data(dataset, dry_run=True)
    for row in result.rows:
        for error in row.errors:
            raise error.error
    found = Comparison(rows=len(dataset))
    found.changes = [
        _change(row) for row in result.rows if row.import_type == RowResult.IMPORT_TYPE_UPDATE
    ]
    lines = dataset[LINE]
    found.rejects = [
        {"line": lines[row.number - 1], "column": str(column), "reason": str(sentences[0])}
        for row in result.invalid_rows
        for column, sentences in row.error_dict.items()
    ]
    return found


# --- comparing ----------------------------------------------------------------------------------


class TextCell(Field):
    """Words as a spreadsheet hands them back: other line ends are no change."""

    def __init__(self, *, most: int, **kwargs: Any) -> None:
        super().__init__(default="", **kwargs)
        self.most = most

    def save(self, instance: Return, row: Any, is_m2m: bool = False, **kwargs: Any) -> None:
        """Put the cell into the return if it says something else."""
        text = as_typed(row[self.column_name]).strip()
        if "\x00" in text:
            raise ValueError(_("This cell holds a character that is no text."))
        if len(text) > self.most:
            raise ValueError(_("At most %(n)s characters fit in here.") % {"n": f"{self.most:,}"})
        before = getattr(instance, self.attribute)
        if _lines(text) != _lines(before):
            setattr(instance, self.attribute, text)


class AmountCell(Field):
    """An amount; an empty cell is none."""

    def save(self, instance: Return, row: Any, is_m2m: bool = False, **kwargs: Any) -> None:
        """Put the amount into the return."""
        text = row[self.column_name].strip().replace("\u2212", "-")
        if "," in text and "." not in text:
            text = text.replace(",", ".")
        try:
            amount = Decimal(text or "0")
        except InvalidOperation:
            amount = Decimal("NaN")
        if not amount.is_finite() or abs(amount) >= LARGEST_AMOUNT:
            raise ValueError(_("“%(text)s” is not an amount.") % {"text": text[:40]})
        setattr(instance, self.attribute, amount)


class ReturnFile(ModelResource):
    """The return of a row is found by its number; what may be edited is compared and checked."""

    number = Field(attribute="number")
    adjustment = AmountCell(attribute="refund_adjustment")
    adjustment_reason = TextCell(attribute="adjustment_reason", most=120)
    note = TextCell(attribute="note", most=2000)

    class Meta:
        model = Return
        fields = ("number", *EDITABLE)
        import_id_fields = ("number",)
        instance_loader_class = CachedInstanceLoader
        skip_unchanged = True
        skip_html_diff = True
        store_row_values = True
        store_instance = True

    def __init__(self, actor: Actor) -> None:
        super().__init__()
        self.actor = actor
        self.seen: dict[str, int] = {}
        headings = exporter().columns(Grain.RETURN)
        for name, one in self.fields.items():
            one.column_name = headings[name]

    def get_queryset(self) -> Any:
        """Returns the actor sees, with the order whose payments cap the refund."""
        return Return.objects.visible_to(self.actor).select_related("order")

    def before_import_row(self, row: Any, **kwargs: Any) -> None:
        """Refuse a row without a number, and a second one of the same return."""
        column = self.fields["number"].column_name
        number = row[column] = as_typed(row[column]).strip()
        if not number or "\x00" in number:
            raise ValidationError({column: _("This row names no return.")})
        earlier = self.seen.setdefault(number, row[LINE])
        if earlier != row[LINE]:
            sentence = _("%(number)s stands in line %(line)s already.")
            raise ValidationError({column: sentence % {"number": number, "line": earlier}})

    def init_instance(self, row: Any = None) -> Return:
        """A file makes no returns."""
        column = self.fields["number"].column_name
        sentence = _("There is no return %(number)s.") % {"number": row[column][:40]}
        raise ValidationError({column: sentence})

    def after_init_instance(self, instance: Return, new: bool, row: Any, **kwargs: Any) -> None:
        """Remember what the return is counted with on its order."""
        instance.agreed_before = instance.refund_total  # type: ignore[attr-defined]

    def validate_instance(
        self,
        instance: Return,
        import_validation_errors: Any = None,
        validate_unique: bool = True,
    ) -> None:
        """What the edit would refuse is refused here already, at its column."""
        errors = dict(import_validation_errors or {})
        named = {one.attribute: str(one.column_name) for one in self.fields.values()}
        errors = {named.get(name, name): sentences for name, sentences in errors.items()}
        if not errors:
            try:
                check(MOVES, "edit", instance.status, instance.state.label.lower())
                check_total(
                    instance.order,
                    instance.refund_items + instance.refund_shipping,
                    instance.refund_adjustment,
                    instance.adjustment_reason,
                    agreed=instance.agreed_before,  # type: ignore[attr-defined]
                )
            except Refused as refused:
                errors[named.get(refused.field, named["number"])] = [str(refused.message)]
        if errors:
            raise ValidationError(errors)

    def do_instance_save(self, instance: Return, is_create: bool) -> None:
        """Nothing: this only looks."""

    def after_import(self, dataset: Any, result: Any, **kwargs: Any) -> None:
        """Nothing: files bring no ids, and the login may not set the sequences back."""


def _change(row: RowResult) -> dict[str, Any]:
    after, before = row.instance, row.original
    return {
        "line": row.row_values[LINE],
        "id": after.pk,
        "number": after.number,
        "version": after.version,
        "currency": after.currency,
        "before": _values(before),
        "after": _values(after),
    }


def _values(found: Return) -> dict[str, str]:
    amount = found.refund_adjustment or ZERO
    if amount == quantise(amount, found.currency):
        amount = quantise(amount, found.currency)
    return {
        "adjustment": str(amount),
        "adjustment_reason": found.adjustment_reason,
        "note": found.note,
    }


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.strip().splitlines()]


# --- reading ------------------------------------------------------------------------------------


def _read(file: UploadedFile, headings: Any) -> tablib.Dataset:
    """The columns that matter, with the line each row begins at."""
    try:
        rows = list(_rows(file))
    except UnicodeDecodeError:
        raise Refused(
            _("This is no CSV file in UTF-8. In Excel choose “Save as” and “CSV UTF-8”.")
        ) from None
    except csv.Error:
        raise Refused(_("This CSV file is damaged. Export it again and edit that.")) from None
    if not rows:
        raise Refused(_("This file is empty. Upload one that an export of returns made."))
    _line, first = rows[0]
    names = [cell.strip() for cell in first]
    wanted = [headings[name] for name in EDITABLE if headings[name] in names]
    key = headings["number"]
    if key not in names or not wanted:
        raise Refused(
            _("The first line must name the column “%(key)s” and at least one of: %(columns)s.")
            % {"key": key, "columns": ", ".join(headings[name] for name in EDITABLE)}
        )
    if len(rows) - 1 > MOST_ROWS:
        raise Refused(
            _("The file has more than %(n)s rows. Split it and upload the parts.")
            % {"n": f"{MOST_ROWS:,}"}
        )
    dataset = tablib.Dataset(headers=[key, *wanted, LINE])
    places = [names.index(name) for name in (key, *wanted)]
    for line, cells in rows[1:]:
        dataset.append([*(cells[at] if at < len(cells) else "" for at in places), line])
    return dataset


def _rows(file: UploadedFile) -> Iterator[tuple[int, list[str]]]:
    """The rows that hold anything, each with the line it begins at; at most one too many."""
    file.seek(0)
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    try:
        first = text.readline()
        text.seek(0)
        delimiter = max(",;\t", key=first.count)
        reader = csv.reader(text, delimiter=delimiter)
        line, found = 1, 0
        for cells in reader:
            if any(cells):
                found += 1
                yield line, cells
            if found > MOST_ROWS + 1:
                return
            line = reader.line_num + 1
    finally:
        text.detach()
