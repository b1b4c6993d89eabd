"""Local choices of the desk in days (nội bộ): shown and changed where all local terms are, ``/lich-lam-viec/``."""

from datetime import timedelta

from nganam.deadlines.terms import LocalDefault, span

SOON = LocalDefault("desk_soon", 3, "Bàn làm việc: coi là sắp đến hạn", "Desk: counted as due soon", "days")
PAST = LocalDefault("desk_calendar_past", 60, "Lịch điện tử: giữ thời hạn đã qua", "Calendar: past deadlines", "days")


def soon() -> timedelta:
    """Return how far ahead a deadline is counted as near."""
    return span(SOON.key)


def past() -> timedelta:
    """Return how long a deadline that has passed stays in the calendar of an agency."""
    return span(PAST.key)
