"""Offers and connections under Settings: cycles, their return profiles, RMA levels (P1, P2)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.db.models import Count, Prefetch, Q
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Vendor
from actions.connections import add_connection, change_connection
from actions.offers import (
    CODE_LENGTH,
    NAME_LENGTH,
    CycleRequest,
    OfferEdit,
    add_cycle,
    add_offer,
    change_offer,
)
from audit.models import Event
from audit.timeline import entries
from console.form_page import FormPage, KeyedForm
from console.settings import SettingsFrame
from core.views import PageView
from orders.models import Connection, Offer, OfferCycle, RmaLevel
from profiles.models import ReturnProfile
from profiles.terms import CycleKind


def _profiles(actor: Any, *, kept: int | None = None) -> list[tuple[Any, str]]:
    """The profiles to choose from: offered ones, and the one a cycle has already."""
    found = ReturnProfile.objects.visible_to(actor)
    rows = found.filter(Q(archived_at__isnull=True) | Q(pk=kept or 0)).order_by("name")
    return [("", _("None: no RMA can be issued")), *((one.pk, one.name) for one in rows)]


class ProfileChoice(forms.TypedChoiceField):
    """A return profile, or none."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            coerce=int,
            empty_value=None,
            required=False,
            error_messages={"invalid_choice": gettext_lazy("Choose one of the profiles.")},
            **options,
        )


class NewOfferForm(KeyedForm):
    """A new offer; its usual cycles are made with it."""

    name = forms.CharField(
        label=gettext_lazy("Name of the offer"),
        max_length=NAME_LENGTH,
        error_messages={"required": gettext_lazy("Enter what the offer is called.")},
    )
    code = forms.CharField(
        label=gettext_lazy("Code"),
        max_length=CODE_LENGTH,
        help_text=gettext_lazy("How files and the billing system name it, such as COFFEE-30."),
        error_messages={"required": gettext_lazy("Enter the code of the offer.")},
    )
    has_trial = forms.BooleanField(label=gettext_lazy("Begins with a trial"), required=False)
    profile = ProfileChoice(label=gettext_lazy("Return profile of its cycles"))

    def __init__(self, data: Any | None, *, actor: Any) -> None:
        super().__init__(data)
        self.fields["profile"].choices = _profiles(actor)  # type: ignore[attr-defined]


class OfferForm(KeyedForm):
    """Name, and a return profile for each cycle (`profile-<id>`)."""

    name = forms.CharField(
        label=gettext_lazy("Name of the offer"),
        max_length=NAME_LENGTH,
        error_messages={"required": gettext_lazy("Enter what the offer is called.")},
    )
    is_offered = forms.BooleanField(
        label=gettext_lazy("Offered"),
        required=False,
        help_text=gettext_lazy("Retired offers take no new subscriptions; those there go on."),
    )

    def __init__(self, data: Any | None, *, actor: Any, offer: Offer) -> None:
        self.cycles: list[OfferCycle] = list(
            OfferCycle.objects.visible_to(actor).filter(offer=offer).in_order()
        )
        initial: dict[str, Any] = {"name": offer.name, "is_offered": offer.archived_at is None}
        super().__init__(data, initial=initial)
        for cycle in self.cycles:
            field = ProfileChoice(label=cycle.label)
            field.choices = _profiles(actor, kept=cycle.profile_id)
            field.initial = cycle.profile_id
            self.fields[f"profile-{cycle.pk}"] = field

    @property
    def rows(self) -> list[tuple[OfferCycle, forms.BoundField]]:
        """Each cycle with the input of its profile."""
        return [(cycle, self[f"profile-{cycle.pk}"]) for cycle in self.cycles]

    def edit(self) -> OfferEdit:
        """The valid form as the action wants it."""
        values = self.cleaned_data
        profiles = {cycle.pk: values[f"profile-{cycle.pk}"] for cycle in self.cycles}
        return OfferEdit(values["name"], values["is_offered"], profiles)


class CycleForm(KeyedForm):
    """A further cycle of an offer."""

    kind = forms.ChoiceField(
        label=gettext_lazy("Cycle"),
        choices=CycleKind.choices,
        initial=CycleKind.REBILL,
        error_messages={"required": gettext_lazy("Choose which cycle it is.")},
    )
    number = forms.IntegerField(
        label=gettext_lazy("Which rebill"),
        required=False,
        min_value=0,
        max_value=999,
        help_text=gettext_lazy("It stands for all later ones up to the next cycle you add."),
    )
    profile = ProfileChoice(label=gettext_lazy("Return profile"))

    def __init__(self, data: Any | None, *, actor: Any) -> None:
        super().__init__(data)
        self.fields["profile"].choices = _profiles(actor)  # type: ignore[attr-defined]

    def request(self) -> CycleRequest:
        """The valid form as the action wants it."""
        values = self.cleaned_data
        kind = CycleKind(values["kind"])
        return CycleRequest(kind, values["number"] or 0, values["profile"])


class OffersPage(SettingsFrame, FormPage):
    """All offers with their cycles, and the form for a new one."""

    template_name = "console/settings/offers.html"
    tab = "settings_offers"

    def form(self, subject: None, data: Any | None = None) -> NewOfferForm:
        """A new offer."""
        return NewOfferForm(data, actor=self.actor)

    def carry_out(self, subject: None, form: Any) -> str:
        """Add it."""
        values = form.cleaned_data
        made = add_offer(
            self.actor,
            values["name"],
            values["code"],
            has_trial=values["has_trial"],
            profile_id=values["profile"],
        )
        return _("“%(name)s” is added with its cycles.") % {"name": made.name}

    def context(self, subject: None, form: Any) -> dict[str, Any]:
        """Offered ones first; three queries however many there are."""
        cycles = OfferCycle.objects.visible_to(self.actor).select_related("profile").in_order()
        offers = (
            Offer.objects.visible_to(self.actor)
            .annotate(subscribed=Count("subscriptions"))
            .prefetch_related(Prefetch("cycles", queryset=cycles))
        )
        rows = sorted(offers, key=lambda one: (one.archived_at is not None, one.name.casefold()))
        return {**self.frame(), "offers": rows, "form": form}


class OfferPage(SettingsFrame, FormPage):
    """One offer: its name and the profile of each cycle."""

    template_name = "console/settings/offer.html"
    tab = "settings_offers"

    def load(self, *, public_id: UUID, **address: Any) -> Offer:
        """The offer."""
        return get_object_or_404(Offer.objects.visible_to(self.actor), public_id=public_id)

    def form(self, subject: Offer, data: Any | None = None) -> Any:
        """How it is."""
        return OfferForm(data, actor=self.actor, offer=subject)

    def carry_out(self, subject: Offer, form: Any) -> str:
        """Save it."""
        changed = change_offer(self.actor, subject, form.edit())
        return _("“%(name)s” is saved. Returns from now on follow it.") % {"name": changed.name}

    def address_after(self, subject: Offer) -> str:
        """The offer's page."""
        return self.place("settings_offer", subject.public_id)

    def context(self, subject: Offer, form: Any) -> dict[str, Any]:
        """Both forms and the history."""
        found = Event.objects.visible_to(self.actor).about("offer", subject.pk)
        return {
            **self.frame(),
            "offer": subject,
            "form": form,
            "cycle_form": CycleForm(None, actor=self.actor),
            "changes": entries(found[:12]),
        }


class AddCycle(OfferPage):
    """A further cycle, asked for on the offer's page."""

    def form(self, subject: Offer, data: Any | None = None) -> Any:
        """Which cycle, and its profile."""
        return CycleForm(data, actor=self.actor)

    def carry_out(self, subject: Offer, form: Any) -> str:
        """Add it."""
        made = add_cycle(self.actor, subject, form.request())
        return _("%(cycle)s is added.") % {"cycle": made.label}

    def context(self, subject: Offer, form: Any) -> dict[str, Any]:
        """The offer's page with the form as it was sent."""
        shown = super().context(subject, OfferForm(None, actor=self.actor, offer=subject))
        return {**shown, "cycle_form": form}


def level_rows() -> list[tuple[str, str]]:
    """Each level with what it means."""
    return [(f"{level.value} – {level.label}", str(level.sentence)) for level in RmaLevel]


class ConnectionForm(KeyedForm):
    """The connection of one vendor."""

    name = forms.CharField(
        label=gettext_lazy("Name of the connection"),
        max_length=NAME_LENGTH,
        error_messages={"required": gettext_lazy("Enter what the connection is called.")},
    )
    level = forms.TypedChoiceField(
        label=gettext_lazy("RMA level"),
        coerce=int,
        choices=[(level.value, f"{level.value} – {level.label}") for level in RmaLevel],
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose a level from 0 to 4.")},
    )


class ConnectionList(SettingsFrame, PageView):
    """All vendors with their connection, or none, and what its level allows."""

    template_name = "console/settings/connections.html"
    tab = "settings_connections"

    def page(self, **address: Any) -> dict[str, Any]:
        """The vendors by name, and all levels explained."""
        found = Connection.objects.visible_to(self.actor)
        of_vendor = {connection.vendor_id: connection for connection in found}
        vendors = Vendor.objects.visible_to(self.actor).order_by("own_warehouse", "name")
        rows = [(vendor, of_vendor.get(vendor.pk)) for vendor in vendors]
        return {**self.frame(), "rows": rows, "levels": level_rows()}


class ConnectionPage(SettingsFrame, FormPage):
    """The connection of one vendor: added the first time, changed later."""

    template_name = "console/settings/connection.html"
    tab = "settings_connections"

    def load(self, *, public_id: UUID, **address: Any) -> Vendor:
        """The vendor."""
        return get_object_or_404(Vendor.objects.visible_to(self.actor), public_id=public_id)

    def connection(self, vendor: Vendor) -> Connection | None:
        """The vendor's connection, if there is one."""
        return Connection.objects.visible_to(self.actor).filter(vendor=vendor).first()

    def form(self, subject: Vendor, data: Any | None = None) -> ConnectionForm:
        """How it is; a new one starts at the level that allows nothing."""
        found = self.connection(subject)
        initial = {"name": subject.name, "level": RmaLevel.NONE}
        if found is not None:
            initial = {"name": found.name, "level": found.level}
        return ConnectionForm(data, initial=initial)

    def carry_out(self, subject: Vendor, form: Any) -> str:
        """Add or change it."""
        name, level = form.cleaned_data["name"], form.cleaned_data["level"]
        found = self.connection(subject)
        if found is None:
            made = add_connection(self.actor, subject, name, level)
            return _("“%(name)s” is connected.") % {"name": made.name}
        changed = change_connection(self.actor, found, name, level)
        return _("“%(name)s” is saved.") % {"name": changed.name}

    def address_after(self, subject: Vendor) -> str:
        """Back to the connections."""
        return self.place("settings_connections")

    def context(self, subject: Vendor, form: Any) -> dict[str, Any]:
        """The form and the history."""
        found = self.connection(subject)
        events = Event.objects.visible_to(self.actor).about("connection", found.pk if found else 0)
        return {
            **self.frame(),
            "vendor": subject,
            "connection": found,
            "form": form,
            "levels": level_rows(),
            "changes": entries(events[:8]),
        }
