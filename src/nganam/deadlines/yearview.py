"""A year laid out for the page: months, weeks, days with what the calendar says of each."""

import calendar as months
from dataclasses import dataclass
from datetime import date

from nganam.kernel.workdays import Calendar

SATURDAY = 5


@dataclass(frozen=True, slots=True)
class DayCell:
    """One day of the page; ``kind`` is "working", "weekend", "off" (by the calendar) or "swapped" (weekend worked)."""

    day: date
    kind: str


@dataclass(frozen=True, slots=True)
class Month:
    """A month: ``weeks`` of seven cells from Monday, ``None`` outside the month."""

    number: int
    weeks: tuple[tuple[DayCell | None, ...], ...]
    working: int


def months_of(year: int, calendar: Calendar) -> list[Month]:
    """Return the twelve months of ``year``."""
    return [_month(year, number, calendar) for number in range(1, 13)]


def _month(year: int, number: int, calendar: Calendar) -> Month:
    grid = months.Calendar().monthdatescalendar(year, number)
    weeks = tuple(tuple(_cell(day, calendar) if day.month == number else None for day in week) for week in grid)
    working = sum(calendar.is_working(day) for week in grid for day in week if day.month == number)
    return Month(number, weeks, working)


def _cell(day: date, calendar: Calendar) -> DayCell:
    if day.weekday() >= SATURDAY:
        kind = "swapped" if calendar.is_working(day) else "weekend"
        return DayCell(day, "off" if kind == "weekend" and day in calendar.days_off else kind)
    return DayCell(day, "working" if calendar.is_working(day) else "off")
