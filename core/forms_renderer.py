"""Forms render through our own templates, their widgets through Django's."""

from __future__ import annotations

from typing import Any

from django.forms.renderers import BaseRenderer
from django.forms.renderers import Jinja2 as WidgetRenderer
from django.template import engines
from django.template.backends.jinja2 import Jinja2
from django.template.loader import get_template
from django.utils.functional import cached_property


class FormRenderer(BaseRenderer):
    """forms/* is ours and strict; django/forms/* is Django's Jinja2 set; the rest is looked up."""

    form_template_name = "forms/form.html"
    formset_template_name = "forms/formset.html"
    field_template_name = "forms/field.html"

    @cached_property
    def _ours(self) -> Jinja2:
        return next(engine for engine in engines.all() if isinstance(engine, Jinja2))

    @cached_property
    def _widgets(self) -> WidgetRenderer:
        return WidgetRenderer()

    def get_template(self, template_name: str) -> Any:
        if template_name.startswith("forms/"):
            return self._ours.get_template(template_name)
        if template_name.startswith("django/forms/"):
            return self._widgets.get_template(template_name)
        return get_template(template_name)
