"""Rows that leave every version of a table: the lake is written anew beside the old one, without them.

A version's files hold its rows for good, so what is to be gone from history cannot be deleted in place: each version is
committed once more, in its order, to a folder of its own. The old folder stays untouched until nobody refers to it.
"""

import re
import shutil
import unicodedata
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from nganam.warehouse.engine import lake
from nganam.warehouse.engine.contract import Contract, literal, quote
from nganam.warehouse.engine.duck import batches, duck, parquet

if TYPE_CHECKING:
    import duckdb

ERASABLE: Final = ("text", "commune", "integer")
"""Types of columns by whose values rows can be erased: what names somebody, never a measure."""
REASON: Final = "erased"
BETWEEN: Final = "\x1f"
APART: Final = re.compile(r"[ .,\u00a0\u202f]")
"""What sets apart the thousands of a number as it was received."""
NO_FRACTION: Final = re.compile(r"[.,]0+$")


@dataclass(frozen=True, slots=True)
class Kept:
    """A version as it is in the lake, with the load that made it."""

    number: int
    delta_version: int
    contract: Contract
    load: str


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A version as it is in the new lake; ``removed`` rows have left it. Versions alike share a ``delta_version``."""

    number: int
    delta_version: int
    rows: int
    removed: int
    difference: lake.Difference


@dataclass(frozen=True, slots=True)
class Erased:
    """Values no row may have any more, by column, as salted digests: the values themselves are kept nowhere."""

    salt: str
    digests: Mapping[str, frozenset[str]]

    def register(self, base: "duckdb.DuckDBPyConnection", names: Sequence[str]) -> None:
        """Make the digests known to ``test_sql``."""
        for at, name in enumerate(names):
            if name in self.digests:
                base.register(f"erased_{at}", pa.table({"digest": pa.array(sorted(self.digests[name]), pa.string())}))

    def is_in(self, cells: Sequence[str | None]) -> bool:
        """Say whether any cell of a row is erased, whichever column it stands in: a broken row has no columns."""
        known = frozenset().union(*self.digests.values())
        return any(digest(self.salt, one) in known for cell in cells if cell for one in writings(cell))

    def test_sql(self, at: int, name: str, text: str) -> str:
        """Return the SQL that says whether a text in the column at place ``at`` is erased; "" where nothing is."""
        if name not in self.digests:
            return ""
        salted = f"sha256({literal(self.salt + BETWEEN)} || {text})"
        return f"{salted} IN (SELECT digest FROM erased_{at})"


def digest(salt: str, text: str) -> str:
    """Return what stands for an erased value: alike for the same value and salt, and telling nothing without it."""
    return sha256(f"{salt}{BETWEEN}{text}".encode()).hexdigest()


def rewrite(
    old: Path, new: Path, versions: Sequence[Kept], column: str, values: Collection[str], scratch: Path, *,
    told: Callable[[int], None] = lambda _done: None,
) -> list[Rewritten]:  # fmt: skip
    """Write ``versions`` (oldest first) of ``old`` to ``new``, without rows that have one of ``values`` in ``column``.

    What an earlier attempt left at ``new`` is thrown away. A version whose columns do not hold ``column`` stays whole.
    ``told`` hears how many versions are done.
    """
    shutil.rmtree(new, ignore_errors=True)
    target = scratch / "kept.parquet"
    done: list[Rewritten] = []
    for one in versions:
        source = lake.files(old, one.delta_version)
        with duck(scratch) as base:
            where = without_sql(base, one.contract, column, values)
            rows = _write(_rows(base, source, one.contract, where), one.contract, target)
        figures = {"read": rows, "accepted": rows, "rejected": 0}
        made = lake.commit(new, target, one.contract, load=one.load, figures=figures)
        place = made.delta_version if made else done[-1].delta_version
        change = made.difference if made else lake.Difference()
        done.append(Rewritten(one.number, place, rows, lake.count(old, one.delta_version) - rows, change))
        told(len(done))
    return done


def without_sql(base: "duckdb.DuckDBPyConnection", contract: Contract, column: str, values: Collection[str]) -> str:
    """Return the condition of rows that stay; the values are in a table: an error quotes the words of a query."""
    if column not in contract.names or not values:
        return ""
    base.register("leaving", pa.table({"value": pa.array(sorted(values), pa.string())}))
    return f" WHERE coalesce(CAST({quote(column)} AS VARCHAR) NOT IN (SELECT value FROM leaving), true)"


def counts(table: Path, versions: Sequence[Kept], column: str, values: Collection[str]) -> dict[int, int]:
    """Return for each version how many of its rows have one of ``values`` in ``column``."""
    found: dict[int, int] = {}
    with duck() as base:
        for one in versions:
            stays = without_sql(base, one.contract, column, values)
            if not stays:
                found[one.number] = 0
                continue
            query = f"SELECT count(*) - (SELECT count(*) FROM files{stays}) FROM files"
            source = f"WITH files AS (SELECT * FROM {parquet(lake.files(table, one.delta_version))}) "
            found[one.number] = int(base.execute(source + query).fetchall()[0][0])
    return found


def _rows(
    base: "duckdb.DuckDBPyConnection", source: Sequence[str], contract: Contract, where: str
) -> Iterator[pa.RecordBatch]:
    names = ", ".join(map(quote, contract.names))
    order = ", ".join(map(quote, contract.key or contract.names))
    query = f"SELECT {names} FROM {parquet(source)}{where} ORDER BY {order}"
    return batches(base, query, contract.schema())


def _write(rows: Iterator[pa.RecordBatch], contract: Contract, target: Path) -> int:
    count = 0
    with pq.ParquetWriter(target, contract.schema(), compression="zstd") as out:
        for batch in rows:
            count += batch.num_rows
            out.write_batch(batch)
    return count


def holds(path: Path, values: Collection[str]) -> bool:
    """Say whether a Parquet file holds one of ``values`` in any cell, as text or in a list of texts."""
    if not path.is_file():
        return False
    with pq.ParquetFile(path) as file:
        return any(_any_of(batch, values) for batch in file.iter_batches(5_000))


def _any_of(batch: pa.RecordBatch, values: Collection[str]) -> bool:
    return any(holds_value(cell, values) for column in batch.columns for cell in column.to_pylist())


def holds_value(cell: Any, values: Collection[str]) -> bool:
    """Say whether a cell, a list of cells or a mapping holds one of ``values``, in any writing of it."""
    if isinstance(cell, Mapping):
        return any(holds_value(one, values) for one in cell.values())
    if isinstance(cell, list | tuple):
        return any(holds_value(one, values) for one in cell)
    return cell is not None and not writings(str(cell)).isdisjoint(values)


def writings(text: str) -> set[str]:
    """Return what a cell as it was received may stand for: itself, and the whole number ``092.199`` or ``92199,0`` is.

    What is kept of a row that was not taken in is no value yet.
    """
    plain = unicodedata.normalize("NFC", text).strip()
    found = {plain}
    for one in (plain, NO_FRACTION.sub("", plain)):
        sign, bare = ("-" if one.startswith("-") else ""), APART.sub("", one.lstrip("+-"))
        if bare.isascii() and bare.isdecimal():
            found.add(sign + (bare.lstrip("0") or "0"))
    return found
