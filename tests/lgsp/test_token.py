"""Getting a token: how a client proves itself, and what stands between it and a token."""

import base64
import hmac
import json
import time
from datetime import UTC, date, datetime, timedelta
from urllib.parse import quote

import pytest
from django.utils import timezone
from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey, import_key

import scenes
import scenes_services
from nganam.lgsp import keys, operations, tokens
from nganam.lgsp.models import Credential, Failure, UsedAssertion
from nganam.sharing.accounts.operations import move_account

pytestmark = pytest.mark.django_db
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@pytest.fixture
def account(province):
    return scenes.account()


@pytest.fixture
def credential(account):
    return operations.issue_credential(account, actor=scenes.PHUC, at=scenes.AT)


def basic(client_id, secret):
    text = base64.b64encode(f"{quote(client_id)}:{quote(secret)}".encode()).decode()
    return {"HTTP_AUTHORIZATION": f"Basic {text}"}


def ask(client, data=None, **headers):
    return client.post("/oauth2/token", {"grant_type": "client_credentials", **(data or {})}, **headers)


def claims_of(reply):
    public = import_key(client_keys(reply)[0])
    return jwt.decode(reply.json()["access_token"], public, algorithms=["ES256"]).claims


def client_keys(reply):
    return reply.client.get("/.well-known/jwks.json").json()["keys"]


@pytest.mark.law("D35.3", "S8.2d")
def test_a_client_with_its_secret_gets_a_token_for_its_service(client, account, credential):
    row, secret = credential
    reply = ask(client, **basic(row.client_id, secret))
    assert reply.status_code == 200, reply.content
    assert reply["Cache-Control"] == "no-store"
    body = reply.json()
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 300)
    assert body["service_url"].endswith(f"/r1/VN/GOV/CT-SYT/KHO/{account.service.code}")
    claims = claims_of(reply)
    assert claims["sub"] == "CT-X31507/MCDT"
    assert (claims["svc"], claims["acc"]) == ([account.service.code], [account.code])
    assert (claims["aud"], claims["client_id"]) == ("lgsp", row.client_id)
    assert claims["exp"] - claims["iat"] == 300


def test_the_secret_may_stand_in_the_form(client, credential):
    row, secret = credential
    assert ask(client, {"client_id": row.client_id, "client_secret": secret}).status_code == 200


def test_the_secret_is_kept_as_a_hash_only(credential):
    row, secret = credential
    assert secret not in json.dumps(
        {one.attname: str(getattr(row, one.attname)) for one in Credential._meta.concrete_fields}
    )
    assert row.secret_hash == operations.hashed(row.client_id, secret)


@pytest.mark.parametrize(
    ("data", "status", "error"),
    [
        ({"grant_type": ""}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({}, 401, "invalid_client"),
        ({"client_id": "TK-2026-0001.00000000", "client_secret": "x"}, 401, "invalid_client"),
        ({"client_assertion": "a.b.c"}, 400, "invalid_request"),
        ({"client_assertion": "a.b.c", "client_assertion_type": ASSERTION}, 401, "invalid_client"),
        ({"client_assertion": "a.b.c", "client_secret": "x"}, 400, "invalid_request"),
        ({"client_id": "\x00", "client_secret": "\x00"}, 401, "invalid_client"),
    ],
)
def test_refusals_have_the_codes_of_the_standard_and_vietnamese_words(client, credential, data, status, error):
    reply = ask(client, data)
    assert (reply.status_code, reply.json()["error"]) == (status, error)
    assert reply.json()["error_description"].strip()
    assert reply["Content-Type"] == "application/json"
    assert ("WWW-Authenticate" in reply) == (status == 401)


def test_a_wrong_secret_and_an_unknown_client_look_the_same(client, credential):
    row, _secret = credential
    wrong = ask(client, **basic(row.client_id, "sai")).json()
    unknown = ask(client, **basic("TK-2026-9999.00000000", "sai")).json()
    assert (wrong["error"], wrong["error_description"]) == (unknown["error"], unknown["error_description"])


def test_broken_headers_and_other_methods_are_refused(client, credential):
    for header in (
        "Basic ???",
        "Basic " + base64.b64encode(b"no-colon").decode(),
        "Basic " + base64.b64encode(b"\xff:").decode(),
    ):
        assert ask(client, HTTP_AUTHORIZATION=header).status_code == 401
    assert client.get("/oauth2/token").status_code == 405
    assert client.post("/oauth2/token", "{}", content_type="application/json").json()["error"] == "invalid_request"


@pytest.mark.law("D44")
def test_a_revoked_credential_gets_no_token(client, credential, account):
    row, secret = credential
    operations.revoke_credential(row, actor=scenes.LAN, at=scenes.AT)
    reply = ask(client, **basic(row.client_id, secret))
    assert (reply.status_code, reply.json()["error"]) == (401, "invalid_client")
    assert "thu hồi" in reply.json()["error_description"]


@pytest.mark.law("D43")
def test_a_locked_account_gets_no_token_until_restored(client, credential, account):
    row, secret = credential
    locked = move_account(actor=scenes.LAN, at=scenes.AT, account=account, transition="lock", reason="Kiểm tra")
    reply = ask(client, **basic(row.client_id, secret))
    assert (reply.status_code, reply.json()["error"]) == (400, "unauthorized_client")
    assert "tạm khóa" in reply.json()["error_description"]
    move_account(actor=scenes.LAN, at=scenes.AT, account=locked, transition="restore")
    assert ask(client, **basic(row.client_id, secret)).status_code == 200


def test_a_suspended_service_gives_no_token(client, credential, account):
    row, secret = credential
    scenes_services.suspended(account.service)
    assert ask(client, **basic(row.client_id, secret)).json()["error"] == "unauthorized_client"


def test_a_token_does_not_outlive_its_account(province):
    account = scenes.account(valid_until=date(2026, 12, 1))
    row, secret = operations.issue_credential(account, actor=scenes.PHUC, at=scenes.AT)
    midnight = datetime(2026, 11, 30, 17, tzinfo=UTC)
    proof = tokens.Proof(row.client_id, secret=secret)
    assert tokens.issue_token(proof, at=midnight - timedelta(seconds=90)).expires_in == 90
    with pytest.raises(tokens.TokenRefused) as refusal:
        tokens.issue_token(proof, at=midnight)
    assert refusal.value.error == "unauthorized_client"


def test_guessing_is_slowed_down_for_the_guesser_only(client, credential):
    row, secret = credential
    for _ in range(tokens.MOST_FAILURES):
        assert ask(client, **basic(row.client_id, "sai")).status_code == 401
    reply = ask(client, **basic(row.client_id, secret))
    assert (reply.status_code, reply.json()["error"]) == (429, "slow_down")
    assert 0 < int(reply["Retry-After"]) <= 60
    assert ask(client, REMOTE_ADDR="10.0.0.9", **basic(row.client_id, secret)).status_code == 200
    Failure.objects.update(minute=timezone.now() - timedelta(minutes=5))
    assert ask(client, **basic(row.client_id, secret)).status_code == 200


@pytest.fixture(params=["ES256", "EdDSA"])
def own_key(request, account):
    key = ECKey.generate_key("P-256") if request.param == "ES256" else OKPKey.generate_key("Ed25519")
    row = operations.register_key(account, actor=scenes.PHUC, at=scenes.AT, jwk=key.as_dict(private=False))
    return row, key, request.param


def assertion(row, key, algorithm, **changes):
    now = int(time.time())
    claims = {
        "iss": row.client_id, "sub": row.client_id, "aud": "http://127.0.0.1:8600/oauth2/token", "jti": "mot",
        "iat": now, "exp": now + 60, **changes,
    }  # fmt: skip
    text = jwt.encode({"alg": algorithm}, claims, key, algorithms=[algorithm])
    return {"client_assertion": text, "client_assertion_type": ASSERTION}


def test_a_signed_assertion_gets_a_token_once(client, own_key):
    sent = assertion(*own_key)
    assert ask(client, sent).status_code == 200
    again = ask(client, sent)
    assert (again.status_code, again.json()["error"]) == (401, "invalid_client")
    assert "jti" in again.json()["error_description"]
    assert ask(client, assertion(*own_key, jti="hai")).status_code == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "https://elsewhere/token"}, {"iss": "TK-2026-0001.ffffffff"}, {"exp": 1},
        {"exp": int(time.time()) + 7200}, {"jti": ""}, {"jti": "x" * 65}, {"jti": "a\0b"},
        # Worked out when tests are collected: still ahead of the clock when a long run comes to this one.
        {"iat": int(time.time()) + 86_400}, {"exp": "mai"},
    ],
)  # fmt: skip
def test_an_assertion_with_a_wrong_claim_is_refused(client, own_key, changes):
    reply = ask(client, assertion(*own_key, **changes))
    assert (reply.status_code, reply.json()["error"]) == (401, "invalid_client")


def test_an_assertion_signed_by_another_key_is_refused(client, own_key):
    row, _key, _algorithm = own_key
    reply = ask(client, assertion(row, ECKey.generate_key("P-256"), "ES256"))
    assert reply.json()["error"] == "invalid_client"
    assert not UsedAssertion.objects.exists()


def encoded(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "", "HS256", "HS512"])
def test_an_assertion_without_a_signature_or_signed_with_the_public_key_is_refused(client, own_key, alg):
    """The registered key is public: it must not become a shared secret in any form it is written in."""
    row, key, _algorithm = own_key
    body = assertion(*own_key)["client_assertion"].split(".")[1]
    signed = f"{encoded({'alg': alg, 'typ': 'JWT'})}.{body}"
    public = [json.dumps(key.as_dict(private=False)).encode(), key.as_pem(private=False), b""]
    digest = "sha512" if alg == "HS512" else "sha256"
    macs = [hmac.digest(secret or b"\0", signed.encode(), digest) for secret in public if alg.startswith("HS")]
    for mac in (*macs, b""):
        text = f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"
        reply = ask(client, {"client_assertion": text, "client_assertion_type": ASSERTION})
        assert (reply.status_code, reply.json()["error"]) == (401, "invalid_client"), reply.content
    assert not UsedAssertion.objects.exists()
    assert ask(client, assertion(row, key, _algorithm)).status_code == 200


def test_a_secret_does_not_open_a_credential_that_has_a_key(client, own_key):
    row, _key, _algorithm = own_key
    assert ask(client, **basic(row.client_id, "")).status_code == 401
    assert ask(client, {"client_id": row.client_id, "client_secret": "x"}).status_code == 401


def test_what_has_expired_is_forgotten(client, own_key):
    ask(client, assertion(*own_key))
    assert tokens.forget_old(at=timezone.now()) == 0
    assert tokens.forget_old(at=timezone.now() + timedelta(hours=2)) == 1


def test_signing_keys_overlap_and_their_private_part_is_a_private_file(client, credential, data):
    row, secret = credential
    assert ask(client, **basic(row.client_id, secret)).status_code == 200
    now = timezone.now()
    old = keys.signing_key(now)
    new = keys.rotate_key(actor=scenes.MINH, at=now)
    assert keys.signing_key(now) == old
    assert keys.signing_key(now + keys.LEAD_TIME) == new
    assert [one["kid"] for one in keys.published_keys(now)] == [old.kid, new.kid]
    assert [one["kid"] for one in keys.published_keys(now + keys.LEAD_TIME + keys.OVERLAP)] == [new.kid]
    assert "d" not in old.public
    file = data / "keys" / f"token-{old.kid}.json"
    assert "d" in json.loads(file.read_text())
    assert file.stat().st_mode & 0o077 == 0


def test_the_metadata_says_where_and_how(client):
    body = client.get("/.well-known/oauth-authorization-server").json()
    assert body["token_endpoint"] == "http://127.0.0.1:8600/oauth2/token"
    assert "private_key_jwt" in body["token_endpoint_auth_methods_supported"]


def test_the_metadata_names_every_endpoint_and_every_way(client):
    body = client.get("/.well-known/oauth-authorization-server").json()
    for name in ("token", "introspection", "revocation"):
        assert body[f"{name}_endpoint"].startswith("http://127.0.0.1:8600/oauth2/")
        assert body["mtls_endpoint_aliases"][f"{name}_endpoint"].startswith("https://127.0.0.1:8743/oauth2/")
        assert "tls_client_auth" in body[f"{name}_endpoint_auth_methods_supported"]
        assert body[f"{name}_endpoint_auth_signing_alg_values_supported"] == ["ES256", "EdDSA"]
        path = body[f"{name}_endpoint"].removeprefix("http://127.0.0.1:8600")
        assert client.get(path).status_code == 405
    assert body["tls_client_certificate_bound_access_tokens"] is True
    assert client.get(body["jwks_uri"].removeprefix("http://127.0.0.1:8600")).status_code == 200


@pytest.mark.parametrize(("granted", "asked", "named"), [
    ((), "", None), (("mot-cua",), "", "mot-cua"), (("mot-cua", "thong-ke"), "", "refused"),
    (("mot-cua", "thong-ke"), "thong-ke", "thong-ke"), ((), "mot-cua", "refused"),
    (("mot-cua",), "thong-ke", "refused"),
])  # fmt: skip
def test_a_token_names_a_purpose_among_those_granted(client, credential, monkeypatch, granted, asked, named):
    from nganam.lgsp import queries

    monkeypatch.setattr(queries, "purposes_of", lambda account: granted)
    row, secret = credential
    reply = ask(client, {"purpose": asked} if asked else {}, **basic(row.client_id, secret))
    if named == "refused":
        assert (reply.status_code, reply.json()["error"]) == (400, "invalid_scope")
    else:
        assert claims_of(reply).get("purpose") == named


def test_who_may_look_into_a_token(client, credential, account, province):
    """Its client and the provider of what it opens; to others it is as if it were none."""
    row, secret = credential
    token = ask(client, **basic(row.client_id, secret)).json()["access_token"]

    def looked(client_id, password, text=token):
        return client.post("/oauth2/introspect", {"token": text}, **basic(client_id, password)).json()

    assert looked(row.client_id, secret)["active"] is True
    assert looked(row.client_id, secret)["sub"] == "CT-X31507/MCDT"
    assert looked(row.client_id, secret, _spoilt(token)) == {"active": False}
    assert looked(row.client_id, secret, "x" * 9000) == {"active": False}
    assert looked(row.client_id, "sai")["error"] == "invalid_client"
    for agency, expected in (("CT-SKHCN", {"active": False}), ("CT-SYT", True)):
        other, password = _of_agency(agency, account)
        told = looked(other.client_id, password)
        assert told == expected or told["active"] is expected
        refusal = client.post("/oauth2/revoke", {"token": token}, **basic(other.client_id, password))
        assert (refusal.status_code, refusal.json()["error"]) == (400, "unauthorized_client")
    move_account(actor=scenes.LAN, at=timezone.now(), account=account, transition="lock", reason="Kiểm tra")
    assert looked(row.client_id, secret) == {"active": False}


def _spoilt(token):
    """The token with the first letter of its signature changed: its last letters carry bits that mean nothing."""
    signed, _dot, signature = token.rpartition(".")
    return f"{signed}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}"


def _of_agency(agency, account):
    """A credential of an application of ``agency``, on an account of its own to the same service."""
    from nganam.agencies.models import Agency
    from nganam.sharing.models import Account, Application, Request

    found = Agency.objects.get(code=agency)
    application = Application.objects.create(agency=found, code="KIEM", name="Kiểm", created_at=scenes.AT)
    request = Request.objects.get(pk=account.request_id)
    request.pk, request.code, request.application = None, f"YC-2026-9{found.pk:03d}", application
    request.save(force_insert=True)
    made = Account.objects.get(pk=account.pk)
    made.pk, made.code, made.application, made.request = None, f"TK-2026-9{found.pk:03d}", application, request
    made.save(force_insert=True)
    from nganam.kernel.actors import Actor, Kind, Role

    officer = Actor(Kind.PERSON, "x", "X", agency, frozenset({Role.FOCAL}))
    return operations.issue_credential(made, actor=officer, at=scenes.AT)


def test_what_was_given_up_is_forgotten_when_it_would_have_expired(client, credential):
    from nganam.lgsp.models import RevokedToken
    from nganam.lgsp.queries import denied_tokens

    row, secret = credential
    token = ask(client, **basic(row.client_id, secret)).json()["access_token"]
    assert client.post("/oauth2/revoke", {"token": token}, **basic(row.client_id, secret)).status_code == 200
    assert list(denied_tokens(timezone.now())) == [claims_jti(token)]
    assert list(denied_tokens(timezone.now() + timedelta(minutes=6))) == []
    tokens.forget_old(at=timezone.now() + timedelta(minutes=6))
    assert not RevokedToken.objects.exists()
    assert client.post("/oauth2/revoke", {}, **basic(row.client_id, secret)).json()["error"] == "invalid_request"


def claims_jti(token):
    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["jti"]


def test_the_old_header_is_read_and_two_ways_at_once_are_refused(client, credential):
    row, secret = credential
    said = base64.b64encode(json.dumps({"AccessKey": row.client_id, "SecretKey": secret}).encode()).decode()
    reply = ask(client, HTTP_LGSPACCESSTOKEN=said)
    assert reply.status_code == 200
    assert reply.json()["access_token"]
    both = ask(client, HTTP_LGSPACCESSTOKEN=said, **basic(row.client_id, secret))
    assert both.json()["error"] == "invalid_request"
    for broken in ("???", base64.b64encode(b"[]").decode(), base64.b64encode(b'{"AccessKey": "x"}').decode()):
        refused = ask(client, HTTP_LGSPACCESSTOKEN=broken)
        assert refused.json()["error"] == "invalid_client"
        # What clients of that time look for stands beside; to others nothing of it is said.
        told = {name: refused.json()[name] for name in ("error_code", "result", "message")}
        assert told == {"error_code": "-1", "result": None, "message": refused.json()["error_description"]}
        assert refused.status_code == 401
    assert "error_code" not in ask(client, **basic("TK-2026-9999.x", "y")).json()
    assert ask(client, HTTP_X_LGSP_LEGACY=said).status_code == 401


def test_headers_of_the_gateway_are_believed_from_the_gateway_only(client, account):
    operations.allow_certificates(account, actor=scenes.PHUC, at=scenes.AT)
    row = Credential.objects.get()
    for gate in ({}, {"HTTP_X_LGSP_GATE": "x"}, {"HTTP_X_LGSP_GATE": ""}):
        reply = ask(client, {"client_id": row.client_id}, HTTP_X_LGSP_CERTIFICATE="ff" * 32, **gate)
        assert reply.status_code == 401
