"""What the benchmarks share: a running platform, CPU of processes, a load generator, rounds, tables and results.

CPU is what the kernel counted for all processes of a program, so it hardly depends on what else the machine does;
times of day do. Ours and its peers take turns within each round, in the other order every second round, and what is
told is the median of the rounds; a ratio is the median of the ratios within rounds.
"""

import argparse
import base64
import http.client
import json
import os
import platform as system
import re
import selectors
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results"
PEERS = ROOT / "benchmarks" / "peers"
DEFAULT_DATA = ROOT / "var" / "bench"
ROUNDS = 3
BUILD_SECONDS = 300
TICKS = os.sysconf("SC_CLK_TCK")
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)
CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked\r\n", re.IGNORECASE)
LAST_CHUNK = b"\r\n0\r\n\r\n"
Figures = dict[str, float]
Case = Callable[[], Figures]


# ---- processes ----


def family(leader: int) -> list[int]:
    """Return the processes of the session that ``leader`` began: a server, its workers, their helpers."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                words = (entry / "stat").read_text().rpartition(")")[2].split()
                if int(words[3]) == leader:
                    found.append(int(entry.name))
    return found


def cpu_of(leader: int) -> float:
    """Return the CPU seconds, own and the kernel's, that the living processes of a session have used."""
    total = 0
    for pid in family(leader):
        with suppress(OSError):
            words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += int(words[11]) + int(words[12])
    return total / TICKS


def resident_mb(leader: int) -> float:
    """Return the memory of a session's processes in MB (proportional: shared pages are counted once)."""
    kilobytes = 0
    for pid in family(leader):
        with suppress(OSError):
            told = Path(f"/proc/{pid}/smaps_rollup").read_text()
            kilobytes += int(told.partition("\nPss:")[2].split()[0])
    return kilobytes / 1024


def free_port() -> int:
    """Return a port nobody listens on now."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def server(command: Sequence[str], port: int, *, env: Mapping[str, str] | None = None) -> Iterator[int]:
    """Run a peer until the block ends; yields the leader of its session once it accepts connections."""
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            list(command), env={**os.environ, **(env or {})}, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            _await_port(process, port, said)
            yield process.pid
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                process.wait(10)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _await_port(process: "subprocess.Popen[bytes]", port: int, said: Any) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until and process.poll() is None:
        with suppress(OSError), closing(socket.create_connection(("127.0.0.1", port), 1)):
            return
        time.sleep(0.05)
    said.seek(0)
    raise SystemExit(f"peer did not start: {said.read().decode(errors='replace')[-800:]}")


def granian(interface: str, application: str, port: int) -> list[str]:
    """Return the command of a peer under granian with the flags the platform's own servers have."""
    threads = ["--blocking-threads", "2", "--backpressure", "128"] if interface == "wsgi" else []
    return [
        sys.executable, "-m", "granian", "--interface", interface, "--host", "127.0.0.1", "--port", str(port),
        "--no-ws", "--log-level", "warning", "--workers", "1", *threads, "--working-dir", str(PEERS), application,
    ]  # fmt: skip


# ---- the platform ----


@dataclass
class Platform:
    """A demo that runs on ``folder``."""

    folder: Path
    processes: Mapping[str, Mapping[str, Any]]
    kept: Mapping[str, Any]

    def port(self, name: str) -> int:
        """Return where web, gateway or serving listens."""
        return urlsplit(str(self.processes[name]["address"])).port or 0

    def leader(self, name: str) -> int:
        """Return the session of one of the platform's programs."""
        return int(self.processes[name]["pid"])

    def cpu(self, name: str) -> float:
        """Return the CPU seconds a program has used."""
        return cpu_of(self.leader(name))

    def token_request(self) -> bytes:
        """Return the request for a token with the credential of the demo's application."""
        held = self.kept["credential"]
        pair = base64.b64encode(f"{held['client_id']}:{held['client_secret']}".encode()).decode()
        return request(
            "/oauth2/token",
            {"Authorization": f"Basic {pair}", "Content-Type": "application/x-www-form-urlencoded"},
            body=urlencode({"grant_type": "client_credentials"}).encode(),
        )

    def token(self) -> str:
        """Return a token."""
        answer = drive(self.port("web"), [self.token_request()], 1, keep=True)
        return str(json.loads(answer.bodies[0])["access_token"])

    def database(self) -> sqlite3.Connection:
        """Open the platform's database, to prepare what pages cannot: a higher limit, a larger file."""
        path = self.folder / "nganam.sqlite3"
        if not path.is_file():
            raise SystemExit("benchmarks prepare their data in a SQLite database: unset NGANAM_DATABASE_URL")
        return sqlite3.connect(path, timeout=20, isolation_level=None)

    @contextmanager
    def altered(self, table: str, row: int, **values: Any) -> Iterator[None]:
        """Give columns of one row other values until the block ends."""
        names = list(values)
        assign = ", ".join(f"{name} = ?" for name in names)
        with closing(self.database()) as base:
            before = base.execute(f"SELECT {', '.join(names)} FROM {table} WHERE id = ?", [row]).fetchone()
            base.execute(f"UPDATE {table} SET {assign} WHERE id = ?", [*values.values(), row])
            try:
                yield
            finally:
                base.execute(f"UPDATE {table} SET {assign} WHERE id = ?", [*before, row])


@contextmanager
def running(folder: Path) -> Iterator[Platform]:
    """Use the demo that runs on ``folder``, or run one until the block ends. Only a demo: benchmarks write in it."""
    found = _running(folder)
    if found:
        yield found
        return
    folder.mkdir(parents=True, exist_ok=True)
    ports = [f"--port-{name}={free_port()}" for name in ("web", "gateway", "serving")]
    log = folder / "bench-demo.log"
    with log.open("wb") as said:
        command = [sys.executable, "-P", "-m", "nganam.site.commands", "demo", "--data", str(folder), *ports]
        demo = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            yield _await_demo(demo, folder, log)
        finally:
            demo.terminate()
            with suppress(subprocess.TimeoutExpired):
                demo.wait(60)
            demo.kill()
            demo.wait()


def _await_demo(demo: "subprocess.Popen[bytes]", folder: Path, log: Path) -> Platform:
    print(f"benchmarks: starting the demo on {folder} (the first time it is built: a minute)", flush=True)
    until = time.monotonic() + BUILD_SECONDS
    while time.monotonic() < until and demo.poll() is None:
        if "đang chạy; Ctrl-C để dừng" in log.read_text(encoding="utf-8", errors="replace"):
            found = _running(folder)
            if found:
                return found
        time.sleep(0.2)
    raise SystemExit(f"the demo did not come up; see {log}")


def _running(folder: Path) -> Platform | None:
    from nganam.site.supervisor import read_status

    status: Any = read_status(folder) or {}
    known = {one["name"]: one for one in status.get("processes", [])}
    diary = folder / "demo-walk.json"
    if not known or any(one["state"] != "ready" for one in known.values()) or not diary.is_file():
        return None
    kept = json.loads(diary.read_text(encoding="utf-8"))
    return Platform(folder, known, kept) if kept.get("finished") else None


# ---- calls ----


@dataclass
class Timings:
    """What a load generator saw."""

    seconds: list[float] = field(default_factory=list)
    wall: float = 0.0
    bodies: list[bytes] = field(default_factory=list)

    def figures(self) -> Figures:
        """Return percentiles in milliseconds, and answers per second."""
        return {
            "p50_ms": percentile(self.seconds, 50) * 1000,
            "p95_ms": percentile(self.seconds, 95) * 1000,
            "p99_ms": percentile(self.seconds, 99) * 1000,
            "per_s": len(self.seconds) / self.wall,
        }


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that ``share`` percent of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -(-len(ordered) * int(share) // 100) - 1))]


def request(path: str, headers: Mapping[str, str] | None = None, *, body: bytes = b"") -> bytes:
    """Return the bytes of a request that keeps its connection."""
    lines = [f"{'POST' if body else 'GET'} {path} HTTP/1.1", "Host: 127.0.0.1", "Accept: */*"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    lines += [f"Content-Length: {len(body)}"] if body else []
    return "\r\n".join([*lines, "", ""]).encode() + body


class _Link:
    """One connection of the load generator: at most one question under way."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), 30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.began = 0.0
        self.received = bytearray()
        self.needed = 0
        self.chunked = False
        self.head = 0

    def ask(self, question: bytes) -> None:
        self.received.clear()
        self.needed = 0
        self.chunked = False
        self.began = time.perf_counter()
        self.socket.sendall(question)

    def hear(self) -> bool:
        """Take in what has come; say whether the answer is whole."""
        part = self.socket.recv(262144)
        if not part:
            raise SystemExit(f"connection closed in the middle of an answer: {bytes(self.received[:200])!r}")
        self.received += part
        if not self.needed and not self.chunked:
            self._read_head()
        if self.chunked:
            return self.received.endswith(LAST_CHUNK)
        return bool(self.needed) and len(self.received) >= self.needed

    def _read_head(self) -> None:
        end = self.received.find(b"\r\n\r\n")
        if end < 0:
            return
        length = LENGTH.search(self.received, 0, end + 2)
        if self.received[9:12] == b"200" and CHUNKED.search(self.received, 0, end + 2):
            self.head, self.chunked = end + 4, True
            return
        if self.received[9:12] != b"200" or length is None:
            raise SystemExit(f"unexpected answer: {bytes(self.received[:600]).decode(errors='replace')}")
        self.head, self.needed = end + 4, end + 4 + int(length[1])


def drive(port: int, questions: Sequence[bytes], count: int, connections: int = 1, *, keep: bool = False) -> Timings:
    """Ask ``count`` questions in turn over ``connections``, each with one under way; every answer must be 200."""
    told = Timings()
    left = iter(range(count))
    with selectors.DefaultSelector() as selector:
        links = [_Link(port) for _ in range(connections)]
        began = time.perf_counter()
        for link, number in zip(links, left, strict=False):
            selector.register(link.socket, selectors.EVENT_READ, link)
            link.ask(questions[number % len(questions)])
        while len(told.seconds) < count:
            for key, _ in selector.select(30) or _silent(port):
                link = key.data
                if not link.hear():
                    continue
                told.seconds.append(time.perf_counter() - link.began)
                if keep:
                    told.bodies.append(bytes(link.received[link.head :]))
                number = next(left, -1)
                if number >= 0:
                    link.ask(questions[number % len(questions)])
        told.wall = time.perf_counter() - began
        for link in links:
            link.socket.close()
    return told


def _silent(port: int) -> Any:
    raise SystemExit(f"port {port} did not answer within 30 seconds")


def served(
    leaders: Mapping[str, int], port: int, questions: Sequence[bytes], *, alone: int, crowd: int, c: int
) -> Figures:
    """Ask ``alone`` questions one after the other, then ``crowd`` over ``c`` connections; CPU is told per answer."""
    before = {name: cpu_of(leader) for name, leader in leaders.items()}
    single = drive(port, questions, alone).figures()
    many = drive(port, questions, crowd, c).figures()
    found = {
        ("cpu_ms" if len(leaders) == 1 else f"cpu_{name}_ms"): (cpu_of(leader) - before[name]) / (alone + crowd) * 1000
        for name, leader in leaders.items()
    }
    found |= {name: single[name] for name in ("p50_ms", "p95_ms", "p99_ms")}
    return found | {f"c{c}_p95_ms": many["p95_ms"], f"c{c}_p99_ms": many["p99_ms"], f"c{c}_per_s": many["per_s"]}


def fetch(port: int, path: str) -> tuple[int, float, float]:
    """Download one file; return its bytes, seconds to the first of them, seconds to the last."""
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    began = time.perf_counter()
    link.request("GET", path)
    answer = link.getresponse()
    if answer.status != http.HTTPStatus.OK:
        raise SystemExit(f"{path}: {answer.status}")
    size, buffer = 0, bytearray(262144)
    first = 0.0
    while taken := answer.readinto(buffer):
        first = first or time.perf_counter() - began
        size += taken
    link.close()
    return size, first, time.perf_counter() - began


# ---- rounds and results ----


@dataclass
class Result:
    """The figures of one benchmark: medians by case, ratios between cases, and what to know about them."""

    title: str
    cases: dict[str, Figures]
    ratios: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    rounds: int = ROUNDS


def rounds(
    title: str,
    cases: Mapping[str, Case],
    *,
    ratios: Sequence[tuple[str, str, str]] = (),
    count: int = ROUNDS,
    notes: Sequence[str] = (),
) -> Result:
    """Let every case take its turn ``count`` times. ``ratios`` are (figure, ours, peer)."""
    taken: dict[str, list[Figures]] = {name: [] for name in cases}
    for number in range(count):
        for name in list(cases) if number % 2 == 0 else reversed(list(cases)):
            taken[name].append(cases[name]())
    medians = {
        name: {key: statistics.median(one[key] for one in told) for key in told[0]} for name, told in taken.items()
    }
    told = {
        f"{key}: {ours} / {peer}": statistics.median(
            one[key] / other[key] for one, other in zip(taken[ours], taken[peer], strict=True) if other[key]
        )
        for key, ours, peer in ratios
    }
    return Result(title, medians, told, list(notes), count)


def table(result: Result) -> str:
    """Return the figures as text: a line per case."""
    names = list(dict.fromkeys(key for figures in result.cases.values() for key in figures))
    lines = [["", *names]]
    lines += [
        [case, *(number(figures[key]) if key in figures else "" for key in names)]
        for case, figures in result.cases.items()
    ]
    widths = [max(len(line[place]) for line in lines) for place in range(len(names) + 1)]
    shown = [
        f"{line[0]:<{widths[0]}}  "
        + "  ".join(f"{cell:>{width}}" for cell, width in zip(line[1:], widths[1:], strict=True))
        for line in lines
    ]
    shown += [f"ratio {name}: {value:.2f}" for name, value in result.ratios.items()]
    return "\n".join([result.title, *shown, *result.notes, ""])


def number(value: float) -> str:
    """Write a figure with three digits that say something."""
    if value >= 100 or value == int(value):
        return f"{value:,.0f}".replace(",", " ")
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}" if value >= 1 else f"{value:.3f}"


def machine() -> dict[str, Any]:
    """Return what the figures depend on."""
    model = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    memory = re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text(encoding="utf-8"))
    return {
        "cpu": model[1] if model else system.machine(),
        "cores": os.cpu_count(),
        "memory_gb": round(int(memory[1]) / 1024**2, 1) if memory else 0,
        "python": system.python_version(),
        "load_average": [round(one, 2) for one in os.getloadavg()],
        "commit": _commit(),
    }


def _commit() -> str:
    with suppress(OSError):
        asked = ["git", "rev-parse", "--short", "HEAD"]
        return subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()
    return ""


def keep(name: str, result: Result) -> Path:
    """Write the result into the file of the day, beside those of other benchmarks."""
    now = datetime.now(UTC)
    path = RESULTS / f"{now:%Y-%m-%d}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    told = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    cases = {case: {key: _three_digits(value) for key, value in one.items()} for case, one in result.cases.items()}
    told[name] = {
        "title": result.title,
        "at": now.isoformat(timespec="seconds"),
        "machine": machine(),
        "rounds": result.rounds,
        "cases": cases,
        "ratios": {key: _three_digits(value) for key, value in result.ratios.items()},
        "notes": result.notes,
    }
    path.write_text(json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return path


def _three_digits(value: float) -> float:
    return float(f"{value:.3g}") if abs(value) < 100 else float(round(value))


def options(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the command line that every benchmark understands."""
    parser = argparse.ArgumentParser(description="Measure; figures go to benchmarks/results/<date>.json.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="which benchmarks (default: all)")
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA, help="folder of a demo, built when empty")
    parser.add_argument("--database", default="", metavar="URL", help="PostgreSQL for `cases` (default: SQLite)")
    parser.add_argument("--list", action="store_true", help="name the benchmarks")
    return parser.parse_args(arguments)


def main(name: str, run: Callable[[Platform], Result]) -> None:
    """Run one benchmark on the demo of ``--data``, print its table and keep its figures."""
    chosen = options(sys.argv[1:])
    with running(chosen.data.resolve()) as demo:
        result = run(demo)
    print(table(result), flush=True)
    keep(name, result)


def alone(name: str, run: Callable[[], Result]) -> None:
    """Run one benchmark that needs no demo, print its table and keep its figures."""
    result = run()
    print(table(result), flush=True)
    keep(name, result)
