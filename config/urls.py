"""All addresses of the product. Each needs a row in `accounts.routes`."""

from __future__ import annotations

from allauth.account import views as account
from django.urls import include, path, re_path

from config.health import healthz
from config.home import home
from config.invitations import InvitationPage, welcome
from config.platform import admins
from core.styleguide import styleguide
from vendor_portal.decision_page import DecisionPage

urlpatterns = [
    path("", home, name="home"),
    path("healthz", healthz, name="healthz"),
    path("invitation/<str:key>/", InvitationPage.as_view(), name="invitation"),
    path("welcome/", welcome, name="welcome"),
    path("styleguide/", styleguide, name="styleguide"),
    path("decide/<str:key>/", DecisionPage.as_view(), name="decision"),
    path("sign-in/", account.login, name="account_login"),
    path("sign-out/", account.logout, name="account_logout"),
    # Closed (accounts.adapter), but the mail to an unknown address needs its name.
    path("sign-up/", account.signup, name="account_signup"),
    path("sign-in/inactive/", account.account_inactive, name="account_inactive"),
    path("sign-in/again/", account.reauthenticate, name="account_reauthenticate"),
    path("two-step/", include("allauth.mfa.urls")),
    path("password/change/", account.password_change, name="account_change_password"),
    path("password/forgotten/", account.password_reset, name="account_reset_password"),
    path(
        "password/forgotten/sent/", account.password_reset_done, name="account_reset_password_done"
    ),
    re_path(
        r"^password/new/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "password/new/done/",
        account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    path("platform/", admins.site.urls),
    path("m/<slug:merchant>/", include("console.urls")),
    path("vendors/<slug:merchant>/", include("vendor_portal.urls")),
    path("customers/<slug:merchant>/", include("customer_portal.urls")),
]
