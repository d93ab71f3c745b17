"""What a profile does, in words: the live sentence of its form (P2)."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from profiles.terms import Basis, Outcome, Rule, Terms


def sentences(terms: Terms) -> list[str]:
    """The profile as plain sentences, the most usual case first."""
    return [
        *_rules(terms),
        *_fee(terms),
        *_trial(terms),
    ]


def percent_text(percent: Decimal) -> str:
    """33.3300 is "33.33", 100.00 is "100"."""
    return format(percent.normalize(), "f") if percent else "0"


def _rules(terms: Terms) -> list[str]:
    if terms.expiry_days is None:
        first = _("A return with an RMA, whenever it arrives, %(does)s.")
        return [
            first % {"does": _does(terms.valid, terms.basis)},
            _("A return without an RMA %(does)s.") % {"does": _does(terms.none, terms.basis)},
        ]
    in_time = ngettext(
        "A return that arrives by the end of the day after its RMA was issued %(does)s.",
        "A return that arrives within %(days)s days of its RMA %(does)s.",
        terms.expiry_days,
    )
    return [
        in_time % {"days": terms.expiry_days, "does": _does(terms.valid, terms.basis)},
        _("One that arrives later %(does)s.") % {"does": _does(terms.expired, terms.basis)},
        _("A return without an RMA %(does)s.") % {"does": _does(terms.none, terms.basis)},
    ]


def _does(rule: Rule, basis: Basis) -> str:
    if rule.outcome is Outcome.NO_ACTION:
        return _("is noted and changes nothing else")
    if rule.outcome is Outcome.CANCEL_ONLY or not rule.percent:
        return _("refunds nothing and cancels the subscription if it is still active")
    return _("refunds %(percent)s %% of %(basis)s and cancels the subscription if needed") % {
        "percent": percent_text(rule.percent),
        "basis": _of(basis),
    }


def _of(basis: Basis) -> str:
    return {
        Basis.ITEMS: _("the items without their tax"),
        Basis.ITEMS_AND_TAX: _("the items and their tax"),
        Basis.WITH_SHIPPING: _("the items, their tax and the shipping"),
    }[basis]


def _fee(terms: Terms) -> list[str]:
    if not terms.restocking_percent or not any(
        rule.refunds for rule in (terms.valid, terms.expired, terms.none)
    ):
        return []
    kept = _("A restocking fee of %(percent)s %% is kept of the refund for the goods.")
    return [kept % {"percent": percent_text(terms.restocking_percent)}]


def _trial(terms: Terms) -> list[str]:
    said = []
    if terms.trial_cancel_only:
        said.append(_("A trial that comes back is canceled and refunds nothing."))
    if terms.end_of_trial:
        said.append(
            _(
                "Once the end of the trial has been charged, a returned trial parcel refunds by"
                " these rules from that charge."
            )
        )
    return said
