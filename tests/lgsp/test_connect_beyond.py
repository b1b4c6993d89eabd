"""Platforms beyond the province on their pages and through the JSON interface."""

from datetime import UTC, datetime

import pytest

import scenes
import scenes_beyond
import scenes_outside
from gateway_rig import certificate_request
from national_platform import Ca
from nganam.lgsp import queries as lgsp
from nganam.lgsp.beyond import exchanging, needs
from nganam.lgsp.beyond.models import Platform
from scenes_beyond import proven

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("province"), pytest.mark.law("S17.4")]
AT, MINH, LAN, PHUC = scenes.AT, scenes.MINH, scenes.LAN, scenes.PHUC


@pytest.fixture(scope="module")
def ca() -> Ca:
    return Ca()


@pytest.fixture(autouse=True)
def _network(settings):
    settings.NGANAM_UPSTREAM_NETWORKS = "127.0.0.0/8"


@pytest.fixture
def sign_in(client):
    def enter(username):
        client.logout()
        assert client.login(username=username, password=scenes.PASSWORD)
        return client

    return enter


def pem(name, text):
    from django.core.files.uploadedfile import SimpleUploadedFile

    return SimpleUploadedFile(name, text.encode(), content_type="application/x-pem-file")


def test_the_operator_connects_a_platform_on_its_pages(ca, sign_in):
    scenes_beyond.listening()
    client = sign_in("minh")
    assert "Chưa có nền tảng nào" in client.get("/nen-tang/").content.decode()
    bare = {"title": "Nền tảng quốc gia", "kind": "xroad", "timeout_seconds": 20, "concurrent": 64}
    answer = client.post("/nen-tang/khai-bao/", bare)
    found = Platform.objects.get()
    assert answer.url == f"/nen-tang/{found.code}/"
    shown = client.get(answer.url).content.decode()
    assert "chưa biết" in shown
    assert "Mở kết nối" not in shown
    refused = client.post(f"{answer.url}mo/", {"direction": "outgoing", "reason": "x"}, follow=True)
    assert "Chưa biết: Mã instance" in refused.content.decode()
    known_now = {
        **bare, "instance": "QG", "endpoints": "https://127.0.0.1:9443", "ca": ca.pem, "client": "QG/GOV/ST/LGSP",
        "incoming_host": "vao.lgsp.example", "incoming_ca": ca.pem, "incoming_naming": "uri",
    }  # fmt: skip
    assert client.post(f"{answer.url}sua/", known_now).status_code == 302
    bad = client.post(f"{answer.url}sua/", {**known_now, "endpoints": "https://169.254.169.254"})
    assert bad.status_code == 422
    assert "không bao giờ được gọi" in bad.content.decode()
    chain, key = ca.sign(uris=["urn:x"])
    wrong = client.post(f"{answer.url}chung-thu/", {"chain": pem("a.pem", chain), "key": pem("a.key", "x")})
    assert wrong.status_code == 422
    sent = {"chain": pem("a.pem", chain), "key": pem("a.key", key)}
    assert client.post(f"{answer.url}chung-thu/", sent).status_code == 302
    for direction in needs.DIRECTIONS:
        opened = client.post(f"{answer.url}mo/", {"direction": direction, "reason": "Đã thử"}, follow=True)
        assert "Đã mở kết nối." in opened.content.decode()
    found.refresh_from_db()
    assert found.outgoing_at
    assert found.incoming_at
    assert "PRIVATE KEY" not in client.get(answer.url).content.decode()


def test_the_operator_enters_a_service_opens_it_and_admits_a_caller(ca, sign_in):
    client, found = sign_in("minh"), proven(ca)
    listed, outbound = scenes_outside.listed(), scenes_beyond.approved()
    account = scenes_outside.granted()
    page = f"/nen-tang/{found.code}/"
    typed = {"external": listed.code, "identifier": scenes_beyond.IDENTIFIER, "operations": "GET /doanh-nghiep/*"}
    assert client.get(f"{page}dich-vu/").status_code == 200
    assert client.post(f"{page}dich-vu/", {**typed, "operations": ""}).status_code == 422
    assert client.post(f"{page}dich-vu/", typed).status_code == 302
    service = found.services.get()
    changed = client.post(f"{page}dich-vu/{service.code}/", {"operations": "GET /doanh-nghiep/*\nPOST /ho-so"})
    assert changed.status_code == 302
    assert client.get(f"{page}dich-vu/{service.code}/").status_code == 200
    asked = {"service": service.code, "outbound": outbound.code}
    assert client.get(f"{page}quyen/").status_code == 200
    assert client.post(f"{page}quyen/", asked).status_code == 302
    assert client.get(f"{page}ben-goi/").status_code == 200
    member = {"application": account.application.subject, "client": scenes_beyond.CLIENT, "named": scenes_beyond.NAMED}
    assert client.post(f"{page}ben-goi/", member).status_code == 302
    shown = client.get(page).content.decode()
    for text in (
        service.code,
        outbound.code,
        scenes_beyond.CLIENT,
        "/r1/QG/GOV/BTC/DKDN/tra-cuu",
        account.service.code,
    ):
        assert text in shown
    call = f"/ngoai-tinh/di/{outbound.code}/goi/"
    assert "/r1/QG/GOV/BTC/DKDN/tra-cuu" in sign_in("phuc").get(call).content.decode()
    assert sign_in("lan").get(call).status_code == 404
    assert sign_in("lan").get(page).status_code in {403, 404}
    client = sign_in("minh")
    ended = client.post(f"{page}quyen/{outbound.code}/dong/", {"reason": "Hết nhu cầu"}, follow=True)
    assert "Đã đóng quyền gọi." in ended.content.decode()
    assert client.post(f"{page}ben-goi/{found.members.get().pk}/ngung/", {"reason": "Hết"}).status_code == 302
    assert client.post(f"{page}dich-vu/{service.code}/ngung/", {"reason": ""}, follow=True).status_code == 200
    service.refresh_from_db()
    assert service.ended_at is None
    client.post(f"{page}dich-vu/{service.code}/ngung/", {"reason": "Ngừng"})
    service.refresh_from_db()
    assert service.ended_at


def test_a_unit_gets_its_certificate_on_the_page_of_its_proposal(ca, sign_in):
    from cryptography.hazmat.primitives.asymmetric import ec

    access = scenes_beyond.access(proven(ca))
    csr = certificate_request(ec.generate_private_key(ec.SECP256R1()))
    answer = sign_in("phuc").post(f"/ngoai-tinh/di/{access.outbound.code}/goi/", {"csr": csr})
    assert "-----BEGIN CERTIFICATE-----" in answer.content.decode()


def test_a_certificate_without_an_account_is_revoked_on_that_page(ca, sign_in):
    from cryptography.hazmat.primitives.asymmetric import ec

    access = scenes_beyond.access(proven(ca))
    csr = certificate_request(ec.generate_private_key(ec.SECP256R1()))
    made = exchanging.certify_access(actor=PHUC, at=datetime.now(UTC), access=access, csr=csr)
    page = f"/ngoai-tinh/di/{access.outbound.code}/goi/"
    away = f"{page}chung-thu/{made.serial}/thu-hoi/"
    assert away in sign_in("phuc").get(page).content.decode()
    assert sign_in("lan").post(away).status_code == 404
    assert sign_in("phuc").post(f"{page}chung-thu/khac/thu-hoi/").status_code == 404
    shown = sign_in("phuc").post(away, follow=True).content.decode()
    assert "Đã thu hồi chứng thư" in shown
    assert away not in shown
    made.refresh_from_db()
    assert made.revoked_at
    assert made.fingerprint in lgsp.revoked_certificates(datetime.now(UTC)).values_list("fingerprint", flat=True)


def test_the_operators_program_does_the_same(ca):
    scenes_beyond.listening()
    from by_program import JSON, done, program_of, refused

    program, others = program_of(MINH), program_of(LAN)
    told = {
        "title": "NDXP", "kind": "xroad", "instance": "QG", "endpoints": "https://127.0.0.1:9443", "ca": ca.pem,
        "client": "QG/GOV/ST/LGSP", "incoming_host": "vao.lgsp.example", "incoming_ca": ca.pem,
        "incoming_naming": "uri", "timeout_seconds": 20, "concurrent": 64,
    }  # fmt: skip
    refused(others.post("/api/v1/gateway/platforms", told, **JSON), 403, "not_allowed")
    made = done(program.post("/api/v1/gateway/platforms", told, **JSON), 201)
    assert made["unknown"] == {"outgoing": ["Chứng thư của LGSP tại nền tảng"], "incoming": []}
    at = f"/api/v1/gateway/platforms/{made['code']}"
    refused(others.get(at), 404, "not_found")
    assert done(others.get("/api/v1/gateway/platforms")) == []
    open_ = {"direction": "outgoing", "reason": "Đã thử"}
    refused(program.post(f"{at}/open", open_, **JSON), 409, "rule_broken")
    entered = {"external": scenes_outside.listed().code, "identifier": scenes_beyond.IDENTIFIER, "operations": "GET /a"}
    service = done(program.post(f"{at}/services", entered, **JSON), 201)
    assert service["address"] == "/r1/QG/GOV/BTC/DKDN/tra-cuu"
    changed = done(program.put(f"{at}/services/{service['code']}", {"operations": "GET /b/*"}, **JSON))
    assert changed["operations"][0]["path"] == "/b/*"
    pair = {"service": service["code"], "outbound": scenes_beyond.approved().code}
    opened = done(program.post(f"{at}/accesses", pair, **JSON), 201)
    assert opened["application"] == "CT-X31507/MCDT"
    account = scenes_outside.granted()
    who = {"application": "BO-YT/HSSK", "client": scenes_beyond.CLIENT, "named": scenes_beyond.NAMED}
    member = done(program.post(f"{at}/members", who, **JSON), 201)
    assert member["reaches"] == [account.service.code]
    incoming = {"direction": "incoming", "reason": "Đã thử"}
    assert done(program.post(f"{at}/open", incoming, **JSON))["incoming_at"]
    assert done(program.post(f"{at}/stop", incoming, **JSON))["incoming_at"] is None
    unsaid = {name: value for name, value in told.items() if name not in {"ca", "incoming_ca"}}
    assert done(program.put(at, {**unsaid, "title": "NDXP 2"}, **JSON))["title"] == "NDXP 2"
    assert {Platform.objects.get().ca, Platform.objects.get().incoming_ca} == {ca.pem}
    why = {"reason": "Hết"}
    assert done(program.post(f"{at}/members/{member['id']}/dismiss", why, **JSON))["ended_at"]
    assert done(program.post(f"{at}/accesses/{pair['outbound']}/end", why, **JSON))["ended_at"]
    assert done(program.post(f"{at}/services/{service['code']}/end", why, **JSON))["ended_at"]
    shown = done(program.get(at))
    assert (shown["services"], shown["accesses"], shown["members"]) == ([], [], [])
