"""Sending a file of a release: streamed, cacheable by its checksum, resumable by byte range (RFC 9110)."""

import base64
import re
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from nganam.opendata.models import Distribution

TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
    "parquet": "application/vnd.apache.parquet",
    "geojson": "application/geo+json",
}
RANGE = re.compile(r"bytes=(?:(\d{1,18})-(\d{0,18})|-(\d{1,18}))", re.ASCII)
CHUNK = 256 * 1024
WHOLE, PART = 200, 206


def is_download(request: HttpRequest, response: HttpResponseBase) -> bool:
    """Say whether this is a download of its own: not a check of freshness, nor the rest of one that broke off."""
    begins = response.status_code == WHOLE or str(response.get("Content-Range", "")).startswith("bytes 0-")
    return request.method == "GET" and response.status_code in {WHOLE, PART} and begins


def send(request: HttpRequest, distribution: Distribution, *, name: str, lasting: bool) -> HttpResponseBase:
    """Answer with the file; ``lasting`` addresses (a numbered release) never change and may be cached for long."""
    tag = f'"{distribution.sha256}"'
    response = _answer(request, settings.DATA / distribution.path, distribution, tag)
    response["ETag"] = tag
    response["Accept-Ranges"] = "bytes"
    response["Repr-Digest"] = f"sha-256=:{base64.b64encode(bytes.fromhex(distribution.sha256)).decode()}:"
    response["Access-Control-Allow-Origin"] = "*"
    response["Cache-Control"] = "public, max-age=31536000, immutable" if lasting else "public, max-age=60"
    if response.status_code in {WHOLE, PART}:
        response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _answer(request: HttpRequest, path: Path, file: Distribution, tag: str) -> HttpResponseBase:
    known = request.headers.get("If-None-Match", "")
    if tag in known or known.strip() == "*":
        return HttpResponse(status=304)
    if request.method == "HEAD":
        return HttpResponse(content_type=TYPES[file.format], headers={"Content-Length": str(file.size)})
    wanted = RANGE.fullmatch(request.headers.get("Range", "").strip())
    # A part of another state of the file must not be glued to what the client has of this one.
    if wanted is None or request.headers.get("If-Range", tag) != tag:
        return FileResponse(path.open("rb"), content_type=TYPES[file.format])
    first, last = _bounds(wanted, file.size)
    if first > last:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{file.size}"})
    headers = {"Content-Range": f"bytes {first}-{last}/{file.size}", "Content-Length": str(last - first + 1)}
    return StreamingHttpResponse(
        _part(path, first, last), status=PART, content_type=TYPES[file.format], headers=headers
    )


def _bounds(wanted: re.Match[str], size: int) -> tuple[int, int]:
    first, last, suffix = wanted.groups()
    if suffix:
        return max(size - int(suffix), 0), (size - 1 if int(suffix) else -1)
    return int(first), min(int(last or size - 1), size - 1)


def _part(path: Path, first: int, last: int) -> Iterator[bytes]:
    left = last - first + 1
    with path.open("rb") as file:
        file.seek(first)
        while left > 0 and (chunk := file.read(min(CHUNK, left))):
            left -= len(chunk)
            yield chunk
