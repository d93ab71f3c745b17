"""What one version of a profile changed of the one before, in words (P8)."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from profiles.sentences import percent_text
from profiles.terms import Outcome, Rule, Terms


@dataclass(frozen=True, slots=True)
class Change:
    """One setting before and after, as people read it."""

    label: str
    before: str
    after: str


def differences(before: Terms, after: Terms, names: tuple[str, str] = ("", "")) -> list[Change]:
    """The settings in which two versions differ, in the order of the form.

    `names` are the profile's name before and after.
    """
    rows = [
        Change(_("Name"), *names),
        *(
            Change(label, old, new)
            for (label, old), (_label, new) in zip(facts(before), facts(after), strict=True)
        ),
    ]
    return [row for row in rows if row.before != row.after]


def facts(terms: Terms) -> list[tuple[str, str]]:
    """Every setting of the terms with its value in words."""
    days = terms.expiry_days
    return [
        (_("RMAs expire"), _("never") if days is None else _("after %(n)s days") % {"n": days}),
        (_("Valid RMA"), _rule(terms.valid)),
        (_("Expired RMA"), _rule(terms.expired)),
        (_("No RMA"), _rule(terms.none)),
        (_("Refund is taken of"), str(terms.basis.label)),
        (_("Restocking fee"), f"{percent_text(terms.restocking_percent)}\u00a0%"),
        (_("Trial Cancel Only"), _on_off(terms.trial_cancel_only)),
        (_("End-of-Trial rules"), _on_off(terms.end_of_trial)),
    ]


def _rule(rule: Rule) -> str:
    label = str(rule.outcome.label)
    if rule.outcome is not Outcome.REFUND_AND_CANCEL:
        return label
    return f"{label}, {percent_text(rule.percent)}\u00a0%"


def _on_off(on: bool) -> str:
    return _("on") if on else _("off")
