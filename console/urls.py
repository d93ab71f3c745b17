"""Addresses of the merchant's console. Who may reach them: `accounts.routes`."""

from __future__ import annotations

from django.urls import path
from django.views.generic import RedirectView

from console import exports, imports, orders, returns, rmas, shipments, wizard

app_name = "console"

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="console:returns"), name="home"),
    path("orders/", orders.OrderList.as_view(), name="orders"),
    path("orders/<uuid:public_id>/", orders.OrderPage.as_view(), name="order"),
    path("orders/<uuid:public_id>/return/", wizard.StartStep.as_view(), name="return_start"),
    path("drafts/<uuid:key>/rmas/", wizard.RmaStep.as_view(), name="return_rmas"),
    path("drafts/<uuid:key>/done/", wizard.DoneStep.as_view(), name="return_done"),
    path("returns/", returns.ReturnList.as_view(), name="returns"),
    path("returns/export/", exports.ReturnExport.as_view(), name="returns_export"),
    path("returns/<uuid:public_id>/", returns.ReturnPage.as_view(), name="return"),
    path("returns/<uuid:public_id>/close/", returns.CloseReturn.as_view(), name="return_close"),
    path("returns/<uuid:public_id>/reopen/", returns.ReopenReturn.as_view(), name="return_reopen"),
    path("returns/<uuid:public_id>/cancel/", returns.CancelReturn.as_view(), name="return_cancel"),
    path("rmas/<uuid:public_id>/approve/", rmas.ApproveRma.as_view(), name="rma_approve"),
    path("rmas/<uuid:public_id>/deny/", rmas.DenyRma.as_view(), name="rma_deny"),
    path("rmas/<uuid:public_id>/cancel/", rmas.CancelRma.as_view(), name="rma_cancel"),
    path("rmas/<uuid:public_id>/shipment/", shipments.AddShipment.as_view(), name="shipment_add"),
    path("imports/", imports.ImportList.as_view(), name="imports"),
    path("imports/new/", imports.UploadPage.as_view(), name="import_upload"),
    path("imports/<uuid:public_id>/", imports.ImportPage.as_view(), name="import"),
    path("imports/<uuid:public_id>/start/", imports.StartImport.as_view(), name="import_start"),
    path("imports/<uuid:public_id>/rejects/", imports.Rejects.as_view(), name="import_rejects"),
]
