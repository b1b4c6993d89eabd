"""Asks another platform something outside the path of calls: at a checked address, by its authority, in short time."""

import http.client
import json
import os
import ssl
import threading
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from nganam.face import reaching
from nganam.face.pinned import SECONDS, Pinned, cut
from nganam.face.reaching import checked, read_place
from nganam.kernel.errors import Unavailable
from nganam.lgsp import gateway
from nganam.lgsp.beyond.models import Platform
from nganam.lgsp.envoy.upstreams import certificate_file
from nganam.services.upstreams.operations import allowed_networks

MOST = 2_000_000


def ask(
    platform: Platform, method: str, url: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None
) -> bytes:
    """Return the body of a good answer; raise ``Unavailable`` with what went wrong, never with what was answered.

    The name is looked up and checked now as when it was declared, no redirect is followed, and the platform's
    authority and our certificate there are used.
    """
    try:
        place = read_place(url.partition("?")[0])
        address = checked(place, allowed_networks())[0]
        link = Pinned(place, address, _context(platform) if place.scheme == "https" else None)
        path = (place.base or "/") + (f"?{url.partition('?')[2]}" if "?" in url else "")
        status, answer = _answered(link, method, path, body, headers or {})
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise _failed(platform, _words(error)) from error
    if status != http.client.OK:
        raise _failed(platform, f"HTTP {status}")
    return answer


def _words(error: Exception) -> str:
    """Return what went wrong as a person reads it; what is not foreseen is told by what was being done."""
    told: tuple[tuple[type[Exception], str], ...] = (
        (ssl.SSLCertVerificationError, _("chứng thư của nền tảng không được tin")),
        (ssl.SSLError, _("không bắt tay được TLS")),
        (TimeoutError, _("quá thời gian chờ")),
        (ConnectionRefusedError, _("máy chủ từ chối kết nối")),
        (http.client.HTTPException, _("câu trả lời không đúng giao thức HTTP")),
        (ConnectionError, _("kết nối bị ngắt")),
        (OSError, _("không kết nối được")),
    )
    if type(error) in {ValueError, reaching.NoSuchHost}:
        return str(error)  # ours: of an address, or of an answer that is too large
    return next((words for kind, words in told if isinstance(error, kind)), _("câu trả lời không đọc được"))


def _failed(platform: Platform, why: str) -> Unavailable:
    return Unavailable(
        _("%(title)s không trả lời được: %(why)s.") % {"title": platform.title, "why": why[:200]},
        hint=_("Kiểm tra địa chỉ, chứng thư và khai báo kết nối với nền tảng."),
    )


def _answered(link: Pinned, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> (
    tuple[int, bytes]
):  # fmt: skip
    with closing(link):
        link.connect()
        timer = threading.Timer(SECONDS, cut, [link])
        timer.start()
        try:
            link.request(method, path, body, dict(headers))
            answer = link.getresponse()
            found = answer.read(MOST + 1)
        finally:
            timer.cancel()
    if len(found) > MOST:
        raise ValueError(_("câu trả lời quá lớn"))
    return answer.status, found


def _context(platform: Platform) -> ssl.SSLContext:
    context = ssl.create_default_context(cadata=platform.ca or None)
    held = Path(settings.DATA) / gateway.FOLDER / certificate_file(platform.code)
    if platform.certificate_until and held.exists():
        shown: dict[str, Any] = json.loads(held.read_bytes())["resources"][0]["tls_certificate"]
        # Python reads a chain and a key from a file only: this one is in memory, and ends with the process at latest.
        with os.fdopen(os.memfd_create("pair", os.MFD_CLOEXEC), "w") as file:
            file.write(shown["certificate_chain"]["inline_string"] + shown["private_key"]["inline_string"])
            file.flush()
            context.load_cert_chain(f"/proc/self/fd/{file.fileno()}")
    return context
