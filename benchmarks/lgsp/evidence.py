"""The evidence: entries a second from log file to signed tree, verification of the whole, one proof.

``NGANAM_BENCH_ENTRIES`` says how many entries (default 1 000 000). The files stand on the disk of the data folder:
waiting for the disk is a part of it. CPU says what one core could do if the disk were no matter. The floor of
verifying is hashing the same bytes, each entry for itself.
"""

import hashlib
import json
import os
import shutil
import sys
import tempfile
import time
import uuid
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import measure

sys.path.append(str(measure.ROOT / "tests"))
from evidence_rig import as_written
from nganam.lgsp.evidence import proofs
from nganam.lgsp.evidence.collector import Collector
from nganam.lgsp.evidence.tiles import WIDTH, read_bundle, width_at
from nganam.lgsp.evidence.verifying import verify_log
from nganam.serving.journal import Journal

ENTRIES = int(os.environ.get("NGANAM_BENCH_ENTRIES") or 1_000_000)
AT_ONCE = 250_000
PROOFS = 300
SAID = json.loads((Path(__file__).parent / "evidence_line.json").read_bytes())
LINE, NOTED = as_written(SAID), json.dumps(SAID)


def lines(first: int, count: int) -> list[str]:
    """Return lines as the gateway writes them, 0.6 KB each, every one with an id of its own."""
    return [LINE.replace("REQUEST-ID", str(uuid.UUID(int=number))) for number in range(first, first + count)]


def collect(data: Path, entries: int, *, journal: bool) -> measure.Figures:
    """Let a collector take in ``entries`` lines, written in portions so that the log file stays small."""
    log = data / "gateway" / "log"
    log.mkdir(parents=True, exist_ok=True)
    collector, wall, cpu, noted = Collector(data), 0.0, 0.0, Journal(data / "serving" / "journal")
    for first in range(0, entries, AT_ONCE):
        portion = lines(first, min(AT_ONCE, entries - first))
        (log / "access.log").write_text("".join(portion), encoding="utf-8")
        for number in range(first, first + len(portion)) if journal else ():
            noted.write(json.loads(NOTED.replace("REQUEST-ID", str(uuid.UUID(int=number)))))
        began, used = time.perf_counter(), time.process_time()
        while collector.turn().entries:
            pass
        wall, cpu = wall + time.perf_counter() - began, cpu + time.process_time() - used
    (log / "access.log").unlink()
    return {"per_s": entries / wall, "per_cpu_s": entries / cpu, "cpu_us": cpu / entries * 1e6}


def verified(folder: Path, workers: int) -> measure.Figures:
    """Verify everything in ``folder``."""
    began, used = time.perf_counter(), time.process_time()
    found = verify_log(folder, workers)
    took, cpu = time.perf_counter() - began, time.process_time() - used
    assert found.ok, found.message
    figures = {"per_s": found.size / took, "s_for_10M": 10_000_000 / (found.size / took)}
    return figures | ({"per_cpu_s": found.size / cpu} if workers == 1 else {})


def hashed(folder: Path, size: int) -> measure.Figures:
    """Hash every entry once: the floor of verification."""
    began = time.perf_counter()
    for number in range(-(-size // WIDTH)):
        for entry in read_bundle(folder, number, width_at(size, 0, number)):
            hashlib.sha256(entry).digest()
    took = time.perf_counter() - began
    return {"per_s": size / took, "s_for_10M": 10_000_000 / (size / took)}


def proven(folder: Path, size: int) -> measure.Figures:
    """Prove entries all over the log."""
    told, used = measure.Timings(), time.process_time()
    for turn in range(PROOFS):
        began = time.perf_counter()
        proofs.evidence_of(folder, turn * 7919 * 7919 % size)
        told.seconds.append(time.perf_counter() - began)
    told.wall = sum(told.seconds)
    figures = told.figures()
    cpu = (time.process_time() - used) / PROOFS * 1000
    return {"cpu_ms": cpu, **{name: figures[name] for name in ("p50_ms", "p95_ms", "p99_ms")}}


def measured(around: Path) -> measure.Result:
    """Measure in a scratch folder under ``around``."""
    scratch = Path(tempfile.mkdtemp(prefix="evidence-", dir=around))
    try:
        whole, paired = scratch / "whole", scratch / "paired"
        cases = {
            "collector, with signing": collect(whole, ENTRIES, journal=False),
            "collector, with journal": collect(paired, min(ENTRIES, AT_ONCE), journal=True),
        }
        folder = whole / "evidence"
        cases["verify, one core"] = verified(folder, 1)
        cases["verify, all cores"] = verified(folder, 0)
        cases["hashing alone, one core"] = hashed(folder, ENTRIES)
        cases["one proof"] = proven(folder, ENTRIES)
    finally:
        shutil.rmtree(scratch)
    name = "per_s: verify, one core / hashing alone, one core"
    ratio = cases["verify, one core"]["per_s"] / cases["hashing alone, one core"]["per_s"]
    return measure.Result(f"Evidence of {ENTRIES} calls", cases, {name: ratio}, rounds=1)


if __name__ == "__main__":
    if "--alone" in sys.argv:
        print(measure.table(measured(Path(tempfile.gettempdir()))))
    else:
        measure.main("lgsp/evidence", lambda demo: measured(demo.folder))
