"""Tokens for the sandbox: by a test credential at the token endpoint, or for the console's one call.

They have an issuer and an audience of their own, and name no service and no account: what takes them is the sandbox.
"""

import hmac
import uuid
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from joserfc import jwt

from nganam.kernel.digest import keyed_sha256
from nganam.kernel.sandbox import instance_of
from nganam.lgsp import keys, queries, tokens
from nganam.lgsp.envoy.decided import CLAIM_CLIENT, CLAIM_SERVICES, SANDBOX_AUDIENCE, SANDBOX_SCOPE, sandbox_issuer
from nganam.lgsp.publishing import KEEPER
from nganam.lgsp.tokens import Proof, Token, TokenRefused
from nganam.sharing.models import Application, TestCredential
from nganam.sharing.sandbox.operations import PREFIX, note_use
from nganam.sharing.sandbox.queries import credential_of

CONSOLE = "THU.trang-goi-thu"
CONSOLE_LIFETIME = timedelta(seconds=60)


def is_test_client(client_id: str) -> bool:
    """Say whether a client names a test credential; accounts' begin with the code of the account."""
    return client_id.startswith(PREFIX)


def issue_test_token(proof: Proof, *, at: datetime) -> Token:
    """Return a token for the sandbox for a proven test credential; raise ``TokenRefused``. Only a secret proves it."""
    credential = _proven(proof, at)
    note_use(credential, at=at)
    expires = min(at + tokens.LIFETIME, credential.expires_at)
    return _sign(credential.application, credential.client_id, at, expires)


def console_token(application: Application, *, at: datetime) -> str:
    """Return a token for one call of the console: a minute long, kept and shown nowhere."""
    return _sign(application, CONSOLE, at, at + CONSOLE_LIFETIME).text


def _proven(proof: Proof, at: datetime) -> TestCredential:
    caller = f"{queries.plain(proof.client_id, 60)}@{proof.address[:50]}"
    tokens.refuse_the_hasty(caller, at)
    found = credential_of(proof.client_id)
    # The same work for an unknown client, so that time does not tell which ids exist.
    shown = keyed_sha256(proof.client_id, "" if proof.api_key or proof.assertion else proof.secret)
    if not hmac.compare_digest(shown, found.secret_hash if found else "-" * 64) or found is None:
        tokens.count_failure(caller, at)
        raise TokenRefused("invalid_client", _("Mã khách hoặc mã bí mật không đúng."), status=401)
    if found.revoked_at is not None:
        raise TokenRefused("invalid_client", _("Khóa thử nghiệm này đã bị thu hồi."), status=401)
    if not found.is_live(at):
        text = _("Khóa thử nghiệm này đã hết hạn; lấy khóa mới ở trang Khóa thử nghiệm.")
        raise TokenRefused("invalid_client", text, status=401)
    return found


def _sign(application: Application, client_id: str, at: datetime, expires: datetime) -> Token:
    key = keys.ensure_key(actor=KEEPER, at=at)
    issued, expiry = int(at.timestamp()), int(expires.timestamp())
    claims: dict[str, Any] = {
        "iss": sandbox_issuer(queries.issuer()),
        "aud": SANDBOX_AUDIENCE,
        "sub": application.subject,
        CLAIM_CLIENT: client_id,
        CLAIM_SERVICES: [SANDBOX_SCOPE],
        "jti": uuid.uuid4().hex,
        "iat": issued,
        "exp": expiry,
    }
    text = jwt.encode({"alg": keys.ALGORITHM, "kid": key.kid, "typ": "JWT"}, claims, keys.private_key(key))
    return Token(text, expiry - issued, f"{queries.service_host()}/r1/{instance_of(settings.NGANAM_INSTANCE)}/")
