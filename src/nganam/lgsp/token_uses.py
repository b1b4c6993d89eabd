"""What else a proven client may do with tokens: look into one (RFC 7662), give one up (RFC 7009)."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet

from nganam.audit import operations as audit
from nganam.kernel.actors import Actor, Kind
from nganam.kernel.clock import local_date
from nganam.lgsp import keys, queries
from nganam.lgsp.envoy.decided import AUDIENCE, CLAIM_ACCOUNTS, CLAIM_CERTIFICATE, CLAIM_CLIENT, CLAIM_SERVICES
from nganam.lgsp.models import Credential, RevokedToken
from nganam.lgsp.tokens import Proof, TokenRefused, proven

LONGEST_TOKEN = 8192
MOST_GIVEN_UP = 100
"""Tokens one client may have given up and not expired: each is a rule that every call passes by (nội bộ)."""
TOLD = ("iss", "aud", "sub", CLAIM_CLIENT, CLAIM_SERVICES, CLAIM_ACCOUNTS, "purpose", "cnf", "jti", "iat", "exp")


def introspect(proof: Proof, token: str, *, at: datetime) -> dict[str, Any]:
    """Return what a token says and that it is active; ``{"active": False}`` for any other, and for who may not know.

    The client the token was issued to may ask, and the applications of the agency whose service it opens.
    """
    asking, _shown = proven(proof, at=at)
    claims = _read(token, at)
    about = _credential_of(claims)
    if claims is None or about is None or not _may_know(asking, about) or not _is_active(claims, about, at):
        return {"active": False}
    return {"active": True, "token_type": "Bearer", **{name: claims[name] for name in TOLD if name in claims}}


def revoke(proof: Proof, token: str, *, at: datetime) -> bool:
    """Give up a token of the proven client's own; return whether there was one to give up. Raise ``TokenRefused``."""
    asking, _shown = proven(proof, at=at)
    claims = _read(token, at)
    if claims is None:
        return False
    if claims.get(CLAIM_CLIENT) != asking.client_id:
        raise TokenRefused("unauthorized_client", _("Mã truy cập này không cấp cho ứng dụng đang gọi."))
    return _give_up(asking, claims, at)


def _read(token: str, at: datetime) -> Mapping[str, Any] | None:
    """Return the claims of a token we signed that has not expired."""
    if len(token) > LONGEST_TOKEN:
        return None
    try:
        known = KeySet([ECKey.import_key(dict[str, str | list[str]](one)) for one in keys.published_keys(at)])
        claims = jwt.decode(token, known, algorithms=[keys.ALGORITHM]).claims
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    right = (claims.get("iss"), claims.get("aud")) == (queries.issuer(), AUDIENCE)
    return claims if right and at.timestamp() < float(claims["exp"]) else None


def _credential_of(claims: Mapping[str, Any] | None) -> Credential | None:
    return queries.credential_of(str(claims[CLAIM_CLIENT])) if claims else None


def _may_know(asking: Credential, about: Credential) -> bool:
    same = asking.account.application_id == about.account.application_id
    return same or asking.account.application.agency_id == about.account.service.provider_id


def _is_active(claims: Mapping[str, Any], about: Credential, at: datetime) -> bool:
    if not about.is_live or about.is_over(local_date(at)) or queries.refusal_of(about.account, at):
        return False
    if RevokedToken.objects.filter(jti=str(claims["jti"])).exists():
        return False
    bound = claims.get(CLAIM_CERTIFICATE)
    return bound is None or queries.certificate_shown(str(bound), at) is not None


def _give_up(asking: Credential, claims: Mapping[str, Any], at: datetime) -> bool:
    mine = RevokedToken.objects.filter(client_id=asking.client_id, expires_at__gt=at)
    if mine.count() >= MOST_GIVEN_UP:
        text = _("Đã trả lại quá nhiều mã; chờ các mã này hết hạn, hoặc thu hồi khóa.")
        raise TokenRefused("slow_down", text, status=429, retry_after=60)
    expires = datetime.fromtimestamp(float(claims["exp"]), UTC)
    try:
        with transaction.atomic():
            RevokedToken.objects.create(
                jti=str(claims["jti"]), client_id=asking.client_id, revoked_at=at, expires_at=expires
            )
            audit.record(
                actor=Actor(Kind.MACHINE, asking.client_id, asking.account.subject), at=at, action="lgsp.token.revoked",
                object_type="sharing.account", object_code=asking.account.code,
                details={"client_id": asking.client_id, "jti": str(claims["jti"])},
            )  # fmt: skip
    except IntegrityError:
        return False
    return True
