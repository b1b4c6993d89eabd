"""The pages of a table's door for pushed records in a browser."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings

import scenes
from nganam.kernel.actors import system

WORKER = system("worker")


@pytest.fixture
def world(live, province):
    """A table two applications may push into, one of them no longer, with receipts of good and rejected records."""
    from nganam.lgsp.pushes import gathering, operations
    from nganam.serving import spool
    from nganam.warehouse import loading

    table = scenes.loaded_table()
    rights = [
        operations.grant_push(
            actor=scenes.LAN, at=scenes.AT, table=table, application=scenes.application(scenes.LAN, code),
            reason="Hệ thống khám chữa bệnh gửi thay đổi hằng ngày.",
        ) for code in ("HIS", "KHAM")
    ]  # fmt: skip
    operations.end_push(actor=scenes.LAN, at=scenes.AT, right=rights[1], reason="Đã gộp vào hệ thống HIS.")
    place = spool.folder(Path(settings.DATA), rights[0].door.code)
    place.mkdir(parents=True)
    for number, beds in enumerate(("12", "nhiều")):
        row = {"ma_co_so": f"0090{number}", "ten_co_so": "Trạm y tế mới", "loai": "Trạm y tế", "dien_thoai": None,
               "so_giuong": beds}  # fmt: skip
        when = (scenes.AT + timedelta(seconds=number)).isoformat(timespec="microseconds")
        spool.keep(place, spool.Head(f"{number:032x}", "CT-SYT/HIS", when, 1, 100, "d"), [json.dumps(row).encode()])
    (code,) = gathering.gather(actor=WORKER, now=lambda: scenes.AT)
    loading.run_load(actor=WORKER, now=lambda: scenes.AT, code=code)
    gathering.gather(actor=WORKER, now=lambda: scenes.AT)
    return {"table": table.code, "right": rights[0].pk, "load": code}


@pytest.mark.parametrize(("path", "name"), [
    ("/kho/{table}/day-du-lieu/", "push-door"),
    ("/kho/{table}/day-du-lieu/{right}/chung-thu/", "push-certificates"),
    ("/kho/nap/{load}/", "push-load"),
    ("/kho/{table}/", "push-from-table"),
])  # fmt: skip
def test_the_door_of_a_table_can_be_read_at_every_width(look, seen, browser_page, world, path, name):
    look("lan", path.format(**world), name)
    for more in browser_page.locator("main details > summary").all():
        more.click()
    seen(browser_page, f"{name}-open")
