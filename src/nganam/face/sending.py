"""Sending a kept file: checked by its digest, resumable by byte range (RFC 9110), streamed with flat memory.

A kept file never changes under its digest, so the digest is its strong ETag and its ``Repr-Digest`` (RFC 9530).
"""

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO, Final
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _

from nganam.kernel.errors import Unavailable
from nganam.kernel.text import slug

RANGE: Final = re.compile(r"bytes=(?:(\d{1,18})-(\d{0,18})|-(\d{1,18}))", re.ASCII | re.IGNORECASE)
CHUNK: Final = 256 * 1024
WHOLE, PART = HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT
LASTING: Final = frozenset({WHOLE, PART, HTTPStatus.NOT_MODIFIED})
Headers = dict[str, str]


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file under its digest; ``name`` is what it is called when saved, ``size`` in bytes, ``sha256`` in hex."""

    path: Path
    name: str
    media_type: str
    size: int
    sha256: str

    @property
    def tag(self) -> str:
        """Return the strong ETag."""
        return f'"{self.sha256}"'

    @property
    def digest(self) -> str:
        """Return the digest as a structured field (RFC 9530)."""
        return f"sha-256=:{base64.b64encode(bytes.fromhex(self.sha256)).decode()}:"


def send_file(request: HttpRequest, file: KeptFile, *, cache: str = "private, no-cache") -> HttpResponseBase:
    """Answer GET or HEAD with the file: whole, a part (206), not again (304), no such part (416), another one (412).

    Several ranges at once are answered with the whole file, which RFC 9110 allows. Raises ``Unavailable`` when the
    content is gone from the disk. ``cache`` is of the file, not of a refusal: that is kept by nobody.
    """
    response = get_conditional_response(request, etag=file.tag) or _content(request, file)
    response["ETag"], response["Accept-Ranges"] = file.tag, "bytes"
    response["Cache-Control"] = cache if response.status_code in LASTING else "no-store"
    if response.status_code in {WHOLE, PART}:
        response["Repr-Digest"] = file.digest
        response["Content-Disposition"] = disposition(file.name)
    return response


def is_beginning(request: HttpRequest, response: HttpResponseBase) -> bool:
    """Say whether this is a download of its own: not a check of freshness, nor the rest of one that broke off."""
    begins = response.status_code == WHOLE or str(response.get("Content-Range", "")).startswith("bytes 0-")
    return request.method == "GET" and response.status_code in {WHOLE, PART} and begins


def disposition(name: str) -> str:
    """Return the ``Content-Disposition`` of a file to be saved as ``name``; old clients get it without marks."""
    safe = re.sub(r'[\x00-\x1f\x7f"\\/]+', " ", name).strip()
    if safe.isascii():
        return f'attachment; filename="{safe}"'
    stem, dot, ending = safe.rpartition(".")
    plain = f"{slug(stem or ending) or 'tep'}{dot if stem else ''}{slug(ending) if stem else ''}"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(safe, safe='')}"


def _content(request: HttpRequest, file: KeptFile) -> HttpResponseBase:
    if request.method == "HEAD":  # a range of no content is no range
        return HttpResponse(content_type=file.media_type, headers={"Content-Length": str(file.size)})
    wanted = RANGE.fullmatch(request.headers.get("Range", "").strip())
    # A part of another state of the file must not be glued to what the client has of this one.
    if wanted is None or request.headers.get("If-Range", file.tag) != file.tag:
        return _streamed(file, 0, file.size - 1, WHOLE, {"Content-Digest": file.digest})
    first, last = _bounds(wanted, file.size)
    if first > last:
        headers = {"Content-Range": f"bytes */{file.size}"}
        return HttpResponse(status=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, headers=headers)
    return _streamed(file, first, last, PART, {"Content-Range": f"bytes {first}-{last}/{file.size}"})


def _bounds(wanted: re.Match[str], size: int) -> tuple[int, int]:
    first, last, suffix = wanted.groups()
    if suffix:
        return max(size - int(suffix), 0), (size - 1 if int(suffix) else -1)
    return int(first), min(int(last or size - 1), size - 1)


def _streamed(file: KeptFile, first: int, last: int, status: int, headers: Headers) -> StreamingHttpResponse:
    headers["Content-Length"] = str(last - first + 1)
    part = _Part(_opened(file), first, last - first + 1)
    return StreamingHttpResponse(part, status=status, content_type=file.media_type, headers=headers)


def _opened(file: KeptFile) -> BinaryIO:
    try:
        return file.path.open("rb")
    except FileNotFoundError as error:
        raise Unavailable(
            _("Tệp “%(name)s” hiện không đọc được trong kho tệp.") % {"name": file.name},
            hint=_("Báo người quản trị khôi phục tệp từ bản sao lưu."),
        ) from error


class _Part:
    """Bytes of an open file, chunk by chunk; Django closes it with the answer, also one nobody read."""

    def __init__(self, stream: BinaryIO, first: int, length: int) -> None:
        self.stream, self.first, self.left = stream, first, length

    def __iter__(self) -> Iterator[bytes]:
        self.stream.seek(self.first)
        while self.left > 0 and (chunk := self.stream.read(min(CHUNK, self.left))):
            self.left -= len(chunk)
            yield chunk

    def close(self) -> None:
        """Let go of the file."""
        self.stream.close()
