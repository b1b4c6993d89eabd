"""Through the socket, with real processes: no answered call is missing from the tree, whoever is killed or attacks."""

import hashlib
import http.client
import json
import os
import socket
import threading
import time
from base64 import b64encode
from contextlib import closing, suppress
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from evidence_rig import entries
from gateway_rig import OPEN, SCHOOL, Mint, Stack, address, decided, free_port, new_key, wait_for, write_table
from nganam.lgsp import gateway, swapping
from nganam.lgsp.envoy import digests
from nganam.lgsp.envoy.compiling import compile_gateway
from nganam.lgsp.envoy.decided import Listen
from nganam.lgsp.evidence.guard import free_bytes
from nganam.lgsp.evidence.verifying import verify_log
from nganam.serving.snapshot import Field, Grant, Snapshot, write_snapshot
from nganam.serving.snapshot import Service as Served

FOREIGN = "DV-2026-0009"


def rfc9530(body):
    return f"sha-256=:{b64encode(hashlib.sha256(body).digest()).decode()}:"


class Upstream(BaseHTTPRequestHandler):
    """An agency's own system: it answers what it was sent, and lies about the digest."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        length = int(self.headers.get("Content-Length", 0))
        asked = self.path.rpartition("/")[2]  # the gateway itself asks /healthz
        body = self.rfile.read(length) + b"x" * (int(asked) if asked.isdigit() else 0)
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Digest", rfc9530(b"a lie"))
        self.send_header("X-LGSP-Request-Digest", rfc9530(b"a lie"))
        if asked == "chen":
            self.send_header("X-Road-Error", "a\x1fCT-GIA")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments):
        pass


def with_upstream(files, port):
    """Add a route to a foreign upstream, digested by the gateway."""
    cluster = json.loads(json.dumps(files["cds.json"]["resources"][0]))
    cluster["name"] = cluster["load_assignment"]["cluster_name"] = "foreign"
    endpoint = cluster["load_assignment"]["endpoints"][0]["lb_endpoints"][0]["endpoint"]
    endpoint["address"]["socket_address"] = {"address": "127.0.0.1", "port_value": port}
    files["cds.json"]["resources"].append(cluster)
    routes = files["rds.json"]["resources"][0]["virtual_hosts"][0]["routes"]
    route = json.loads(json.dumps(next(one for one in routes if one["name"] == OPEN)))
    route["name"], route["route"]["cluster"] = FOREIGN, "foreign"
    route["match"] = {"path_separated_prefix": address(FOREIGN)}
    route["metadata"]["filter_metadata"]["lgsp"]["service"] = FOREIGN
    route["typed_per_filter_config"].update(digests.digested(f"VN/GOV/CT-SYT/KHO/{FOREIGN}"))
    routes.insert(-1, route)


@pytest.fixture(scope="module")
def mint():
    return Mint(new_key())


@pytest.fixture(scope="module")
def stack(tmp_path_factory, mint):
    data = tmp_path_factory.mktemp("evidence")
    listen = Listen(port=free_port(), serving_port=free_port())
    write_table(data)
    served = {OPEN: Served(f"VN/GOV/CT-SYT/KHO/{OPEN}", "co-so-kham", (Field("ma"), Field("ten")), ("ma",), ("ten",))}
    grants = {SCHOOL: {OPEN: Grant("TK-2026-0001", ("ma", "ten"))}}
    (data / "serving").mkdir()
    snapshot = Snapshot(7, datetime(2026, 11, 24, tzinfo=UTC), served, grants)
    (data / "serving" / "snapshot.json").write_bytes(write_snapshot(snapshot))
    upstream = ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
    threading.Thread(target=upstream.serve_forever, daemon=True).start()
    files = compile_gateway(decided(data, mint, listen))
    with_upstream(files, upstream.server_port)
    with swapping.held(data / "gateway"):
        swapping.check(files, data / "gateway")
        swapping.swap(files, data / "gateway")
    running = Stack(data, listen)
    try:
        running.start_serving()
        running.start_gateway()
        running.start_collector()
        yield running
    finally:
        running.stop()
        upstream.shutdown()


def entry_of(stack, request_id, seconds=60):
    def found():
        return next((one for one in entries(stack.data) if one.get("xRequestId") == request_id), None)

    return wait_for(found, seconds)


@pytest.mark.law("D45", "D45.2")
def test_a_call_is_evidence_with_digests_purpose_case_and_snapshot(stack, mint):
    headers = [("X-Road-Id", "ho-so-17"), ("X-Road-Issue", "HS-2026-17"), ("X-Road-UserId", "VN079")]
    reply = stack.ask(address(OPEN, "/0007"), mint.token(purpose="MD-01"), headers=headers)
    assert reply.status == 200
    assert reply.headers["content-digest"] == rfc9530(reply.body)
    one = entry_of(stack, reply.headers["x-request-id"])
    assert (one["responseDigest"], one["digestBy"]) == (rfc9530(reply.body), "server")
    assert one["requestDigest"] == rfc9530(b"")
    assert (one["purpose"], one["messageIssue"], one["messageUserId"]) == ("MD-01", "HS-2026-17", "VN079")
    assert (one["servingSnapshot"], one["statusCode"], one["responseSize"]) == ("7", 200, len(reply.body))
    assert one["node"] == "gateway"
    assert {"requestOutMs", "responseInMs", "responseOutMs"} <= set(one)


def test_a_body_sent_to_a_table_is_digested_though_nothing_reads_it(stack, mint):
    sent = os.urandom(70_000)
    reply = stack.ask(address(OPEN, "/0007"), mint.token(), body=sent)
    assert (reply.status, reply.headers["x-lgsp-request-digest"]) == (200, rfc9530(sent))
    one = entry_of(stack, reply.headers["x-request-id"])
    assert (one["requestDigest"], one["requestSize"]) == (rfc9530(sent), len(sent))
    assert "x-lgsp-request-digest" not in stack.ask(address(OPEN, "/0007"), mint.token()).headers


def test_a_refusal_of_the_data_server_is_digested_too_and_a_known_answer_as_what_it_is(stack, mint):
    absent = stack.ask(address(OPEN, "/9999"), mint.token())
    assert entry_of(stack, absent.headers["x-request-id"])["responseDigest"] == rfc9530(absent.body)
    first = stack.ask(address(OPEN, "/0007"), mint.token())
    again = stack.ask(address(OPEN, "/0007"), mint.token(), headers=[("If-None-Match", first.headers["etag"])])
    assert (again.status, again.headers["repr-digest"]) == (304, rfc9530(first.body))
    assert entry_of(stack, again.headers["x-request-id"])["responseDigest"] == rfc9530(b"")
    head = stack.ask(address(OPEN, "/0007"), mint.token(), method="HEAD")
    assert head.headers["repr-digest"] == rfc9530(first.body)


@pytest.mark.parametrize("size", [0, 1, 55, 56, 64, 119, 120, 1000, 300_000])
def test_bodies_of_a_foreign_upstream_are_digested_by_the_gateway_whatever_it_claims(stack, mint, size):
    sent = os.urandom(size)
    reply = stack.ask(address(FOREIGN, "/65"), mint.token(), body=sent)
    assert reply.body == sent + b"x" * 65
    one = entry_of(stack, reply.headers["x-request-id"])
    assert (one["requestDigest"], one["responseDigest"]) == (rfc9530(sent), rfc9530(reply.body))
    assert one["digestBy"] == "gateway"


def test_what_parts_the_log_cannot_come_from_an_upstream_either(stack, mint):
    reply = stack.ask(address(FOREIGN, "/chen"), mint.token())
    assert reply.status == 502
    one = entry_of(stack, reply.headers["x-request-id"])
    assert one["statusCode"] == 502
    assert "CT-GIA" not in json.dumps(one)


@pytest.fixture
def without_openssl(stack):
    """A machine without the library the gateway's script borrows."""
    lds = stack.data / "gateway" / "lds.json"
    before = lds.read_bytes()
    told = json.loads(before.replace(b"libcrypto.so", b"libnowhere.so"))

    def taken(content):
        swapping.replace(lds, json.dumps({**content, "version_info": f"v{time.monotonic_ns()}"}).encode())
        version = json.loads(lds.read_bytes())["version_info"]
        told = "/stats?filter=listener_manager.lds.version_text"
        wait_for(lambda: version in gateway._admin(stack.data, "GET", told, "gateway").decode())

    taken(told)
    yield
    taken(json.loads(before))


@pytest.mark.parametrize("size", [0, 55, 56, 64, 1000, 300_000])
def test_without_openssl_the_gateway_hashes_by_itself(without_openssl, stack, mint, size):
    sent = os.urandom(size)
    reply = stack.ask(address(FOREIGN, "/65"), mint.token(), body=sent)
    one = entry_of(stack, reply.headers["x-request-id"])
    assert (one["requestDigest"], one["responseDigest"]) == (rfc9530(sent), rfc9530(reply.body))


# -- attacks --

INJECTIONS = [
    b'"}\\n{"at":"2026-01-01T00:00:00Z","statusCode":200,"consumer":"CT-CA/GIA"}',
    b'x","consumer":"CT-CA/GIA","statusCode":"200',
    b"\\u0022,\\u0022consumer\\u0022:\\u0022CT-CA/GIA",
    b"\x1b[31m\x1b]0;x\x07", b"\xff\xfe\xc3\x28 \x80", "\u2028\u2029\u202e đảo".encode(), b"{" * 300, b"\\" * 255,
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(INJECTIONS)))
def test_what_a_caller_writes_stays_one_value_of_one_entry(stack, mint, number):
    """Log injection: line ends, quotes, escapes, broken UTF-8 in headers and path."""
    text = INJECTIONS[number]
    with closing(socket.create_connection(("127.0.0.1", stack.listen.port), 5)) as link:
        link.sendall(
            b"GET " + address(OPEN, "/0007").encode() + b"?" + text.replace(b" ", b"+") + b" HTTP/1.1\r\nHost: a\r\n"
            b"Authorization: Bearer " + mint.token().encode() + b"\r\nX-Road-Issue: " + text + b"\r\nX-Road-Id: "
            + text + b"\r\nConnection: close\r\n\r\n"
        )  # fmt: skip
        answer = b""
        while chunk := link.recv(65536):
            answer += chunk
    named = [one for one in answer.split(b"\r\n") if one.lower().startswith(b"x-request-id:")]
    if not named:
        assert b" 400 " in answer.partition(b"\r\n")[0]
        return
    one = entry_of(stack, named[0].partition(b":")[2].strip().decode())
    assert one["consumer"] == SCHOOL
    assert one.get("kind") is None
    assert str(one["statusCode"]) == answer.split(b" ")[1].decode()
    assert not any(found.get("consumer") == "CT-CA/GIA" for found in entries(stack.data))


HOST = b"Host: a\r\n"
EARLY = [
    b"GET /%00 HTTP/1.1\r\n" + HOST, b"GET /a%2fb HTTP/1.1\r\n" + HOST, b"GET /r1/x HTTP/1.0\r\n",
    b"GET /r1/x HTTP/1.1\r\n", b"GET ../x HTTP/1.1\r\n" + HOST, b"GET /r1/x HTTP/1.1\r\nX_Under: 1\r\n" + HOST,
    b"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n", b"GET http://a/%2e%2e%2f HTTP/1.1\r\n" + HOST,
    b"OPTIONS * HTTP/1.1\r\n" + HOST, b"GET /r1/x\x01 HTTP/1.1\r\n" + HOST, b"TRACE /r1/x HTTP/1.1\r\n" + HOST,
    b"POST /r1/x HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n" + HOST,
    b"GET /r1/x HTTP/1.1\r\nUpgrade: websocket\r\nConnection: upgrade\r\n" + HOST,
    b"GET /r1/x?a HTTP/1.1\r\nHost: a b\r\n", b"GET /r1/x HTTP/1.1\r\nA: " + b"x" * 70_000 + b"\r\n" + HOST,
    b"GET /r1/x HTTP/1.1\r\nX-Road-Issue: a\rb\r\n" + HOST, b"GET /r1/x HTTP/1.1\r\nX-Road-Issue: a\nb: c\r\n" + HOST,
    b"GET /r1/x HTTP/1.1\r\nX-Road-Issue: a\0b\r\n" + HOST,
]  # fmt: skip


def test_a_call_refused_early_names_neither_consumer_nor_call(stack, mint):
    """Whatever is wrong with a request, its own words for who and which call it is are no evidence."""
    before = len(entries(stack.data))
    forged = b"X-LGSP-Consumer: CT-CA/GIA\r\nX-Request-Id: forged-id\r\nX-LGSP-Node: gateway-9\r\n\r\n"
    answered = [_sent(stack, one + forged) for one in EARLY]
    assert sum(one.startswith(b"HTTP/1.1 4") for one in answered) >= len(EARLY) - 4
    time.sleep(3)
    new = entries(stack.data)[before:]
    assert len(new) >= len(EARLY) - 2
    assert not [one for one in new if one.get("xRequestId") == "forged-id"], {
        one.get("faultString") for one in new if one.get("xRequestId") == "forged-id"
    }
    assert not [one for one in new if "consumer" in one or "clientId" in one or one.get("node") != "gateway"]
    assert not [one for one in new if one.get("kind")]


def _sent(stack, raw):
    with closing(socket.create_connection(("127.0.0.1", stack.listen.port), 5)) as link, suppress(OSError):
        link.sendall(raw)
        return link.recv(65536)
    return b""


def test_a_caller_cannot_name_the_node_or_the_digest(stack, mint):
    headers = [("X-LGSP-Node", "gateway-9"), ("Content-Digest", rfc9530(b"lie")), ("X-LGSP-Snapshot", "99")]
    reply = stack.ask(address(OPEN, "/0007"), mint.token(), headers=headers)
    one = entry_of(stack, reply.headers["x-request-id"])
    assert (one["node"], one["servingSnapshot"], one["requestDigest"]) == ("gateway", "7", rfc9530(b""))


# -- full disk --


def test_a_full_disk_refuses_calls_before_evidence_is_lost_and_they_come_back_by_themselves(stack, mint):
    stack.kill("collector")
    note = stack.data / "evidence" / "status.json"
    said = json.loads(note.read_bytes())
    # So much must be free that calls are refused, not yet connections.
    note.write_text(json.dumps({**said, "must_be_free": 2 * free_bytes(stack.data)}))
    forged = [("X-LGSP-Consumer", "CT-CA/GIA"), ("X-Request-Id", "forged-id")]
    reply = wait_for(
        lambda: (got := stack.ask(address(OPEN, "/0007"), mint.token(), headers=forged)).status == 503 and got, 5
    )
    assert reply.headers["content-type"].startswith("application/problem+json")
    assert (reply.json["code"], reply.headers["retry-after"]) == ("log_full", "5")
    assert reply.headers["x-road-error"] == "server.serverproxy.network_error"
    stack.start_collector()
    wait_for(lambda: stack.ask(address(OPEN, "/0007"), mint.token()).status == 200, 20)
    one = wait_for(lambda: next((one for one in entries(stack.data) if one.get("faultString") == "overload"), None), 20)
    assert (one["statusCode"], one["faultCode"]) == (503, reply.headers["x-road-error"])
    assert "xRequestId" not in one
    assert "consumer" not in one


def test_the_collector_itself_makes_the_gateway_refuse_when_room_runs_out(stack, mint):
    stack.kill("collector")
    os.environ["NGANAM_EVIDENCE_FREE_MB"] = str(2**42)
    try:
        stack.start_collector()
        wait_for(lambda: _is_refused(stack, mint), 20)
        status = json.loads((stack.data / "evidence" / "status.json").read_text())
        assert status["refusing"] is True
    finally:
        del os.environ["NGANAM_EVIDENCE_FREE_MB"]
        stack.kill("collector")
        stack.start_collector()
    wait_for(lambda: not _is_refused(stack, mint), 20)


def _is_refused(stack, mint):
    try:
        return stack.ask(address(OPEN, "/0007"), mint.token()).status == 503
    except OSError:
        return True


# -- kill -9 --


def test_under_load_with_gateway_and_collector_killed_the_tree_holds_every_answered_call_once(stack, mint):
    """Count at the clients = count in the tree, but for calls in the hands of the killed at that moment."""
    answered, cut, stop = [], [], threading.Event()
    token = mint.token()

    def client():
        while not stop.is_set():
            with (
                suppress(OSError, http.client.HTTPException),
                closing(http.client.HTTPConnection("127.0.0.1", stack.listen.port, timeout=5)) as link,
            ):
                while not stop.is_set():
                    cut.append(1)
                    link.request("GET", address(OPEN, "/0007"), headers={"Authorization": f"Bearer {token}"})
                    answer = link.getresponse()
                    answer.read()
                    cut.pop()
                    answered.append(answer.headers["x-request-id"])

    before = {one.get("xRequestId") for one in entries(stack.data)}
    clients = [threading.Thread(target=client) for _ in range(6)]
    for one in clients:
        one.start()
    try:
        for turn in range(4):
            time.sleep(0.6 + 0.1 * turn)
            stack.kill("gateway")
            if turn % 2:
                stack.kill("collector")
                stack.start_collector()
            stack.start_gateway()
        time.sleep(0.5)
    finally:
        stop.set()
        for one in clients:
            one.join()

    def present():
        return [one for one in entries(stack.data) if one.get("xRequestId") and one["xRequestId"] not in before]

    wait_for(lambda: set(answered) <= {one["xRequestId"] for one in present()}, 40)
    time.sleep(4)  # what nobody waits for any more has been recovered too
    found = present()
    seen = [one["xRequestId"] for one in found]
    assert len(seen) == len(set(seen))
    assert len(answered) == len(set(answered))
    assert len(answered) > 200
    # What the tree has more was answered by the data server while its gateway died under the client.
    assert 0 <= len(seen) - len(answered) <= len(clients) * 4
    recovered = [one for one in found if one.get("kind") == "recovered"]
    assert all(one["restPath"] == address(OPEN, "/0007") and one["statusCode"] == 200 for one in recovered)
    assert all(one["consumer"] == SCHOOL and one["serviceMemberCode"] == "CT-SYT" for one in recovered)
    assert verify_log(stack.data / "evidence").ok


def test_an_answer_whose_line_died_with_the_gateway_is_recovered(stack, mint):
    """Made sure: the gateway is stopped while the data server answers, and then killed."""
    pid = stack.processes["gateway"].pid
    journal = stack.data / "serving" / "journal"

    def answers():
        return sum(path.read_bytes().count(b"\n") for path in journal.iterdir())

    before = answers()
    with closing(socket.create_connection(("127.0.0.1", stack.listen.port), 5)) as link:
        link.sendall(
            f"GET {address(OPEN, '/0011')} HTTP/1.1\r\nHost: a\r\nX-Road-Issue: HS-11\r\n"
            f"Authorization: Bearer {mint.token()}\r\n\r\n".encode()
        )
        while answers() == before:
            time.sleep(0.0001)
        os.kill(pid, 19)  # SIGSTOP: it has no time to write its line
    stack.kill("gateway")
    stack.start_gateway()

    def found():
        return [one for one in entries(stack.data) if one.get("messageIssue") == "HS-11"]

    one = wait_for(found, 30)[0]
    assert len(found()) == 1
    if one.get("kind") == "recovered":
        assert (one["restPath"], one["statusCode"], one["account"]) == (address(OPEN, "/0011"), 200, "TK-2026-0001")
        assert (one["records"], one["node"], one["digestBy"]) == ("1", "gateway", "server")
