"""A large CSV file from the web process: MB a second, CPU per MB, the first byte, and whether memory stays flat.

Peers: Python's http.server, and Django's FileResponse on granian with nothing of ours. The file takes the place of the
demo's own CSV while this runs.
"""

import hashlib
import os
import sys
from contextlib import closing
from pathlib import Path

import measure

MEGABYTES = 64
LINE = '092266730660,Châu Sô Van,Nam,1993-08-13,05,31510,"Số 394, Khóm 9, Phường Phú Lợi, TP Cần Thơ",1\n'.encode()
SLUG = "co-so-kham-chua-benh"
NAME = "bench.csv"


def run(demo: measure.Platform) -> measure.Result:
    """Measure the three servers in turn."""
    file = demo.folder / "opendata" / NAME
    digest = _write(file)
    plain, bare = measure.free_port(), measure.free_port()
    listing = [sys.executable, "-m", "http.server", str(plain), "--bind", "127.0.0.1", "--directory", str(file.parent)]
    django = measure.granian("wsgi", "bare_django:application", bare)
    changed = {"path": f"opendata/{NAME}", "size": file.stat().st_size, "sha256": digest}
    try:
        with (
            measure.server(listing, plain) as first,
            measure.server(django, bare, env={"PEER_FILE": str(file)}) as second,
            demo.altered("opendata_distribution", _row(demo), **changed),
        ):
            cases = {
                "web": _case(demo.leader("web"), demo.port("web"), f"/du-lieu/{SLUG}/latest/{SLUG}.csv"),
                "http.server": _case(first, plain, f"/{NAME}"),
                "bare Django on granian": _case(second, bare, "/file"),
            }
            ratios = [("cpu_ms_per_MB", "web", peer) for peer in ("http.server", "bare Django on granian")]
            return measure.rounds(f"Download of a {MEGABYTES} MB CSV file", cases, ratios=ratios)
    finally:
        file.unlink(missing_ok=True)


def _write(file: Path) -> str:
    content = LINE * (MEGABYTES * 1_000_000 // len(LINE))
    with file.open("wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    return hashlib.sha256(content).hexdigest()


def _row(demo: measure.Platform) -> int:
    with closing(demo.database()) as base:
        found = base.execute(
            "SELECT f.id FROM opendata_distribution f JOIN opendata_release r ON r.id = f.release_id "
            "JOIN opendata_dataset d ON d.id = r.dataset_id WHERE d.slug = ? AND f.format = 'csv' "
            "ORDER BY r.number DESC LIMIT 1",
            [SLUG],
        ).fetchone()
    return int(found[0])


def _case(leader: int, port: int, path: str) -> measure.Case:
    size, _, _ = measure.fetch(port, path)
    if size < MEGABYTES * 999_000:
        raise SystemExit(f"{path}: only {size} bytes came")

    def turn() -> measure.Figures:
        used, memory = measure.cpu_of(leader), measure.resident_mb(leader)
        took = [measure.fetch(port, path) for _ in range(3)]
        megabytes = sum(one[0] for one in took) / 1e6
        return {
            "MB_per_s": megabytes / sum(one[2] for one in took),
            "cpu_ms_per_MB": (measure.cpu_of(leader) - used) / megabytes * 1000,
            "first_byte_ms": min(one[1] for one in took) * 1000,
            "memory_MB": measure.resident_mb(leader),
            "memory_grew_MB": measure.resident_mb(leader) - memory,
        }

    return turn


if __name__ == "__main__":
    measure.main("download", run)
