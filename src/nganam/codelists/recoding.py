"""Reading figures kept by one day's codes in another day's codes: only what is lawful arithmetic. Plain Python.

Counts and sums of whole old units that became one new unit are added. Where an old unit was divided nobody has measured
the shares, where a part has no row the sum would be short: such units are told and not computed. Back from new to old
it is a reading, not arithmetic: only where one old unit became one new unit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from nganam.codelists.tables import CodeTable

WHOLE: Final = "whole"
DIVIDED: Final = "divided"
LOST: Final = "lost"
SHORT: Final = "short"
EMPTY: Final = "empty"
SHARED: Final = "shared"
"""Why a figure stands or not: computed; a part was divided, or ended without a known successor; a part has no row; a
part has an empty cell; backwards, the new unit came of several old ones."""


@dataclass(frozen=True, slots=True)
class Group:
    """What a table says of one code: how many rows, and of each measure the sum, None where a cell is empty."""

    rows: int
    sums: Mapping[str, float | int | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reading:
    """One code of the other day: from which codes, and its figures; a measure's ``reasons`` says why one is missing.

    ``reason`` is about the code as a whole; while it is not ``whole`` neither rows nor figures are told.
    """

    code: str
    sources: tuple[str, ...]
    reason: str
    rows: int | None
    sums: Mapping[str, float | int | None]
    reasons: Mapping[str, str]
    absent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Recoded:
    """A table in another day's codes. ``unknown`` are codes not in force on the table's own day, with their rows."""

    readings: tuple[Reading, ...]
    unknown: tuple[tuple[str, int], ...]
    rows: int
    rows_told: int

    @property
    def is_complete(self) -> bool:
        """Say whether every row of the table is in one of the figures told."""
        return self.rows == self.rows_told


def recode(
    groups: Mapping[str, Group], table: CodeTable, *, since: date, until: date, measures: Sequence[str]
) -> Recoded:
    """Read ``groups`` (by codes of ``since``) in the codes of ``until``, forward or back in time."""
    known = {code: one for code, one in groups.items() if table.holds(code, since)}
    unknown = tuple(sorted((code, one.rows) for code, one in groups.items() if code not in known))
    parts = _parts(table, since, until)
    wanted = sorted({code for code, (olds, _reason) in parts.items() if set(olds) & known.keys()})
    readings = tuple(_reading(code, *parts[code], known, measures) for code in wanted)
    told = sum(one.rows or 0 for one in readings)
    return Recoded(readings, unknown, sum(one.rows for one in groups.values()), told)


def _parts(table: CodeTable, since: date, until: date) -> dict[str, tuple[tuple[str, ...], str]]:
    """Return for each code of ``until`` the codes of ``since`` it is made of, and whether they are it, whole."""
    return _forward(table, since, until) if since <= until else _back(table, since, until)


def _forward(table: CodeTable, since: date, until: date) -> dict[str, tuple[tuple[str, ...], str]]:
    fates = {code: table.fate(code, since, until) for code in sorted(table.codes_on(since))}
    made: dict[str, list[str]] = {}
    for code, fate in fates.items():
        for new in fate.codes or {""}:
            made.setdefault(new, []).append(code)
    found = {}
    for new, olds in made.items():
        divided = any(len(fates[old].codes) > 1 for old in olds)
        lost = any(not fates[old].is_whole for old in olds)
        found[new] = tuple(olds), DIVIDED if divided else LOST if lost else WHOLE
    return found


def _back(table: CodeTable, since: date, until: date) -> dict[str, tuple[tuple[str, ...], str]]:
    """Read backwards: an old code gets the figure of the new one only where the two are one for one."""
    return _turned(_forward(table, until, since))


def _turned(forward: Mapping[str, tuple[tuple[str, ...], str]]) -> dict[str, tuple[tuple[str, ...], str]]:
    news: dict[str, list[str]] = {}
    reasons: dict[str, str] = {}
    for new, (olds, reason) in forward.items():
        for old in olds if new else ():
            news.setdefault(old, []).append(new)
            worse = reason if reason != WHOLE else SHARED if len(olds) > 1 else WHOLE
            reasons[old] = worse if reasons.get(old, WHOLE) == WHOLE else reasons[old]
    return {old: (tuple(sorted(codes)), reasons[old]) for old, codes in news.items()}


def _reading(
    code: str, sources: tuple[str, ...], reason: str, groups: Mapping[str, Group], measures: Sequence[str]
) -> Reading:
    absent = tuple(one for one in sources if one not in groups)
    if reason != WHOLE:
        return Reading(code, sources, reason, None, dict.fromkeys(measures), dict.fromkeys(measures, reason), absent)
    held = [groups[one] for one in sources if one in groups]
    sums: dict[str, float | int | None] = {}
    reasons: dict[str, str] = {}
    for name in measures:
        values = [one.sums.get(name) for one in held]
        reasons[name] = SHORT if absent else EMPTY if any(one is None for one in values) else WHOLE
        sums[name] = sum(one for one in values if one is not None) if reasons[name] == WHOLE else None
    return Reading(code, sources, WHOLE, sum(one.rows for one in held), sums, reasons, absent)
