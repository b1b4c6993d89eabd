"""Access tokens at platforms that want one (RFC 6749 4.4): asked for beside the calls, renewed before they end.

The token lies in a file that only the gateway reads and puts into calls behind everything that is logged.
"""

import base64
import json
import uuid
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

import structlog
from django.conf import settings
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from nganam.face.telling import kept
from nganam.kernel.errors import Unavailable
from nganam.lgsp import gateway, swapping
from nganam.lgsp.beyond import fetching, queries
from nganam.lgsp.beyond.models import Platform
from nganam.lgsp.beyond.operations import key_file, tell_operator
from nganam.lgsp.envoy.upstreams import secret, secret_file

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_LIFE = 120
SHORTEST, LONGEST, USUAL = 10, 86_400, 300
RENEW_AFTER = 2 / 3
TRY_AGAIN = timedelta(seconds=20)
LONGEST_TOKEN = 8192
LONGEST_FAULT = 300
log = structlog.get_logger(__name__)


def refresh_tokens(*, at: datetime) -> list[str]:
    """Ask for the tokens that are due; return the codes of the platforms that gave one."""
    return [one.code for one in queries.due_for_token(at) if refresh(one, at=at)]


def refresh(platform: Platform, *, at: datetime) -> bool:
    """Ask a platform for a token and put it where the gateway reads it; a failure is kept, told, and tried again."""
    try:
        text, seconds = _asked(platform, at)
    except Exception as error:  # noqa: BLE001 - what one platform answers never stops the others' renewal
        _failed(platform, _why(error), at)
        return False
    content = swapping.as_bytes(secret(platform.code, text))
    # The file first: the gateway is told of the platform once there is what proves us.
    for node in gateway.nodes(settings.DATA):
        swapping.replace(node.folder / secret_file(platform.code), content)
    return _keep(platform, at, {
        "token_until": at + timedelta(seconds=seconds), "token_after": at + timedelta(seconds=seconds * RENEW_AFTER),
        "token_fault": "",
    })  # fmt: skip


def _why(error: Exception) -> str:
    """Return what went wrong in words; never what was answered, which may hold a token."""
    if isinstance(error, Unavailable):
        return error.message
    if isinstance(error, JoseError | FileNotFoundError):
        return kept("không đọc được khóa hay mã bí mật của LGSP")
    if isinstance(error, ValueError | RecursionError):
        return kept("câu trả lời không có mã truy cập dùng được")
    log.error("beyond_token_error", kind=type(error).__name__)
    return kept("lỗi ngoài dự kiến, xem nhật ký máy chủ")


def _keep(platform: Platform, at: datetime, values: dict[str, Any]) -> bool:
    """Write what was found, unless the platform was edited meanwhile: then it is asked again by what it says now."""
    seen = Platform.objects.filter(pk=platform.pk, version=platform.version)
    # Only whether there is a token at all is a decision for the gateway: renewing one changes no file but its own.
    if bool(platform.token_until) != bool(values["token_until"]):
        values = {**values, "updated_at": at}
    return bool(seen.update(**values))


def _failed(platform: Platform, why: str, at: datetime) -> None:
    why = why[:LONGEST_FAULT]  # as it is kept: compared with it below
    log.warning("beyond_token_failed", platform=platform.code, why=why)
    still = platform.token_until if platform.token_until and platform.token_until > at else None
    if why != platform.token_fault:
        tell_operator(platform, kept("không lấy được mã truy cập"), why, at=at)
    _keep(platform, at, {"token_until": still, "token_after": at + TRY_AGAIN, "token_fault": why})


def _asked(platform: Platform, at: datetime) -> tuple[str, int]:
    form = {"grant_type": "client_credentials"}
    if platform.scope:
        form["scope"] = platform.scope
    headers = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
    if platform.proof == Platform.Proof.KEY:
        form |= {"client_id": platform.client_id, "client_assertion_type": ASSERTION_TYPE,
                 "client_assertion": _assertion(platform, at)}  # fmt: skip
    else:
        headers["authorization"] = _basic(platform)
    answer = fetching.ask(platform, "POST", platform.token_url, body=urlencode(form).encode(), headers=headers)
    return _read(answer)


def _read(answer: bytes) -> tuple[str, int]:
    """Return the token and its life in seconds; raise ``ValueError`` for whatever is no bearer token."""
    said = json.loads(answer)
    if not isinstance(said, dict):
        raise ValueError("no object")  # noqa: TRY004 - of an answer, as everything here
    text, kind = said.get("access_token"), said.get("token_type", "Bearer")
    if not isinstance(text, str) or not 0 < len(text) <= LONGEST_TOKEN or not (text.isascii() and text.isprintable()):
        raise ValueError("no token")
    if str(kind).lower() != "bearer":
        raise ValueError("no bearer token")
    return text, min(max(_seconds(said.get("expires_in")), SHORTEST), LONGEST)


def _seconds(said: object) -> int:
    """Return how long a token is good; what is not said, or is no number, is taken as the usual time."""
    try:
        return int(said)  # type: ignore[call-overload,no-any-return]
    except (TypeError, ValueError, OverflowError):
        return USUAL


def _basic(platform: Platform) -> str:
    """RFC 6749 2.3.1: each part is form-encoded before they are joined."""
    value = key_file(platform, "secret").read_text("utf-8")
    pair = f"{quote(platform.client_id, safe='')}:{quote(value, safe='')}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"


def _assertion(platform: Platform, at: datetime) -> str:
    key = ECKey.import_key(json.loads(key_file(platform, "jwk").read_bytes()))
    now = int(at.timestamp())
    claims = {
        "iss": platform.client_id, "sub": platform.client_id, "aud": platform.token_url, "iat": now,
        "exp": now + ASSERTION_LIFE, "jti": uuid.uuid4().hex,
    }  # fmt: skip
    return jwt.encode({"alg": "ES256", "kid": key.kid or "", "typ": "JWT"}, claims, key)
