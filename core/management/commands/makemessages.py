"""`makemessages` that reads our Jinja2 templates too, plurals and macro arguments included.

Django's own reads `{{ _("x") }}` only. Here Jinja2 itself finds every message of a template,
and xgettext gets them as Python calls on the lines where they stand.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.commands import makemessages
from django.template import engines


def as_python(source: str) -> str:
    """The messages of a Jinja2 template as `gettext` calls, each on its own line number."""
    environment: Any = engines.all()[0].env  # type: ignore[attr-defined]
    calls: dict[int, list[str]] = {}
    for line, function, message in environment.extract_translations(source):
        texts = message if isinstance(message, tuple) else (message,)
        arguments = ", ".join(repr(text) for text in texts if text is not None)
        number = ", 1" if function == "ngettext" else ""
        calls.setdefault(line, []).append(f"{function}({arguments}{number})")
    last = max(calls, default=0)
    return "\n".join("; ".join(calls.get(line, [])) for line in range(1, last + 1)) + "\n"


class BuildFile(makemessages.BuildFile):
    """A file on its way to xgettext; ours are Jinja2."""

    def preprocess(self) -> None:
        """Write the template's messages as Python beside it, or leave it to Django."""
        path = Path(self.path)
        ours = any(Path(folder) in path.resolve().parents for folder in _jinja_folders())
        if not (self.is_templatized and ours):
            super().preprocess()
            return
        Path(self.work_path).write_text(as_python(path.read_text("utf-8")), "utf-8")


class Command(makemessages.Command):
    """Collect messages into `locale/`; needs GNU gettext."""

    build_file_class = BuildFile


def _jinja_folders() -> list[str]:
    return [str(folder) for folder in settings.TEMPLATES[0]["DIRS"]]
