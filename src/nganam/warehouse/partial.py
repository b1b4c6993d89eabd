"""Loads that bring a part of a table: mended rows put into the present version, without touching the others.

What the rows of a mending were is kept in a file of the load before the lake takes them; it counts once the load has
ended well, so a killed one is neither lost nor counted twice.
"""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from django.db.models import QuerySet

from nganam.warehouse import places, queries
from nganam.warehouse.engine import lake, reading, rejected
from nganam.warehouse.engine.contract import quote
from nganam.warehouse.engine.duck import duck, parquet
from nganam.warehouse.engine.faults import fault
from nganam.warehouse.engine.landing import Landed
from nganam.warehouse.engine.mending import Mending, line_place, mending
from nganam.warehouse.models import Load, Table
from nganam.warehouse.ruling import ruled


def mending_of(load: Load, landed: Landed, shape: reading.Shape) -> Mending | None:
    """Return how the rows of a mended file are to be read; None for a load that mends nothing."""
    first = load.mends
    if first is None:
        return None
    at = line_place(shape, load.name)
    lines = (cells[at] for _, cells in reading.rows_of(landed, load.name, shape) if at < len(cells))
    points = first.found.get("points", {})
    return mending(shape, load.name, load.table.shape, places.rejected(first), points, lines)


def taken(load: Load, scratch: Path) -> Path | None:
    """Return the keys mended rows may not have; None when they may have any.

    Of rows that share a key the first sound one is kept, so what was taken of a file is not replaced by what was
    rejected of it; nor is a record that has come or changed since, other than by mending: it is newer.
    """
    first, table = load.mends, load.table
    if first is None or not table.shape.key:
        return None
    refuse_other_columns(table)
    if queries.current_version(table) is None:
        return None
    base = table.versions.filter(committed_at__lte=first.ended_at).order_by("-number").first()
    mended = _last_mended(first, table.shape.key, scratch / "mended-last.parquet")
    return lake.keys_since(
        places.lake(table), table.shape, base.delta_version if base else None, scratch / "taken.parquet",
        with_base=bool(first.is_whole and first.accepted), but=[mended] if mended else [],
    )  # fmt: skip


def whole(load: Load, accepted: Path, scratch: Path) -> Path:
    """Return all rows of the table's next version: of a whole load its own, else the present ones with these put in."""
    table = load.table
    if load.is_whole:
        return accepted
    refuse_other_columns(table)
    before = None
    if load.mends is not None:
        before = _replaced(load.mends, accepted, scratch)
        _keep_mended(load, load.mends, accepted, scratch)
    return lake.merged(places.lake(table), accepted, table.shape, scratch / "merged.parquet", replaced=before)


def refuse_other_columns(table: Table) -> None:
    """Raise ``Invalid`` (columns_changed) when the present rows were checked by other rules than the next would be."""
    present = queries.current_version(table)
    if present is not None and ruled(present.shape) != ruled(table.shape):
        raise fault("columns_changed", number=present.number)


def _mendings(first: Load) -> QuerySet[Load]:
    return first.mendings.filter(state__in=queries.ENDED_WELL).order_by("pk")


def _keep_mended(load: Load, first: Load, accepted: Path, scratch: Path) -> None:
    """Keep which lines are mended now with their rows, and note how many are by now."""
    waiting = scratch / "mended.parquet"
    told = pq.read_table(accepted)
    pq.write_table(told, waiting, compression="zstd")
    rejected.settle(waiting, places.mended(load))
    lines = set(told.column("_line").to_pylist())
    for one in _mendings(first):
        lines |= set(pq.read_table(places.mended(one), columns=["_line"]).column("_line").to_pylist())
    Load.objects.filter(pk=load.pk).update(mended=len(lines))


def _replaced(first: Load, accepted: Path, scratch: Path) -> Path | None:
    """Without a key: the rows that earlier mendings put in for the lines that are mended anew."""
    if first.table.shape.key:
        return None
    where = f"WHERE _line IN (SELECT _line FROM {parquet([accepted])})"  # noqa: S608 - our own path
    return _last_mended(first, ("_line",), scratch / "replaced.parquet", where)


def _last_mended(first: Load, by: Sequence[str], target: Path, where: str = "") -> Path | None:
    """Write the rows that mendings put in, of each line or key the last one, and return where; None without any."""
    earlier = list(_mendings(first))
    if not earlier:
        return None
    with duck(target.parent) as base:
        parts = " UNION ALL BY NAME ".join(
            f"SELECT *, {at} AS _nth FROM {parquet([places.mended(one)])}"  # noqa: S608 - our own paths
            for at, one in enumerate(earlier)
        )
        query = (
            f"SELECT * EXCLUDE (_line, _nth) FROM ({parts}) {where} "  # noqa: S608
            f"QUALIFY row_number() OVER (PARTITION BY {', '.join(map(quote, by))} ORDER BY _nth DESC) = 1"
        )
        found: pa.Table = base.sql(query).to_arrow_table()
    pq.write_table(found, target)
    return target
