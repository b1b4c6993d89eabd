"""Asks the question of a version's files and puts the answer in words, as a chart and as a map."""

import csv
import io
import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils.translation import gettext as _

from nganam.agencies.queries import unit_names
from nganam.analysis.asking import COUNT, MOST_JUDGED, OF_ONE, Ask, to_sql
from nganam.analysis.scope import Scope
from nganam.analysis.words import aggregate_name
from nganam.kernel.errors import Invalid, Unavailable
from nganam.serving.aggregates import Cell, suppressed
from nganam.warehouse import places
from nganam.warehouse.engine import lake
from nganam.warehouse.engine.contract import Column
from nganam.warehouse.engine.duck import duck, parquet
from nganam.warehouse.engine.files import harmless_cell
from nganam.warehouse.files import commune_geometries

if TYPE_CHECKING:
    import duckdb

SECONDS = 15.0
MOST_SERIES = 6
MOST_BARS = 15
"""Bars whose names can be read beside each other; the table below has all."""


@dataclass(frozen=True, slots=True)
class Line:
    """One group: what it is called in each column, its value, how many records it has, and its raw first group."""

    names: tuple[str, ...]
    value: Any
    records: int
    key: Any = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a question: its lines, how many groups there are in all and how many were too small to be told."""

    scope: Scope
    ask: Ask
    lines: tuple[Line, ...]
    groups: int
    hidden: int

    @property
    def heading(self) -> str:
        """Say what the value is."""
        of = self.ask.of
        told = aggregate_name(self.ask.aggregate)
        return f"{told}: {of.title or of.name}" if of else told

    @property
    def table_title(self) -> str:
        """Say what the table holds: its heading is the section's already."""
        return _("%(what)s, dạng bảng") % {"what": self.heading}

    @property
    def map_title(self) -> str:
        """Say what the map holds."""
        return _("%(what)s theo xã, phường") % {"what": self.heading}

    @property
    def unit(self) -> str:
        """Return the unit of the value, "" for a count."""
        return self.ask.of.unit if self.ask.of and self.ask.aggregate not in {COUNT, "dem-khac"} else ""

    @property
    def group_titles(self) -> tuple[str, ...]:
        """Return the titles of the groups' columns."""
        return tuple(one.title or one.name for one in self.ask.groups)

    @property
    def is_cut(self) -> bool:
        """Say whether there are more groups than lines."""
        return self.groups - self.hidden > len(self.lines)


def answer(scope: Scope, ask: Ask) -> Answer:
    """Ask; raise ``Invalid`` for what the scope does not allow, ``Unavailable`` when it takes too long."""
    if scope.hides_small and ask.aggregate in OF_ONE:
        raise Invalid(
            _("Chỉ cơ quan có bảng được hỏi giá trị nhỏ nhất, lớn nhất, trung vị: đó là giá trị của một người."),
            fields={"tinh": [_("Chọn cách tính khác.")]},
        )
    source = parquet(lake.files(places.lake(scope.table), scope.version.delta_version))
    limit = MOST_JUDGED + 1 if scope.hides_small else ask.limit
    sql, values = to_sql(ask, source, rows=scope.rows, limit=limit)
    with duck() as base, _limited(base):
        found = base.execute(sql, values).fetchall()
    groups = found[0][-1] if found else 0
    told = _without_small(ask, found) if scope.hides_small else found
    return Answer(scope, ask, _lines(ask, told[: ask.limit]), groups, len(found) - len(told))


def _without_small(ask: Ask, found: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Leave out the groups the exchange would keep back: small ones, and those by which they could be computed."""
    if len(found) > MOST_JUDGED:
        raise Invalid(
            _("Có hơn %(most)s nhóm nên không xét được nhóm nào quá nhỏ.") % {"most": MOST_JUDGED},
            hint=_("Lọc bớt, hoặc gộp theo cột có ít giá trị hơn."),
        )
    width = len(ask.groups)
    cells = [Cell(row[:width], row[width + 1], (row[width + 2],), ()) for row in found]
    hidden = suppressed(cells, settings.NGANAM_SMALLEST_GROUP)
    return [row for at, row in enumerate(found) if at not in hidden]


@contextmanager
def _limited(base: "duckdb.DuckDBPyConnection") -> Iterator[None]:
    import duckdb  # noqa: PLC0415 - see nganam.warehouse.engine.duck

    timer = threading.Timer(SECONDS, base.interrupt)
    timer.start()
    try:
        yield
    except duckdb.InterruptException as error:
        raise Unavailable(
            _("Câu hỏi chạy quá %(seconds)s giây nên đã dừng.") % {"seconds": int(SECONDS)},
            hint=_("Thêm điều kiện lọc, hoặc bớt một nhóm."),
        ) from error
    except (duckdb.OutOfRangeException, duckdb.OutOfMemoryException, duckdb.InvalidInputException) as error:
        raise Invalid(
            _("Không tính được: số quá lớn hoặc câu hỏi cần quá nhiều bộ nhớ."),
            hint=_("Chọn cột hoặc cách tính khác, hoặc thêm điều kiện lọc."),
        ) from error
    finally:
        timer.cancel()


def _lines(ask: Ask, found: Sequence[tuple[Any, ...]]) -> tuple[Line, ...]:
    count = len(ask.groups)
    names = [_names(one, [row[place] for row in found]) for place, one in enumerate(ask.groups)]
    return tuple(
        Line(
            tuple(names[place][row[place]] for place in range(count)), _plain(row[count]), row[count + 1],
            row[0] if count else None,
        )
        for row in found
    )  # fmt: skip


def _names(column: Column, values: Sequence[Any]) -> dict[Any, str]:
    """Return what people read for each value of a group: a commune's name beside its code, "có" for true."""
    if column.type == "commune":
        known = unit_names([str(one) for one in values if one is not None])
        return {one: f"{known[one]} ({one})" if one in known else _told(one) for one in values}
    return {one: _told(one) for one in values}


def _told(value: Any) -> str:
    if value is None:
        return _("(trống)")
    if isinstance(value, bool):
        return _("có") if value else _("không")
    return f"{value:g}" if isinstance(value, float) else str(value)


def _plain(value: Any) -> Any:
    """Return the value as JSON has it; a sum of whole numbers may be wider than any it was made of."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value if value is None or isinstance(value, int | float) else float(value)


def chart(found: Answer) -> dict[str, Any] | None:
    """Return the answer for ``c-chart``: lines over time, else bars; None where there is nothing to compare."""
    if len(found.lines) < 2 or not all(isinstance(one.value, int | float | None) for one in found.lines):  # noqa: PLR2004
        return None
    over_time, two = found.ask.is_over_time, len(found.ask.groups) == 2  # noqa: PLR2004 - a second group is a series
    data: dict[str, Any] = {"kind": "line" if over_time else "bar", "unit": found.unit}
    if not two:
        shown = found.lines if over_time else found.lines[:MOST_BARS]
        values = [{"name": found.heading, "values": [one.value for one in shown]}]
        return {**data, "horizontal": not over_time, "x": [one.names[0] for one in shown], "series": values}
    return {**data, "stacked": not over_time and found.ask.aggregate in {COUNT, "tong"}, **_series(found)}


def _series(found: Answer) -> dict[str, Any]:
    places_ = list(dict.fromkeys(one.names[0] for one in found.lines))[: None if found.ask.is_over_time else MOST_BARS]
    totals: dict[str, float] = {}
    for one in found.lines:
        totals[one.names[1]] = totals.get(one.names[1], 0) + (one.value or 0)
    shown = sorted(totals, key=lambda name: -totals[name])[:MOST_SERIES]
    held = {one.names: one.value for one in found.lines}
    series = [{"name": name, "values": [held.get((place, name)) for place in places_]} for name in shown]
    return {"x": places_, "series": series}


def is_mapped(found: Answer) -> bool:
    """Say whether the answer can be drawn: one figure for each commune, and their boundaries at hand."""
    groups = found.ask.groups
    if len(groups) != 1 or groups[0].type != "commune":
        return False
    known = commune_geometries()
    return any(one.key in known and one.value is not None for one in found.lines)


def as_geojson(found: Answer) -> str:
    """Return the communes with their figures, for ``c-map``."""
    known = commune_geometries()
    features = [
        {
            "type": "Feature", "geometry": known[one.key],
            "properties": {"ma": one.key, "ten": one.names[0], "gia_tri": one.value},
        }
        for one in found.lines
        if one.key in known
    ]  # fmt: skip
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False)


def as_csv(found: Answer) -> str:
    """Return the answer as CSV for Excel: every line says the version it is of."""
    out = io.StringIO()
    writer = csv.writer(out)
    for row in as_rows(found):
        writer.writerow(row)
    return "\ufeff" + out.getvalue()


def as_rows(found: Answer) -> Iterator[list[Any]]:
    """Yield the answer's heading and lines for a file; a cell that a spreadsheet would run is made text."""
    yield [*map(harmless_cell, found.group_titles), harmless_cell(found.heading), _("Số bản ghi"), _("Phiên bản")]
    version = f"{found.scope.table.code} v{found.scope.version.number}"
    for one in found.lines:
        yield [*map(harmless_cell, one.names), one.value, one.records, version]
