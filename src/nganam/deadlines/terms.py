"""Finds how long a clock runs: by law from the case's rule set, else by a local choice marked "nội bộ"."""

from dataclasses import dataclass
from datetime import date, timedelta

from nganam.deadlines.models import LocalTerm
from nganam.kernel.workdays import Calendar, add_months
from nganam.law.rules import RuleSet
from nganam.law.rules import rules as rule_set

LOCAL = "nội bộ"


class MissingTerm(LookupError):
    """Neither the rule set nor a local term gives a clock its days: a programming error in a workflow table."""


@dataclass(frozen=True, slots=True)
class LocalDefault:
    """The days a room proposes for a step the law leaves open; becomes a ``LocalTerm`` row when first needed."""

    key: str
    value: int
    vi: str
    en: str
    unit: str = "working_days"


@dataclass(frozen=True, slots=True)
class Length:
    """A term as a clock needs it: ``value`` in ``unit``, where it comes from and what it is called."""

    value: str
    unit: str
    article: str
    is_local: bool
    vi: str
    en: str


_defaults: dict[str, LocalDefault] = {}


def declare_local(*defaults: LocalDefault) -> None:
    """Declare local defaults; called by a room's ``apps.ready()``. The database row, once made, has the last word."""
    for one in defaults:
        known = _defaults.setdefault(one.key, one)
        if known != one:
            raise ValueError(f"local term {one.key!r} is declared twice with different values")


def declared() -> tuple[LocalDefault, ...]:
    """Return every declared local default in order of key."""
    return tuple(_defaults[key] for key in sorted(_defaults))


def length_of(key: str, version: str) -> Length:
    """Return the term for ``key`` under rule set ``version``; a local row only where the law is silent.

    Raises ``MissingTerm`` when nobody gives one.
    """
    found = _statutory(key, rule_set(version))
    return found or _local(key)


def is_local(key: str, version: str) -> bool:
    """Say whether the law is silent about a term under rule set ``version``."""
    return _statutory(key, rule_set(version)) is None


def _statutory(key: str, rules: RuleSet) -> Length | None:
    try:
        term = rules.term(key)
    except LookupError:
        return None
    if term.is_notice:
        raise MissingTerm(f"{key!r} is counted back from a planned event; use Calendar.subtract, not a clock")
    return Length(str(term.value), term.unit, term.article, is_local=False, vi=term.vi, en=term.en)


def _local(key: str) -> Length:
    row = LocalTerm.objects.filter(key=key).first()
    if row is None:
        row = _make_row(key)
    return Length(str(row.value), row.unit, LOCAL, is_local=True, vi=row.vi, en=row.en)


def span(key: str) -> timedelta:
    """Return how long a declared local term is where nothing falls due: what is kept, looked ahead at, waited for.

    A month counts thirty days and a working day one. Reads only: unlike a clock's term it makes no row.
    """
    default = _defaults[key]
    row = LocalTerm.objects.filter(key=key).values_list("value", "unit").first()
    value, unit = row or (default.value, default.unit)
    return timedelta(days=value * (30 if unit == "months" else 1))


def _make_row(key: str) -> LocalTerm:
    try:
        default = _defaults[key]
    except KeyError as error:
        raise MissingTerm(f"no statutory or local term for {key!r}") from error
    values = {"value": default.value, "unit": default.unit, "vi": default.vi, "en": default.en}
    return LocalTerm.objects.get_or_create(key=key, defaults=values)[0]


def until(day: date, *, article: str, vi: str, en: str) -> Length:
    """Return the term that ends with ``day``: one that a person set for one case, which the law lets them."""
    first_late = day + timedelta(days=1)
    return Length(first_late.isoformat(), "before_date", article, is_local=article == LOCAL, vi=vi, en=en)


def due_on(length: Length, day: date, calendar: Calendar) -> date:
    """Return the last day in time for a term that starts with an event on ``day``.

    The day of the event is not counted. A term in calendar days or months whose last day is a day off ends on the next
    working day (Civil Code 2015, Articles 147-148). ``before_date`` (``12-31``) ends on the day before that date.
    """
    if length.unit == "working_days":
        return calendar.add(day, int(length.value))
    if length.unit == "days":
        return calendar.next_working(day + timedelta(days=int(length.value)))
    if length.unit == "months":
        return calendar.next_working(add_months(day, int(length.value)))
    return _named_day(length.value, day) - timedelta(days=1)


def _named_day(value: str, day: date) -> date:
    """Return the first ``MM-DD`` after ``day``, or the fixed ``YYYY-MM-DD``."""
    if value.count("-") > 1:
        return date.fromisoformat(value)
    # Read in a leap year, so that "02-29" has a meaning; in other years it is the last day of February.
    read = date.fromisoformat(f"2028-{value}")
    this_year = add_months(read, 12 * (day.year - read.year))
    return this_year if this_year > day else add_months(read, 12 * (day.year + 1 - read.year))
