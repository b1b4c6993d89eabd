"""Clocks. Only doors (pages, API, jobs, commands) read a clock; everything below takes ``at``."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")


class Clock(Protocol):
    """Anything that can tell the present instant in UTC."""

    def now(self) -> datetime:
        """Return an aware datetime in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the present instant in UTC."""
        return datetime.now(UTC)


@dataclass
class FixedClock:
    """A clock for tests: stands still until moved."""

    at: datetime

    def now(self) -> datetime:
        """Return the instant it was set to."""
        return self.at


def local_date(at: datetime) -> date:
    """Return the Vietnamese calendar date of an aware instant.

    Raises ``ValueError`` for a naive datetime: guessing a zone would move deadlines by a day.
    """
    if at.tzinfo is None:
        msg = "at must be timezone-aware"
        raise ValueError(msg)
    return at.astimezone(VIETNAM).date()
