"""The public page of stops: planned, present, past; nobody is named; also as a feed and on the service's own page."""

import xml.etree.ElementTree as ET
from datetime import timedelta

import pytest

import scenes
import scenes_accounts as suspensions
from nganam.sharing.suspensions import maintaining

pytestmark = pytest.mark.django_db
PAGE, ATOM = "/tam-ngung/", "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def service(province):
    return scenes.published_service()


@pytest.mark.law("D43.3", "S13.2")
def test_a_stop_is_public_from_its_announcement_with_the_time_of_restoration(dung_browser, service):
    stop = suspensions.planned_stop(service)
    assert stop.code not in dung_browser.get(PAGE).text
    maintaining.announce_stop(actor=scenes.LAN, at=scenes.AT, stop=stop)
    page = dung_browser.get(PAGE).text
    for words in (
        stop.code,
        "Nâng cấp máy chủ cơ sở dữ liệu.",
        "22:00 13/11/2026",
        "04:00 14/11/2026",
        "Nâng cấp, bảo trì",
    ):
        assert words in page, words
    assert "Sẽ tạm ngừng từ 22:00 13/11/2026" in dung_browser.get(f"/dich-vu/{service.code}/").text


@pytest.mark.law("D43.3")
def test_what_is_over_shows_promise_and_fact(dung_browser, service):
    stop = suspensions.announced_stop(service)
    maintaining.stop_due(at=suspensions.STOP_FROM)
    stop.refresh_from_db()
    assert "Dự kiến khôi phục lúc 04:00 14/11/2026" in dung_browser.get(f"/dich-vu/{service.code}/").text
    maintaining.restore_service(actor=scenes.LAN, at=suspensions.STOP_UNTIL + timedelta(hours=1), stop=stop)
    page = dung_browser.get(PAGE)
    assert [one["stop"].code for one in page.context["past"]] == [stop.code]
    assert "05:00 14/11/2026" in page.text
    assert "muộn hơn đã báo" in page.text


def test_an_announced_stop_that_was_cancelled_stays_to_be_read(dung_browser, service):
    maintaining.cancel_stop(actor=scenes.LAN, at=scenes.AT, stop=suspensions.announced_stop(service), reason="Hoãn")
    assert "Đã hủy" in dung_browser.get(PAGE).text


@pytest.mark.law("D43.4")
def test_force_majeure_shows_its_event(dung_browser, service):
    suspensions.announced_stop(service, **suspensions.FORCED)
    page = dung_browser.get(PAGE).text
    assert "Mất điện diện rộng do bão từ 8 giờ sáng." in page
    assert "Bất khả kháng" in page


def test_the_feed_has_each_stop_and_its_latest_change(dung_browser, service):
    suspensions.announced_stop(service)
    answer = dung_browser.get(f"{PAGE}feed.xml")
    assert answer["Content-Type"].startswith("application/atom+xml")
    (entry,) = ET.fromstring(answer.content).findall(f"{ATOM}entry")  # noqa: S314 - our own answer
    assert entry.find(f"{ATOM}title").text == "Tra cứu cơ sở khám chữa bệnh: Đã thông báo công khai"
    assert "dự kiến khôi phục 04:00 14/11/2026" in entry.find(f"{ATOM}summary").text
    assert entry.find(f"{ATOM}author/{ATOM}name").text == "Sở Y tế thành phố Cần Thơ"


def test_nobody_is_named(dung_browser, service, lan, minh):
    suspensions.announced_stop(service)
    for path in (PAGE, f"{PAGE}feed.xml", f"/dich-vu/{service.code}/"):
        page = dung_browser.get(path).content.decode()
        assert lan.name not in page
        assert minh.name not in page


def test_with_no_stop_at_all_the_page_says_so(dung_browser, province):
    assert "Không có đợt tạm ngừng nào" in dung_browser.get(PAGE).text
    assert dung_browser.get(f"{PAGE}feed.xml").status_code == 200
    assert "/tam-ngung/" in dung_browser.get("/sitemap.xml").content.decode()
