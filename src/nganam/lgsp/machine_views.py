"""Doors of the room for programs: tokens, what is published about them, certificates.

The gateway passes these addresses on, so that a client needs its address only; none of them is on the path of a call.
"""

import base64
import binascii
import hmac
from collections.abc import Callable
from functools import wraps
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_der_x509_csr
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET
from prometheus_client import CONTENT_TYPE_LATEST

from nganam.accounts import keys as officer_keys
from nganam.accounts.queries import holder_of
from nganam.agencies.queries import actor_for
from nganam.face.doors import Audience, door, not_found
from nganam.kernel.actors import Actor
from nganam.kernel.errors import NganamError
from nganam.lgsp import certificates, keys, proofs, queries, sandbox_tokens, token_uses, tokens
from nganam.lgsp.models import Certificate
from nganam.lgsp.tokens import TokenRefused
from nganam.lgsp.watching import metrics
from nganam.serving.secret import HEADER as GATE
from nganam.sharing.accounts.queries import get_account_for

METHODS = ["client_secret_basic", "client_secret_post", "private_key_jwt", "tls_client_auth"]
TRUE = {"1", "true"}
Answering = Callable[[HttpRequest], HttpResponse]


def _answering(view: Answering) -> Answering:
    """Turn a refusal into the JSON of RFC 6749 5.2, and let nothing be stored."""

    @wraps(view)
    def answered(request: HttpRequest) -> HttpResponse:
        try:
            proofs.check_form(request)
            return _unstored(view(request))
        except TokenRefused as refused:
            return _refusal(request, refused)

    return answered


@require_GET
@door(Audience.MACHINE)
def figures(request: HttpRequest) -> HttpResponse:
    """Answer the figures for Prometheus to who sends the token of the configuration; without one nobody is answered.

    Not by address: behind a proxy everybody comes from this machine.
    """
    if GATE in request.headers:
        raise not_found()  # come through the gateway, by whatever spelling of the path
    wanted, sent = str(settings.NGANAM_METRICS_TOKEN), request.headers.get("Authorization", "")
    if not wanted or not hmac.compare_digest(sent.encode(), f"Bearer {wanted}".encode()):
        raise not_found()
    return _unstored(HttpResponse(metrics.exposition(request.at), content_type=CONTENT_TYPE_LATEST))


@csrf_exempt
@door(Audience.MACHINE)
@_answering
def token(request: HttpRequest) -> HttpResponse:
    """Issue a token: client credentials (RFC 6749 4.4), or an API key in exchange (RFC 8693)."""
    grant = request.POST.get("grant_type", "")
    if not grant:
        raise TokenRefused("invalid_request", _("Thiếu grant_type."))
    if grant not in {"client_credentials", proofs.EXCHANGE}:
        raise TokenRefused("unsupported_grant_type", _("Chỉ nhận grant_type=client_credentials."))
    proof = proofs.proof_of(request)
    if sandbox_tokens.is_test_client(proof.client_id):
        issued = sandbox_tokens.issue_test_token(proof, at=request.at)
    else:
        issued = tokens.issue_token(proof, at=request.at, purpose=request.POST.get("purpose", ""))
    body: dict[str, Any] = {
        "access_token": issued.text,
        "token_type": "Bearer",
        "expires_in": issued.expires_in,
        "service_url": issued.service_url,
    }
    if grant == proofs.EXCHANGE:
        body["issued_token_type"] = proofs.ISSUED_TYPE
    return JsonResponse(body)


@csrf_exempt
@door(Audience.MACHINE)
@_answering
def introspect(request: HttpRequest) -> HttpResponse:
    """Say what a token is, to its client and to the provider of what it opens (RFC 7662)."""
    return JsonResponse(token_uses.introspect(proofs.proof_of(request), _token_sent(request), at=request.at))


@csrf_exempt
@door(Audience.MACHINE)
@_answering
def revoke_token(request: HttpRequest) -> HttpResponse:
    """Let a client give up a token of its own (RFC 7009); an unknown token is as good as given up."""
    token_uses.revoke(proofs.proof_of(request), _token_sent(request), at=request.at)
    return JsonResponse({})


def _token_sent(request: HttpRequest) -> str:
    sent = request.POST.get("token", "")
    if not sent:
        raise TokenRefused("invalid_request", _("Thiếu tham số token."))
    return sent


def _refusal(request: HttpRequest, refused: TokenRefused) -> HttpResponse:
    body = {
        "error": refused.error,
        "error_description": refused.description,
        "request_id": getattr(request, "request_id", ""),
        **(_as_of_old(refused) if proofs.is_legacy(request) else {}),
    }
    response = JsonResponse(body, status=refused.status, json_dumps_params={"ensure_ascii": False})
    if refused.status == 401:  # noqa: PLR2004
        response["WWW-Authenticate"] = 'Basic realm="lgsp", charset="UTF-8"'
    if refused.retry_after:
        response["Retry-After"] = str(refused.retry_after)
    return _unstored(response)


def _as_of_old(refused: TokenRefused) -> dict[str, Any]:
    """Return the members older provincial clients look for in an answer; which numbers they tell apart is not known."""
    return {"error_code": "-1", "result": None, "message": refused.description}


def _unstored(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"], response["Pragma"] = "no-store", "no-cache"
    return response


@require_GET
@door(Audience.PUBLIC)
def jwks(request: HttpRequest) -> HttpResponse:
    """Answer the public keys tokens are signed with."""
    response = JsonResponse({"keys": keys.published_keys(request.at)})
    response["Cache-Control"] = "public, max-age=60"
    return response


@require_GET
@door(Audience.PUBLIC)
def metadata(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - a view takes it
    """Answer the metadata of the authorization server (RFC 8414, 8705 5)."""
    own, secured = queries.issuer(), queries.gateway_tls_url()
    ends = {"token_endpoint": "token", "introspection_endpoint": "introspect", "revocation_endpoint": "revoke"}
    proving = {
        "auth_methods_supported": METHODS,
        "auth_signing_alg_values_supported": ["ES256", "EdDSA"],
    }
    body = {
        "issuer": own,
        **{name: f"{own}/oauth2/{path}" for name, path in ends.items()},
        "jwks_uri": f"{own}/.well-known/jwks.json",
        "grant_types_supported": ["client_credentials", proofs.EXCHANGE],
        "response_types_supported": [],
        **{f"{end}_{name}": value for end in ends for name, value in proving.items()},
        "tls_client_certificate_bound_access_tokens": True,
        "mtls_endpoint_aliases": {name: f"{secured}/oauth2/{path}" for name, path in ends.items()},
        "service_documentation": f"{own}/dich-vu/",
        "ui_locales_supported": ["vi"],
    }
    return JsonResponse(body)


# -- certificates: enrolment over secure transport (RFC 7030) --


@require_GET
@door(Audience.PUBLIC)
def authority_pem(request: HttpRequest) -> HttpResponse:
    """Answer the certificates to trust, as PEM: whom the gateway's own certificate comes from."""
    own = queries.authority()
    own.ensure(request.at)
    return HttpResponse(own.trusted(), content_type="application/x-pem-file")


@require_GET
@door(Audience.PUBLIC)
def revocation_list(request: HttpRequest) -> HttpResponse:
    """Answer the list of revoked certificates."""
    response = HttpResponse(certificates.revocation_list(request.at), content_type="application/pkix-crl")
    response["Cache-Control"] = "public, max-age=300"
    return response


@require_GET
@door(Audience.PUBLIC)
def est_authorities(request: HttpRequest) -> HttpResponse:
    """Answer the certificates to trust as EST sends them (RFC 7030 4.1)."""
    own = queries.authority()
    own.ensure(request.at)
    return _as_est(own.as_pkcs7())


@csrf_exempt
@door(Audience.MACHINE)
def est_enroll(request: HttpRequest, code: str) -> HttpResponse:
    """Sign the CSR an officer's program sends for an account, by the officer's API key (RFC 7030 4.2.1)."""
    actor = _officer(request)
    if actor is None:
        return _est_refusal(request, 401, _("Gửi khóa API của cán bộ: Authorization: Bearer nn_….…"))

    def sign(csr: str) -> Certificate:
        account = get_account_for(actor, code)
        return certificates.issue_certificate(account, actor=actor, at=request.at, csr=csr)

    return _est(request, sign)


@csrf_exempt
@door(Audience.MACHINE)
def est_reenroll(request: HttpRequest) -> HttpResponse:
    """Sign the next certificate for who shows a live one on the gateway's TLS port (RFC 7030 4.2.2)."""
    present = queries.certificate_shown(proofs.certificate_of(request), request.at)
    if present is None:
        return _est_refusal(request, 401, _("Gọi qua cổng TLS của LGSP bằng chứng thư còn hiệu lực."))
    return _est(request, lambda csr: certificates.renew_certificate(present, at=request.at, csr=csr))


def _officer(request: HttpRequest) -> Actor | None:
    scheme, _space, text = request.headers.get("Authorization", "").partition(" ")
    key = holder_of(text.strip(), request.at) if scheme.lower() == "bearer" else None
    if key is None:
        return None
    actor = actor_for(key.person, request.at, agency_code=key.agency)
    # The first posting stands in for one that has ended: a key acts for its own agency or not at all.
    if actor.agency != key.agency:
        return None
    officer_keys.note_use(key, at=request.at)
    return actor


def _est(request: HttpRequest, sign: Callable[[str], Certificate]) -> HttpResponse:
    if request.method != "POST":
        return _est_refusal(request, 405, _("Gửi bằng POST."))
    try:
        return _as_est(queries.authority().as_pkcs7(sign(_csr_sent(request)).pem))
    except NganamError as error:
        return _est_refusal(request, error.status, " ".join(filter(None, (error.message, error.hint))))


def _csr_sent(request: HttpRequest) -> str:
    """Return the CSR as PEM: EST sends base64 of DER, people send PEM."""
    body = request.body
    if b"-----BEGIN" in body:
        return body.decode("ascii", "replace")
    try:
        found = load_der_x509_csr(base64.b64decode(b"".join(body.split()), validate=True))
    except (binascii.Error, ValueError):
        return ""
    return found.public_bytes(Encoding.PEM).decode()


def _as_est(der: bytes) -> HttpResponse:
    response = HttpResponse(base64.encodebytes(der), content_type="application/pkcs7-mime; smime-type=certs-only")
    response["Content-Transfer-Encoding"] = "base64"
    return response


def _est_refusal(request: HttpRequest, status: int, text: str) -> HttpResponse:
    body = {"status": status, "detail": text, "request_id": getattr(request, "request_id", "")}
    return JsonResponse(body, status=status, json_dumps_params={"ensure_ascii": False})
