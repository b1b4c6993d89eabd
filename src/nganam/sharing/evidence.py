"""The file that shows that data were deleted: one rule after an agreement (D38.11) and after an account (D42)."""

from datetime import datetime
from typing import Any, Protocol

from django import forms
from django.utils.translation import gettext_lazy as _

from nganam.documents import media
from nganam.documents.files import Stream
from nganam.documents.models import StoredFile
from nganam.documents.operations import MEGABYTE, store_file
from nganam.kernel.actors import Actor

TYPES = (media.PDF, media.DOCX, media.XLSX, media.TEXT, media.CSV, "image/png", "image/jpeg")
LIMIT = 20 * MEGABYTE
ACCEPT = ".pdf,.docx,.xlsx,.jpg,.jpeg,.png,.txt,.csv"


class Upload(Stream, Protocol):
    """A file on its way in, with its own name."""

    @property
    def name(self) -> str:
        """The name the sender gave it."""


def field() -> forms.FileField:
    """Return the field of a form that takes the file."""
    widget: Any = forms.FileInput(attrs={"accept": ACCEPT})
    said = _("Biên bản hủy, nhật ký xóa: PDF, DOCX, XLSX, ảnh, văn bản; tối đa 20 MB.")
    return forms.FileField(label=_("Tệp chứng cứ"), required=False, widget=widget, help_text=said)


def keep(file: Upload, *, actor: Actor, at: datetime) -> StoredFile:
    """Keep a file that shows that data were deleted; call it outside a transaction, as ``store_file``."""
    return store_file(file.name, file, actor=actor, at=at, allowed_types=TYPES, limit=LIMIT)
