"""Files of a case as they are told and sent by the JSON interface."""

from typing import Any

from django.http import FileResponse
from ninja import Schema

from nganam.documents.models import StoredFile
from nganam.documents.queries import open_file

BYTES = "application/octet-stream"
SENT: dict[str, Any] = {
    "responses": {200: {"description": "Tệp", "content": {BYTES: {"schema": {"type": "string", "format": "binary"}}}}}
}
"""What the description says of an address that sends a file."""


class FileOut(Schema):
    """A file: fetched by its digest at the address of the case."""

    name: str
    sha256: str
    size: int
    media_type: str


def told(name: str, stored: StoredFile) -> dict[str, Any]:
    """Return what is told of a file; ``name`` is the one its sender gave it."""
    return {"name": name, "sha256": stored.sha256, "size": stored.size, "media_type": stored.media_type}


def sent(name: str, stored: StoredFile) -> FileResponse:
    """Send a file as bytes: what kind it is was told, and nothing may take it for a page."""
    return FileResponse(open_file(stored.sha256), as_attachment=True, filename=name, content_type=BYTES)
