"""Replicas: one SQLite file per version of a served table, opened read-only; ``current.json`` names the newest."""

import re
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import structlog

from nganam.serving import withdrawn
from nganam.serving.problems import Refused, out_of_service, too_costly, unavailable
from nganam.serving.watched import Watched

log = structlog.get_logger("nganam.serving")

MOST_SECONDS = 8
STEPS = 200_000  # of SQLite's machine between looks at the clock: some milliseconds
SAFE_TABLE = re.compile(r"^[a-z0-9][a-z0-9_-]{0,79}$")


class Current(msgspec.Struct, frozen=True):
    """What ``current.json`` of a table says."""

    version: int
    file: str
    key: tuple[str, ...] = ()
    as_of: datetime | None = None
    changes_since: int | None = None
    search: tuple[str, ...] = ()
    position: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Named:
    """The version ``current.json`` names: its key columns, the instant it stands for, its file.

    ``changes_since`` is the oldest version since which the file knows all changes, ``None`` when it knows of none.
    ``search`` are the columns whose words it holds (``w0``, ``w1``… of ``words``), ``position`` those of the longitude
    and latitude it has an index of, none when it has none. ``identity`` is the file's as it is on the disk.
    """

    version: int
    key: tuple[str, ...]
    as_of: datetime
    path: Path
    changes_since: int | None = None
    search: tuple[str, ...] = ()
    position: tuple[str, ...] = ()
    identity: str = ""


@dataclass(frozen=True, slots=True)
class Replica:
    """One version of a table, open in this thread; ``extents`` keeps what was worked out of it, by scope."""

    named: Named
    connection: sqlite3.Connection
    extents: dict[Any, tuple[float, float, float, float] | None] = field(default_factory=dict)

    @contextmanager
    def bounded(self) -> Iterator[sqlite3.Connection]:
        """Let what is asked of the connection run for ``MOST_SECONDS``; raise ``Refused`` when it takes longer.

        A question over the whole table must not hold a thread for ever: the gateway has long gone by then.
        """
        until = time.monotonic() + MOST_SECONDS
        self.connection.set_progress_handler(lambda: time.monotonic() > until, STEPS)
        try:
            yield self.connection
        except sqlite3.OperationalError as error:
            if "interrupted" not in str(error):
                raise
            raise too_costly(MOST_SECONDS) from error
        finally:
            self.connection.set_progress_handler(None, 0)


class Replicas:
    """Gives every thread its own connection to the current version of a table.

    The connection of a version that has been replaced is closed when its thread next asks; deleting the old file
    meanwhile is harmless, since an open file stays readable.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._named: dict[str, Watched[Named]] = {}
        self._marks: dict[str, Watched[withdrawn.Mark]] = {}
        self._mine = threading.local()

    def open(self, table: str) -> Replica:
        """Return the current version of ``table``; raise ``Refused`` (503) when there is none."""
        named = self._watch(table).value()
        if named is None:
            raise unavailable("Dữ liệu của dịch vụ chưa được nạp.")
        mark = self._marks[table].value()
        # What is remembered of a mark is a hint: it may be gone, and its file's place on the disk another's by now.
        if mark is not None and mark.of == named.identity and (why := withdrawn.why_out(named.path)):
            raise out_of_service(why)
        mine: dict[str, Replica] = self._mine.__dict__.setdefault("opened", {})
        opened = mine.get(table)
        if opened is None or opened.named is not named:
            if opened is not None:
                opened.connection.close()
                del mine[table]
            opened = mine[table] = self._opened(named)
        return opened

    @contextmanager
    def watched(self, table: str) -> Iterator[None]:
        """Let a table be read; a file that turns out damaged is refused (``Refused``) and goes out of service."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            read = self._mine.__dict__.get("opened", {}).get(table)
            if read is None:
                raise
            raise self.unreadable(read.named, error) from error

    def _opened(self, named: Named) -> Replica:
        try:
            return _open(named)
        except sqlite3.Error as error:
            raise self.unreadable(named, error) from error

    def unreadable(self, named: Named, error: sqlite3.Error) -> Refused:
        """Return the refusal for a replica that cannot be read; a damaged one is taken out of service for everybody.

        What else goes wrong with a file (too many are open, a disk that does not answer) may be over in a moment.
        """
        log.error("replica_unreadable", table=named.path.parent.name, file=named.path.name, error=str(error))
        if not _is_damage(error):
            return unavailable("Bản sao dữ liệu của dịch vụ không đọc được.")
        try:
            withdrawn.withdraw(named.path, withdrawn.DAMAGED, at=datetime.now(UTC), of=named.identity)
        except OSError:
            log.exception("replica_not_withdrawn", table=named.path.parent.name)
        return out_of_service(withdrawn.DAMAGED)

    def _watch(self, table: str) -> Watched[Named]:
        watched = self._named.get(table)
        if watched is None:
            if not SAFE_TABLE.match(table):
                raise unavailable("Tên bảng dữ liệu không hợp lệ.")
            self._marks.setdefault(table, Watched(self.folder / table / withdrawn.MARK, withdrawn.read_mark))
            watched = self._named.setdefault(table, Watched(self.folder / table / "current.json", _read_current))
        return watched


def _read_current(path: Path) -> Named:
    current = msgspec.json.decode(path.read_bytes(), type=Current)
    if "/" in current.file or current.file.startswith("."):
        raise ValueError("the file of a replica stands beside current.json")
    as_of = current.as_of or datetime.fromtimestamp(path.stat().st_mtime, UTC)
    file = path.with_name(current.file)
    return Named(
        current.version, current.key, as_of, file, current.changes_since, current.search, current.position,
        withdrawn.identity(file),
    )  # fmt: skip


def _open(named: Named) -> Replica:
    # immutable: a version is never written again, so SQLite needs no locks and no change checks.
    address = f"{named.path.resolve().as_uri()}?mode=ro&immutable=1"
    connection = sqlite3.connect(address, uri=True, cached_statements=512)
    connection.execute("SELECT 1 FROM rows LIMIT 1").fetchone()
    connection.execute("PRAGMA mmap_size=268435456")
    return Replica(named, connection)


def _is_damage(error: sqlite3.Error) -> bool:
    """Say whether the file itself is broken: SQLite says so, or finds that it is none or that its table is missing."""
    code = getattr(error, "sqlite_errorcode", None)
    primary = code & 0xFF if code is not None else None
    return primary in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB} or "no such table: rows" in str(error)
