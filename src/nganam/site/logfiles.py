"""Log files that rotate: the current one and a few older ones, by size."""

from pathlib import Path
from typing import IO


class RotatingLog:
    """Writes what a child says to a file; ``app.log`` becomes ``app.log.1`` when it grows past ``limit`` bytes."""

    def __init__(self, path: Path, *, limit: int = 10_000_000, keep: int = 5) -> None:
        self.path = path
        self.limit = limit
        self.keep = keep
        self._file: IO[bytes] | None = None
        self._rest = b""

    def write(self, data: bytes) -> list[str]:
        """Append ``data`` and return the lines it completes; no data means the writer has ended."""
        if data:
            self._open().write(data)
        *lines, self._rest = (self._rest + data).split(b"\n") if data else (self._rest, b"")
        if len(self._rest) > 1_000_000:  # noqa: PLR2004 - a child that never ends its line
            lines, self._rest = [*lines, self._rest], b""
        return [line.decode(errors="replace") for line in lines if line.strip()]

    def _open(self) -> IO[bytes]:
        if self._file and self._file.tell() > self.limit:
            self.close()
            self._rotate()
        if self._file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("ab", buffering=0)
        return self._file

    def _rotate(self) -> None:
        for number in range(self.keep - 1, 0, -1):
            older = self.path.with_name(f"{self.path.name}.{number}")
            if older.exists():
                older.replace(self.path.with_name(f"{self.path.name}.{number + 1}"))
        self.path.replace(self.path.with_name(f"{self.path.name}.1"))

    def close(self) -> None:
        """Close the file; the next write opens it again."""
        if self._file:
            self._file.close()
            self._file = None
