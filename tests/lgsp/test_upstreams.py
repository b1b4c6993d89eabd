"""Calls to agencies' own systems through a real gateway: what reaches them, what comes back, and who is refused."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway_rig import SCHOOL, Mint, Stack, answers, decided, free_port, new_key, request_hash, wait_for
from nganam.kernel.hours import Window
from nganam.lgsp import swapping
from nganam.lgsp.envoy import upstreams
from nganam.lgsp.envoy.compiling import compile_gateway
from nganam.lgsp.envoy.decided import (
    Denial,
    Endpoint,
    Listen,
    Operation,
    Service,
    Spent,
    Terms,
    Upstream,
    operation_code,
)
from nganam.serving.snapshot import Field, Grant, Remote, Snapshot, Soap, write_snapshot
from nganam.serving.snapshot import Operation as Served
from nganam.serving.snapshot import Service as ServedService

pytestmark = pytest.mark.slow
WHOLE, FILTERED, SAFE_TLS, LOST_TLS, GONE, FACE = (f"DV-2026-010{n}" for n in range(6))
SECRET = "khoa-rat-bi-mat-cua-he-thong-nguon"
SYSTEM = Path(__file__).parents[1] / "agency_system.py"
PATHS = (
    ("GET", "/nguoi/*", ""), ("GET", "/nguoi", ""), ("POST", "/phieu", "/gui/phieu"), ("GET", "/cham", ""),
    ("GET", "/loi", ""), ("POST", "/loi", ""), ("GET", "/dem", ""), ("GET", "/bom", ""), ("GET", "/lon", ""),
    ("GET", "/chu", ""), ("GET", "/hong", ""), ("GET", "/sau", ""), ("GET", "/di", ""), ("GET", "/tu-choi", ""),
    ("GET", "/cay/**", ""), ("GET", "/ho/*/nguoi/*", "/dan/*/ca-the/*"), ("DELETE", "/nguoi/*", ""), ("GET", "/", ""),
)  # fmt: skip


def operations(service):
    return tuple(Operation(operation_code(service, m, p), m, p, to) for m, p, to in PATHS)


def codes(service, *but):
    return [operation_code(service, m, p) for m, p, _to in PATHS if (m, p) not in but]


@pytest.fixture(scope="module")
def mint() -> Mint:
    return Mint(new_key())


def start(port: int, **options: object) -> subprocess.Popen:
    return subprocess.Popen([sys.executable, str(SYSTEM), str(port), json.dumps(options)], env={**os.environ})


@pytest.fixture(scope="module")
def ports() -> dict[str, int]:
    return {name: free_port() for name in ("one", "two", "failing", "tls", "dead")}


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A private authority and a server's certificate for he-thong.example."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    folder, day = tmp_path_factory.mktemp("tls"), timedelta(days=1)
    key, own = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "CA riêng")])
    base = x509.CertificateBuilder().not_valid_before(datetime.now(UTC) - day).not_valid_after(datetime.now(UTC) + day)
    ca = (
        base.subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(key, hashes.SHA256())
    )  # fmt: skip
    leaf = (
        base.subject_name(x509.Name([])).issuer_name(name).public_key(own.public_key()).serial_number(2)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("he-thong.example")]), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    pem = serialization.Encoding.PEM
    (folder / "cert.pem").write_bytes(leaf.public_bytes(pem))
    private = own.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key.pem").write_bytes(private)
    return {
        "ca": ca.public_bytes(pem).decode(),
        "cert": str(folder / "cert.pem"), "key": str(folder / "key.pem"),
    }  # fmt: skip


def services_of(ports: dict[str, int], ca: str) -> tuple[Service, ...]:
    def at(*names: str, host: str = "he-thong.example") -> tuple[Endpoint, ...]:
        return tuple(Endpoint("127.0.0.1", ports[name], host) for name in names)

    headers = (("x-nguon", "lgsp 100%"), ("x-nguoi-goi", "{consumer}"), ("x-ho-so", "{issue}"))
    one = Upstream(
        "HT-1", at("one"), tls=False, credential="authorization", credential_prefix="ApiKey ", headers=headers,
        timeout_seconds=1, concurrent=4,
    )  # fmt: skip
    two = Upstream("HT-2", at("one", "two", "failing"), tls=False, failures=2, timeout_seconds=3, concurrent=100)
    tls = Upstream("HT-3", at("tls"), ca=ca)
    lost = Upstream("HT-4", at("tls", host="ke-khac.example"), ca=ca)
    gone = Upstream("HT-5", ())

    def made(code: str, upstream: Upstream, **more: object) -> Service:
        return Service(
            code, "CT-SYT", "HT", 100_000, upstream=upstream, operations=operations(code), base="/api", **more
        )

    face = (Operation(operation_code(FACE, "GET", "/tra-cuu"), "GET", "/tra-cuu", "/soap", sent_as="POST"),)
    return (
        made(WHOLE, one, large=True), made(FILTERED, two, filtered=True), made(SAFE_TLS, tls), made(LOST_TLS, lost),
        made(GONE, gone),
        Service(FACE, "CT-SYT", "HT", 100_000, upstream=two, operations=face, base="/api", filtered=True),
    )  # fmt: skip


FIELDS = (Field("id"), Field("ho_ten"), Field("ma_xa"), Field("cccd"), Field("dia_chi.thon"), Field("dia_chi.so_nha"))


def snapshot_of() -> Snapshot:
    named = tuple(
        Served(code.code, code.method, code.path, ("ma_xa", "limit") if code.path == "/nguoi" else None)
        for code in operations(FILTERED)
    )
    single = ServedService("", "", FIELDS, remote=Remote(named, seconds=3, most_bytes=1024 * 1024))
    face = Soap(
        operation_code(FACE, "GET", "/tra-cuu"), "urn:tra-cuu", "urn:dan-cu", "traCuu", (("maXa", "ma_xa"),),
        "traCuuResponse/ketQua/nguoi",
    )  # fmt: skip
    soap = ServedService(
        "", "", (Field("id"), Field("hoTen"), Field("maXa"), Field("cccd")),
        remote=Remote((Served(face.operation, "GET", "/tra-cuu", ("ma_xa",)),), soap=(face,)),
    )  # fmt: skip
    allowed = tuple(codes(FILTERED, ("DELETE", "/nguoi/*")))
    granted = ("id", "ho_ten", "dia_chi.thon")
    grants = {
        SCHOOL: {
            FILTERED: Grant("TK-1", granted, operations=allowed),
            FACE: Grant("TK-5", ("id", "hoTen"), operations=(face.operation,)),
        },
        "CT-XA/UD": {FILTERED: Grant("TK-2", granted, where={"ma_xa": ("31732",)}, operations=allowed)},
        "CT-DEM/UD": {FILTERED: Grant("TK-3", granted, operations=allowed, hours=(Window((), 0, 0),))},
        "CT-HAI/UD": {FILTERED: Grant("TK-4", granted, operations=allowed, concurrent=2)},
    }  # fmt: skip
    return Snapshot(1, datetime(2026, 11, 24, tzinfo=UTC), {FILTERED: single, FACE: soap}, grants)


@pytest.fixture(scope="module")
def stack(
    tmp_path_factory: pytest.TempPathFactory, mint: Mint, ports: dict[str, int], authority: dict[str, str]
) -> Iterator[Stack]:
    data = tmp_path_factory.mktemp("a-data-folder-with-a-name-so-long-that-the-path-of-a-socket-in-it-would-not-fit")
    listen = Listen(port=free_port(), serving_port=free_port())
    (data / "serving").mkdir()
    (data / "serving" / "snapshot.json").write_bytes(write_snapshot(snapshot_of()))
    folder = data / "gateway"
    files = compile_gateway(decided(data, mint, listen, services=services_of(ports, authority["ca"])))
    with swapping.held(folder):
        swapping.replace(folder / upstreams.secret_file("HT-1"), swapping.as_bytes(upstreams.secret("HT-1", SECRET)))
        swapping.check(files, folder)
        swapping.swap(files, folder)
    running = Stack(data, listen)
    systems = [
        start(ports["one"]), start(ports["two"]), start(ports["failing"], failing=True),
        start(ports["tls"], cert=authority["cert"], key=authority["key"]),
    ]  # fmt: skip
    try:
        running.start_serving()
        running.start_gateway()
        for name in ("one", "two", "failing"):
            wait_for(lambda name=name: answers(ports[name]))
        yield running
    finally:
        running.stop()
        for one in systems:
            one.kill()
            one.wait()


def at(service: str, rest: str) -> str:
    return f"/r1/VN/GOV/CT-SYT/HT/{service}{rest}"


@pytest.fixture
def call(stack, mint):
    def ask(service, rest, method="GET", sub=SCHOOL, ops=None, **kwargs):
        token = mint.token(sub=sub, svc=[service], ops=codes(service) if ops is None else ops)
        return stack.ask(at(service, rest), token, method, **kwargs)

    return ask


def test_a_call_reaches_the_agencys_system_as_described(call):
    reply = call(WHOLE, "/ho/12/nguoi/%C4%91?x=1&y=a%20b", headers=[("X-Road-Issue", "HS-7"), ("x-nguoi-goi", "gia")])
    assert reply.status == 200, reply.body
    assert reply.json["path"] == "/api/dan/12/ca-the/%C4%91?x=1&y=a%20b"
    sent = {name.lower(): value for name, value in reply.json["headers"]}
    assert (sent["x-nguon"], sent["x-nguoi-goi"], sent["x-ho-so"]) == ("lgsp 100%", SCHOOL, "HS-7")
    assert sent["host"] == "he-thong.example"


@pytest.mark.parametrize("body", [b"", b"{}", b"\xff\0" * 200_000])
def test_an_answer_names_the_request_by_x_roads_hash(call, body):
    said = [("X-Road-Id", "m-7"), ("X-Road-UserId", "VN0842"), ("X-Road-Issue", "Hồ sơ 7"), ("X-Nguoi", "x")]
    said = [(name, value.encode().decode("latin-1")) for name, value in said]
    reply = call(WHOLE, "/phieu?x=1&y=a%20b", "POST", headers=said, body=body)
    assert reply.status == 200, reply.body
    expected = request_hash(reply, at(WHOLE, "/phieu?x=1&y=a%20b"), body, "POST", userid="VN0842", issue="Hồ sơ 7")
    assert (reply.headers["x-road-id"], reply.headers["x-road-request-hash"]) == ("m-7", expected)


def test_the_hash_of_a_filtered_call_holds_its_body_too(call):
    reply = call(FILTERED, "/nguoi/001", headers=[("X-Road-Represented-Party", "COM/0101")])
    expected = request_hash(reply, at(FILTERED, "/nguoi/001"), represented_party="COM/0101")
    assert (reply.status, reply.headers["x-road-request-hash"]) == (200, expected)
    sent = call(FILTERED, "/phieu", "POST", body=b'{"a": 1}', headers=[("content-type", "application/json")])
    assert sent.headers["x-road-request-hash"] == request_hash(sent, at(FILTERED, "/phieu"), b'{"a": 1}', "POST")


def test_neither_a_caller_nor_a_system_says_the_hash(call):
    reply = call(WHOLE, "/nguoi/001", headers=[("X-Road-Request-Hash", "gia")])
    assert reply.headers["x-road-request-hash"] == request_hash(reply, at(WHOLE, "/nguoi/001"))
    refused = call(WHOLE, "/nguoi/001", ops=[])
    assert (refused.status, "x-road-request-hash" in refused.headers) == (403, False)


def test_the_credential_is_added_by_the_gateway_and_seen_nowhere_else(call, stack):
    reply = call(WHOLE, "/cay/x")
    sent = [(name.lower(), value) for name, value in reply.json["headers"]]
    assert [value for name, value in sent if name == "authorization"] == [f"ApiKey {SECRET}"]
    assert not {"x-lgsp-gate", "cookie", "lgspaccesstoken", "x-lgsp-operation"} & {name for name, _value in sent}
    wait_for(stack.log_lines)
    holding = [path.name for path in stack.data.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()]
    assert holding == ["HT-1.json"]
    kept = stack.data / "gateway" / "secrets"
    assert (kept.stat().st_mode & 0o777, (kept / "HT-1.json").stat().st_mode & 0o777) == (0o700, 0o600)


def test_a_credential_is_replaced_without_a_pause(call, stack):
    file = stack.data / "gateway" / upstreams.secret_file("HT-1")
    before = file.read_bytes()
    swapping.replace(file, swapping.as_bytes(upstreams.secret("HT-1", "khoa-moi")))
    try:
        wait_for(lambda: dict(call(WHOLE, "/cay/x").json["headers"]).get("Authorization") == "ApiKey khoa-moi")
    finally:
        swapping.replace(file, before)
    wait_for(lambda: dict(call(WHOLE, "/cay/x").json["headers"]).get("Authorization") == f"ApiKey {SECRET}")


def test_only_described_operations_exist(call):
    strange = [("PUT", "/nguoi/1"), ("GET", "/khac"), ("GET", "/nguoi/1/2"), ("POST", "/nguoi"), ("PATCH", "/")]
    strange += [("GET", "/ho//nguoi/1"), ("CONNECT", "/nguoi"), ("TRACE", "/nguoi"), ("get", "/nguoi")]
    for method, rest in strange:
        assert call(WHOLE, rest, method).status in {400, 403, 404, 405, 501}, (method, rest)


def test_an_account_does_only_what_it_was_granted(call):
    granted = codes(WHOLE, ("DELETE", "/nguoi/*"))
    assert call(WHOLE, "/nguoi/001", ops=granted).status == 200
    refused = call(WHOLE, "/nguoi/001", "DELETE", ops=granted)
    assert (refused.status, refused.json["code"]) == (403, "not_granted")
    assert call(WHOLE, "/nguoi/001", "DELETE").status == 200
    for nothing in ([], codes(FILTERED), ["*"]):
        assert call(WHOLE, "/nguoi/001", ops=nothing).status == 403


@pytest.mark.parametrize(
    "rest",
    [
        "/cay/../../../bi-mat", "/cay/%2e%2e/%2e%2e/bi-mat", "/nguoi/..%2f..%2fbi-mat", "/nguoi/..;/bi-mat",
        "/nguoi/..;", "/cay/..;/..;/bi-mat", "/nguoi/%2e%2e%3b/x", "/nguoi/..%5cbi-mat", "/nguoi\\..\\bi-mat",
        "/cay/%252e%252e/bi-mat",
        "/nguoi/%3b", "/nguoi/a%00b", "/nguoi/%zz", "//nguoi/..//../bi-mat", "/cay/./../../x", "/nguoi/..",
    ],
)  # fmt: skip
def test_no_path_leaves_the_operations_base(call, rest):
    reply = call(WHOLE, rest)
    if reply.status == 200:
        # "/" is an operation too: a path that climbs to it is a call of it.
        assert reply.json["path"].startswith(("/api/cay", "/api/nguoi")) or reply.json["path"] == "/api/", reply.json
        assert ".." not in reply.json["path"]
        assert ";" not in reply.json["path"]
    else:
        assert reply.status in {400, 403, 404}, reply.status


def test_what_a_system_says_of_our_matters_is_dropped(call, stack):
    reply = call(WHOLE, "/nguoi/001")
    assert reply.status == 200
    assert not {"x-lgsp-account", "set-cookie", "x-road-error"} & set(reply.headers)


def test_a_redirect_is_never_followed(call):
    assert call(WHOLE, "/di").status == 302
    filtered = call(FILTERED, "/di")
    assert (filtered.status, filtered.json["code"]) == (503, "unavailable")


def test_a_body_goes_through_up_to_the_services_own_limit(call):
    size = 2 * 1024 * 1024
    reply = call(WHOLE, "/phieu", "POST", body=b"x" * size)
    assert (reply.status, reply.json["path"], len(reply.json["body"])) == (200, "/api/gui/phieu", size)
    assert call(WHOLE, "/phieu", "POST", body=b"x" * (32 * 1024 * 1024 + 1)).status == 413
    assert call(SAFE_TLS, "/phieu", "POST", body=b"x" * size).status == 413


def test_a_slow_system_is_given_up(call):
    began = time.monotonic()
    reply = call(WHOLE, "/cham?s=5")
    assert (reply.status, reply.json["code"]) == (504, "timeout")
    assert time.monotonic() - began < 3


def test_more_calls_at_once_than_the_system_takes_are_refused_at_once(call):
    with ThreadPoolExecutor(16) as pool:
        replies = list(pool.map(lambda _n: call(WHOLE, "/cham?s=0.7"), range(16)))
    refused = [one for one in replies if one.status == 503]
    assert sum(one.status == 200 for one in replies) >= 4
    assert refused
    assert {one.json["code"] for one in refused} == {"too_many_at_once"}


def test_only_reading_is_tried_again(call):
    """Of three addresses one always fails: reading succeeds all the same, writing is sent once."""
    assert [call(FILTERED, f"/loi?k={n}").status for n in range(30)] == [200] * 30


def test_writing_is_sent_once(stack, mint, ports, authority):
    lone = Upstream(
        "HT-9", (Endpoint("127.0.0.1", ports["one"], "x"), Endpoint("127.0.0.1", ports["two"], "x")), tls=False
    )
    code = "DV-2026-0109"
    service = Service(code, "CT-SYT", "HT", 100_000, upstream=lone, operations=operations(code), base="/api")
    everything = (*services_of(ports, authority["ca"]), service)
    files = compile_gateway(decided(stack.data, mint, stack.listen, services=everything))
    swapping.swap(files, stack.data / "gateway")
    token = mint.token(svc=[code], ops=codes(code))
    wait_for(lambda: stack.ask(at(code, "/dem?k=x"), token).status == 200)
    assert stack.ask(at(code, "/loi?k=mot&always=1"), token, "POST").status == 503
    assert stack.ask(at(code, "/loi?k=mot&always=1"), token, "GET").status == 503

    def sent(method):
        from http.client import HTTPConnection

        total = 0
        for name in ("one", "two"):
            with closing(HTTPConnection("127.0.0.1", ports[name])) as link:
                link.request("GET", f"/api/dem?k={method}%20mot")
                total += int(link.getresponse().read())
        return total

    assert sent("POST") == 1
    assert sent("GET") > 1


def test_a_certificate_is_checked_against_the_private_authority_and_the_name(call):
    assert call(SAFE_TLS, "/nguoi/001").status == 200
    lost = call(LOST_TLS, "/nguoi/001")
    assert (lost.status, lost.json["code"]) == (503, "unavailable")


def test_a_system_without_an_allowed_address_is_not_called(call):
    assert call(GONE, "/nguoi/001").status == 503


# -- the answer, filtered --


def test_only_granted_items_of_an_answer_go_through(call):
    reply = call(FILTERED, "/nguoi/001")
    assert reply.json == {"id": "001", "ho_ten": "Người 1", "dia_chi": {"thon": "Ấp 1"}}
    assert (reply.headers["x-lgsp-account"], reply.headers["x-lgsp-fields"], reply.headers["x-lgsp-records"]) == (
        "TK-1", "3", "1",
    )  # fmt: skip
    assert call(FILTERED, "/nguoi/001", "HEAD").status == 200


@pytest.mark.law("S8.2d")
def test_a_commune_sees_its_own_people(call):
    assert call(FILTERED, "/nguoi/001", sub="CT-XA/UD").status == 200
    other = call(FILTERED, "/nguoi/002", sub="CT-XA/UD")
    assert (other.status, other.json["code"]) == (403, "data_not_permitted")
    assert b"08420000" not in other.body


@pytest.mark.parametrize(("rest", "status", "code"), [
    ("/bom", 502, "answer_unusable"), ("/lon", 502, "answer_unusable"), ("/chu", 502, "answer_unusable"),
    ("/hong", 502, "answer_unusable"), ("/sau", 502, "answer_unusable"), ("/tu-choi", 422, "source_refused"),
    ("/nguoi/999", 404, "data_absent"), ("/cham?s=6", 504, "timeout"),
])  # fmt: skip
def test_an_answer_that_cannot_be_checked_does_not_go_through(call, rest, status, code):
    reply = call(FILTERED, rest)
    assert (reply.status, reply.json["code"]) == (status, code), reply.body
    assert b"08420000" not in reply.body
    assert len(reply.body) < 2000


def test_a_parameter_the_operation_does_not_name_is_refused(call):
    assert call(FILTERED, "/nguoi?cccd=084200000001").status == 400
    assert call(FILTERED, "/nguoi?ma_xa=1&ma_xa=2").status == 400


def test_the_data_server_refuses_operations_and_hours_of_its_own(call):
    delete = call(FILTERED, "/nguoi/001", "DELETE")
    assert (delete.status, delete.json["code"]) == (403, "not_granted")
    night = call(FILTERED, "/nguoi/001", sub="CT-DEM/UD")
    assert (night.status, night.json["code"]) == (403, "outside_hours")


def test_as_many_calls_at_once_as_granted(call):
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda _n: call(FILTERED, "/cham?s=0.7", sub="CT-HAI/UD"), range(8)))
    assert sorted(one.status for one in replies) == [200, 200] + [429] * 6
    refused = next(one for one in replies if one.status == 429)
    assert (refused.json["code"], refused.headers["retry-after"]) == ("too_many_at_once", "1")
    assert call(FILTERED, "/nguoi/001", sub="CT-HAI/UD").status == 200


def test_nobody_enters_by_the_way_out(stack):
    import socket

    with closing(socket.socket(socket.AF_UNIX)) as link:
        handle = os.open(stack.data / "gateway", os.O_RDONLY | os.O_DIRECTORY)
        link.connect(f"/proc/self/fd/{handle}/egress.sock")
        os.close(handle)
        link.sendall(f"GET /{FILTERED}/nguoi/001 HTTP/1.1\r\nHost: x\r\nx-lgsp-gate: x\r\n\r\n".encode())
        assert b" 404 " in link.recv(100)
    assert (stack.data / "gateway" / "egress.sock").stat().st_mode & 0o777 == 0o600


# -- SOAP --


def test_a_question_in_json_is_asked_in_soap_and_answered_in_json(call):
    ops = [operation_code(FACE, "GET", "/tra-cuu")]
    reply = call(FACE, "/tra-cuu?ma_xa=31735", ops=ops)
    assert reply.status == 200, reply.body
    assert reply.json[:2] == [{"id": "002", "hoTen": "Người 2"}, {"id": "004", "hoTen": "Người 4"}]
    assert reply.headers["x-lgsp-records"] == "10"
    markup = call(FACE, "/tra-cuu?ma_xa=%3C%2FmaXa%3E%3Cx%2F%3E", ops=ops)
    assert markup.json == []


@pytest.mark.parametrize(("query", "status", "code"), [
    ("", 422, "source_refused"), ("?ma_xa=evil", 502, "answer_unusable"), ("?ma_xa=%01", 400, "bad_request"),
])  # fmt: skip
def test_a_soap_fault_or_foreign_entity_tells_nothing(call, query, status, code):
    reply = call(FACE, f"/tra-cuu{query}", ops=[operation_code(FACE, "GET", "/tra-cuu")])
    assert (reply.status, reply.json["code"]) == (status, code)
    assert b"08420000" not in reply.body
    assert b"root:" not in reply.body


def test_a_soap_message_passes_as_it_is(call):
    service, ops = WHOLE, codes(WHOLE)
    reply = call(
        service,
        "/phieu",
        "POST",
        ops=ops,
        body=b"<s:Envelope/>",
        headers=[("soapaction", '"x"'), ("content-type", "text/xml")],
    )
    sent = {name.lower(): value for name, value in reply.json["headers"]}
    assert (reply.json["body"], sent["soapaction"], sent["content-type"]) == ("<s:Envelope/>", '"x"', "text/xml")


# -- limits --


def change(stack, mint, ports, authority, **changes):
    services = services_of(ports, authority["ca"])
    swapping.swap(
        compile_gateway(decided(stack.data, mint, stack.listen, services=services, **changes)), stack.data / "gateway"
    )


def test_rights_that_changed_ask_for_a_new_token(stack, mint, ports, authority, call):
    now = int(time.time())
    change(
        stack, mint, ports, authority, denied_accounts=(Denial("TK-2026-0001", WHOLE, why="changed", before=now + 2),)
    )
    old = mint.token(svc=[WHOLE], ops=codes(WHOLE), iat=now - 5)
    reply = wait_for(lambda: (found := stack.ask(at(WHOLE, "/nguoi/001"), old)).status == 401 and found)
    assert (reply.json["code"], reply.json["status"]) == ("token_outdated", 401)
    new = mint.token(svc=[WHOLE], ops=codes(WHOLE), iat=now + 3)
    assert stack.ask(at(WHOLE, "/nguoi/001"), new).status == 200
    change(stack, mint, ports, authority, denied_accounts=(Denial("TK-2026-0001", WHOLE, why="hours"),))
    reply = wait_for(lambda: (found := stack.ask(at(WHOLE, "/nguoi/001"), new)).status == 403 and found)
    assert reply.json["code"] == "outside_hours"
    change(stack, mint, ports, authority)
    wait_for(lambda: call(WHOLE, "/nguoi/001").status == 200)


def test_a_spent_quota_says_when_to_come_back(stack, mint, ports, authority, call):
    ends = "Thu, 26 Nov 2026 17:00:00 GMT"
    for period, changes in (
        ("day", {"spent_day": (Spent(SCHOOL, WHOLE),), "day_ends": ends}),
        ("month", {"spent_month": (Spent(SCHOOL, WHOLE),), "month_ends": ends}),
    ):
        change(stack, mint, ports, authority, **changes)
        reply = wait_for(lambda: (found := call(WHOLE, "/nguoi/001")).status == 429 and found)
        assert (reply.json["code"], reply.headers["retry-after"]) == (f"quota_exceeded_{period}", ends)
        assert reply.headers["x-road-error"] == "server.clientproxy.quota_exceeded"
        assert reply.headers["ratelimit"] == {"day": '"ngay";r=0', "month": '"thang";r=0'}[period]
        assert call(WHOLE, "/nguoi/001", sub="CT-KHAC/UD").status == 200
        assert call(SAFE_TLS, "/nguoi/001").status == 200
    change(stack, mint, ports, authority)
    wait_for(lambda: call(WHOLE, "/nguoi/001").status == 200)


def test_an_account_may_have_a_rate_and_a_burst_of_its_own(stack, mint, ports, authority, call):
    change(stack, mint, ports, authority, terms=(Terms("CT-IT/UD", WHOLE, 60, 3),))
    try:
        wait_for(lambda: call(WHOLE, "/nguoi/001", sub="CT-IT/UD").status == 429)
        reply = call(WHOLE, "/nguoi/001", sub="CT-IT/UD")
        assert (reply.status, reply.json["code"]) == (429, "rate_limited")
        assert call(WHOLE, "/nguoi/001").status == 200
        time.sleep(2.2)
        found = [call(WHOLE, "/nguoi/001", sub="CT-IT/UD").status for _n in range(4)]
        assert 1 <= found.count(200) <= 3
    finally:
        change(stack, mint, ports, authority)
