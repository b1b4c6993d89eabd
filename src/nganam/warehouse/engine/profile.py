"""The profile of a version, column by column, for pages: how full, how varied, from where to where."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from nganam.warehouse.engine.contract import Column, Contract, quote
from nganam.warehouse.engine.duck import duck, parquet
from nganam.warehouse.engine.files import as_json

if TYPE_CHECKING:
    import duckdb

TOP: Final = 10
BINS: Final = 12


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """What a column holds. ``top`` lists frequent values with counts, ``bins`` (from, to, count) spreads of numbers.

    Values of personal columns are never listed.
    """

    name: str
    type: str
    rows: int
    empty: int
    distinct: int
    minimum: Any = None
    maximum: Any = None
    top: Sequence[tuple[Any, int]] = ()
    bins: Sequence[tuple[float, float, int]] = ()

    @property
    def empty_share(self) -> float:
        """Return the share of empty cells, 0 to 1."""
        return self.empty / self.rows if self.rows else 0.0


def profile(files: Sequence[str | Path], contract: Contract) -> list[ColumnProfile]:
    """Profile the rows of a version given as its Parquet files."""
    with duck() as base:
        columns = ", ".join(_plain(one) for one in contract.columns)
        base.execute(f"CREATE VIEW v AS SELECT {columns} FROM {parquet(files)}")
        figures = _figures(base, contract)
        return [_profile(base, one, figures[one.name]) for one in contract.columns]


def as_plain(profiles: Sequence[ColumnProfile]) -> list[Mapping[str, Any]]:
    """Return profiles as data for a JSON column."""
    return [asdict(one) for one in profiles]


def _plain(column: Column) -> str:
    name = quote(column.name)
    return f"make_timestamp(epoch_us({name})) AS {name}" if column.type == "datetime" else name


def _figures(base: "duckdb.DuckDBPyConnection", contract: Contract) -> dict[str, tuple[int, int, int, Any, Any]]:
    asked = ", ".join(
        f"count(*), count(*) - count({name}), approx_count_distinct({name}), min({name}), max({name})"
        for name in map(quote, contract.names)
    )
    row = base.execute(f"SELECT {asked} FROM v").fetchone() or ()
    return {name: tuple(row[at * 5 : at * 5 + 5]) for at, name in enumerate(contract.names)}


def _profile(
    base: "duckdb.DuckDBPyConnection", column: Column, figures: tuple[int, int, int, Any, Any]
) -> ColumnProfile:
    rows, empty, distinct, least, most = figures
    distinct = min(distinct, rows - empty)
    if column.personal:
        return ColumnProfile(column.name, column.type, rows, empty, distinct)
    bins = _bins(base, column, least, most) if column.type in {"integer", "decimal"} and distinct > TOP else ()
    top = () if bins or (column.type == "text" and distinct > rows / 2) else _top(base, column)
    return ColumnProfile(column.name, column.type, rows, empty, distinct, as_json(least), as_json(most), top, bins)


def _top(base: "duckdb.DuckDBPyConnection", column: Column) -> list[tuple[Any, int]]:
    name = quote(column.name)
    found = base.execute(
        f"SELECT {name}, count(*) AS n FROM v WHERE {name} IS NOT NULL GROUP BY 1 ORDER BY n DESC, 1 LIMIT {TOP}"
    ).fetchall()
    return [(as_json(value), int(count)) for value, count in found]


def _bins(base: "duckdb.DuckDBPyConnection", column: Column, least: Any, most: Any) -> list[tuple[float, float, int]]:
    name, low, high = quote(column.name), float(least), float(most)
    width = (high - low) / BINS
    if not width:
        return []
    found = base.execute(
        f"SELECT least(floor(({name} - ?) / ?), {BINS - 1})::INTEGER AS bin, count(*) FROM v WHERE {name} IS NOT NULL "
        "GROUP BY 1",
        [low, width],
    ).fetchall()
    counts = dict(found)
    return [(low + at * width, low + (at + 1) * width, int(counts.get(at, 0))) for at in range(BINS)]
