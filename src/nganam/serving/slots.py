"""Calls under way of one consumer and service, counted over every data server of this machine.

A call holds a byte of one file locked; which bytes belong to whom follows from the names. The kernel lets go of what a
killed process held, so nothing is counted that is over.
"""

import fcntl
import hashlib
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SLOT_BITS = 20
"""How many bytes a pair has: as many calls as may be granted at once, and more."""
FILE = "under-way"


class Slots:
    """The calls of this process that are under way, held against those of every other."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._handle: int | None = None
        # The locks of one open file do not exclude each other: what this process holds is known here.
        self._held: dict[tuple[str, str], set[int]] = {}

    @contextmanager
    def held(self, pair: tuple[str, str], most: int) -> Iterator[bool]:
        """Hold one of ``most`` places of ``pair`` for a call; yield ``False`` when all are taken."""
        place = self._take(pair, most)
        try:
            yield place is not None
        finally:
            if place is not None:
                self._give_back(pair, place)

    def _take(self, pair: tuple[str, str], most: int) -> int | None:
        held = self._held.get(pair, set())
        for place in range(most if len(held) < most else 0):
            if place not in held and self._lock(pair, place):
                self._held.setdefault(pair, held).add(place)
                return place
        return None

    def _give_back(self, pair: tuple[str, str], place: int) -> None:
        held = self._held[pair]
        self._set(fcntl.F_UNLCK, pair, place)
        held.discard(place)
        if not held:
            del self._held[pair]

    def _lock(self, pair: tuple[str, str], place: int) -> bool:
        try:
            self._set(fcntl.F_WRLCK, pair, place)
        except BlockingIOError:
            return False
        return True

    def _set(self, kind: int, pair: tuple[str, str], place: int) -> None:
        wanted = struct.pack("@hhqqi4x", kind, os.SEEK_SET, _first_of(pair) + place, 1, 0)
        fcntl.fcntl(self._opened(), fcntl.F_OFD_SETLK, wanted)

    def _opened(self) -> int:
        if self._handle is None:
            self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        return self._handle


def _first_of(pair: tuple[str, str]) -> int:
    """Return the first byte of a pair, far from every other's; no byte of the file needs to exist."""
    digest = hashlib.sha256("\0".join(pair).encode()).digest()
    return (int.from_bytes(digest[:8], "big") >> (SLOT_BITS + 2)) << SLOT_BITS
