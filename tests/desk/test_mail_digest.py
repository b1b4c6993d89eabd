"""The mail of the morning: on working days, once a day, with what waits and what is due; nothing, no mail."""

from datetime import UTC, datetime

import pytest

import scenes
import scenes_work
from nganam.accounts.models import Person
from nganam.desk.digest import compose, send_digests
from nganam.desk.models import Digest
from nganam.desk.operations import choose_digest
from nganam.kernel.errors import Invalid
from nganam.notices.models import Mail

pytestmark = pytest.mark.django_db


def morning(day, month=11):
    """Seven o'clock in Vietnam."""
    return datetime(2026, month, day, 0, 0, tzinfo=UTC)


@pytest.fixture
def reached(province):
    """Give the cast addresses."""
    for username in ("lan", "minh", "phuc", "khanh"):
        Person.objects.filter(username=username).update(email=f"{username}@x.invalid")


def addressed():
    return sorted(Mail.objects.values_list("to", flat=True))


def test_whoever_has_work_gets_one_mail_a_day(reached):
    request = scenes.sent_request()
    assert send_digests(at=morning(4)) == 1
    assert send_digests(at=morning(4)) == 0
    assert send_digests(at=datetime(2026, 11, 4, 8, 0, tzinfo=UTC)) == 0
    mail = Mail.objects.get()
    assert (mail.to, mail.subject) == ("lan@x.invalid", "Công việc ngày 04/11/2026")
    for said in (
        "Kính gửi Nguyễn Thị Lan", "Chờ bạn xử lý: 1", request.code, "Cấp tài khoản", "hạn 05/11/2026",
        f"http://127.0.0.1:8600/yeu-cau/{request.code}/", "/ban-lam-viec/tuy-chon/",
    ):  # fmt: skip
        assert said in mail.body
    assert send_digests(at=morning(5)) == 1
    assert addressed() == ["lan@x.invalid"] * 2


def test_what_is_late_is_said_to_be(reached):
    scenes.sent_request()
    send_digests(at=morning(9))
    assert "QUÁ HẠN từ 05/11/2026" in Mail.objects.get().body


def test_nothing_to_say_is_no_mail(reached):
    assert send_digests(at=morning(4)) == 0
    assert not Digest.objects.exists()


def test_no_mail_on_a_day_off_and_one_on_a_worked_saturday(reached):
    from nganam.deadlines.models import CalendarDay

    scenes.sent_request()
    for day in (7, 8):
        assert send_digests(at=morning(day)) == 0
    CalendarDay.objects.create(day=morning(6).date(), kind="off", name="Nghỉ bão")
    assert send_digests(at=morning(6)) == 0
    CalendarDay.objects.create(day=morning(14).date(), kind="working", name="Làm bù")
    assert send_digests(at=morning(14)) == 1


def test_weekly_comes_on_the_first_working_day_of_the_week(reached, lan):
    from nganam.deadlines.models import CalendarDay

    scenes.sent_request()
    choose_digest(actor=lan, often="weekly")
    assert [send_digests(at=morning(day)) for day in (4, 5, 6, 9, 10)] == [0, 0, 0, 1, 0]
    CalendarDay.objects.create(day=morning(16).date(), kind="off", name="Nghỉ")
    assert [send_digests(at=morning(day)) for day in (16, 17, 18)] == [0, 1, 0]


def test_never_means_never_and_a_wrong_choice_is_refused(reached, lan):
    scenes.sent_request()
    choose_digest(actor=lan, often="never")
    assert send_digests(at=morning(4)) == 0
    with pytest.raises(Invalid):
        choose_digest(actor=lan, often="hourly")


def test_closed_accounts_and_people_without_an_address_get_none(reached):
    scenes.sent_request()
    Person.objects.filter(username="lan").update(is_active=False)
    assert send_digests(at=morning(4)) == 0
    Person.objects.filter(username="lan").update(is_active=True, email="")
    assert send_digests(at=morning(4)) == 0


def test_the_lead_agency_is_not_mailed_the_whole_province(reached):
    scenes_work.many_requests(5, late=5)
    send_digests(at=morning(4))
    assert addressed() == ["lan@x.invalid"]


def test_a_long_list_is_cut_and_said_to_be(reached):
    scenes_work.many_requests(30)
    _subject, body = compose(Person.objects.get(username="lan"), morning(4))
    assert "Chờ bạn xử lý: 30" in body
    assert "… và 10 hồ sơ khác." in body


def test_a_second_agency_has_a_part_of_its_own(reached, at):
    from datetime import date

    from nganam.agencies.operations import name_posting
    from nganam.kernel.actors import system

    scenes.sent_request()
    person = Person.objects.get(username="lan")
    name_posting(actor=system("test"), at=at, person=person, agency="CT-STC", role="focal", valid_from=date(2026, 1, 1))
    _subject, body = compose(person, morning(4))
    assert "SỞ Y TẾ THÀNH PHỐ CẦN THƠ" in body
    assert "SỞ TÀI CHÍNH" not in body


def test_the_job_runs_at_seven_on_the_day_it_is(reached, run_jobs):
    from nganam.desk.tasks import send_digests as job
    from nganam.jobs.api import schedules

    assert schedules()["nganam.desk.tasks.send_digests"] == "0 7 * * *"
    assert job.call() == 0


def test_the_choice_is_made_on_a_page(browse):
    browser = browse("lan")
    page = "/ban-lam-viec/tuy-chon/"
    assert 'value="daily" ' in browser.get(page).content.decode()
    assert "Đã ghi" in browser.post(f"{page}thu/", {"often": "never"}, follow=True).content.decode()
    assert browser.post(f"{page}thu/", {"often": "x"}, follow=True).status_code == 200
    from nganam.desk.models import DigestChoice

    assert DigestChoice.objects.get().often == "never"
