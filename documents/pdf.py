"""PDF files from templates; the only module that knows WeasyPrint (DESIGN section 4)."""

from __future__ import annotations

from typing import Any

from django.template.loader import render_to_string
from PIL import ImageFile
from weasyprint import HTML
from weasyprint.urls import URLFetcher

# WeasyPrint switches this on for the whole process; damaged uploads would pass as pictures then.
ImageFile.LOAD_TRUNCATED_IMAGES = False


class OnlyInline(URLFetcher):
    """Fetches nothing but `data:` addresses: a document cannot reach a host or a file."""

    def __init__(self) -> None:
        super().__init__(allowed_protocols=["data"])


def pdf_of(template: str, context: dict[str, Any]) -> bytes:
    """The PDF of `template`, an HTML page that carries its own style."""
    html = render_to_string(template, context)
    document = HTML(string=html, url_fetcher=OnlyInline(), base_url=None)
    return bytes(document.write_pdf())
