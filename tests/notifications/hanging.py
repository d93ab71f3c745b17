"""A mail backend for tests of crashes: mails become files, and it hangs when it is told to.

The folder says what to do: a file `hang-before` lets it hang before a mail is sent, `hang-after`
when the mail is out and nobody has noted it yet. `reached` is written when it hangs.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend


class EmailBackend(BaseEmailBackend):
    """Writes each mail to a file of its own in EMAIL_FILE_PATH."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Write them, or hang."""
        folder = Path(settings.EMAIL_FILE_PATH)
        for message in email_messages:
            self._hang(folder, "hang-before")
            raw = message.message().as_bytes()
            (folder / f"{time.monotonic_ns()}-{uuid.uuid4().hex}.eml").write_bytes(raw)
            self._hang(folder, "hang-after")
        return len(email_messages)

    def _hang(self, folder: Path, name: str) -> None:
        if (folder / name).exists():
            (folder / "reached").touch()
            time.sleep(600)
