from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ExportsConfig(AppConfig):
    name = "exports"
    verbose_name = _("Exports")

    def ready(self) -> None:
        """Say who writes the files of exports."""
        from exports.files import Files
        from returns.exporting import use

        use(Files())
