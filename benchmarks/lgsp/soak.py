"""An hour at 70 % load: does memory grow, is an entry lost? ``NGANAM_BENCH_MINUTES`` says how long (default 60).

A real gateway, data server and collector, which puts log files aside as they grow. First the most calls a second are
found, then 70 % of that is asked at an even pace. Every answer must be a 200; at the end the answers the clients
counted must be the entries of the tree, and the whole tree must verify. Memory is what each program holds alone
(PSS), sampled every ten seconds: told are the medians of each fifth of the time.
"""

import os
import selectors
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import measure

sys.path.append(str(measure.ROOT / "tests"))
MINUTES = float(os.environ.get("NGANAM_BENCH_MINUTES") or 60)
SHARE, CALLERS, FIND = 0.7, 16, 10
SAMPLE = 10.0
PATH = "/r1/VN/GOV/CT-SYT/KHO/DV-2026-0001/0007"


@contextmanager
def platform(folder: Path) -> Iterator[tuple[Any, Any]]:
    """Run gateway, data server and collector over a table of fifty rows."""
    from datetime import UTC, datetime

    from gateway_rig import OPEN, SCHOOL, Mint, Stack, decided, free_port, new_key, write_table
    from nganam.lgsp import swapping
    from nganam.lgsp.envoy.compiling import compile_gateway
    from nganam.lgsp.envoy.decided import Listen, Service
    from nganam.serving.snapshot import Field, Grant, Snapshot, write_snapshot
    from nganam.serving.snapshot import Service as Served

    stack, mint = Stack(folder, Listen(port=free_port(), serving_port=free_port())), Mint(new_key())
    write_table(folder)
    (folder / "serving").mkdir()
    served = {OPEN: Served("", "co-so-kham", (Field("ma"), Field("ten")), ("ma",))}
    grants = {SCHOOL: {OPEN: Grant("TK-2026-0001", ("ma", "ten"))}}
    snapshot = write_snapshot(Snapshot(1, datetime.now(UTC), served, grants))
    (folder / "serving" / "snapshot.json").write_bytes(snapshot)
    services = (Service(OPEN, "CT-SYT", "KHO", 1_000_000_000),)
    swapping.swap(compile_gateway(decided(folder, mint, stack.listen, services=services)), folder / "gateway")
    try:
        stack.start_serving()
        stack.start_gateway()
        stack.start_collector()
        yield stack, mint
    finally:
        stack.stop()


class Load:
    """Clients that ask at an even pace over open connections."""

    def __init__(self, port: int, mint: Any) -> None:
        self.port, self.mint, self.answered = port, mint, 0
        self.renewed, self.question = 0.0, b""

    def _ask(self, link: Any) -> None:
        if time.monotonic() - self.renewed > 120:
            self.question = measure.request(PATH, {"Authorization": f"Bearer {self.mint.token()}"})
            self.renewed = time.monotonic()
        link.ask(self.question)

    def run(self, seconds: float, rate: float = 0.0, each: Any = None) -> float:
        """Ask for so long, at most ``rate`` times a second (0: as often as answered); return calls a second."""
        links = [measure._Link(self.port) for _ in range(CALLERS)]  # noqa: SLF001 - the load generator's own
        began, first, idle = time.monotonic(), self.answered, list(links)
        asked, next_sample = 0, began
        with selectors.DefaultSelector() as selector:
            for link in links:
                selector.register(link.socket, selectors.EVENT_READ, link)
            while (now := time.monotonic()) < began + seconds or len(idle) < CALLERS:
                due = (now - began) * rate - asked if rate else CALLERS
                while idle and due > 0 and now < began + seconds:
                    self._ask(idle.pop())
                    asked, due = asked + 1, due - 1
                for key, _events in selector.select(0.0005 if rate and idle else 0.05):
                    if key.data.hear():
                        self.answered += 1
                        idle.append(key.data)
                if each and now >= next_sample:
                    each()
                    next_sample = now + SAMPLE
        for link in links:
            link.socket.close()
        return (self.answered - first) / (time.monotonic() - began)


def fifths(held: list[float]) -> list[list[float]]:
    """Return samples in five parts, in their order."""
    return [held[len(held) * at // 5 : len(held) * (at + 1) // 5] or held for at in range(5)]


def run() -> measure.Result:
    """Load, count, compare."""
    from nganam.lgsp.evidence.log import FOLDER, read_state
    from nganam.lgsp.evidence.verifying import verify_log

    with tempfile.TemporaryDirectory(prefix="nganam-bench-") as scratch:
        folder = Path(scratch) / "data"
        folder.mkdir()
        with platform(folder) as (stack, mint):
            load = Load(stack.listen.port, mint)
            most = load.run(FIND)
            leaders = {name: stack.processes[name].pid for name in ("gateway", "serving", "collector")}
            before = {name: measure.cpu_of(pid) for name, pid in leaders.items()}
            memory: dict[str, list[float]] = {name: [] for name in leaders}

            def sample() -> None:
                for name, pid in leaders.items():
                    memory[name].append(measure.resident_mb(pid))

            counted = load.answered
            rate = load.run(MINUTES * 60, most * SHARE, sample)
            calls = load.answered - counted
            spent = {name: measure.cpu_of(pid) - before[name] for name, pid in leaders.items()}
            until = time.monotonic() + 60
            while read_state(folder / FOLDER).size < load.answered and time.monotonic() < until:
                time.sleep(0.5)
        size = read_state(folder / FOLDER).size
        found = verify_log(folder / FOLDER)
    cases = {
        name: {
            "cpu_ms": spent[name] / calls * 1000,
            **{f"mb_{at}": statistics.median(part) for at, part in enumerate(fifths(held), 1)}, "most_mb": max(held),
        }
        for name, held in memory.items()
    }  # fmt: skip
    told = (
        f"{MINUTES:g} minutes at {rate:.0f} calls/s, {SHARE:.0%} of {most:.0f}/s; {load.answered} answers, "
        f"{size} entries, {'none lost' if size == load.answered else 'DIFFERENT'}; verified: {found.ok}."
    )
    if size != load.answered or not found.ok:
        raise SystemExit(f"{told} {found.message}")
    return measure.Result("Soak", cases, notes=[told], rounds=1)


if __name__ == "__main__":
    measure.alone("lgsp/soak", run)
