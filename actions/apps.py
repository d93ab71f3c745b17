from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ActionsConfig(AppConfig):
    name = "actions"
    verbose_name = _("Actions")

    def ready(self) -> None:
        """What events let the workers do."""
        from audit.outbox import subscribe

        subscribe("import.uploaded", "actions.tasks.check_orders")
        subscribe("import.rechecked", "actions.tasks.check_orders")
        subscribe("import.requested", "actions.tasks.load_orders")
        subscribe("bulk.asked", "actions.tasks.look_ahead_bulk")
        subscribe("bulk.started", "actions.tasks.run_bulk")
        subscribe("export.requested", "actions.tasks.make_export")
        subscribe("export.scheduled", "actions.tasks.make_export")
        subscribe("changes.started", "actions.tasks.change_returns")
