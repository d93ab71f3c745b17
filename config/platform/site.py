"""The admin site of the platform pages: few addresses, all of them in the route table."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, URLResolver, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Merchant
from accounts.routes import ROUTES, Audience
from config.platform.door import CHOSEN, visitor_of
from core.errors import Refused

SHOWN = 50
"""How many merchants the page of choice lists; a search finds the others."""


class PlatformSite(AdminSite):
    """Django's admin without its own sign-in, sign-out and password pages."""

    site_title = gettext_lazy("Backhaul platform")
    site_header = gettext_lazy("Backhaul platform")
    index_title = gettext_lazy("Platform")
    final_catch_all_view = False
    empty_value_display = "–"

    def has_permission(self, request: HttpRequest) -> bool:
        """The gate has decided; without it there is nothing here."""
        return visitor_of(request) is not None

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """The start page, the lists, the words of the scripts, and the choice of a merchant."""
        kept = [
            entry
            for entry in super().get_urls()
            if isinstance(entry, URLResolver) or entry.name in ("index", "app_list", "jsi18n")
        ]
        return [path("choose/", self.admin_view(self.choose), name="choose"), *kept]

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Every page of the site; refusals become a sentence on the page one came from."""
        inner = super().admin_view(view, cacheable)

        def page(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if any("\0" in value for _key, values in request.GET.lists() for value in values):
                raise Http404
            try:
                return inner(request, *args, **kwargs)
            except Refused as refused:
                messages.error(request, refused.message)
                return redirect(request.get_full_path())

        return page

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """What every page shows, and the chosen merchant."""
        return {**super().each_context(request), "merchant": visitor_of(request).merchant}

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """The tables under two headings: the whole platform, and the chosen merchant."""
        apps = super().get_app_list(request, app_label)
        if app_label:
            return apps
        tables = [table for app in apps for table in app["models"]]
        merchant = visitor_of(request).merchant
        headings = (
            (_("Whole platform"), Audience.PLATFORM),
            (merchant.name if merchant else _("One merchant"), Audience.PLATFORM_MERCHANT),
        )
        return [
            {
                "name": name,
                "app_label": audience.value,
                "app_url": "",
                "has_module_perms": True,
                "models": [one for one in tables if audience_of(one["model"]) is audience],
            }
            for name, audience in headings
        ]

    def choose(self, request: HttpRequest) -> HttpResponse:
        """Choose the merchant whose tables are read from here on; kept in the session."""
        found = Merchant.objects.order_by("name", "pk")
        status = 200
        if request.method == "POST":
            slug = request.POST.get("merchant", "").replace("\0", "")
            chosen = found.filter(slug=slug).first()
            if chosen is not None:
                request.session[CHOSEN] = chosen.pk
                return redirect("platform:index")
            status = 422
        query = request.GET.get("q", "").strip()
        matching = found.filter(name__icontains=query) if query else found
        context = {
            "merchants": list(matching[:SHOWN]),
            "has_more": matching[SHOWN : SHOWN + 1].exists(),
            "chosen": visitor_of(request).merchant,
            "query": query,
            "refused": status == 422,
        }
        return render(request, "platform/choose.html", context, status=status)


def audience_of(model: Any) -> Audience:
    """Whether the table is the platform's or one merchant's: what its list's route says."""
    name = f"platform:{model._meta.app_label}_{model._meta.model_name}_changelist"
    return ROUTES[name].audience


site = PlatformSite(name="platform")
