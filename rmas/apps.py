from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RmasConfig(AppConfig):
    name = "rmas"
    verbose_name = _("RMAs")
