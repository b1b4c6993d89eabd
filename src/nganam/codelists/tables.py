"""A code list as plain data: which code was in force when, and which codes took over from it. Plain Python, no Django.

Days are half-open: a span holds from ``start`` until the day before ``end``; ``end`` None is still in force.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from typing import NamedTuple


class Span(NamedTuple):
    """A code while it was in force under one meaning; the same code may have further spans."""

    code: str
    start: date
    end: date | None

    def holds(self, day: date) -> bool:
        """Say whether the code was in force on ``day``."""
        return self.start <= day and (self.end is None or day < self.end)


class Move(NamedTuple):
    """On a day, ``new`` took over (all or part) of what ``old`` stood for until then."""

    on: date
    old: str
    new: str


class Fate(NamedTuple):
    """What became of a code by a later day: the codes that hold what it stood for.

    ``is_whole`` says that nothing of it was lost on the way: no part ended without a successor.
    """

    codes: frozenset[str]
    is_whole: bool


@dataclass(frozen=True)
class CodeTable:
    """All spans and moves of a list. ``title`` is how messages name it."""

    code: str
    title: str
    spans: tuple[Span, ...]
    moves: tuple[Move, ...] = ()

    @cached_property
    def _by_code(self) -> Mapping[str, list[Span]]:
        found: dict[str, list[Span]] = {}
        for one in self.spans:
            found.setdefault(one.code, []).append(one)
        return found

    @cached_property
    def _events(self) -> list[tuple[date, Mapping[str, frozenset[str]]]]:
        """Return day by day which codes then stood for something else: an empty set is an end without successor."""
        found: dict[date, dict[str, set[str]]] = {}
        for one in self.moves:
            found.setdefault(one.on, {}).setdefault(one.old, set()).add(one.new)
        for span in self.spans:
            if span.end:
                found.setdefault(span.end, {}).setdefault(span.code, set())
        return [(day, {old: frozenset(new) for old, new in found[day].items()}) for day in sorted(found)]

    def with_rests(self, going_on: Collection[Move] = ()) -> "CodeTable":
        """Return the table in which a code that gave away a part and stands on keeps the rest: it is then divided.

        So it is where nobody is said to have taken over the code itself that day, and for the moves ``going_on``.
        """
        taken = {(one.on, one.new) for one in self.moves}
        giving = {(one.on, one.old) for one in self.moves if self.holds(one.old, one.on)} - taken
        giving |= {(one.on, one.old) for one in going_on}
        rests = {Move(day, code, code) for day, code in giving} - set(self.moves)
        return replace(self, moves=(*self.moves, *sorted(rests)))

    @cached_property
    def first_day(self) -> date | None:
        """Return the first day the list says anything about."""
        return min((one.start for one in self.spans), default=None)

    @cached_property
    def change_days(self) -> tuple[date, ...]:
        """Return the days on which codes began, ended or were taken over, oldest first."""
        days = {one.start for one in self.spans} | {one.end for one in self.spans if one.end}
        return tuple(sorted(days | {one.on for one in self.moves}))

    def holds(self, code: str, day: date) -> bool:
        """Say whether ``code`` was in force on ``day``."""
        return any(one.holds(day) for one in self._by_code.get(code, ()))

    def codes_on(self, day: date) -> frozenset[str]:
        """Return the codes in force on ``day``."""
        return frozenset(one.code for one in self.spans if one.holds(day))

    def ended(self, code: str, day: date) -> date | None:
        """Return the last day by ``day`` on which ``code`` ceased to be in force, or None."""
        return max((one.end for one in self._by_code.get(code, ()) if one.end and one.end <= day), default=None)

    def begins(self, code: str, day: date) -> date | None:
        """Return the first day after ``day`` on which ``code`` comes into force, or None."""
        return min((one.start for one in self._by_code.get(code, ()) if one.start > day), default=None)

    def fate(self, code: str, since: date, until: date) -> Fate:
        """Return what on ``until`` holds what ``code`` stood for on ``since`` (which is not later)."""
        held, is_whole = {code}, True
        for day, taken in self._events:
            if since < day <= until:
                is_whole = is_whole and all(taken.get(one, True) for one in held)
                held = {new for one in held for new in taken.get(one, {one})}
        standing = frozenset(one for one in held if self.holds(one, until))
        return Fate(standing, is_whole and standing == held and bool(held))

    def heirs(self, code: str, day: date) -> tuple[str, ...]:
        """Return the codes in force on ``day`` that took over from one that ended by then, in order."""
        end = self.ended(code, day)
        if end is None:
            return ()
        return tuple(sorted(self.fate(code, end - timedelta(days=1), day).codes - {code}))


def joined(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Join spans of one code that follow each other without a gap: renamed, a code goes on."""
    found: list[Span] = []
    for one in sorted(spans, key=lambda span: (span.code, span.start)):
        if found and found[-1].code == one.code and found[-1].end == one.start:
            found[-1] = Span(one.code, found[-1].start, one.end)
        else:
            found.append(one)
    return tuple(found)
