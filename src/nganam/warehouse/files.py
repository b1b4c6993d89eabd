"""Files of a committed version, for the rooms that give data out."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow as pa
from django.conf import settings
from django.utils.translation import gettext as _

from nganam.face.formats import number_text
from nganam.warehouse import places
from nganam.warehouse.choosing import Choice
from nganam.warehouse.engine import files, geopackage, lake, package
from nganam.warehouse.engine.contract import Contract
from nganam.warehouse.models import FILE_KINDS, Version

FORMATS = files.FORMATS
MEDIA_TYPES = {
    **files.MEDIA_TYPES,
    "csv_excel": files.MEDIA_TYPES["csv"],
    "datapackage": "application/zip",
    "gpkg": "application/geopackage+sqlite3",
}
ENDINGS = {"csv_excel": "csv", "datapackage": "zip"}
"""How the name of a file ends, where not as its format."""
ON_MAPS = frozenset({"geojson", "gpkg"})
Written = files.Written


def distribution(version: Version, kind: str, folder: Path, *, stem: str = "") -> Written:
    """Write a version as csv, xlsx, json, parquet or geojson into ``folder``; return path, size, digest and rows."""
    table, shape = version.table, version.shape
    rows = lake.stream(places.lake(table), shape, version.delta_version)
    target = folder / f"{stem or table.code}.{kind}"
    return files.write(rows, shape, kind, target, geometries=commune_geometries() if kind == "geojson" else None)


def digest(folder: Path, shape: Contract, delta_version: int) -> str:
    """Return the digest of the rows of a version in the lake at ``folder``."""
    return files.content_sha256(lake.stream(folder, shape, delta_version), shape)


def write_distribution(version: Version, kind: str, folder: Path, *, stem: str = "") -> Path:
    """Write a version as ``kind`` into ``folder`` and return the file's path."""
    return distribution(version, kind, folder, stem=stem).path


def formats_of(version: Version) -> tuple[str, ...]:
    """Return the forms a version can take."""
    return files.formats_for(version.shape, rows=version.rows, geometries=bool(commune_geometries()))


def kinds_for(shape: Contract, rows: int) -> dict[str, str]:
    """Return every form of a file and why these columns and rows cannot take it; "" where they can."""
    mapped = "geojson" in files.formats_for(shape, rows=0, geometries=bool(commune_geometries()))
    too_many = _("XLSX chứa nhiều nhất %(most)s dòng, ở đây có %(rows)s dòng.") % {
        "most": number_text(files.XLSX_ROWS),
        "rows": number_text(rows),
    }
    placeless = _("Cần cột mã xã có ranh giới, hoặc hai cột số thập phân kinh_do và vi_do.")
    told = dict.fromkeys(FILE_KINDS, "")
    if rows > files.XLSX_ROWS:
        told["xlsx"] = too_many
    return told if mapped else told | dict.fromkeys(ON_MAPS, placeless)


def file_name(version: Version, kind: str) -> str:
    """Return what a file is called when saved: the table's title and the version."""
    return f"{version.table.title} v{version.number}.{ENDINGS.get(kind, kind)}"


def write_file(
    version: Version, kind: str, choice: Choice, target: Path, *, told: Callable[[int], None] = lambda _rows: None
) -> Written:
    """Write the chosen part of a version as ``kind``; ``told`` hears how many rows are written so far."""
    shape, table = choice.shape, version.table
    rows = counted(
        lake.stream(
            places.lake(table), version.shape, version.delta_version, shown=shape.names, where=choice.where,
            scratch=target.parent,
        ),
        told,
    )  # fmt: skip
    if kind == "datapackage":
        about = package.About(
            table.code, table.title, table.description, str(version.number), version.committed_at.isoformat()
        )
        return files.keep(
            target, kind, lambda path: package.write_package(path, rows, shape, about, keyed=choice.whole_key)
        )
    drawn = commune_geometries() if kind in ON_MAPS else None
    if kind == "gpkg":
        changed = version.committed_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        named = {"name": table.code, "title": table.title, "changed": changed}
        return files.keep(
            target, kind, lambda path: geopackage.write_geopackage(path, rows, shape, geometries=drawn, **named)
        )
    for_people = kind in {"csv_excel", "xlsx"}
    return files.write(
        rows, shape, "csv" if kind == "csv_excel" else kind, target, geometries=drawn, titles=for_people,
        bom=kind == "csv_excel", harmless=kind == "csv_excel",
    )  # fmt: skip


def counted(batches: Iterable[pa.RecordBatch], told: Callable[[int], None]) -> Iterator[pa.RecordBatch]:
    """Pass batches on; ``told`` hears how many rows have passed."""
    count = 0
    for batch in batches:
        yield batch
        count += batch.num_rows
        told(count)


def commune_geometries() -> Mapping[str, Mapping[str, Any]]:
    """Return boundaries by commune code, from the GeoJSON files in ``<data>/boundaries`` (property ``ma_xa``).

    Files are read in order of name, so that newer boundaries (named later) win.
    """
    paths = sorted((Path(settings.DATA) / "boundaries").glob("*.geojson"))
    return _geometries(tuple((str(path), path.stat().st_mtime_ns) for path in paths))


@lru_cache(maxsize=2)
def _geometries(stamped: tuple[tuple[str, int], ...]) -> Mapping[str, Mapping[str, Any]]:
    found: dict[str, Mapping[str, Any]] = {}
    for path, _changed in stamped:
        for feature in json.loads(Path(path).read_text(encoding="utf-8"))["features"]:
            found[str(feature["properties"]["ma_xa"])] = feature["geometry"]
    return found
