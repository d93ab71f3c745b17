"""Texts of templates reach the translators, however they are written."""

from __future__ import annotations

from core.management.commands.makemessages import as_python

TEMPLATE = """{% import "components/ui.html" as ui %}
{{ ui.button(_("Open")) }}
{% trans count=n %}one row{% pluralize %}{{ count }} rows{% endtrans %}
{{ ngettext("%(n)s line", "%(n)s lines", 3) }}
"""


def test_macro_arguments_blocks_and_plurals_are_found_on_their_lines() -> None:
    assert as_python(TEMPLATE).splitlines() == [
        "",
        "_('Open')",
        "ngettext('one row', '%(count)s rows', 1)",
        "ngettext('%(n)s line', '%(n)s lines', 1)",
    ]


def test_a_template_without_texts_is_empty() -> None:
    assert as_python("<p>1</p>").strip() == ""
