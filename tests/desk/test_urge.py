"""To urge: by the lead agency and the Chairman, whoever holds a case, once a day, on the record and in the story."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.core import mail

import scenes
import scenes_work
from nganam.accounts.models import Person
from nganam.agencies.urging import urge
from nganam.audit.models import Entry
from nganam.cases.models import Urge
from nganam.cases.story import story_of
from nganam.kernel.errors import Invalid, NotAllowed, NotFound, RuleBroken
from nganam.notices.queries import unread

pytestmark = pytest.mark.django_db
PAGE = "/don-doc/"
TEXT = "Đề nghị trả lời trong hôm nay."


def say(actor, request, at=scenes.AT, text=TEXT):
    return urge(actor=actor, at=at, object_type=request.MACHINE.code, object_code=request.code, text=text)


@pytest.mark.law("S24.2", "S16.2c")
def test_an_urge_is_recorded_told_and_part_of_the_story(province, lan, minh, phuc, run_jobs):
    Person.objects.filter(username="lan").update(email="lan@soyte.invalid")
    request = scenes.sent_request()
    urged = say(minh, request)
    assert (urged.agency, urged.role, urged.by) == ("CT-SYT", "", minh.name)
    entry = Entry.objects.get(action="cases.urged")
    assert (entry.object_code, entry.actor_code, entry.details["addressee"]) == (request.code, "minh", "CT-SYT")
    told = unread(lan).get(event="cases.urged")
    assert TEXT in told.body
    assert "hạn cuối" in told.body
    assert told.link == request.get_absolute_url()
    assert not unread(phuc).filter(event="cases.urged").exists()
    run_jobs()
    (sent,) = mail.outbox
    assert sent.to == ["lan@soyte.invalid"]
    assert TEXT in sent.body
    assert f"http://127.0.0.1:8600/yeu-cau/{request.code}/" in sent.body
    event = story_of(request)[-1]
    assert (event.title, event.who, event.reason, event.to) == ("Đôn đốc", minh.name, TEXT, "CT-SYT")


def test_a_case_is_urged_once_a_day_whoever_does_it(province, minh, khanh, at):
    request = scenes.sent_request()
    say(minh, request)
    for actor in (minh, khanh):
        with pytest.raises(RuleBroken, match="Trần Văn Minh đôn đốc"):
            say(actor, request)
    # 23:00 in Vietnam is the same day, whatever the clock of the world says; an hour later is another.
    with pytest.raises(RuleBroken):
        say(khanh, request, at.replace(hour=16))
    assert say(khanh, request, at.replace(hour=17)).by == khanh.name
    assert Urge.objects.count() == 2
    assert Entry.objects.filter(action="cases.urged").count() == 2


def test_nobody_else_urges(province, lan, phuc, hoa, dung):
    request = scenes.sent_request()
    for actor in (lan, phuc, hoa, dung):
        with pytest.raises(NotAllowed):
            say(actor, request)
    assert not Urge.objects.exists()


def test_an_urge_says_something_and_not_too_much(province, minh):
    request = scenes.sent_request()
    for text in ("", "  ", "x" * 1001):
        with pytest.raises(Invalid):
            say(minh, request, text=text)
    assert not Entry.objects.filter(action="cases.urged").exists()


def test_what_waits_for_nobody_is_not_urged(province, minh, khanh, lan, phuc, at):
    from nganam.sharing.requests import operations

    request = operations.refuse_request(
        actor=lan, at=at, request=scenes.sent_request(), reason="Không có", legal_basis="Điều 5"
    )
    with pytest.raises(RuleBroken, match="không đang chờ"):
        say(minh, request)
    draft = operations.draft_request(
        actor=phuc, at=at, application=request.application, service=request.service, values=scenes.REQUEST
    )
    for actor in (minh, khanh):
        with pytest.raises(NotFound):
            say(actor, draft)


def test_a_case_without_a_clock_is_urged_of_those_whose_step_is_next(province, minh, khanh, phuc):
    account = scenes.created_account()
    assert say(minh, account).agency == "CT-X31507"
    edition = scenes_work.drafted_edition()
    with pytest.raises(NotFound):
        say(khanh, edition)


def test_the_chairman_urges_the_lead_agency(province, khanh, minh, lan, at):
    from nganam.deadlines.models import Clock

    request = scenes.sent_request()
    Clock.objects.filter(object_code=request.code).update(agency="CT-SKHCN")
    with pytest.raises(RuleBroken, match="chính cơ quan bạn"):
        say(minh, request)
    assert say(khanh, request).agency == "CT-SKHCN"
    assert unread(minh).filter(event="cases.urged").exists()


@pytest.mark.law("S16.2c")
def test_every_overdue_thing_of_the_province_stands_on_one_page(browse):
    scenes_work.many_requests(12, late=5)
    for username in ("minh", "khanh"):
        page = browse(username).get(PAGE)
        assert page.status_code == 200
        assert page.content.decode().count('name="ho-so"') == 5
    minh = browse("minh")
    assert minh.get(PAGE, {"tre": "thang"}).content.decode().count('name="ho-so"') == 0
    assert minh.get(PAGE, {"tre": "tuan", "co-quan": "CT-SYT"}).content.decode().count('name="ho-so"') == 5
    assert minh.get(PAGE, {"loai": "sharing.account", "ma": "x"}).status_code == 200
    for username in ("lan", "phuc", "hoa", "quantri"):
        assert browse(username).get(PAGE).status_code == 404


def test_several_are_urged_at_once_and_each_says_what_came_of_it(browse, minh, lan):
    rows = scenes_work.many_requests(4, late=3)
    say(minh, rows[0])
    keys = [f"sharing.request:{one.code}" for one in rows[:3]]
    browser = browse("minh")
    answer = browser.post(f"{PAGE}nhieu/", {"ho-so": keys, "text": TEXT, "query": "tre=tuan"})
    page = answer.content.decode()
    assert "Đã thực hiện cho 2 hồ sơ" in page
    assert "1 hồ sơ chưa thực hiện được" in page
    assert "đã được Trần Văn Minh đôn đốc" in page
    assert f'href="{PAGE}?tre=tuan"' in page
    assert Urge.objects.count() == 3
    assert "đã đôn đốc hôm nay" in browser.get(PAGE).content.decode()
    empty = browser.post(f"{PAGE}nhieu/", {"ho-so": keys, "text": ""})
    assert empty.status_code == 422
    none = browser.post(f"{PAGE}nhieu/", {"text": TEXT})
    assert none.status_code == 422
    assert "Chưa chọn hồ sơ nào" in none.content.decode()
    assert browse("lan").post(f"{PAGE}nhieu/", {"ho-so": keys, "text": TEXT}).status_code == 404


def test_one_case_is_urged_from_its_own_page(browse):
    request = scenes.sent_request()
    page = f"{PAGE}sharing.request/{request.code}/"
    browser = browse("minh")
    assert f'href="{page}"' in browser.get(request.get_absolute_url()).content.decode()
    assert browser.get(page).status_code == 200
    assert browser.post(page, {"text": ""}).status_code == 422
    assert browser.post(page, {"text": TEXT}).status_code == 200
    again = browser.post(page, {"text": TEXT})
    assert again.status_code == 422
    assert "một lần mỗi ngày" in again.content.decode()
    assert TEXT in browser.get(page).content.decode()
    shown = browser.get(request.get_absolute_url()).content.decode()
    assert TEXT in shown
    assert "Sở Y tế thành phố Cần Thơ" in shown
    assert page not in browse("lan").get(request.get_absolute_url()).content.decode()


def test_how_late_a_thing_is_counts_working_days(browse):
    request = scenes.sent_request()
    with time_machine.travel(scenes.AT + timedelta(days=9), tick=False):  # due Thursday the 5th, now Thursday the 12th
        page = browse("minh").get(PAGE).content.decode()
        assert request.code in page
        assert re.search(r'<td class="num"[^>]*>5</td>', page)
