"""Figures over a table: how many records, sums, means, smallest and largest values, by groups; no small numbers.

A figure over few records would tell of each of them, so that groups of fewer than the service's smallest number are
kept back (k = 5 unless set otherwise: a local choice, "nội bộ", no law gives a number). So is a further group wherever
the one kept back could be had by taking the others from a total.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from nganam.serving.plans import Plan, quoted
from nganam.serving.problems import bad_request
from nganam.serving.reading import Filter, filter_sql, where_sql
from nganam.serving.replicas import Replica

MOST_GROUPS = 1000
MOST_GROUPED = 3
MEASURES = ("sum", "avg", "min", "max")
Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Aggregation:
    """Figures asked for: by which columns, and measures as (function, column); the number of records is always told."""

    groups: tuple[str, ...] = ()
    measures: tuple[tuple[str, str], ...] = ()
    filters: tuple[Filter, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Return every column a figure is of, once."""
        return tuple(dict.fromkeys((*self.groups, *(name for _, name in self.measures))))


@dataclass(frozen=True, slots=True)
class Cell:
    """The figures of one group; ``known`` is how many values each measured column has in it."""

    key: Key
    count: int
    known: tuple[int, ...]
    measures: Key

    @property
    def made_of(self) -> tuple[int, ...]:
        """Return how many records each figure is made of, the number of records first."""
        return (self.count, *self.known)

    @property
    def least(self) -> int:
        """Return how many the fewest are: a sum over two known values in a group of a hundred is the two values' sum.

        None known at all tells nothing.
        """
        return min((one for one in self.made_of if one), default=0)


def aggregate(plan: Plan, replica: Replica, asked: Aggregation) -> tuple[list[dict[str, Any]], int]:
    """Return the figures by group, and how many groups were kept back; raise ``Refused`` when there are too many."""
    cells = _cells(plan, replica, asked)
    if len(cells) > MOST_GROUPS:
        raise bad_request(
            f"Có hơn {MOST_GROUPS} nhóm.", "Lọc bớt, hoặc gộp theo cột có ít giá trị hơn.", most=MOST_GROUPS
        )
    hidden = suppressed(cells, plan.service.smallest_group)
    return [_told(plan, asked, cell, is_hidden=at in hidden) for at, cell in enumerate(cells)], len(hidden)


def suppressed(cells: Sequence[Cell], smallest: int) -> set[int]:
    """Return the places of cells to keep back: small ones, and others by which these could be computed.

    Every total a caller can ask for beside these groups is looked at: over all, and over each choice of the columns.
    Where one cell alone is kept back, or all that are come to fewer than ``smallest`` records, the next smallest goes
    too; likewise for the known values of each measure, since taking the others' sum from the total leaves just these.
    """
    hidden = {at for at, cell in enumerate(cells) if 0 < cell.least < smallest}
    width = len(cells[0].key) if cells else 0
    margins = [columns for size in range(width) for columns in combinations(range(width), size)]
    before = -1
    while hidden and before != len(hidden):
        before = len(hidden)
        for columns in margins:
            lines: dict[Key, list[int]] = defaultdict(list)
            for at, cell in enumerate(cells):
                lines[tuple(cell.key[place] for place in columns)].append(at)
            for line in lines.values():
                _hide_further(cells, line, hidden, smallest)
    return hidden


def _hide_further(cells: Sequence[Cell], line: list[int], hidden: set[int], smallest: int) -> None:
    kept_back = [at for at in line if at in hidden]
    rest = [at for at in line if at not in hidden]
    while lacking := _lacking([cells[at] for at in kept_back], smallest):
        # One that adds to none of them would be lost for nothing; one that adds to all of them spares a second.
        adding = {at: sum(cells[at].made_of[place] > 0 for place in lacking) for at in rest}
        useful = [at for at in rest if adding[at]]
        if not useful:
            break
        further = min(useful, key=lambda at: (-adding[at], cells[at].count))
        rest.remove(further)
        kept_back.append(further)
    hidden.update(kept_back)


def _lacking(kept_back: Sequence[Cell], smallest: int) -> list[int]:
    """Return the places of figures that a total would tell: made of few, or of one of the groups kept back alone."""
    found = []
    for place, made_of in enumerate(zip(*(cell.made_of for cell in kept_back), strict=True)):
        several = [one for one in made_of if one]
        if several and (len(several) == 1 or sum(several) < smallest):
            found.append(place)
    return found


def _cells(plan: Plan, replica: Replica, asked: Aggregation) -> list[Cell]:
    conditions, values = filter_sql(plan, asked.filters)
    groups = ", ".join(quoted(name) for name in asked.groups)
    counted = list(dict.fromkeys(name for _, name in asked.measures))
    columns = [
        *(quoted(name) for name in asked.groups), "count(*)",
        *(f"count({quoted(name)})" for name in counted),
        *(f"{function}({quoted(name)})" for function, name in asked.measures),
    ]  # fmt: skip
    by = f" GROUP BY {groups} ORDER BY {groups}" if groups else ""
    sql = f"SELECT {', '.join(columns)} FROM rows{where_sql(conditions)}{by} LIMIT {MOST_GROUPS + 1}"  # noqa: S608 - names come from the snapshot
    try:
        with replica.bounded() as base:
            rows = base.execute(sql, values).fetchall()
    except sqlite3.Error as error:
        if "overflow" not in str(error):
            raise
        raise bad_request("Tổng vượt quá số lớn nhất biểu diễn được.", "Lọc bớt, hoặc hỏi avg thay cho sum.") from error
    return [_cell(row, len(asked.groups), len(counted)) for row in rows]


def _cell(row: Sequence[Any], groups: int, counted: int) -> Cell:
    count, figures = row[groups], groups + 1 + counted
    return Cell(tuple(row[:groups]), count, tuple(row[groups + 1 : figures]), tuple(row[figures:]))


def _told(plan: Plan, asked: Aggregation, cell: Cell, *, is_hidden: bool) -> dict[str, Any]:
    told: dict[str, Any] = {
        "group": {name: _value(plan, name, value) for name, value in zip(asked.groups, cell.key, strict=True)},
        "count": None if is_hidden else cell.count,
        "suppressed": is_hidden,
    }
    for (function, name), value in zip(asked.measures, cell.measures, strict=True):
        told.setdefault(function, {})[name] = None if is_hidden else value
    return told


def _value(plan: Plan, name: str, value: Any) -> Any:
    return bool(value) if value is not None and plan.service.type_of(name) == "boolean" else value
