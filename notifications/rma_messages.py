"""Mails about an RMA between merchant and vendor: silence, questions, disputes (X7)."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from accounts.actor import ActorKind
from accounts.models import Membership, User
from accounts.permissions import Role
from audit.messages import Letter
from audit.models import Event
from notifications.parts import parts, purchase_order_of
from rmas.decision_links import new_link, place_of
from rmas.models import Rma, RmaMessage
from rmas.states import DECIDABLE, SILENT

MANAGERS = (Role.OWNER, Role.MANAGER)
DECIDERS = (*MANAGERS, Role.AGENT)


def reminded(event: Event) -> list[Letter]:
    """To every user of the vendor: the RMA still waits for an answer."""
    rma = _rma_of(event)
    if rma.status not in SILENT:
        return []
    subject = _("Reminder: RMA #%(number)s from %(merchant)s waits for you") % _facts(rma)
    text = _("%(merchant)s asked you for RMA #%(number)s and has had no answer yet.") % _facts(rma)
    return _to_vendor(event, rma, subject, [text, _("Please approve or deny it.")])


def escalated(event: Event) -> list[Letter]:
    """To every user of the vendor, and to who manages the merchant."""
    rma = _rma_of(event)
    if rma.status not in SILENT:
        return []
    facts = _facts(rma)
    subject = _("Not answered: RMA #%(number)s from %(merchant)s") % facts
    text = _("RMA #%(number)s of %(merchant)s has not been answered, in spite of a long wait.")
    ask = _("Please approve or deny it now, or ask %(merchant)s what is unclear.") % facts
    told = _("%(vendor)s has not answered RMA #%(number)s. Everybody there was written to.") % facts
    return [
        *_to_vendor(event, rma, subject, [text % facts, ask]),
        *_to_staff(
            event, rma, MANAGERS, _("%(vendor)s does not answer RMA #%(number)s") % facts, [told]
        ),
    ]


def left_to_merchant(event: Event) -> list[Letter]:
    """To who decides at the merchant: it is theirs now."""
    rma = _rma_of(event)
    if rma.status not in SILENT:
        return []
    facts = _facts(rma)
    subject = _("RMA #%(number)s is yours to decide") % facts
    text = _("%(vendor)s has not answered RMA #%(number)s in the agreed time.") % facts
    return _to_staff(event, rma, DECIDERS, subject, [text, _("Approve or deny it yourselves.")])


def approved_by_silence(event: Event) -> list[Letter]:
    """To every user of the vendor: what was approved in their place."""
    rma = _rma_of(event)
    facts = _facts(rma)
    subject = _("RMA #%(number)s from %(merchant)s was approved by itself") % facts
    text = _("RMA #%(number)s was not answered in the agreed time, so it was approved.") % facts
    return _to_vendor(event, rma, subject, [text])


def talked(event: Event) -> list[Letter]:
    """To the other side: what was written, with a question or the dispute said in the subject."""
    rma = _rma_of(event)
    from_vendor = event.actor_kind == ActorKind.VENDOR
    facts = {**_facts(rma), "who": rma.vendor.name if from_vendor else rma.merchant.name}
    subject = TALK[event.verb] % facts
    message = RmaMessage.objects.filter(
        merchant_id=event.merchant_id, pk=event.data.get("message", 0)
    ).first()
    said = message.text if message else event.data.get("reason", "")
    paragraphs = [f"{subject}.", *([said] if said else [])]
    if from_vendor:
        return _to_staff(event, rma, DECIDERS, subject, paragraphs)
    return _to_vendor(event, rma, subject, paragraphs)


TALK = {
    "rma.written": _lazy("%(who)s wrote about RMA #%(number)s"),
    "rma.asked": _lazy("%(who)s asks you something about RMA #%(number)s"),
    "rma.answered": _lazy("%(who)s answered about RMA #%(number)s"),
    "rma.disputed": _lazy("%(who)s disputes RMA #%(number)s"),
    "rma.dispute_lifted": _lazy("%(who)s lifted the dispute about RMA #%(number)s"),
}


def link_sent(event: Event) -> list[Letter]:
    """To every user of the vendor: a fresh link of their own to decide without signing in."""
    rma = _rma_of(event)
    if rma.status not in DECIDABLE:
        return []
    facts = _facts(rma)
    subject = _("%(merchant)s asks for your answer to RMA #%(number)s") % facts
    text = _("You can approve, deny or offer something else for RMA #%(number)s right away.")
    once = _("The link below works once and is meant for you alone; it needs no sign-in.")
    letters = []
    for user in _people(rma, role=Role.VENDOR, vendor_id=rma.vendor_id):
        link = decision_address(rma, user)
        letters += _letters(
            event,
            rma,
            [user],
            subject,
            [text % facts, once],
            link,
            vendor_id=rma.vendor_id,
            template="decision_link",
        )
    return letters


def decision_address(rma: Rma, user: User) -> str:
    """The address of a new decision link for `user`, with a placeholder instead of its token.

    Call it in the transaction that logs the mail; the token is put in when the mail leaves.
    """
    return reverse("decision", args=[place_of(new_link(rma, user))])


def offered(event: Event) -> list[Letter]:
    """Offers go to who decides at the merchant, answers to every user of the vendor."""
    rma = _rma_of(event)
    facts = {**_facts(rma), "offer": event.data["offer"]}
    if event.verb == "rma.offered":
        subject = _("%(vendor)s makes an offer for RMA #%(number)s") % facts
        ask = _("Accept or decline it on the page of the return.")
        return _to_staff(event, rma, DECIDERS, subject, [f"{facts['offer']}.", ask])
    words = {
        "rma.offer_accepted": _("%(merchant)s accepted your offer for RMA #%(number)s"),
        "rma.offer_declined": _("%(merchant)s declined your offer for RMA #%(number)s"),
    }
    return _to_vendor(event, rma, words[event.verb] % facts, [f"{facts['offer']}."])


RULES: dict[str, Callable[[Event], list[Letter]]] = {
    "rma.reminded": reminded,
    "rma.escalated": escalated,
    "rma.left_to_merchant": left_to_merchant,
    "rma.approved_by_silence": approved_by_silence,
    **dict.fromkeys(TALK, talked),
    "rma.link_sent": link_sent,
    **dict.fromkeys(("rma.offered", "rma.offer_accepted", "rma.offer_declined"), offered),
}


def _rma_of(event: Event) -> Rma:
    rmas = Rma.objects.select_related("merchant", "vendor", "customer_return")
    return rmas.get(merchant_id=event.merchant_id, pk=event.object_id)


def _facts(rma: Rma) -> dict[str, str]:
    return {"number": rma.number, "merchant": rma.merchant.name, "vendor": rma.vendor.name}


def _people(rma: Rma, **whose: object) -> list[User]:
    found = Membership.objects.filter(
        merchant_id=rma.merchant_id, is_active=True, user__is_active=True, **whose
    )
    return list({one.user_id: one.user for one in found.select_related("user")}.values())


def _to_vendor(event: Event, rma: Rma, subject: str, paragraphs: list[str]) -> list[Letter]:
    link = f"{purchase_order_of(rma)}#rma-{rma.public_id}"
    readers = _people(rma, role=Role.VENDOR, vendor_id=rma.vendor_id)
    return _letters(event, rma, readers, subject, paragraphs, link, vendor_id=rma.vendor_id)


def _to_staff(
    event: Event, rma: Rma, roles: tuple[Role, ...], subject: str, paragraphs: list[str]
) -> list[Letter]:
    link = reverse("console:return", args=[rma.merchant.slug, rma.customer_return.public_id])
    readers = _people(rma, role__in=roles)
    return _letters(event, rma, readers, subject, paragraphs, f"{link}#rmas")


def _letters(
    event: Event,
    rma: Rma,
    readers: list[User],
    subject: str,
    paragraphs: list[str],
    link: str,
    *,
    vendor_id: int | None = None,
    template: str = "about_an_rma",
) -> list[Letter]:
    return [
        Letter(
            kind=event.verb,
            about=f"event:{event.pk}",
            to=user,
            subject=subject,
            link=link,
            vendor_id=vendor_id,
            **parts(
                template,
                to=user,
                merchant=rma.merchant,
                vendor=rma.vendor,
                for_vendor=vendor_id is not None,
                subject=subject,
                paragraphs=paragraphs,
                link=f"{settings.SITE_URL}{link}",
            ),
        )
        for user in readers
    ]
