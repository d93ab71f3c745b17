"""Addresses of the merchant's console. Who may reach them: `accounts.routes`."""

from __future__ import annotations

from django.urls import path
from django.views.generic import RedirectView

from console import (
    bulk,
    export_urls,
    imports,
    messages,
    orders,
    people_urls,
    profile_urls,
    return_urls,
    returns,
    saved_filters,
    settings,
    silence,
    wizard,
)

app_name = "console"

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="console:returns"), name="home"),
    path("orders/", orders.OrderList.as_view(), name="orders"),
    path("orders/<uuid:public_id>/", orders.OrderPage.as_view(), name="order"),
    path("orders/<uuid:public_id>/serials/", orders.SerialNumbers.as_view(), name="order_serials"),
    path("orders/<uuid:public_id>/credit/", orders.GiveCredit.as_view(), name="order_credit"),
    path("orders/<uuid:public_id>/return/", wizard.StartStep.as_view(), name="return_start"),
    path("drafts/<uuid:key>/rmas/", wizard.RmaStep.as_view(), name="return_rmas"),
    path("drafts/<uuid:key>/done/", wizard.DoneStep.as_view(), name="return_done"),
    path("returns/", returns.ReturnList.as_view(), name="returns"),
    path("returns/columns/", saved_filters.ChooseColumns.as_view(), name="returns_columns"),
    path("filters/", saved_filters.FilterList.as_view(), name="filters"),
    path("filters/new/", saved_filters.SaveFilter.as_view(), name="filter_save"),
    path("filters/<uuid:public_id>/", saved_filters.EditFilter.as_view(), name="filter_edit"),
    path(
        "filters/<uuid:public_id>/delete/",
        saved_filters.DeleteFilter.as_view(),
        name="filter_delete",
    ),
    path("returns/bulk/", bulk.AskBulk.as_view(), name="returns_bulk"),
    path("bulk/<uuid:public_id>/", bulk.BulkPage.as_view(), name="bulk"),
    path("bulk/<uuid:public_id>/start/", bulk.StartBulk.as_view(), name="bulk_start"),
    path("bulk/<uuid:public_id>/result/", bulk.BulkResult.as_view(), name="bulk_result"),
    *export_urls.urlpatterns,
    *return_urls.urlpatterns,
    path("imports/", imports.ImportList.as_view(), name="imports"),
    path("imports/new/", imports.UploadPage.as_view(), name="import_upload"),
    path("imports/<uuid:public_id>/", imports.ImportPage.as_view(), name="import"),
    path("imports/<uuid:public_id>/start/", imports.StartImport.as_view(), name="import_start"),
    path("imports/<uuid:public_id>/rejects/", imports.Rejects.as_view(), name="import_rejects"),
    path("messages/", messages.MessageList.as_view(), name="messages"),
    path("messages/<uuid:public_id>/", messages.MessagePage.as_view(), name="message"),
    path(
        "messages/<uuid:public_id>/resend/",
        messages.ResendMessage.as_view(),
        name="message_resend",
    ),
    path(
        "addresses/<uuid:public_id>/release/",
        messages.ReleaseAddress.as_view(),
        name="address_release",
    ),
    *profile_urls.urlpatterns,
    *people_urls.urlpatterns,
    path("settings/", settings.StrategyPage.as_view(), name="settings_strategy"),
    path("settings/vendors/", settings.VendorList.as_view(), name="settings_vendors"),
    path(
        "settings/vendors/<uuid:public_id>/", settings.VendorPage.as_view(), name="settings_vendor"
    ),
    path(
        "settings/vendors/<uuid:public_id>/silence/",
        silence.SilencePage.as_view(),
        name="settings_silence",
    ),
    path("settings/calendar/", silence.CalendarPage.as_view(), name="settings_calendar"),
    path("settings/calendar/holidays/", silence.AddHoliday.as_view(), name="settings_holidays"),
    path(
        "settings/calendar/holidays/<uuid:public_id>/remove/",
        silence.RemoveHoliday.as_view(),
        name="settings_holiday_remove",
    ),
    path("settings/reasons/", settings.ReasonsPage.as_view(), name="settings_reasons"),
    path(
        "settings/reasons/<uuid:public_id>/", settings.ReasonPage.as_view(), name="settings_reason"
    ),
    path(
        "settings/reasons/<uuid:public_id>/move/",
        settings.MoveReason.as_view(),
        name="settings_reason_move",
    ),
    path("settings/addresses/", settings.AddressesPage.as_view(), name="settings_addresses"),
    path(
        "settings/addresses/<uuid:public_id>/",
        settings.AddressPage.as_view(),
        name="settings_address",
    ),
]
