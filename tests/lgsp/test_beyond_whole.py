"""From the declaration to the answer: the province's database, publication and gateway, and the stand-in's gateway."""

import http.client
import json
import ssl
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings as django_settings
from django.utils import timezone

import scenes
import scenes_beyond
import scenes_outside
from gateway_rig import Stack, certificate_request, free_port, held, wait_for
from national_platform import INSTANCE, SERVICE, US, Platform
from nganam.lgsp import gateway, publishing, swapping
from nganam.lgsp.authority import Issued
from nganam.lgsp.beyond import denying, exchanging, importing, operations, tokens
from nganam.lgsp.beyond.models import Platform as Row
from nganam.lgsp.envoy.decided import Listen
from nganam.lgsp.envoy.upstreams import secret_file
from nganam.lgsp.publishing import publish_snapshot
from nganam.sharing.outside.models import Outbound

pytestmark = [pytest.mark.once,
    pytest.mark.slow, pytest.mark.django_db, pytest.mark.usefixtures("province"), pytest.mark.law("S17.4", "D46"),
]  # fmt: skip
MINH, PHUC, AT = scenes.MINH, scenes.PHUC, scenes.AT
HEALTHZ = "/healthz"


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    made = Platform(tmp_path / "quoc-gia")
    try:
        made.start()
        yield made
    finally:
        made.stop()


@pytest.fixture
def stack(settings) -> Iterator[Stack]:
    settings.NGANAM_UPSTREAM_NETWORKS = "127.0.0.0/8"
    data = Path(django_settings.DATA)
    made = Stack(data, Listen(port=free_port(), serving_port=free_port(), tls_port=free_port()))
    gateway.command(
        data, port=made.listen.port, host="127.0.0.1", serving=f"127.0.0.1:{made.listen.serving_port}",
        tls_port=made.listen.tls_port,
    )  # fmt: skip
    try:
        yield made
    finally:
        made.stop()


def xroad(platform: Platform) -> Row:
    declared = scenes_beyond.platform(
        instance=INSTANCE, endpoints=[f"https://127.0.0.1:{platform.port}"], ca=platform.ca.pem, client=US,
        timeout_seconds=3,
    )  # fmt: skip
    chain, key = platform.ca.sign(uris=[platform.known[0]])
    return operations.set_certificate(actor=MINH, at=datetime.now(UTC), platform=declared, chain=chain, key=key)


def certified(access, stack: Stack, folder: Path):
    key = ec.generate_private_key(ec.SECP256R1())
    row = exchanging.certify_access(actor=PHUC, at=timezone.now(), access=access, csr=certificate_request(key))
    folder.mkdir(exist_ok=True)
    return held(folder, key, Issued(row.pem, row.serial, row.fingerprint, row.key_digest, row.not_after))


def published(stack: Stack) -> None:
    publish_snapshot(at=timezone.now())


def test_a_proposal_leads_to_a_call_and_its_end_ends_it(platform, stack, tmp_path):
    found = scenes_beyond.opened(xroad(platform))
    access = scenes_beyond.access(found)
    shown = certified(access, stack, tmp_path / "ung-dung")
    published(stack)
    stack.start_gateway()
    path = f"/r1/{SERVICE}/doanh-nghiep/2200000001"
    reply = wait_for(lambda: (one := stack.ask_tls(path, shown)).status == 200 and one)
    seen = {name.lower(): value for name, value in reply.json["headers"]}
    assert (reply.json["ten"], seen["x-road-client"]) == ("Công ty A", US)
    assert stack.ask_tls(f"/r1/{SERVICE}/quan-tri", shown).status == 404
    exchanging.end_access(actor=MINH, at=AT, access=access, reason="Hết nhu cầu")
    published(stack)
    wait_for(lambda: stack.ask_tls(path, shown).status == 403, 5)
    operations.stop(actor=MINH, at=AT, platform=Row.objects.get(), direction="outgoing", reason="Bảo trì")
    published(stack)
    wait_for(lambda: stack.ask_tls(path, shown).status == 404, 5)


def test_a_request_from_outside_leads_to_a_call_in(platform, stack, tmp_path):
    found = scenes_beyond.platform(
        instance=INSTANCE, incoming_host="vao.lgsp.example", incoming_ca=platform.ca.pem, incoming_naming="uri"
    )
    member = scenes_beyond.admitted(scenes_beyond.opened(found, "incoming"))
    published(stack)
    stack.start_serving()
    stack.start_gateway()
    service = exchanging.reaches(member, AT)[0]
    context = _as_member(platform, tmp_path)

    def called() -> tuple[int, dict]:
        link = _Named("vao.lgsp.example", stack.listen.tls_port, context)
        with closing(link):
            link.request("GET", f"/r1/VN/GOV/CT-SYT/KHO/{service}/00123")
            answer = link.getresponse()
            return answer.status, json.loads(answer.read())

    status, body = wait_for(lambda: (one := called())[0] == 200 and one)
    assert status == 200
    assert "dien_thoai" not in json.dumps(body)
    assert "Trạm y tế Phường 5" in json.dumps(body, ensure_ascii=False)
    exchanging.dismiss_member(actor=MINH, at=AT, member=member, reason="Cơ quan đề nghị")
    published(stack)
    wait_for(lambda: called()[0] == 403, 5)


@pytest.fixture
def refusing(monkeypatch):
    """Return what makes Envoy refuse every snapshot from then on, also the last good one less what was withdrawn."""
    real = publishing.compile_gateway

    def broken(decided):
        made = real(decided)
        made["rds.json"]["resources"][0]["virtual_hosts"][0]["routes"].append({"name": "no match"})
        return made

    return lambda: monkeypatch.setattr(publishing, "compile_gateway", broken)


def refused_in_time(stack: Stack, name: str, called) -> None:
    """Publish, which fails and leaves the file of the old rights in place; within two seconds calls are refused."""
    before, began = (stack.data / "gateway" / name).read_bytes(), time.monotonic()
    with pytest.raises(swapping.BadGateway):
        publish_snapshot(at=timezone.now())
    wait_for(lambda: called() == (403, "access_revoked"), 2 - (time.monotonic() - began))
    assert (stack.data / "gateway" / name).read_bytes() == before


@pytest.mark.parametrize("deed", ["dismissed", "stopped"])
def test_who_is_dismissed_calls_in_no_more_although_the_publication_is_refused(
    platform, stack, tmp_path, refusing, deed
):
    found = scenes_beyond.platform(
        instance=INSTANCE, incoming_host="vao.lgsp.example", incoming_ca=platform.ca.pem, incoming_naming="uri"
    )
    member = scenes_beyond.admitted(scenes_beyond.opened(found, "incoming"))
    published(stack)
    stack.start_serving()
    stack.start_gateway()
    path = f"/r1/VN/GOV/CT-SYT/KHO/{exchanging.reaches(member, AT)[0]}/00123"
    link = _Named("vao.lgsp.example", stack.listen.tls_port, _as_member(platform, tmp_path))

    def called() -> tuple[int, str]:
        link.request("GET", path)
        answer = link.getresponse()
        return answer.status, json.loads(answer.read()).get("code", "")

    with closing(link):
        wait_for(lambda: called()[0] == 200)
        refusing()
        if deed == "dismissed":
            exchanging.dismiss_member(actor=MINH, at=AT, member=member, reason="Cơ quan đề nghị")
        else:
            operations.stop(actor=MINH, at=AT, platform=Row.objects.get(), direction="incoming", reason="Bảo trì")
        refused_in_time(stack, "ecds_peers.json", called)


@pytest.mark.parametrize("deed", ["access", "service", "stopped", "proposal"])
def test_whose_access_has_ended_calls_out_no_more_although_the_publication_is_refused(
    platform, stack, tmp_path, refusing, deed
):
    found = scenes_beyond.opened(xroad(platform))
    access = scenes_beyond.access(found)
    shown = certified(access, stack, tmp_path / "ung-dung")
    published(stack)
    stack.start_gateway()
    path = f"/r1/{SERVICE}/doanh-nghiep/2200000001"
    wait_for(lambda: stack.ask_tls(path, shown).status == 200)
    refusing()
    if deed == "access":
        exchanging.end_access(actor=MINH, at=AT, access=access, reason="Hết nhu cầu")
    elif deed == "service":
        exchanging.end_service(actor=MINH, at=AT, service=access.service, reason="Thay dịch vụ")
    elif deed == "stopped":
        operations.stop(actor=MINH, at=AT, platform=Row.objects.get(), direction="outgoing", reason="Bảo trì")
    else:
        Outbound.objects.filter(pk=access.outbound_id).update(state="ended")

    def called() -> tuple[int, str]:
        reply = stack.ask_tls(path, shown)
        return reply.status, reply.json.get("code", "")

    refused_in_time(stack, "rds.json", called)


def test_a_right_that_is_open_again_is_denied_no_more_and_an_old_name_of_it_is():
    found = scenes_beyond.platform(instance=INSTANCE, incoming_host="vao.lgsp.example", incoming_naming="uri")
    Row.objects.update(incoming_at=AT, outgoing_at=AT)
    member = scenes_beyond.admitted(found)
    access = scenes_beyond.access(found)
    assert (list(denying.closed()), list(denying.dismissed())) == ([], [])
    exchanging.dismiss_member(actor=MINH, at=AT, member=member, reason="Đổi chứng thư")
    exchanging.end_access(actor=MINH, at=AT, access=access, reason="Hết nhu cầu")
    assert [one.callers for one in denying.closed()] == [("lgsp:VN/GOV/" + access.outbound.application.subject,)]
    assert {one.named for one in denying.dismissed()} == {scenes_beyond.CLIENT, scenes_beyond.NAMED}
    assert (list(denying.closed(AT)), list(denying.dismissed(AT))) == (
        list(denying.closed()),
        list(denying.dismissed()),
    )
    later = AT + timedelta(seconds=1)
    assert (list(denying.closed(later)), list(denying.dismissed(later))) == ([], [])
    exchanging.open_access(actor=MINH, at=AT, service=access.service, outbound=access.outbound)
    again = {"application": member.application, "client": scenes_beyond.CLIENT, "named": "urn:moi"}
    exchanging.admit_member(actor=MINH, at=AT, platform=found, **again)
    assert list(denying.closed()) == []
    assert [one.named for one in denying.dismissed()] == [scenes_beyond.NAMED]


def _as_member(platform: Platform, folder: Path):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.load_cert_chain(*platform.ca.files(folder, "thanh-vien", uris=[scenes_beyond.NAMED]))
    return context


class _Named(http.client.HTTPSConnection):
    """A connection to this machine under a name of its own."""

    def __init__(self, name: str, port: int, context) -> None:
        super().__init__("127.0.0.1", port, timeout=10, context=context)
        self._name, self._own = name, context

    def connect(self) -> None:
        import socket

        raw = socket.create_connection((self.host, self.port), timeout=10)
        self.sock = self._own.wrap_socket(raw, server_hostname=self._name)


@pytest.mark.parametrize("proof", ["client_secret", "private_key_jwt"])
def test_a_platform_of_tokens_is_called_by_one_that_is_renewed_beside_the_calls(platform, stack, tmp_path, proof):
    base = f"http://127.0.0.1:{platform.backend_port}"
    found = scenes_beyond.platform(
        kind="oauth", instance=INSTANCE, endpoints=[base], token_url=f"{base}/oauth2/token", client_id="lgsp-st",
        proof=proof,
    )  # fmt: skip
    if proof == "client_secret":
        found = operations.set_secret(actor=MINH, at=AT, platform=found, value="bi-mat")
    else:
        found = operations.make_key(actor=MINH, at=AT, platform=found)
        _tell(platform, {"jwk": json.dumps(found.public_jwk)})
    found = scenes_beyond.opened(found)
    access = scenes_beyond.access(found, base="/noi-bo", operations=scenes_beyond.operations("GET /ho-so/*"))
    shown = certified(access, stack, tmp_path / "ung-dung")
    at = timezone.now()
    assert tokens.refresh_tokens(at=at) == [found.code]
    assert tokens.refresh_tokens(at=at + timedelta(seconds=100)) == []
    path = Path(django_settings.DATA) / "gateway" / secret_file(found.code)
    assert path.stat().st_mode & 0o777 == 0o600
    published(stack)
    stack.start_gateway()
    address = f"/r1/{INSTANCE}/{scenes_beyond.IDENTIFIER}/ho-so/7"
    reply = wait_for(lambda: (one := stack.ask_tls(address, shown)).status == 200 and one)
    seen = {name.lower(): value for name, value in reply.json["headers"]}
    assert (reply.json["path"], seen["authorization"]) == ("/noi-bo/ho-so/7", "Bearer ma-1")
    spoken = [("authorization", "Bearer cua-ung-dung")]
    assert stack.ask_tls(address, shown, headers=spoken).status == 401, "a token that is none of ours goes nowhere"
    before = publish_snapshot(at=timezone.now()).number
    assert tokens.refresh_tokens(at=at + timedelta(seconds=250)) == [found.code]

    def renewed() -> bool:
        said = stack.ask_tls(address, shown).json["headers"]
        return ["authorization", "Bearer ma-2"] in [[name.lower(), value] for name, value in said]

    wait_for(renewed, 5)
    assert publish_snapshot(at=timezone.now()).number == before, "a new token is no decision"
    log = (stack.data / "gateway" / "log" / "access.log").read_text(encoding="utf-8")
    rows = json.dumps(list(Row.objects.values()), default=str)
    assert "ma-1" not in log + rows
    assert "bi-mat" not in log + rows


def _tell(platform: Platform, state: dict) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", platform.backend_port, timeout=5)) as link:
        link.request("POST", "/tell", json.dumps(state), {"content-type": "application/json"})
        assert link.getresponse().status == 200


def test_the_platform_says_what_it_offers_and_the_service_is_entered_so(platform, stack, client):
    found = xroad(platform)
    offered = importing.offered(found, "GOV/BTC/DKDN")
    assert [(one.identifier, one.documented) for one in offered] == [
        ("GOV/BTC/DKDN/thong-ke", False), ("GOV/BTC/DKDN/tra-cuu", True),
    ]  # fmt: skip
    lines = [f"{one['method']} {one['path']}" for one in importing.operations_of(found, "GOV/BTC/DKDN/tra-cuu")]
    assert lines == ["GET /doanh-nghiep/*", "POST /ho-so"]
    client.login(username="minh", password=scenes.PASSWORD)
    scenes_outside.listed()
    page = f"/nen-tang/{found.code}/dich-vu/"
    assert "GOV/BTC/DKDN/thong-ke" in client.get(f"{page}?subsystem=GOV/BTC/DKDN").content.decode()
    begun = client.get(f"{page}?dinh-danh=GOV/BTC/DKDN/tra-cuu").content.decode()
    assert "GET /doanh-nghiep/*" in begun
    platform.kill("gateway")
    assert "không trả lời được" in client.get(f"{page}?subsystem=GOV/BTC/DKDN").content.decode()
