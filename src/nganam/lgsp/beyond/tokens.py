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
log = structlog.get_logger(__name__)


def refresh_tokens(*, at: datetime) -> list[str]:
    """Ask for the tokens that are due; return the codes of the platforms that gave one."""
    return [one.code for one in queries.due_for_token(at) if refresh(one, at=at)]


def refresh(platform: Platform, *, at: datetime) -> bool:
    """Ask a platform for a token and put it where the gateway reads it; a failure is kept, told, and tried again."""
    try:
        text, seconds = _asked(platform, at)
    except (Unavailable, OSError, ValueError, JoseError) as error:
        _failed(platform, error.message if isinstance(error, Unavailable) else type(error).__name__, at)
        return False
    content = swapping.as_bytes(secret(platform.code, text))
    # The file first: the gateway is told of the platform once there is what proves us.
    for node in gateway.nodes(settings.DATA):
        swapping.replace(node.folder / secret_file(platform.code), content)
    _keep(platform, at, {
        "token_until": at + timedelta(seconds=seconds), "token_after": at + timedelta(seconds=seconds * RENEW_AFTER),
        "token_fault": "",
    })  # fmt: skip
    return True


def _keep(platform: Platform, at: datetime, values: dict[str, Any]) -> None:
    seen = Platform.objects.filter(pk=platform.pk)
    # Only whether there is a token at all is a decision for the gateway: renewing one changes no file but its own.
    if bool(platform.token_until) != bool(values["token_until"]):
        values = {**values, "updated_at": at}
    seen.update(**values)


def _failed(platform: Platform, why: str, at: datetime) -> None:
    log.warning("beyond_token_failed", platform=platform.code, why=why)
    still = platform.token_until if platform.token_until and platform.token_until > at else None
    if why != platform.token_fault:
        tell_operator(platform, kept("không lấy được mã truy cập"), why, at=at)
    _keep(platform, at, {"token_until": still, "token_after": at + TRY_AGAIN, "token_fault": why[:300]})


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
    said = json.loads(answer)
    text, seconds = said["access_token"] if isinstance(said, dict) else "", 0
    kind = str(said.get("token_type", "Bearer")).lower()
    if not isinstance(text, str) or not 0 < len(text) <= LONGEST_TOKEN or not text.isprintable() or kind != "bearer":
        raise ValueError("no bearer token")
    seconds = int(said.get("expires_in", USUAL))
    return text, min(max(seconds, SHORTEST), LONGEST)


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
