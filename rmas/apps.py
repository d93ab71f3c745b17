from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RmasConfig(AppConfig):
    name = "rmas"
    verbose_name = _("RMAs")

    def ready(self) -> None:
        """Let vendors read what happened to their RMAs."""
        from audit.models import open_to_vendors
        from rmas.models import Rma

        open_to_vendors("rma", Rma.objects.visible_to)
