"""Tokens: who asks is proven, the chain behind is checked, a token for five minutes is signed (RFC 6749, 7523, 8705).

Other ways to an end with the same proof stand in :mod:`nganam.lgsp.token_uses`: to look into a token, to give one up.
"""

import base64
import hmac
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import import_key

from nganam.kernel.clock import local_date
from nganam.lgsp import keys, queries
from nganam.lgsp.envoy.decided import AUDIENCE, CLAIM_ACCOUNTS, CLAIM_CERTIFICATE, CLAIM_CLIENT, CLAIM_SERVICES
from nganam.lgsp.models import Certificate, Credential, Failure, RevokedToken, UsedAssertion
from nganam.lgsp.operations import hashed
from nganam.lgsp.publishing import KEEPER

LIFETIME = timedelta(minutes=5)
ASSERTION_LIFETIME = timedelta(minutes=5)
SKEW = timedelta(seconds=30)
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ALGORITHMS = ["ES256", "EdDSA", "Ed25519"]
MOST_FAILURES = 10
LONGEST_ASSERTION = 8192
LONGEST_JTI = 64


class TokenRefused(Exception):
    """A refusal of the token endpoint: ``error`` is the code of RFC 6749 5.2, ``description`` Vietnamese."""

    def __init__(self, error: str, description: str, *, status: int = 400, retry_after: int = 0) -> None:
        super().__init__(description)
        self.error = error
        self.description = description
        self.status = status
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Proof:
    """What a client shows: its id and a secret, an API key's secret, or a signed assertion; and where it calls from.

    ``certificate`` is the fingerprint (hex) of the certificate its connection has shown; alone it is a proof too.
    """

    client_id: str
    secret: str = ""
    assertion: str = ""
    address: str = ""
    certificate: str = ""
    api_key: bool = False


@dataclass(frozen=True, slots=True)
class Token:
    """An issued token, the seconds it is good for, and the address of the service it opens."""

    text: str
    expires_in: int
    service_url: str


def issue_token(proof: Proof, *, at: datetime, purpose: str = "") -> Token:
    """Return a token for the account of the proven credential; raise ``TokenRefused``.

    ``purpose`` is one the account was granted for, which its request or agreement has approved; without it, a token
    names the only one there is. A token asked for over a connection with a certificate is good with that one only.
    """
    credential, shown = proven(proof, at=at)
    reason = queries.refusal_of(credential.account, at)
    if reason:
        raise TokenRefused("unauthorized_client", reason)
    named = _purpose(credential, purpose)
    _mark_used(credential, at)
    return _sign(credential, shown, named, at)


def proven(proof: Proof, *, at: datetime) -> tuple[Credential, Certificate | None]:
    """Return the live credential that was proven, and the certificate shown with it; raise ``TokenRefused``."""
    caller = f"{queries.plain(proof.client_id, 60)}@{proof.address[:50]}"
    refuse_the_hasty(caller, at)
    credential = queries.credential_of(proof.client_id)
    try:
        _prove(credential, proof, at)
    except TokenRefused:
        count_failure(caller, at)
        raise
    if credential is None:
        raise AssertionError("nobody is proven to be nobody")
    if not credential.is_live:
        raise TokenRefused("invalid_client", _("Khóa truy cập này đã bị thu hồi."), status=401)
    if credential.is_over(local_date(at)):
        raise TokenRefused("invalid_client", _("Khóa truy cập này đã hết hạn."), status=401)
    return credential, _certificate(credential, proof, at)


def _certificate(credential: Credential, proof: Proof, at: datetime) -> Certificate | None:
    if not proof.certificate:
        return None
    shown = queries.certificate_shown(proof.certificate, at)
    if shown is None or shown.application_id != credential.account.application_id:
        text = _("Chứng thư của kết nối đã hết hiệu lực hoặc không phải của ứng dụng này.")
        raise TokenRefused("invalid_client", text, status=401)
    return shown


def _purpose(credential: Credential, asked: str) -> str:
    granted = queries.purposes_of(credential.account)
    if asked and asked not in granted:
        text = _("Tài khoản không được cấp cho mục đích này. Được cấp: %(granted)s.")
        raise TokenRefused("invalid_scope", text % {"granted": ", ".join(granted) or "–"})
    if not asked and len(granted) > 1:
        text = _("Tài khoản có nhiều mục đích; nêu một mục đích ở tham số purpose: %(granted)s.")
        raise TokenRefused("invalid_scope", text % {"granted": ", ".join(granted)})
    return asked or "".join(granted)


def _unproven() -> TokenRefused:
    return TokenRefused("invalid_client", _("Mã khách hoặc mã bí mật không đúng."), status=401)


def _prove(credential: Credential | None, proof: Proof, at: datetime) -> None:
    if proof.assertion:
        _prove_assertion(credential, proof, at)
        return
    if proof.certificate and not proof.secret:
        _prove_certificate(credential, proof, at)
        return
    wanted = Credential.Kind.API_KEY if proof.api_key else Credential.Kind.SECRET
    if credential is not None and credential.kind != wanted:
        credential = None
    # The same work is done for an unknown client, so that time does not tell which ids exist.
    kept = credential.secret_hash if credential else ""
    if not hmac.compare_digest(hashed(proof.client_id, proof.secret), kept or "-" * 64):
        raise _unproven()


def _prove_certificate(credential: Credential | None, proof: Proof, at: datetime) -> None:
    """RFC 8705 2.1: the certificate names the application, and the credential lets it prove itself so."""
    if credential is None or credential.kind != Credential.Kind.CERTIFICATE:
        raise _unproven()
    if _certificate(credential, proof, at) is None:
        raise _unproven()


def _prove_assertion(credential: Credential | None, proof: Proof, at: datetime) -> None:
    if credential is None or credential.public_jwk is None:
        raise _unproven()
    try:
        claims = jwt.decode(proof.assertion, import_key(credential.public_jwk), algorithms=ALGORITHMS).claims
    except (JoseError, ValueError, TypeError) as error:
        raise TokenRefused("invalid_client", _("Chữ ký của client_assertion không đúng."), status=401) from error
    wrong = _wrong_claim(claims, proof.client_id, at)
    if wrong:
        text = _("client_assertion không hợp lệ: %(claim)s.") % {"claim": wrong}
        raise TokenRefused("invalid_client", text, status=401)
    _use_once(proof.client_id, str(claims["jti"]), datetime.fromtimestamp(claims["exp"], at.tzinfo))


def _wrong_claim(claims: Mapping[str, Any], client_id: str, at: datetime) -> str:
    now, audience = at.timestamp(), claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    expires, issued, jti = claims.get("exp"), claims.get("iat", now), claims.get("jti")
    checks = {
        "iss": claims.get("iss") == client_id,
        "sub": claims.get("sub") == client_id,
        "aud": bool({queries.token_url(), queries.issuer()} & {one for one in audiences if isinstance(one, str)}),
        "exp": isinstance(expires, int) and now < expires <= now + (ASSERTION_LIFETIME + SKEW).total_seconds(),
        "iat": isinstance(issued, int | float) and issued <= now + SKEW.total_seconds(),
        "jti": isinstance(jti, str) and 0 < len(jti) <= LONGEST_JTI and "\0" not in jti,
    }
    return next((name for name, right in checks.items() if not right), "")


def _use_once(client_id: str, jti: str, expires_at: datetime) -> None:
    try:
        with transaction.atomic():
            UsedAssertion.objects.create(client_id=client_id, jti=jti, expires_at=expires_at)
    except IntegrityError as error:
        text = _("client_assertion này đã được dùng; mỗi lần lấy mã phải có jti mới.")
        raise TokenRefused("invalid_client", text, status=401) from error


def claimed_client(assertion: str) -> str:
    """Return the client an assertion names, before anything is proven; "" when it is no assertion."""
    if len(assertion) > LONGEST_ASSERTION:
        return ""
    try:
        said = json.loads(jws.extract_compact(assertion.encode()).payload or b"")
        return str(said["sub"])
    except (JoseError, ValueError, KeyError, TypeError):
        return ""


def _sign(credential: Credential, shown: Certificate | None, purpose: str, at: datetime) -> Token:
    account = credential.account
    ends = [queries.start_of(day) for day in (account.valid_until, credential.valid_until) if day]
    expires = min([at + LIFETIME, *ends, *([shown.not_after] if shown else [])])
    key = keys.ensure_key(actor=KEEPER, at=at)
    issued, expiry = int(at.timestamp()), int(expires.timestamp())
    claims: dict[str, Any] = {
        "iss": queries.issuer(),
        "aud": AUDIENCE,
        "sub": account.subject,
        CLAIM_CLIENT: credential.client_id,
        CLAIM_SERVICES: [account.service.code],
        CLAIM_ACCOUNTS: [account.code],
        **queries.operations_claim(account),
        "jti": uuid.uuid4().hex,
        "iat": issued,
        "exp": expiry,
        **({"purpose": purpose} if purpose else {}),
        **(_bound(shown.fingerprint) if shown else {}),
    }
    text = jwt.encode({"alg": keys.ALGORITHM, "kid": key.kid, "typ": "JWT"}, claims, keys.private_key(key))
    return Token(text, expiry - issued, queries.service_url(account.service))


def _bound(fingerprint: str) -> dict[str, Any]:
    """Return the claims that bind a token to a certificate: RFC 8705's, and the form Envoy compares."""
    thumbprint = base64.urlsafe_b64encode(bytes.fromhex(fingerprint)).rstrip(b"=").decode()
    return {"cnf": {"x5t#S256": thumbprint}, CLAIM_CERTIFICATE: fingerprint}


def _mark_used(credential: Credential, at: datetime) -> None:
    """Keep when the credential was last used, to the minute: a write per token would be for nothing."""
    if credential.last_used_at is None or at - credential.last_used_at > timedelta(minutes=1):
        Credential.objects.filter(pk=credential.pk).update(last_used_at=at)


def refuse_the_hasty(caller: str, at: datetime) -> None:
    """Refuse a caller that has failed too often in the present minute."""
    minute = at.replace(second=0, microsecond=0)
    if Failure.objects.filter(caller=caller, minute=minute, count__gte=MOST_FAILURES).exists():
        wait = 60 - at.second
        text = _("Sai quá nhiều lần; thử lại sau %(seconds)s giây.") % {"seconds": wait}
        raise TokenRefused("slow_down", text, status=429, retry_after=wait)


def count_failure(caller: str, at: datetime) -> None:
    """Count a failed attempt of a caller."""
    minute = at.replace(second=0, microsecond=0)
    with transaction.atomic():
        row, made = Failure.objects.select_for_update(no_key=True).get_or_create(
            caller=caller, defaults={"minute": minute, "count": 1}
        )
        if not made:
            count = F("count") + 1 if row.minute == minute else 1
            Failure.objects.filter(pk=row.pk).update(minute=minute, count=count)


def forget_old(*, at: datetime) -> int:
    """Remove assertions and given-up tokens that have expired, and failures of past hours; return how many."""
    assertions, _by = UsedAssertion.objects.filter(expires_at__lt=at - SKEW).delete()
    failures, _by = Failure.objects.filter(minute__lt=at - timedelta(hours=1)).delete()
    tokens, _by = RevokedToken.objects.filter(expires_at__lt=at - SKEW).delete()
    return assertions + failures + tokens
