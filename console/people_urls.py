"""Addresses of the vendors' details and files, of people and invitations, and of reminders."""

from __future__ import annotations

from django.urls import path

from console import people, reminders, vendor_files, vendors

VENDOR = "settings/vendors/<uuid:public_id>/"
INVITATION = "settings/invitations/<uuid:public_id>/"

urlpatterns = [
    path("settings/vendors/new/", vendors.AddVendor.as_view(), name="settings_vendor_add"),
    path("settings/vendors/file/", vendor_files.VendorFile.as_view(), name="settings_vendors_file"),
    path(f"{VENDOR}details/", vendors.DetailsPage.as_view(), name="settings_vendor_details"),
    path(f"{VENDOR}archive/", vendors.ArchiveVendor.as_view(), name="settings_vendor_archive"),
    path(f"{VENDOR}users/", people.VendorUsers.as_view(), name="settings_vendor_users"),
    path("settings/people/", people.PeoplePage.as_view(), name="settings_people"),
    path("settings/people/<uuid:public_id>/", people.PersonPage.as_view(), name="settings_person"),
    path(
        f"{INVITATION}resend/",
        people.ResendInvitation.as_view(),
        name="settings_invitation_resend",
    ),
    path(
        f"{INVITATION}withdraw/",
        people.WithdrawInvitation.as_view(),
        name="settings_invitation_withdraw",
    ),
    path("settings/credits/", reminders.ReminderSwitch.as_view(), name="settings_credits"),
    path(
        "credits/<uuid:public_id>/remind/", reminders.RemindVendor.as_view(), name="credit_remind"
    ),
]
