"""Calls to and from a platform beyond the province: two real gateways, each with an authority of its own."""

import http.client
import json
import ssl
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway_rig import (
    OPEN,
    SCHOOL,
    Mint,
    Stack,
    address,
    certificate,
    decided,
    free_port,
    new_key,
    wait_for,
    write_table,
)
from national_platform import HOST, MEMBER, SERVICE, US, Ca, Platform
from nganam.lgsp import swapping
from nganam.lgsp.authority import Authority
from nganam.lgsp.envoy import upstreams
from nganam.lgsp.envoy.compiling import compile_gateway
from nganam.lgsp.envoy.decided import (
    Endpoint,
    Incoming,
    Listen,
    Member,
    Operation,
    Service,
    Upstream,
    identity_of,
    operation_code,
)
from nganam.serving.snapshot import Field, Grant, Snapshot, write_snapshot
from nganam.serving.snapshot import Service as Served

pytestmark = [pytest.mark.slow, pytest.mark.law("S17.4", "D46")]
CODE = "DQ-2026-0001"
PATHS = (("GET", "/doanh-nghiep/*"), ("POST", "/ho-so"), ("GET", "/cham"), ("GET", "/chet"), ("POST", "/chet"),
         ("GET", "/dem"))  # fmt: skip
IN_HOST, BY_PLATFORM_HOST = "vao.lgsp.example", "nen-tang.lgsp.example"
MINISTRY, MEMBER_ID = "BO-YT/HSSK", "QG/GOV/BYT/HSSK"
URI = "urn:xroad:QG:GOV:BYT:HSSK"
MY_PATH = f"/r1/{SERVICE}"


@pytest.fixture(scope="module")
def mint() -> Mint:
    return Mint(new_key())


def beyond(
    platform: Platform, *, callers: tuple[str, ...] = (identity_of("VN", SCHOOL),), **changes: object
) -> Service:
    peer = Upstream(
        "NK-2026-0001", (Endpoint("127.0.0.1", platform.port, HOST),), ca=platform.ca.pem, certificate=True,
        speaks_as=US, timeout_seconds=2, concurrent=4,
    )  # fmt: skip
    operations = tuple(Operation(operation_code(CODE, *one), *one) for one in PATHS)
    service = Service(
        CODE, "BTC", "DKDN", 100_000, upstream=peer, operations=operations, instance="QG", name="tra-cuu",
        base=MY_PATH, callers=callers,
    )  # fmt: skip
    return replace(service, **changes)


class World:
    """Both sides, running."""

    def __init__(self, folder: Path, mint: Mint) -> None:
        self.mint, self.folder = mint, folder
        data = folder / "data"
        data.mkdir()
        self.stack = Stack(data, Listen(port=free_port(), serving_port=free_port(), tls_port=free_port()))
        own = Authority(data / "keys" / "ca")
        own.ensure(datetime.now(UTC))
        self.platform = Platform(
            folder / "quoc-gia", self.stack.listen.tls_port, BY_PLATFORM_HOST, own.trusted(),
            {"names": ["cong.quoc-gia.example"]},
        )  # fmt: skip
        write_table(data)
        fields = (Field("ma"), Field("ten"), Field("dien_thoai"))
        served = {OPEN: Served("", "co-so-kham", fields, ("ma",), ("ten",))}
        grants = {who: {OPEN: Grant("TK-2026-0009", ("ma", "ten"))} for who in (SCHOOL, MINISTRY)}
        (data / "serving").mkdir()
        snapshot = Snapshot(1, datetime(2026, 11, 24, tzinfo=UTC), served, grants)
        (data / "serving" / "snapshot.json").write_bytes(write_snapshot(snapshot))
        self.publish(check=True)
        self.hold_certificate(self.platform.ca.sign(uris=[self.platform.known[0]]))

    def incoming(self) -> tuple[Incoming, ...]:
        pem = self.platform.ca.pem
        return (
            Incoming("NK-2026-0001", IN_HOST, pem, "uri", members=(Member(URI, MEMBER_ID, MINISTRY),)),
            Incoming(
                "NK-2026-0002", BY_PLATFORM_HOST, pem, "dns", "cong.quoc-gia.example",
                (Member(MEMBER_ID, MEMBER_ID, MINISTRY),),
            ),
        )  # fmt: skip

    def publish(self, *, check: bool = False, **changes: object) -> None:
        certified = {OPEN: (identity_of("VN", SCHOOL), identity_of("VN", MINISTRY))}
        values = {
            "services": (Service(OPEN, "CT-SYT", "KHO", 100_000), beyond(self.platform)), "incoming": self.incoming(),
            "certified": certified, **changes,
        }  # fmt: skip
        files = compile_gateway(decided(self.stack.data, self.mint, self.stack.listen, **values))
        folder = self.stack.data / "gateway"
        with swapping.held(folder):
            if check:
                swapping.check(files, folder)
            swapping.swap(files, folder)

    def hold_certificate(self, pair: tuple[str, str]) -> None:
        made = swapping.as_bytes(upstreams.certificate_secret("NK-2026-0001", *pair))
        swapping.replace(self.stack.data / "gateway" / upstreams.certificate_file("NK-2026-0001"), made)

    def call_in(
        self, host: str, shown: tuple[str, str] | None, path: str = "", headers: tuple = ()
    ) -> tuple[int, dict]:
        """Call the province's TLS port under a name; raise ``ssl.SSLError`` or ``OSError`` when TLS ends it."""
        context = ssl.create_default_context(cadata=Authority(self.stack.data / "keys" / "ca").trusted())
        context.check_hostname = False
        if shown:
            context.load_cert_chain(*shown)
        link = http.client.HTTPSConnection("127.0.0.1", self.stack.listen.tls_port, timeout=10, context=context)
        link._tunnel_host = None
        with closing(link):
            import socket

            raw = socket.create_connection(("127.0.0.1", self.stack.listen.tls_port), timeout=10)
            link.sock = context.wrap_socket(raw, server_hostname=host)
            link.putrequest("GET", path or address(OPEN, "?limit=1"))
            for name, value in headers:
                link.putheader(name, value)
            link.endheaders()
            answer = link.getresponse()
            return answer.status, json.loads(answer.read() or b"{}")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, mint: Mint) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("hai-cong"), mint)
    try:
        made.platform.start()
        made.stack.start_serving()
        made.stack.start_gateway()
        yield made
    finally:
        made.stack.stop()
        made.platform.stop()


# -- the province calls --


def test_a_granted_application_reads_from_the_platform_through_both_gateways(world):
    headers = [("X-Road-UserId", "VN079"), ("X-Road-Issue", "HS-1"), ("X-Road-Client", f"VN/GOV/{SCHOOL}")]
    reply = world.stack.ask(f"{MY_PATH}/doanh-nghiep/2200000001", world.mint.token(), headers=headers)

    assert (reply.status, reply.json["ten"]) == (200, "Công ty A")
    seen = {name.lower(): value for name, value in reply.json["headers"]}
    assert seen["x-road-client"] == US
    assert (seen["x-road-userid"], seen["x-road-issue"]) == ("VN079", "HS-1")
    assert seen["x-road-id"]
    assert not {"authorization", "x-lgsp-consumer", "x-lgsp-gate", "x-lgsp-node", "cookie"} & set(seen)
    assert "x-forwarded-for" not in seen
    assert not any(SCHOOL in value for value in seen.values())
    assert reply.headers["x-road-request-hash"] == "aGFzaA=="


def test_the_call_is_logged_with_who_asked_whom(world):
    world.stack.ask(f"{MY_PATH}/doanh-nghiep/2200000002", world.mint.token(), headers=[("X-Road-Id", "goi-nay")])

    def line():
        return next((one for one in world.stack.log_lines() if one.get("messageId") == "goi-nay"), None)

    found = wait_for(line)
    assert (found["consumer"], found["serviceCode"], found["serviceMemberCode"]) == (SCHOOL, CODE, "BTC")
    assert (found["serviceXRoadInstance"], found["platform"], found["statusCode"]) == ("QG", "NK-2026-0001", 200)
    assert found["restPath"] == f"{MY_PATH}/doanh-nghiep/2200000002"
    assert found["responseDigestSeen"].startswith("sha-256=:")


def test_an_application_calls_with_its_certificate_alone(world, tmp_path):
    shown = certificate(world.stack.data, SCHOOL, tmp_path)
    assert world.stack.ask_tls(f"{MY_PATH}/doanh-nghiep/2200000001", shown).status == 200


@pytest.mark.parametrize(
    ("who", "status"),
    [({"sub": "CT-SYT/HIS"}, 403), ({"sub": "CT-SGDDT"}, 403), ({"sub": "CT-SYT/HIS", "svc": [CODE]}, 403)],
)
def test_without_an_approved_proposal_nobody_calls_whatever_the_token_opens(world, who, status):
    reply = world.stack.ask(f"{MY_PATH}/doanh-nghiep/2200000001", world.mint.token(**who))
    assert (reply.status, reply.json["code"]) == (status, "not_granted")


def test_without_a_token_nobody_calls(world):
    assert world.stack.ask(f"{MY_PATH}/doanh-nghiep/2200000001").status == 401


def test_only_the_operations_named_are_passed_on(world):
    reply = world.stack.ask(f"{MY_PATH}/quan-tri", world.mint.token())
    assert (reply.status, reply.json["code"]) == (404, "unknown_service")


@pytest.mark.parametrize("rest", ["/doanh-nghiep/..%2fquan-tri", "/doanh-nghiep/%252e%252e", "/doanh-nghiep/a%2fb"])
def test_a_path_cannot_climb_out_of_the_service(world, rest):
    assert world.stack.ask(MY_PATH + rest, world.mint.token()).status in {400, 404}


def test_who_is_represented_is_not_for_the_caller_to_say(world):
    headers = [("X-Road-Represented-Party", "GOV/BCA"), ("X-Road-Id", "thay-mat")]
    reply = world.stack.ask(f"{MY_PATH}/doanh-nghiep/2200000001", world.mint.token(), headers=headers)
    assert "x-road-represented-party" not in {name.lower() for name, _value in reply.json["headers"]}
    world.stack.ask(address(OPEN, "/0007"), world.mint.token(), headers=headers)
    refused = world.stack.ask(f"{MY_PATH}/dem", world.mint.token(sub="CT-SYT/HIS"), headers=headers)
    assert refused.status == 403

    def lines():
        found = [one for one in world.stack.log_lines() if one.get("messageId") == "thay-mat"]
        return found if len(found) == 3 else None

    assert {one.get("representedParty") for one in wait_for(lines)} == {"GOV/BCA"}, "the record keeps what was said"
    journal = (world.stack.data / "gateway" / "journal").iterdir()
    noted = [json.loads(one) for path in journal for one in path.read_text(encoding="utf-8").splitlines()]
    mine = [one for one in noted if one["xRequestId"] == reply.headers["x-request-id"]]
    assert [one.get("representedParty") for one in mine] == ["GOV/BCA"] * 2


def test_without_an_address_or_a_token_there_it_is_a_502_and_no_announced_stop(world):
    there = beyond(world.platform)
    assert there.upstream
    unproven = replace(there, upstream=replace(there.upstream, endpoints=()))
    world.publish(services=(Service(OPEN, "CT-SYT", "KHO", 100_000), unproven))
    try:
        path = f"{MY_PATH}/doanh-nghiep/2200000001"
        reply = wait_for(lambda: (one := world.stack.ask(path, world.mint.token())).status == 502 and one, 5)
        assert reply.json["code"] == "platform_unavailable"
        assert "tạm ngừng" not in reply.json["detail"]
    finally:
        world.publish()
        wait_for(lambda: world.stack.ask(f"{MY_PATH}/dem", world.mint.token()).status == 200, 5)


def test_an_end_of_access_acts_on_the_next_call(world):
    world.publish(services=(Service(OPEN, "CT-SYT", "KHO", 100_000), beyond(world.platform, callers=())))
    try:
        path = f"{MY_PATH}/doanh-nghiep/2200000001"
        wait_for(lambda: world.stack.ask(path, world.mint.token()).status == 403, 5)
    finally:
        world.publish()
        wait_for(lambda: world.stack.ask(f"{MY_PATH}/dem", world.mint.token()).status == 200, 5)


def show_another(world, uris):
    """Replace the certificate; connections that are open keep theirs, so the platform closes them."""
    world.hold_certificate(world.platform.ca.sign(uris=uris))
    world.platform.kill("gateway")
    world.platform.start_gateway()


def test_with_another_certificate_the_platform_refuses_and_its_word_comes_back(world):
    path = f"{MY_PATH}/doanh-nghiep/2200000001"
    show_another(world, ["urn:lgsp:tinh-khac"])
    try:
        reply = wait_for(lambda: (one := world.stack.ask(path, world.mint.token())).status == 403 and one, 20)
        assert reply.headers["x-road-error"] == "server.serverproxy.access_denied"
        assert reply.json["message"] == "Request is not allowed"
    finally:
        show_another(world, [world.platform.known[0]])
        wait_for(lambda: world.stack.ask(path, world.mint.token()).status == 200, 20)


def test_a_slow_platform_is_a_504_in_words_and_a_write_is_not_sent_twice(world):
    reply = world.stack.ask(f"{MY_PATH}/cham?s=5", world.mint.token())
    assert (reply.status, reply.json["code"]) == (504, "platform_timeout")


def test_what_may_have_arrived_is_tried_again_only_when_it_merely_reads(world):
    def count(method):
        return world.stack.ask(f"{MY_PATH}/dem", world.mint.token()).json.get(f"dies {method}", 0)

    read, written = count("GET"), count("POST")
    reading = world.stack.ask(f"{MY_PATH}/chet", world.mint.token())
    writing = world.stack.ask(f"{MY_PATH}/chet", world.mint.token(), method="POST", body=b"{}")
    # The platform's own gateway turns its broken system into a 503 of its own: its word, passed on as it is.
    assert {reading.status, writing.status} == {503}
    assert count("POST") - written == 1
    assert count("GET") - read >= 1


def test_a_platform_that_is_down_is_a_502_in_words_and_comes_back(world):
    world.platform.kill("gateway")
    try:
        reply = world.stack.ask(f"{MY_PATH}/doanh-nghiep/2200000001", world.mint.token())
        assert (reply.status, reply.json["code"]) == (502, "platform_unavailable")
        spoken = [("X-Road-Client", f"VN/GOV/{SCHOOL}")]
        reply = world.stack.ask(f"{MY_PATH}/doanh-nghiep/2200000001", world.mint.token(), headers=spoken)
        assert reply.headers["x-road-error"] == reply.json["type"] == "server.clientproxy.network_error"
    finally:
        world.platform.start_gateway()
    path = f"{MY_PATH}/doanh-nghiep/2200000001"
    wait_for(lambda: world.stack.ask(path, world.mint.token()).status == 200, 10)


def test_too_many_at_once_are_refused_at_once(world):
    from concurrent.futures import ThreadPoolExecutor

    def one(_number):
        return world.stack.ask(f"{MY_PATH}/cham?s=1", world.mint.token()).status

    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(one, range(16)))
    assert found.count(200) >= 4
    assert 503 in found


# -- the platform calls --


def signed(world, tmp_path, *, ca: Ca | None = None, **what):
    return (ca or world.platform.ca).files(tmp_path, "ben-goi", **what)


def test_an_admitted_member_reads_exactly_what_was_granted(world, tmp_path):
    shown = signed(world, tmp_path, uris=[URI])
    status, found = world.call_in(IN_HOST, shown)
    assert status == 200
    assert set(found["data"][0]) == {"ma", "ten"}
    assert world.call_in(IN_HOST, shown, headers=(("X-Road-Client", MEMBER_ID),))[0] == 200

    def line():
        return next((one for one in world.stack.log_lines() if one.get("consumerCertified") == MINISTRY), None)

    assert wait_for(line)["serviceCode"] == OPEN
    status, found = world.call_in(IN_HOST, shown, MY_PATH + "/doanh-nghiep/2200000001")
    assert (status, found["code"]) == (403, "not_granted")


def test_a_member_comes_through_the_platforms_own_gateway(world):
    link = http.client.HTTPConnection("127.0.0.1", world.platform.out_port, timeout=10)
    with closing(link):
        link.request("GET", address(OPEN, "?limit=1"), headers={"X-Road-Client": MEMBER_ID})
        answer = link.getresponse()
        assert answer.status == 200, answer.read()
        assert answer.getheader("x-road-client") == f"VN/GOV/{MINISTRY}"
        answer.read()
        link.request("GET", address(OPEN, "?limit=1"), headers={"X-Road-Client": "QG/GOV/BCA/HSSK"})
        answer = link.getresponse()
        assert (answer.status, json.loads(answer.read())["code"]) == (403, "peer_unknown")


@pytest.mark.parametrize(
    ("what", "headers", "code"),
    [
        ({"uris": ["urn:xroad:QG:GOV:BCA:X"]}, (), "peer_unknown"),
        ({"uris": [URI]}, (("X-Road-Client", "QG/GOV/BCA/HSSK"),), "identity_mismatch"),
        ({"uris": [URI]}, (("X-Road-Client", MEMBER_ID), ("X-Road-Client", "QG/GOV/BCA/X")), "identity_mismatch"),
        ({"uris": [URI, "urn:xroad:QG:GOV:BCA:X"]}, (), "identity_mismatch"),
        ({"uris": [f"lgsp:VN/GOV/{SCHOOL}"]}, (), "identity_mismatch"),
        ({"uris": [f"lgsp:VN/GOV/{MINISTRY}"]}, (), "identity_mismatch"),
        ({"subject": f"lgsp:VN/GOV/{SCHOOL}"}, (), "identity_mismatch"),
        ({"names": [URI.replace(":", ".")]}, (), "identity_mismatch"),
    ],
)  # fmt: skip
def test_who_pretends_is_refused(world, tmp_path, what, headers, code):
    status, found = world.call_in(IN_HOST, signed(world, tmp_path, **what), headers=headers)
    assert status == 403
    assert (found.get("code") or found["type"]) in {code, "server.clientproxy.ssl_authentication_failed"}


def test_a_token_of_ours_says_nothing_on_the_platforms_chain(world, tmp_path):
    shown = signed(world, tmp_path, uris=["urn:xroad:QG:GOV:BCA:X"])
    bearer = (("Authorization", f"Bearer {world.mint.token()}"), ("X-Lgsp-Consumer", SCHOOL), ("X-Lgsp-Peer", URI))
    assert world.call_in(IN_HOST, shown, headers=bearer)[0] == 403


def test_the_platforms_certificate_alone_is_no_member(world, tmp_path):
    shown = signed(world, tmp_path, names=["cong.quoc-gia.example"])
    assert world.call_in(BY_PLATFORM_HOST, shown)[0] == 403
    member = signed(world, tmp_path, names=["thanh-vien.quoc-gia.example"])
    assert world.call_in(BY_PLATFORM_HOST, member, headers=(("X-Road-Client", MEMBER_ID),))[0] == 403


@pytest.mark.parametrize("case", ["other authority", "run out", "none", "ours", "theirs at our name"])
def test_another_authority_and_a_certificate_run_out_end_the_handshake(world, tmp_path, case):
    host, shown = IN_HOST, None
    if case == "other authority":
        shown = signed(world, tmp_path, ca=Ca("kẻ khác"), uris=[URI])
    elif case == "run out":
        shown = signed(world, tmp_path, uris=[URI], days=-1)
    elif case == "ours":
        own = certificate(world.stack.data, SCHOOL, tmp_path / "own")
        shown = (str(own.chain), str(own.key))
    elif case == "theirs at our name":
        host, shown = "localhost", signed(world, tmp_path, uris=[f"lgsp:VN/GOV/{SCHOOL}"])
    with pytest.raises((ssl.SSLError, OSError, http.client.HTTPException)):
        world.call_in(host, shown)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=lambda one: one.name)
def test_who_comes_back_is_asked_for_its_certificate_again(world, tmp_path, version):
    """A resumed session would show none, and would outlive the authority that was believed."""
    import socket

    context = ssl.create_default_context(cadata=Authority(world.stack.data / "keys" / "ca").trusted())
    context.check_hostname = False
    context.minimum_version = context.maximum_version = version
    context.load_cert_chain(*signed(world, tmp_path, uris=[URI]))
    session = None
    for _time in range(3):
        raw = socket.create_connection(("127.0.0.1", world.stack.listen.tls_port), timeout=10)
        with context.wrap_socket(raw, server_hostname=IN_HOST, session=session) as link:
            asked = f"GET {address(OPEN, '?limit=1')} HTTP/1.1\r\nHost: {IN_HOST}\r\nConnection: close\r\n\r\n"
            link.sendall(asked.encode())
            assert b" 200 " in link.recv(4096).split(b"\r\n")[0]
            while link.recv(4096):
                pass
            assert not link.session_reused
            session = link.session


def test_a_dismissed_member_is_refused_on_the_next_call(world, tmp_path):
    shown = signed(world, tmp_path, uris=[URI])
    world.publish(incoming=tuple(replace(one, members=()) for one in world.incoming()))
    try:
        wait_for(lambda: world.call_in(IN_HOST, shown)[0] == 403, 5)
    finally:
        world.publish()
        wait_for(lambda: world.call_in(IN_HOST, shown)[0] == 200, 5)


def test_our_own_applications_go_on_as_before(world, tmp_path):
    shown = certificate(world.stack.data, SCHOOL, tmp_path)
    assert world.stack.ask_tls(address(OPEN, "?limit=1"), shown).status == 200
    assert MEMBER in MY_PATH
