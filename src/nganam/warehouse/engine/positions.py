"""Geometries in WGS 84 (longitude, latitude), as GeoJSON text; those in VN-2000 or another known system are turned.

GeoJSON (RFC 7946), not WKT: it says by itself in which order and system its numbers stand, and the interfaces of the
platform speak JSON. Without a system named, numbers that can be degrees are taken as such and others refused.
"""

import math
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from nganam.warehouse.engine.cells import LONGEST_GEOMETRY, Point, as_json, number
from nganam.warehouse.engine.faults import fault

DIGITS: Final = 7
"""Decimals of a degree that are kept of a turned position: a centimetre."""
Turn = Callable[[list[float], list[float]], tuple[list[float], list[float]]]


class Frame:
    """The system positions are in: turned by ``turn``, or already longitude and latitude (``None``)."""

    def __init__(self, turn: Turn | None = None) -> None:
        self.turn = turn


DEGREES: Final = Frame()


def frame_of_name(crs: str, name: str) -> Frame:
    """Return the system a GeoJSON file names, or that of the standard."""
    return frame_of(crs, name) if crs else DEGREES


@lru_cache(maxsize=32)
def frame_of(crs: str, name: str) -> Frame:
    """Return the system of a WKT text, an ``EPSG:`` code or a URN; raise ``Invalid`` (unknown_projection).

    Only a transformation that is known for the system is used: a guess would put things 200 m away.
    """
    import pyproj  # noqa: PLC0415 - only maps need it: 20 ms and 12 MB
    from pyproj.exceptions import ProjError  # noqa: PLC0415 - as above
    from pyproj.transformer import TransformerGroup  # noqa: PLC0415 - as above

    try:
        found = pyproj.CRS.from_user_input(crs)
        if found.to_2d().is_exact_same(pyproj.CRS("OGC:CRS84")) or found.to_epsg() == 4326:  # noqa: PLR2004 - WGS 84
            return DEGREES
        known = TransformerGroup(found.to_2d(), "OGC:CRS84", always_xy=True, allow_ballpark=False).transformers
    except ProjError as error:
        raise fault("unknown_projection", name=name, found=crs[:80]) from error
    if not known:
        raise fault("unknown_projection", name=name, found=found.name[:80])
    return Frame(known[0].transform)


def placed(shape: Any, frame: Frame, name: str, record: int) -> dict[str, str]:
    """Return the cells of a GeoJSON geometry: ``geometry`` and, for a point, ``lon`` and ``lat``; all "" for none."""
    if not shape:
        return {"geometry": "", "lon": "", "lat": ""}
    try:
        spots = list(_spots(shape, 0))
        if frame.turn is not None:
            _turn(spots, frame.turn)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, ArithmeticError) as error:
        raise fault("broken_geometry", name=name, record=record) from error
    for one in spots:
        if not (abs(one[0]) <= 180 and abs(one[1]) <= 90):  # noqa: PLR2004 - degrees
            raise fault("no_projection", name=name, record=record, found=f"{one[0]:.1f}; {one[1]:.1f}")
    told = as_json(shape)
    if len(told) > LONGEST_GEOMETRY:
        raise fault("cell_too_long", name=name, record=record)
    lone = shape["type"] == "Point" and spots
    lon, lat = (number(one) for one in spots[0][:2]) if lone else ("", "")
    return {"geometry": told, "lon": Point(lon) if lon else "", "lat": Point(lat) if lat else ""}


def _spots(shape: Any, depth: int) -> Iterator[list[float]]:
    """Yield the positions of a geometry as the lists they are."""
    if shape["type"] == "GeometryCollection":
        for one in shape["geometries"] if depth < 8 else []:  # noqa: PLR2004 - collections of collections
            yield from _spots(one, depth + 1)
        return
    waiting = [shape["coordinates"]]
    while waiting:
        one = waiting.pop()
        if not isinstance(one, list):
            raise TypeError(one)
        if one and isinstance(one[0], int | float | Decimal):
            if len(one) < 2 or not all(math.isfinite(part) for part in one):  # noqa: PLR2004 - x and y
                raise ValueError(one)
            yield one
        else:
            waiting.extend(reversed(one))


def _turn(spots: list[list[float]], turn: Turn) -> None:
    if not spots:
        return
    xs, ys = turn([float(one[0]) for one in spots], [float(one[1]) for one in spots])
    for one, x, y in zip(spots, xs, ys, strict=True):
        if not (math.isfinite(x) and math.isfinite(y)):
            raise ValueError(x)
        one[0], one[1] = round(x, DIGITS), round(y, DIGITS)
