"""A GeoPackage (OGC 12-128r19, version 1.3): an SQLite file with one table of features in WGS 84.

Written by hand: the format is SQLite, which Python has, and a geometry is a header of eight bytes before its WKB; the
libraries that write it bring GDAL with them.
"""

import sqlite3
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from nganam.kernel.errors import Invalid
from nganam.warehouse.engine.contract import Contract, quote
from nganam.warehouse.engine.files import Batches, Geometries, as_json, lon_lat

APPLICATION, VERSION, WGS84 = 0x47504B47, 10300, 4326
TYPES: Final[Mapping[str, str]] = {
    "text": "TEXT", "commune": "TEXT", "integer": "INTEGER", "decimal": "REAL", "date": "DATE", "datetime": "DATETIME",
    "boolean": "BOOLEAN",
}  # fmt: skip
WKT: Final = (
    'GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563,AUTHORITY["EPSG","7030"]],'
    'AUTHORITY["EPSG","6326"]],PRIMEM["Greenwich",0,AUTHORITY["EPSG","8901"]],UNIT["degree",0.0174532925199433,'
    'AUTHORITY["EPSG","9122"]],AXIS["Latitude",NORTH],AXIS["Longitude",EAST],AUTHORITY["EPSG","4326"]]'
)
SYSTEMS: Final = (
    ("Undefined Cartesian SRS", -1, "NONE", -1, "undefined", None),
    ("Undefined geographic SRS", 0, "NONE", 0, "undefined", None),
    ("WGS 84 geodetic", WGS84, "EPSG", WGS84, WKT, None),
)
TABLES: Final = """
CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT NOT NULL, srs_id INTEGER PRIMARY KEY, organization TEXT NOT NULL,
  organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT);
CREATE TABLE gpkg_contents (table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE,
  description TEXT DEFAULT '', last_change DATETIME NOT NULL, min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE,
  srs_id INTEGER, CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id));
CREATE TABLE gpkg_geometry_columns (table_name TEXT NOT NULL, column_name TEXT NOT NULL,
  geometry_type_name TEXT NOT NULL, srs_id INTEGER NOT NULL, z TINYINT NOT NULL, m TINYINT NOT NULL,
  CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name),
  CONSTRAINT uk_gc_table_name UNIQUE (table_name),
  CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents(table_name),
  CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys (srs_id));
"""
KINDS: Final = {
    "Point": 1, "LineString": 2, "Polygon": 3, "MultiPoint": 4, "MultiLineString": 5, "MultiPolygon": 6
}  # fmt: skip
PARTS: Final = {"MultiPoint": "Point", "MultiLineString": "LineString", "MultiPolygon": "Polygon"}


def write_geopackage(
    target: Path, batches: Batches, contract: Contract, *, name: str, title: str, changed: str,
    geometries: Geometries | None = None,
) -> int:  # fmt: skip
    """Write the rows as features to ``target``; return how many. ``changed`` is the ISO instant the rows stand for.

    Raises ``Invalid`` when the table has neither coordinates nor a commune whose boundary is known.
    """
    shape_of, kind = _places(contract, geometries)
    table = name.replace("-", "_")
    with closing(sqlite3.connect(target, isolation_level=None)) as base:
        base.execute("PRAGMA journal_mode=OFF")  # the file is thrown away if anything fails
        base.execute(f"PRAGMA application_id={APPLICATION}")
        base.execute(f"PRAGMA user_version={VERSION}")
        base.executescript(TABLES)
        base.execute("BEGIN")
        base.executemany("INSERT INTO gpkg_spatial_ref_sys VALUES (?,?,?,?,?,?)", SYSTEMS)
        contents = (table, "features", title, "", changed, None, None, None, None, WGS84)
        base.execute("INSERT INTO gpkg_contents VALUES (?,?,?,?,?,?,?,?,?,?)", contents)
        base.execute("INSERT INTO gpkg_geometry_columns VALUES (?,?,?,?,0,0)", (table, "geom", kind, WGS84))
        rows = _fill(base, table, kind, batches, contract, shape_of)
        base.execute("COMMIT")
    return rows


def _fill(
    base: sqlite3.Connection, table: str, kind: str, batches: Batches, contract: Contract,
    shape_of: Callable[[Mapping[str, Any]], bytes | None],
) -> int:  # fmt: skip
    names = [f"{one}_" if one in {"fid", "geom"} else one for one in contract.names]
    columns = ", ".join(f"{quote(name)} {TYPES[one.type]}" for name, one in zip(names, contract.columns, strict=True))
    base.execute(
        f"CREATE TABLE {quote(table)} (fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, geom {kind}, {columns})"
    )
    listed = ", ".join(map(quote, ("geom", *names)))
    insert = f"INSERT INTO {quote(table)} ({listed}) VALUES ({', '.join('?' * (len(names) + 1))})"
    count = 0
    for batch in batches:
        count += batch.num_rows
        base.executemany(insert, _features(batch.to_pylist(), shape_of))
    return count


def _features(
    rows: Sequence[Mapping[str, Any]], shape_of: Callable[[Mapping[str, Any]], bytes | None]
) -> Iterator[tuple[Any, ...]]:
    for row in rows:
        yield (shape_of(row), *map(_stored, row.values()))


def _stored(value: Any) -> Any:
    """Return a value as the format holds it: of instants it knows milliseconds, always three digits of them."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return as_json(value)


def _places(
    contract: Contract, geometries: Geometries | None
) -> tuple[Callable[[Mapping[str, Any]], bytes | None], str]:
    lon, lat = lon_lat(contract)
    if lon and lat:
        return lambda row: _point(row[lon], row[lat]), "POINT"
    commune = contract.first_of("commune") if geometries else ""
    if not commune:
        raise Invalid("Bảng không có cột mã xã hay tọa độ nên không thành bản đồ được.")
    drawn = {code: blob(shape) for code, shape in (geometries or {}).items()}
    return lambda row: drawn.get(row[commune] or ""), "GEOMETRY"


def _point(lon: float | None, lat: float | None) -> bytes | None:
    return None if lon is None or lat is None else blob({"type": "Point", "coordinates": [lon, lat]})


def blob(shape: Mapping[str, Any]) -> bytes:
    """Return a GeoJSON geometry as GeoPackage holds it: header (little-endian, no envelope), then WKB."""
    return b"GP" + struct.pack("<BBi", 0, 1, WGS84) + _wkb(shape["type"], shape["coordinates"])


def _wkb(kind: str, coordinates: Sequence[Any]) -> bytes:
    if kind not in KINDS:
        raise Invalid(f"Ranh giới có dạng hình “{kind}” không ghi được vào GeoPackage.")
    head = struct.pack("<BI", 1, KINDS[kind])
    if kind == "Point":
        return head + struct.pack("<2d", *coordinates[:2])
    count = struct.pack("<I", len(coordinates))
    if kind in PARTS:
        return head + count + b"".join(_wkb(PARTS[kind], one) for one in coordinates)
    if kind == "LineString":
        return head + _ring(coordinates)
    return head + count + b"".join(map(_ring, coordinates))


def _ring(points: Sequence[Sequence[float]]) -> bytes:
    return struct.pack("<I", len(points)) + b"".join(struct.pack("<2d", *one[:2]) for one in points)
