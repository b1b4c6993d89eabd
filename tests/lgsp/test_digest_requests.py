"""What was asked is evidence of a filtered system too: the digest of a request's body, whoever reads it."""

import hashlib
import json
import os
from base64 import b64encode
from datetime import UTC, datetime
from urllib.request import urlopen

import pytest

from agency_system_runner import agency_system
from evidence_rig import as_written, call
from gateway_rig import SCHOOL, Mint, Stack, address, decided, free_port, new_key, wait_for
from nganam.lgsp import swapping
from nganam.lgsp.envoy.compiling import compile_gateway
from nganam.lgsp.envoy.decided import Endpoint, Listen, Operation, Service, Upstream, operation_code
from nganam.lgsp.envoy.logline import OLDER, PART
from nganam.lgsp.evidence import lines
from nganam.serving.snapshot import Field, Grant, Remote, Snapshot, write_snapshot
from nganam.serving.snapshot import Operation as Served
from nganam.serving.snapshot import Service as ServedService

FILTERED, WHOLE = "DV-2026-0201", "DV-2026-0202"
LEGACY = ("lgspaccesstoken", "eyJBY2Nlc3NLZXkiOiJraG9hIn0=")


def rfc9530(body):
    return f"sha-256=:{b64encode(hashlib.sha256(body).digest()).decode()}:"


def code(service):
    return operation_code(service, "POST", "/phieu")


@pytest.fixture(scope="module")
def mint():
    return Mint(new_key())


@pytest.fixture(scope="module")
def stack(tmp_path_factory, mint):
    data = tmp_path_factory.mktemp("digests")
    listen = Listen(port=free_port(), serving_port=free_port())
    (data / "serving").mkdir()
    named = (Served(code(FILTERED), "POST", "/phieu", None),)
    served = {FILTERED: ServedService("", "", (Field("method"), Field("body")), remote=Remote(named))}
    grants = {SCHOOL: {FILTERED: Grant("TK-1", ("method", "body"), operations=(code(FILTERED),))}}
    snapshot = Snapshot(1, datetime(2026, 11, 24, tzinfo=UTC), served, grants)
    (data / "serving" / "snapshot.json").write_bytes(write_snapshot(snapshot))
    running = Stack(data, listen)
    with agency_system() as port:
        running.behind = port
        source = Upstream("HT-1", (Endpoint("127.0.0.1", port, "he-thong.example"),), tls=False)
        services = tuple(
            Service(
                one, "CT-SYT", "KHO", 100_000, upstream=source, base="/api", filtered=one == FILTERED, large=True,
                operations=(Operation(code(one), "POST", "/phieu", ""),),
            )
            for one in (FILTERED, WHOLE)
        )  # fmt: skip
        running.services = services
        with swapping.held(data / "gateway"):
            swapping.swap(compile_gateway(decided(data, mint, listen, services=services)), data / "gateway")
        try:
            running.start_serving()
            running.start_gateway()
            yield running
        finally:
            running.stop()


def post(stack, mint, service, body, ops=None, headers=None):
    token = mint.token(svc=[service], ops=[code(service)] if ops is None else ops)
    return stack.ask(address(service, "/phieu"), token, "POST", headers, body)


def entry_of(stack, reply):
    def found():
        raw = (stack.data / "gateway" / "log" / "access.log").read_bytes().split(b"\n")[:-1]
        said = [json.loads(entry.content) for one in raw for entry in lines.entries_of(one, "gateway")]
        return next((one for one in said if one.get("xRequestId") == reply.headers["x-request-id"]), None)

    return wait_for(found)


@pytest.mark.law("D45", "D45.2")
@pytest.mark.parametrize("size", [0, 1, 70_000, 3_000_000])
@pytest.mark.parametrize("service", [FILTERED, WHOLE])
def test_the_body_of_a_request_to_an_agencys_system_is_digested(stack, mint, service, size):
    sent = os.urandom(size // 2).hex().encode() + b"x" * (size % 2)
    reply = post(stack, mint, service, sent)
    assert reply.status == 200, reply.body
    assert entry_of(stack, reply)["requestDigest"] == rfc9530(sent)


def test_what_the_data_server_refuses_is_digested_all_the_same(stack, mint):
    sent = b"x" * (9 * 1024 * 1024)
    reply = post(stack, mint, FILTERED, sent)
    assert (reply.status, reply.json["code"]) == (400, "bad_request")
    assert entry_of(stack, reply)["requestDigest"] == rfc9530(sent)


def test_the_journal_says_it_too(stack, mint):
    reply = post(stack, mint, FILTERED, b"chung")
    said = [
        json.loads(one) for path in (stack.data / "serving" / "journal").iterdir()
        for one in path.read_bytes().splitlines()
    ]  # fmt: skip
    mine = next(one for one in said if one["xRequestId"] == reply.headers["x-request-id"])
    assert (mine["requestDigest"], mine["requestSize"]) == (rfc9530(b"chung"), 5)


@pytest.mark.parametrize("service", [FILTERED, WHOLE])
def test_the_legacy_clients_secret_goes_no_further_than_the_gateway(stack, mint, service):
    reply = post(stack, mint, service, b"{}", headers=[LEGACY, ("Cookie", "a=b"), ("X-Road-Id", "di-tiep")])
    assert reply.status == 200
    with urlopen(f"http://127.0.0.1:{stack.behind}/da-nhan") as answer:
        got = {name.lower(): value for name, value in json.load(answer)}
    assert got["x-road-id"] == "di-tiep"
    assert not {LEGACY[0], "cookie"} & set(got)
    assert LEGACY[1] not in json.dumps(got)


def test_behind_proxies_an_agencys_system_is_told_no_address_but_the_callers(stack, mint):
    said = [("X-Forwarded-For", "198.51.100.1, 203.0.113.5"), ("X-Forwarded-Proto", "https")]
    gateway = decided(stack.data, mint, stack.listen, services=stack.services, proxies=("127.0.0.1",))
    with swapping.held(stack.data / "gateway"):
        swapping.swap(compile_gateway(gateway), stack.data / "gateway")

    def told():
        assert post(stack, mint, WHOLE, b"{}", headers=said).status == 200
        with urlopen(f"http://127.0.0.1:{stack.behind}/da-nhan") as answer:
            return {name.lower(): value for name, value in json.load(answer)}

    got = wait_for(lambda: (one := told()).get("x-forwarded-for", "").startswith("203.0.113.5") and one)
    assert (got["x-forwarded-for"], got.get("x-forwarded-proto")) == ("203.0.113.5", None)


def test_lines_of_a_gateway_from_before_are_read(stack):
    written = as_written(call(7)).rstrip("\n")
    for mark, less in OLDER.items():
        older = PART.join([mark, *written.split(PART)[1:-less]]).encode()
        entry = next(iter(lines.entries_of(older, "gateway")))
        assert (entry.request_id, "kind" in json.loads(entry.content)) == ("yc-7", False)
        torn = next(iter(lines.entries_of(older.rpartition(PART.encode())[0], "gateway")))
        assert json.loads(torn.content)["kind"] == "unreadable"
