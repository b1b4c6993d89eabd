"""Pages of derived tables, as an officer gets them: the model, its form with what is wrong, all models, the graph."""

from datetime import timedelta

import pytest

import scenes
from nganam.kernel.actors import system

SQL = """SELECT loai, count(*) AS so_co_so, sum(so_giuong) AS so_giuong
FROM co_so_kham_chua_benh
WHERE loai <> ''
GROUP BY loai"""
COLUMNS = [
    {"name": "loai", "title": "Loại cơ sở", "key": True},
    {"name": "so_co_so", "title": "Số cơ sở", "type": "integer"},
    {"name": "so_giuong", "title": "Số giường", "type": "integer"},
]


@pytest.fixture
def derived(live, province):
    """A chain of two derived tables over Lan's: the first has run, the second waits."""
    from nganam.warehouse import loading, operations
    from nganam.warehouse.transforms import operations as models

    scenes.loaded_table()
    made = [
        operations.declare_table(
            actor=scenes.LAN, at=scenes.AT, agency="CT-SYT", code=code, title=title, columns=columns
        )
        for code, title, columns in (
            ("co-so-theo-loai", "Cơ sở theo loại", COLUMNS),
            ("tong-giuong", "Tổng số giường", COLUMNS[::2]),
        )
    ]
    tests = [{"name": "khong-am", "query": "SELECT * FROM rows WHERE so_giuong < 0", "severity": "error"}]
    models.save_model(
        actor=scenes.LAN, at=scenes.AT, table=made[0], sql=SQL, tests=tests, description="Đếm theo loại, đã lọc trống."
    )
    models.save_model(actor=scenes.LAN, at=scenes.AT, table=made[1], sql="SELECT loai, so_giuong FROM co_so_theo_loai")
    at = scenes.AT + timedelta(minutes=1)
    for code in models.run_due(actor=system("worker"), at=at):
        loading.run_load(actor=system("worker"), now=lambda: at, code=code)


@pytest.mark.parametrize(("path", "name"), [
    ("/kho/co-so-theo-loai/mo-hinh/", "model"),
    ("/kho/tong-giuong/mo-hinh/", "model-waits"),
    ("/kho/mo-hinh/", "models"),
    ("/kho/co-so-theo-loai/dong-du-lieu/", "model-lineage"),
    ("/kho/co-so-theo-loai/", "model-table"),
    ("/kho/co-so-kham-chua-benh/mo-hinh/", "model-none"),
])  # fmt: skip
def test_a_model_can_be_read_at_every_width(look, derived, path, name):
    look("lan", path, name)


def test_what_is_wrong_with_a_model_is_said_beside_it(look, seen, browser_page, derived):
    look("lan", "/kho/co-so-theo-loai/mo-hinh/sua/", "model-form")
    browser_page.fill(
        "textarea[name=sql]", "SELECT loai,\n  now() AS so_co_so, 1 AS so_giuong\nFROM co_so_kham_chua_benh"
    )
    browser_page.locator("main button:has-text('Lưu và chạy')").click()
    seen(browser_page, "model-form-wrong")
    assert "Dòng 2: không dùng now" in browser_page.locator("main").inner_text()
