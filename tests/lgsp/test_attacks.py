"""Attacks on the gateway through its socket: size, slowness, headers, methods, smuggling. None passes."""

import socket
import time
from contextlib import closing

import pytest

from gateway_rig import OPEN, SCHOOL, SLOW, address, wait_for

pytestmark = pytest.mark.slow


def raw(stack, payload, *, seconds=15.0, half=False):
    """Send these bytes as they are; return all that comes back until the gateway closes or is silent."""
    with closing(socket.create_connection(("127.0.0.1", stack.listen.port), timeout=seconds)) as link:
        link.settimeout(seconds)
        found = b""
        try:
            link.sendall(payload)
            if half:
                link.shutdown(socket.SHUT_WR)
            while part := link.recv(65536):
                found += part
                if b"\r\n0\r\n\r\n" in found or (
                    b"content-length" in found and found.count(b"\r\n\r\n") and not half and whole(found)
                ):
                    break
        except (TimeoutError, ConnectionResetError, BrokenPipeError):
            pass
        return found


def whole(found):
    head, _mark, body = found.partition(b"\r\n\r\n")
    length = next(
        (int(one.split(b":")[1]) for one in head.lower().split(b"\r\n") if one.startswith(b"content-length")), None
    )
    return length is not None and len(body) >= length


def status(found):
    return int(found.split(b" ", 2)[1]) if found.startswith(b"HTTP/1.1 ") else 0


def request(path, token, *lines, method="GET", body=b""):
    head = [f"{method} {path} HTTP/1.1", "Host: lgsp", f"Authorization: Bearer {token}", *lines]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


DATA = "Trạm số".encode()


@pytest.mark.parametrize(
    ("lines", "body"),
    [
        (("Content-Length: 5", "Transfer-Encoding: chunked"), b"0\r\n\r\nGET /"),
        (("Content-Length: 5", "Content-Length: 6"), b"hello!"),
        (("Content-Length: +5",), b"hello"), (("Content-Length: 0x5",), b"hello"), (("Content-Length: -1",), b""),
        (("Transfer-Encoding: chunked, identity",), b"0\r\n\r\n"), (("Transfer-Encoding: xchunked",), b"0\r\n\r\n"),
        (("Transfer-Encoding : chunked",), b"0\r\n\r\n"), (("Transfer-Encoding:\x0bchunked",), b"0\r\n\r\n"),
        (("Transfer-Encoding: chunked",), b"-1\r\nx\r\n0\r\n\r\n"),
        (("Transfer-Encoding: chunked",), b"zz\r\nx\r\n0\r\n\r\n"),
        (("X-A: a\x00b",), b""), (("X A: b",), b""), (("x_lgsp_consumer: CT-KHAC/UD",), b""),
        (("Host: second",), b""),
    ],
)  # fmt: skip
def test_a_request_with_two_readings_is_refused_and_the_connection_closed(stack, mint, lines, body):
    """Request smuggling: what follows on the connection is never taken for a request of its own."""
    inner = request(address(OPEN, "/0008"), mint.token())
    found = raw(stack, request(address(OPEN, "/0007"), mint.token(), *lines, body=body) + inner, seconds=3)
    assert status(found) in {400, 401, 403, 404, 405, 413, 426, 431, 501} or found == b"", found[:300]
    assert DATA not in found
    assert found.count(b"HTTP/1.1 ") <= 1


def test_a_folded_line_belongs_to_the_header_before_it(stack, mint):
    """RFC 9112 5.2: joined, so that here the token is spoilt; it is no header of its own for anybody."""
    found = raw(stack, request(address(OPEN, "/0007"), mint.token(), " X-LGSP-Consumer: CT-KHAC/UD"), seconds=3)
    assert status(found) in {400, 401}


@pytest.mark.parametrize(
    "first",
    [
        "GET /healthz HTTP/1.1\nHost: x\n\n", "GET /healthz HTTP/0.9\r\n\r\n", "PRI * HTTP/2.0\r\n\r\n",
        "GET  /healthz HTTP/1.1\r\nHost: x\r\n\r\n", "\x16\x03\x01\x02\x00", "GET /healthz\r\n\r\n",
        "GET http://169.254.169.254/ HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
)  # fmt: skip
def test_another_protocol_gets_no_data(stack, first):
    found = raw(stack, first.encode("latin-1"), seconds=2)
    assert DATA not in found
    assert status(found) in {0, 200, 400, 401, 404, 426}


@pytest.mark.parametrize(
    "method", ["TRACE", "CONNECT", "OPTIONS", "PUT", "DELETE", "PATCH", "PROPFIND", "get", "GETX", "POST"]
)
def test_no_other_method_reads(stack, mint, method):
    for extra in ((), ("X-HTTP-Method-Override: GET",), ("X-Method-Override: GET",)):
        found = raw(
            stack, request(address(OPEN, "/0007"), mint.token(), "Content-Length: 0", *extra, method=method), seconds=3
        )
        assert status(found) in {400, 403, 404, 405, 501}, found[:200]
        assert DATA not in found


def test_ten_thousand_header_bytes_are_refused_and_a_token_of_a_hundred_operations_is_not(stack, mint):
    operations = [f"{OPEN}:{n:010x}" for n in range(100)]
    said = tuple(f"X-Road-{name}: {'y' * 200}" for name in ("Id", "UserId", "Issue", "Represented-Party"))
    fine = raw(stack, request(address(OPEN, "/0007"), mint.token(ops=operations), *said, "User-Agent: " + "x" * 500))
    assert status(fine) == 200
    for lines in (
        ("X-Long: " + "x" * 10_000,),
        ("X-Long: " + "x" * 70_000,),
        tuple(f"X-{n}: {'y' * 100}" for n in range(99)),
        tuple(f"X-{n}: y" for n in range(200)),
    ):
        found = raw(stack, request(address(OPEN, "/0007"), mint.token(), *lines), seconds=5)
        assert status(found) == 431, found[:200]
        assert b'"code":"headers_too_large"' in found
        assert DATA not in found


def test_an_endless_address_is_refused(stack, mint):
    for path in (
        address(OPEN, "/" + "9" * 70_000),
        address(OPEN, "/?" + "a=1&" * 20_000),
        address(OPEN, "/" + "9" * 5_000),
    ):
        assert status(raw(stack, request(path, mint.token()), seconds=5)) in {0, 400, 414, 431}


def test_a_body_larger_than_said_or_than_allowed_is_refused(stack, mint):
    chunks = b"".join(b"10000\r\n" + b"x" * 65536 + b"\r\n" for _n in range(20)) + b"0\r\n\r\n"
    found = raw(stack, request(address(OPEN, "/0007"), mint.token(), "Transfer-Encoding: chunked", body=chunks))
    assert status(found) in {405, 413}
    assert DATA not in found


def test_a_caller_who_never_finishes_its_headers_is_let_go(stack, mint):
    """Slow headers: one byte now and then holds a connection ten seconds, no longer."""
    began = time.monotonic()
    with closing(socket.create_connection(("127.0.0.1", stack.listen.port), timeout=20)) as link:
        link.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n")
        link.settimeout(1)
        found = b""
        while time.monotonic() - began < 18:
            try:
                link.sendall(b"X-A: b\r\n")
                part = link.recv(1000)
                found += part
                if not part:
                    break
            except TimeoutError:
                continue
            except OSError:
                break
    assert 8 < time.monotonic() - began < 15
    assert status(found) in {0, 408}


def test_slow_callers_do_not_keep_others_waiting(stack, mint):
    links = []
    try:
        for _n in range(200):
            link = socket.create_connection(("127.0.0.1", stack.listen.port), timeout=5)
            link.sendall(b"GET /r1/ HTTP/1.1\r\nHost: x\r\nX-Slow: ")
            links.append(link)
        began = time.monotonic()
        assert stack.ask(address(OPEN, "/0007"), mint.token()).status == 200
        assert time.monotonic() - began < 2
    finally:
        for link in links:
            link.close()


def test_what_a_caller_says_of_itself_is_dropped(stack, mint):
    """Spoofed identity, duplicated and in other spellings, and forwarded addresses."""
    names = (
        "X-LGSP-Consumer",
        "x-lgsp-consumer",
        "X-LGSP-Gate",
        "X-LGSP-Operation",
        "X-Envoy-Original-Path",
    )
    lines = [f"{name}: CT-KHAC/UD" for name in names for _twice in range(2)]
    reply = raw(stack, request(address(OPEN, "/0007"), mint.token(sub="CT-LA/UD"), *lines))
    assert status(reply) == 403
    assert DATA not in reply
    assert status(raw(stack, request(address(OPEN, "/0007"), mint.token(), *lines, "X-Forwarded-For: 10.0.0.1"))) == 200
    said = request(address(OPEN, "/0007"), mint.token(), "X-Road-Client: VN/GOV/CT-KHAC/UD")
    assert status(raw(stack, said)) == 403


def test_two_tokens_are_not_one(stack, mint):
    own, other = mint.token(), mint.token(sub="CT-LA/UD", svc=[SLOW])
    for first, second in ((own, other), (other, own), (own, own), (own, "x"), ("x", own)):
        found = raw(stack, request(address(OPEN, "/0007"), first, f"Authorization: Bearer {second}"), seconds=3)
        assert status(found) == 401, found[:300]
        assert DATA not in found


def test_a_line_of_the_log_stays_one_line(stack, mint):
    """Log injection: what a caller writes into paths and headers is one part of one line."""
    evil = 'a","statusCode":200,"consumer":"CT-GIA'
    lines = (f"X-Road-Id: {evil}", "X-Road-UserId: Đỏ\tlgsp1", "X-Road-Issue: }{")
    raw(stack, request(address(OPEN, "/?x=%0d%0a%7b%22consumer%22:1%7d%1f"), mint.token(), *lines))
    time.sleep(0.3)
    mine = [one for one in stack.log_lines() if one.get("messageId", "").startswith('a"')]
    assert len(mine) == 1
    assert mine[0]["consumer"] == SCHOOL
    assert mine[0]["messageUserId"] == "Đỏ\tlgsp1"
    assert mine[0]["statusCode"] == 400


@pytest.mark.parametrize("sign", ["\x1f", "\x1e", "\x00", "\x7f"])
def test_what_parts_the_log_cannot_be_sent(stack, mint, sign):
    before = len(stack.log_lines())
    for line in (f"X-Road-Id: a{sign}CT-GIA", f"User-Agent{sign}: b"):
        assert raw(stack, request(address(OPEN, "/0001"), mint.token(), line)).startswith(b"HTTP/1.1 400")
    assert raw(stack, request(address(OPEN, f"/{sign}"), mint.token())).startswith(b"HTTP/1.1 400")
    wait_for(lambda: len(stack.log_lines()) == before + 3)
    assert all(one["statusCode"] == 400 for one in stack.log_lines()[before:])


def test_limits_are_told_in_the_drafts_fields_too(stack, mint):
    reply = stack.ask(address(SLOW, "/0007"), mint.token(sub="CT-DO/UD", svc=[SLOW]))
    assert reply.headers["ratelimit-policy"].startswith('"phut";q=3')
    assert reply.headers["ratelimit"].startswith('"phut";r=2;t=')
    stack.ask(address(SLOW, "/0007"), mint.token(sub="CT-DO/UD", svc=[SLOW]))
    stack.ask(address(SLOW, "/0007"), mint.token(sub="CT-DO/UD", svc=[SLOW]))
    refused = stack.ask(address(SLOW, "/0007"), mint.token(sub="CT-DO/UD", svc=[SLOW]))
    assert refused.status == 429
    assert refused.headers["ratelimit"].startswith('"phut";r=0;t=')


@pytest.mark.parametrize(
    ("path", "token"), [(address(OPEN, "/0007"), ""), (address(OPEN, "/0007"), "x"), ("/khong-co", "")]
)
def test_a_refusal_that_met_no_limit_tells_of_none(stack, path, token):
    reply = stack.ask(path, token)
    assert reply.status in {401, 404}
    assert not [one for one in reply.headers if "ratelimit" in one]


def test_one_callers_flood_leaves_the_others_their_calls(stack, mint):
    greedy, modest = mint.token(sub="CT-THAM/UD", svc=[SLOW]), mint.token(sub="CT-HIEN/UD", svc=[SLOW])
    found = [stack.ask(address(SLOW, "/0007"), greedy).status for _n in range(30)]
    assert found.count(429) >= 27
    assert stack.ask(address(SLOW, "/0007"), modest).status != 429
