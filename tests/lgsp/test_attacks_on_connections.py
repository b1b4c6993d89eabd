"""Attacks by how a connection is used: another protocol on it, nothing said, bytes that drip, answers never read.

Everything here ends by the gateway's own clock, and nobody else waits for it.
"""

import gzip
import socket
import ssl
import struct
import threading
import time
from contextlib import closing, suppress
from pathlib import Path

import pytest

from agency_system_runner import agency_system
from gateway_rig import OPEN, Stack, address, decided, free_port, wait_for
from nganam.lgsp import swapping
from nganam.lgsp.authority import Authority
from nganam.lgsp.envoy.compiling import compile_gateway
from nganam.lgsp.envoy.decided import Endpoint, Listen, Operation, Service, Upstream

pytestmark = pytest.mark.slow
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
HEADERS, RST, SETTINGS, CONTINUATION = 1, 3, 4, 9
DATA = "Trạm số".encode()


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def literal(name, value):
    """A header as HPACK writes it without any table; all here are shorter than their length's first byte takes."""

    def length(n):
        if n < 127:
            return bytes([n])
        rest, found = n - 127, b"\x7f"
        while rest >= 128:
            found += bytes([rest % 128 + 128])
            rest //= 128
        return found + bytes([rest])

    return b"\x00" + length(len(name)) + name.encode() + length(len(value)) + value.encode()


def honest(token):
    said = {
        ":method": "GET", ":scheme": "http", ":authority": "lgsp", ":path": address(OPEN, "/0007"),
        "authorization": f"Bearer {token}",
    }  # fmt: skip
    return b"".join(literal(name, value) for name, value in said.items())


def ended(link, payload, *, seconds=5.0, drip=b""):
    """Send, and perhaps go on sending; return what came and how long the gateway held the connection."""
    began, found = time.monotonic(), b""
    link.settimeout(0.5)
    with suppress(ConnectionError, ssl.SSLError):
        link.sendall(payload)
        while time.monotonic() - began < seconds:
            try:
                if drip:
                    link.sendall(drip)
                part = link.recv(65536)
            except TimeoutError:
                continue
            if not part:
                break
            found += part
    return found, time.monotonic() - began


def connect(stack):
    return socket.create_connection(("127.0.0.1", stack.listen.port), timeout=5)


def connect_tls(stack, *alpn):
    context = ssl.create_default_context(cadata=Authority(stack.data / "keys" / "ca").trusted())
    context.set_alpn_protocols(list(alpn))
    raw = socket.create_connection(("127.0.0.1", stack.listen.tls_port), timeout=5)
    return context.wrap_socket(raw, server_hostname="localhost")


ATTACKS = {
    "an honest call": lambda call: frame(HEADERS, 5, 1, call),
    "headers never ended": lambda call: frame(HEADERS, 1, 1, call),
    "rapid reset": lambda call: b"".join(
        frame(HEADERS, 5, n, call) + frame(RST, 0, n, struct.pack(">I", 8)) for n in range(1, 2001, 2)
    ),
    "CONTINUATION flood": lambda call: frame(HEADERS, 1, 1, call) + 1000 * frame(CONTINUATION, 0, 1, b""),
    "HPACK bomb": lambda call: frame(HEADERS, 5, 1, call + b"\x40" + literal("x-b", "z" * 3000)[1:] + b"\xbe" * 4000),
    "settings flood": lambda _call: 1000 * frame(SETTINGS, 0, 0),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_http_2_is_spoken_on_neither_port(stack, mint, attack):
    """Whatever HTTP/2 allows one connection to do, it is over after its first line."""
    payload = PREFACE + frame(SETTINGS, 0, 0) + ATTACKS[attack](honest(mint.token()))
    for link in (connect(stack), connect_tls(stack, "http/1.1")):
        with closing(link):
            found, held = ended(link, payload)
        assert held < 2
        assert DATA not in found
        assert found == b"" or found.startswith(b"HTTP/1.1 400")


def test_http_2_is_not_offered_in_the_handshake(stack):
    with closing(connect_tls(stack, "h2", "http/1.1")) as link:
        assert link.selected_alpn_protocol() == "http/1.1"
    with closing(connect(stack)) as link:
        asked = "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
        found, _held = ended(link, f"{asked}HTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n".encode(), seconds=1)
    assert not found.startswith(b"HTTP/1.1 101")


def test_a_connection_that_never_speaks_tls_is_let_go(stack):
    """Neither silence nor half a greeting holds a connection longer than ten seconds."""
    greeting = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
    held = {}

    def hold(name, payload):
        with closing(socket.create_connection(("127.0.0.1", stack.listen.tls_port), timeout=5)) as link:
            held[name] = ended(link, payload, seconds=30)[1]

    together(*((hold, name, payload) for name, payload in {"silent": b"", "half": greeting}.items()))
    assert all(9 < one < 13 for one in held.values()), held


@pytest.fixture(scope="module")
def system(tmp_path_factory, mint):
    """A gateway before an agency's own system that takes large bodies and gives large answers."""
    data = tmp_path_factory.mktemp("system")
    listen = Listen(port=free_port(), serving_port=free_port())
    with agency_system() as port:
        upstream = Upstream("HT-1", (Endpoint("127.0.0.1", port, "x.example"),), tls=False, timeout_seconds=60)
        named = tuple(
            Operation(f"{OPEN}:{path}", method, path) for method, path in (("POST", "/phieu"), ("GET", "/lon"))
        )
        service = Service(OPEN, "CT-SYT", "KHO", 1000, upstream=upstream, operations=named, base="/api", large=True)
        swapping.swap(compile_gateway(decided(data, mint, listen, services=(service,))), data / "gateway")
        running = Stack(data, listen)
        try:
            running.start_gateway()
            yield running, mint.token(svc=[OPEN], ops=[one.code for one in named])
        finally:
            running.stop()


def test_nobody_holds_a_connection_by_dripping_resting_or_not_reading(system):
    """A body that drips, one that stops, an answer that is not read, a connection that asks nothing (more)."""
    stack, token = system
    common = f"HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
    post = f"POST {address(OPEN, '/phieu')} {common}Content-Length: 20000000\r\n\r\n".encode()
    get = f"GET {address(OPEN, '/lon')} {common}\r\n".encode()
    held, said = {}, {}

    def hold(name, payload, drip=b"", read=True):
        with closing(socket.socket()) as link:
            link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            link.connect(("127.0.0.1", stack.listen.port))
            began = time.monotonic()
            if read:
                said[name], _seconds = ended(link, payload, seconds=100, drip=drip)
            else:
                link.sendall(payload)
            while is_open(stack.listen.port, link.getsockname()[1]) and time.monotonic() - began < 150:
                time.sleep(0.2)
            held[name] = time.monotonic() - began

    together(
        (hold, "dripped body", post + b"x" * 200_000, b"x" * 100), (hold, "stopped body", post), (hold, "nothing", b""),
        (hold, "not reading", get, b"", False), (hold, "not reading many", get * 10, b"", False),
        (hold, "idle", f"GET /healthz {common}\r\n".encode()),
    )  # fmt: skip
    assert all(9 < one < 75 for one in held.values()), held
    assert {said[name][:12] for name in ("dripped body", "stopped body")} == {b"HTTP/1.1 408"}
    assert stack.ask(address(OPEN, "/phieu"), token, "POST", body=b"x").status == 200


def is_open(port, peer):
    """Say whether the gateway's end of a connection is open, whatever the caller's end still believes."""
    ends = (f":{port:04X}", f":{peer:04X}")
    rows = (line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:])
    return any((row[1][8:], row[2][8:], row[3]) == (*ends, "01") for row in rows)


def test_a_compressed_body_is_unpacked_by_nobody_on_the_way(system):
    """A bomb in a request stays what it is: counted as it came, handed to the system byte for byte with its name."""
    stack, token = system
    bomb = gzip.compress(b"0" * 2_000_000)
    for encoding, body in (("gzip", bomb), ("gzip, gzip", gzip.compress(bomb))):
        named = [("Content-Encoding", encoding), ("Content-Type", "application/json")]
        got = stack.ask(address(OPEN, "/phieu"), token, "POST", headers=named, body=body)
        if encoding == "gzip":  # the system, not we, has unpacked it
            told = {name.lower(): value for name, value in got.json["headers"]}
            assert (told["content-encoding"], told["content-length"]) == ("gzip", str(len(bomb)))
    wait_for(lambda: [one["requestSize"] for one in stack.log_lines()][-2:] == [len(bomb), len(body)])


def together(*deeds):
    threads = [threading.Thread(target=deed, args=arguments) for deed, *arguments in deeds]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
