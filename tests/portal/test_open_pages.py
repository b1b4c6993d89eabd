"""Every public page opens for a visitor, on an empty platform as on a full one, with few queries."""

import xml.etree.ElementTree as ET

import pytest

import scenes

pytestmark = pytest.mark.django_db
PAGES = (
    "/", "/tim-kiem/", "/tim-kiem/?q=nuoc", "/du-lieu/", "/dich-vu/", "/co-quan/", "/dau-moi/", "/gioi-thieu/",
    "/phap-luat/", "/phap-luat/thuat-ngu/", "/phap-luat/dieu-kien-su-dung/", "/robots.txt", "/sitemap.xml", "/feed.xml",
    "/van-ban/xac-minh/",
)  # fmt: skip
MOST_QUERIES = 15
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


@pytest.mark.law("S13.2")
@pytest.mark.parametrize("path", PAGES)
def test_a_page_opens_on_an_empty_platform(dung_browser, path):
    assert dung_browser.get(path).status_code == 200


def test_empty_lists_say_what_will_come(dung_browser):
    assert "Chưa có bộ dữ liệu nào được công bố" in dung_browser.get("/du-lieu/").text
    assert "Chưa có dịch vụ nào được công khai" in dung_browser.get("/dich-vu/").text
    assert "Không tìm thấy kết quả" in dung_browser.get("/tim-kiem/?q=nuoc").text


def test_the_counters_of_the_home_page_are_counted(dung_browser, climate):
    counters = dung_browser.get("/").context["counters"]
    assert counters == {"datasets": 1, "services": 0, "agencies": 6, "calls": 0}


def test_only_questions_that_have_an_answer_are_asked(dung_browser, climate, reindex):
    assert dung_browser.get("/").context["questions"] == []
    reindex()
    page = dung_browser.get("/")
    assert [words for _question, words in page.context["questions"]] == ["khí hậu", "Sở Y tế"]
    for _question, words in page.context["questions"]:
        assert dung_browser.get("/tim-kiem/", {"q": words}).context["total"] > 0


def test_no_page_asks_the_database_once_per_row(
    dung_browser, open_table, climate, reindex, django_assert_max_num_queries
):
    for number in range(4):
        open_table(f"bang-{number}", scenes.OPEN_COLUMNS, [(f"{number}1", "Trạm", "Trạm", "3")], title=f"Bảng {number}")
    scenes.published_service()
    reindex()
    for path in (*PAGES, "/du-lieu/khi-hau/", "/du-lieu/khi-hau/v/1/", "/dich-vu/DV-2026-0001/", "/co-quan/CT-SYT/"):
        dung_browser.get(path)
        with django_assert_max_num_queries(MOST_QUERIES):
            assert dung_browser.get(path).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/du-lieu/khong-co/", "/du-lieu/khong-co/v/1/", "/du-lieu/khong-co/latest/khong-co.csv",
        "/dich-vu/DV-2026-9999/",
        "/dich-vu/DV-2026-9999/openapi.json", "/co-quan/KHONG-CO/", "/phap-luat/?quy-tac=1999-01-01",
    ],
)  # fmt: skip
def test_what_is_not_there_is_a_problem_page_with_advice(dung_browser, path):
    got = dung_browser.get(path)
    assert got.status_code == 404
    assert "problem-title" in got.text


@pytest.mark.parametrize("path", ["/", "/tim-kiem/", "/du-lieu/", "/dich-vu/", "/co-quan/"])
def test_a_public_page_only_reads(dung_browser, path):
    assert dung_browser.post(path).status_code in {403, 405}


def test_nothing_unpublished_is_public(dung_browser, province, reindex):
    scenes.proposed_dataset()
    table = scenes.table(code="rieng")
    scenes.load(table)
    service = scenes.declared_service(table)
    assert reindex() == 6
    assert dung_browser.get("/du-lieu/co-so/").status_code == 404
    assert dung_browser.get("/du-lieu/co-so/latest/co-so.csv").status_code == 404
    assert dung_browser.get(f"/dich-vu/{service.code}/").status_code == 404
    assert dung_browser.get("/tim-kiem/?q=co+so").context["total"] == 0
    for path in ("/", "/du-lieu/", "/dich-vu/", "/co-quan/CT-SYT/", "/sitemap.xml", "/feed.xml"):
        assert "co-so" not in dung_browser.get(path).text


def read(response):
    return ET.fromstring(response.text)  # noqa: S314 - our own answer


def test_a_sitemap_and_a_feed_name_what_is_public(dung_browser, climate):
    places = [one.text for one in read(dung_browser.get("/sitemap.xml")).iter(f"{SITEMAP}loc")]
    assert any(place.endswith("/du-lieu/khi-hau/") for place in places)
    assert any(place.endswith("/co-quan/CT-SYT/") for place in places)
    feed = read(dung_browser.get("/feed.xml"))
    assert [one.text for one in feed.iter("{http://www.w3.org/2005/Atom}title")][1:] == ["Khí hậu Sóc Trăng"]
    assert "Disallow: /ban-lam-viec/" in dung_browser.get("/robots.txt").text


def test_pages_are_in_english_for_those_who_chose_it(dung_browser, climate):
    dung_browser.post("/ngon-ngu/", {"language": "en", "next": "/"})
    page = dung_browser.get("/du-lieu/khi-hau/").text
    assert 'lang="en"' in page
    assert "Rainfall" in page
