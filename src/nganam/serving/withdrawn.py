"""Replicas taken out of service: a mark beside ``current.json`` names one file as it is on the disk, and why.

Whoever finds a replica damaged or too old writes the mark: the data server that read it, or the worker that compared
its digest. It holds for that file alone, so a replica built anew is in service at once, whether or not anybody has
taken the mark away.
"""

from datetime import datetime
from pathlib import Path

import msgspec

from nganam.serving import whole

MARK = "withdrawn.json"
DAMAGED, STALE = "damaged", "stale"


class Mark(msgspec.Struct, frozen=True):
    """Which file is out (:func:`identity`), why (``damaged`` or ``stale``), and since which instant (ISO 8601)."""

    of: str
    why: str
    at: str


def identity(path: Path) -> str:
    """Return what tells a file from one that was built anew under its name; "" when there is none.

    By its place on the disk: what was written into it, or cut off, by mistake leaves it the same file.
    """
    try:
        return str(path.stat().st_ino)
    except OSError:
        return ""


def withdraw(path: Path, why: str, *, at: datetime, of: str = "") -> None:
    """Take a replica's file out of service; raise ``OSError`` when the mark cannot be written.

    ``of`` is the identity of the file that was found so; by default that of the one which is there now.
    """
    mark = Mark(of or identity(path), why, at.isoformat())
    whole.put(path.with_name(MARK), msgspec.json.encode(mark), path.parent)


def read_mark(path: Path) -> Mark:
    """Return what a mark says; raise ``OSError``, ``ValueError``."""
    return msgspec.json.decode(path.read_bytes(), type=Mark)


def why_out(path: Path) -> str:
    """Return why a replica's file is out of service, "" when it is not."""
    try:
        mark = read_mark(path.with_name(MARK))
    except (OSError, ValueError):
        return ""
    return mark.why if mark.of == identity(path) else ""
