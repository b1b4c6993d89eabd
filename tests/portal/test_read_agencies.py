"""Agencies as they are and were, their focal points, the law as data."""

from datetime import date

import pytest

import scenes

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("province")]


def codes(browser, **params):
    return [one.code for _kind, rows in browser.get("/co-quan/", params).context["groups"] for one in rows]


def test_the_list_is_of_the_day_asked_for(dung_browser):
    assert "CT-SYT" in codes(dung_browser)
    assert "ST-SYT" not in codes(dung_browser)
    assert "ST-SYT" in codes(dung_browser, ngay="2025-06-30")
    assert "CT-SYT" not in codes(dung_browser, ngay="2025-06-30")


@pytest.mark.parametrize("text", ["so y te", "Sở Y tế", "CT-SYT"])
def test_an_agency_is_found_with_or_without_marks(dung_browser, text):
    assert codes(dung_browser, q=text) == ["CT-SYT"]
    assert codes(dung_browser, q=text, loai="police") == []


def test_a_day_that_is_none_is_said_and_today_is_shown(dung_browser):
    page = dung_browser.get("/co-quan/", {"ngay": "31/02/2025"})
    assert page.status_code == 200
    assert "không phải một ngày" in page.text
    assert "CT-SYT" in codes(dung_browser, ngay="x")


def test_a_merged_agency_keeps_its_page_and_leads_on(dung_browser):
    page = dung_browser.get("/co-quan/ST-STTTT/")
    assert "không còn hoạt động" in page.text
    assert [one.code for one in page.context["now"]] == ["CT-SKHCN"]
    assert 'href="/co-quan/ST-SKHCN/"' in page.text


def test_an_agency_shows_what_it_and_those_before_it_provide(dung_browser):
    scenes.published_service()
    page = dung_browser.get("/co-quan/CT-SYT/")
    assert "/dich-vu/DV-2026-0001/" in page.text
    assert 'href="/co-quan/ST-SYT/"' in page.text
    assert "/dich-vu/DV-2026-0001/" not in dung_browser.get("/co-quan/CT-CA/").text


@pytest.fixture
def focal(lan):
    from nganam.agencies.models import Agency, FocalPoint

    return FocalPoint.objects.create(
        code="DM-2026-0001", state="in_force", rules="2025-10-22", agency=Agency.objects.get(code="CT-SYT"),
        full_name="Lý Thị Đầu Mối", position="Chuyên viên", function="Đầu mối dữ liệu", phone="0299000000",
        email="daumoi@soyte.invalid", expertise="CNTT", decision_number="12/QĐ-UBND", decision_on=date(2026, 1, 5),
        created_at=scenes.AT, updated_at=scenes.AT,
    )  # fmt: skip


@pytest.mark.law("S20.4")
def test_focal_points_in_force_are_published_with_their_contact(dung_browser, focal):
    for path in ("/dau-moi/", "/co-quan/CT-SYT/"):
        page = dung_browser.get(path).text
        assert "Lý Thị Đầu Mối" in page
        assert "daumoi@soyte.invalid" in page
    scenes.published_service()
    assert "daumoi@soyte.invalid" in dung_browser.get("/dich-vu/DV-2026-0001/").text
    type(focal).objects.update(state="nominated")
    assert "Lý Thị Đầu Mối" not in dung_browser.get("/dau-moi/").text


def test_every_term_stands_with_its_article_and_whether_it_was_read(dung_browser):
    from nganam.law.rules import all_rules

    for rules in all_rules():
        page = dung_browser.get("/phap-luat/", {"quy-tac": rules.version})
        assert page.status_code == 200
        for term in rules.terms:
            assert term.vi in page.text
    assert "chưa xác minh" in dung_browser.get("/phap-luat/").text


def test_what_a_form_asks_stands_with_whether_that_was_read(dung_browser):
    import re

    from nganam.law.rules import rules

    asked = [one for fields in rules("2025-10-22").forms.values() for one in fields]
    page = dung_browser.get("/phap-luat/", {"quy-tac": "2025-10-22"}).text
    forms = page.partition('id="bieu-mau"')[2]
    rows = [re.sub(r"<[^>]+>", " ", row) for row in re.split(r"<tr\b[^>]*>", forms)]
    doubtful = [one for one in asked if one.level == "L" and one.verified == "unverified"]
    assert len([row for row in rows if "luật bắt buộc" in row and "chưa xác minh" in row]) == len(doubtful) > 40
    assert [row for row in rows if "Đầu mối" in row and "đã đọc văn bản" in row]
    assert [row for row in rows if "Khối lượng" in row and "không áp dụng" in row]
    assert "nhớ lại" not in forms
    older = dung_browser.get("/phap-luat/", {"quy-tac": "2020-05-25"}).text.partition('id="bieu-mau"')[2]
    assert "chưa xác minh" not in older


def test_the_glossary_lists_every_term(dung_browser):
    from django.utils.html import escape

    from nganam.law.glossary import terms

    page = dung_browser.get("/phap-luat/thuat-ngu/").text
    assert all(escape(one.vi) in page for one in terms())
