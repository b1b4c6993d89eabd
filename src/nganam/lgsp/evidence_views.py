"""Doors to the evidence: proofs for the parties of a call, and the public files anybody may keep and compare."""

import json
from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from nganam.face.doors import Audience, door
from nganam.kernel.actors import Role
from nganam.kernel.errors import NotFound
from nganam.lgsp import proving

OFFICERS = (Role.FOCAL, Role.LEAD)
PLAIN = "text/plain; charset=utf-8"


def _download(said: dict[str, Any], name: str) -> HttpResponse:
    answer = HttpResponse(json.dumps(said, ensure_ascii=False, indent=1), content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@never_cache
@require_safe
@door(Audience.OFFICER, roles=OFFICERS)
def evidence(request: HttpRequest, request_id: str) -> HttpResponse:
    """Give a party the entry of its call with proof and checkpoint."""
    said = proving.evidence_for(request.actor, request_id)
    return _download(said, f"bang-chung-{said['index'] + 1}.json")


@require_safe
@door(Audience.PUBLIC)
def log_page(request: HttpRequest) -> HttpResponse:
    """Show the log: name, key, checkpoints, and how anybody verifies."""
    return render(request, "lgsp/log.html", {"log": proving.public_log()})


def _log() -> proving.PublicLog:
    found = proving.public_log()
    if found is None:
        raise NotFound(_("Nhật ký chưa có điểm kiểm tra đã ký."))
    return found


@never_cache
@require_safe
@door(Audience.PUBLIC)
def checkpoint(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - every view gets one
    """Answer the newest checkpoint (C2SP tlog-checkpoint)."""
    return HttpResponse(_log().newest.note, content_type=PLAIN)


@require_safe
@door(Audience.PUBLIC)
def key(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """Answer the public key that signs now."""
    return HttpResponse(f"{_log().keys[-1]}\n", content_type=PLAIN)


@never_cache
@require_safe
@door(Audience.PUBLIC)
def consistency(request: HttpRequest) -> HttpResponse:
    """Answer the proof that one checkpoint's log is the beginning of another's."""
    said = proving.consistency(request.GET.get("cu", ""), request.GET.get("moi", ""))
    return _download(said, f"nhat-quan-{said['old']['size']}-{said['new']['size']}.json")


@require_safe
@door(Audience.PUBLIC)
def tool(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """Give the program that checks proofs without us."""
    answer = HttpResponse(proving.tool(), content_type="text/x-python; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="verify_evidence.py"'
    return answer


@require_safe
@door(Audience.PUBLIC)
def tile(request: HttpRequest, rest: str) -> HttpResponseBase:  # noqa: ARG001
    """Answer a hash tile; it never changes."""
    answer = FileResponse(proving.public_file("tile", rest).open("rb"), content_type="application/octet-stream")
    answer["Cache-Control"] = "public, max-age=31536000, immutable"
    return answer


@require_safe
@door(Audience.PUBLIC)
def sealed(request: HttpRequest, day: str) -> HttpResponseBase:  # noqa: ARG001
    """Answer the checkpoints sealed on a day (UTC), one note after the other."""
    return FileResponse(proving.public_file("checkpoints", day).open("rb"), content_type=PLAIN)


@require_safe
@door(Audience.PUBLIC)
def stamp(request: HttpRequest, name: str) -> HttpResponseBase:  # noqa: ARG001
    """Answer a timestamp (RFC 3161)."""
    file = proving.public_file("timestamps", name)
    return FileResponse(file.open("rb"), content_type="application/timestamp-reply")
