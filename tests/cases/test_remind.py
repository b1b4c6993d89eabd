"""Reminders: the responsible agency hears once before the last day and once after it."""

from datetime import UTC, datetime

import pytest

from nganam.cases.operations import advance, open_case
from nganam.cases.reminders import remind
from nganam.deadlines.operations import start_clock
from nganam.notices.models import Notice

pytestmark = pytest.mark.django_db


def morning(day, month=11):
    return datetime(2026, month, day, 0, 30, tzinfo=UTC)


@pytest.mark.law("D35.3")
def test_an_agency_is_warned_once_the_working_day_before_and_told_once_when_overdue(probe, phuc, at):
    case = open_case(probe(rules="2020-05-25"), actor=phuc, at=at)
    advance(case, "send", actor=phuc, at=at, clock_agency="CT-SYT")  # due on Tuesday 10 November
    assert [remind(at=morning(day)) for day in (5, 6)] == [0, 0]
    assert [remind(at=morning(day)) for day in (9, 9, 10)] == [1, 0, 0]
    assert [remind(at=morning(day)) for day in (11, 12, 13)] == [1, 0, 0]
    warned, overdue = Notice.objects.order_by("at")
    assert (warned.agency, warned.title, warned.event) == (
        "CT-SYT", f"{case.code}: sắp hết hạn", "deadlines.clock.due",
    )  # fmt: skip
    assert "10/11/2026" in warned.body
    assert "D35.3" in warned.body
    assert overdue.title == f"{case.code}: quá hạn"
    assert overdue.link == "/ban-lam-viec/"


def test_a_clock_due_over_the_weekend_is_warned_of_on_friday(at, minh):
    start_clock(
        key="acct_issue", object_type="x", object_code="X-1", agency="", at=morning(5), rules="2025-08-19", actor=minh
    )  # due on Monday 9 November
    assert remind(at=morning(6)) == 1
    assert Notice.objects.get().role == "lead"


def test_the_job_runs_the_reminders_of_now(probe, phuc, at):
    from nganam.cases.tasks import remind as job

    case = open_case(probe(rules="2020-05-25"), actor=phuc, at=datetime(2024, 3, 1, tzinfo=UTC))
    advance(case, "send", actor=phuc, at=datetime(2024, 3, 1, tzinfo=UTC), clock_agency="CT-SYT")
    assert job.call() == 1
    assert job.call() == 0
