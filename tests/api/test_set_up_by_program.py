"""What programs set up at the gateway: systems and their credentials, certificates, webhooks, what proves us outside.

Each by the deed of the page, so with its refusals; a secret goes in and is in no answer, record or row.
"""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from django.db import connection
from django.test.utils import CaptureQueriesContext

import national_platform
import scenes
import scenes_beyond
import scenes_upstreams
from by_program import JSON, done, refused
from gateway_rig import certificate_request
from nganam.audit.models import Entry
from nganam.lgsp.beyond.models import Platform
from nganam.lgsp.models import Delivery, Webhook
from nganam.lgsp.webhooks import operations as webhooks
from nganam.lgsp.webhooks import signing
from nganam.services.models import Upstream

pytestmark = pytest.mark.django_db
SECRET = "khoa-bi-mat-cua-he-thong-HIS"
SYSTEM = {
    "title": "Hệ thống khám chữa bệnh", "endpoints": "http://localhost:9/api", "answers": "json",
    "operations": "GET /nguoi/*\nPOST /phieu", "columns": "id | Mã\nho_ten | Họ tên | text | cá nhân",
    "credential_header": "X-API-Key", "timeout_seconds": 15, "concurrent": 64, "failures": 5,
}  # fmt: skip


@pytest.fixture
def allowed(settings, province):
    settings.NGANAM_UPSTREAM_NETWORKS = "127.0.0.0/8, ::1/128"


def nowhere(secret, *answers):
    """Say that a secret stands in no answer, no record and no row of what it was given for."""
    told = b"".join(one.content for one in answers).decode()
    rows = [list(model.objects.values()) for model in (Upstream, Platform, Webhook, Delivery)]
    kept = json.dumps([rows, [one.details for one in Entry.objects.all()]], default=str)
    return secret not in told and secret not in kept


# -- systems --


def test_a_system_is_declared_read_and_changed(program, lan, allowed):
    ours = program(lan)
    made = done(ours.post("/api/v1/upstreams", SYSTEM, **JSON), 201)
    assert (made["agency"], made["database"], made["credential_at"]) == ("CT-SYT", "", None)
    path = f"/api/v1/upstreams/{made['code']}"
    read = done(ours.get(path))
    assert read == made == done(ours.get("/api/v1/upstreams"))[0]
    # What was read can be sent back as it is: the lines are those the form takes.
    own = {name: read[name] for name in read.keys() & {*SYSTEM, "records", "envelope", "soap", "headers", "ca"}}
    changed = done(ours.put(path, own | {"operations": "GET /nguoi/*", "timeout_seconds": 20}, **JSON))
    assert (changed["operations"], changed["timeout_seconds"]) == ("GET /nguoi/*", 20)
    assert changed["columns"] == read["columns"]
    assert changed["version"] == read["version"] + 1
    late = ours.put(path, own | {"timeout_seconds": 30, "version": read["version"]}, **JSON)
    refused(late, 409, "state_moved")
    assert done(ours.get(path))["timeout_seconds"] == 20
    assert Entry.objects.filter(action="services.upstream.edited").count() == 1


def test_a_list_of_systems_asks_no_more_when_there_are_more(program, lan, allowed):
    ours, asked = program(lan), []
    for title in ("Một cửa", "Hộ tịch"):
        done(ours.post("/api/v1/upstreams", SYSTEM | {"title": title}, **JSON), 201)
        with CaptureQueriesContext(connection) as caught:
            done(ours.get("/api/v1/upstreams"))
        asked.append(len(caught))
    assert asked[0] == asked[1]


def test_a_system_is_refused_with_the_words_of_the_page(program, lan, minh, hoa, allowed):
    ours = program(lan)
    wrong = refused(ours.post("/api/v1/upstreams", SYSTEM | {"endpoints": "http://10.0.0.1/"}, **JSON), 422, "invalid")
    assert "10.0.0.1" in wrong["fields"]["endpoints"][0]
    named = refused(ours.post("/api/v1/upstreams", SYSTEM | {"khoa": "x"}, **JSON), 422, "invalid")
    assert set(named["fields"]) == {"khoa"}
    made = done(ours.post("/api/v1/upstreams", SYSTEM, **JSON), 201)
    refused(ours.post("/api/v1/upstreams", SYSTEM, **JSON), 422, "invalid")
    path = f"/api/v1/upstreams/{made['code']}"
    refused(program(hoa).get(path), 404, "not_found")
    refused(program(hoa).put(path, SYSTEM, **JSON), 404, "not_found")
    assert done(program(minh).get(path))["code"] == made["code"], "who runs the gateway sees every system"
    refused(program(minh).put(path, SYSTEM, **JSON), 403, "not_allowed")
    refused(program(minh).post("/api/v1/upstreams", SYSTEM, **JSON), 403, "not_allowed")


def test_the_credential_of_a_system_goes_in_and_never_out(program, lan, minh, hoa, allowed, data):
    found, ours = scenes_upstreams.upstream(), program(lan)
    path = f"/api/v1/upstreams/{found.code}/credential"
    refused(program(hoa).put(path, {"value": SECRET}, **JSON), 404, "not_found")
    denied = program(minh).put(path, {"value": SECRET}, **JSON)
    refused(denied, 403, "not_allowed")
    two_lines = ours.put(path, {"value": f"{SECRET}\nhai dòng"}, **JSON)
    assert set(refused(two_lines, 422, "invalid")["fields"]) == {"value"}
    answer = ours.put(path, {"value": SECRET}, **JSON)
    assert done(answer)["credential_at"] is not None
    assert answer["Cache-Control"] == "no-store"
    assert nowhere(SECRET, answer, denied, two_lines, ours.get(f"/api/v1/upstreams/{found.code}"))
    assert SECRET in (data / "gateway" / "secrets" / f"{found.code}.json").read_text()


# -- certificates --


def test_a_certificate_is_signed_for_the_programs_own_key_and_revoked(program, phuc, lan, hoa):
    account, ours = scenes.account(), program(phuc)
    path = f"/api/v1/cases/sharing.account/{account.code}/certificates"
    csr = certificate_request(ec.generate_private_key(ec.SECP256R1()))
    made = done(ours.post(path, {"csr": csr}, **JSON), 201)
    assert made["identity"] == "lgsp:VN/GOV/CT-X31507/MCDT"
    assert made["pem"].startswith("-----BEGIN CERTIFICATE-----")
    assert "PRIVATE" not in made["pem"]
    life = datetime.fromisoformat(made["not_after"]) - datetime.fromisoformat(made["issued_at"])
    assert life.total_seconds() == pytest.approx(timedelta(days=365).total_seconds(), abs=1)
    assert done(ours.get(path)) == [made]
    again = refused(ours.post(path, {"csr": csr}, **JSON), 422, "invalid")
    assert set(again["fields"]) == {"csr"}
    assert set(refused(ours.post(path, {"csr": csr, "days": 4000}, **JSON), 422, "invalid")["fields"]) == {"days"}
    refused(program(lan).post(path, {"csr": csr}, **JSON), 403, "not_allowed")
    refused(program(hoa).get(path), 404, "not_found")
    revoke = f"{path}/{made['serial']}/revoke"
    refused(program(hoa).post(revoke), 404, "not_found")
    assert done(ours.post(revoke))["revoked_at"] is not None
    refused(ours.post(revoke), 409, "state_moved")
    refused(ours.post(f"{path}/khong-co/revoke"), 404, "not_found")


def test_an_application_that_calls_out_gets_its_certificate(program, phuc, lan, hoa):
    access = scenes_beyond.access(scenes_beyond.platform(instance="QG"))
    path = f"/api/v1/cases/sharing.outbound/{access.outbound.code}/certificates"
    ours, csr = program(phuc), certificate_request(ec.generate_private_key(ec.SECP256R1()))
    made = done(ours.post(path, {"csr": csr}, **JSON), 201)
    assert done(ours.get(path)) == [made]
    assert set(refused(ours.post(path, {"csr": "x"}, **JSON), 422, "invalid")["fields"]) == {"csr"}
    refused(program(hoa).post(path, {"csr": csr}, **JSON), 404, "not_found")
    assert done(ours.post(f"{path}/{made['serial']}/revoke"))["revoked_at"] is not None
    refused(ours.post(f"{path}/khong-co/revoke"), 404, "not_found")


# -- what proves us at a platform beyond the province --


def test_what_proves_us_outside_goes_in_and_never_out(program, minh, lan, allowed):
    ca = national_platform.Ca("QG")
    found, ours = scenes_beyond.known(ca), program(minh)
    path = f"/api/v1/gateway/platforms/{found.code}"
    chain, key = ca.sign(uris=["urn:lgsp:soc-trang"], days=1)
    files = {name: {"name": f"{name}.pem", "content": base64.b64encode(text.encode()).decode()}
             for name, text in (("chain", chain), ("key", key))}  # fmt: skip
    answers = [ours.put(f"{path}/certificate", files, **JSON), ours.put(f"{path}/secret", {"value": SECRET}, **JSON)]
    assert done(answers[0])["certificate_until"] is not None
    done(answers[1])
    made = ours.post(f"{path}/key")
    assert set(done(made)["public_jwk"]) >= {"kty", "x", "y"}
    assert "d" not in made.json()["public_jwk"]
    assert nowhere(SECRET, *answers, made, ours.get(path))
    assert nowhere("PRIVATE KEY", *answers, ours.get(path))
    wrong = ours.put(f"{path}/certificate", files | {"key": files["chain"]}, **JSON)
    assert set(refused(wrong, 422, "invalid")["fields"]) == {"chain"}
    for answer in (
        program(lan).put(f"{path}/secret", {"value": SECRET}, **JSON),
        program(lan).put(f"{path}/certificate", files, **JSON),
        program(lan).post(f"{path}/key"),
    ):
        refused(answer, 404, "not_found")


# -- webhooks --


def test_a_program_brings_its_signing_secret_along_and_replays_what_was_not_taken(program, phuc, lan, hoa, allowed):
    account, ours, secret = scenes.account(), program(phuc), signing.new_secret()
    path = f"/api/v1/cases/sharing.account/{account.code}/webhook"
    refused(ours.get(path), 404, "not_found")
    wanted = {"url": "http://127.0.0.1:9/thong-bao", "secret": secret}
    for short in ("whsec_", "whsec_YWJj", secret.removeprefix("whsec_"), f"{secret}\n"):
        wrong = refused(ours.put(path, wanted | {"secret": short}, **JSON), 422, "invalid")
        assert set(wrong["fields"]) == {"secret"}
    assert set(refused(ours.put(path, {"url": wanted["url"]}, **JSON), 422, "invalid")["fields"]) == {"secret"}
    refused(program(hoa).put(path, wanted, **JSON), 404, "not_found")
    refused(program(lan).put(path, wanted, **JSON), 403, "not_allowed")
    made = ours.put(path, wanted, **JSON)
    assert (done(made)["url"], made.json()["stopped_at"]) == (wanted["url"], None)
    assert nowhere(secret, made, ours.get(path))
    assert signing.kept(webhooks.queries.data(), Webhook.objects.get().ref) == secret
    assert done(ours.post(f"{path}/test")) == {"queued": 1}
    [row] = done(ours.get(f"{path}/messages"))
    assert (row["state"], row["attempts"]) == ("waiting", 0)
    again = f"{path}/messages/{row['message_id']}/replay"
    refused(ours.post(again), 409, "rule_broken")
    at = datetime.now(UTC)
    for _attempt in range(8):  # nobody listens at port 9
        at += timedelta(days=1)
        webhooks.deliver_due(at=at)
    assert done(ours.get(f"{path}/messages"))[0]["state"] == "dead"
    refused(program(lan).post(again), 403, "not_allowed")
    refused(ours.post(f"{path}/messages/khong-co/replay"), 404, "not_found")
    assert done(ours.post(again))["state"] == "waiting"
    assert done(ours.post(f"{path}/stop"))["stopped_at"] is not None
    refused(program(hoa).post(f"{path}/stop"), 404, "not_found")
