"""Addresses of return profiles, offers, connections, customers and their subscriptions."""

from __future__ import annotations

from django.urls import path

from console import customers, offers, profiles

PROFILE = "settings/profiles/<uuid:public_id>/"
OFFER = "settings/offers/<uuid:public_id>/"
CUSTOMER = "customers/<uuid:public_id>/"
SUBSCRIPTION = "subscriptions/<uuid:public_id>/"

urlpatterns = [
    path("settings/profiles/", profiles.ProfileList.as_view(), name="settings_profiles"),
    path("settings/profiles/new/", profiles.AddProfile.as_view(), name="settings_profile_add"),
    path(PROFILE, profiles.ProfilePage.as_view(), name="settings_profile"),
    path(f"{PROFILE}archive/", profiles.ArchiveProfile.as_view(), name="settings_profile_archive"),
    path("settings/offers/", offers.OffersPage.as_view(), name="settings_offers"),
    path(OFFER, offers.OfferPage.as_view(), name="settings_offer"),
    path(f"{OFFER}cycle/", offers.AddCycle.as_view(), name="settings_cycle_add"),
    path("settings/connections/", offers.ConnectionList.as_view(), name="settings_connections"),
    path(
        "settings/connections/<uuid:public_id>/",
        offers.ConnectionPage.as_view(),
        name="settings_connection",
    ),
    path(CUSTOMER, customers.CustomerPage.as_view(), name="customer"),
    path(f"{CUSTOMER}subscription/", customers.AddSubscription.as_view(), name="subscription_add"),
    path(f"{SUBSCRIPTION}charge/", customers.AddCharge.as_view(), name="charge_add"),
    path(
        f"{SUBSCRIPTION}cancel/", customers.CancelSubscription.as_view(), name="subscription_cancel"
    ),
]
