"""Row replicas: one SQLite file per version for look-ups, and ``current.json`` that names the one to read.

A replica is built beside and renamed; ``current.json`` is swapped last, so a reader always finds a whole file. The two
newest are kept: a reader that opened the older one finishes on it.
"""

import hashlib
import json
import os
import re
import sqlite3
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from nganam.kernel.text import search_words
from nganam.serving import withdrawn
from nganam.warehouse.engine import history
from nganam.warehouse.engine.contract import Contract, quote
from nganam.warehouse.engine.files import lon_lat

KINDS: Final = {
    "text": "TEXT", "commune": "TEXT", "integer": "INTEGER", "decimal": "REAL", "date": "TEXT", "datetime": "TEXT",
    "boolean": "INTEGER",
}  # fmt: skip
KEPT: Final = 2


@dataclass(frozen=True, slots=True)
class Finding:
    """By what rows are found besides their values: words of columns, and a position (longitude, latitude) or none."""

    search: tuple[str, ...] = ()
    position: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Say whether there is anything to build."""
        return bool(self.search or self.position)


def finding(stored: Contract, declared: Contract | None = None) -> Finding:
    """Return by what rows of ``stored`` are found; ``declared`` is the contract of today, which says what is searched.

    Only text that is still there is searched: the rows may be older than the declaration.
    """
    texts = {one.name for one in stored.columns if one.type == "text"}
    position = lon_lat(stored)
    return Finding(
        tuple(name for name in (declared or stored).searched if name in texts), position if all(position) else ()
    )


def build(
    folder: Path,
    contract: Contract,
    number: int,
    batches: Iterable[pa.RecordBatch],
    *,
    indexes: Iterable[str] = (),
    as_of: datetime | None = None,
    steps: Sequence[history.Step] = (),
    found_by: Finding | None = None,
) -> Path:
    """Build the replica of version ``number`` from its rows in key order, make it current, prune old ones.

    ``indexes`` are columns to look up by besides the key (commune, time); ``as_of`` is the instant the rows stand for.
    ``steps`` are the versions, newest first, whose changes are kept; what the replica before knows of them is copied.
    ``found_by`` is what is built for finding rows, by default what the contract says.
    """
    found_by = finding(contract) if found_by is None else found_by
    folder.mkdir(parents=True, exist_ok=True)
    final = folder / f"v{number}.sqlite"
    waiting = folder / f".{uuid.uuid4().hex}.tmp"
    try:
        with closing(sqlite3.connect(waiting, isolation_level=None)) as base:
            since = _fill_history(base, folder, contract, number, steps)
            wanted = [name for name in indexes if name in contract.names]
            _fill(base, contract, batches, wanted, numbered=bool(found_by))
            _fill_words(base, found_by.search)
            _index_position(base, found_by.position)
        waiting.replace(final)
    finally:
        waiting.unlink(missing_ok=True)
    _point_at(folder, contract, number, final.name, as_of=as_of, since=since, found_by=found_by)
    prune(folder, number)
    return final


def current(folder: Path) -> dict[str, Any] | None:
    """Return what ``current.json`` says (version, file, key, columns), or None when there is no replica yet."""
    try:
        told: dict[str, Any] = json.loads((folder / "current.json").read_bytes())
    except (FileNotFoundError, ValueError):  # one that cannot be read names no replica: a new one is built
        return None
    return told


def file_sha256(path: Path) -> str:
    """Return the digest of a file, a megabyte at a time."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_sound(folder: Path) -> bool:
    """Say whether the present replica's file is, byte for byte, what was built; one built before digests is."""
    told = current(folder)
    if told is None or "sha256" not in told:
        return told is not None
    try:
        return bool(file_sha256(folder / told["file"]) == told["sha256"])
    except OSError:
        return False


def prune(folder: Path, number: int, *, keep: int = KEPT) -> None:
    """Remove replicas older than the newest ``keep``, and unfinished files of killed builders."""
    for path in folder.glob("v*.sqlite"):
        found = re.fullmatch(r"v(\d+)\.sqlite", path.name)
        if found and int(found[1]) <= number - keep:
            path.unlink(missing_ok=True)
    for path in folder.glob(".*.tmp"):
        with suppress(FileNotFoundError):
            path.unlink()


def connect(path: Path) -> sqlite3.Connection:
    """Open a replica for reading only. The file never changes once it has its name."""
    base = sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True, isolation_level=None, check_same_thread=False)
    base.execute("PRAGMA mmap_size=1073741824")
    base.row_factory = sqlite3.Row
    return base


def as_stored(value: Any) -> Any:
    """Return a value as the replica holds it: dates and instants as ISO text, booleans as 0 or 1."""
    if isinstance(value, datetime):
        return (
            value.astimezone(UTC)
            .isoformat(timespec="milliseconds" if value.microsecond else "seconds")
            .replace("+00:00", "Z")
        )
    if isinstance(value, date):
        return value.isoformat()
    return int(value) if isinstance(value, bool) else value


def knows_changes(told: dict[str, Any]) -> bool:
    """Say whether a replica was built with the changes of its last versions; older ones of this platform were not."""
    return "changes_since" in told


def finds(told: dict[str, Any], wanted: Finding) -> bool:
    """Say whether a replica was built with what its rows are to be found by; one from before may not have been."""
    return Finding(tuple(told.get("search", ())), tuple(told.get("position", ()))) == wanted


def _fill_history(
    base: sqlite3.Connection, folder: Path, contract: Contract, number: int, steps: Sequence[history.Step]
) -> int | None:
    """Keep the changes of the last versions; return since which they are known, None for rows without a key."""
    # The file is thrown away if anything fails, so it is built without a journal.
    base.execute("PRAGMA journal_mode=OFF")
    base.execute("PRAGMA synchronous=OFF")
    base.execute("PRAGMA page_size=8192")
    if not contract.key:
        return None
    base.execute("BEGIN")
    history.create(base, contract, KINDS)
    since = history.fill(base, steps, _carried(folder, contract), number, lambda batch: _with_was(batch, contract))
    base.execute("COMMIT")
    return since


def _carried(folder: Path, contract: Contract) -> history.Carried | None:
    """Return what the present replica knows, when its columns are the same and it can be read."""
    try:
        told = current(folder)
        if not told or told.get("changes_since") is None or told["key"] != list(contract.key):
            return None
        path = folder / told["file"]
        if told["columns"] != _columns(contract) or not path.is_file() or withdrawn.why_out(path):
            return None
        return history.Carried(path, told["version"], told["changes_since"])
    except (OSError, ValueError, KeyError):
        return None


def _columns(contract: Contract) -> list[dict[str, str]]:
    return [{"name": one.name, "type": one.type} for one in contract.columns]


def _with_was(batch: pa.RecordBatch, contract: Contract) -> Iterator[tuple[Any, ...]]:
    was = batch.column("_was").cast(pa.int8()).to_pylist()
    return ((*row, one) for row, one in zip(_records(batch, contract), was, strict=True))


def _fill(
    base: sqlite3.Connection, contract: Contract, batches: Iterable[pa.RecordBatch], indexes: list[str], *,
    numbered: bool,
) -> None:  # fmt: skip
    """Write the rows; ``numbered`` ones have a number (``_rowid_``), by which indexes of words and places know them."""
    told = (f"{quote(one.name)} {KINDS[one.type]}{' NOT NULL' if one.key else ''}" for one in contract.columns)
    columns, key = ", ".join(told), ", ".join(map(quote, contract.key))
    tail = f", PRIMARY KEY ({key})){'' if numbered else ' WITHOUT ROWID'}" if key else ")"
    base.execute("BEGIN")
    base.execute(f"CREATE TABLE rows ({columns}{tail}")
    insert = f"INSERT INTO rows VALUES ({', '.join('?' * len(contract.columns))})"
    for batch in batches:
        base.executemany(insert, _records(batch, contract))
    for name in dict.fromkeys(indexes):
        if name != (contract.key or ("",))[0]:
            base.execute(f"CREATE INDEX {quote('rows_by_' + name)} ON rows ({quote(name)})")
    base.execute("COMMIT")
    base.execute("ANALYZE")


def _fill_words(base: sqlite3.Connection, names: Sequence[str]) -> None:
    """Index the words of ``names`` as column ``w0``, ``w1``…: only the index is kept, the text stands in the rows."""
    if not names:
        return
    columns = [f"w{place}" for place in range(len(names))]
    base.create_function("words", 1, _words, deterministic=True)
    base.execute("BEGIN")
    base.execute(
        f"CREATE VIRTUAL TABLE words USING fts5({', '.join(columns)}, content='', columnsize=0,"
        " tokenize='unicode61 remove_diacritics 0')"
    )
    base.execute(
        f"INSERT INTO words (rowid, {', '.join(columns)}) SELECT _rowid_, "
        f"{', '.join(f'words({quote(name)})' for name in names)} FROM rows"
    )
    base.execute("INSERT INTO words (words) VALUES ('optimize')")
    base.execute("COMMIT")


def _words(text: str | None) -> str | None:
    return None if text is None else " ".join(search_words(text))


def _index_position(base: sqlite3.Connection, position: Sequence[str]) -> None:
    if not position:
        return
    # No R*Tree: it took 10 s for 300 000 rows, this 0.4; a province is small enough for a strip of latitude.
    lon, lat = map(quote, position)
    base.execute(f"CREATE INDEX rows_by_position ON rows ({lat}, {lon})")
    base.execute("ANALYZE rows_by_position")


def _records(batch: pa.RecordBatch, contract: Contract) -> Iterator[tuple[Any, ...]]:
    return zip(*(_stored(batch.column(one.name), one.type) for one in contract.columns), strict=True)


def _stored(column: pa.Array, kind: str) -> list[Any]:
    """Do for a whole column what ``as_stored`` does for one value, thirty times faster."""
    if kind == "date":
        column = column.cast(pa.string())
    elif kind == "boolean":
        column = column.cast(pa.int8())
    elif kind == "datetime":
        seconds = column.cast(pa.timestamp("s", tz="UTC"), safe=False)
        if not seconds.cast(column.type).equals(column):
            return [as_stored(value) for value in column.to_pylist()]
        column = pc.strftime(seconds, format="%Y-%m-%dT%H:%M:%SZ")
    values: list[Any] = column.to_pylist()
    return values


def _point_at(
    folder: Path, contract: Contract, number: int, name: str, *, as_of: datetime | None, since: int | None,
    found_by: Finding,
) -> None:  # fmt: skip
    told = {
        "version": number,
        "file": name,
        "sha256": file_sha256(folder / name),
        "key": list(contract.key),
        "as_of": as_of.isoformat() if as_of else None,
        "columns": _columns(contract),
        "changes_since": since,
        "search": list(found_by.search),
        "position": list(found_by.position),
    }
    waiting = folder / f".{uuid.uuid4().hex}.tmp"
    with waiting.open("w", encoding="utf-8") as out:
        json.dump(told, out, ensure_ascii=False)
        out.flush()
        os.fsync(out.fileno())
    waiting.replace(folder / "current.json")
    (folder / withdrawn.MARK).unlink(missing_ok=True)  # it was of a file before this one
