"""Tokens nobody issued, at a real gateway through its socket: algorithms, keys, headers, audiences, repetitions."""

import base64
import hashlib
import hmac
import json
import time

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from gateway_rig import ISSUER, OPEN, SCHOOL, address, new_key

pytestmark = pytest.mark.slow


def part(value):
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def claims(**changes):
    now = int(time.time())
    return {
        "iss": ISSUER, "aud": "lgsp", "sub": SCHOOL, "client_id": "TK-2026-0001.aa", "svc": [OPEN],
        "acc": ["TK-2026-0001"], "jti": "j1", "iat": now, "exp": now + 300, **changes,
    }  # fmt: skip


@pytest.fixture
def ask(stack):
    def asked(token, status=401, code="token_invalid"):
        reply = stack.ask(address(OPEN, "/0007"), token)
        assert (reply.status, reply.json["code"]) == (status, code), (token, reply.body)

    return asked


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "nOnE", ""])
def test_no_spelling_of_none_is_an_algorithm(ask, mint, alg):
    signature = mint.token().rsplit(".", 1)[1]
    for end in ("", signature):
        ask(f"{part({'alg': alg, 'typ': 'JWT', 'kid': 'k1'})}.{part(claims())}.{end}")


def test_the_public_key_is_no_shared_secret(ask, mint):
    """The old trick: say HS256 and sign with the public key, in every form it is published in."""
    public, info = mint.key.public_key.public_bytes, PublicFormat.SubjectPublicKeyInfo
    forms = [
        public(Encoding.PEM, info), public(Encoding.DER, info),
        json.dumps(mint.key.as_dict(private=False)).encode(), mint.key.as_dict(private=False)["x"].encode(), b"",
    ]  # fmt: skip
    for secret in forms:
        signed = f"{part({'alg': 'HS256', 'typ': 'JWT', 'kid': 'k1'})}.{part(claims())}"
        ask(f"{signed}.{part(hmac.new(secret, signed.encode(), hashlib.sha256).digest())}")


def test_keys_that_the_token_brings_along_are_not_used(ask):
    own = new_key("k1")
    for header in (
        {"jwk": own.as_dict(private=False)}, {"jku": "http://127.0.0.1:1/jwks"}, {"x5u": "http://127.0.0.1:1/x"},
        {"kid": "../../../dev/null"}, {"kid": "k1\x00"}, {"kid": ["k1"]}, {"crit": ["exp"]},
    ):  # fmt: skip
        head = {"alg": "ES256", "typ": "JWT", "kid": "k1", **header}
        signed = f"{part(head)}.{part(claims())}"
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
        from cryptography.hazmat.primitives.hashes import SHA256

        r, s = decode_dss_signature(own.private_key.sign(signed.encode(), ec.ECDSA(SHA256())))
        ask(f"{signed}.{part(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}")


def test_an_empty_or_zero_signature_is_none(ask, mint):
    head, body, _signature = mint.token().split(".")
    for signature in ("", part(b"\0" * 64), part(b"\0" * 63), part(b"\xff" * 64)):
        ask(f"{head}.{body}.{signature}")


def test_another_kind_of_key_under_our_id_is_refused(ask):
    rsa = RSAKey.generate_key(2048, {"kid": "k1"})
    ask(jwt.encode({"alg": "RS256", "kid": "k1"}, claims(), rsa))
    ask(
        jwt.encode(
            {"alg": "ES384", "kid": "k1"}, claims(), ECKey.generate_key("P-384", {"kid": "k1"}), algorithms=["ES384"]
        )
    )
    ask(jwt.encode({"alg": "HS256", "kid": "k1"}, claims(), OctKey.import_key("k" * 32), algorithms=["HS256"]))


def test_a_changed_claim_breaks_the_signature(ask, mint):
    head, _body, signature = mint.token(svc=["DV-2026-0002"]).split(".")
    ask(f"{head}.{part(claims())}.{signature}")


@pytest.mark.parametrize("changes", [{"aud": "elsewhere"}, {"aud": []}, {"aud": None}, {"aud": ["LGSP"]}])
def test_a_token_for_others_is_refused(stack, mint, changes):
    assert stack.ask(address(OPEN, "/0007"), mint.token(**changes)).status in {401, 403}


@pytest.mark.parametrize(
    "changes",
    [{"nbf": int(time.time()) + 3600}, {"iat": int(time.time()) - 86_400, "exp": int(time.time()) - 86_000},
     {"exp": "2099-01-01"}, {"exp": -1}, {"exp": 2**40}],
)  # fmt: skip
def test_a_token_not_of_this_time_is_refused(stack, mint, changes):
    assert stack.ask(address(OPEN, "/0007"), mint.token(**changes)).status == 401


def test_a_token_stands_in_its_header_only(stack, mint):
    token = mint.token()
    assert stack.ask(address(OPEN, f"/0007?access_token={token}")).status == 401
    for headers in ([("Cookie", f"access_token={token}")], [("X-Authorization", f"Bearer {token}")],
                    [("Proxy-Authorization", f"Bearer {token}")]):  # fmt: skip
        assert stack.ask(address(OPEN, "/0007"), headers=headers).status == 401


def test_forwarded_headers_change_nothing(stack, mint):
    said = [("X-Forwarded-For", "10.9.8.7"), ("Forwarded", "for=10.9.8.7"), ("X-Real-IP", "10.9.8.7"),
            ("X-Forwarded-Host", "serving"), ("X-Forwarded-Proto", "https"), ("X-Envoy-Original-Path", "/metrics"),
            ("X-Original-URL", "/metrics"), ("X-Rewrite-URL", "/metrics"), ("X-HTTP-Method-Override", "DELETE"),
            ("X-Envoy-External-Address", "10.9.8.7"), ("X-Envoy-Upstream-Rq-Timeout-Ms", "1")]  # fmt: skip
    reply = stack.ask(address(OPEN, "/0007"), mint.token(), headers=said)
    assert (reply.status, reply.json["data"]["ma"]) == (200, "0007")
    wanted = reply.headers["x-request-id"]
    from gateway_rig import wait_for

    line = wait_for(lambda: next((one for one in stack.log_lines() if one.get("xRequestId") == wanted), None))
    assert line["clientAddress"] == "127.0.0.1"
    assert line["restPath"].startswith("/r1/")
