"""How a request proves its client at the token endpoint and its neighbours: the ways of RFC 6749, 7523, 8693, 8705.

One further way is that of clients written for older provincial exchanges: a header ``lgspaccesstoken`` with base64 of
``{"AccessKey", "SecretKey", …}``.
"""

import base64
import binascii
import hmac
import json
from typing import Any
from urllib.parse import unquote_plus

from django.http import HttpRequest
from django.utils.translation import gettext as _

from nganam.lgsp import queries, tokens
from nganam.lgsp.envoy import identity
from nganam.lgsp.tokens import Proof, TokenRefused
from nganam.serving.secret import HEADER as GATE
from nganam.serving.secret import shared_secret

EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
API_KEY_TYPE = "urn:nganam:params:oauth:token-type:api-key"
ISSUED_TYPE = "urn:ietf:params:oauth:token-type:access_token"
LEGACY = "lgspaccesstoken"
LONGEST_LEGACY = 4096


def through_gateway(request: HttpRequest) -> bool:
    """Say whether the gateway itself passed the request on: only it knows the secret."""
    shown = request.headers.get(GATE, "")
    return bool(shown) and hmac.compare_digest(shown.encode(), shared_secret(queries.data()).encode())


def address_of(request: HttpRequest) -> str:
    """Return where the client is: what the gateway says, else the peer. Headers of anybody else are not believed."""
    peer = str(request.META.get("REMOTE_ADDR", ""))
    return request.headers.get(identity.ADDRESS, peer) if through_gateway(request) else peer


def certificate_of(request: HttpRequest) -> str:
    """Return the fingerprint of the certificate the connection has shown to the gateway, or ""."""
    return request.headers.get(identity.CERTIFICATE, "").lower() if through_gateway(request) else ""


def check_form(request: HttpRequest) -> None:
    """Refuse what is not a form sent by POST, and a parameter that stands twice."""
    if request.method != "POST":
        raise TokenRefused("invalid_request", _("Gửi bằng POST."), status=405)
    if any(len(request.POST.getlist(name)) > 1 for name in request.POST):
        raise TokenRefused("invalid_request", _("Có tham số lặp lại."))


def proof_of(request: HttpRequest) -> Proof:
    """Return the one proof a request carries; raise ``TokenRefused`` when there is none, or more."""
    form = request.POST
    basic, legacy = _basic(request), _legacy(request)
    secret, assertion, key = form.get("client_secret", ""), form.get("client_assertion", ""), _api_key(request)
    if sum(map(bool, (basic, legacy, secret, assertion, key))) > 1:
        raise TokenRefused("invalid_request", _("Chỉ dùng một cách xác thực."))
    around: dict[str, Any] = {"address": address_of(request), "certificate": certificate_of(request)}
    if pair := basic or legacy:
        return Proof(pair[0], secret=pair[1], **around)
    if key:
        return Proof(key[0], secret=key[1], api_key=True, **around)
    if assertion:
        if form.get("client_assertion_type") != tokens.ASSERTION_TYPE:
            raise TokenRefused("invalid_request", _("client_assertion_type không đúng."))
        return Proof(tokens.claimed_client(assertion), assertion=assertion, **around)
    if not form.get("client_id") or not (secret or around["certificate"]):
        raise TokenRefused("invalid_client", _("Thiếu mã khách hoặc mã bí mật."), status=401)
    return Proof(form["client_id"], secret=secret, **around)


def _basic(request: HttpRequest) -> tuple[str, str] | None:
    scheme, _space, encoded = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    client_id, colon, secret = _decoded(encoded, "Authorization").partition(":")
    if not colon:
        raise _unreadable("Authorization")
    return unquote_plus(client_id), unquote_plus(secret)


def is_legacy(request: HttpRequest) -> bool:
    """Say whether the client was written for an older provincial exchange."""
    return bool(_legacy_header(request))


def _legacy_header(request: HttpRequest) -> str:
    sent = request.headers.get(LEGACY, "")
    return sent or (request.headers.get(identity.LEGACY, "") if through_gateway(request) else "")


def _legacy(request: HttpRequest) -> tuple[str, str] | None:
    encoded = _legacy_header(request)
    if not encoded:
        return None
    try:
        said = json.loads(_decoded(encoded[:LONGEST_LEGACY], LEGACY))
        return str(said["AccessKey"]), str(said["SecretKey"])
    except (ValueError, KeyError, TypeError) as error:
        raise _unreadable(LEGACY) from error


def _api_key(request: HttpRequest) -> tuple[str, str] | None:
    """Read the API key of an exchange (RFC 8693 2.1): ``client_id.secret``, where the client id has one dot."""
    if request.POST.get("grant_type") != EXCHANGE:
        return None
    if request.POST.get("subject_token_type") != API_KEY_TYPE:
        raise TokenRefused("invalid_request", _("subject_token_type phải là %(type)s.") % {"type": API_KEY_TYPE})
    parts = request.POST.get("subject_token", "").split(".", 2)
    if len(parts) != 3:  # noqa: PLR2004 - account, number, secret
        raise TokenRefused("invalid_grant", _("Khóa API không đúng dạng."))
    return f"{parts[0]}.{parts[1]}", parts[2]


def _decoded(encoded: str, header: str) -> str:
    try:
        return base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise _unreadable(header) from error


def _unreadable(header: str) -> TokenRefused:
    text = _("Đầu mục %(header)s không đọc được.") % {"header": header}
    return TokenRefused("invalid_client", text, status=401)
