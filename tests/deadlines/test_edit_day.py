"""The working calendar: what ships, who edits it, and what an edit does to clocks that run."""

import re
from datetime import UTC, date, datetime, timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from nganam.audit.models import Entry
from nganam.deadlines import queries
from nganam.deadlines.models import CalendarDay, Clock, LocalTerm
from nganam.deadlines.operations import (
    change_local_term,
    edit_day,
    set_local_term,
    start_clock,
    stop_clocks,
    take_reminders,
)
from nganam.deadlines.reference import load_calendar, shipped_days
from nganam.deadlines.terms import span
from nganam.deadlines.yearview import months_of
from nganam.kernel.errors import Invalid, NotAllowed, NotFound

pytestmark = pytest.mark.django_db
FRIDAY, SATURDAY = date(2026, 11, 6), date(2026, 11, 7)


@pytest.fixture
def clock(minh, at):
    return start_clock(
        key="acct_issue", object_type="sharing.request", object_code="YC-2026-0001", agency="CT-SYT", at=at,
        rules="2020-05-25", actor=minh,
    )  # fmt: skip


def test_the_shipped_calendar_knows_tet_and_swapped_days_of_five_years():
    calendar = queries.calendar()
    assert not calendar.is_working(date(2026, 2, 17))
    assert calendar.is_working(date(2026, 8, 22))
    assert not calendar.is_working(date(2026, 8, 31))
    assert queries.known_years() == [2024, 2025, 2026, 2027, 2028]
    assert len(list(shipped_days())) == CalendarDay.objects.count() == 77
    assert str(queries.edited_day(date(2026, 2, 17))) == "17/02/2026 Tết Nguyên Đán"
    assert queries.edited_day(FRIDAY) is None
    assert queries.days_of(2026).count() == 17


def test_loading_the_shipped_calendar_again_keeps_what_was_edited(minh, at):
    edit_day(day=date(2026, 2, 17), kind="off", name="Mùng một", actor=minh, at=at)
    load_calendar(CalendarDay)
    assert queries.edited_day(date(2026, 2, 17)).name == "Mùng một"
    assert CalendarDay.objects.count() == 77


def test_the_swap_of_new_year_2026_is_known():
    calendar = queries.calendar()
    assert not calendar.is_working(date(2026, 1, 2))
    assert calendar.is_working(date(2026, 1, 10))
    assert calendar.between(date(2025, 12, 31), date(2026, 1, 11)) == 6
    assert str(queries.edited_day(date(2026, 1, 2))) == "02/01/2026 Ngày nghỉ (thay cho ngày 10/01/2026)"


def test_an_older_calendar_gets_the_swap_and_keeps_what_was_edited_or_removed(minh, at):
    edit_day(day=date(2026, 1, 2), kind="off", name="Nghỉ bù", actor=minh, at=at)
    for gone in (date(2026, 1, 10), date(2026, 11, 24)):
        edit_day(day=gone, kind="", name="", actor=minh, at=at)
    swap = import_module("nganam.deadlines.migrations.0003_new_year_2026")
    swap.load(apps, None)
    assert queries.edited_day(date(2026, 1, 2)).name == "Nghỉ bù"
    assert queries.edited_day(date(2026, 1, 10)).kind == "working"
    assert queries.edited_day(date(2026, 11, 24)) is None


def test_shipped_days_make_sense():
    days = {day: kind for day, kind, _name in shipped_days()}
    assert list(days) == sorted(days)
    assert len(days) == len(list(shipped_days()))
    worked = [day for day, kind in days.items() if kind == "working"]
    assert all(day.weekday() >= 5 for day in worked)
    in_exchange = {name: day for day, kind, name in shipped_days() if "thay cho ngày" in name}
    assert {f"Ngày nghỉ (thay cho ngày {day:%d/%m/%Y})" for day in worked} == in_exchange.keys()


def test_a_new_day_off_moves_running_clocks_and_is_recorded(clock, minh, at):
    assert edit_day(day=FRIDAY, kind="off", name=" Nghỉ bão ", actor=minh, at=at) == 1
    clock.refresh_from_db()
    assert clock.due_on == date(2026, 11, 11)
    entry = Entry.objects.get()
    assert (entry.action, entry.object_code, entry.actor_code) == ("deadlines.calendar.edited", "2026-11-06", "minh")
    assert entry.details["moved"] == [
        {"key": "acct_issue", "object": "YC-2026-0001", "from": "2026-11-10", "to": "2026-11-11"}
    ]
    assert entry.details["kind_before"] == ""
    assert queries.edited_day(FRIDAY).name == "Nghỉ bão"


def test_a_worked_saturday_moves_clocks_the_other_way_and_removing_it_moves_them_back(clock, minh, at):
    edit_day(day=SATURDAY, kind="working", name="Làm bù", actor=minh, at=at)
    clock.refresh_from_db()
    assert clock.due_on == date(2026, 11, 9)
    assert edit_day(day=SATURDAY, kind="", name="", actor=minh, at=at) == 1
    clock.refresh_from_db()
    assert clock.due_on == date(2026, 11, 10)
    assert Entry.objects.last().details["kind_before"] == "working"


def test_stopped_clocks_and_clocks_of_other_weeks_stay(clock, minh, at):
    assert edit_day(day=date(2026, 12, 7), kind="off", name="x", actor=minh, at=at) == 0
    stop_clocks(None, "sharing.request", "YC-2026-0001", at=at)
    assert edit_day(day=FRIDAY, kind="off", name="x", actor=minh, at=at) == 0
    clock.refresh_from_db()
    assert clock.due_on == date(2026, 11, 10)


def test_a_clock_that_moved_is_told_about_again(clock, minh, at):
    eve = datetime(2026, 11, 9, 1, tzinfo=UTC)
    assert [one.is_overdue for one in take_reminders(at=eve)] == [False]
    assert take_reminders(at=eve) == []
    edit_day(day=date(2026, 11, 10), kind="off", name="x", actor=minh, at=eve)
    assert Clock.objects.get().warned_at is None
    assert [one.clock.due_on for one in take_reminders(at=eve)] == [date(2026, 11, 11)]
    late = datetime(2026, 11, 12, 1, tzinfo=UTC)
    assert [one.is_overdue for one in take_reminders(at=late)] == [True]
    assert take_reminders(at=late) == []


def test_only_the_lead_agency_edits(lan, minh, at):
    with pytest.raises(NotAllowed):
        edit_day(day=FRIDAY, kind="off", name="x", actor=lan, at=at)
    with pytest.raises(NotAllowed):
        set_local_term(key="x", value=1, unit="days", vi="x", en="x", actor=lan, at=at)
    assert queries.edited_day(FRIDAY) is None


@pytest.mark.parametrize(
    ("day", "kind", "name", "field"),
    [(FRIDAY, "working", "x", "kind"), (FRIDAY, "holiday", "x", "kind"), (FRIDAY, "off", "  ", "name")],
)
def test_a_day_that_makes_no_sense_is_refused_with_the_field(day, kind, name, field, minh, at):
    with pytest.raises(Invalid) as refused:
        edit_day(day=day, kind=kind, name=name, actor=minh, at=at)
    assert list(refused.value.fields) == [field]
    assert not Entry.objects.exists()


def test_a_local_term_is_set_recorded_and_does_not_touch_running_clocks(clock, minh, at):
    set_local_term(key="opinion", value=2, unit="days", vi="Ý kiến", en="Opinion", actor=minh, at=at)
    set_local_term(key="opinion", value=3, unit="working_days", vi="Ý kiến", en="Opinion", actor=minh, at=at)
    assert queries.local_term("opinion").value == 3
    assert {one.key for one in queries.local_terms()} >= set(LocalTerm.objects.values_list("key", flat=True))
    assert Entry.objects.last().details["before"] == {"value": 2, "unit": "days"}
    with pytest.raises(NotFound):
        queries.local_term("other")
    with pytest.raises(Invalid) as refused:
        set_local_term(key="opinion", value=0, unit="years", vi="x", en="x", actor=minh, at=at)
    assert refused.value.fields.keys() == {"value", "unit"}


def test_a_year_is_laid_out_by_weeks_with_what_each_day_is():
    months = months_of(2026, queries.calendar())
    february, august = months[1], months[7]
    days = {cell.day.day: cell.kind for week in february.weeks for cell in week if cell}
    assert len(months) == 12
    assert [days[17], days[18], days[21], days[23]] == ["off", "off", "weekend", "working"]
    assert february.working == 15
    swapped = {cell.day.day: cell.kind for week in august.weeks for cell in week if cell}
    assert (swapped[22], swapped[31]) == ("swapped", "off")
    april = {cell.day.day: cell.kind for week in months[3].weeks for cell in week if cell}
    assert april[26] == "off"
    assert all(len(week) == 7 for month in months for week in month.weeks)


def test_a_local_number_nothing_has_needed_yet_is_shown_and_changed(minh, at):
    assert not LocalTerm.objects.filter(key="desk_soon").exists()
    assert queries.local_term("desk_soon").value == span("desk_soon").days == 3
    change_local_term(key="desk_soon", value=5, unit="days", actor=minh, at=at)
    assert span("desk_soon") == timedelta(days=5)
    change_local_term(key="desk_soon", value=2, unit="months", actor=minh, at=at)
    assert span("desk_soon") == timedelta(days=60)
    assert [one.key for one in queries.local_terms()] == sorted(one.key for one in queries.local_terms())


def test_a_change_of_the_calendar_waits_for_the_record_before_it_takes_clocks(clock, minh, at):
    with CaptureQueriesContext(connection) as asked:
        edit_day(day=FRIDAY, kind="off", name="Nghỉ bão", actor=minh, at=at)
    assert taken_in(asked)[0] == "audit_head"


def test_reminders_wait_for_the_record_before_they_take_clocks(clock, at):
    with CaptureQueriesContext(connection) as asked:
        assert take_reminders(at=at + timedelta(days=30))
    assert taken_in(asked)[0] == "audit_head"


def taken_in(asked):
    """Return the tables of the record's head and of clocks in the order in which they were asked for."""
    named = [re.search("(audit_head|deadlines_clock)", one["sql"]) for one in asked]
    return [one[0] for one in named if one]
