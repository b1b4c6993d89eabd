"""Reads of clocks and of the working calendar."""

from collections.abc import Iterable
from datetime import date, datetime

from django.db.models import F, Q, QuerySet, Subquery
from django.utils.translation import gettext as _

from nganam.deadlines.models import CalendarDay, Clock, LocalTerm
from nganam.deadlines.terms import LocalDefault, declared, is_local, length_of
from nganam.kernel.clock import local_date
from nganam.kernel.errors import NotFound
from nganam.kernel.workdays import Calendar


def calendar() -> Calendar:
    """Return the working calendar as it stands now."""
    return _calendar(CalendarDay.objects.values_list("day", "kind"))


def calendar_and_days(key: str, version: str) -> tuple[Calendar, int]:
    """Return the working calendar and the days of a term: one question where the term is a local one."""
    local = Subquery(LocalTerm.objects.filter(key=key).values("value")[:1])
    rows = list(CalendarDay.objects.values_list("day", "kind", local))
    known = rows[0][2] if rows and is_local(key, version) else None
    days = int(length_of(key, version).value) if known is None else int(known)
    return _calendar((day, kind) for day, kind, _days in rows), days


def _calendar(days: Iterable[tuple[date, str]]) -> Calendar:
    told = list(days)
    return Calendar(
        days_off=frozenset(day for day, kind in told if kind == CalendarDay.Kind.OFF),
        working_weekends=frozenset(day for day, kind in told if kind == CalendarDay.Kind.WORKING),
    )


def days_of(year: int) -> QuerySet[CalendarDay]:
    """Return the days of ``year`` that differ from the ordinary week."""
    return CalendarDay.objects.filter(day__year=year)


def known_years() -> list[int]:
    """Return the years the calendar has days for: beyond them due dates know weekends only."""
    return [day.year for day in CalendarDay.objects.dates("day", "year")]


def clocks_of(object_type: str, object_code: str) -> QuerySet[Clock]:
    """Return every clock of one thing, running and stopped, in order of start."""
    return Clock.objects.filter(object_type=object_type, object_code=object_code).order_by("started_at", "pk")


def open_clocks(agency: str | None = None) -> QuerySet[Clock]:
    """Return running clocks, nearest due first; of one agency when given."""
    running = Clock.objects.filter(stopped_at__isnull=True)
    return running if agency is None else running.filter(agency=agency)


def overdue(at: datetime, agency: str | None = None) -> QuerySet[Clock]:
    """Return running clocks whose last day is over at ``at`` (Vietnamese date)."""
    return open_clocks(agency).filter(due_on__lt=local_date(at))


def late_untold(at: datetime) -> QuerySet[Clock]:
    """Return overdue clocks of which nobody has been told yet."""
    return overdue(at).filter(overdue_told_at__isnull=True)


def missed(at: datetime, agency: str | None = None) -> QuerySet[Clock]:
    """Return clocks that ran past their last day: still running, or stopped after it."""
    late = Q(stopped_at__isnull=True, due_on__lt=local_date(at)) | Q(stopped_at__date__gt=F("due_on"))
    found = Clock.objects.filter(late)
    return found if agency is None else found.filter(agency=agency)


def days_left(clock: Clock, at: datetime, working: Calendar | None = None) -> int:
    """Return working days left to the last day: 0 today, negative when overdue (by working days)."""
    return (working or calendar()).between(local_date(at), clock.due_on)


def local_terms() -> list[LocalTerm]:
    """Return the local terms in order of key, with those a room has declared and nothing has needed yet."""
    found = {one.key: one for one in LocalTerm.objects.all()}
    found |= {one.key: _proposed(one) for one in declared() if one.key not in found}
    return [found[key] for key in sorted(found)]


def _proposed(one: LocalDefault) -> LocalTerm:
    return LocalTerm(key=one.key, value=one.value, unit=one.unit, vi=one.vi, en=one.en)


def edited_day(day: date) -> CalendarDay | None:
    """Return what the calendar says of ``day``, or ``None`` for an ordinary day."""
    return CalendarDay.objects.filter(day=day).first()


def local_term(key: str) -> LocalTerm:
    """Return a local term; raise ``NotFound`` for an unknown key."""
    found = next((one for one in local_terms() if one.key == key), None)
    if found is None:
        raise NotFound(_("Không có thời hạn nội bộ này."))
    return found
