"""The journal: each answer is written down before it is sent.

The gateway logs a call when it is over, and a killed gateway takes its last lines along. The collector compares: an
answer with a line here and none there was given all the same, and becomes evidence marked as recovered. Lines use the
names of the exchange log. A process writes a file of its own and holds it locked, so that others know it is in use.
"""

import fcntl
import os
import time
from pathlib import Path
from threading import Lock
from typing import Any

import msgspec

FOLDER = "journal"
LARGE_FILE = 64 * 1024 * 1024
_encode = msgspec.json.Encoder().encode


class Journal:
    """Appends to a file of this process; begins another when it has grown large or could not be written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._handle = -1
        self._size = 0
        self._lock = Lock()

    def write(self, said: dict[str, Any]) -> None:
        """Write one line; raise ``OSError`` when it cannot be: then the answer must not be sent."""
        line = _encode(said) + b"\n"
        with self._lock:
            if self._handle < 0 or self._size > LARGE_FILE:
                self._begin()
            try:
                whole = os.write(self._handle, line) == len(line)
            except OSError:
                self._end()
                raise
            if not whole:
                self._end()  # a torn line: nothing may be put behind it
                raise OSError("the journal took a part of a line")
            self._size += len(line)

    def _begin(self) -> None:
        self._end()
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = f"{time.time_ns()}-{os.getpid()}.jsonl"
        handle = os.open(self.folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        fcntl.flock(handle, fcntl.LOCK_EX)
        self._handle, self._size = handle, 0

    def _end(self) -> None:
        if self._handle >= 0:
            os.close(self._handle)
        self._handle = -1
