"""The folder of stored files: written beside, renamed into place, never changed afterwards."""

import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from django.conf import settings

CHUNK = 1024 * 1024


class Stream(Protocol):
    """Anything that can be read in pieces: an upload, an open file."""

    def read(self, size: int = -1, /) -> bytes:
        """Return up to ``size`` bytes, ``b""`` at the end."""
        ...


@dataclass(frozen=True, slots=True)
class Received:
    """A file received in full and not yet kept; ``size`` is one more than the limit at most."""

    path: Path
    sha256: str
    size: int


class TooLarge(Exception):
    """The stream went on past the limit."""


def folder() -> Path:
    """Return ``<DATA>/files``."""
    return Path(settings.DATA) / "files"


def incoming() -> Path:
    """Return the folder of files being received."""
    return folder() / "incoming"


def place(sha256: str) -> Path:
    """Return where the content with this digest lies: ``ab/cd/abcd…``."""
    return folder() / sha256[:2] / sha256[2:4] / sha256


@contextmanager
def received(stream: Stream, limit: int) -> Iterator[Received]:
    """Receive ``stream`` into a file of its own; raise ``TooLarge`` past ``limit`` bytes; leave nothing behind."""
    incoming().mkdir(parents=True, exist_ok=True)
    path = incoming() / f"{secrets.token_hex(16)}.part"
    try:
        yield _receive(stream, path, limit)
    finally:
        path.unlink(missing_ok=True)


def _receive(stream: Stream, path: Path, limit: int) -> Received:
    digest, size = hashlib.sha256(), 0
    with path.open("xb") as out:
        while piece := stream.read(CHUNK):
            size += len(piece)
            if size > limit:
                raise TooLarge
            digest.update(piece)
            out.write(piece)
        out.flush()
        os.fsync(out.fileno())
    return Received(path, digest.hexdigest(), size)


def keep(file: Received) -> Path:
    """Move a received file to its place; content that is there already stays as it is."""
    target = place(file.sha256)
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        file.path.rename(target)
        _sync(target.parent)
    return target


def _sync(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sweep(older_than: float) -> int:
    """Remove files that were being received before ``older_than`` (seconds since the epoch); return how many."""
    removed = 0
    for path in incoming().glob("*.part"):
        try:
            if path.stat().st_mtime < older_than:
                path.unlink()
                removed += 1
        except FileNotFoundError:
            continue
    return removed
