"""Photos and documents of returns and RMAs: stored re-encoded or not at all (F6, F9)."""

from __future__ import annotations

import hashlib
import io
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

from accounts.actor import Actor
from actions.base import action
from actions.locks import lock_return
from audit.record import record
from core.errors import Refused
from core.uploads import megabytes
from returns.models import Return, ReturnFile
from rmas.models import Rma, RmaFile
from rmas.states import ENDED

MOST_FILES = 50
MOST_PIXELS = 50_000_000
LONGEST_SIDE = 3000
MOST_RMA_FILES = 30
PDF = b"%PDF-"
KINDS = {
    "JPEG": ("image/jpeg", ".jpg"),
    "PNG": ("image/png", ".png"),
    "WEBP": ("image/webp", ".webp"),
}


@action("file.add")
def add_file(actor: Actor, customer_return: Return, file: UploadedFile) -> ReturnFile:
    """Keep a photo (JPEG, PNG, WebP) or a PDF with the return.

    Photos are drawn anew, upright and at most LONGEST_SIDE pixels long: what a camera or somebody
    else hid in them is gone. PDFs are kept as they are and only ever handed out as a download.
    Raises Refused, with the field, for anything else; then nothing is kept.
    """
    kept = ReturnFile(merchant=actor.merchant, customer_return=customer_return, added_by=actor.user)
    safe = safe_file(file)
    lock_return(actor, customer_return.pk)
    if ReturnFile.objects.filter(customer_return=customer_return).count() >= MOST_FILES:
        raise _refused(
            _("This return has %(most)s files already, and keeps no more. Say the rest in a note.")
            % {"most": MOST_FILES}
        )
    with _kept(kept, safe):
        kept.save()
        record(actor, "file.added", kept, parent=customer_return, name=kept.name)
    return kept


@action("rma.attach")
def add_rma_file(actor: Actor, rma: Rma, file: UploadedFile) -> RmaFile:
    """Keep a photo or PDF of the vendor with one RMA, as `add_file` (F9)."""
    if rma.status in ENDED:
        sentence = _("This RMA is %(status)s, so it takes no files. Add them to a further RMA.")
        raise Refused(sentence % {"status": rma.state.label.lower()}, field="photos")
    if rma.files.count() >= MOST_RMA_FILES:
        sentence = _("This RMA has %(most)s files already. Say the rest in a message.")
        raise Refused(sentence % {"most": MOST_RMA_FILES}, field="photos")
    kept = RmaFile(merchant=actor.merchant, rma=rma, added_by=actor.user)
    with _kept(kept, safe_file(file)):
        kept.save()
        found = rma.customer_return
        record(actor, "rma.file_added", rma, parent=found, number=rma.number, name=kept.name)
    return kept


@contextmanager
def _kept(found: ReturnFile | RmaFile, safe: SafeFile) -> Iterator[None]:
    """Store `safe` for `found`; it is deleted again when the block fails."""
    found.name, found.content_type = safe.name, safe.content_type
    found.size = len(safe.content)
    found.sha256 = hashlib.sha256(safe.content).hexdigest()
    found.file.save(safe.stored_as, ContentFile(safe.content), save=False)
    try:
        yield
    except BaseException:
        found.file.delete(save=False)
        raise


@dataclass(frozen=True, slots=True)
class SafeFile:
    """What may be kept of an upload: its bytes, their type, its name, and a name to store it by."""

    content: bytes
    content_type: str
    name: str
    stored_as: str


def safe_file(file: UploadedFile) -> SafeFile:
    """A photo drawn anew, or a PDF as it is. Raises Refused, at `file`, for anything else."""
    if file.size is None or file.size > settings.RETURN_FILE_LIMIT:
        limit = megabytes(settings.RETURN_FILE_LIMIT)
        raise _refused(_("This file is larger than %(limit)s. Make it smaller.") % {"limit": limit})
    content, content_type, suffix = _safe(file.read())
    name = _name(file.name or "", suffix)
    return SafeFile(content, content_type, name, f"{uuid.uuid4().hex}{suffix}")


def _safe(content: bytes) -> tuple[bytes, str, str]:
    """What may be kept of `content`, its type, and the ending of its name."""
    if not content:
        raise _refused(_("This file is empty. Choose another one."))
    if content.startswith(PDF):
        return content, "application/pdf", ".pdf"
    try:
        return _drawn_anew(content)
    except UnidentifiedImageError:
        raise _refused(
            _("Only photos (JPEG, PNG, WebP) and PDF documents can be added. Choose another file.")
        ) from None
    except Image.DecompressionBombError:
        raise _too_many_pixels() from None
    except Refused:
        raise
    except Exception:  # noqa: BLE001 - a damaged picture breaks its decoder in many ways
        raise _refused(_("This picture is damaged and cannot be read. Save it again.")) from None


def _drawn_anew(content: bytes) -> tuple[bytes, str, str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        image: Any = Image.open(io.BytesIO(content), formats=list(KINDS))
    width, height = image.size
    if width * height > MOST_PIXELS:
        raise _too_many_pixels()
    kind = str(image.format)
    image = ImageOps.exif_transpose(image)
    is_clear = kind != "JPEG" and (
        image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info
    )
    image = image.convert("RGBA" if is_clear else "RGB")
    image.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    plain = Image.new(image.mode, image.size)
    plain.paste(image)
    drawn = io.BytesIO()
    plain.save(drawn, kind, quality=88, optimize=kind == "PNG")
    return drawn.getvalue(), *KINDS[kind]


def _name(given: str, suffix: str) -> str:
    """A name to show and to download by: no folders, no control characters, the right ending."""
    stem = PurePath(given.replace("\\", "/")).stem
    clean = "".join(sign for sign in stem if sign.isprintable()).strip(" .")
    return f"{(clean or _('File'))[:120]}{suffix}"


def _too_many_pixels() -> Refused:
    sentence = _("This picture has more than %(n)s million pixels. Make it smaller.")
    return _refused(sentence % {"n": MOST_PIXELS // 1_000_000})


def _refused(sentence: str) -> Refused:
    return Refused(sentence, field="file")
