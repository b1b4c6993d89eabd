"""Files of a committed version, for the rooms that give data out."""

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings

from nganam.warehouse import places
from nganam.warehouse.engine import files, lake
from nganam.warehouse.models import Version

FORMATS = files.FORMATS
MEDIA_TYPES = files.MEDIA_TYPES
Written = files.Written


def distribution(version: Version, kind: str, folder: Path, *, stem: str = "") -> Written:
    """Write a version as csv, xlsx, json, parquet or geojson into ``folder``; return path, size, digest and rows."""
    table, shape = version.table, version.shape
    rows = lake.stream(places.lake(table), shape, version.delta_version)
    target = folder / f"{stem or table.code}.{kind}"
    return files.write(rows, shape, kind, target, geometries=commune_geometries() if kind == "geojson" else None)


def write_distribution(version: Version, kind: str, folder: Path, *, stem: str = "") -> Path:
    """Write a version as ``kind`` into ``folder`` and return the file's path."""
    return distribution(version, kind, folder, stem=stem).path


def formats_of(version: Version) -> tuple[str, ...]:
    """Return the forms a version can take."""
    return files.formats_for(version.shape, rows=version.rows, geometries=bool(commune_geometries()))


def commune_geometries() -> Mapping[str, Mapping[str, Any]]:
    """Return boundaries by commune code, from the GeoJSON files in ``<data>/boundaries`` (property ``ma_xa``).

    Files are read in order of name, so that newer boundaries (named later) win.
    """
    paths = sorted((Path(settings.DATA) / "boundaries").glob("*.geojson"))
    return _geometries(tuple((str(path), path.stat().st_mtime_ns) for path in paths))


@lru_cache(maxsize=2)
def _geometries(stamped: tuple[tuple[str, int], ...]) -> Mapping[str, Mapping[str, Any]]:
    found: dict[str, Mapping[str, Any]] = {}
    for path, _ in stamped:
        for feature in json.loads(Path(path).read_text(encoding="utf-8"))["features"]:
            found[str(feature["properties"]["ma_xa"])] = feature["geometry"]
    return found
