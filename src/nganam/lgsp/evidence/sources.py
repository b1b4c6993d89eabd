"""Reading log files that others write, rename and put aside: each whole line once.

A file is known by its first line, which holds a request id nobody else has: it may be renamed or moved, and a file that
was begun anew under an old name is another file.
"""

import hashlib
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

LONGEST_LINE = 256 * 1024
CHUNK = 48 * 1024 * 1024
QUIET = 60.0
"""Seconds after which a file put aside is finished: what stands behind its last line end is a torn line."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file of lines: its identity, the node that writes it, and whether it is being written."""

    path: Path
    node: str
    identity: str
    is_current: bool


def sources_of(folder: Path, node: str, pattern: str, current: str = "") -> Iterator[Source]:
    """Give the files of a folder, the oldest first; ``current`` is the name that is being written."""
    found = []
    for path in folder.glob(pattern):
        with suppress(FileNotFoundError):
            found.append((path.stat().st_mtime_ns, path))
    for _mtime, path in sorted(found):
        with suppress(FileNotFoundError):
            identity = _identity(path)
            if identity:
                yield Source(path, node, f"{node}:{identity}", path.name == current)


def _identity(path: Path) -> str:
    with path.open("rb") as file:
        first = file.readline(LONGEST_LINE)
    return hashlib.sha256(first).hexdigest()[:40] if first.endswith(b"\n") else ""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Whole lines, the offset behind them, and whether the file was read to its end."""

    lines: list[bytes]
    start: int
    end: int
    is_all: bool


def read_chunk(source: Source, offset: int, most: int) -> Chunk:
    """Return at most ``most`` whole lines from ``offset``; what is being written waits for the next time."""
    with source.path.open("rb") as file:
        file.seek(offset)
        content = file.read(CHUNK)
    whole = content[: content.rfind(b"\n") + 1]
    if not whole and content and (len(content) >= CHUNK or _is_finished(source)):
        return Chunk([content], offset, offset + len(content), len(content) < CHUNK)
    lines = whole.split(b"\n")
    lines.pop()
    end = offset + len(whole)
    if len(lines) > most:
        lines = lines[:most]
        end = offset + sum(map(len, lines)) + most
        return Chunk(lines, offset, end, is_all=False)
    return Chunk(lines, offset, end, len(content) < CHUNK)


def _is_finished(source: Source) -> bool:
    if source.is_current:
        return False
    return time.time() - source.path.stat().st_mtime > QUIET
