"""A real Envoy before a real data server on free ports, and tokens the test signs itself."""

import base64
import hashlib
import http.client
import json
import os
import socket
import sqlite3
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from joserfc import jwt
from joserfc.jwk import ECKey

from nganam.lgsp import gateway, swapping
from nganam.lgsp.authority import Authority, Issued, read_request
from nganam.lgsp.envoy.compiling import compile_gateway
from nganam.lgsp.envoy.decided import Gateway, Listen, Service, Tls, identity_of
from nganam.lgsp.evidence import lines
from nganam.serving.secret import shared_secret

ISSUER = "http://127.0.0.1:8600"
SCHOOL = "CT-SGDDT/HSHT"
OPEN, SLOW, PAUSED = "DV-2026-0001", "DV-2026-0002", "DV-2026-0003"


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(check: Callable[[], Any], seconds: float = 20.0) -> Any:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found = check()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"nothing after {seconds} s")


def answers(port: int) -> bool:
    try:
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=1)) as link:
            link.request("GET", "/healthz")
            return link.getresponse().status < 600
    except OSError:
        return False


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def request_hash(reply: Reply, asked: str, body: bytes = b"", method: str = "GET", **said: str) -> str:
    """Work out ``X-Road-Request-Hash`` as whoever asked can: by what was sent and what the answer says."""
    head = [method, asked, *(f"{name}:{reply.headers[name]}" for name in ("x-road-client", "x-road-id"))]
    names = ("userid", "issue", "represented_party")
    head += [f"x-road-{name.replace('_', '-')}:{said[name]}" for name in names if name in said]
    head += [f"x-road-request-id:{reply.headers['x-road-request-id']}", ""]
    found = hashlib.sha512("\r\n".join(head).encode()).digest()
    if body:
        found = hashlib.sha512(found + hashlib.sha512(body).digest()).digest()
    return base64.b64encode(found).decode()


@dataclass
class Stack:
    """The running data plane of one data folder."""

    data: Path
    listen: Listen
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    web: str = ""

    def start_serving(self) -> None:
        command = [sys.executable, "-m", "granian", "--interface", "asgi", "--no-ws", "--log-level", "warning"]
        command += ["--port", str(self.listen.serving_port), "nganam.serving.app:application"]
        self._start("serving", command)
        wait_for(lambda: answers(self.listen.serving_port))

    def start_gateway(self) -> None:
        command = gateway.command(
            self.data, port=self.listen.port, host="127.0.0.1", serving=f"127.0.0.1:{self.listen.serving_port}",
            tls_port=self.listen.tls_port, web=self.web,
        )  # fmt: skip
        self._start("gateway", command)
        wait_for(lambda: gateway.health(self.data).live and answers(self.listen.port))

    def start_web(self) -> None:
        host, _, port = self.web.rpartition(":")
        command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws", "--log-level", "warning"]
        self._start("web", [*command, "--host", host, "--port", port, "nganam.site.wsgi:application"])
        wait_for(lambda: answers(int(port)), 40)

    def start_collector(self) -> None:
        command = [sys.executable, "-m", "nganam.lgsp.evidence.collector", "--data", str(self.data)]
        self._start("collector", command)
        wait_for((self.data / "evidence" / "status.json").exists)

    def start_keeper(self) -> None:
        self._start("keeper", [sys.executable, "-m", "nganam.lgsp.keeper"])

    def _start(self, name: str, command: list[str]) -> None:
        env = {**os.environ, "NGANAM_DATA": str(self.data)}
        # A group of its own: granian's workers end with it.
        self.processes[name] = subprocess.Popen(command, env=env, start_new_session=True)

    def kill(self, name: str) -> None:
        process = self.processes.pop(name)
        os.killpg(process.pid, 9)
        process.wait()

    def stop(self) -> None:
        for name in list(self.processes):
            self.kill(name)

    def ask(
        self, path: str, token: str = "", method: str = "GET", headers: list[tuple[str, str]] | None = None,
        body: bytes | None = None,
    ) -> Reply:  # fmt: skip
        """Send exactly this path and these headers, also twice."""
        return self._ask(
            http.client.HTTPConnection("127.0.0.1", self.listen.port, timeout=10), path, token, method, headers, body
        )

    def ask_tls(
        self, path: str, shown: "Held | None" = None, token: str = "", method: str = "GET",
        headers: list[tuple[str, str]] | None = None, body: bytes | None = None,
    ) -> Reply:  # fmt: skip
        """The same through the TLS listener, believing our authority only and showing a certificate, or none."""
        context = ssl.create_default_context(cadata=Authority(self.data / "keys" / "ca").trusted())
        if shown:
            context.load_cert_chain(shown.chain, shown.key)
        link = http.client.HTTPSConnection("127.0.0.1", self.listen.tls_port, timeout=10, context=context)
        return self._ask(link, path, token, method, headers, body)

    def ask_from(self, source: str, path: str, headers: list[tuple[str, str]] | None = None) -> Reply:
        """Send a request from another address of this machine (127.0.0.0/8)."""
        link = http.client.HTTPConnection(
            "127.0.0.1", self.listen.port, timeout=10, source_address=(source, 0)
        )  # fmt: skip
        return self._ask(link, path, "", "GET", headers, None)

    def _ask(
        self, link: http.client.HTTPConnection, path: str, token: str, method: str,
        headers: list[tuple[str, str]] | None, body: bytes | None,
    ) -> Reply:  # fmt: skip
        with closing(link):
            link.putrequest(method, path, skip_accept_encoding=True)
            for name, value in headers or []:
                link.putheader(name, value)
            if token:
                link.putheader("Authorization", f"Bearer {token}")
            if body is not None:
                link.putheader("Content-Length", str(len(body)))
            link.endheaders()
            if body is not None:
                with suppress(BrokenPipeError, ConnectionResetError):
                    link.send(body)
            answer = link.getresponse()
            return Reply(answer.status, {key.lower(): value for key, value in answer.getheaders()}, answer.read())

    def log_lines(self) -> list[dict[str, Any]]:
        return read_log(self.data / "gateway" / "log" / "access.log")


@contextmanager
def data_plane(data: Path, told: Gateway) -> Iterator[Stack]:
    """Run a gateway that was told this, and a data server, over a data folder: no database, no Django."""
    files = compile_gateway(told)
    with swapping.held(data / "gateway"):
        swapping.check(files, data / "gateway")
        swapping.swap(files, data / "gateway")
    running = Stack(data, told.listen)
    try:
        running.start_serving()
        running.start_gateway()
        yield running
    finally:
        running.stop()


@contextmanager
def everything(data: Path) -> Iterator[Stack]:
    """Run data server, gateway, collector and keeper over a data folder whose database is there."""
    stack = Stack(data, Listen(port=free_port(), serving_port=free_port()))
    try:
        stack.start_serving()
        stack.start_gateway()
        stack.start_collector()
        stack.start_keeper()
        yield stack
    finally:
        stack.stop()


def read_log(path: Path) -> list[dict[str, Any]]:
    """Return what the whole lines of a gateway's log say."""
    found = [lines.read(one) for one in path.read_bytes().split(b"\n")[:-1]]
    assert None not in found, path.read_text(errors="replace")
    return [one for one in found if one is not None]


@dataclass
class Held:
    """A client's key and certificate as files, and what the certificate is known by."""

    chain: Path
    key: Path
    issued: Issued


ClientKey = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


def certificate_request(key: ClientKey) -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "whatever the client says")])
    hashed = None if isinstance(key, ed25519.Ed25519PrivateKey) else SHA256()
    request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashed)
    return request.public_bytes(Encoding.PEM).decode()


def certificate(
    data: Path, subject: str, folder: Path, *, days: int = 30, at: datetime | None = None, key: ClientKey | None = None
) -> Held:
    """Let the data folder's authority sign for ``subject`` (AGENCY/APPLICATION)."""
    folder.mkdir(parents=True, exist_ok=True)
    own = Authority(data / "keys" / "ca")
    at = at or datetime.now(UTC)
    own.ensure(at)
    key = key or ec.generate_private_key(ec.SECP256R1())
    request = read_request(certificate_request(key))
    issued = own.issue(request, identity_of("VN", subject), at=at, days=days, crl_url="http://localhost/lgsp/ca.crl")
    return held(folder, key, issued)


def held(folder: Path, key: ClientKey, issued: Issued) -> Held:
    (folder / "client.pem").write_text(issued.pem)
    (folder / "client.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return Held(folder / "client.pem", folder / "client.key", issued)


def address(service: str, rest: str = "") -> str:
    return f"/r1/VN/GOV/CT-SYT/KHO/{service}{rest}"


@dataclass
class Mint:
    """Signs tokens as the token endpoint does, and as it never would."""

    key: ECKey

    def token(self, *, key: ECKey | None = None, **changes: Any) -> str:
        now = int(time.time())
        claims = {
            "iss": ISSUER, "aud": "lgsp", "sub": SCHOOL, "client_id": "TK-2026-0001.aa", "svc": [OPEN, SLOW, PAUSED],
            "acc": ["TK-2026-0001"], "jti": "j1", "iat": now, "exp": now + 300, **changes,
        }  # fmt: skip
        claims = {name: value for name, value in claims.items() if value is not None}
        signer = key or self.key
        return jwt.encode({"alg": "ES256", "kid": signer.kid}, claims, signer)


def new_key(kid: str = "k1") -> ECKey:
    return ECKey.generate_key("P-256", {"kid": kid, "alg": "ES256", "use": "sig"})


def write_table(data: Path) -> None:
    _write(data / "replicas" / "co-so-kham", [(f"{n:04d}", f"Trạm số {n}", "0") for n in range(1, 51)])


def write_twin(data: Path) -> None:
    _write(data / "replicas" / "thu_co-so-kham", [(f"THU{n:05d}", f"Thử {n}", "0950") for n in range(1, 51)])


def _write(folder: Path, rows: list[tuple[str, str, str]]) -> None:
    folder.mkdir(parents=True)
    with closing(sqlite3.connect(folder / "v1.sqlite")) as base:
        base.execute("CREATE TABLE rows (ma TEXT PRIMARY KEY, ten TEXT, dien_thoai TEXT) WITHOUT ROWID")
        base.executemany("INSERT INTO rows VALUES (?,?,?)", rows)
        base.commit()
    (folder / "current.json").write_text('{"version": 1, "file": "v1.sqlite", "key": ["ma"]}')


def decided(data: Path, mint: Mint, listen: Listen, **changes: Any) -> Gateway:
    services = (
        Service(OPEN, "CT-SYT", "KHO", rate_per_minute=100_000),
        Service(SLOW, "CT-SYT", "KHO", rate_per_minute=3),
        Service(PAUSED, "CT-SYT", "KHO", suspended=True),
    )
    own = Authority(data / "keys" / "ca")
    own.ensure(datetime.now(UTC))
    server = own.server(["127.0.0.1", "localhost"], datetime.now(UTC))
    values: dict[str, Any] = {
        "tls": Tls(server.chain, server.key, server.trusted), "certified": {OPEN: (identity_of("VN", SCHOOL),)},
        "instance": "VN", "issuer": ISSUER, "public_url": ISSUER, "gate_secret": shared_secret(data), "listen": listen,
        "keys": (mint.key.as_dict(private=False),), "services": services, **changes,
    }  # fmt: skip
    return Gateway(**values)
