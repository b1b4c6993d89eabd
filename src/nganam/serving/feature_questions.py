"""Reads what is asked of the features of a service: which resource, which box, which time, which feature."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import Enum

from nganam.kernel.clock import VIETNAM, local_date
from nganam.serving.asking import decoded, read_commune, read_filters, read_limit, refuse_unknown
from nganam.serving.boundaries import Boundary
from nganam.serving.boxes import Box, in_box
from nganam.serving.ordering import comparable
from nganam.serving.plans import Plan, quoted
from nganam.serving.problems import bad_request, unknown_operation
from nganam.serving.reading import EVERYWHERE, MAX_VALUE, PageQuestion, Within
from nganam.serving.replicas import Replica

RESERVED = ("limit", "bbox", "datetime", "commune", "cursor")
ESCAPES = (("~", "~0"), (",", "~1"), ("/", "~2"), ("\\", "~3"), ("%", "~4"))
"""What no part of an id holds as it is: a comma parts the key, and the gateway refuses the others in a path."""
TIMES = frozenset({"date", "datetime"})
OPEN = ("", "..")
FIRST = PageQuestion()


class Resource(Enum):
    """The resources of the standard."""

    LANDING = ""
    API = "api"
    CONFORMANCE = "conformance"
    COLLECTIONS = "collections"
    COLLECTION = "collection"
    ITEMS = "items"
    ITEM = "item"


@dataclass(frozen=True, slots=True)
class Period:
    """Instants from ``since`` until before ``until``, and the Vietnamese days they touch; ``None`` is without end."""

    since: datetime | None = None
    until: datetime | None = None
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True)
class Features:
    """One question: the resource, and for features the page, the box (west, south, east, north), the time, the commune.

    ``area`` is the commune's boundary once it is known.
    """

    resource: Resource
    collection: str = ""
    feature: str = ""
    page: PageQuestion = FIRST
    box: Box | None = None
    period: tuple[str, str, Period] | None = None
    commune: str = ""
    area: Boundary | None = None
    parameters: dict[str, str] = field(default_factory=dict)

    def within(self, replica: Replica, lon: str, lat: str) -> Within:
        """Return all of these as conditions, and that a feature has a position: rows without one are no features.

        What has no time lies in every time (17-069r4, 7.15.4).
        """
        placed = Within((f"{quoted(lon)} IS NOT NULL", f"{quoted(lat)} IS NOT NULL"))
        box = in_box(replica, lon, lat, self.box) if self.box else EVERYWHERE
        time = _in_period(*self.period) if self.period else EVERYWHERE
        area = self.area.within(replica, lon, lat) if self.area else EVERYWHERE
        parts = (placed, box, time, area)
        conditions = tuple(text for one in parts for text in one.conditions)
        return Within(conditions, tuple(value for one in parts for value in one.values))


def read_features(rest: bytes, parameters: dict[str, str], plan: Plan) -> Features:
    """Read what stands behind ``$features`` and the parameters; raise ``Refused`` (404 no such resource, 400)."""
    parts = [decoded(one) for one in rest.split(b"/")] if rest else []
    at = _resource(parts)
    collection, feature = (*parts[1:2], *parts[3:4], "", "")[:2] if len(parts) > 1 else ("", "")
    if at != Resource.ITEMS:
        refuse_unknown(parameters, (), ())
        return Features(at, collection, feature if at == Resource.ITEM else "")
    most = plan.service.page_limit
    filters = read_filters(parameters, plan, RESERVED)
    page = PageQuestion(filters, _limit(parameters, most), parameters.get("cursor", ""))
    box = _box(parameters["bbox"]) if "bbox" in parameters else None
    period = _period(parameters["datetime"]) if "datetime" in parameters else None
    column = time_of(plan)
    timed = (column, plan.service.type_of(column), period) if column and period else None
    return Features(at, collection, "", page, box, timed, read_commune(parameters), None, parameters)


def _resource(parts: list[str]) -> Resource:
    first = parts[0] if parts else ""
    if len(parts) <= 1 and first in {"", "api", "conformance", "collections"}:
        return Resource(first)
    if first == "collections" and all(parts):
        if len(parts) == 2:  # noqa: PLR2004 - the collection
            return Resource.COLLECTION
        if parts[2] == "items" and len(parts) <= 4:  # noqa: PLR2004 - items, and one of them
            return Resource.ITEMS if len(parts) == 3 else Resource.ITEM  # noqa: PLR2004 - as above
    raise unknown_operation()


def time_of(plan: Plan) -> str:
    """Return the column that says when a feature is: the only granted day or instant to filter by, else ""."""
    found = [one for one in plan.filters() if one in plan.names and plan.service.type_of(one) in TIMES]
    return found[0] if len(found) == 1 else ""


def _limit(parameters: dict[str, str], most: int) -> int:
    """Return how many are asked for; more than ``most`` is no error (fc-limit-response-1) and means ``most``."""
    text = parameters.get("limit", "")
    if text.isascii() and text.isdigit() and len(text) <= MAX_VALUE and int(text) > most:
        return most
    return read_limit(parameters, most)


# -- boxes --


def _box(text: str) -> Box:
    """Return a box of four numbers, or of six with heights, which are left out: positions here have none."""
    parts = [_number(one) for one in text.split(",")] if len(text) <= MAX_VALUE else []
    if len(parts) == 6:  # noqa: PLR2004 - with heights
        parts = [*parts[:2], *parts[3:5]]
    if len(parts) == 4:  # noqa: PLR2004 - west, south, east, north
        west, south, east, north = parts
        if abs(west) <= 180 and abs(east) <= 180 and -90 <= south <= north <= 90:  # noqa: PLR2004 - degrees
            return west, south, east, north
    raise bad_request(
        "Tham số bbox phải là bốn số: kinh độ tây, vĩ độ nam, kinh độ đông, vĩ độ bắc (độ); có độ cao thì sáu số.",
        "Viết bbox=105.9,9.5,106.1,9.7: kinh độ đứng trước vĩ độ; kinh độ từ -180 đến 180, vĩ độ từ -90 đến 90.",
    )


def _number(text: str) -> float:
    """Return a number as programs write it, NaN for anything else: NaN lies between no two limits."""
    try:
        return float(text) if text.isascii() and "_" not in text else math.nan
    except ValueError:
        return math.nan


# -- times --


def _period(text: str) -> Period:
    """Return an instant, or an interval ``a/b`` whose ends may be open (``..`` or nothing); a day is all of it."""
    start, slash, end = text.partition("/")
    try:
        if not slash:
            return _as_period(*_span(text))
        if start in OPEN and end in OPEN:
            return Period()
        since = None if start in OPEN else _span(start)[0]
        until = None if end in OPEN else _span(end)[1]
        if since is None or until is None or since < until:
            return _as_period(since, until)
    except (ValueError, OverflowError) as error:
        raise _no_time() from error
    raise _no_time()


def _as_period(since: datetime | None, until: datetime | None) -> Period:
    first = local_date(since) if since is not None else None
    last = local_date(until - timedelta(microseconds=1)) if until is not None else None
    return Period(since, until, first, last)


def _span(text: str) -> tuple[datetime, datetime]:
    """Return from when until before when an instant to the millisecond, or a day of Vietnam, lasts."""
    found = datetime.fromisoformat(text.replace(" ", "+"))  # a plus sign that was not encoded
    if len(text) == len("2026-01-31"):
        return _midnight(found.date()), _midnight(found.date() + timedelta(days=1))
    if found.tzinfo is None:
        raise ValueError(text)
    at = found.astimezone(UTC)
    return at, at + timedelta(milliseconds=1)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=VIETNAM).astimezone(UTC)


def _no_time() -> Exception:
    return bad_request(
        "Tham số datetime phải là thời điểm, ngày, hoặc khoảng hai đầu cách nhau dấu gạch chéo.",
        "Viết 2026-01-31T08:00:00Z, 2026-01-01/2026-01-31, hoặc 2026-01-01/.. khi không có ngày kết thúc.",
    )


def _in_period(name: str, kind: str, period: Period) -> Within:
    column = quoted(name)
    if kind == "date":
        ends = [(f"{column} >= ?", period.first), (f"{column} <= ?", period.last)]
        said = [(text, str(value)) for text, value in ends if value is not None]
    else:
        ends = [(f"{comparable(name, (name,))} >= ?", period.since), (f"{comparable(name, (name,))} < ?", period.until)]
        said = [(text, _bare(value)) for text, value in ends if isinstance(value, datetime)]
    if not said:
        return EVERYWHERE
    held = " AND ".join(text for text, _ in said)
    return Within((f"({column} IS NULL OR ({held}))",), tuple(value for _, value in said))


def _bare(at: datetime) -> str:
    """Return an instant as instants are compared: without "Z", to the millisecond where it has parts of a second."""
    return at.replace(tzinfo=None).isoformat(timespec="milliseconds" if at.microsecond else "seconds")


# -- ids --


def told_id(key: Iterable[object]) -> str:
    """Return the id of a feature: the parts of its key, with a comma between them (see ``ESCAPES``)."""
    return ",".join(_escaped(_text(part)) for part in key)


def key_of(feature: str) -> tuple[str, ...]:
    """Return the parts of the key that an id names."""
    return tuple(_plain(part) for part in feature.split(","))


def _text(part: object) -> str:
    return str(part).lower() if isinstance(part, bool) else str(part)


def _escaped(text: str) -> str:
    for sign, instead in ESCAPES:
        text = text.replace(sign, instead)
    return text


def _plain(text: str) -> str:
    for sign, instead in reversed(ESCAPES):
        text = text.replace(instead, sign)
    return text
