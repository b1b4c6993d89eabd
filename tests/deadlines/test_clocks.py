"""Starting and stopping clocks, by law and by local choice."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from nganam.deadlines import queries, terms
from nganam.deadlines.models import Clock, LocalTerm
from nganam.deadlines.operations import start_clock, stop_clocks
from nganam.kernel.actors import system
from nganam.kernel.clock import VIETNAM, local_date
from nganam.kernel.workdays import Calendar

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 3, 5, 0, tzinfo=UTC)
terms.declare_local(terms.LocalDefault("test_opinion", 2, "Cho ý kiến", "Give an opinion"))


def start(key="acct_issue", at=NOON, rules="2020-05-25", code="YC-2026-0001", agency="CT-SYT"):
    return start_clock(
        key=key, object_type="sharing.request", object_code=code, agency=agency, at=at, rules=rules,
        actor=system("test"),
    )  # fmt: skip


@pytest.mark.law("D35.3")
@pytest.mark.parametrize(
    ("received", "rules", "due"),
    [
        (datetime(2024, 2, 6, 3, tzinfo=UTC), "2020-05-25", date(2024, 2, 20)),  # over Tết: 8-14 February are off
        (datetime(2026, 8, 20, 3, tzinfo=UTC), "2020-05-25", date(2026, 8, 26)),  # Saturday 22 August is worked
        (datetime(2025, 8, 18, 3, tzinfo=UTC), "2020-05-25", date(2025, 8, 25)),
        (datetime(2025, 8, 19, 3, tzinfo=UTC), "2025-08-19", date(2025, 8, 21)),
        (datetime(2026, 11, 3, 17, tzinfo=UTC), "2025-08-19", date(2026, 11, 6)),  # already the 4th in Vietnam
        (datetime(2026, 11, 20, 3, tzinfo=UTC), "2025-08-19", date(2026, 11, 25)),  # 24 November is off
    ],
)
def test_the_provider_has_five_then_two_working_days_from_receipt(received, rules, due):
    clock = start(at=received, rules=rules)
    assert clock.due_on == due
    assert not clock.is_local
    assert clock.label
    assert clock.label != clock.key


@pytest.mark.law("D35.3", "D49.1", "D25.1", "D43.5")
@pytest.mark.parametrize(
    ("key", "rules", "received", "due"),
    [
        # Tết 2026: offices close on Friday 13 February and open on Monday 23.
        ("acct_issue", "2025-10-22", date(2026, 2, 13), date(2026, 2, 24)),
        ("acct_issue", "2025-10-22", date(2026, 2, 12), date(2026, 2, 23)),
        ("acct_issue", "2025-10-22", date(2026, 2, 17), date(2026, 2, 24)),  # on the first day of Tết itself
        ("acct_issue", "2020-05-25", date(2026, 2, 13), date(2026, 2, 27)),
        ("dispute_l1", "2025-10-22", date(2026, 2, 13), date(2026, 3, 3)),
        ("svc_publish", "2025-10-22", date(2026, 2, 13), date(2026, 2, 23)),
        ("breach_notice", "2025-10-22", date(2026, 2, 13), date(2026, 2, 23)),
        # Tết 2027, as expected now: they close on Wednesday 3 February and open on Thursday 11.
        ("acct_issue", "2025-10-22", date(2027, 2, 3), date(2027, 2, 12)),
        ("acct_issue", "2025-10-22", date(2027, 2, 2), date(2027, 2, 11)),
        ("acct_issue", "2020-05-25", date(2027, 2, 3), date(2027, 2, 17)),
        ("dispute_l1", "2025-10-22", date(2027, 2, 3), date(2027, 2, 19)),
        ("breach_notice", "2025-10-22", date(2027, 2, 3), date(2027, 2, 11)),
        # New Year 2026: Friday 2 January off, Saturday 10 January worked.
        ("acct_issue", "2025-10-22", date(2025, 12, 31), date(2026, 1, 6)),
        ("acct_issue", "2025-10-22", date(2026, 1, 8), date(2026, 1, 10)),
        ("acct_issue", "2025-10-22", date(2026, 1, 9), date(2026, 1, 12)),
        ("acct_issue", "2020-05-25", date(2026, 1, 5), date(2026, 1, 10)),
        ("breach_notice", "2025-10-22", date(2026, 1, 1), date(2026, 1, 5)),
        ("breach_notice", "2025-10-22", date(2026, 1, 9), date(2026, 1, 10)),
        # The national day of 2026: Saturday 22 August worked, Monday 31 August to Wednesday 2 September off.
        ("acct_issue", "2025-10-22", date(2026, 8, 21), date(2026, 8, 24)),
        ("acct_issue", "2025-10-22", date(2026, 8, 28), date(2026, 9, 4)),
    ],
)
def test_tet_and_swapped_days_are_counted_as_they_are_worked(key, rules, received, due):
    assert start(key, at=datetime.combine(received, time(9), VIETNAM), rules=rules).due_on == due


@pytest.mark.law("D34.2", "S10.4")
@pytest.mark.parametrize(
    ("key", "last", "due"),
    [
        ("default_list_review", date(2026, 7, 31), date(2027, 2, 1)),  # 31 January 2027 is a Sunday
        ("default_list_review", date(2026, 8, 4), date(2027, 2, 11)),  # 4 February 2027 is within Tết
        ("default_list_review", date(2025, 7, 2), date(2026, 1, 5)),  # 2 January 2026 was swapped
        ("default_list_review", date(2025, 7, 10), date(2026, 1, 10)),  # for Saturday 10 January
        ("default_list_review", date(2027, 8, 31), date(2028, 2, 29)),  # a leap year
        ("open_update", date(2026, 11, 30), date(2027, 3, 1)),  # February has no 30th, and its 28th is a Sunday
        ("open_update", date(2025, 11, 17), date(2026, 2, 23)),  # 17 February 2026 is the first day of Tết
    ],
)
def test_months_end_at_the_end_of_a_month_and_after_tet(key, last, due):
    assert start(key, at=datetime.combine(last, time(9), VIETNAM), rules="2025-08-19").due_on == due


@pytest.mark.law("D25.1")
def test_a_ready_service_is_published_within_one_working_day():
    assert start("svc_publish", at=datetime(2026, 11, 6, 3, tzinfo=UTC)).due_on == date(2026, 11, 9)


@pytest.mark.law("D43.5")
def test_a_breach_is_told_within_one_calendar_day_or_the_next_working_day():
    assert start("breach_notice", at=datetime(2026, 11, 3, 3, tzinfo=UTC)).due_on == date(2026, 11, 4)
    friday = start("breach_notice", at=datetime(2026, 11, 6, 3, tzinfo=UTC), code="YC-2")
    assert friday.due_on == date(2026, 11, 9)


@pytest.mark.law("D34.2")
def test_a_term_in_months_ends_on_the_same_number_or_the_next_working_day():
    assert start("default_list_review", at=datetime(2026, 2, 3, 3, tzinfo=UTC)).due_on == date(2026, 8, 3)
    sunday = start("default_list_review", at=datetime(2026, 8, 31, 3, tzinfo=UTC), code="YC-2")
    assert sunday.due_on == date(2027, 3, 1)


@pytest.mark.law("D16.4")
def test_before_31_december_means_30_december_at_the_latest():
    assert start("self_eval_report").due_on == date(2026, 12, 30)
    assert start("self_eval_report", at=datetime(2026, 12, 31, 3, tzinfo=UTC), code="Y").due_on == date(2027, 12, 30)


def test_a_fixed_date_and_the_29th_of_february_are_understood():
    def due(value, day):
        length = terms.Length(value, "before_date", "x", is_local=False, vi="x", en="x")
        return terms.due_on(length, day, Calendar())

    assert due("2026-12-31", date(2025, 3, 1)) == date(2026, 12, 30)
    assert due("02-29", date(2026, 1, 1)) == date(2026, 2, 27)
    assert due("02-29", date(2027, 6, 1)) == date(2028, 2, 28)


@pytest.mark.law("D43.3")
def test_a_notice_counted_back_from_a_planned_stop_is_no_clock():
    with pytest.raises(terms.MissingTerm, match="counted back"):
        start("maint_notice")


def test_where_the_law_is_silent_a_local_choice_is_used_and_marked():
    clock = start("test_opinion")
    assert (clock.is_local, clock.article, clock.due_on) == (True, "nội bộ", date(2026, 11, 5))
    assert clock.label == "Cho ý kiến"
    with translation.override("en"):
        assert clock.label == "Give an opinion"
    assert str(LocalTerm.objects.get()) == "test_opinion"
    LocalTerm.objects.update(value=3)
    assert start("test_opinion", code="YC-2").due_on == date(2026, 11, 6)


def test_a_key_nobody_gives_days_for_is_a_programming_error():
    with pytest.raises(terms.MissingTerm, match="nowhere"):
        start("nowhere")


def test_local_defaults_are_declared_once():
    terms.declare_local(terms.LocalDefault("test_opinion", 2, "Cho ý kiến", "Give an opinion"))
    with pytest.raises(ValueError, match="twice"):
        terms.declare_local(terms.LocalDefault("test_opinion", 9, "Cho ý kiến", "Give an opinion"))
    assert "test_opinion" in [one.key for one in terms.declared()]


def test_a_running_clock_is_not_started_again_and_a_stopped_one_is():
    first = start()
    assert start(at=NOON + timedelta(days=2)).pk == first.pk
    assert stop_clocks(["acct_issue"], "sharing.request", "YC-2026-0001", at=NOON) == 1
    again = start(at=NOON + timedelta(days=2))
    assert again.pk != first.pk
    assert [one.is_running for one in queries.clocks_of("sharing.request", "YC-2026-0001")] == [False, True]
    assert str(again) == f"YC-2026-0001 acct_issue {again.due_on:%d/%m/%Y}"


def test_the_database_too_refuses_a_second_running_clock():
    first = start()
    first.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        first.save(force_insert=True)


def test_stopping_touches_the_named_keys_of_the_named_thing_only():
    start()
    start("svc_publish")
    start(code="YC-2026-0002")
    assert stop_clocks(["svc_publish", "dispute_l1"], "sharing.request", "YC-2026-0001", at=NOON) == 1
    assert stop_clocks([], "sharing.request", "YC-2026-0001", at=NOON) == 0
    assert stop_clocks(None, "sharing.request", "YC-2026-0001", at=NOON) == 1
    assert [one.object_code for one in queries.open_clocks()] == ["YC-2026-0002"]


def test_overdue_begins_the_day_after_the_last_day_in_vietnam():
    clock = start()  # due on 10 November
    last_minute = datetime(2026, 11, 10, 23, 59, tzinfo=VIETNAM)
    assert not queries.overdue(last_minute).exists()
    assert list(queries.overdue(last_minute + timedelta(minutes=1))) == [clock]
    assert list(queries.overdue(last_minute + timedelta(days=1), "CT-SYT")) == [clock]
    assert not queries.overdue(last_minute + timedelta(days=1), "CT-CA").exists()
    assert list(queries.open_clocks("CT-SYT")) == [clock]
    assert not queries.open_clocks("CT-CA").exists()


def test_a_deed_done_late_stays_late():
    start()
    stop_clocks(None, "sharing.request", "YC-2026-0001", at=datetime(2026, 11, 10, 16, 59, tzinfo=UTC))
    start(code="YC-2026-0002")
    stop_clocks(None, "sharing.request", "YC-2026-0002", at=datetime(2026, 11, 10, 17, 0, tzinfo=UTC))
    now = datetime(2026, 12, 1, tzinfo=UTC)
    assert [one.object_code for one in queries.missed(now)] == ["YC-2026-0002"]
    assert not queries.missed(now, "CT-CA").exists()


def test_days_left_are_counted_in_working_days():
    clock = start()  # due on Tuesday 10 November
    assert queries.days_left(clock, NOON) == 5
    assert queries.days_left(clock, datetime(2026, 11, 6, 5, tzinfo=UTC)) == 2
    assert queries.days_left(clock, datetime(2026, 11, 10, 5, tzinfo=UTC), queries.calendar()) == 0
    assert queries.days_left(clock, datetime(2026, 11, 12, 5, tzinfo=UTC)) == -2


LENGTHS = st.one_of(
    st.tuples(st.integers(0, 60), st.just("working_days")), st.tuples(st.integers(0, 90), st.just("days")),
    st.tuples(st.integers(0, 24), st.just("months")),
)  # fmt: skip
DAYS = st.dates(date(2024, 1, 1), date(2028, 12, 31))
CALENDARS = st.builds(Calendar, st.frozensets(DAYS, max_size=40), st.frozensets(DAYS, max_size=10))


@given(LENGTHS, DAYS, CALENDARS)
def test_a_term_ends_on_a_working_day_not_before_it_began_and_a_longer_one_not_earlier(term, day, calendar):
    def due(value):
        return terms.due_on(terms.Length(str(value), term[1], "x", is_local=True, vi="x", en="x"), day, calendar)

    assert due(term[0]) >= day
    assert calendar.is_working(due(term[0]))
    assert due(term[0] + 1) >= due(term[0])


@given(DAYS, CALENDARS, DAYS)
def test_one_more_day_off_never_makes_a_term_shorter(day, calendar, off):
    length = terms.Length("5", "working_days", "x", is_local=False, vi="x", en="x")
    more = Calendar(calendar.days_off | {off}, calendar.working_weekends - {off})
    assert terms.due_on(length, day, more) >= terms.due_on(length, day, calendar)


@given(st.sampled_from(["12-31", "03-01", "02-29", "01-01"]), DAYS)
def test_a_named_day_is_the_first_one_still_to_come(value, day):
    length = terms.Length(value, "before_date", "x", is_local=False, vi="x", en="x")
    due = terms.due_on(length, day, Calendar())
    assert timedelta(0) <= due - day <= timedelta(days=366)


def test_clocks_are_ordered_by_their_last_day():
    start("default_list_review")
    start()
    assert [one.key for one in Clock.objects.all()] == ["acct_issue", "default_list_review"]
    assert local_date(NOON) == date(2026, 11, 3)


def test_a_term_and_the_calendar_it_is_counted_in_are_read_together(django_assert_num_queries):
    first = queries.calendar_and_days("test_opinion", "2025-08-19")  # makes the local row
    LocalTerm.objects.update(value=7)
    with django_assert_num_queries(1):
        found, days = queries.calendar_and_days("test_opinion", "2025-08-19")
    assert (found, days) == (queries.calendar(), 7)
    assert first == (found, 2)
    # The law goes before a local row of the same name.
    LocalTerm.objects.create(key="acct_issue", value=30, vi="x", en="x")
    assert queries.calendar_and_days("acct_issue", "2025-08-19") == (found, 2)
