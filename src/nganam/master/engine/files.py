"""The files of a run: its records with their values, and its pairs with their evidence. Nothing else holds values."""

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from nganam.kernel.text import search_words
from nganam.master.engine.attributes import IDENTIFIER, NAME, spelled
from nganam.master.engine.matching import Evidence, Pair, as_json
from nganam.master.engine.records import Record
from nganam.warehouse.engine.duck import duck, parquet

if TYPE_CHECKING:
    import duckdb

RECORDS: Final = pa.schema(
    [(name, pa.string()) for name in ("record", "table", "key", "values", "words", "identifier")]
)
PAIRS: Final = pa.schema(
    [("left", pa.string()), ("right", pa.string()), ("verdict", pa.string()), ("probability", pa.float64()),
     ("weight", pa.float64()), ("evidence", pa.string())]
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Told:
    """A pair as a run left it."""

    pair: Pair
    verdict: str


def write_records(path: Path, records: Sequence[Record], kind: str) -> None:
    """Write records by digest, so that those of one entity are found without reading all."""
    rows = [
        {
            "record": one.record, "table": one.table, "key": one.key,
            "values": json.dumps(one.values, ensure_ascii=False),
            "words": f" {' '.join(search_words(one.values.get(NAME) or ''))} ",
            "identifier": spelled(kind, {IDENTIFIER: one.values.get(IDENTIFIER)})["identifier"],
        }
        for one in sorted(records, key=lambda one: one.record)
    ]  # fmt: skip
    pq.write_table(pa.Table.from_pylist(rows, RECORDS), path, compression="zstd", row_group_size=20_000)


def write_pairs(path: Path, pairs: Iterable[Pair], verdicts: Mapping[tuple[str, str], str]) -> None:
    """Write pairs with what became of them, the strongest first."""
    rows = [
        {
            "left": one.left, "right": one.right, "verdict": verdicts[one.left, one.right],
            "probability": one.probability, "weight": one.weight, "evidence": as_json(one.evidence),
        }
        for one in sorted(pairs, key=lambda one: (-one.weight, one.left, one.right))
    ]  # fmt: skip
    pq.write_table(pa.Table.from_pylist(rows, PAIRS), path, compression="zstd")


def _reader(path: Path) -> AbstractContextManager["duckdb.DuckDBPyConnection"]:
    """Open an engine that spills beside the file it reads: what holds values goes with the run's folder."""
    return duck(path.with_name("spilt"))


def records(path: Path, wanted: Sequence[str]) -> list[Record]:
    """Return the records with these digests, by table and key."""
    if not wanted:
        return []
    query = (
        f'SELECT record, "table", key, "values" FROM {parquet([path])} WHERE record IN (SELECT unnest(?)) ORDER BY ALL'  # noqa: S608 - no value in it
    )
    with _reader(path) as base:
        found = base.execute(query, [list(wanted)]).fetchall()
    read = [Record(record, table, key, json.loads(values)) for record, table, key, values in found]
    return sorted(read, key=lambda one: (one.table, one.key))


def found(path: Path, text: str, kind: str, *, limit: int) -> list[str]:
    """Return digests of at most ``limit`` records whose name has all words of ``text``, or with this identifier."""
    words = search_words(text)
    if not words:
        return []
    number = spelled(kind, {IDENTIFIER: text})["identifier"]
    wanted = " AND ".join("contains(words, ?)" for _ in words)
    query = f"SELECT record FROM {parquet([path])} WHERE ({wanted}) OR identifier = ? ORDER BY record LIMIT {limit}"  # noqa: S608 - no value in it
    with _reader(path) as base:
        rows = base.execute(query, [*(f" {word} " for word in words), number]).fetchall()
    return [row[0] for row in rows]


def pairs(
    path: Path, *, verdict: str = "", between: Sequence[str] = (), limit: int = 30, offset: int = 0
) -> list[Told]:
    """Return pairs of one verdict, or all among some records, the strongest first."""
    where, values = [], []  # type: list[str], list[Any]
    if verdict:
        where, values = ["verdict = ?"], [verdict]
    if between:
        where += ['list_contains(?, "left")', 'list_contains(?, "right")']
        values += [list(between), list(between)]
    condition = f" WHERE {' AND '.join(where)}" if where else ""
    query = f'SELECT * FROM {parquet([path])}{condition} ORDER BY weight DESC, "left", "right" LIMIT {limit} OFFSET {offset}'  # noqa: S608, E501 - no value in it
    with _reader(path) as base:
        rows = base.execute(query, values).fetchall()
    return [_told(row) for row in rows]


def _told(row: Sequence[Any]) -> Told:
    left, right, verdict, probability, weight, evidence = row
    read = tuple(Evidence(*one) for one in json.loads(evidence))
    return Told(Pair(left, right, probability, weight, read), verdict)
