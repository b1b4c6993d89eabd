"""The page of the working calendar, through its door."""

from datetime import date

import pytest

from nganam.accounts.models import Person
from nganam.deadlines import queries
from nganam.deadlines.models import LocalTerm

pytestmark = pytest.mark.django_db
PAGE = "/lich-lam-viec/"


@pytest.fixture
def enter(province, client):
    def entered(username):
        client.force_login(Person.objects.get(username=username))
        return client

    return entered


def test_a_visitor_is_sent_to_sign_in_and_other_officers_find_nothing(province, enter, client):
    assert client.get(PAGE).status_code == 302
    assert enter("lan").get(PAGE).status_code == 404
    assert enter("lan").post(PAGE, {"day": "2026-11-06", "kind": "off", "name": "x"}).status_code == 404
    assert queries.edited_day(date(2026, 11, 6)) is None


def test_the_lead_agency_sees_a_year_and_what_is_not_known_of_it(enter):
    client = enter("minh")
    page = client.get(PAGE, {"nam": "2026"})
    assert page.status_code == 200
    text = page.content.decode()
    assert "Lịch làm việc năm 2026" in text
    assert "Giao thừa Tết Nguyên Đán" in text
    assert "Tháng 2: 15 ngày làm việc" in text
    assert "chưa có ngày nghỉ lễ" not in text
    assert "chưa có ngày nghỉ lễ" in client.get(PAGE, {"nam": "2031"}).content.decode()
    for wrong in ("", "x", "-5", "99999", "٢٠٢٦"):
        assert client.get(PAGE, {"nam": wrong}).status_code == 200


def test_a_day_is_written_and_taken_back(enter):
    client = enter("minh")
    done = client.post(PAGE, {"day": "2026-11-06", "kind": "off", "name": "Nghỉ bão"})
    assert (done.status_code, done["Location"]) == (302, f"{PAGE}?nam=2026")
    assert queries.edited_day(date(2026, 11, 6)).name == "Nghỉ bão"
    assert "0 thời hạn đang chạy được tính lại" in client.get(done["Location"]).content.decode()
    client.post(PAGE, {"day": "2026-11-06", "kind": "", "name": ""})
    assert queries.edited_day(date(2026, 11, 6)) is None


def test_a_wrong_day_comes_back_with_what_was_typed_and_why(enter):
    page = enter("minh").post(PAGE, {"day": "2026-11-06", "kind": "working", "name": "Làm bù gì đó"})
    text = page.content.decode()
    assert "Làm bù gì đó" in text
    assert "thứ Bảy hoặc Chủ nhật" in text
    assert enter("minh").post(PAGE, {"day": "mai", "kind": "off", "name": "x"}).status_code == 200


def test_a_local_term_is_changed_and_a_wrong_one_refused_in_words(enter):
    LocalTerm.objects.create(key="opinion", value=2, vi="Cho ý kiến", en="Opinion")
    client = enter("minh")
    assert "nội bộ" in client.get(PAGE).content.decode()
    done = client.post(f"{PAGE}thoi-han-noi-bo/opinion/", {"value": "4", "unit": "days"}, follow=True)
    assert "Đã ghi thời hạn nội bộ" in done.content.decode()
    assert queries.local_term("opinion").value == 4
    wrong = client.post(f"{PAGE}thoi-han-noi-bo/opinion/", {"value": "0", "unit": "days"})
    assert wrong.status_code == 422
    text = wrong.content.decode()
    assert '<a href="#opinion-value">Số lượng</a>: Thời hạn phải từ 1 trở lên.' in text
    assert 'value="0" aria-invalid="true" aria-describedby="opinion-value-error"' in text
    assert queries.local_term("opinion").value == 4
    unit = client.post(f"{PAGE}thoi-han-noi-bo/opinion/", {"value": "5", "unit": "x"})
    assert "Chọn ngày làm việc, ngày hoặc tháng." in unit.content.decode()
    assert client.post(f"{PAGE}thoi-han-noi-bo/other/", {"value": "1", "unit": "days"}).status_code == 404
    assert client.get(f"{PAGE}thoi-han-noi-bo/opinion/").status_code == 405


def test_local_terms_have_their_english_names_on_an_english_page(enter, settings):
    client = enter("minh")
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    text = client.get(PAGE).content.decode()
    assert "An account ends, first" in text
    assert "Nhắc tài khoản sắp hết hạn" not in text


@pytest.mark.law("D35.3")
def test_a_day_off_written_on_the_page_moves_running_clocks_only_and_is_on_the_record(enter, minh, at):
    from nganam.audit.models import Entry
    from nganam.deadlines.operations import start_clock, stop_clocks

    words = {"object_type": "x", "agency": "CT-SYT", "at": at, "rules": "2025-08-19", "actor": minh}
    running = start_clock(key="acct_issue", object_code="X-1", **words)
    stopped = start_clock(key="acct_issue", object_code="X-2", **words)
    stop_clocks(None, "x", "X-2", at=at)
    assert running.due_on == date(2026, 11, 5)
    client = enter("minh")
    done = client.post(PAGE, {"day": "2026-11-05", "kind": "off", "name": "Nghỉ bão"}, follow=True)
    assert "1 thời hạn đang chạy được tính lại" in done.content.decode()
    running.refresh_from_db()
    stopped.refresh_from_db()
    assert (running.due_on, stopped.due_on) == (date(2026, 11, 6), date(2026, 11, 5))
    entry = Entry.objects.get(action="deadlines.calendar.edited")
    assert (entry.actor_code, entry.object_code, entry.details["moved_count"]) == ("minh", "2026-11-05", 1)
    assert entry.details["moved"] == [
        {"key": "acct_issue", "object": "X-1", "from": "2026-11-05", "to": "2026-11-06"}
    ]  # fmt: skip
    client.post(PAGE, {"day": "2026-11-05", "kind": "", "name": ""})
    running.refresh_from_db()
    assert running.due_on == date(2026, 11, 5)
