"""Returns and RMAs as the security tests fill their forms in, and what lies beside them."""

from __future__ import annotations

import base64
import uuid
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts.actor import Actor
from accounts.models import Invitation, Membership, Merchant, NoticeSwitch, User, Vendor
from accounts.permissions import Role
from actions.counter_offers import make_offer
from actions.credits import ReceivedCredit, record_credit, settle_credit
from actions.files import add_file, add_rma_file
from actions.notes import add_note
from actions.rma_drafts import keep_rma_draft
from actions.rma_talk import write_message
from audit.models import Event, Message, StoppedAddress
from core.tenancy import tenant
from returns.models import Return, ReturnLine, ReturnNote
from rmas.decision_links import new_link
from rmas.models import Rma, RmaLine
from rmas.states import RmaStatus

PHOTO = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
"""A picture of one pixel."""

PARCEL = {
    "carrier": "Royal Mail",
    "tracking_number": "JX1",
    "return_address": "1 Dock Road",
    "note": "Heavy",
}
# What the forms ask for besides key, version, note, and the inputs of the lines.
TYPED: dict[str, dict[str, Any]] = {
    "console:return_edit": {
        "adjustment_reason": "Kind",
        "refund_adjustment": "0.50",
        "refund_shipping": "",
        "return_note": "Call first",
    },
    "console:rma_deny": {"reason": "no_fault"},
    "console:rma_decide": {},
    "console:rma_talk": {"text": "Is it worn?", "do": "ask"},
    "vendor_portal:rma_talk": {"text": "Which one?", "do": "ask"},
    "console:rma_send_link": {},
    "console:offer_answer": {"do": "decline"},
    "console:rma_edit": {"return_address": "2 Dock Road", "credit_adjustment": "-0.50"},
    "console:rma_create": {"number": "", "credit_adjustment": "", "return_address": ""},
    "console:rma_reprocess": {"number": "NL-77"},
    "console:rma_sync_credit": {"reference": "CN-1"},
    "console:rma_record_credit": {
        "amount": "0.01",
        "credit_number": "CN-2",
        "dated": "2026-01-02",
    },
    "console:rma_settle_credit": {"reason": "Agreed"},
    "vendor_portal:rma_decide": {},
    "vendor_portal:rma_deny": {"reason": "no_fault"},
    "vendor_portal:rma_reprocess": {"number": "NL-78"},
    "console:note_add": {"audience": "internal", "text": "Looks fine."},
}
WITH_LINES = {
    "console:return_edit",
    "console:rma_decide",
    "console:rma_edit",
    "console:rma_create",
    "vendor_portal:rma_decide",
}


def typed_for(name: str, inputs: dict[str, Any]) -> dict[str, Any]:
    """The form of route `name`; `inputs` are those of the object's lines."""
    return {**(inputs if name in WITH_LINES else {}), **TYPED[name]}


def write_notes(actor: Actor, made: Return) -> uuid.UUID:
    """A note for each audience and a photo; the photo's public id."""
    for audience in ReturnNote.Audience.values:
        add_note(actor, made, "Seen", audience=audience)
    return add_file(actor, made, SimpleUploadedFile("dent.png", PHOTO)).public_id


def write_credits(actor: Actor, rma: Rma) -> uuid.UUID:
    """A credit note with its file, and the rest settled; the entry's public id."""
    paper = SimpleUploadedFile("note.pdf", b"%PDF-1.7 note")
    received = ReceivedCredit(Decimal("0.01"), "CN-1", date(2026, 1, 2), paper)
    entry = record_credit(actor, rma, received)
    settle_credit(actor, rma, reason="Agreed by phone")
    return entry.public_id


def write_messages(merchant: Merchant, user: User) -> list[tuple[str, uuid.UUID]]:
    """A mail that failed and can be sent again, an address that bounced, a switch that is off."""
    with tenant(merchant.pk, user=user.pk):
        vendor = Vendor.objects.filter(merchant=merchant).order_by("pk")[0]
        mail = {
            "merchant": merchant,
            "event": Event.objects.first(),
            "kind": "import.finished",
            "user": user,
            "address": "a@example.com",
            "subject": "Ready",
            "text": "It is ready.",
            "html": "<p>It is ready.</p>",
            "state": "failed",
            "error": "Nobody answered",
        }
        message = Message.objects.create(key="once", **mail)
        Message.objects.create(key="again", resend_of=message, vendor=vendor, **mail)
        stopped = StoppedAddress.objects.create(
            merchant=merchant, address="gone@example.com", reason="Gone"
        )
        NoticeSwitch.objects.create(
            merchant=merchant, user=user, vendor=vendor, kind="rma.available"
        )
    return [("message", message.public_id), ("stopped address", stopped.public_id)]


def write_people(merchant: Merchant) -> list[tuple[str, uuid.UUID]]:
    """A vendor's user, and somebody who was invited and has not answered."""
    with tenant(merchant.pk):
        vendor = Vendor.objects.filter(merchant=merchant).order_by("pk")[0]
        member = Membership.objects.get(merchant=merchant, vendor=vendor)
        invitation = Invitation.objects.create(
            merchant=merchant,
            vendor=vendor,
            email="asked@example.com",
            role=Role.VENDOR,
            sent_at=timezone.now(),
            expires_at=timezone.now() + timedelta(days=7),
        )
    return [("member", member.public_id), ("invitation", invitation.public_id)]


def leave_with_rma(actor: Actor, rma: Rma) -> list[tuple[str, uuid.UUID]]:
    """A draft of `actor`, a message, a link, and what has an address: a photo, and an offer."""
    with tenant(actor.merchant_id, user=actor.user_id):
        keep_rma_draft(actor, rma, {"note": "Perhaps"})
        photo = SimpleUploadedFile("dent.png", PHOTO)
        write_message(actor, rma, "Is it worn?", file=SimpleUploadedFile("worn.png", PHOTO))
        member = Membership.objects.filter(vendor=rma.vendor_id).select_related("user")[0]
        new_link(rma, member.user)
        left = [("rma file", add_rma_file(Actor.system(actor.merchant), rma, photo).public_id)]
        if rma.status == RmaStatus.PROCESSED:
            offer = make_offer(actor, rma, "keep", 50, note="Fair")
            left.append(("counter-offer", offer.public_id))
    return left


def inputs_of_return(line: ReturnLine) -> dict[str, str]:
    """Inputs of the forms about a return, for its one line."""
    return {
        f"edit-{line.pk}-reason": str(line.reason_id),
        f"edit-{line.pk}-condition": "used",
        f"edit-{line.pk}-refund": "1.00",
        f"quantity-{line.pk}": "1",
        f"unit_cost-{line.pk}": "2.00",
        "destination": str(line.destination_id),
    }


def inputs_of_rma(line: RmaLine) -> dict[str, str]:
    """Inputs of the forms about an RMA, for its one line."""
    name = f"rma-line-{line.pk}"
    return {
        f"{name}-outcome": "part",
        f"{name}-approved": "0",
        f"{name}-denied": "1",
        f"{name}-reason": "misuse",
        f"{name}-quantity": "1",
        f"{name}-unit_cost": "2.00",
    }
