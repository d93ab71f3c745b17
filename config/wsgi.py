"""The web application for gunicorn. It does not start while something makes it unsafe."""

from __future__ import annotations

import os

import django
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup(set_prefix=False)

from config.checks import stop_if_unsafe  # noqa: E402 - needs the settings

stop_if_unsafe("The web")
application = get_wsgi_application()
