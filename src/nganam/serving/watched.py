"""A file that another process replaces whole: read again when it has changed, kept when the new one cannot be read."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

import structlog

log = structlog.get_logger("nganam.serving")
T = TypeVar("T")
EVERY = 0.05  # seconds between looks at the file's entry: each costs some microseconds


class Watched(Generic[T]):
    """The value read from ``path`` by ``read``; ``value()`` looks at the entry at most every ``every`` seconds.

    A writer must replace the file (``os.replace``); a file written in place could be read half.
    """

    def __init__(self, path: Path, read: Callable[[Path], T], every: float = EVERY) -> None:
        self.path = path
        self._read = read
        self._every = every
        self._next_look = 0.0
        self._seen: tuple[int, int, int] | None = None
        self._value: T | None = None

    def value(self) -> T | None:
        """Return the newest readable value, ``None`` when there has never been one."""
        now = time.monotonic()
        if now >= self._next_look:
            self._next_look = now + self._every
            self._look()
        return self._value

    def _look(self) -> None:
        try:
            entry = self.path.stat()
        except FileNotFoundError:
            return
        seen = (entry.st_ino, entry.st_mtime_ns, entry.st_size)
        if seen == self._seen:
            return
        self._seen = seen
        try:
            self._value = self._read(self.path)
        except (OSError, ValueError) as error:
            # The last good value keeps serving: an unreadable file must not stop the exchange.
            log.exception("file_refused", path=self.path.name, error=str(error))
