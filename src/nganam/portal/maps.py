"""A release drawn by commune or by point: a small GeoJSON with a name and one value per place, worked out once.

The release's own GeoJSON has a feature per row. Here rows of one commune are put together: a single row keeps its
value, several are counted or added up, and where rows have years only the last year is taken.
"""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from nganam.agencies.queries import unit_names
from nganam.kernel.text import sort_key
from nganam.opendata.models import Release
from nganam.portal.columns import chosen, is_year, measures, name_of
from nganam.portal.keeping import kept, kept_file
from nganam.warehouse.engine.contract import Column

COUNT = Column(name="so-dong", title="")
DIGITS = 4
"""Decimals of a degree kept on the map: about ten metres."""
Feature = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Map:
    """What the page needs: the chosen measure, the offered ones, the table twin."""

    measure: Column
    offered: Sequence[Column]
    title: str
    rows: Sequence[tuple[str, str, float | None]]
    year: int | None
    is_points: bool


def offered(release: Release) -> list[Column]:
    """Return the measures a map can show; none when the release has no GeoJSON."""
    if all(one.format != "geojson" for one in release.distributions.all()):
        return []
    shape = release.version.shape
    alone = shape.first_of("commune") and any(one.key and one.type == "commune" for one in shape.columns)
    return [*measures(shape), COUNT] if alone else [COUNT, *measures(shape)]


def map_of(release: Release, name: str = "") -> Map | None:
    """Return the map of a measure with its table, or None when nothing can be drawn."""
    measure = chosen(name, offered(release))
    if measure is None:
        return None
    told = kept(release, f"map-{measure.name}.twin.json", lambda: _twin(map_file(release, name)))
    title = measure.title or _("Số dòng theo địa bàn")
    return Map(measure, offered(release), title, **told) if told["rows"] else None


def map_file(release: Release, name: str = "") -> Path:
    """Return the GeoJSON file of a measure; the release must have one."""
    measure = chosen(name, offered(release))
    assert measure is not None, "asked only where a map is offered"  # noqa: S101 - the caller looked
    return kept_file(release, f"map-{measure.name}.geojson", lambda: _make(release, measure))


def _twin(path: Path) -> dict[str, Any]:
    made = json.loads(path.read_bytes())
    told = [one["properties"] for one in made["features"]]
    rows = sorted(([one["ma"], one["ten"], one["gia_tri"]] for one in told), key=lambda one: sort_key(one[1]))
    points = bool(rows) and made["features"][0]["geometry"]["type"] == "Point"
    return {"rows": rows, "year": made["nam"], "is_points": points}


def _make(release: Release, measure: Column) -> dict[str, Any]:
    file = next(one for one in release.distributions.all() if one.format == "geojson")
    features = json.loads((settings.DATA / file.path).read_bytes())["features"]
    drawn = [one for one in features if one["geometry"]]
    shape = release.version.shape
    year = next((one for one in shape.columns if is_year(one)), None)
    last = max((one["properties"][year.name] or 0 for one in drawn), default=None) if year else None
    if year and last is not None:
        drawn = [one for one in drawn if one["properties"][year.name] == last]
    commune = shape.first_of("commune")
    points = not commune or (drawn and drawn[0]["geometry"]["type"] == "Point")
    found = _points(drawn, release, measure) if points else _communes(drawn, commune, measure)
    return {"type": "FeatureCollection", "nam": last, "features": found}


def _points(features: Sequence[Feature], release: Release, measure: Column) -> list[dict[str, Any]]:
    name = name_of(release.version.shape)
    return [
        _feature(
            str(place),
            str(one["properties"].get(name.name) or "") if name else str(place),
            None if measure.name == COUNT.name else one["properties"][measure.name],
            one["geometry"],
        )
        for place, one in enumerate(features, 1)
    ]


def _communes(features: Sequence[Feature], commune: str, measure: Column) -> list[dict[str, Any]]:
    held: dict[str, list[Feature]] = defaultdict(list)
    for one in features:
        held[one["properties"][commune]].append(one)
    names = unit_names(held)
    return [
        _feature(code, names.get(code, code), _together(found, measure), found[0]["geometry"])
        for code, found in held.items()
    ]


def _together(features: Sequence[Feature], measure: Column) -> float | None:
    if measure.name == COUNT.name:
        return len(features)
    values = [one["properties"][measure.name] for one in features if one["properties"][measure.name] is not None]
    if not values:
        return None
    whole = measure.type == "integer" or len(values) == 1
    return float(sum(values)) if whole else round(sum(values) / len(values), 3)


def _feature(code: str, name: str, value: float | None, geometry: Mapping[str, Any]) -> dict[str, Any]:
    plain = int(value) if isinstance(value, float) and value.is_integer() else value
    shape = {"type": geometry["type"], "coordinates": _rounded(geometry["coordinates"])}
    return {"type": "Feature", "properties": {"ma": code, "ten": name, "gia_tri": plain}, "geometry": shape}


def _rounded(found: Any) -> Any:
    """Return coordinates with ``DIGITS`` decimals, a point that then repeats the one before left out."""
    if not isinstance(found[0], list):
        return [round(float(one), DIGITS) for one in found]
    if isinstance(found[0][0], list):
        return [_rounded(one) for one in found]
    kept_points: list[list[float]] = []
    for point in ([round(float(one), DIGITS) for one in each] for each in found):
        if not kept_points or kept_points[-1] != point:
            kept_points.append(point)
    return kept_points
