"""PDF files: they reach nothing outside themselves, and leave the rest of the process alone."""

from __future__ import annotations

import http.server
import threading

import pytest
from django.template import engines
from PIL import ImageFile

from documents import pdf


@pytest.fixture
def asked():
    """The addresses that a server on this machine was asked for, and where it listens."""
    seen: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.path)
            self.send_error(404)

        def log_message(self, *args: object) -> None:
            """Quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield seen, f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_a_document_fetches_nothing_from_hosts_or_files(asked, monkeypatch, tmp_path):
    seen, host = asked
    secret = tmp_path / "secret.svg"
    secret.write_text('<svg xmlns="http://www.w3.org/2000/svg"><text>secret</text></svg>')
    html = engines["jinja2"].from_string(
        f'<link rel="stylesheet" href="{host}/a.css"><img src="{host}/a.png">'
        f'<img src="file://{secret}"><p>Hello</p>'
    )
    monkeypatch.setattr(pdf, "render_to_string", lambda template, context: html.render(context))
    made = pdf.pdf_of("anything", {})
    assert made.startswith(b"%PDF-")
    assert seen == []
    assert b"/Subtype /Image" not in made


def test_damaged_pictures_are_still_refused_elsewhere():
    assert ImageFile.LOAD_TRUNCATED_IMAGES is False
