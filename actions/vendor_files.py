"""Vendors and their users from a file: what the platform and the merchant's own desk share.

A file is read twice, first for a preview that is undone, then for real. Between the two it travels
with the form, packed and signed for one person at one merchant, and nothing is kept on a server.
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import tablib
from django.core.exceptions import ValidationError
from django.core.signing import BadSignature, TimestampSigner
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _
from import_export.fields import Field
from import_export.resources import ModelResource
from import_export.results import RowResult

from accounts.actor import Actor
from accounts.models import Invitation, Membership, Vendor
from accounts.permissions import Role
from actions.addresses import tidy
from actions.people import invite
from actions.platform import VendorRow
from actions.vendors import keep_own_vendor
from core.cells import neutral
from core.errors import Refused

COLUMNS = ("code", "name", "email", "return_address")
OWN_COLUMNS = (*COLUMNS, "return_instructions")
USERS = "users"
MOST_ROWS = 1_000
MOST_USERS = 50
"""Users of one vendor in one file."""
PREVIEW_LASTS = 60 * 60
"""Seconds in which a preview can be confirmed."""


class VendorImport(ModelResource):
    """One row per vendor, `code` is the key. Rows are written by the verb `keep`."""

    code = Field(column_name="code", attribute="code")
    name = Field(column_name="name", attribute="name")
    email = Field(column_name="email", attribute="email", default="")
    return_address = Field(column_name="return_address", attribute="return_address", default="")

    class Meta:
        model = Vendor
        fields: tuple[str, ...] = COLUMNS
        import_id_fields = ("code",)
        skip_unchanged = True
        report_skipped = True
        clean_model_instances = True
        use_transactions = True

    def __init__(self, *, actor: Actor, keep: Callable[[Actor, VendorRow], Vendor]) -> None:
        super().__init__()
        self.actor = actor
        self.keep = keep

    def get_queryset(self) -> Any:
        """Vendors of the merchant."""
        return Vendor.objects.visible_to(self.actor)

    def init_instance(self, row: Any = None) -> Vendor:
        """A new vendor of the merchant."""
        return Vendor(merchant=self.actor.merchant)

    def before_import(self, dataset: Any, **kwargs: Any) -> None:
        """Refuse a file of another shape before its first row, and forget its rows."""
        headers, rows = set(dataset.headers or ()), len(dataset)
        if {"code", "name"} <= headers and rows <= MOST_ROWS:
            return
        dataset.wipe()
        if rows <= MOST_ROWS:
            raise Refused(_("The first line of the file must name the columns code and name."))
        raise Refused(
            _("The file has more than %(n)s vendors. Split it and import the parts.")
            % {"n": f"{MOST_ROWS:,}"}
        )

    def before_import_row(self, row: Any, **kwargs: Any) -> None:
        """Cells are compared without blanks around them, and missing ones are empty."""
        for column in (*OWN_COLUMNS, USERS):
            if column in row:
                row[column] = as_typed(str(row[column] or "").strip())

    def after_import(self, dataset: Any, result: Any, **kwargs: Any) -> None:
        """Nothing: files bring no ids, and the login may not set the sequences back."""

    def do_instance_save(self, instance: Vendor, is_create: bool) -> None:
        """Hand the row to the action."""
        row = VendorRow(**{column: getattr(instance, column) for column in COLUMNS})
        instance.pk = self.keep(self.actor, row).pk


class OwnVendorImport(VendorImport):
    """The same with return instructions, and the e-mail addresses of users to invite."""

    return_instructions = Field(
        column_name="return_instructions", attribute="return_instructions", default=""
    )

    class Meta(VendorImport.Meta):
        fields: tuple[str, ...] = OWN_COLUMNS
        store_instance = True
        skip_html_diff = True

    def __init__(self, *, actor: Actor) -> None:
        super().__init__(actor=actor, keep=keep_own_vendor)

    def before_import_row(self, row: Any, **kwargs: Any) -> None:
        """Cells are compared as they would be stored."""
        super().before_import_row(row, **kwargs)
        for column in ("return_address", "return_instructions"):
            if column in row:
                row[column] = tidy(row[column])
        if "name" in row:
            row["name"] = " ".join(row["name"].split())

    def import_instance(self, instance: Vendor, row: Any, **kwargs: Any) -> None:
        """Also find whom the row invites."""
        super().import_instance(instance, row, **kwargs)
        instance.invited = self._newcomers(instance, row.get(USERS, ""))  # type: ignore[attr-defined]

    def skip_row(
        self, instance: Any, original: Any, row: Any, import_validation_errors: Any = None
    ) -> bool:
        """A row that changes nothing and invites nobody."""
        if getattr(instance, "invited", None):
            return False
        return bool(super().skip_row(instance, original, row, import_validation_errors))

    def do_instance_save(self, instance: Any, is_create: bool) -> None:
        """The vendor if it changes, then the invitations."""
        row = VendorRow(**{column: getattr(instance, column) for column in OWN_COLUMNS})
        stored = Vendor.objects.visible_to(self.actor).filter(code=row.code).first()
        if stored is None or any(getattr(stored, c) != getattr(row, c) for c in OWN_COLUMNS):
            stored = self.keep(self.actor, row)
        instance.pk = stored.pk
        for email in instance.invited:
            invite(self.actor, email, Role.VENDOR, stored)

    def _newcomers(self, vendor: Vendor, cell: str) -> list[str]:
        emails = list(dict.fromkeys(re.split(r"[\s;,]+", cell.lower().strip())))
        emails = [email for email in emails if email]
        if len(emails) > MOST_USERS:
            raise ValidationError({USERS: _("Name at most %(n)s users.") % {"n": MOST_USERS}})
        for email in emails:
            try:
                validate_email(email)
            except ValidationError:
                sentence = _("“%(email)s” is no e-mail address.") % {"email": email[:80]}
                raise ValidationError({USERS: sentence}) from None
        if vendor._state.adding:
            return emails
        members = Membership.objects.visible_to(self.actor).filter(vendor=vendor)
        invited = Invitation.objects.visible_to(self.actor).unanswered().filter(vendor=vendor)
        known = {*members.values_list("user__email", flat=True)}
        known |= {*invited.values_list("email", flat=True)}
        return [email for email in emails if email not in known]


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong with a cell: the line as a spreadsheet counts it, and a sentence."""

    line: int
    column: str
    reason: str


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of one vendor: `kind` is new, changed or unchanged."""

    line: int
    code: str
    name: str
    kind: str
    changes: list[tuple[str, str, str]]
    invited: list[str]


@dataclass(slots=True)
class VendorReport:
    """What a file would do, or did."""

    rows: list[Change] = field(default_factory=list)
    complaints: list[Complaint] = field(default_factory=list)

    def count(self, kind: str) -> int:
        """How many vendors are of that kind."""
        return sum(row.kind == kind for row in self.rows)

    @property
    def invited(self) -> int:
        """How many people are invited."""
        return sum(len(row.invited) for row in self.rows)

    @property
    def changes_something(self) -> bool:
        """Whether there is anything to carry out."""
        return any(row.kind != "unchanged" for row in self.rows)

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {
            "new": self.count("new"),
            "changed": self.count("changed"),
            "unchanged": self.count("unchanged"),
            "invited": self.invited,
            "complaints": [
                {"line": one.line, "column": one.column, "reason": one.reason}
                for one in self.complaints
            ],
        }


def read_vendors(actor: Actor, data: bytes, *, dry_run: bool) -> VendorReport:
    """Carry out a CSV file of vendors and their users, all of it or nothing; see what comes of it.

    With `dry_run` everything is undone. A file with complaints changes nothing. Raises Refused for
    a file that is no CSV in UTF-8, or lacks the columns.
    """
    actor.require("settings.edit")
    dataset = _dataset(data)
    lines = _lines(dataset)
    with transaction.atomic():
        result = OwnVendorImport(actor=actor).import_data(
            dataset, dry_run=False, use_transactions=True, rollback_on_validation_errors=True
        )
        if result.base_errors:
            error = result.base_errors[0].error
            raise error if isinstance(error, Refused) else Refused(_not_csv())
        report = _report(result, lines)
        if dry_run or report.complaints:
            transaction.set_rollback(True)
    return report


def signer_for(actor: Actor, salt: str) -> TimestampSigner:
    """Signs for one person at one merchant."""
    return TimestampSigner(salt=f"{salt}:{actor.merchant_id}:{actor.user_id}")


def pack(data: bytes) -> str:
    """A file as a text that fits into a form."""
    return base64.urlsafe_b64encode(zlib.compress(data, 9)).decode()


def unpack(packed: str) -> bytes:
    """The file again; only for what was signed by us."""
    return zlib.decompress(base64.urlsafe_b64decode(packed))


def unpack_signed(signer: TimestampSigner, signed: str) -> str:
    """The packed file, if this person previewed it here within the hour; else Refused."""
    try:
        packed = signer.unsign(signed, max_age=PREVIEW_LASTS)
        base64.urlsafe_b64decode(packed)
    except (BadSignature, binascii.Error):
        raise Refused(preview_is_gone()) from None
    return packed


def preview_is_gone() -> str:
    """Why a confirmation is refused, and what to do."""
    return _("This preview is too old or of another merchant. Upload the file once more.")


def as_typed(cell: str) -> str:
    """A cell without the apostrophe that an export put in front of it."""
    return cell[1:] if cell.startswith("'") and neutral(cell[1:]) == cell else cell


def _not_csv() -> str:
    return _("This is no CSV file in UTF-8. Save it as “CSV UTF-8” and try again.")


def _dataset(data: bytes) -> Any:
    try:
        text = data.decode("utf-8-sig")
        if "\x00" in text:
            raise Refused(_not_csv())
        return tablib.Dataset().load(text, format="csv")
    except Refused:
        raise
    except Exception as error:
        raise Refused(_not_csv()) from error


def _lines(dataset: Any) -> list[int]:
    """The line of the file on which each row begins: cells may hold several lines."""
    lines, at = [], 2
    for row in dataset:
        lines.append(at)
        at += 1 + sum(str(cell or "").count("\n") for cell in row)
    return lines


def _report(result: Any, lines: list[int]) -> VendorReport:
    report = VendorReport()
    seen: set[str] = set()
    for line, row in zip(lines, result.rows, strict=False):
        report.complaints += _complaints(line, row)
        if row.instance is None or row.import_type in (
            RowResult.IMPORT_TYPE_INVALID,
            RowResult.IMPORT_TYPE_ERROR,
        ):
            continue
        code = row.instance.code.casefold()
        if code in seen:
            sentence = _("The file names this vendor twice. Keep one of the lines.")
            report.complaints.append(Complaint(line, "code", sentence))
        seen.add(code)
        report.rows.append(_change(line, row))
    return report


def _complaints(line: int, row: Any) -> list[Complaint]:
    if row.validation_error is not None:
        error = row.validation_error
        sentences = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
        return [
            Complaint(line, "" if column == "__all__" else column, sentence)
            for column, found in sentences.items()
            for sentence in found
        ]
    return [
        Complaint(
            line,
            one.error.field if isinstance(one.error, Refused) else "",
            str(one.error.message)
            if isinstance(one.error, Refused)
            else _("This line cannot be read. Compare it with the line of the headings."),
        )
        for one in row.errors
    ]


def _change(line: int, row: Any) -> Change:
    vendor, before = row.instance, row.original
    invited = list(getattr(vendor, "invited", []))
    kind = "new" if row.import_type == RowResult.IMPORT_TYPE_NEW else "changed"
    if row.import_type == RowResult.IMPORT_TYPE_SKIP:
        kind = "unchanged"
    changes = [
        (column, str(getattr(before, column, "") if before else ""), str(getattr(vendor, column)))
        for column in OWN_COLUMNS
        if before is not None and getattr(before, column) != getattr(vendor, column)
    ]
    return Change(line, vendor.code, vendor.name, kind, changes, invited)
