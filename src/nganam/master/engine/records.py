"""The records of a set: rows of committed versions under a keyed digest of their key, with comparable spellings."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from nganam.kernel.digest import keyed_sha256
from nganam.master.engine.attributes import spelled
from nganam.warehouse.engine.contract import quote
from nganam.warehouse.engine.duck import duck, parquet

LENGTH: Final = 32
MOST_ALIKE: Final = 50
"""Records that may have one number or telephone; what more have is taken as missing (nội bộ)."""
SPELLINGS: Final = pa.schema(
    [pa.field(name, pa.string()) for name in ("name_full", "name_plain", "name_bag", "name_ends", "name_last")]
    + [pa.field("name_words", pa.list_(pa.string()))]
    + [pa.field(name, pa.string()) for name in ("date", "date_year", "date_swapped")]
    + [pa.field("date_whole", pa.bool_())]
    + [pa.field(name, pa.string()) for name in ("identifier", "sex", "phone", "commune")]
    + [pa.field("address", pa.list_(pa.string()))]
)


@dataclass(frozen=True, slots=True)
class Member:
    """A table of the set at one version: its files, key columns, and which column is which attribute."""

    table: str
    files: tuple[str, ...]
    key: tuple[str, ...]
    columns: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Record:
    """A row of a member table: its digest, its table, its key as JSON, its values as the table says them."""

    record: str
    table: str
    key: str
    values: dict[str, str | None]

    @property
    def key_text(self) -> str:
        """Return the key as people read it."""
        return ", ".join(map(str, json.loads(self.key)))


def digest(salt: str, table: str, key: str) -> str:
    """Return the digest a record is known by: without the salt nobody finds whose key it was."""
    return keyed_sha256(salt, f"{table}\x1f{key}")[:LENGTH]


def read(members: Sequence[Member], salt: str, scratch: Path | None = None) -> list[Record]:
    """Return the records of all members, in the order of tables and keys. The engine may spill to ``scratch``."""
    return [one for member in members for one in _read(member, salt, scratch)]


def _read(member: Member, salt: str, scratch: Path | None) -> Iterator[Record]:
    keys = sorted(member.key)  # whatever order the contract has them in, a record is who it was
    asked = ", ".join(f"{quote(name)}::VARCHAR" for name in [*keys, *member.columns.values()])
    order = ", ".join(map(quote, keys))
    with duck(scratch, alone=True) as base:
        found = base.execute(f"SELECT {asked} FROM {parquet(member.files)} ORDER BY {order}").fetchall()  # noqa: S608 - quoted
    width = len(keys)
    for row in found:
        key = json.dumps(row[:width], ensure_ascii=False, separators=(",", ":"))
        values = dict(zip(member.columns, row[width:], strict=True))
        yield Record(digest(salt, member.table, key), member.table, key, values)


def _without_common(values: Sequence[str | None]) -> list[str | None]:
    """Return values without those that too many records have: they stand for "none", and would join strangers."""
    held = Counter(values)
    return [one if held[one] <= MOST_ALIKE else None for one in values]


def table(records: Sequence[Record], kind: str) -> pa.Table:
    """Return the spellings of records as the matcher takes them, one row a record."""
    columns: dict[str, list[Any]] = {name: [] for name in SPELLINGS.names}
    for one in records:
        for name, value in spelled(kind, one.values).items():
            columns[name].append(value)
    for name in ("identifier", "phone"):
        columns[name] = _without_common(columns[name])
    made = pa.Table.from_pydict(columns, schema=SPELLINGS)
    return made.append_column("record", pa.array([one.record for one in records], pa.string())).append_column(
        "origin", pa.array([one.table for one in records], pa.string())
    )
