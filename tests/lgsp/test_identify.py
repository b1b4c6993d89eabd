"""Who calls, with everything real: web server, gateway, data server, keeper, certificates, tokens."""

import base64
import hmac
import json
import time
import urllib.parse

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from django.utils import timezone
from joserfc import jwt
from joserfc.jwk import ECKey

import scenes
from gateway_rig import Held, Reply, Stack, certificate_request, free_port, held, wait_for
from nganam.lgsp import certificates, keys, operations, proofs
from nganam.lgsp.authority import Issued
from nganam.lgsp.envoy.decided import Listen
from nganam.lgsp.models import Certificate, SigningKey
from nganam.services.queries import gateway_path

pytestmark = [pytest.mark.slow, pytest.mark.once]
WITHIN = 2.0
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@pytest.fixture
def running(data, committed_db, make_province):
    make_province()
    listen = Listen(port=free_port(), serving_port=free_port(), tls_port=free_port())
    stack = Stack(data, listen, web=f"127.0.0.1:{free_port()}")
    try:
        stack.start_serving()
        stack.start_web()
        stack.start_gateway()
        stack.start_keeper()
        wait_for(lambda: (data / "gateway" / "sds_server.json").exists() and speaks_tls(stack), 30)
        yield stack
    finally:
        stack.stop()


def speaks_tls(stack) -> bool:
    """The TLS listener comes with the first publication."""
    try:
        return stack.ask_tls("/healthz").status == 200
    except OSError:
        return False


@pytest.fixture
def account(running):
    return scenes.account()


@pytest.fixture
def path(account):
    return gateway_path(account.service, "VN") + "/00123"


def as_held(row, key, folder) -> Held:
    folder.mkdir(parents=True, exist_ok=True)
    return held(folder, key, Issued(row.pem, row.serial, row.fingerprint, row.key_digest, row.not_after))


@pytest.fixture
def own(account, tmp_path):
    """The application's certificate, issued to its officer."""
    key = ec.generate_private_key(ec.SECP256R1())
    row = certificates.issue_certificate(
        account, actor=scenes.PHUC, at=timezone.now(), csr=certificate_request(key), days=30
    )
    return as_held(row, key, tmp_path / "first")


def post(stack, path, form, shown=None, *, tls=True, headers=()) -> Reply:
    body = urllib.parse.urlencode(form).encode()
    sent = [("Content-Type", "application/x-www-form-urlencoded"), *headers]
    if tls:
        return stack.ask_tls(path, shown, method="POST", headers=sent, body=body)
    return stack.ask(path, method="POST", headers=sent, body=body)


def until(ask, status, seconds=WITHIN):
    began = time.monotonic()
    wait_for(lambda: ask().status == status, seconds)
    return time.monotonic() - began


class XRoadClient:
    """A client of X-Road's REST protocol (PR-REST), as one is written: base address, client id, a certificate."""

    def __init__(self, stack: Stack, client: str, shown: Held) -> None:
        self._stack, self._client, self._shown = stack, client, shown

    def get(self, service: str, rest: str = "", **headers: str) -> Reply:
        said = [("X-Road-Client", self._client), *((f"X-Road-{name}", value) for name, value in headers.items())]
        return self._stack.ask_tls(f"/r1/{urllib.parse.quote(service)}{rest}", self._shown, headers=said)

    def meta(self, path: str) -> Reply:
        return self._stack.ask_tls(path, self._shown, headers=[("X-Road-Client", self._client)])


def test_a_client_written_for_x_road_works_after_changing_host_and_ids(running, account, own):
    service = gateway_path(account.service, "VN").removeprefix("/r1/")
    client = XRoadClient(running, "VN/GOV/CT-X31507/MCDT", own)
    until(lambda: client.get(service, "/00123"), 200, 10)
    said = {"Id": "7e7b1a1c-0b6f-4d1c-9d3b-1f1d6f6f0a11", "UserId": "VN079200000001", "Issue": "HS-2026-17"}
    reply = client.get(service, "/00123?", **said)
    assert reply.json["data"]["ma_co_so"] == "00123"
    assert reply.headers["x-road-client"] == "VN/GOV/CT-X31507/MCDT"
    assert (reply.headers["x-road-service"], reply.headers["x-road-id"]) == (service, said["Id"])
    assert reply.headers["x-road-request-id"] == reply.headers["x-request-id"]
    assert "x-road-error" not in reply.headers
    made = client.get(service, "/00123").headers
    assert made["x-road-id"] == made["x-request-id"]

    # The provider's own refusal comes through as it is; the platform's is in X-Road's form.
    absent = client.get(service, "/99999")
    assert (absent.status, "x-road-error" in absent.headers) == (404, False)
    unknown = client.get("VN/GOV/CT-SYT/KHO/DV-2026-9999")
    assert (unknown.status, unknown.json["type"]) == (404, "server.serverproxy.unknown_service")
    assert unknown.headers["x-road-error"] == unknown.json["type"]
    assert {"type", "message", "detail"} <= set(unknown.json)

    here = "/r1/VN/GOV/CT-SYT/KHO"
    members = client.meta("/listClients").json["member"]
    assert {"CT-SYT", "CT-X31507"} <= {one["id"]["member_code"] for one in members}
    listed = client.meta(f"{here}/listMethods").json["service"]
    assert [one["service_code"] for one in listed] == [account.service.code]
    offered = ("/", "/$aggregate", "/$batch", "/$changes", "/*")
    assert listed[0]["endpoint_list"] == [{"method": "GET", "path": path} for path in offered]
    assert client.meta(f"{here}/allowedMethods").json["service"] == listed
    document = client.meta(f"{here}/getOpenAPI?serviceCode={account.service.code}").json
    assert (document["openapi"], document["info"]["title"]) == ("3.1.0", account.service.name)
    missing = client.meta(f"{here}/getOpenAPI?serviceCode=DV-2026-9999")
    assert (missing.status, missing.headers["x-road-error"]) == (404, "server.serverproxy.unknown_service")
    assert running.ask("/listClients").status == 401

    # Nothing of this asks Django: it works on with the web server and the keeper dead.
    running.kill("web")
    running.kill("keeper")
    assert client.get(service, "/00123").status == 200
    assert client.meta(f"{here}/allowedMethods").json["service"] == listed


def test_a_token_by_certificate_is_good_with_it_only(running, account, path, own):
    client_id = account.credentials.get().client_id
    form = {"grant_type": "client_credentials", "client_id": client_id}
    until(lambda: running.ask_tls(path, own), 200, 10)
    reply = post(running, "/oauth2/token", form, own)
    assert reply.status == 200, reply.body
    token = reply.json["access_token"]
    payload = token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    thumbprint = base64.urlsafe_b64encode(bytes.fromhex(own.issued.fingerprint)).rstrip(b"=").decode()
    assert claims["cnf"] == {"x5t#S256": thumbprint}
    assert running.ask_tls(path, own, token).status == 200
    assert running.ask(path, token).json["code"] == "token_bound"
    assert running.ask_tls(path, None, token).json["code"] == "token_bound"
    # Nobody gets one without the certificate, nor by writing its digest down.
    forged = [("x-lgsp-certificate", own.issued.fingerprint), ("x-lgsp-gate", "guess")]
    for headers in ((), forged):
        for tls in (True, False):
            assert post(running, "/oauth2/token", form, tls=tls, headers=headers).status == 401
        assert _to_web(running, form, headers).status == 401


def test_an_assertion_is_good_once_and_only_signed_with_its_key_through_the_gateway_too(running, account):
    """Both ports lead to the token endpoint: what was used at one is used at the other."""
    key = ECKey.generate_key("P-256")
    row = operations.register_key(account, actor=scenes.PHUC, at=timezone.now(), jwk=key.as_dict(private=False))
    now = int(time.time())
    claims = {
        "iss": row.client_id, "sub": row.client_id, "aud": "http://127.0.0.1:8600/oauth2/token", "jti": "mot",
        "iat": now, "exp": now + 200,
    }  # fmt: skip
    form = {"grant_type": "client_credentials", "client_assertion_type": ASSERTION}
    good = jwt.encode({"alg": "ES256"}, claims, key)
    body, signature = good.split(".")[1:]

    def ask(text, *, tls):
        return post(running, "/oauth2/token", form | {"client_assertion": text}, tls=tls)

    for alg in ("none", "HS256"):
        head = base64.urlsafe_b64encode(json.dumps({"alg": alg}).encode()).rstrip(b"=").decode()
        mac = hmac.digest(json.dumps(key.as_dict(private=False)).encode(), f"{head}.{body}".encode(), "sha256")
        for end in ("", signature, base64.urlsafe_b64encode(mac).rstrip(b"=").decode()):
            assert ask(f"{head}.{body}.{end}", tls=False).json["error"] == "invalid_client"
    assert ask(good, tls=False).status == 200
    assert {(one.status, one.json["error"]) for one in (ask(good, tls=True), ask(good, tls=False))} == {
        (401, "invalid_client")
    }


def _to_web(stack, form, headers):
    """Ask the web server past the gateway."""
    aside = Stack(stack.data, Listen(port=int(stack.web.rpartition(":")[2])))
    return post(aside, "/oauth2/token", form, tls=False, headers=headers)


def test_revoking_acts_on_certificates_at_once(running, account, path, own, record_property):
    until(lambda: running.ask_tls(path, own), 200, 10)
    row = Certificate.objects.get()
    took = {}
    certificates.revoke_certificate(row, actor=scenes.PHUC, at=timezone.now())
    took["certificate"] = until(lambda: running.ask_tls(path, own), 403)
    assert running.ask_tls(path, own).json["code"] == "access_revoked"
    revoked = x509.load_der_x509_crl(running.ask("/lgsp/ca.crl").body)
    assert revoked.get_revoked_certificate_by_serial_number(int(row.serial, 16)) is not None
    record_property("seconds", took)
    assert max(took.values()) < WITHIN


def test_an_account_that_stops_allowing_certificates_is_closed_to_them_at_once(running, account, path, own):
    until(lambda: running.ask_tls(path, own), 200, 10)
    operations.revoke_credential(account.credentials.get(), actor=scenes.LAN, at=timezone.now())
    until(lambda: running.ask_tls(path, own), 403)
    operations.allow_certificates(account, actor=scenes.PHUC, at=timezone.now())
    until(lambda: running.ask_tls(path, own), 200)


def test_an_application_renews_its_certificate_by_itself(running, account, path, own, tmp_path):
    until(lambda: running.ask_tls(path, own), 200, 10)
    key = ec.generate_private_key(ec.SECP256R1())
    der = x509.load_pem_x509_csr(certificate_request(key).encode()).public_bytes(Encoding.DER)
    body = base64.encodebytes(der)
    where, kind = "/.well-known/est/simplereenroll", [("Content-Type", "application/pkcs10")]
    assert running.ask_tls(where, None, method="POST", headers=kind, body=body).status == 401
    assert running.ask(where, method="POST", headers=kind, body=body).status == 401
    reply = running.ask_tls(where, own, method="POST", headers=kind, body=body)
    assert reply.status == 200, reply.body
    got = pkcs7.load_der_pkcs7_certificates(base64.b64decode(reply.body))
    fresh = next(one for one in got if one.public_key() == key.public_key())
    row = Certificate.objects.get(fingerprint=fresh.fingerprint(SHA256()).hex())
    following = as_held(row, key, tmp_path / "second")
    assert running.ask_tls(path, following).status == 200
    old = Certificate.objects.get(fingerprint=own.issued.fingerprint)
    certificates.revoke_certificate(old, actor=scenes.PHUC, at=timezone.now())
    until(lambda: running.ask_tls(path, own), 403)
    assert running.ask_tls(path, following).status == 200
    # The same key is not signed twice, and a revoked certificate renews nothing.
    assert running.ask_tls(where, following, method="POST", headers=kind, body=body).status == 422
    assert running.ask_tls(where, own, method="POST", headers=kind, body=body).status == 403


def test_an_old_client_sends_its_header_with_everything(running, account, path):
    """As existing provincial clients do: the header at the token endpoint and beside every token."""
    row, secret = operations.issue_credential(account, actor=scenes.PHUC, at=timezone.now())
    said = {"AccessKey": row.client_id, "SecretKey": secret, "AppName": "mcdt", "PartnerCode": "", "PartnerCodeCus": ""}
    legacy = [("lgspaccesstoken", base64.b64encode(json.dumps(said).encode()).decode())]
    form = {"grant_type": "client_credentials"}
    for tls in (True, False):
        token = post(running, "/oauth2/token", form, tls=tls, headers=legacy).json["access_token"]
        until(lambda token=token: running.ask(path, token, headers=legacy), 200, 10)
    assert post(running, "/oauth2/token", form, headers=[("lgspaccesstoken", "!")]).json["error"] == "invalid_client"
    # Under the name the gateway gives it, it is believed from the gateway only.
    assert _to_web(running, form, [("x-lgsp-legacy", legacy[0][1])]).status == 401
    assert running.ask(path, headers=legacy).status == 401


def test_an_api_key_is_exchanged_for_a_token_and_opens_nothing_itself(running, account, path):
    row, key = operations.issue_api_key(account, actor=scenes.PHUC, at=timezone.now())
    form = {"grant_type": proofs.EXCHANGE, "subject_token": key, "subject_token_type": proofs.API_KEY_TYPE}
    reply = post(running, "/oauth2/token", form)
    assert reply.json["issued_token_type"] == "urn:ietf:params:oauth:token-type:access_token"
    token = reply.json["access_token"]
    until(lambda: running.ask(path, token), 200, 10)
    assert running.ask(path, key).json["code"] == "token_invalid"
    for name in ("X-API-Key", "apikey"):
        assert running.ask(path, headers=[(name, key)]).json["code"] == "token_missing"
    secret = key.removeprefix(f"{row.client_id}.")
    as_secret = {"grant_type": "client_credentials", "client_id": row.client_id, "client_secret": secret}
    assert post(running, "/oauth2/token", as_secret).json["error"] == "invalid_client"
    operations.revoke_credential(row, actor=scenes.PHUC, at=timezone.now())
    until(lambda: running.ask(path, token), 403)
    assert post(running, "/oauth2/token", form).json["error"] == "invalid_client"


def test_a_client_gives_up_its_token_and_it_is_refused_at_once(running, account, path):
    row, secret = operations.issue_credential(account, actor=scenes.PHUC, at=timezone.now())
    proof = {"client_id": row.client_id, "client_secret": secret}
    first, second = (
        post(running, "/oauth2/token", {"grant_type": "client_credentials", **proof}).json["access_token"] for _ in "12"
    )
    until(lambda: running.ask(path, first), 200, 10)
    told = post(running, "/oauth2/introspect", {"token": first, **proof}).json
    assert (told["active"], told["client_id"], told["svc"]) == (True, row.client_id, [account.service.code])
    assert post(running, "/oauth2/revoke", {"token": first, **proof}).status == 200
    until(lambda: running.ask(path, first), 403)
    assert running.ask(path, second).status == 200
    assert post(running, "/oauth2/introspect", {"token": first, **proof}).json == {"active": False}
    # An unknown one is as good as given up; again is no fault.
    assert post(running, "/oauth2/revoke", {"token": "x.y.z", **proof}).status == 200
    assert post(running, "/oauth2/revoke", {"token": first, **proof}).status == 200


def test_signing_keys_are_rotated_while_calls_go_on(running, account, path):
    row, secret = operations.issue_credential(account, actor=scenes.PHUC, at=timezone.now())
    form = {"grant_type": "client_credentials", "client_id": row.client_id, "client_secret": secret}
    old = post(running, "/oauth2/token", form).json["access_token"]
    until(lambda: running.ask(path, old), 200, 10)
    keys.rotate_key(actor=scenes.MINH, at=timezone.now() - keys.LEAD_TIME)  # signs from now on
    new = post(running, "/oauth2/token", form).json["access_token"]
    assert new.split(".")[0] != old.split(".")[0]
    until(lambda: running.ask(path, new), 200)
    assert running.ask(path, old).status == 200
    assert len(running.ask("/.well-known/jwks.json").json["keys"]) == 2
    SigningKey.objects.filter(retired_at__isnull=False).update(retired_at=timezone.now() - keys.OVERLAP)
    until(lambda: running.ask(path, old), 401)
    assert running.ask(path, new).status == 200
