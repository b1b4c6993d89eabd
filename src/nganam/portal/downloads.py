"""Sending a file of a release to anybody."""

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from nganam.face.sending import KeptFile, send_file
from nganam.opendata.models import Distribution
from nganam.warehouse.files import MEDIA_TYPES

FOR_EVER = "public, max-age=31536000, immutable"
A_MINUTE = "public, max-age=60"


def send(request: HttpRequest, distribution: Distribution, *, name: str, lasting: bool) -> HttpResponseBase:
    """Answer with the file; ``lasting`` addresses (a numbered release) never change and may be cached for long."""
    path, kind = settings.DATA / distribution.path, MEDIA_TYPES[distribution.format]
    file = KeptFile(path, name, kind, distribution.size, distribution.sha256)
    response = send_file(request, file, cache=FOR_EVER if lasting else A_MINUTE)
    response["Access-Control-Allow-Origin"] = "*"
    return response
