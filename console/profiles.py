"""Return Profiles under Settings: list, add, edit as a new version, archive, history (P2, P8)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from uuid import UUID

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _

from actions.profiles import add_profile, archive_profile, change_profile, restore_profile
from audit.models import Event
from audit.timeline import entries
from console.form_page import FormPage
from console.profile_forms import SCENARIOS, ArchiveForm, ProfileForm
from console.settings import SettingsFrame
from core.views import PageView
from orders.models import OfferCycle
from profiles.differences import Change, differences, facts
from profiles.models import ReturnProfile, ReturnProfileVersion
from profiles.sentences import percent_text, sentences


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version as the history shows it: what it changed of the one before; none for the first."""

    version: ReturnProfileVersion
    changes: list[Change]


class ProfileList(SettingsFrame, PageView):
    """All profiles with what they do and how many cycles they judge."""

    template_name = "console/settings/profiles.html"
    tab = "settings_profiles"

    def page(self, **address: Any) -> dict[str, Any]:
        """Offered ones first, by name; three queries however many there are."""
        found = ReturnProfile.objects.visible_to(self.actor).annotate(used=Count("cycles"))
        profiles = sorted(found, key=lambda one: (bool(one.archived_at), one.name.casefold()))
        versions = {
            (one.profile_id, one.number): one
            for one in ReturnProfileVersion.objects.visible_to(self.actor)
        }
        rows = [
            {
                "profile": profile,
                "version": (version := versions[profile.pk, profile.version]),
                "terms": (terms := version.terms()),
                "rules": [(scenario.label, terms.rule(scenario)) for scenario in SCENARIOS],
            }
            for profile in profiles
        ]
        return {**self.frame(), "rows": rows, "percent_text": percent_text}


class ProfileFormPage(SettingsFrame, FormPage):
    """A page with the form of a profile and the live sentence beside it."""

    tab = "settings_profiles"

    def post(self, request: HttpRequest, **address: Any) -> HttpResponse:
        """Say what the profile would do, or carry the form out."""
        if "update" not in request.POST:
            return super().post(request, **address)
        subject = self.load(**address)
        form = self.form(subject, request.POST)
        if request.headers.get("HX-Request"):
            live = {**live_sentence(form), "live": True}
            return render(request, "console/settings/_profile_sentence.html", live)
        return self.render(**self.context(subject, form))


def live_sentence(form: Any, version: ReturnProfileVersion | None = None) -> dict[str, Any]:
    """What the form says in words; of a form with mistakes, what is wrong."""
    if form.is_bound:
        form.is_valid()
        # A name is no matter of what the profile does.
        wrong = [one for one in form.visible_fields() if one.errors and one.name != "name"]
        mistakes = [(one.label, " ".join(str(error) for error in one.errors)) for one in wrong]
        said = [] if mistakes else sentences(form.terms())
        return {"live": False, "sentences": said, "mistakes": mistakes}
    if version is None:
        return live_sentence(ProfileForm(form.initial))
    return {"sentences": sentences(version.terms()), "mistakes": [], "live": False}


class AddProfile(ProfileFormPage):
    """A new profile."""

    template_name = "console/settings/profile_add.html"

    def form(self, subject: None, data: Any | None = None) -> ProfileForm:
        """A usual profile to start from."""
        return ProfileForm.of(None, data)

    def carry_out(self, subject: None, form: Any) -> str:
        """Add it."""
        made = add_profile(self.actor, form.edit())
        return _("“%(name)s” can be assigned to offer cycles now.") % {"name": made.name}

    def address_after(self, subject: None) -> str:
        """The list."""
        return self.place("settings_profiles")

    def context(self, subject: None, form: Any) -> dict[str, Any]:
        """The form with its sentence."""
        return {**self.frame(), "form": form, **live_sentence(form)}


class ProfilePage(ProfileFormPage):
    """One profile: its form, where it is used, all its versions and what happened to it."""

    template_name = "console/settings/profile.html"

    def load(self, *, public_id: UUID, **address: Any) -> ReturnProfile:
        """The profile."""
        profiles = ReturnProfile.objects.visible_to(self.actor)
        return get_object_or_404(profiles, public_id=public_id)

    def form(self, subject: ReturnProfile, data: Any | None = None) -> ProfileForm:
        """How the newest version has it."""
        return ProfileForm.of(subject.current(), data)

    def carry_out(self, subject: ReturnProfile, form: Any) -> str:
        """Save it as a further version."""
        seen = form.cleaned_data["version"]
        changed = change_profile(self.actor, subject, form.edit(), version=seen)
        return _("Version %(n)s of “%(name)s” is saved and judges returns from now on.") % {
            "n": changed.version,
            "name": changed.name,
        }

    def context(self, subject: ReturnProfile, form: Any) -> dict[str, Any]:
        """Form, sentence, use, versions, history."""
        history = version_rows(self.actor, subject)
        cycles = OfferCycle.objects.visible_to(self.actor).filter(profile=subject)
        found = Event.objects.visible_to(self.actor).about("returnprofile", subject.pk)
        return {
            **self.frame(),
            "profile": subject,
            "form": form,
            "used": list(cycles.select_related("offer").order_by("offer__name", "kind", "number")),
            "history": history,
            "first_facts": facts(history[-1].version.terms()),
            "archive_key": ArchiveForm(None)["key"].value(),
            "refusal": "",
            "changes": entries(found[:8]),
            **live_sentence(form, history[0].version),
        }


def version_rows(actor: Any, profile: ReturnProfile) -> list[VersionRow]:
    """The versions of a profile, newest first, each with what it changed."""
    versions = list(
        ReturnProfileVersion.objects.visible_to(actor)
        .filter(profile=profile)
        .select_related("made_by")
        .order_by("-number")
    )
    rows = [
        VersionRow(new, differences(old.terms(), new.terms(), (old.name, new.name)))
        for new, old in pairwise(versions)
    ]
    return [*rows, VersionRow(versions[-1], [])]


class ArchiveProfile(ProfilePage):
    """Archive a profile, or offer it again: the button says which."""

    def form(self, subject: ReturnProfile, data: Any | None = None) -> Any:
        """Which of the two."""
        return ArchiveForm(data)

    def carry_out(self, subject: ReturnProfile, form: Any) -> str:
        """Do it."""
        if form.cleaned_data["wanted"] == "restore":
            restore_profile(self.actor, subject)
            return _("“%(name)s” is offered again.") % {"name": subject.name}
        archive_profile(self.actor, subject)
        return _("“%(name)s” is archived. Cycles that have it keep it.") % {"name": subject.name}

    def address_after(self, subject: ReturnProfile) -> str:
        """The profile's page."""
        return self.place("settings_profile", subject.public_id)

    def context(self, subject: ReturnProfile, form: Any) -> dict[str, Any]:
        """The profile's page, with what was refused over it."""
        shown = super().context(subject, ProfileForm.of(subject.current(), None))
        refusal = " ".join(form.non_field_errors()) or _("This button is used up. Press it again.")
        return {**shown, "refusal": refusal}
