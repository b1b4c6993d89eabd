"""Boundaries of communes, by which rows are found: the GeoJSON files of ``<data>/boundaries``, newer names last.

A feature names its commune (``ma_xa``, ``ten_xa``) and from which day until before which it is in force
(``hieu_luc_tu``, ``hieu_luc_den``; ISO dates, either may be left out). A code may have been given again to another
commune, so that an answer says whose boundary it was found by, and since when that holds.
"""

import math
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec
import structlog

from nganam.serving.boxes import Box, in_box
from nganam.serving.plans import quoted
from nganam.serving.problems import bad_request, not_findable
from nganam.serving.reading import Within
from nganam.serving.replicas import Replica

log = structlog.get_logger("nganam.serving")
EVERY = 1.0  # seconds between looks at the folder
EDGES_A_BAND = 4
MOST_BANDS = 4096
Edge = tuple[float, float, float, float]
Stamp = tuple[int, int]


@dataclass(frozen=True, eq=False)
class Boundary:
    """The boundary of one commune: rings of positions (longitude, latitude), and of when it is from which file."""

    code: str
    name: str
    rings: Sequence[Sequence[Sequence[float]]]
    valid_from: date | None
    valid_until: date | None
    source: str

    def holds_on(self, day: date) -> bool:
        """Say whether the boundary is in force on a day, as far as its file says."""
        begun = self.valid_from is None or self.valid_from <= day
        return begun and (self.valid_until is None or day < self.valid_until)

    def told(self) -> dict[str, str | None]:
        """Return what an answer says of it; days that nobody has written down are ``None``."""
        days = {"valid_from": self.valid_from, "valid_until": self.valid_until}
        said = {name: day.isoformat() if day else None for name, day in days.items()}
        return {"commune": self.code, "name": self.name or None, **said, "source": self.source}

    @cached_property
    def box(self) -> Box:
        """Return west, south, east, north."""
        spots = [one for ring in self.rings for one in ring]
        lons, lats = [one[0] for one in spots], [one[1] for one in spots]
        return min(lons), min(lats), max(lons), max(lats)

    @cached_property
    def _bands(self) -> tuple[float, list[list[Edge]]]:
        """Return the edges that cross each of many strips of latitude, and how many strips there are to a degree."""
        edges = [one for ring in self.rings for one in _edges(ring)]
        _west, south, _east, north = self.box
        count = min(MOST_BANDS, 1 + len(edges) // EDGES_A_BAND)
        per_degree = count / (north - south) if north > south else 0.0
        bands: list[list[Edge]] = [[] for _ in range(count + 1)]
        for edge in edges:
            for place in range(int((edge[1] - south) * per_degree), int((edge[3] - south) * per_degree) + 1):
                bands[place].append(edge)
        return per_degree, bands

    def holds(self, lon: float | None, lat: float | None) -> bool:
        """Say whether a position lies inside. One on an edge that two communes share lies in exactly one of them."""
        west, south, east, north = self.box
        if lon is None or lat is None or not (west <= lon <= east and south <= lat <= north):
            return False
        per_degree, bands = self._bands
        inside = False
        for x1, y1, x2, y2 in bands[int((lat - south) * per_degree)]:
            if y1 <= lat < y2 and lon < x1 + (lat - y1) * (x2 - x1) / (y2 - y1):
                inside = not inside
        return inside

    def within(self, replica: Replica, lon: str, lat: str) -> Within:
        """Return as conditions that a row lies inside: in its box, then exactly."""
        replica.connection.create_function("in_commune", 3, lambda _code, x, y: self.holds(x, y), deterministic=True)
        boxed = in_box(replica, lon, lat, self.box)
        exact = f"in_commune(?, {quoted(lon)}, {quoted(lat)})"
        return Within((*boxed.conditions, exact), (*boxed.values, self.code))


def _edges(ring: Sequence[Sequence[float]]) -> Iterator[Edge]:
    """Yield the edges that are not level, the southern end first: so neighbours work out the same of a shared one."""
    for one, other in zip(ring, [*ring[1:], ring[0]], strict=True):
        (x1, y1), (x2, y2) = sorted(((one[0], one[1]), (other[0], other[1])), key=lambda spot: spot[1])
        if y1 < y2:
            yield x1, y1, x2, y2


class Boundaries:
    """The boundaries of one folder; read again when a file has changed, kept when one cannot be read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._next_look = 0.0
        self._files: dict[str, tuple[Stamp, list[Boundary]]] = {}
        self._known: Mapping[str, list[Boundary]] = {}
        self._reading = threading.Lock()

    def of(self, code: str, day: date) -> Boundary:
        """Return the boundary of a commune in force on ``day``; raise ``Refused``: none at all (409), none of it (400).

        Of several in force the one read last counts, as for maps.
        """
        known = self._look()
        if not known:
            raise not_findable("Nền tảng chưa có ranh giới xã nào nên không tìm theo xã được.")
        found = [one for one in known.get(code, ()) if one.holds_on(day)]
        if not found:
            raise bad_request(
                f"Không có ranh giới của xã mang mã “{code[:20]}” vào ngày {day:%d/%m/%Y}.",
                "Dùng mã xã đang có hiệu lực trong danh mục đơn vị hành chính; từ 01/07/2025 nhiều mã đã đổi.",
            )
        return found[-1]

    def _look(self) -> Mapping[str, list[Boundary]]:
        with self._reading:
            now = time.monotonic()
            if now >= self._next_look:
                self._next_look = now + EVERY
                self._read_changed()
            return self._known

    def _read_changed(self) -> None:
        paths = {one.name: one for one in sorted(self._folder.glob("*.geojson"))}
        files: dict[str, tuple[Stamp, list[Boundary]]] = {}
        for name, path in paths.items():
            before: tuple[Stamp, list[Boundary]] = self._files.get(name, ((0, 0), []))
            files[name] = _read_again(path, before)
        if files != self._files:
            self._files = files
            self._known = _by_code(one for _stamp, held in files.values() for one in held)


def _read_again(path: Path, before: tuple[Stamp, list[Boundary]]) -> tuple[Stamp, list[Boundary]]:
    """Return the boundaries of a file, read only when it has changed; the last good ones where it cannot be read."""
    stamp, held = before
    try:
        entry = path.stat()
    except OSError:
        return before
    seen = (entry.st_mtime_ns, entry.st_size)
    if seen == stamp:
        return before
    try:
        return seen, read_boundaries(path)
    except (OSError, ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError) as error:
        log.exception("boundaries_refused", path=path.name, error=str(error))
        return seen, held


def _by_code(found: Iterable[Boundary]) -> Mapping[str, list[Boundary]]:
    known: dict[str, list[Boundary]] = {}
    for one in found:
        known.setdefault(one.code, []).append(one)
    return known


def read_boundaries(path: Path) -> list[Boundary]:
    """Return the boundaries of a GeoJSON file; raise ``ValueError``, ``KeyError`` or another for what is none."""
    features = msgspec.json.decode(path.read_bytes())["features"]
    made = (_boundary(one["properties"], one["geometry"], path.name) for one in features)
    return [one for one in made if one is not None]


def _boundary(told: Mapping[str, Any], shape: Mapping[str, Any] | None, source: str) -> Boundary | None:
    kind = shape["type"] if shape else ""
    if not shape or kind not in {"Polygon", "MultiPolygon"}:
        return None
    polygons = [shape["coordinates"]] if kind == "Polygon" else shape["coordinates"]
    rings = [ring for polygon in polygons for ring in polygon if ring]
    if not rings:
        return None
    days = [_day(told.get(name)) for name in ("hieu_luc_tu", "hieu_luc_den")]
    found = Boundary(str(told["ma_xa"]), str(told.get("ten_xa") or ""), rings, days[0], days[1], source)
    if not all(map(math.isfinite, found.box)):  # worked out here, so that who asks does not find a broken ring
        raise ValueError(found.code)
    return found


def _day(text: Any) -> date | None:
    return date.fromisoformat(str(text)) if text else None
