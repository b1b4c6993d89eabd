"""The lake: each table is a Delta table in ``<lake>/<table>``, each load that changes it one commit.

A commit carries the load's code and figures in its own metadata, so a load killed right after committing is recognised
and finished, never committed twice. Readers see the version before or the version after, nothing between.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq

from nganam.kernel.digest import sha256_hex
from nganam.warehouse.engine.contract import Contract, literal, quote
from nganam.warehouse.engine.duck import batches, duck, parquet

if TYPE_CHECKING:
    from deltalake import CommitProperties, DeltaTable

CONFIGURATION: Final = {"delta.enableChangeDataFeed": "true"}
LOAD, FIGURES, CONTRACT = "nganam.load", "nganam.figures", "nganam.contract"
FILE_SIZE: Final = 64 * 1024 * 1024
REWRITE_SHARE: Final = 0.3


@dataclass(frozen=True, slots=True)
class Difference:
    """How many rows a version added, changed and removed."""

    added: int = 0
    changed: int = 0
    removed: int = 0

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)


@dataclass(frozen=True, slots=True)
class Commit:
    """One committed version: ``delta_version`` in the lake, and the figures written with it."""

    delta_version: int
    rows: int
    difference: Difference
    load: str
    contract: str
    figures: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """One row that differs between two versions, as it was and is; ``kind`` is added, changed or removed."""

    kind: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the names of the columns that differ in a changed row."""
        if self.before is None or self.after is None:
            return ()
        return tuple(name for name, value in self.after.items() if self.before.get(name) != value)


def commit(
    table: Path, accepted: Path, contract: Contract, *, load: str, figures: Mapping[str, Any] | None = None
) -> Commit | None:
    """Commit ``accepted`` (Parquet of the contract's columns) as the table's next version; None when nothing changed.

    Calling it again with the code of a load that is already committed returns that commit.
    """
    done = find_commit(table, load)
    if done is not None:
        return done
    current = _open(table)
    rows = pq.read_metadata(accepted).num_rows
    if current is None:
        change = Difference(added=rows)
        _write(table, accepted, contract, _metadata(load, contract, rows, change, figures), first=True)
        return _committed(table, load)
    change = difference(_files(current), [accepted], contract)
    same_columns = _names(current) == contract.names and _types(current) == [
        str(one) for one in contract.schema().types
    ]
    if not change and same_columns:
        return None
    told = _metadata(load, contract, rows, change, figures)
    touched = change.changed + change.removed
    if contract.key and same_columns and touched <= REWRITE_SHARE * rows:
        _merge(current, accepted, contract, told)
    else:
        _write(table, accepted, contract, told, first=False)
    return _committed(table, load)


def merged(table: Path, accepted: Path, contract: Contract, target: Path, *, replaced: Path | None = None) -> Path:
    """Write the newest version with ``accepted`` put over it by key to ``target``, as ``commit`` takes it; return it.

    Without a key the rows are added; ``replaced`` (Parquet) are rows that leave for them, one for one.
    """
    current = _open(table)
    if current is None:
        return accepted
    names = ", ".join(map(quote, contract.names))
    with duck(target.parent) as base:
        _views(base, _files(current), [accepted], contract, plain=True)
        kept = f"SELECT {names} FROM old o"
        if contract.key:
            kept += f" ANTI JOIN new n ON {_same_key(contract)}"
        elif replaced is not None:
            kept += f" EXCEPT ALL SELECT {names} FROM {parquet([replaced])}"
        order = ", ".join(map(quote, contract.key or contract.names))
        query = f"SELECT * FROM (({kept}) UNION ALL SELECT {names} FROM new) ORDER BY {order}"
        base.execute(f"COPY ({query}) TO {literal(str(target))} (FORMAT parquet, COMPRESSION zstd)")
    return target


def keys_since(
    table: Path, contract: Contract, base: int | None, target: Path, *, with_base: bool, but: Sequence[Path] = ()
) -> Path:
    """Write to ``target`` (Parquet) the keys of rows that came or changed since ``base``, and return it.

    ``with_base`` adds the keys that ``base`` had. Rows that are present just as in ``but`` (Parquet) are left out of
    what came since.
    """
    names, key = ", ".join(map(quote, contract.names)), ", ".join(map(quote, contract.key))
    then = f"FROM {parquet(files(table, base))}" if base is not None else ""
    newer = f" EXCEPT SELECT {names} {then}" if then else ""
    query = f"SELECT {key} FROM (SELECT {names} FROM {parquet(files(table))}{newer})"
    if but:
        query += f" EXCEPT SELECT {key} FROM (SELECT * FROM old INTERSECT SELECT * FROM new)"
    if with_base and then:
        query = f"({query}) UNION (SELECT {key} {then})"
    with duck(target.parent) as engine:
        if but:
            _views(engine, files(table), but, contract, plain=True)
        engine.execute(f"COPY ({query}) TO {literal(str(target))} (FORMAT parquet)")
    return target


def difference(old: Sequence[str | Path], new: Sequence[str | Path], contract: Contract) -> Difference:
    """Compare two sets of Parquet files by key; without one, row by row (a changed row is one removed, one added)."""
    with duck(_scratch(new)) as base:
        _views(base, old, new, contract)
        if not contract.key:
            added = _one(base, "SELECT count(*) FROM (SELECT * FROM new EXCEPT ALL SELECT * FROM old)")
            removed = _one(base, "SELECT count(*) FROM (SELECT * FROM old EXCEPT ALL SELECT * FROM new)")
            return Difference(added, 0, removed)
        first = quote(contract.key[0])
        found = base.execute(
            f"SELECT count(*) FILTER (o.{first} IS NULL), "
            f"count(*) FILTER (n.{first} IS NOT NULL AND o.{first} IS NOT NULL AND ({_differs(contract)})), "
            f"count(*) FILTER (n.{first} IS NULL) FROM old o FULL JOIN new n ON {_same_key(contract)}"
        ).fetchone() or (0, 0, 0)
        return Difference(*map(int, found))


def changes(table: Path, contract: Contract, *, before: int | None, after: int, limit: int = 200) -> list[Change]:
    """List rows that differ between two Delta versions (``before`` None: everything was added), at most ``limit``."""
    new = _files(_at(table, after))
    old = [] if before is None else _files(_at(table, before))
    names = ", ".join(map(quote, contract.names))
    with duck() as base:
        _views(base, old, new, contract, plain=True)
        if contract.key:
            found = base.execute(_changes_sql(contract, limit)).fetchall()
        else:
            found = base.execute(
                "(SELECT NULL AS o, n, 'added' AS kind FROM (SELECT * FROM new EXCEPT ALL SELECT * FROM old) n "
                f"LIMIT {limit}) "
                f"UNION ALL (SELECT o, NULL, 'removed' FROM (SELECT {names} FROM old EXCEPT ALL SELECT * FROM new) o "
                f"LIMIT {limit})"
            ).fetchall()
    return [Change(kind, old_row, new_row) for old_row, new_row, kind in found][:limit]


def befores(
    table: Path, contract: Contract, *, before: int, after: int, rows: int = 20_000
) -> Iterator[pa.RecordBatch]:
    """Yield for each key that differs between two Delta versions what it was, in key order.

    The columns are the contract's and ``_was``: false where the key was not there, all but the key then empty.
    """
    first = quote(contract.key[0])
    names = ", ".join(
        f"coalesce(n.{quote(one)}, o.{quote(one)}) AS {quote(one)}" if one in contract.key else f"o.{quote(one)}"
        for one in contract.names
    )
    order = ", ".join(f"coalesce(n.{quote(one)}, o.{quote(one)})" for one in contract.key)
    schema = contract.schema().append(pa.field("_was", pa.bool_()))
    with duck() as base:
        _views(base, files(table, before), files(table, after), contract, plain=True)
        query = (
            f"SELECT {names}, o.{first} IS NOT NULL AS _was FROM old o FULL JOIN new n ON {_same_key(contract)} "
            f"WHERE {_kind_sql(contract)[1]} ORDER BY {order}"
        )
        yield from batches(base, query, schema, rows)


def lost(table: Path, refused: Path, contract: Contract, *, limit: int = 50) -> tuple[int, list[str]]:
    """Return how many rows of the newest version have a key in ``refused`` (Parquet), and the first keys in words.

    These rows would leave the table because what was sent for them was rejected, not because they were left out.
    """
    current = _open(table)
    if current is None or not set(contract.key) <= set(_names(current)):
        return 0, []
    keys = " || ' · ' || ".join(f"CAST(o.{quote(name)} AS VARCHAR)" for name in contract.key)
    with duck(refused.parent) as base:
        columns = ", ".join(
            _column_sql(one.name, one.type, {one.name: ""}, plain=True) for one in contract.columns if one.key
        )
        base.execute(f"CREATE VIEW old AS SELECT {columns} FROM {parquet(_files(current))}")
        held = f"FROM old o SEMI JOIN {parquet([refused])} n ON {_same_key(contract)}"
        found = base.execute(f"SELECT {keys} {held} ORDER BY 1 LIMIT {int(limit)}").fetchall()
        return _one(base, f"SELECT count(*) {held}"), [str(key) for (key,) in found]


def read(table: Path, version: int | None = None, *, columns: Sequence[str] | None = None) -> pa.Table:
    """Return a whole version as an Arrow table. For large tables use ``stream``."""
    return _at(table, version).to_pyarrow_table(columns=list(columns) if columns else None)


def stream(
    table: Path,
    contract: Contract,
    version: int,
    *,
    rows: int = 20_000,
    shown: Sequence[str] = (),
    where: Mapping[str, Any] | None = None,
    scratch: Path | None = None,
) -> Iterator[pa.RecordBatch]:
    """Yield a version in key order (without a key, ordered by all columns: always the same order).

    ``shown`` are the columns wanted (none: all), ``where`` columns and the values rows must have in them.
    """
    order = ", ".join(map(quote, contract.key or contract.names))
    chosen, values = filtered(where or {})
    with duck(scratch) as base:
        source = parquet(files(table, version))
        names = ", ".join(map(quote, shown or contract.names))
        query = f"SELECT {names} FROM {source}{chosen} ORDER BY {order}"
        schema = contract.schema()
        yield from batches(
            base, query, pa.schema([schema.field(name) for name in shown or contract.names]), rows, values
        )


def filtered(where: Mapping[str, Any]) -> tuple[str, list[Any]]:
    """Return a WHERE clause for ``column = value``, all together, and its values."""
    if not where:
        return "", []
    return " WHERE " + " AND ".join(f"{quote(name)} = ?" for name in where), list(where.values())


def matching(table: Path, version: int, where: Mapping[str, Any]) -> int:
    """Return how many rows of a version have these values."""
    chosen, values = filtered(where)
    with duck() as base:
        query = f"SELECT count(*) FROM {parquet(files(table, version))}{chosen}"
        return int(base.execute(query, values).fetchone()[0])  # type: ignore[index]  # a count is always told


def export(table: Path, contract: Contract, version: int, target: Path) -> int:
    """Write a version's rows to ``target`` (Parquet), as ``commit`` takes them; return how many."""
    count = 0
    with pq.ParquetWriter(target, contract.schema(), compression="zstd") as out:
        for batch in stream(table, contract, version):
            count += batch.num_rows
            out.write_batch(batch)
    return count


def files(table: Path, version: int | None = None) -> list[str]:
    """Return the Parquet files of a version: a plain list that any engine can read."""
    return _files(_at(table, version))


def count(table: Path, version: int | None = None) -> int:
    """Return the number of rows of a version, from the log alone."""
    return int(_at(table, version).count())


def history(table: Path) -> list[Commit]:
    """Return every committed version, newest first."""
    current = _open(table)
    if current is None:
        return []
    found = [_as_commit(entry) for entry in current.history()]
    return [one for one in found if one is not None]


def find_commit(table: Path, load: str) -> Commit | None:
    """Return the commit a load made, if it made one."""
    return next((one for one in history(table) if one.load == load), None)


def _at(table: Path, version: int | None) -> "DeltaTable":
    from deltalake import DeltaTable  # noqa: PLC0415 - most web processes never ask: 23 MB smaller each

    return DeltaTable(str(table), version=version)


def _open(table: Path) -> "DeltaTable | None":
    from deltalake.exceptions import TableNotFoundError  # noqa: PLC0415 - see _at

    try:
        return _at(table, None)
    except TableNotFoundError:
        return None


def _write(table: Path, accepted: Path, contract: Contract, told: "CommitProperties", *, first: bool) -> None:
    from deltalake import write_deltalake  # noqa: PLC0415 - see _at

    schema = contract.schema()
    with pq.ParquetFile(accepted) as file:
        reader = pa.RecordBatchReader.from_batches(
            schema, (_conform(batch, schema) for batch in file.iter_batches(50_000))
        )
        write_deltalake(
            str(table),
            reader,
            mode="error" if first else "overwrite",
            schema_mode=None if first else "overwrite",
            configuration=CONFIGURATION if first else None,
            target_file_size=FILE_SIZE,
            commit_properties=told,
        )


def _merge(current: "DeltaTable", accepted: Path, contract: Contract, told: "CommitProperties") -> None:
    """Apply only the rows that differ; the change feed then holds exactly those."""
    schema = contract.schema()
    with duck(accepted.parent) as base:
        _views(base, _files(current), [accepted], contract, plain=True)
        out = ", ".join(f"coalesce(n.{quote(name)}, o.{quote(name)}) AS {quote(name)}" for name in contract.key)
        rest = "".join(f", n.{quote(name)} AS {quote(name)}" for name in contract.names if name not in contract.key)
        kind, where = _kind_sql(contract)
        query = f"SELECT {out}{rest}, {kind} AS _kind FROM old o FULL JOIN new n ON {_same_key(contract)} WHERE {where}"
        with_kind = schema.append(pa.field("_kind", pa.string()))
        source = pa.Table.from_batches(batches(base, query, with_kind), with_kind)
    on = " AND ".join(f"t.{quote(name)} = s.{quote(name)}" for name in contract.key)
    values = {quote(name): f"s.{quote(name)}" for name in contract.names}
    (
        current.merge(source, on, source_alias="s", target_alias="t", commit_properties=told)
        .when_matched_delete(predicate="s._kind = 'removed'")
        .when_matched_update(updates=values, predicate="s._kind = 'changed'")
        .when_not_matched_insert(updates=values, predicate="s._kind = 'added'")
        .execute()
    )


def _views(base: Any, old: Sequence[Any], new: Sequence[Any], contract: Contract, *, plain: bool = False) -> None:
    """Make the views old and new over the contract's columns; a column the old files lack reads as NULL."""
    for view, paths in (("old", old), ("new", new)):
        held = _held(base, paths) if paths else {}
        columns = ", ".join(_column_sql(one.name, one.type, held, plain=plain) for one in contract.columns)
        source = parquet(paths) if paths else "(SELECT 1 WHERE false)"
        base.execute(f"CREATE VIEW {view} AS SELECT {columns} FROM {source}")


def _held(base: Any, paths: Sequence[Any]) -> dict[str, str]:
    return {row[0]: row[1] for row in base.execute(f"DESCRIBE SELECT * FROM {parquet(paths)}").fetchall()}


SQL_TYPES: Final = {
    "text": "VARCHAR", "commune": "VARCHAR", "integer": "BIGINT", "decimal": "DOUBLE", "date": "DATE",
    "datetime": "TIMESTAMP", "boolean": "BOOLEAN",
}  # fmt: skip


def _column_sql(name: str, kind: str, held: Mapping[str, str], *, plain: bool) -> str:
    value = quote(name) if name in held else "NULL"
    if kind == "datetime" and name in held:
        # The lake holds instants, the checked file plain UTC times: microseconds compare alike.
        value = f"make_timestamp(epoch_us({value}))" if plain else f"epoch_us({value})"
        return f"{value} AS {quote(name)}"
    return f"TRY_CAST({value} AS {SQL_TYPES[kind]}) AS {quote(name)}"


def _kind_sql(contract: Contract) -> tuple[str, str]:
    first = quote(contract.key[0])
    kind = f"CASE WHEN o.{first} IS NULL THEN 'added' WHEN n.{first} IS NULL THEN 'removed' ELSE 'changed' END"
    return kind, f"o.{first} IS NULL OR n.{first} IS NULL OR ({_differs(contract)})"


def _changes_sql(contract: Contract, limit: int) -> str:
    kind, where = _kind_sql(contract)
    first = quote(contract.key[0])
    order = ", ".join(f"coalesce(n.{quote(name)}, o.{quote(name)})" for name in contract.key)
    return (
        f"SELECT CASE WHEN o.{first} IS NOT NULL THEN o END, CASE WHEN n.{first} IS NOT NULL THEN n END, {kind} "
        f"FROM old o FULL JOIN new n ON {_same_key(contract)} WHERE {where} ORDER BY {order} LIMIT {int(limit)}"
    )


def _same_key(contract: Contract) -> str:
    return " AND ".join(f"o.{quote(name)} = n.{quote(name)}" for name in contract.key)


def _differs(contract: Contract) -> str:
    rest = [quote(name) for name in contract.names if name not in contract.key]
    return " OR ".join(f"o.{name} IS DISTINCT FROM n.{name}" for name in rest) or "false"


def _conform(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([batch.column(one.name).cast(one.type) for one in schema], schema=schema)


def _metadata(
    load: str, contract: Contract, rows: int, change: Difference, figures: Mapping[str, Any] | None
) -> "CommitProperties":
    from deltalake import CommitProperties  # noqa: PLC0415 - see _at

    told = {
        "rows": rows,
        "added": change.added,
        "changed": change.changed,
        "removed": change.removed,
        **(figures or {}),
    }
    return CommitProperties(custom_metadata={LOAD: load, CONTRACT: contract.hash, FIGURES: json.dumps(told)})


def _committed(table: Path, load: str) -> Commit:
    found = find_commit(table, load)
    if found is None:
        raise RuntimeError(f"{table.name}: the commit of {load} is not in the log")
    return found


def _as_commit(entry: Mapping[str, Any]) -> Commit | None:
    if LOAD not in entry:
        return None
    figures = json.loads(entry[FIGURES])
    change = Difference(figures.pop("added"), figures.pop("changed"), figures.pop("removed"))
    return Commit(entry["version"], figures.pop("rows"), change, entry[LOAD], entry[CONTRACT], figures)


def _files(delta: "DeltaTable") -> list[str]:
    return [uri.removeprefix("file://") for uri in delta.file_uris()] or [_file_without_rows(delta)]


def _file_without_rows(delta: "DeltaTable") -> str:
    """Return a file that holds the columns of a version without rows: of no file engines could not tell the columns."""
    schema = pa.schema(delta.schema().to_arrow())
    # Delta passes over what begins with an underscore.
    folder = Path(delta.table_uri.removeprefix("file://")) / "_empty"
    path = folder / f"{sha256_hex(str(schema).encode())[:16]}.parquet"
    if not path.is_file():
        folder.mkdir(exist_ok=True)
        waiting = folder / f".{uuid4().hex}.tmp"
        pq.write_table(schema.empty_table(), waiting)
        waiting.replace(path)
    return str(path)


def _names(delta: "DeltaTable") -> tuple[str, ...]:
    return tuple(field.name for field in delta.schema().fields)


def _types(delta: "DeltaTable") -> list[str]:
    return [str(pa.schema(delta.schema().to_arrow()).field(name).type) for name in _names(delta)]


def _scratch(paths: Sequence[str | Path]) -> Path | None:
    return paths[0].parent if paths and isinstance(paths[0], Path) else None


def _one(base: Any, query: str) -> int:
    return int(base.execute(query).fetchone()[0])
