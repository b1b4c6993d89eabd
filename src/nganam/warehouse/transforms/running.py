"""Runs a model: its SELECT over the versions its load names, behind the fence, into a landing file of records.

From there on it is a load like any other. One thread and a fixed order make the same file of the same versions: sums
of fractions depend on the order they are added in, and a file that differs would be a change that is none.
"""

import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from nganam.warehouse import places, policies
from nganam.warehouse.engine import contract as contracts
from nganam.warehouse.engine import lake, landing
from nganam.warehouse.engine.faults import fault
from nganam.warehouse.engine.fence import ABOUT_COLUMNS, NO_VALUE, fenced, hurried, not_one_select
from nganam.warehouse.models import Load, Table, Version
from nganam.warehouse.transforms import classing
from nganam.warehouse.transforms.models import ModelVersion

if TYPE_CHECKING:
    import duckdb

SECONDS: Final = 600.0
TRIAL: Final = 2.0
MEMORY: Final = "1GB"
SPILL: Final = "10GB"
FETCHED: Final = 5_000
SETTINGS: Final = "SET threads=1; SET TimeZone='Asia/Ho_Chi_Minh'"
ROWS: Final = "rows"
"""What a test calls the rows that are about to be committed."""


def land(load: Load, model: ModelVersion, *, day: date, limit: int, told: Callable[[int], None]) -> landing.Landed:
    """Compute the rows of a load and keep them as received; ``told`` hears how many there are by now.

    Raises what :func:`refuse` raises, and ``Invalid`` (model_slow, model_large, model_empty).
    """
    held = refuse(load, model, day=day)
    views = views_of(load.table, model, held, day=day)

    def write(out: BinaryIO) -> None:
        if not _write(model.sql, views, out, places.work(load.code), told):
            raise fault("model_empty")

    return replace(landing.land(write, load.name, places.landing(), limit=limit), kind="jsonl")


def refuse(load: Load, model: ModelVersion, *, day: date) -> dict[str, Version]:
    """Return the versions a load may be computed from on that day, whether now or when it was stopped before.

    Raises ``Invalid`` (model_gone, model_denied, model_class, model_sql).
    """
    held = versions(load)
    refuse_closed(load.table, model, held, day=day)
    unknown = [one for one in load.table.shape.names if one not in model.origins]
    if unknown:  # declared since: a model that takes every column would fill it, and nobody weighed from what
        raise fault("model_sql", why=f"bảng có cột {', '.join(unknown)} mà mô hình chưa biết; lưu lại mô hình")
    low = classing.too_low(load.table.shape, classing.floors(model, held.values()), model.lowered)
    if low:
        raise fault("model_class", columns=[f"{one.column} ({one.classification})" for one in low])
    return held


def versions(load: Load) -> dict[str, Version]:
    """Return the versions a load reads, by table; raise ``Invalid`` (model_gone) when one is not there any more."""
    asked: Mapping[str, int] = load.inputs.get("versions", {})
    found = Version.objects.filter(table__code__in=asked).select_related("table__agency")
    held = {one.table.code: one for one in found if asked[one.table.code] == one.number}
    for code, number in asked.items():
        if code not in held:
            raise fault("model_gone", table=code, version=number)
    return held


def refuse_closed(table: Table, model: ModelVersion, held: Mapping[str, Version], *, day: date) -> None:
    """Raise ``Invalid`` (model_denied) naming what the model reads and its agency may not read, or no more."""
    closed = []
    for code, version in held.items():
        open_to = {one.name for one in policies.readable(table.agency.code, version, day)}
        stems = [one for held_by in model.origins.values() for one in held_by] + model.deciding
        used = {one["column"] for one in stems if one["table"] == code}
        closed += [f"{code}.{one}" for one in sorted(used & set(version.shape.names) - open_to)]
        closed += [] if open_to else [code]
    if closed:
        raise fault("model_denied", columns=list(dict.fromkeys(closed)))


def views_of(table: Table, model: ModelVersion, held: Mapping[str, Version], *, day: date) -> dict[str, Any]:
    """Return what the SQL sees: each input under the name it has there, of it what the agency may read."""
    found = {}
    for name, code in model.names.items():
        version = held[code]
        files = lake.files(places.lake(version.table), version.delta_version)
        found[name] = _dataset(files, policies.readable(table.agency.code, version, day))
    return found


def empty_views(columns: Mapping[str, tuple[contracts.Column, ...]]) -> dict[str, Any]:
    """Return tables without rows, by the names the SQL has for them."""
    return {name: contracts.Contract(held).schema().empty_table() for name, held in columns.items()}


def trial(sql: str, views: Mapping[str, Any]) -> list[str]:
    """Run a statement over no rows; return the columns it gives. Raises :class:`NotRun`."""
    import duckdb  # noqa: PLC0415 - only a model needs it

    slow = threading.Event()
    try:
        with fenced(views, None, also=SETTINGS) as base:
            refused = not_one_select(base, sql)
            if refused:
                raise NotRun(1, refused)
            with hurried(base, slow, TRIAL):
                done = base.execute(f"SELECT * FROM ({_plain(sql)}\n) LIMIT 0")  # noqa: S608 - as below
                return [str(one[0]) for one in done.description or ()]
    except duckdb.Error as error:
        raise NotRun(*(1, "chạy quá lâu trên bảng rỗng") if slow.is_set() else _where_and_why(error)) from error


class NotRun(Exception):
    """A statement that does not run: its line and why."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(why)
        self.line, self.why = line, why


def _write(sql: str, views: Mapping[str, Any], out: BinaryIO, scratch: Path, told: Callable[[int], None]) -> int:
    """Write one record a line; return how many."""
    import duckdb  # noqa: PLC0415 - as above

    slow, count = threading.Event(), 0
    try:
        with fenced(views, scratch, memory=MEMORY, spill=SPILL, also=SETTINGS) as base, hurried(base, slow, SECONDS):
            refused = not_one_select(base, sql)
            if refused:
                raise fault("model_sql", why=refused)
            shown = _finite(base, sql)
            found = base.execute(
                f"SELECT to_json(_row)::VARCHAR FROM (SELECT {shown} FROM ({_plain(sql)}\n) ORDER BY ALL) _row"  # noqa: S608 - the model's own, behind the fence
            )
            while some := found.fetchmany(FETCHED):
                out.write("".join(f"{line}\n" for (line,) in some).encode())
                count += len(some)
                told(count)
    except duckdb.OutOfMemoryException as error:
        raise fault("model_large", memory=MEMORY) from error
    except duckdb.Error as error:
        if slow.is_set():
            raise fault("model_slow", seconds=f"{SECONDS:g}") from error
        line, why = _where_and_why(error)
        raise fault("model_sql", why=f"dòng {line}: {why}") from error
    return count


def _finite(base: "duckdb.DuckDBPyConnection", sql: str) -> str:
    """Return what to show of a statement's columns: a number that is none, as of a division by 0, is an empty cell."""
    given = base.execute(f"SELECT * FROM ({_plain(sql)}\n) LIMIT 0").description or ()  # noqa: S608 - as above
    names = [(contracts.quote(str(one[0])), str(one[1])) for one in given]
    return ", ".join(
        f"CASE WHEN isfinite({name}) THEN {name} END AS {name}" if kind in {"DOUBLE", "FLOAT"} else name
        for name, kind in names
    )


def _where_and_why(error: "duckdb.Error") -> tuple[int, str]:
    text = str(error)
    line = re.search(r"LINE (\d+):", text)
    if type(error).__name__ not in ABOUT_COLUMNS:
        return int(line[1]) if line else 1, NO_VALUE
    return int(line[1]) if line else 1, text.split("\n", maxsplit=1)[0][:300]


def _plain(sql: str) -> str:
    return sql.strip().rstrip(";").strip()


def _dataset(files: list[str], columns: tuple[contracts.Column, ...]) -> Any:
    """Open a version as one table of these columns and no other; files from before a column lack it: empty there.

    The types are the contract's: files a merge has written hold texts in another form than those a load has. A scanner,
    so that conditions stay with the engine: Arrow compares the two forms with neither.
    """
    import pyarrow.dataset as sets  # noqa: PLC0415 - only a model needs it

    return sets.dataset(files, format="parquet", schema=contracts.Contract(columns).schema()).scanner()
