"""A stand-in of a platform beyond the province: its own authority, a real Envoy as its gateway, a system behind it.

Nothing here is a claim about the real national platform. It speaks what is public of X-Road's REST protocol: a
client is known by its certificate and named in ``X-Road-Client``, deny by default, a service under
``/r1/INSTANCE/CLASS/MEMBER/SUBSYSTEM/SERVICE``, errors with ``X-Road-Error``. Its way out (``out``) carries the calls
of its own members to the province, with its certificate or theirs.
"""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from gateway_rig import answers, free_port, wait_for
from nganam.lgsp.envoy.shapes import HTTP, Json, extension, set_header, typed
from nganam.lgsp.swapping import envoy_binary

HOST = "ngsp.quoc-gia.example"
INSTANCE = "QG"
MEMBER = "BTC/DKDN"
SERVICE = f"{INSTANCE}/GOV/{MEMBER}/tra-cuu"
US = f"{INSTANCE}/GOV/ST/LGSP"
BACKEND = Path(__file__).with_name("national_backend.py")
MANAGER = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
DOWN = "envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext"
UP = "envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext"


def as_pem(thing: Any) -> str:
    if isinstance(thing, ec.EllipticCurvePrivateKey):
        return thing.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return thing.public_bytes(Encoding.PEM).decode()


class Ca:
    """An authority of another house; it signs what it is asked to, also what it should not."""

    def __init__(self, name: str = "CA quốc gia (giả lập)") -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        signed = self._builder(self._name, self._key, 30).add_extension(
            x509.BasicConstraints(ca=True, path_length=None), critical=True
        )
        self.pem = as_pem(signed.sign(self._key, SHA256()))

    def _builder(self, subject: x509.Name, key: Any, days: float) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder().subject_name(subject).issuer_name(self._name).public_key(key.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=2))
            .not_valid_after(now + timedelta(days=days))
        )  # fmt: skip

    def sign(
        self, *, uris: Sequence[str] = (), names: Sequence[str] = (), subject: str = "thành viên", days: float = 1,
        key: ec.EllipticCurvePrivateKey | None = None,
    ) -> tuple[str, str]:  # fmt: skip
        """Return certificate and key as PEM; negative ``days``: it has run out."""
        key = key or ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, subject)])
        general: list[x509.GeneralName] = [x509.UniformResourceIdentifier(one) for one in uris]
        general += [x509.IPAddress(ip_address(one)) if one[0].isdigit() else x509.DNSName(one) for one in names]
        builder = self._builder(name, key, days)
        if general:
            builder = builder.add_extension(x509.SubjectAlternativeName(general), critical=False)
        return as_pem(builder.sign(self._key, SHA256())), as_pem(key)

    def files(self, folder: Path, name: str, **what: Any) -> tuple[str, str]:
        """Write a certificate and its key; return the two paths."""
        folder.mkdir(parents=True, exist_ok=True)
        chain, key = self.sign(**what)
        (folder / f"{name}.pem").write_text(chain)
        (folder / f"{name}.key").write_text(key)
        return str(folder / f"{name}.pem"), str(folder / f"{name}.key")


@dataclass
class Platform:
    """The running stand-in: ``port`` takes calls by TLS, ``out_port`` those of its members to the province."""

    folder: Path
    province_tls: int = 0
    province_host: str = ""
    province_ca: str = ""
    out_identity: dict[str, Any] = field(default_factory=dict)
    ca: Ca = field(default_factory=Ca)
    port: int = field(default_factory=free_port)
    out_port: int = field(default_factory=free_port)
    backend_port: int = field(default_factory=free_port)
    known: tuple[str, str] = ("urn:lgsp:soc-trang", US)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self) -> None:
        self.start_backend()
        self.start_gateway()

    def start_backend(self) -> None:
        command = [sys.executable, str(BACKEND), str(self.backend_port)]
        self.processes["backend"] = subprocess.Popen(command, env={**os.environ})
        wait_for(lambda: answers(self.backend_port))

    def start_gateway(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "envoy.json").write_text(json.dumps(self._bootstrap()))
        command = [
            str(envoy_binary()),
            "-c",
            "envoy.json",
            "-l",
            "error",
            "--disable-hot-restart",
            "--concurrency",
            "1",
        ]
        self.processes["gateway"] = subprocess.Popen(command, cwd=self.folder)
        wait_for(lambda: answers(self.out_port))

    def kill(self, name: str) -> None:
        process = self.processes.pop(name)
        process.kill()
        process.wait()

    def stop(self) -> None:
        for name in list(self.processes):
            self.kill(name)

    # -- its configuration: nothing of it is compiled by the province's code --

    def _bootstrap(self) -> Json:
        listeners = [
            self._listener("in", self.port, self._in(), self._tls()),
            self._listener("out", self.out_port, self._out(), {}),
        ]
        clusters = [self._cluster("backend", self.backend_port, {})]
        if self.province_tls:
            clusters.append(self._cluster("province", self.province_tls, self._to_province()))
        return {"static_resources": {"listeners": listeners, "clusters": clusters}}

    def _listener(self, name: str, port: int, routes: list[Json], transport: Json) -> Json:
        config = {"name": name, "virtual_hosts": [{"name": name, "domains": ["*"], "routes": routes}]}
        filters = [extension("router", HTTP + "router.v3.Router")]
        if name == "in":
            config["response_headers_to_add"] = [set_header("x-road-service", SERVICE)]
            filters.insert(0, extension("rbac", HTTP + "rbac.v3.RBAC", rules=self._rights()))
        manager = typed(
            MANAGER, stat_prefix=name, route_config=config, http_filters=filters, generate_request_id=False,
            local_reply_config={"mappers": [self._refusal()]},
        )  # fmt: skip
        network = [{"name": "http", "typed_config": manager}]
        address = {"socket_address": {"address": "127.0.0.1", "port_value": port}}
        return {"name": name, "address": address, "filter_chains": [{"filters": network, **transport}]}

    def _rights(self) -> Json:
        """Deny by default: the certificate must be the client's whose name the header says."""
        uri, client = self.known
        said = {"header": {"name": "x-road-client", "string_match": {"exact": client}}}
        shown = {"authenticated": {"principal_name": {"exact": uri}}}
        policy = {"permissions": [{"any": True}], "principals": [{"and_ids": {"ids": [said, shown]}}]}
        return {"action": "ALLOW", "policies": {"clients": policy}}

    def _refusal(self) -> Json:
        code = {"comparison": {"op": "EQ", "value": {"default_value": 403, "runtime_key": "refused"}}}
        kind = "server.serverproxy.access_denied"
        body = {"json_format": {"type": kind, "message": "Request is not allowed", "detail": "f1"}}
        return {
            "filter": {"status_code_filter": code}, "body_format_override": body,
            "headers_to_add": [set_header("x-road-error", kind)],
        }  # fmt: skip

    def _in(self) -> list[Json]:
        prefix = f"/r1/{INSTANCE}/GOV/{MEMBER}"
        return [
            {
                "match": {"prefix": f"{prefix}/tra-cuu/"},
                "route": {"cluster": "backend", "prefix_rewrite": "/", "timeout": "20s"},
            },
            {
                "match": {"prefix": f"{prefix}/"},
                "route": {"cluster": "backend", "prefix_rewrite": "/meta/", "timeout": "20s"},
            },
        ]

    def _out(self) -> list[Json]:
        health: Json = {"match": {"path": "/healthz"}, "direct_response": {"status": 200}}
        if not self.province_tls:
            return [health]
        onward = {"cluster": "province", "timeout": "20s"}
        return [health, {"match": {"prefix": "/r1/"}, "route": onward}]

    def _tls(self) -> Json:
        chain, key = self.ca.sign(names=[HOST, "127.0.0.1"])
        common = {
            "tls_certificates": [
                {"certificate_chain": {"inline_string": chain}, "private_key": {"inline_string": key}}
            ],
            "validation_context": {"trusted_ca": {"inline_string": self.ca.pem}},
        }
        socket = extension("tls", DOWN, common_tls_context=common, require_client_certificate=True)
        return {"transport_socket": socket}

    def _to_province(self) -> Json:
        chain, key = self.ca.sign(**self.out_identity)
        common = {
            "tls_certificates": [
                {"certificate_chain": {"inline_string": chain}, "private_key": {"inline_string": key}}
            ],
            "validation_context": {"trusted_ca": {"inline_string": self.province_ca}},
        }
        return {"transport_socket": extension("tls", UP, common_tls_context=common, sni=self.province_host)}

    def _cluster(self, name: str, port: int, transport: Json) -> Json:
        address = {"socket_address": {"address": "127.0.0.1", "port_value": port}}
        members = [{"endpoint": {"address": address}}]
        load = {"cluster_name": name, "endpoints": [{"lb_endpoints": members}]}
        return {"name": name, "type": "STATIC", "connect_timeout": "2s", "load_assignment": load, **transport}
