"""The pages of master data in a browser: a set, a pair decided by keyboard, an entity, wide and narrow."""

from datetime import timedelta

import pytest

import scenes
from nganam.kernel.actors import system
from nganam.master import operations, queries, running
from nganam.warehouse import loading
from nganam.warehouse import operations as warehouse

WORKER = system("worker")
COLUMNS = [
    {"name": "ma", "title": "Mã", "key": True},
    {"name": "ho_ten", "title": "Họ tên", "personal": True},
    {"name": "so", "title": "Số định danh", "personal": True},
    {"name": "sinh", "title": "Ngày sinh", "personal": True},
    {"name": "dien_thoai", "title": "Điện thoại", "personal": True},
]
MAPPED = {"name": "ho_ten", "identifier": "so", "date": "sinh", "phone": "dien_thoai"}
TABLES = {
    "so-dang-ky": "A1,Nguyễn Văn An,094200000001,1990-03-05,0950000001\nA2,Phạm Văn Dũng,094200000004,1960-01-20,\n"
    "A3,Lê Thị Út,094300000005,1975-06-07,0950000005",
    "phong-kham": "B1,NGUYEN VAN AN,94200000001,05/03/1990,0959999999\nB2,Đặng Quốc Việt,094200000004,1999-05-06,",
    "tiem-chung": "C1,Nguyễn An,,05/03/1990,0950000001\nC2,Phạm Văn Dũng,,1960,",
}


@pytest.fixture
def people(live, province):
    """A set of three tables, matched."""
    made = operations.declare_set(
        actor=scenes.LAN, at=scenes.AT, agency="CT-SYT", title="Người bệnh của tỉnh", kind="person"
    )
    for code, rows in TABLES.items():
        table = warehouse.declare_table(
            actor=scenes.LAN, at=scenes.AT, agency="CT-SYT", code=code, title=code.capitalize(), columns=COLUMNS
        )
        content = f"ma,ho_ten,so,sinh,dien_thoai\n{rows}\n".encode()
        load = warehouse.start_load(
            actor=scenes.LAN, at=scenes.AT, table=table, upload=warehouse.Upload("nguoi.csv", [content])
        )
        loading.run_load(actor=WORKER, now=lambda: scenes.AT, code=load.code)
        operations.add_member(actor=scenes.LAN, at=scenes.AT, code=made.code, table=table, columns=MAPPED)
    asked = operations.start_run(actor=scenes.LAN, at=scenes.AT, code=made.code)
    later = scenes.AT + timedelta(seconds=5)
    running.run(actor=WORKER, now=lambda: later, code=made.code, number=asked.number)
    return made


def test_a_set_is_read_and_a_pair_decided_by_keyboard(look, browser_page, live, people):
    base = people.get_absolute_url()
    look("lan", "/du-lieu-chu/", "du-lieu-chu")
    look("lan", base, "du-lieu-chu-tap")
    look("lan", f"{base}lan/1/", "du-lieu-chu-lan-ghep")
    look("lan", f"{base}sua/", "du-lieu-chu-nguong")
    look("lan", f"{base}bang/so-dang-ky/", "du-lieu-chu-cot")
    look("lan", f"{base}doi-tuong/", "du-lieu-chu-danh-sach")
    entity = next(one.entity for one in queries.shown(people, list(queries.live(people))) if one.name.endswith("An"))
    look("lan", entity.get_absolute_url(), "du-lieu-chu-doi-tuong")
    look("lan", f"{base}xem-xet/", "du-lieu-chu-xem-xet")
    pair = queries.waiting(people)[0].pair
    address = f"{base}cap/{pair.left}/{pair.right}/"
    look("lan", address, "du-lieu-chu-cap")
    browser_page.goto(f"{live}{address}")
    browser_page.get_by_label("Khác nhau").focus()
    browser_page.keyboard.press("Space")
    browser_page.keyboard.press("Tab")
    browser_page.keyboard.type("Hai người, một số ghi nhầm")
    browser_page.keyboard.press("Enter")
    browser_page.wait_for_url(lambda url: address not in url)
    assert people.decisions.get().same is False
    look("lan", f"{base}quyet-dinh/", "du-lieu-chu-quyet-dinh")
