"""Maps as records: Shapefiles in a zip, and GeoPackages (SQLite files). A layer is a table; each feature a record."""

import itertools
import sqlite3
import struct
import tempfile
import time
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import PurePosixPath
from typing import IO, Any, Final

from nganam.warehouse.engine import letters
from nganam.warehouse.engine.cells import LONGEST_CELL, LONGEST_GEOMETRY, MOST_FIELDS, as_cell, number
from nganam.warehouse.engine.contract import quote
from nganam.warehouse.engine.faults import fault
from nganam.warehouse.engine.landing import UNPACKED_LIMIT, Landed
from nganam.warehouse.engine.positions import DEGREES, Frame, frame_of, placed

PARTS: Final = ("shp", "shx", "dbf", "prj", "cpg")
SMALL: Final = 100_000
"""Bytes of a projection or a code page that are read."""
SECONDS: Final = 300
SAMPLE: Final = 2_000
MOST_TOLD: Final = 20
OWN: Final = ("geometry", "lon", "lat")
HEADER: Final = 8
SHP_HEADER: Final = 100
ENVELOPES: Final = (0, 32, 48, 48, 64)
EMPTY, EXTENDED = 0x10, 0x20
"""Flags of a GeoPackage geometry: nothing in it, or of a kind that only its maker reads."""
STEPS: Final = 1_000
GPKG: Final = ("gpkg_contents", "gpkg_geometry_columns", "gpkg_spatial_ref_sys")
WGS84: Final = 4326
UNKNOWN: Final = (0, -1)
Row = dict[str, str]


def layout(landed: Landed, name: str, asked: str, encoding: str) -> tuple[tuple[str, ...], str, str, str]:
    """Return the fields, the layer, and of a Shapefile the encoding of its texts and the old letters they are in."""
    if landed.kind == "gpkg":
        return _gpkg_layout(landed, name, asked)
    inside = _shapefile_of(landed, name, asked)
    codec, old = _dbf_encoding(landed, name, inside, encoding)
    with _shapefile(landed, name, inside, codec) as (reader, frame):
        fields = tuple(str(one[0]) for one in reader.fields if one[0] != "DeletionFlag")
        for number_, _row in enumerate(_shapes(reader, frame, name), 1):
            if number_ >= SAMPLE:
                break
    return _with_own(fields), inside, codec, old


def rows(landed: Landed, name: str, inside: str, encoding: str) -> Iterator[Row]:
    """Yield the features of a layer."""
    if landed.kind == "gpkg":
        yield from _gpkg_rows(landed, name, inside)
        return
    with _shapefile(landed, name, inside, encoding) as (reader, frame):
        yield from _shapes(reader, frame, name)


def _with_own(fields: tuple[str, ...]) -> tuple[str, ...]:
    return (*(one for one in fields if one not in OWN), *OWN)


# -- Shapefiles --


def _members(landed: Landed) -> dict[str, dict[str, zipfile.ZipInfo]]:
    """Return the parts of each Shapefile in a zip, by the name it has there without its ending."""
    found: dict[str, dict[str, zipfile.ZipInfo]] = {}
    with zipfile.ZipFile(landed.path) as archive:
        for one in archive.infolist():
            place = PurePosixPath(one.filename)
            ending = place.suffix.lower().removeprefix(".")
            if ending in PARTS and "__MACOSX" not in place.parts:
                found.setdefault(str(place.with_suffix("")), {})[ending] = one
    return {stem: parts for stem, parts in found.items() if {"shp", "dbf"} <= parts.keys()}


def _shapefile_of(landed: Landed, name: str, asked: str) -> str:
    found = _members(landed)
    short = {PurePosixPath(stem).name: stem for stem in found}
    if asked:
        if asked not in short:
            raise fault("no_part", name=name, asked=asked, found=list(short)[:MOST_TOLD])
        return asked
    if len(found) > 1:
        raise fault("several_parts", name=name, found=list(short)[:MOST_TOLD])
    if not short:  # the parts of one are named differently
        raise fault("broken_map", name=name)
    return next(iter(short))


@contextmanager
def _shapefile(landed: Landed, name: str, inside: str, encoding: str) -> Iterator[tuple[Any, Frame]]:
    """Open one Shapefile of a zip, its parts unpacked into files that vanish with the process."""
    import shapefile  # noqa: PLC0415 - only maps need it

    try:
        with ExitStack() as stack, zipfile.ZipFile(landed.path) as archive:
            parts = {PurePosixPath(stem).name: one for stem, one in _members(landed).items()}[inside]
            room = UNPACKED_LIMIT
            opened: dict[str, IO[bytes]] = {}
            for ending in ("shp", "shx", "dbf"):
                if ending in parts:
                    opened[ending] = stack.enter_context(tempfile.TemporaryFile())
                    room -= _unpack(archive, parts[ending], opened[ending], room, name)
            _measure(opened, name)
            prj = archive.open(parts["prj"]).read(SMALL).decode("utf-8", "replace") if "prj" in parts else ""
            reader = shapefile.Reader(**opened, encoding=encoding, encodingErrors="replace")
            stack.enter_context(closing(reader))
            yield reader, frame_of(prj.strip(), name) if prj.strip() else DEGREES
    except Exception as error:  # a reader of binary files fails in its own ways on a broken one
        raise _as_fault(error, name) from error


def _as_fault(error: Exception, name: str) -> Exception:
    return error if hasattr(error, "details") else fault("broken_map", name=name)


def _unpack(archive: zipfile.ZipFile, part: zipfile.ZipInfo, out: IO[bytes], room: int, name: str) -> int:
    """Unpack one part, at most ``room`` bytes of it whatever the zip says; return how many there were."""
    with archive.open(part) as packed:
        while chunk := packed.read(1_000_000):
            out.write(chunk)
            if out.tell() > room:
                raise fault("too_large", name=name, limit_mb=UNPACKED_LIMIT // 1_000_000)
    size = out.tell()
    out.seek(0)
    return size


def _measure(opened: dict[str, IO[bytes]], name: str) -> None:
    """Refuse a record longer than any geometry, before a reader takes the memory of it."""
    ends = time.monotonic() + SECONDS
    for ending, step in (("shp", None), ("shx", 0)):
        file = opened.get(ending)
        if file is None:
            continue
        size = file.seek(0, 2)
        file.seek(SHP_HEADER)
        at = SHP_HEADER
        for count in itertools.count(1):
            head = file.read(HEADER)
            if len(head) < HEADER:
                break
            words = struct.unpack(">2i", head)[1]
            if not 0 <= 2 * words <= LONGEST_GEOMETRY:
                raise fault("broken_geometry", name=name, record=count)
            at += HEADER + (2 * words if step is None else 0)
            if count % 10_000 == 0 and time.monotonic() > ends:
                raise fault("broken_map", name=name)
            if at >= size:
                break
            if step is None:
                file.seek(at)
        file.seek(0)


def _dbf_encoding(landed: Landed, name: str, inside: str, asked: str) -> tuple[str, str]:
    """Return the codec of the texts and their old letters: as asked, by the code page, UTF-8, or by their words."""
    if asked in letters.NAMES:
        return letters.LATIN, asked
    if asked:
        return asked, ""
    try:
        with zipfile.ZipFile(landed.path) as archive:
            parts = {PurePosixPath(stem).name: one for stem, one in _members(landed).items()}[inside]
            told = archive.open(parts["cpg"]).read(SMALL).decode("ascii", "replace").strip() if "cpg" in parts else ""
    except Exception as error:  # encrypted, packed in another way, broken
        raise _as_fault(error, name) from error
    if told.upper().replace("-", "") in {"UTF8", "65001"}:
        return "utf-8", ""
    strange = list(_strange(landed, name, inside))
    if all(_is_utf8(one) for one in strange):
        return "utf-8", ""
    old = letters.of_bytes(iter(strange), lambda text: text)
    return (letters.LATIN, old) if old else ("cp1258" if told in {"", "1258"} else "cp1252", "")


def _strange(landed: Landed, name: str, inside: str) -> Iterator[str]:
    """Yield texts of the first records that are more than ASCII, byte by byte as letters."""
    with _shapefile(landed, name, inside, letters.LATIN) as (reader, _frame):
        for at, record in enumerate(reader.iterRecords()):
            yield from (one for one in record if isinstance(one, str) and not one.isascii())
            if at > SAMPLE:
                return


def _is_utf8(text: str) -> bool:
    try:
        text.encode(letters.LATIN).decode("utf-8")
    except UnicodeError:
        return False
    return True


def _shapes(reader: Any, frame: Frame, name: str) -> Iterator[Row]:
    names = [str(one[0]) for one in reader.fields if one[0] != "DeletionFlag"]
    ends = time.monotonic() + SECONDS
    for count, one in enumerate(reader.iterShapeRecords(), 1):
        if time.monotonic() > ends:
            raise fault("broken_map", name=name)
        shape = one.shape.__geo_interface__ if one.shape is not None and one.shape.shapeType else None
        values = {key: _value(cell) for key, cell in zip(names, one.record, strict=False) if key not in OWN}
        yield values | placed(_listed(shape), frame, name, count)


def _value(value: Any) -> str:
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 10**15 else number(value)
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    return as_cell(bytes(value).hex() if isinstance(value, bytes | memoryview) else value)


def _listed(shape: Any) -> Any:
    """Return a geometry with lists for tuples, which may be turned in place."""
    if isinstance(shape, tuple | list):
        return [_listed(one) for one in shape]
    if isinstance(shape, dict):
        return {key: _listed(value) for key, value in shape.items() if key in {"type", "coordinates", "geometries"}}
    return shape


# -- GeoPackages --


@contextmanager
def _base(landed: Landed, name: str) -> Iterator[sqlite3.Connection]:
    """Open the file to read only: nothing in it may run long, write, or load anything."""
    ends = time.monotonic() + SECONDS
    try:
        with closing(sqlite3.connect(f"file:{landed.path}?mode=ro&immutable=1", uri=True)) as base:
            base.execute("PRAGMA trusted_schema=OFF")
            base.execute("PRAGMA query_only=ON")
            base.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_GEOMETRY)
            base.execute("PRAGMA temp_store=MEMORY")  # nothing spills on the disk
            base.set_progress_handler(lambda: int(time.monotonic() > ends), STEPS)
            base.text_factory = lambda told: told.decode("utf-8", "replace")
            _plain(base, GPKG, name)
            yield base
    except sqlite3.Error as error:
        raise fault("broken_map", name=name) from error


def _plain(base: sqlite3.Connection, tables: tuple[str, ...], name: str) -> None:
    """Refuse views and virtual tables: what they are asked may sort or make anything."""
    for one in tables:
        found = base.execute(
            "SELECT type, upper(coalesce(sql, '')) FROM sqlite_schema "
            "WHERE name = ? COLLATE NOCASE AND type IN ('table', 'view')",
            [one],
        ).fetchall()
        if [kind for kind, sql in found if not sql.startswith("CREATE VIRTUAL")] != ["table"]:
            raise fault("broken_map", name=name)


def _gpkg_layout(landed: Landed, name: str, asked: str) -> tuple[tuple[str, ...], str, str, str]:
    with _base(landed, name) as base:
        tables = [
            str(one)
            for (one,) in base.execute(
                "SELECT table_name FROM gpkg_contents WHERE data_type IN ('features', 'attributes') ORDER BY 1"
            )
        ]
        if not tables:
            raise fault("no_records", name=name)
        if asked and asked not in tables:
            raise fault("no_part", name=name, asked=asked, found=tables[:MOST_TOLD])
        if not asked and len(tables) > 1:
            raise fault("several_parts", name=name, found=tables[:MOST_TOLD])
        inside = asked or tables[0]
        _plain(base, (inside,), name)
        shape, _frame = _gpkg_geometry(base, inside, name)
        found = base.execute(f"SELECT * FROM {quote(inside)} LIMIT 0").description
        fields = tuple(str(one[0]) for one in found if one[0] != shape)
        if len(fields) > MOST_FIELDS:
            raise fault("too_wide", name=name, most=MOST_FIELDS)
    for number_, _row in enumerate(_gpkg_rows(landed, name, inside), 1):
        if number_ >= SAMPLE:
            break
    return (_with_own(fields) if shape else fields), inside, "utf-8", ""


def _gpkg_geometry(base: sqlite3.Connection, table: str, name: str) -> tuple[str, Frame]:
    """Return the column of geometries ("" for a table without) and the system they are in."""
    found = base.execute(
        "SELECT g.column_name, s.organization, s.organization_coordsys_id, s.definition, g.srs_id "
        "FROM gpkg_geometry_columns g LEFT JOIN gpkg_spatial_ref_sys s USING (srs_id) WHERE g.table_name = ?",
        [table],
    ).fetchone()
    if found is None:
        return "", DEGREES
    column, owner, code, text, srs = found
    if srs == WGS84 or srs in UNKNOWN:
        return str(column), DEGREES
    told = f"EPSG:{code}" if str(owner).upper() == "EPSG" else str(text)
    return str(column), frame_of(told, name)


def _gpkg_rows(landed: Landed, name: str, inside: str) -> Iterator[Row]:
    with _base(landed, name) as base:
        _plain(base, (inside,), name)
        shape, frame = _gpkg_geometry(base, inside, name)
        found = base.execute(f"SELECT * FROM {quote(inside)}")
        names = [str(one[0]) for one in found.description]
        for count, values in enumerate(found, 1):
            row = {key: _value(cell) for key, cell in zip(names, values, strict=True) if key != shape}
            if any(len(one) > LONGEST_CELL for one in row.values()):
                raise fault("cell_too_long", name=name, record=count)
            if shape:
                blob = values[names.index(shape)]
                row |= placed(_geometry(blob, name, count), frame, name, count)
            yield row


def _geometry(blob: Any, name: str, record: int) -> Any:
    """Return the geometry of a GeoPackage's cell: a header, perhaps an envelope, then WKB."""
    from geomet import wkb  # noqa: PLC0415 - only maps need it

    flags = blob[3] if isinstance(blob, bytes) and len(blob) >= HEADER and blob.startswith(b"GP") else EXTENDED
    if blob is None or (flags & EMPTY and not flags & EXTENDED):
        return None
    envelope = (flags >> 1) & 7
    if flags & EXTENDED or envelope >= len(ENVELOPES):
        raise fault("broken_geometry", name=name, record=record)
    try:
        return _listed(wkb.loads(blob[HEADER + ENVELOPES[envelope] :]))
    except Exception as error:  # the reader fails in its own ways on a broken geometry
        raise fault("broken_geometry", name=name, record=record) from error
