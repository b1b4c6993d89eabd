"""Hours of the week in which something may be done, in Vietnamese time: ``T2-T6 07:30-17:30; T7 07:30-11:30``.

A day is T2 (Monday) to T7 and CN (Sunday). A window ends before its last minute; one that ends at 24:00 lasts the day.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from nganam.kernel.clock import VIETNAM

DAYS = ("T2", "T3", "T4", "T5", "T6", "T7", "CN")
WINDOW = re.compile(r"(T[2-7]|CN)(?:-(T[2-7]|CN))?\s+(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})", re.IGNORECASE)
DAY = 24 * 60
MOST = 20


@dataclass(frozen=True, slots=True)
class Window:
    """Some days of the week (0 is Monday) from one minute of the day until before another."""

    days: tuple[int, ...]
    since: int
    until: int

    def holds(self, at: datetime) -> bool:
        """Say whether the instant lies in the window."""
        there = at.astimezone(VIETNAM)
        return there.weekday() in self.days and self.since <= there.hour * 60 + there.minute < self.until


def read_hours(text: str) -> tuple[Window, ...]:
    """Return the windows a text says, none for an empty one; raise ``ValueError`` with the part that is not one."""
    parts = [one.strip() for one in re.split(r"[;\n]", text) if one.strip()]
    if len(parts) > MOST:
        raise ValueError(parts[MOST])
    return tuple(_window(one) for one in parts)


def _window(text: str) -> Window:
    found = WINDOW.fullmatch(text)
    if found is None:
        raise ValueError(text)
    first = DAYS.index(found[1].upper())
    last = DAYS.index((found[2] or found[1]).upper())
    since, until = _minute(found[3], found[4]), _minute(found[5], found[6])
    if last < first or not 0 <= since < until <= DAY:
        raise ValueError(text)
    return Window(tuple(range(first, last + 1)), since, until)


def _minute(hour: str, minute: str) -> int:
    return int(hour) * 60 + int(minute) if int(minute) < 60 else -1  # noqa: PLR2004 - minutes of an hour


def within(windows: Sequence[Window], at: datetime) -> bool:
    """Say whether an instant lies in one of the windows; without windows every instant does."""
    return not windows or any(one.holds(at) for one in windows)
