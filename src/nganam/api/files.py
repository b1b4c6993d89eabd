"""Files of a case as they are told and sent by the JSON interface."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from django.http import FileResponse, HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from ninja import Schema

from nganam.documents.models import StoredFile
from nganam.documents.queries import open_file

Answer = HttpResponse | FileResponse
SENT: dict[str, Any] = {
    "responses": {
        200: {"description": "Tệp", "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}}},
        304: {"description": "Tệp không đổi từ lần tải có ETag này"},
    }
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


def sent(request: HttpRequest, name: str, stored: StoredFile) -> Answer:
    """Send a file to be kept, never shown as a page; who has it already (``If-None-Match``) gets no bytes again."""
    return _once(request, stored.sha256, lambda: _attached(name, stored))


def sent_bytes(request: HttpRequest, name: str, content: bytes, kind: str, digest: str) -> Answer:
    """Send a file that is drawn when asked for; ``digest`` names what it says."""
    disposition = f"attachment; filename*=UTF-8''{quote(name)}"
    return _once(
        request, digest, lambda: HttpResponse(content, content_type=kind, headers={"Content-Disposition": disposition})
    )


def _attached(name: str, stored: StoredFile) -> FileResponse:
    return FileResponse(open_file(stored.sha256), as_attachment=True, filename=name, content_type=stored.media_type)


def _once(request: HttpRequest, digest: str, answer: Callable[[], Answer]) -> Answer:
    """Return the answer, or that it has not changed: then none is made, for to close one ends the request."""
    tag = f'"{digest}"'
    found = get_conditional_response(request, etag=tag) or answer()
    found["ETag"], found["Cache-Control"] = tag, "private, no-cache"
    return found
