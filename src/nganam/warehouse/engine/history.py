"""What rows were before the last versions touched them: kept in the replica, so that callers can ask for changes only.

It stands in the same file as the rows, so that both are of one version. It goes back ``VERSIONS_KEPT`` versions and
``MOST_CHANGES`` changed rows in all, and not beyond a change of the columns: who has an older version reads the whole.
Both numbers are local choices, "nội bộ".
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import structlog

from nganam.warehouse.engine.contract import Contract, quote

log = structlog.get_logger(__name__)
VERSIONS_KEPT: Final = 30
MOST_CHANGES: Final = 200_000


@dataclass(frozen=True, slots=True)
class Step:
    """One version's changes: its number, and how to read what the rows were before it (``lake.befores``)."""

    number: int
    read: Callable[[], Iterator[pa.RecordBatch]]


@dataclass(frozen=True, slots=True)
class Carried:
    """The replica of an earlier version, whose changes since ``since`` up to ``number`` need not be read again."""

    path: Path
    number: int
    since: int


def create(base: sqlite3.Connection, contract: Contract, kinds: dict[str, str]) -> None:
    """Make the empty table of changes."""
    columns = ", ".join(f"{quote(one.name)} {kinds[one.type]}" for one in contract.columns)
    key = ", ".join(map(quote, contract.key))
    base.execute(
        f"CREATE TABLE changes ({columns}, _was INTEGER, _version INTEGER, PRIMARY KEY ({key}, _version)) WITHOUT ROWID"
    )


def fill(
    base: sqlite3.Connection, steps: Sequence[Step], carried: Carried | None, number: int,
    records: Callable[[pa.RecordBatch], Iterable[tuple[Any, ...]]],
) -> int:  # fmt: skip
    """Put in what is known, newest version first, and return since which version it is complete.

    ``steps`` are the versions to tell of, newest first; ``carried`` holds the older ones among them. What cannot be
    read any more ends the history there: the rows themselves must be served whatever happens to it.
    """
    since = number
    for step in steps:
        if carried is not None and step.number <= carried.number:
            copied = _carry(base, carried, steps[-1].number - 1)
            if copied is not None:
                return copied
            carried = None
        if not _take(base, step, records):
            break
        since = step.number - 1
    return since


def _take(base: sqlite3.Connection, step: Step, records: Callable[[pa.RecordBatch], Iterable[tuple[Any, ...]]]) -> bool:
    try:
        for batch in step.read():
            places = ", ".join("?" * (batch.num_columns + 1))
            told = ((*row, step.number) for row in records(batch))
            base.executemany(f"INSERT INTO changes VALUES ({places})", told)
    except Exception:
        log.exception("changes_unreadable", version=step.number)
        base.execute("DELETE FROM changes WHERE _version = ?", [step.number])
        return False
    return True


def _carry(base: sqlite3.Connection, carried: Carried, oldest: int) -> int | None:
    """Copy what an earlier replica knows; return since when that is, None when it cannot be read."""
    since = max(carried.since, oldest)
    try:
        with closing(sqlite3.connect(f"file:{carried.path}?mode=ro&immutable=1", uri=True)) as before:
            rows = before.execute("SELECT * FROM changes WHERE _version > ? AND _version <= ?", [since, carried.number])
            places = ", ".join("?" * len(rows.description))
            base.executemany(f"INSERT INTO changes VALUES ({places})", rows)
    except sqlite3.Error:
        log.exception("changes_not_carried", file=carried.path.name)
        base.execute("DELETE FROM changes WHERE _version <= ?", [carried.number])
        return None
    return since
