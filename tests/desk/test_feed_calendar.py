"""The calendar of deadlines: at a secret address, for the officer's agency, in the form calendar programs read."""

from datetime import UTC, date, datetime, timedelta

import pytest
from icalendar import Calendar

import scenes
from nganam.agencies.models import Posting
from nganam.audit.models import Entry
from nganam.deadlines.models import Clock
from nganam.desk.models import Feed
from nganam.desk.operations import MOST_FEEDS, issue_feed
from nganam.kernel.actors import VISITOR
from nganam.kernel.clock import local_date
from nganam.kernel.errors import NotAllowed, RuleBroken

pytestmark = pytest.mark.django_db
OWN = "/ban-lam-viec/tuy-chon/"


def address(browser, name="điện thoại"):
    """Make an address on the page and return it."""
    page = browser.post(f"{OWN}lich/", {"name": name}).content.decode()
    return page.split("http://127.0.0.1:8600", 1)[1].split(".ics")[0] + ".ics"


def events(answer):
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    return list(Calendar.from_ical(answer.content).walk("VEVENT"))


@pytest.mark.law("D35.3")
def test_each_running_clock_is_a_day_with_its_article(browse):
    request = scenes.sent_request()
    place = address(browse("lan"))
    browser = browse("phuc")
    browser.logout()  # a calendar program signs in nowhere
    (event,) = events(browser.get(place))
    clock = Clock.objects.get(object_code=request.code)
    assert event.decoded("dtstart") == clock.due_on
    assert event.decoded("dtend") == clock.due_on + timedelta(days=1)
    assert isinstance(event.decoded("dtstart"), date)
    assert request.code in event["summary"]
    assert event["summary"].startswith("Hạn: ")
    assert "Nghị định" in event["description"]
    assert "Sở Y tế thành phố Cần Thơ" in event["description"]
    assert event["url"] == f"http://127.0.0.1:8600/yeu-cau/{request.code}/"
    assert event["transp"] == "TRANSPARENT"


def test_what_was_missed_long_ago_leaves_room_for_what_is_to_come(browse):
    scenes.sent_request()
    today = local_date(datetime.now(UTC))
    place = address(browse("lan"))
    for days, shown in ((60, 1), (61, 0)):
        Clock.objects.update(due_on=today - timedelta(days=days))
        assert len(events(browse("lan").get(place))) == shown


def test_a_local_term_is_marked_and_commas_and_breaks_survive(browse):
    scenes.sent_request()
    Clock.objects.update(is_local=True, article="nội bộ", vi="Trả lời, giải thích; dòng\nhai \\ x " + "dài " * 40)
    answer = browse("lan").get(address(browse("lan")))
    (event,) = events(answer)
    assert "Căn cứ: nội bộ" in event["description"]
    assert "Trả lời, giải thích; dòng\nhai \\ x dài" in event["summary"]
    assert all(len(line) <= 75 for line in answer.content.split(b"\r\n"))
    assert b"\n" not in answer.content.replace(b"\r\n", b"")


def test_a_clock_keeps_its_name_when_its_day_moves_and_two_have_two(browse):
    scenes.sent_request()
    place = address(browse("lan"))
    first = events(browse("lan").get(place))[0]["uid"]
    Clock.objects.update(due_on=date(2026, 12, 1))
    moved = events(browse("lan").get(place))[0]
    assert (moved["uid"], moved.decoded("dtstart")) == (first, date(2026, 12, 1))
    other = Clock.objects.get(object_type="sharing.request")
    other.pk, other.key = None, "another"
    other.save()
    assert len({one["uid"] for one in events(browse("lan").get(place))}) == 2


def test_agencies_see_their_own_and_the_lead_agency_the_province(browse):
    scenes.sent_request()
    assert [len(events(browse(name).get(address(browse(name))))) for name in ("lan", "phuc", "minh")] == [1, 0, 1]
    Clock.objects.update(stopped_at=scenes.AT)
    assert events(browse("minh").get(address(browse("minh")))) == []


def test_the_address_is_shown_once_kept_as_a_hash_and_revoked(browse):
    browser = browse("lan")
    place = address(browser)
    feed = Feed.objects.get()
    assert feed.hash not in place
    assert place.split("/")[-1].removesuffix(".ics").partition(".")[2] not in browser.get(OWN).content.decode()
    assert browser.get(place).status_code == 200
    feed.refresh_from_db()
    assert feed.last_used_at == scenes.AT
    assert browse("phuc").post(f"{OWN}lich/{feed.prefix}/thu-hoi/").status_code == 404
    assert browse("lan").post(f"{OWN}lich/{feed.prefix}/thu-hoi/").status_code == 302
    assert browser.get(place).status_code == 404
    assert [one.action for one in Entry.objects.filter(action__startswith="desk.feed").order_by("seq")] == [
        "desk.feed.issued", "desk.feed.revoked",
    ]  # fmt: skip
    assert browse("lan").post(f"{OWN}lich/{feed.prefix}/thu-hoi/").status_code == 409


@pytest.mark.parametrize("token", ["x", "x.y", ".", "a.b.c", "x" * 200, "é.y"])
def test_an_address_nobody_was_given_is_not_found(client, province, token):
    assert client.get(f"/lich-thoi-han/{token}.ics").status_code == 404


def test_who_no_longer_works_there_reads_nothing(browse):
    scenes.sent_request()
    place = address(browse("lan"))
    Posting.objects.filter(person__username="lan").update(valid_until=date(2026, 11, 1))
    assert browse("phuc").get(place).status_code == 404


def test_a_person_has_so_many_addresses_and_a_visitor_none(province, lan, at):
    for number in range(MOST_FEEDS):
        issue_feed(actor=lan, at=at, name=f"{number}")
    with pytest.raises(RuleBroken):
        issue_feed(actor=lan, at=at, name="thêm")
    with pytest.raises(NotAllowed):
        issue_feed(actor=VISITOR, at=at, name="x")


def test_a_nameless_address_is_refused_on_the_page(browse):
    assert browse("lan").post(f"{OWN}lich/", {"name": ""}).status_code == 422
    assert not Feed.objects.exists()
