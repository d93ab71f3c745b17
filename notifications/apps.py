from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NotificationsConfig(AppConfig):
    name = "notifications"
    verbose_name = _("Notifications")

    def ready(self) -> None:
        """Let every event somebody is told about cause its mails."""
        from audit.outbox import subscribe
        from notifications.messages import RULES

        for verb in RULES:
            subscribe(verb, "notifications.tasks.send")
