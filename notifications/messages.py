"""What is told to whom by e-mail: one rule per verb, one family of templates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Merchant, Notice, NoticeSwitch, User, Vendor
from audit.messages import Letter
from audit.models import Event
from notifications import rma_messages
from notifications.parts import parts, purchase_order_of
from orders.models import OrderImport
from returns.models import ExportJob
from rmas.models import Rma
from rmas.states import DECIDABLE, ENDED


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


RULES: dict[str, Callable[[Event], list[Letter]]] = {
    "import.finished": import_finished,
    "import.failed": import_failed,
    "export.finished": export_finished,
    "export.failed": export_failed,
    "rma.created": rma_available,
    "fulfillment.requested": fulfillment_requested,
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
