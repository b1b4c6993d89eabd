"""What holding and proving a call costs: our gateway beside the same Envoy without any policy, and beside its peers.

Every gateway has one thread and, where there are two cores or more, one core to itself; ``wrk`` and the system behind
(nginx, JSON from memory) share another. CPU is what the kernel counted for the gateway's processes. Our calls carry
an ES256 token and are checked, counted, limited and logged whole; HAProxy is measured with token, access list, rate
and as much in its log too; nginx, Traefik, Caddy and a bare proxy in Python only pass and log, since as free software
they check no tokens. All are sent the same requests, token and all: carrying it is no part of checking it. Needs
``wrk`` and ``nginx``; a peer that is not on the machine is left out and named (``NGANAM_BENCH_TRAEFIK=/path`` and the
like say where it is).
"""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import measure

sys.path[:0] = [str(measure.PEERS), str(measure.ROOT / "tests")]
import gateways as peers

SECONDS = int(os.environ.get("NGANAM_BENCH_SECONDS") or 5)
CONNECTIONS = 64
FOREIGN, LARGE = "DV-2026-0101", "DV-2026-0102"
PATH = "/r1/VN/GOV/CT-SYT/{}/0001"
LATENCY = re.compile(r"^\s+(50|99)%\s+([\d.]+)(us|ms|s)$", re.MULTILINE)
RATE = re.compile(r"^Requests/sec:\s+([\d.]+)", re.MULTILINE)
COUNT = re.compile(r"^\s+(\d+) requests in", re.MULTILINE)
MS = {"us": 0.001, "ms": 1.0, "s": 1000.0}
PLAIN, LGSP = "Envoy, plain", "LGSP"
BARS = {f"per_cpu_s: {LGSP} / {PLAIN}": 0.70, f"per_cpu_s: LGSP, answer digested behind / {PLAIN}": 0.60,
        f"per_cpu_s: LGSP, agency's system / {PLAIN}": 0.35}  # fmt: skip


def cores() -> tuple[str, str]:
    """Return the core of the gateway and that of everything else, none on a machine with one."""
    return ("0", "1") if (os.cpu_count() or 1) > 1 else ("", "")


def asked(port: int, path: str, token: str, seconds: int = SECONDS) -> dict[str, float]:
    """Ask with wrk; every answer must be a 200."""
    headers = ["-H", f"Authorization: Bearer {token}"]
    command = [
        "wrk",
        "-t1",
        f"-c{CONNECTIONS}",
        f"-d{seconds}s",
        "--latency",
        *headers,
        f"http://127.0.0.1:{port}{path}",
    ]
    done = subprocess.run([*peers.pinned(cores()[1]), *command], capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in done or "Socket errors" in done:
        raise SystemExit(f"{path} on port {port} was not answered:\n{done}")
    found = {f"p{share}_ms": float(value) * MS[unit] for share, value, unit in LATENCY.findall(done)}
    return {**found, "per_s": float(RATE.findall(done)[0]), "count": float(COUNT.findall(done)[0])}


Token = Callable[[], str]


def case(leader: int, port: int, path: str, token: Token) -> measure.Case:
    """Return a turn of one gateway; each has a new token, since a token lives five minutes."""

    def turn() -> measure.Figures:
        held = token()
        asked(port, path, held, 1)
        before = measure.cpu_of(leader)
        told = asked(port, path, held)
        spent, count = measure.cpu_of(leader) - before, told.pop("count")
        return {
            "cpu_us": spent / count * 1e6, "per_cpu_s": count / spent, **told, "memory_mb": measure.resident_mb(leader),
        }  # fmt: skip

    return turn


@contextmanager
def ours(folder: Path, behind: int) -> Iterator[tuple[Any, Any]]:
    """Run the compiled gateway before the system: as its data server, and as an agency's own system."""
    from gateway_rig import OPEN, Mint, Stack, decided, new_key
    from nganam.lgsp import swapping
    from nganam.lgsp.envoy.compiling import compile_gateway
    from nganam.lgsp.envoy.decided import Endpoint, Listen, Operation, Service, Upstream, operation_code

    stack = Stack(folder, Listen(port=measure.free_port(), serving_port=behind))
    mint = Mint(new_key())
    system = Upstream("HT-1", (Endpoint("127.0.0.1", behind, "x.example"),), tls=False, concurrent=1024)

    def foreign(code: str) -> Service:
        named = (Operation(operation_code(code, "GET", "/*"), "GET", "/*"),)
        base = "/large" if code == LARGE else "/small"
        return Service(code, "CT-SYT", "HT", 1_000_000_000, upstream=system, operations=named, base=base)

    services = (Service(OPEN, "CT-SYT", "KHO", 1_000_000_000), foreign(FOREIGN), foreign(LARGE))
    swapping.swap(compile_gateway(decided(folder, mint, stack.listen, services=services)), folder / "gateway")
    named = {"svc": [one.code for one in services], "ops": [op.code for one in services for op in one.operations]}
    try:
        stack.start_gateway()
        pid = stack.processes["gateway"].pid
        if cores()[0]:
            subprocess.run(["taskset", "-acp", cores()[0], str(pid)], check=True, capture_output=True)
        yield stack, lambda: mint.token(**named)
    finally:
        stack.stop()


def run() -> measure.Result:
    """Let ours and its peers take turns."""
    missing = [name for name in ("wrk", "nginx") if not peers.found(name)]
    if missing:
        raise SystemExit(f"needs {' and '.join(missing)}")
    mine, other = cores()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="nganam-bench-")))
        folder.chmod(0o755)
        behind = measure.free_port()
        stack.enter_context(peers.upstream(folder, behind, other))
        (folder / "data").mkdir()
        rig, token = stack.enter_context(ours(folder / "data", behind))
        port, leader = rig.listen.port, rig.processes["gateway"].pid
        plain_port = measure.free_port()
        plain = stack.enter_context(peers.plain_envoy(folder, plain_port, behind, mine))
        cases = {
            PLAIN: case(plain, plain_port, "/small", token),
            LGSP: case(leader, port, PATH.format("KHO/DV-2026-0001"), token),
            "LGSP, agency's system": case(leader, port, PATH.format(f"HT/{FOREIGN}"), token),
            "Envoy, plain, 100 KiB": case(plain, plain_port, "/large", token),
            "LGSP, agency's system, 100 KiB": case(leader, port, PATH.format(f"HT/{LARGE}"), token),
        }
        absent = []
        for name, program, command, path, held in others(folder, behind, mine):
            if not command:
                absent.append(program)
                continue
            at = measure.free_port()
            env = peers.environment(behind)
            cases[name] = case(stack.enter_context(measure.server(command(at), at, env=env)), at, path, held)
        ratios = [("per_cpu_s", name, PLAIN) for name in cases if name != PLAIN and "100 KiB" not in name]
        ratios += [("per_s", LGSP, PLAIN), ("per_cpu_s", LGSP, HAPROXY), ("per_s", LGSP, HAPROXY)]
        ratios += [("per_cpu_s", "LGSP, agency's system, 100 KiB", "Envoy, plain, 100 KiB")]
        ratios = [one for one in ratios if one[1] in cases and one[2] in cases]
        notes = [f"wrk, {CONNECTIONS} connections, {SECONDS} s a turn; one thread each; body 1 KiB of JSON."]
        notes += [f"Not on this machine: {', '.join(absent)}."] if absent else []
        return measure.rounds("Gateways", cases, ratios=ratios, notes=notes)


HAPROXY = "HAProxy, token + list + rate + log"


def others(folder: Path, behind: int, core: str) -> Iterator[tuple[str, str, Any, str, Token]]:
    """Yield the peers: name, program, command for a port (``None`` when it is not there), path, token."""
    from gateway_rig import Mint, new_key

    key = new_key()
    token = Mint(key).token
    told = [
        ("HAProxy, plain", "haproxy", lambda port: peers.haproxy(folder, port, behind, core)),
        (HAPROXY, "haproxy", lambda port: peers.haproxy(folder, port, behind, core, key)),
        ("nginx, log", "nginx", lambda port: peers.nginx(folder, port, behind, core)),
        ("Traefik, log", "traefik", lambda port: peers.traefik(folder, port, behind, core)),
        ("Caddy, log", "caddy", lambda port: peers.caddy(folder, port, behind, core)),
    ]
    for name, program, command in told:
        yield name, program, command if peers.found(program) else None, "/small", token
    yield "bare proxy in Python", "python", lambda port: peers.python(port, core), "/small", token


if __name__ == "__main__":
    measure.alone("lgsp/gateways", run)
