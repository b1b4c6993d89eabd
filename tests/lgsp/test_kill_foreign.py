"""kill -9 of the gateway under load: every call an agency's own system answered is in the tree, once."""

import hashlib
import http.client
import json
import re
import socket
import threading
from base64 import b64encode
from contextlib import closing, suppress

import pytest

from agency_system_runner import agency_system
from evidence_rig import entries
from gateway_rig import SCHOOL, Mint, Stack, address, decided, free_port, new_key, wait_for
from nganam.lgsp import swapping
from nganam.lgsp.envoy.compiling import compile_gateway
from nganam.lgsp.envoy.decided import Endpoint, Listen, Operation, Service, Upstream, operation_code
from nganam.lgsp.evidence.verifying import verify_log

WHOLE = "DV-2026-0202"
CODE = operation_code(WHOLE, "POST", "/**")


def rfc9530(body):
    return f"sha-256=:{b64encode(hashlib.sha256(body).digest()).decode()}:"


@pytest.fixture(scope="module")
def mint():
    return Mint(new_key())


@pytest.fixture(scope="module")
def stack(tmp_path_factory, mint):
    data = tmp_path_factory.mktemp("foreign")
    listen = Listen(port=free_port(), serving_port=free_port())
    running = Stack(data, listen)
    with agency_system() as port:
        source = Upstream("HT-1", (Endpoint("127.0.0.1", port, "he-thong.example"),), tls=False, timeout_seconds=9)
        operations = (Operation(CODE, "POST", "/**", ""),)
        service = Service(WHOLE, "CT-SYT", "KHO", 100_000, upstream=source, base="/api", operations=operations)
        with swapping.held(data / "gateway"):
            files = compile_gateway(decided(data, mint, listen, services=(service,)))
            swapping.check(files, data / "gateway")
            swapping.swap(files, data / "gateway")
        try:
            running.start_gateway()
            running.start_collector()
            yield running
        finally:
            running.stop()


def post(stack, mint, rest, body=b"{}", headers=None):
    return stack.ask(address(WHOLE, rest), mint.token(svc=[WHOLE], ops=[CODE]), "POST", headers, body)


def of(stack, request_id, seconds=30):
    return wait_for(
        lambda: next((one for one in entries(stack.data) if one.get("xRequestId") == request_id), None), seconds
    )


def noted(stack):
    found = []
    for path in (stack.data / "gateway" / "journal").iterdir():
        found += [json.loads(one) for one in path.read_bytes().decode(errors="replace").splitlines()]
    return found


@pytest.mark.law("D45", "D45.2")
def test_the_gateway_writes_down_an_agencys_answer_before_it_is_sent(stack, mint):
    evil = 'a"\\}\t đỏ'.encode()
    headers = [("X-Road-Issue", evil), ("X-Road-UserId", b"\xff\xfe"), ("X-Road-Id", "so-7")]
    reply = post(stack, mint, "/viec/%C4%91?x=1", b"noi dung", headers)
    assert reply.status == 200
    first, last = (one for one in noted(stack) if one["xRequestId"] == reply.headers["x-request-id"])
    assert "responseDigest" not in first
    assert (last["statusCode"], last["responseSize"]) == (200, len(reply.body))
    assert (last["requestDigest"], last["responseDigest"]) == (rfc9530(b"noi dung"), rfc9530(reply.body))
    assert (last["consumer"], last["accounts"], last["node"]) == (SCHOOL, ["TK-2026-0001"], "gateway")
    assert (last["restMethod"], last["restPath"]) == ("POST", address(WHOLE, "/viec/%C4%91?x=1"))
    assert (last["messageIssue"], last["messageUserId"]) == (evil.decode(), "\ufffd\ufffd")
    line = of(stack, reply.headers["x-request-id"])
    same = {"consumer", "clientId", "tokenId", "accounts", "restPath", "messageId", "messageIssue", "statusCode"}
    assert {name: line[name] for name in same} == {name: last[name] for name in same}
    assert line.get("kind") is None


def test_under_load_with_the_gateway_killed_every_answered_call_of_an_agencys_system_is_in_the_tree_once(stack, mint):
    answered, stop, token = {}, threading.Event(), mint.token(svc=[WHOLE], ops=[CODE])

    def client(number):
        headers = {"Authorization": f"Bearer {token}", "X-Road-Issue": f"HS-{number}"}
        while not stop.is_set():
            with (
                suppress(OSError, http.client.HTTPException),
                closing(http.client.HTTPConnection("127.0.0.1", stack.listen.port, timeout=5)) as link,
            ):
                while not stop.is_set():
                    link.request("POST", address(WHOLE, f"/viec/{number}"), b"x" * number, headers)
                    answer = link.getresponse()
                    body = answer.read()
                    if answer.status == 200:
                        answered[answer.headers["x-request-id"]] = rfc9530(body)

    clients = [threading.Thread(target=client, args=(number,)) for number in range(6)]
    for one in clients:
        one.start()
    try:
        for turn in range(8):
            before = len(answered)
            wait_for(lambda before=before: len(answered) > before + 30)
            stack.kill("gateway")
            if turn % 3 == 1:
                stack.kill("collector")
                stack.start_collector()
            stack.start_gateway()
    finally:
        stop.set()
        for one in clients:
            one.join()
    wait_for(lambda: set(answered) <= {one.get("xRequestId") for one in entries(stack.data)}, 60)
    found = [one for one in entries(stack.data) if one.get("xRequestId") in answered]
    assert len(found) == len(answered) > 240
    assert {one["xRequestId"]: one["responseDigest"] for one in found} == answered
    assert {one["serviceMemberCode"] + one["serviceCode"] for one in found} == {"CT-SYT" + WHOLE}
    assert {one["consumer"] for one in found} == {SCHOOL}
    assert verify_log(stack.data / "evidence").ok


def test_an_answer_cut_by_the_kill_is_known_too(stack, mint):
    """Its first half was sent: that something was shared must not be lost."""
    port, token = stack.listen.port, mint.token(svc=[WHOLE], ops=[CODE])
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as link:
        link.request("POST", address(WHOLE, "/nho-giot"), b"{}", {"Authorization": f"Bearer {token}"})
        answer = link.getresponse()
        assert answer.read(4) == b"phan"
        stack.kill("gateway")
    stack.start_gateway()
    one = of(stack, answer.headers["x-request-id"])
    assert (one["kind"], one["statusCode"], one["serviceCode"]) == ("recovered", 200, WHOLE)
    assert "responseDigest" not in one


def begin_another_journal(stack, megabytes):
    lds = stack.data / "gateway" / "lds.json"
    text = re.sub(r"6\d \* 1024 \* 1024", f"{megabytes} * 1024 * 1024", lds.read_text(encoding="utf-8"))
    swapping.replace(lds, json.dumps({**json.loads(text), "version_info": f"moi-{megabytes}"}).encode())


def test_a_new_configuration_begins_another_journal_and_loses_nothing(stack, mint):
    folder = stack.data / "gateway" / "journal"
    first = post(stack, mint, "/viec/1")
    files = {path.name for path in folder.iterdir()}
    begin_another_journal(stack, 65)
    wait_for(lambda: post(stack, mint, "/viec/2").status == 200 and {one.name for one in folder.iterdir()} - files)
    assert of(stack, first.headers["x-request-id"])["statusCode"] == 200


def test_a_call_whose_body_breaks_on_the_way_is_in_the_tree_once(stack, mint):
    """Its answer is in the journal under our id; the line that comes says it too."""
    token = mint.token(svc=[WHOLE], ops=[CODE])
    head = f"POST {address(WHOLE, '/vo')} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\nX-Request-Id: gia\r\n"
    with closing(socket.create_connection(("127.0.0.1", stack.listen.port), 5)) as link:
        link.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n".encode())
        assert post(stack, mint, "/viec/truoc").status == 200  # by then the gateway has read the beginning
        link.sendall(b"ZZZ\r\n\r\n")
        assert link.recv(65536).startswith(b"HTTP/1.1 400")
    (answered,) = {one["xRequestId"] for one in noted(stack) if one["restPath"] == address(WHOLE, "/vo")}
    assert of(stack, answered).get("kind") is None
    assert "gia" not in {one.get("xRequestId") for one in entries(stack.data)}


def test_an_answer_that_cannot_be_written_down_is_not_given(stack, mint):
    folder, away = stack.data / "gateway" / "journal", stack.data / "gateway" / "journal-away"
    folder.rename(away)
    folder.write_bytes(b"")
    begin_another_journal(stack, 66)
    try:
        refused = wait_for(lambda: (one := post(stack, mint, "/viec/9")).status == 503 and one)
    finally:
        folder.unlink()
        away.rename(folder)
    assert (refused.json["code"], refused.json["status"]) == ("unavailable", 503)
    assert refused.json["request_id"] == refused.headers["x-request-id"]
    assert (refused.headers["x-road-error"], b"viec" in refused.body) == ("server.serverproxy.service_failed", False)
    line = of(stack, refused.headers["x-request-id"])
    assert (line["statusCode"], line["responseDigest"]) == (503, rfc9530(refused.body))
    assert post(stack, mint, "/viec/9").status == 200


def test_a_gateway_started_before_a_folder_was_needed_finds_it_with_its_files(tmp_path):
    folder = tmp_path / "gateway"
    swapping.swap({}, folder)
    assert {path.name for path in folder.iterdir()} == {"log", "journal"}
