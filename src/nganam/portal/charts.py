"""A release's figures over time, worked out once per measure.

With one row per period the values stand as they are. With several, whole numbers are added up and decimals averaged, or
each value of a second key becomes a line of its own; the chart's note says which.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa
from django.utils.translation import gettext as _

from nganam.face.formats import english
from nganam.face.units import unit_name
from nganam.kernel.text import sort_key
from nganam.opendata.models import Release
from nganam.portal import preview
from nganam.portal.columns import chosen, measures, time_of
from nganam.portal.keeping import kept
from nganam.warehouse.engine.contract import Column, Contract

MOST_PERIODS = 480  # forty years of months
MOST_LINES = 8
COUNT = Column(name="so-dong", title="")
"""Stands for "how many rows": the measure of tables that list things."""


@dataclass(frozen=True, slots=True)
class Chart:
    """What the page needs: the chosen measure, how rows were put together, the data the component draws."""

    measure: Column
    note: str
    data: dict[str, Any]


def offered(release: Release) -> list[Column]:
    """Return the measures that can be drawn over time; none without a column of time or with fewer than two periods."""
    shape = release.version.shape
    time = time_of(shape, release.dataset.table.time_column)
    if time is None:
        return []
    found = [one for one in measures(shape) if one.name != time.name]
    # Where time is no key, rows are things with a date (a facility, when it opened): they are counted.
    return found if found and (time.key or not shape.key) else [COUNT]


def chart(release: Release, name: str = "") -> Chart | None:
    """Return the chart of a measure (the first when ``name`` is none of them) with its note, or None."""
    measure = chosen(name, offered(release))
    if measure is None:
        return None
    time = release.dataset.table.time_column or "time"
    made: dict[str, Any] = kept(release, f"chart-{time}-{measure.name}.json", lambda: _make(release, measure))
    if len(made["x"]) < 2:  # noqa: PLR2004 - one point is no line
        return None
    made["unit"] = unit_name(measure.unit)
    if measure is COUNT:
        made["series"][0]["name"] = _("Số dòng")
    elif english() and [one["name"] for one in made["series"]] == [measure.title]:
        made["series"][0]["name"] = measure.title_en or measure.title
    return Chart(measure, _note(made["how"]), made)


def _note(how: str) -> str:
    return {
        "sum": _("Cộng các dòng của cùng một kỳ."),
        "mean": _("Trung bình các dòng của cùng một kỳ."),
        "count": _("Đếm số dòng theo từng kỳ."),
    }.get(how, "")


def _make(release: Release, measure: Column) -> dict[str, Any]:
    shape, rows = release.version.shape, preview.arrow(release)
    time = time_of(shape, release.dataset.table.time_column)
    if time is None:
        return {"x": [], "series": [], "how": ""}
    when = _periods(rows.column(time.name).to_pylist(), count=measure is COUNT)
    values = [1] * rows.num_rows if measure is COUNT else rows.column(measure.name).to_pylist()
    split = None if measure is COUNT else _split(rows, shape, time)
    lines = rows.column(split.name).to_pylist() if split else [measure.title] * rows.num_rows
    how, add = _how(measure, list(zip(lines, when, strict=True)))
    absent = 0 if measure is COUNT else None
    return {"kind": "line", "unit": measure.unit, "how": how, **_series(when, lines, values, add, absent)}


def _series(
    when: Sequence[str],
    lines: Sequence[Any],
    values: Sequence[Any],
    add: Callable[[list[Any]], Any],
    absent: int | None,
) -> dict[str, Any]:
    held: dict[Any, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
    for line, period, value in zip(lines, when, values, strict=True):
        if period and value is not None:
            held[line][period].append(value)
    x = _without_gaps(sorted({period for period in when if period}))[-MOST_PERIODS:]
    names = sorted((str(line) for line in held if line is not None), key=sort_key)
    by_name = {str(line): found for line, found in held.items()}
    series = [
        {"name": name, "values": [add(by_name[name][one]) if one in by_name[name] else absent for one in x]}
        for name in names
    ]
    return {"x": [_shown(one) for one in x], "series": series}


def _without_gaps(periods: list[str]) -> list[str]:
    """Put missing years between years, so that the distance on the axis is the distance in time."""
    if not periods or not all(len(one) == 4 and one.isdecimal() for one in periods):  # noqa: PLR2004 - a year
        return periods
    first, last = int(periods[0]), int(periods[-1])
    return [str(year) for year in range(first, last + 1)] if last - first < MOST_PERIODS else periods


def _how(measure: Column, places: Sequence[Any]) -> tuple[str, Callable[[list[Any]], Any]]:
    if measure is COUNT:
        return "count", sum
    if len(set(places)) == len(places):
        return "", lambda values: values[0]
    if measure.type == "integer":
        return "sum", sum
    return "mean", lambda values: round(sum(values) / len(values), 3)


def _split(rows: pa.Table, shape: Contract, time: Column) -> Column | None:
    """Return the key beside time whose few values each get a line."""
    keys = [one for one in shape.columns if one.key and one.name != time.name and one.type in {"text", "commune"}]
    if len(keys) != 1:
        return None
    return keys[0] if len(set(rows.column(keys[0].name).to_pylist())) <= MOST_LINES else None


def _periods(values: Sequence[Any], *, count: bool) -> list[str]:
    """Return sortable periods: whole years for counts and long series of days, else days or months as they are."""
    days = [one for one in values if isinstance(one, date)]
    if not days:
        return ["" if one is None else str(one) for one in values]
    if count or len(set(days)) > MOST_PERIODS * 2:
        cut = 4
    else:
        cut = 7 if all(one.day == 1 for one in days) else 10
    return ["" if one is None else one.isoformat()[:cut] for one in values]


def _shown(period: str) -> str:
    return "/".join(reversed(period.split("-"))) if period.count("-") in {1, 2} else period
