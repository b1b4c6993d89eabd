"""The public pages in a browser: nothing blocked, inaccessible or too wide; search, map and chart work."""

import re
from datetime import UTC, date, datetime

import pytest

import scenes
import scenes_letters

SETTLE = 500
COLUMNS = [
    {"name": "nam", "title": "Năm", "type": "integer", "key": True},
    {"name": "ma_xa", "title": "Mã xã", "type": "commune", "key": True},
    {"name": "dan_so", "title": "Dân số", "type": "integer", "unit": "người"},
]
ROWS = [
    ("2023", "31507", "43000"),
    ("2024", "31507", "43238"),
    ("2023", "31510", "67000"),
    ("2024", "31510", "67770"),
]
PAGES = (
    "/", "/tim-kiem/?q=dan+so", "/tim-kiem/?q=zzzz", "/du-lieu/", "/du-lieu/dan-so/",
    "/du-lieu/dan-so/v/1/", "/phap-luat/",
    "/dich-vu/", "/dich-vu/DV-2026-0001/", "/dich-vu/DV-2026-0001/goi-thu/",
    "/co-quan/", "/co-quan/ST-STTTT/", "/dau-moi/", "/gioi-thieu/",
    "/phap-luat/thuat-ngu/", "/phap-luat/dieu-kien-su-dung/", "/van-ban/xac-minh/", "{paper}",
)  # fmt: skip


@pytest.fixture
def portal(live, make_province, data):
    """Serve a province with a dataset of communes and years, a service, an index; the value is the address."""
    from nganam.agencies.models import AdminUnit
    from nganam.portal.indexing import rebuild_index

    make_province()
    for code, name in (("31507", "Phường Sóc Trăng"), ("31510", "Phường Phú Lợi")):
        AdminUnit.objects.create(code=code, name=name, kind="commune", province_code="92", valid_from=date(2025, 7, 1))
    scenes.boundaries(data, ["31507", "31510"])
    scenes.opened_dataset("dan-so", COLUMNS, ROWS, title="Dân số theo xã", theme="local")
    scenes.published_service()
    scenes_letters.paper(scenes.LAN)
    rebuild_index(datetime.now(UTC))
    return live


OUTSIDE = """() => {
  const boxes = [...document.querySelectorAll('.picture rect')].map((one) => one.getBoundingClientRect());
  return [...document.querySelectorAll('.picture text')].filter((text) => {
    const at = text.getBoundingClientRect();
    const holds = (box) => box.left < at.left && at.right < box.right && box.top < at.top && at.bottom < box.bottom;
    return !boxes.some(holds);
  }).map((text) => text.textContent);
}"""


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_word_of_the_picture_lies_within_its_box(chromium, portal, language):
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    context.add_cookies([{"name": "django_language", "value": language, "url": portal}])
    page = context.new_page()
    page.goto(portal)
    page.wait_for_timeout(SETTLE)
    assert page.locator("html").get_attribute("lang") == language
    assert page.evaluate(OUTSIDE) == []
    context.close()


def test_nothing_is_blocked_inaccessible_or_too_wide(browser_page, portal, axe):
    from nganam.documents.models import Paper

    found = {}
    paper = f"/van-ban/xac-minh/{Paper.objects.first().token}/"
    for path in (one.format(paper=paper) for one in PAGES):
        browser_page.goto(portal + path)
        browser_page.wait_for_timeout(SETTLE)
        too_wide = browser_page.evaluate("document.documentElement.scrollWidth - innerWidth")
        found[path] = [*browser_page.said, *axe(browser_page), *(["too wide"] if too_wide > 0 else [])]
    assert {path: said for path, said in found.items() if said} == {}


def test_results_follow_the_typing_and_the_address_follows_the_results(browser_page, portal):
    browser_page.goto(portal + "/tim-kiem/")
    browser_page.locator("#tim").press_sequentially("tra cuu co so", delay=10)
    browser_page.wait_for_url(re.compile("q=tra(%20|[+])cuu(%20|[+])co(%20|[+])so$"))
    assert browser_page.locator(".hit-title").first.text_content() == "Tra cứu cơ sở khám chữa bệnh"
    assert browser_page.locator(".hit mark").count() > 0
    browser_page.reload()
    assert browser_page.locator("#tim").input_value() == "tra cuu co so"
    assert browser_page.said == []


def test_map_and_chart_are_drawn_by_the_choice_in_the_address(browser_page, portal):
    browser_page.goto(portal + "/du-lieu/dan-so/")
    browser_page.wait_for_selector("#bieu-do-so-lieu + .chart svg")
    browser_page.wait_for_selector("#ban-do-hinh path.leaflet-interactive", state="attached")
    assert browser_page.locator("#ban-do-hinh path.leaflet-interactive").count() == 2
    labels = browser_page.locator("#ban-do-hinh path.leaflet-interactive").evaluate_all(
        "(all) => all.map((one) => one.getAttribute('aria-label')).sort()"
    )
    assert labels == ["Phường Phú Lợi: 67.770 người", "Phường Sóc Trăng: 43.238 người"]
    browser_page.locator("#chon-cot").select_option("so-dong")
    browser_page.wait_for_url("**cot=so-dong**")
    assert browser_page.said == []


def test_everything_is_there_without_scripts(chromium, portal):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(portal + "/tim-kiem/")
    page.locator("#tim").fill("dan so xa")
    page.locator("form.search button").click()
    page.locator(".hit-title a").first.click()
    assert page.locator("#bang").is_visible()
    assert page.locator(".rows tbody tr").count() == 4
    page.locator(".rows thead a", has_text="Dân số").click()
    assert page.locator("th[aria-sort=ascending]").count() == 1
    assert page.locator(".rows tbody tr").first.locator("td").last.text_content() == "43.000"
    with page.expect_download() as told:
        page.locator(".downloads a").first.click()
    assert told.value.suggested_filename == "dan-so.csv"
    context.close()
