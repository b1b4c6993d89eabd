"""Lan's table of visits, and a browser for each of the cast."""

from datetime import timedelta

import pytest

import scenes
from at_once import signed_in

COLUMNS = [
    {"name": "ma", "title": "Mã lượt", "key": True},
    {"name": "ma_xa", "title": "Mã xã", "type": "commune"},
    {"name": "loai", "title": "Loại"},
    {"name": "chi_phi", "title": "Chi phí", "type": "decimal", "unit": "đồng"},
    {"name": "ngay", "title": "Ngày khám", "type": "date"},
    {"name": "luc", "title": "Lúc nhập", "type": "datetime"},
    {"name": "noi_tru", "title": "Nội trú", "type": "boolean"},
]
ROWS = [
    ("1", "31507", "Khám", "100", "15/01/2026", "15/01/2026 23:30", "không"),
    ("2", "31507", "Khám", "200", "20/01/2026", "01/02/2026 00:10", "không"),
    ("3", "31732", "Cấp cứu", "1000,5", "03/02/2026", "03/02/2026 08:00", "có"),
    ("4", "31732", "=HYPERLINK(1)", "", "04/04/2026", "04/04/2026 08:00", ""),
]


@pytest.fixture
def visits(province):
    found = scenes.table(code="luot-kham", columns=COLUMNS)
    ended = scenes.load(found, ROWS)
    assert ended.rejected == 0, ended.by_reason
    return found


@pytest.fixture
def granted(province):
    """Phúc's account to Lan's facilities: two items, one of three kinds; and a version with enough records to tell."""
    account = scenes.account()
    rows = [(f"{at:05d}", f"Trạm {at % 2}", "Trạm y tế", f"02990{at:05d}", str(at)) for at in range(8)]
    scenes.load(account.service.table, rows, at=scenes.AT + timedelta(minutes=5))
    return account


@pytest.fixture
def browse():
    return signed_in
