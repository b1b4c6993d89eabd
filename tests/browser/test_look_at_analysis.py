"""The pages of analysis in a browser: a map, charts, filters and SQL, on a wide and on a narrow screen."""

from datetime import date, timedelta

import pytest

import scenes
from nganam.analysis import operations
from nganam.analysis.scope import get_scope_for

COLUMNS = [
    {"name": "ma", "title": "Mã lượt khám", "key": True},
    {"name": "ma_xa", "title": "Xã, phường", "type": "commune"},
    {"name": "loai", "title": "Loại lượt khám"},
    {"name": "chi_phi", "title": "Chi phí", "type": "integer", "unit": "đồng"},
    {"name": "ngay", "title": "Ngày khám", "type": "date"},
]
KINDS = ("Khám ngoại trú", "Cấp cứu", "Nội trú")


@pytest.fixture
def visits(live, province, data):
    """A year of visits in two communes with boundaries; a question of Lan's on the board."""
    codes = ["31507", "31732"]
    scenes.boundaries(data, codes)
    first = date(2025, 11, 1)
    rows = [
        (str(at), codes[at % 5 == 0], KINDS[at % 7 % 3], str(at * 1000), (first + timedelta(days=at)).isoformat())
        for at in range(365)
    ]
    found = scenes.table(code="luot-kham", columns=COLUMNS)
    scenes.load(found, rows)
    scope = get_scope_for(scenes.LAN, "luot-kham", scenes.AT)
    asked = {"nhom": "ngay", "nhom2": "loai", "theo": "quy"}
    made = operations.save_question(
        actor=scenes.LAN, at=scenes.AT, scope=scope, asked=asked, title="Lượt khám theo quý"
    )
    return operations.pin_question(actor=scenes.LAN, at=scenes.AT, code=made.code, pinned=True)


def test_questions_answers_and_sql_can_be_read_and_used(look, browser_page, live, visits):
    look("lan", "/phan-tich/", "phan-tich")
    look("lan", "/phan-tich/hoi/luot-kham/?nhom=ma_xa&tinh=tong&cot=chi_phi", "phan-tich-ban-do")
    assert browser_page.locator("#ban-do path").count() == 2
    assert browser_page.locator("#ban-do path").first.bounding_box()["width"] > 10
    look("lan", f"/phan-tich/cau-hoi/{visits.code}/", "phan-tich-cau-hoi")
    look("lan", "/phan-tich/hoi/luot-kham/?nhom=loai&loc1=ngay&phep1=tu&tri1=31/02/2026", "phan-tich-sai")
    assert "Ghi một ngày" in browser_page.content()
    browser_page.goto(f"{live}/phan-tich/sql/")
    browser_page.get_by_label("Câu SELECT").fill(
        "SELECT loai, count(*) AS so_luot FROM luot_kham GROUP BY 1 ORDER BY 1"
    )
    browser_page.get_by_role("button", name="Chạy").click()
    assert "luot-kham v1" in browser_page.content()
    look("lan", "/phan-tich/sql/", "phan-tich-sql")
