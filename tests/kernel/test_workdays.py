"""Terms are counted as the Civil Code counts them, over a calendar with Tết and swapped days."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nganam.kernel.workdays import Calendar, add_months

TET_2026 = frozenset(date(2026, 2, day) for day in range(16, 21))
TET_2027 = frozenset(date(2027, 2, day) for day in range(4, 11))
CALENDAR = Calendar(
    days_off=TET_2026 | TET_2027 | {date(2026, 8, 31), date(2026, 9, 1), date(2026, 9, 2)},
    working_weekends=frozenset({date(2026, 8, 22)}),
)
PLAIN = Calendar()

DAYS = st.dates(date(2024, 1, 1), date(2028, 12, 31))
CALENDARS = st.builds(
    Calendar,
    st.frozensets(DAYS, max_size=30),
    st.frozensets(DAYS.filter(lambda day: day.weekday() >= 5), max_size=10),
)


@pytest.mark.law("D35.3")
def test_the_day_of_the_event_is_not_counted() -> None:
    assert PLAIN.add(date(2025, 8, 18), 5) == date(2025, 8, 25)  # Monday, five days, over a weekend
    assert PLAIN.add(date(2025, 8, 19), 2) == date(2025, 8, 21)


def test_a_request_on_a_saturday_starts_counting_on_monday() -> None:
    assert PLAIN.add(date(2026, 11, 21), 1) == date(2026, 11, 23)


def test_tet_2026_is_not_counted() -> None:
    assert CALENDAR.add(date(2026, 2, 13), 5) == date(2026, 2, 27)
    assert CALENDAR.between(date(2026, 2, 13), date(2026, 2, 22)) == 0


def test_tet_2027_is_not_counted() -> None:
    assert CALENDAR.add(date(2027, 2, 2), 2) == date(2027, 2, 11)
    assert CALENDAR.between(date(2027, 2, 3), date(2027, 2, 12)) == 2


def test_a_swapped_saturday_is_worked_and_its_monday_is_off() -> None:
    assert CALENDAR.is_working(date(2026, 8, 22))
    assert not CALENDAR.is_working(date(2026, 8, 31))
    assert CALENDAR.add(date(2026, 8, 21), 2) == date(2026, 8, 24)
    assert CALENDAR.add(date(2026, 8, 28), 1) == date(2026, 9, 3)


def test_an_order_to_work_outweighs_a_day_off() -> None:
    day = date(2026, 8, 22)
    assert Calendar(frozenset({day}), frozenset({day})).is_working(day)


def test_a_term_that_ends_on_a_day_off_ends_on_the_next_working_day() -> None:
    assert CALENDAR.next_working(date(2026, 2, 16)) == date(2026, 2, 23)
    assert CALENDAR.next_working(date(2026, 2, 13)) == date(2026, 2, 13)
    assert CALENDAR.last_working(date(2026, 2, 22)) == date(2026, 2, 13)


def test_zero_days_end_on_the_day_itself_or_the_next_working_one() -> None:
    assert PLAIN.add(date(2026, 11, 24), 0) == date(2026, 11, 24)
    assert PLAIN.add(date(2026, 11, 22), 0) == date(2026, 11, 23)
    assert PLAIN.subtract(date(2026, 11, 22), 0) == date(2026, 11, 20)


@pytest.mark.law("D43.3")
def test_a_notice_seven_working_days_before_tet_is_given_in_time() -> None:
    assert CALENDAR.subtract(date(2026, 2, 23), 7) == date(2026, 2, 5)
    assert PLAIN.subtract(date(2026, 11, 22), 1) == date(2026, 11, 19)  # before a Sunday: Friday must pass whole


@pytest.mark.parametrize("count", [-1, -7])
def test_a_negative_term_is_refused(count: int) -> None:
    with pytest.raises(ValueError, match="negative"):
        PLAIN.add(date(2026, 1, 1), count)
    with pytest.raises(ValueError, match="negative"):
        PLAIN.subtract(date(2026, 1, 1), count)


def test_days_between_are_negative_when_overdue() -> None:
    assert PLAIN.between(date(2026, 11, 24), date(2026, 11, 27)) == 3
    assert PLAIN.between(date(2026, 11, 27), date(2026, 11, 24)) == -3
    assert PLAIN.between(date(2026, 11, 24), date(2026, 11, 24)) == 0


@given(CALENDARS, DAYS, st.integers(0, 30))
def test_a_term_lands_on_a_working_day_with_that_many_days_in_it(calendar: Calendar, day: date, count: int) -> None:
    end = calendar.add(day, count)
    assert calendar.is_working(end)
    if count:
        assert calendar.between(day, end) == count


@given(CALENDARS, DAYS, st.integers(0, 10), st.integers(1, 10))
def test_a_longer_term_and_a_later_start_never_end_earlier(
    calendar: Calendar, day: date, count: int, more: int
) -> None:
    # From a day off, no days and one day both end on the next working day.
    assert calendar.add(day, count + more) >= calendar.add(day, count + (0 if calendar.is_working(day) else 1))
    assert calendar.add(day, count + more + 1) > calendar.add(day, count + more)
    assert calendar.add(day + timedelta(days=more), count) >= calendar.add(day, count)


@given(CALENDARS, DAYS, st.integers(0, 20))
def test_a_notice_on_the_last_day_is_in_time_and_one_working_day_later_is_not(
    calendar: Calendar, day: date, count: int
) -> None:
    last = calendar.subtract(day, count)
    assert calendar.is_working(last)
    assert calendar.add(last, count) <= day
    assert calendar.add(calendar.add(last, 1), count) > day


NEAR = st.dates(date(2026, 2, 1), date(2026, 3, 15))
CROWDED = st.builds(Calendar, st.frozensets(NEAR), st.frozensets(NEAR))


@given(CROWDED, NEAR, st.integers(0, 60))
def test_days_between_are_those_one_counts(calendar: Calendar, first: date, days: int) -> None:
    counted = sum(calendar.is_working(first + timedelta(days=day)) for day in range(1, days + 1))
    assert calendar.between(first, first + timedelta(days=days)) == counted


@given(CALENDARS, DAYS, DAYS, DAYS)
def test_days_between_add_up(calendar: Calendar, first: date, second: date, third: date) -> None:
    early, middle, late = sorted((first, second, third))
    assert calendar.between(early, middle) + calendar.between(middle, late) == calendar.between(early, late)


@pytest.mark.parametrize(
    ("day", "count", "end"),
    [
        (date(2026, 8, 31), 6, date(2027, 2, 28)), (date(2027, 11, 30), 3, date(2028, 2, 29)),
        (date(2026, 11, 24), 3, date(2027, 2, 24)), (date(2026, 12, 15), 0, date(2026, 12, 15)),
        (date(2026, 3, 31), -1, date(2026, 2, 28)), (date(2020, 5, 25), 6, date(2020, 11, 25)),
        (date(2026, 12, 31), 12, date(2027, 12, 31)),
    ],
)  # fmt: skip
def test_months_end_on_the_same_number_or_the_last_day(day: date, count: int, end: date) -> None:
    assert add_months(day, count) == end


@given(DAYS, st.integers(-24, 24))
def test_months_move_by_exactly_that_many(day: date, count: int) -> None:
    end = add_months(day, count)
    assert (end.year * 12 + end.month) - (day.year * 12 + day.month) == count
    assert end.day <= day.day
