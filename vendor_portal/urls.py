"""Addresses of the vendor portal. Who may reach them: `accounts.routes`."""

from __future__ import annotations

from django.urls import path

from vendor_portal import notices, purchase_orders, rma_talk, rmas

app_name = "vendor_portal"

urlpatterns = [
    path("", purchase_orders.PurchaseOrderList.as_view(), name="purchase_orders"),
    path("notifications/", notices.Notifications.as_view(), name="notifications"),
    path(
        "purchase-orders/<uuid:public_id>/",
        purchase_orders.PurchaseOrderPage.as_view(),
        name="purchase_order",
    ),
    path("rmas/approve/", rmas.ApproveRmas.as_view(), name="rmas_approve"),
    path("rmas/<uuid:public_id>/decide/", rmas.DecideRma.as_view(), name="rma_decide"),
    path("rmas/<uuid:public_id>/approve/", rmas.ApproveRma.as_view(), name="rma_approve"),
    path("rmas/<uuid:public_id>/deny/", rmas.DenyRma.as_view(), name="rma_deny"),
    path("rmas/<uuid:public_id>/process/", rmas.ProcessRma.as_view(), name="rma_process"),
    path("rmas/<uuid:public_id>/reprocess/", rmas.ReprocessRma.as_view(), name="rma_reprocess"),
    path("rmas/<uuid:public_id>/messages/", rma_talk.TalkPage.as_view(), name="rma_talk"),
    path("rma-files/<uuid:public_id>/", rmas.RmaPhoto.as_view(), name="rma_file"),
]
