"""Addresses of the customer portal. Who may reach them: `accounts.routes`."""

from __future__ import annotations

from django.urls import path

from customer_portal import orders

app_name = "customer_portal"

urlpatterns = [
    path("", orders.OrderList.as_view(), name="orders"),
    path("orders/<uuid:public_id>/", orders.OrderPage.as_view(), name="order"),
]
