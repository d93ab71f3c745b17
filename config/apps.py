"""The project itself as a Django app: it brings the checks and the Celery application."""

from __future__ import annotations

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """Loads what must exist in every process: web, worker, command."""

    name = "config"

    def ready(self) -> None:
        """Register system checks; make `shared_task` and `current_app` mean our application."""
        from config import celery, checks  # noqa: F401
