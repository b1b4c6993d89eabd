"""Working days and terms as the Civil Code counts them (BLDS 2015, Articles 147 and 148).

The day of the event is not counted; a term whose last day is a day off ends on the next working day; a term in months
ends on the day of the same number, or on the last day of a month that has no such day.
"""

import calendar as months
from dataclasses import dataclass, field
from datetime import date, timedelta

_DAY = timedelta(days=1)
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Calendar:
    """Days off and working weekends of the years in question; Saturday and Sunday are off unless swapped.

    A date in both sets is a working day: an order to work (a swapped Saturday) is the more particular one.
    """

    days_off: frozenset[date] = field(default_factory=frozenset)
    working_weekends: frozenset[date] = field(default_factory=frozenset)

    def is_working(self, day: date) -> bool:
        """Say whether offices work on ``day``."""
        if day in self.working_weekends:
            return True
        return day.weekday() < _SATURDAY and day not in self.days_off

    def next_working(self, day: date) -> date:
        """Return ``day`` itself if offices work on it, else the first working day after it."""
        while not self.is_working(day):
            day += _DAY
        return day

    def last_working(self, day: date) -> date:
        """Return ``day`` itself if offices work on it, else the last working day before it."""
        while not self.is_working(day):
            day -= _DAY
        return day

    def add(self, day: date, count: int) -> date:
        """Return the last day of a term of ``count`` working days that an event on ``day`` starts.

        The day of the event is not counted. Zero means the same day, or the next working one. Refuses less than zero.
        """
        _refuse_negative(count)
        if count == 0:
            return self.next_working(day)
        for _ in range(count):
            day = self.next_working(day + _DAY)
        return day

    def subtract(self, day: date, count: int) -> date:
        """Return the latest working day from which ``count`` full working days pass by ``day``.

        It is the last day for a notice "at least ``count`` working days before": ``add`` of it is not after ``day``.
        """
        _refuse_negative(count)
        day = self.last_working(day)
        for _ in range(count):
            day = self.last_working(day - _DAY)
        return day

    def between(self, start: date, end: date) -> int:
        """Return the working days after ``start`` up to and with ``end``; negative when ``end`` is earlier."""
        if end < start:
            return -self.between(end, start)
        # Counted by weeks, not by days: what is years overdue costs as little as what is due tomorrow.
        off = sum(start < day <= end and day.weekday() < _SATURDAY for day in self.days_off - self.working_weekends)
        worked = sum(start < day <= end and day.weekday() >= _SATURDAY for day in self.working_weekends)
        return _weekdays(end) - _weekdays(start) - off + worked


def _weekdays(day: date) -> int:
    """Return the Mondays to Fridays from 1 January of year 1, a Monday, to ``day``."""
    weeks, rest = divmod(day.toordinal(), 7)
    return weeks * _SATURDAY + min(rest, _SATURDAY)


def add_months(day: date, count: int) -> date:
    """Return the day of the same number ``count`` months on (or back), the month's last day if it has none such."""
    year, month = divmod(day.year * 12 + day.month - 1 + count, 12)
    return date(year, month + 1, min(day.day, months.monthrange(year, month + 1)[1]))


def _refuse_negative(count: int) -> None:
    if count < 0:
        raise ValueError("a term cannot be negative")
