"""Readers of order files: pure parsers, one per format. They know nothing of the database (F3)."""

from __future__ import annotations

from orders.readers.base import Reader
from orders.readers.online_retail import OnlineRetail

FORMATS: dict[str, Reader] = {"online-retail": OnlineRetail()}
