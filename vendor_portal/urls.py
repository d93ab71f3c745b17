"""Addresses of the vendor portal. Who may reach them: `accounts.routes`."""

from __future__ import annotations

from django.urls import path

from vendor_portal import notices, purchase_orders

app_name = "vendor_portal"

urlpatterns = [
    path("", purchase_orders.PurchaseOrderList.as_view(), name="purchase_orders"),
    path("notifications/", notices.Notifications.as_view(), name="notifications"),
    path(
        "purchase-orders/<uuid:public_id>/",
        purchase_orders.PurchaseOrderPage.as_view(),
        name="purchase_order",
    ),
]
