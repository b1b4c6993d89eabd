"""The page of all components, in a browser: nothing blocked, nothing inaccessible, nothing wider than the screen."""

import pytest

SETTLE = 400
HIDDEN_CELLS = """(
  _nothing, edge = (box) => box.getBoundingClientRect().right,
) => [...document.querySelectorAll('.table-scroll:not(.table-in-scroll) :is(th, td)')]
  .filter((cell) => cell.checkVisibility() && !cell.closest('details:not([open])') && !cell.closest('thead'))
  .filter((cell) => edge(cell) > edge(cell.closest('.table-scroll')) + 1)
  .map((cell) => cell.textContent.trim())"""


@pytest.mark.parametrize("path", ["/thanh-phan/", "/loi/"])
def test_nothing_is_blocked_inaccessible_or_too_wide(browser_page, live, axe, path):
    browser_page.goto(live + path)
    browser_page.wait_for_timeout(SETTLE)
    assert browser_page.said == []
    assert axe(browser_page) == []
    assert browser_page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_no_cell_of_a_table_is_out_of_sight_unless_the_table_says_so(browser_page, live):
    browser_page.goto(live + "/thanh-phan/")
    assert browser_page.evaluate(HIDDEN_CELLS) == []
    cut = browser_page.locator(".table-in-scroll").first
    told = browser_page.locator(".table-in-scroll + .table-cue").first
    is_cut = cut.evaluate("box => box.scrollWidth > box.clientWidth")
    assert told.is_visible() is is_cut
    cut.evaluate("box => { box.scrollLeft = 999 }")
    first = cut.locator("tbody tr").first.locator("th, td").first
    assert first.evaluate("cell => cell.getBoundingClientRect().left >= 0"), "the first column stays in sight"


def test_every_line_of_code_and_checksum_is_seen_whole(browser_page, live):
    browser_page.goto(live + "/thanh-phan/")
    for seen in browser_page.locator(".code pre, .download-sum").all():
        assert seen.evaluate("box => box.scrollWidth <= box.clientWidth")
        assert seen.evaluate("box => getComputedStyle(box).textOverflow") != "ellipsis"


def test_vietnamese_in_code_is_drawn_by_our_own_face(browser_page, live):
    browser_page.goto(live + "/thanh-phan/")
    assert "IBM Plex Mono" in browser_page.evaluate("getComputedStyle(document.querySelector('code')).fontFamily")
    loaded = "document.fonts.load('14px \"IBM Plex Mono\"', 'ví dụ').then((faces) => faces.map((one) => one.status))"
    assert browser_page.evaluate(loaded) == ["loaded", "loaded"], "the Latin letters and the Vietnamese ones"


def test_a_problem_page_is_accessible(browser_page, live, axe):
    answer = browser_page.goto(live + "/khong-co-trang-nay/")
    assert answer.status == 404
    assert axe(browser_page) == []


def test_charts_and_map_are_drawn_and_have_table_twins(browser_page, live):
    browser_page.goto(live + "/thanh-phan/")
    browser_page.wait_for_selector(".chart svg")
    browser_page.wait_for_selector("#ban-do path.leaflet-interactive")
    assert browser_page.locator(".chart svg").count() == 2
    assert browser_page.locator("#ban-do path.leaflet-interactive").count() == 12
    assert browser_page.locator("figure .twin tbody tr").count() == 4 + 6 + 12


def test_the_map_is_walked_with_the_keyboard(browser_page, live):
    browser_page.goto(live + "/thanh-phan/")
    first = browser_page.wait_for_selector("#ban-do path[tabindex='0']")
    first.focus()
    said = browser_page.locator("[data-said]")
    before = said.text_content()
    browser_page.keyboard.press("ArrowRight")
    assert said.text_content() not in {"", before}
    assert browser_page.locator("#ban-do path[tabindex='0']").count() == 1
    assert browser_page.evaluate("document.activeElement.tagName") == "path"


def test_the_menu_opens_and_closes_with_the_keyboard(browser_page, live):
    browser_page.goto(live + "/thanh-phan/")
    menu = browser_page.locator("details.drop-menu")
    if not menu.is_visible():
        return
    menu.locator("summary").focus()
    browser_page.keyboard.press("Enter")
    assert menu.get_attribute("open") is not None
    browser_page.keyboard.press("Escape")
    assert menu.get_attribute("open") is None


def test_the_language_is_changed_without_a_script(chromium, live):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(live + "/thanh-phan/")
    page.locator("header .language button").click()
    assert page.url == live + "/thanh-phan/"
    assert page.locator("html").get_attribute("lang") == "en"
    context.close()


def test_code_is_copied(chromium, live):
    context = chromium.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(live + "/thanh-phan/")
    page.locator("[data-copy='lenh']").click()
    page.wait_for_function("document.querySelector('[data-copy=lenh] [data-words]').textContent === 'Đã chép'")
    assert page.evaluate("navigator.clipboard.readText()").startswith("curl -H")
    context.close()
