"""The guard of the disk: calls are refused while there still is room to log the refusals.

Envoy reads the pressure from a file beside its configuration and refuses by itself (``envoy.compiling``): new requests
from ``REFUSE`` on, new connections at 1. The room for lines of refusals is what lies between.

Each gateway has a guard beside it, ``python -I -S guard.py FOLDER``, which ends with it: whether the collector runs is
not asked before calls are refused. The collector looks too, and speaks where no guard does. The standard library only:
it is run without the platform's packages.
"""

import json
import os
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

FILE = "pressure"
ALIVE = ".guard"
"""A file the guard beside a gateway touches each time it looks."""
LATE = 5.0
"""Seconds after which a guard that has not looked is taken for dead."""
TURN = 0.25
REFUSE = 0.9
FREE_MB = 256
NEARLY = 4
"""From so many times what must be free on, the disk is nearly full and the operator is told (status, figures)."""
RESUME = 1.1
"""Calls come back when there is this much more than what must be free: a disk at the edge does not flicker."""
MEGABYTE = 1024 * 1024


@dataclass
class Guard:
    """Tells the gateways' folders how near the end of the disk is; ``must_be_free`` in bytes."""

    must_be_free: int
    refusing: bool = False

    def pressure(self, free: int) -> float:
        """Return what to tell: 0 while there is room, ``REFUSE`` when calls must be refused, 1 when connections."""
        wanted = self.must_be_free * (RESUME if self.refusing else 1)
        self.refusing = free < wanted
        if not self.refusing:
            return 0.0
        return REFUSE if free >= self.must_be_free / 4 else 1.0

    def look(self, evidence: Path, gateways: list[Path]) -> int:
        """Look at every disk that takes evidence, tell the gateways; return the bytes free on the fullest.

        A gateway whose own guard looks is told by that one alone: two would contradict each other at the edge.
        """
        free = min(free_bytes(folder) for folder in (evidence, *gateways))
        told = self.pressure(free)
        for folder in gateways:
            if not is_guarded(folder):
                tell(folder, told)
        return free


def is_guarded(folder: Path) -> bool:
    """Say whether the guard beside a gateway looks."""
    try:
        return abs(time.time() - (folder / ALIVE).stat().st_mtime) < LATE
    except OSError:
        return False


def tell(folder: Path, pressure: float) -> None:
    """Put the pressure into a gateway's folder if it is another; Envoy follows a file that is moved there.

    The files are kept and linked: on a disk without a byte to spare another name for a file still finds room.
    """
    if told(folder) == pressure:
        return
    path, kept = folder / FILE, keep(folder, pressure)
    beside = folder / f".{FILE}.{os.getpid()}.new"
    beside.unlink(missing_ok=True)
    os.link(kept, beside)
    beside.replace(path)
    beside.unlink(missing_ok=True)  # two names of one file: nothing was moved


def keep(folder: Path, pressure: float) -> Path:
    """Return the file that says this pressure, made when it is missing or says anything else.

    A full disk may take a file's name but not its bytes: what was not written whole is never kept.
    """
    kept = folder / f".{FILE}-{pressure}"
    if _said(kept) == pressure:
        return kept
    beside = folder / f"{kept.name}.{os.getpid()}.new"
    try:
        beside.write_text(f"{pressure}\n", encoding="ascii")
        beside.replace(kept)
    finally:
        beside.unlink(missing_ok=True)
    return kept


def told(folder: Path) -> float | None:
    """Return the pressure a gateway was told last."""
    return _said(folder / FILE)


def _said(path: Path) -> float | None:
    try:
        return float(path.read_bytes())
    except (OSError, ValueError):
        return None


def free_bytes(folder: Path) -> int:
    """Return how many bytes a program may still write on the disk of a folder; of a folder to come, its parent's."""
    try:
        found = os.statvfs(folder)
    except FileNotFoundError:
        found = os.statvfs(folder.parent)
    return found.f_bavail * found.f_frsize


def must_be_free(evidence: Path) -> int:
    """Return what the collector said last must be free, what is set here while it has said nothing."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        return int(json.loads((evidence / "status.json").read_bytes())["must_be_free"])
    return int(os.environ.get("NGANAM_EVIDENCE_FREE_MB") or FREE_MB) * MEGABYTE


def stand_beside(gateway: int, folder: Path) -> None:
    """Guard the gateway of this process number and folder until it ends."""
    evidence, guard = folder.parent / "evidence", Guard(0)
    while os.getppid() == gateway:
        with suppress(OSError):
            before, guard.must_be_free = guard.refusing, must_be_free(evidence)
            free = min(free_bytes(evidence), free_bytes(folder))
            tell(folder, guard.pressure(free))
            (folder / ALIVE).touch()
            if guard.refusing != before:
                _say(free, guard)
        time.sleep(TURN)


def _say(free: int, guard: Guard) -> None:
    said = "refusing_calls" if guard.refusing else "taking_calls_again"
    note = {"event": said, "free_mb": free // MEGABYTE, "must_be_free_mb": guard.must_be_free // MEGABYTE}
    sys.stderr.write(json.dumps(note) + "\n")
    sys.stderr.flush()


def main() -> None:
    """Make the files while there is room, then look again and again."""
    folder = Path(sys.argv[1])
    os.umask(0o077)
    for pressure in (0.0, REFUSE, 1.0):
        with suppress(OSError):
            keep(folder, pressure)
    stand_beside(int(sys.argv[2]), folder)


if __name__ == "__main__":
    main()
