"""Records found by words, and by place: through what the replica was built with beside its rows.

Only columns that are both granted and searched are looked in, and the order of the answers is made of them alone: a
caller learns nothing of a column by searching that reading would not tell. FTS5's own rank would weigh in the others.
"""

import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nganam.kernel.text import search_words
from nganam.serving.boundaries import Boundary
from nganam.serving.cursors import Cursor, Value, seal, unseal
from nganam.serving.plans import Plan, quoted
from nganam.serving.problems import bad_request, fields_not_granted, not_findable, version_moved
from nganam.serving.reading import Filter, filter_sql
from nganam.serving.replicas import Replica

LONGEST_WORDS = 200
MOST_WORDS = 12
SHORTEST_BEGINNING = 2
"""Letters from which the last word may be the beginning of one: fewer begin nearly every record."""
MOST_METRES = 100_000
EARTH = 6_371_008.8
"""Mean radius in metres (IUGG); the sphere is off by half a per cent at most."""
LEVEL = 1_000_000_000
"""More than the longest text: what is nearer by kind comes before what is shorter."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What every such question says besides what is looked for."""

    filters: tuple[Filter, ...]
    limit: int
    cursor: str = ""
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Words:
    """Words to find, as typed, and folded by term: one word, or those of a phrase. All must occur.

    ``begins`` says that the last word may be the beginning of one.
    """

    typed: str
    terms: tuple[tuple[str, ...], ...]
    begins: bool

    def match(self, columns: Sequence[int], *, begins: bool) -> str:
        """Return the query of FTS5 over these columns. Words are letters and digits, so nothing in them is syntax."""
        terms = [f'"{" ".join(term)}"' for term in self.terms]
        terms[-1] += " *" if begins else ""
        return f"{{{' '.join(f'w{place}' for place in columns)}}} : ({' AND '.join(terms)})"

    def spellings(self) -> tuple[str, ...]:
        """Return the words as they may be written; none where they were typed without marks."""
        plain = unicodedata.normalize("NFC", " ".join(self.typed.replace('"', " ").split()))
        words = " ".join(" ".join(term) for term in self.terms)
        if plain.lower() == words:
            return ()
        return tuple(dict.fromkeys((plain, plain.lower(), plain.title(), plain.upper(), plain.capitalize())))


@dataclass(frozen=True, slots=True)
class Place:
    """Where to find: within ``metres`` of a point (longitude, latitude), within a box (west, south, east, north).

    Or within the boundary of a commune, by its code.
    """

    point: tuple[float, float] | None = None
    metres: float = 0.0
    box: tuple[float, float, float, float] | None = None
    commune: str = ""


def read_words(text: str) -> Words:
    """Return what is searched for; raise ``Refused`` when it holds no word, is too long or has too many."""
    if len(text) > LONGEST_WORDS:
        raise bad_request(f"Tham số q dài quá {LONGEST_WORDS} ký tự.", "Tìm bằng ít từ hơn.")
    parts = text.split('"')
    if len(parts) % 2 == 0:
        raise bad_request("Dấu ngoặc kép trong q chưa đóng.", 'Viết cụm từ giữa hai dấu ngoặc kép, ví dụ "mỹ tú".')
    terms: list[tuple[str, ...]] = []
    for place, part in enumerate(parts):
        words = search_words(part)
        terms += ([tuple(words)] if words else []) if place % 2 else [(word,) for word in words]
    if not terms:
        raise bad_request("Thiếu tham số q, hoặc q không có chữ và số nào.", "Viết q=… là các từ cần tìm.")
    if sum(map(len, terms)) > MOST_WORDS:
        raise bad_request(f"Tham số q có quá {MOST_WORDS} từ.", "Tìm bằng ít từ hơn.")
    is_open = bool(search_words(parts[-1])) and len(terms[-1][0]) >= SHORTEST_BEGINNING
    return Words(text, tuple(terms), is_open)


def search(
    plan: Plan, shown: Plan, replica: Replica, words: Words, asked: Asked, secret: bytes
) -> tuple[list[dict[str, Any]], str]:
    """Return the records in which all words occur, nearest first, and the cursor of the next page ("" at the end).

    First come those spelled as typed, then those with the last word whole, then those whose searched text is shorter.
    """
    names = replica.named.search
    offered = [name for name in names if any(name == field.name for field in plan.service.fields)]
    if not offered:
        raise not_findable("Bảng của dịch vụ không có cột nào tìm được theo từ.")
    granted = [name for name in offered if name in plan.names]
    if not granted:
        raise fields_not_granted(offered)
    columns = [names.index(name) for name in granted]
    level, values = _level(words, granted, words.match(columns, begins=False))
    length = " + ".join(f"ifnull(length({quoted(name)}), 0)" for name in granted)
    found = "_rowid_ IN (SELECT rowid FROM words WHERE words MATCH ?)"
    rows, following = _page(
        (plan, shown, replica), asked, ("$search", words.typed), secret, rank=f"{level} * {LEVEL} + {length}",
        ranked_by=values, found=[found], found_by=[words.match(columns, begins=words.begins)],
    )  # fmt: skip
    return [shown.record(row) for row in rows], following


def _level(words: Words, granted: Sequence[str], whole: str) -> tuple[str, list[Any]]:
    """Return as SQL how far a record is by kind, 0 to 3: spelled otherwise counts 2, only begun so 1."""
    level, values = "(_rowid_ NOT IN (SELECT rowid FROM words WHERE words MATCH ?))", [whole]
    spelled = words.spellings()
    if not spelled:
        return level, [*values]
    # Whether a text was stored composed or not shifts its place in the order, never whether it is found.
    ways = " OR ".join(f"instr(ifnull({quoted(name)}, ''), ?)" for name in granted for _ in spelled)
    return f"({level} + 2 * NOT ({ways}))", [*values, *(one for _ in granted for one in spelled)]


def near(
    plan: Plan, shown: Plan, replica: Replica, place: Place, asked: Asked, secret: bytes, *,
    area: Boundary | None = None,
) -> tuple[list[dict[str, Any]], str]:  # fmt: skip
    """Return the records at a place, the nearest first, each with its ``distance`` (metres, ``None`` without a point).

    The distance is along the great circle. ``area`` is the boundary of the commune that was asked for. Who was not
    granted the position cannot ask by it.
    """
    position = position_of(plan, replica)
    lon, lat = (quoted(name) for name in position)
    conditions: list[str] = []
    values: list[Any] = []
    for box in [one for one in (place.box, _around(place)) if one]:
        west, south, east, north = box
        conditions.append(f"{lat} BETWEEN ? AND ? AND {lon} BETWEEN ? AND ?")
        values += [south, north, west, east]
    if area is not None:
        inside = area.within(replica, *position)
        conditions += inside.conditions
        values += inside.values
    rank, point = "0.0", []
    if place.point:
        replica.connection.create_function("metres", 4, metres, deterministic=True)
        rank, point = f"metres({lon}, {lat}, ?, ?)", [*place.point]
    rows, following = _page(
        (plan, shown, replica), asked, ("$near", place), secret, rank=rank, ranked_by=point, found=conditions,
        found_by=values, most=place.metres if place.point else None,
    )  # fmt: skip
    distances = [round(row[-2], 1) if place.point else None for row in rows]
    return [{"distance": one, "data": shown.record(row)} for one, row in zip(distances, rows, strict=True)], following


def position_of(plan: Plan, replica: Replica) -> tuple[str, str]:
    """Return the columns of longitude and latitude; raise ``Refused``: there are none (409), not granted (403).

    Whoever was not granted the position must not learn of it by asking where something is.
    """
    position = replica.named.position
    offered = {field.name for field in plan.service.fields}
    if not position or not offered.issuperset(position):
        raise not_findable("Bảng của dịch vụ không có cột kinh độ và vĩ độ.")
    if hidden := [name for name in position if name not in plan.names]:
        raise fields_not_granted(hidden)
    lon, lat = position
    return lon, lat


def metres(lon: float, lat: float, from_lon: float, from_lat: float) -> float:
    """Return the metres along the great circle between two positions in degrees (haversine)."""
    north, from_north = math.radians(lat), math.radians(from_lat)
    half = math.sin((north - from_north) / 2) ** 2
    half += math.cos(north) * math.cos(from_north) * math.sin(math.radians(lon - from_lon) / 2) ** 2
    return 2 * EARTH * math.asin(min(1.0, math.sqrt(half)))


def _around(place: Place) -> tuple[float, float, float, float] | None:
    """Return the box around all that lies within the distance: the whole round where it holds a pole or 180°."""
    if place.point is None:
        return None
    lon, lat = place.point
    angle = place.metres / EARTH
    high = math.degrees(angle) + 1e-9
    south, north = max(-90.0, lat - high), min(90.0, lat + high)
    wide = math.sin(angle) / max(math.cos(math.radians(lat)), 1e-12)
    if wide >= 1 or abs(lat) + high >= 90:  # noqa: PLR2004 - the pole
        return -180.0, south, 180.0, north
    half = math.degrees(math.asin(wide)) + 1e-9
    if lon - half < -180 or lon + half > 180:  # noqa: PLR2004 - degrees
        return -180.0, south, 180.0, north
    return lon - half, south, lon + half, north


def _page(
    of: tuple[Plan, Plan, Replica], asked: Asked, kind: tuple[Any, ...], secret: bytes, *, rank: str,
    ranked_by: Sequence[Any], found: Sequence[str], found_by: Sequence[Any], most: float | None = None,
) -> tuple[list[Any], str]:  # fmt: skip
    """Return a page of rows in the order of ``rank`` and then of the rows, each with these two at its end.

    The order is that of one version: a cursor of another is refused, not answered with gaps. ``most`` bounds the rank.
    """
    plan, shown, replica = of
    conditions, values = filter_sql(plan, asked.filters)
    further: list[str] = []
    last: list[Value] = []
    identity = repr((plan.consumer, plan.code, kind, asked.filters)).encode()
    if asked.cursor:
        *last, version = unseal(asked.cursor, identity, secret).last
        if version != replica.named.version:
            raise version_moved(version, replica.named.version)
        further = ["(_rank, _at) > (?, ?)"]
    if most is not None:
        further.append("_rank <= ?")
        last.append(most)
    where = f" WHERE {' AND '.join(further)}" if further else ""
    sql = (
        # Once for each record: a distance is worked out in Python.
        f"WITH found AS MATERIALIZED (SELECT {shown.columns}, {rank} AS _rank, _rowid_ AS _at FROM rows"  # noqa: S608 - names come from the snapshot and the replica
        f" WHERE {' AND '.join([*found, *conditions])}) SELECT * FROM found{where} ORDER BY _rank, _at LIMIT ?"
    )
    with replica.bounded() as base:
        rows = base.execute(sql, [*ranked_by, *found_by, *values, *last, asked.limit + 1]).fetchall()
    page = rows[: asked.limit]
    if len(rows) <= asked.limit:
        return page, ""
    return page, seal(Cursor((*page[-1][-2:], replica.named.version)), identity, secret)
