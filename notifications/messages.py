"""What is told to whom by e-mail: one rule per verb, one family of templates."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.invitations import DAYS, token_of
from accounts.models import Invitation, Merchant, Notice, NoticeSwitch, User, Vendor
from audit.messages import Letter
from audit.models import Event, Message
from notifications import rma_messages
from notifications.parts import parts, purchase_order_of
from orders.models import OrderImport
from returns.models import ExportJob
from rmas.credit_gap import age_words
from rmas.models import Rma
from rmas.states import DECIDABLE, ENDED

HIDDEN = "hidden"
"""What stands in the message log in place of an invitation's secret."""


def import_finished(event: Event) -> list[Letter]:
    """To the person who uploaded the file: what came in, what was rejected, where to look."""
    return _about_import(event, _("%(file)s is imported") % event.data, "import_finished")


def import_failed(event: Event) -> list[Letter]:
    """To the person who uploaded the file: why it stopped and where to try again."""
    return _about_import(event, _("The import of %(file)s stopped") % event.data, "import_failed")


def export_finished(event: Event) -> list[Letter]:
    """To whom a scheduled file is for: a link to it, never the data."""
    return _about_export(event, _("%(name)s is ready") % event.data, "export_finished")


def export_failed(event: Event) -> list[Letter]:
    """To whom a scheduled file is for: why there is none."""
    return _about_export(event, _("%(name)s could not be made") % event.data, "export_failed")


def rma_available(event: Event) -> list[Letter]:
    """To the vendor's users who asked for it, once per RMA: it can be seen in the portal (F17).

    A vendor sees an RMA from the moment it is made, whichever status the strategy gives it.
    """
    rma = Rma.objects.select_related("merchant", "vendor").get(
        merchant_id=event.merchant_id, pk=event.object_id
    )
    if rma.status in ENDED:
        return []
    subject = _("New RMA #%(number)s from %(merchant)s") % {
        "number": rma.number,
        "merchant": rma.merchant.name,
    }
    link = purchase_order_of(rma)
    return _to_vendor(
        Notice.RMA_AVAILABLE,
        f"rma:{rma.pk}",
        rma.vendor,
        subject,
        link,
        {"number": rma.number},
        rma if rma.status in DECIDABLE else None,
    )


def fulfillment_requested(event: Event) -> list[Letter]:
    """To the vendor's users who asked for it: one mail for all the requests of one file."""
    vendor = Vendor.objects.select_related("merchant").get(
        merchant_id=event.merchant_id, pk=event.data["vendor_id"]
    )
    count, number = event.data["count"], event.data["number"]
    subject = ngettext(
        "New Fulfillment Request from %(merchant)s",
        "%(count)s new Fulfillment Requests from %(merchant)s",
        count,
    ) % {"count": count, "merchant": vendor.merchant.name}
    slug = vendor.merchant.slug
    link = reverse("vendor_portal:purchase_orders", args=[slug])
    if count == 1:
        link = reverse("vendor_portal:purchase_order", args=[slug, event.data["request"]])
    facts = {"count": count, "number": number}
    return _to_vendor(
        Notice.FULFILLMENT_REQUESTED, f"event:{event.pk}", vendor, subject, link, facts
    )


def invited(event: Event) -> list[Letter]:
    """To the invited address: who invites them to what. The log never holds the link itself."""
    invitation = Invitation.objects.select_related("merchant", "vendor", "invited_by").get(
        merchant_id=event.merchant_id, pk=event.object_id
    )
    merchant, vendor = invitation.merchant, invitation.vendor
    subject = _("%(merchant)s invites you to Backhaul") % {"merchant": merchant.name}
    by = invitation.invited_by.name if invitation.invited_by else merchant.name
    written = parts(
        "invitation",
        to={"name": invitation.email},
        merchant=merchant,
        subject=subject,
        invitation=invitation,
        vendor=vendor,
        by=by,
        days=DAYS,
        link=invitation_link(HIDDEN),
    )
    about = f"{invitation.pk}:{event.data['link']}"
    vendor_id = vendor.pk if vendor else None
    return [Letter("invitation", about, invitation.email, subject, vendor_id=vendor_id, **written)]


def credit_reminder(event: Event) -> list[Letter]:
    """To the vendor's address: what is open, by currency and age (X6)."""
    vendor = Vendor.objects.select_related("merchant").get(
        merchant_id=event.merchant_id, pk=event.object_id
    )
    if not vendor.email:
        return []
    subject = _("Open credits for %(merchant)s: %(open)s") % {
        "merchant": vendor.merchant.name,
        "open": event.data["open"],
    }
    link = reverse("vendor_portal:purchase_orders", args=[vendor.merchant.slug])
    gaps = [
        {
            **gap,
            "open": Decimal(gap["open"]),
            "ages": [
                (words, Decimal(age)) for words, age in zip(age_words(), gap["ages"], strict=True)
            ],
        }
        for gap in event.data["gaps"]
    ]
    written = parts(
        "credit_reminder",
        to={"name": vendor.name},
        merchant=vendor.merchant,
        subject=subject,
        gaps=gaps,
        link=f"{settings.SITE_URL}{link}",
    )
    return [
        Letter(
            "credit.reminder",
            f"event:{event.pk}",
            vendor.email,
            subject,
            link=link,
            vendor_id=vendor.pk,
            **written,
        )
    ]


def invitation_link(token: str) -> str:
    """The whole address of an invitation's page."""
    return f"{settings.SITE_URL}{reverse('invitation', args=[token])}"


def ready_to_send(message: Message) -> tuple[str, str]:
    """Text and HTML as they leave the house: an invitation gets its link only now.

    So whoever reads the message log cannot accept an invitation in somebody's place.
    """
    if message.kind != "invitation":
        return message.text, message.html
    invitation = Invitation.objects.get(merchant_id=message.merchant_id, pk=message.event.object_id)
    hidden, link = invitation_link(HIDDEN), invitation_link(token_of(invitation))
    return message.text.replace(hidden, link), message.html.replace(hidden, link)


RULES: dict[str, Callable[[Event], list[Letter]]] = {
    "import.finished": import_finished,
    "import.failed": import_failed,
    "export.finished": export_finished,
    "export.failed": export_failed,
    "rma.created": rma_available,
    "fulfillment.requested": fulfillment_requested,
    "invitation.sent": invited,
    "invitation.resent": invited,
    "credit.reminded": credit_reminder,
    **rma_messages.RULES,
}


def letters_for(event: Event) -> list[Letter]:
    """The mails `event` causes; none when nobody is to be told."""
    return RULES[event.verb](event)


def _to_vendor(
    notice: Notice,
    about: str,
    vendor: Vendor,
    subject: str,
    link: str,
    facts: dict[str, Any],
    to_decide: Rma | None = None,
) -> list[Letter]:
    def decision_link(user: User) -> str:
        if to_decide is None:
            return ""
        return f"{settings.SITE_URL}{rma_messages.decision_address(to_decide, user)}"

    merchant = vendor.merchant
    settings_page = reverse("vendor_portal:notifications", args=[merchant.slug])
    template = notice.value.replace(".", "_")
    return [
        Letter(
            kind=notice.value,
            about=about,
            to=user,
            vendor_id=vendor.pk,
            subject=subject,
            link=link,
            **parts(
                template,
                to=user,
                merchant=merchant,
                subject=subject,
                facts=facts,
                link=f"{settings.SITE_URL}{link}",
                switch=str(notice.label),
                decision_link=decision_link(user),
                settings_link=f"{settings.SITE_URL}{settings_page}",
            ),
        )
        for user in NoticeSwitch.wanted_by(vendor.merchant_id, vendor.pk, notice.value)
    ]


def _about_import(event: Event, subject: str, template: str) -> list[Letter]:
    if event.noun != "orderimport":
        return []  # Loaded from the command line, where the result has been read already.
    imports = OrderImport.objects.select_related("uploaded_by", "merchant")
    found = imports.get(merchant_id=event.merchant_id, pk=event.object_id)
    link = reverse("console:import", args=[found.merchant.slug, found.public_id])
    return _to_staff(event, found.uploaded_by, found.merchant, subject, template, link)


def _about_export(event: Event, subject: str, template: str) -> list[Letter]:
    jobs = ExportJob.objects.select_related("asked_by", "merchant")
    job = jobs.get(merchant_id=event.merchant_id, pk=event.object_id)
    if job.scheduled_for is None:
        return []  # Somebody asked for it and sees how far it is.
    link = reverse("console:export", args=[job.merchant.slug, job.public_id])
    return _to_staff(event, job.asked_by, job.merchant, subject, template, link)


def _to_staff(
    event: Event, to: User | None, merchant: Merchant, subject: str, template: str, link: str
) -> list[Letter]:
    """The letter about somebody's file, unless they have left."""
    if to is None or not to.is_active:
        return []
    if not to.memberships.filter(merchant=merchant, is_active=True).exists():
        return []
    context = {
        "to": to,
        "merchant": merchant,
        "facts": event.data,
        "link": f"{settings.SITE_URL}{link}",
    }
    text = render_to_string(f"notifications/{template}.txt", context)
    paragraphs = [part for part in text.split("\n\n") if part.strip() and context["link"] != part]
    html = render_to_string(
        "notifications/about_a_file.html",
        {**context, "subject": subject, "paragraphs": paragraphs[1:]},
    )
    return [Letter(event.verb, f"event:{event.pk}", to, subject, text, html, link)]
