"""What the public finds: a small province with open datasets, a service, and the index over them."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client

import scenes

NOW = datetime(2026, 11, 10, 2, 0, tzinfo=UTC)
CLIMATE = [
    {"name": "nam", "title": "Năm", "title_en": "Year", "type": "integer", "key": True, "required": True},
    {"name": "luong_mua", "title": "Lượng mưa", "title_en": "Rainfall", "type": "decimal", "unit": "mm"},
    {"name": "so_con_bao", "title": "Số cơn bão", "type": "integer"},
]
RAIN = [("2019", "1800.5", "1"), ("2020", "2100", "3"), ("2022", "1950.25", "0")]
PEOPLE = [
    {"name": "ma_xa", "title": "Mã xã", "type": "commune", "key": True, "required": True},
    {"name": "ten", "title": "Tên", "required": True},
    {"name": "dan_so", "title": "Dân số", "type": "integer", "unit": "người"},
    {"name": "mat_do", "title": "Mật độ", "type": "decimal"},
]
COMMUNES = [("31507", "Phường Sóc Trăng", "43238", "1037.6"), ("31510", "Phường Phú Lợi", "67770", "2529.7")]


@pytest.fixture(autouse=True)
def calm() -> Iterator[None]:
    """Forget counted calls between tests and stand still on one day."""
    cache.clear()
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def dung_browser() -> Client:
    """Return the browser of Dung, who has no account."""
    return Client()


@pytest.fixture
def open_table(province: None) -> Callable[..., Any]:
    """Return the function that takes a table all the way to the portal under a slug."""
    return scenes.opened_dataset


@pytest.fixture
def climate(open_table: Callable[..., Any]) -> Any:
    """A dataset with years."""
    words = {"title": "Khí hậu Sóc Trăng", "description": "Số liệu đo tại trạm.", "keywords": ["mưa"]}
    return open_table("khi-hau", CLIMATE, RAIN, theme="environment", title_en="", **words)


@pytest.fixture
def communes(province: None) -> None:
    """Two communes of today."""
    from datetime import date

    from nganam.agencies.models import AdminUnit

    for code, name in (("31507", "Phường Sóc Trăng"), ("31510", "Phường Phú Lợi")):
        AdminUnit.objects.create(code=code, name=name, kind="commune", province_code="92", valid_from=date(2025, 7, 1))


@pytest.fixture
def boundaries(data: Any, communes: None) -> None:
    """Square boundaries of the two communes."""
    scenes.boundaries(data, ["31507", "31510"])


@pytest.fixture
def population(boundaries: None, open_table: Callable[..., Any]) -> Any:
    """A dataset with communes that have boundaries."""
    return open_table("dan-so", PEOPLE, COMMUNES, title="Dân số theo xã", theme="local")


@pytest.fixture
def reindex() -> Callable[[], int]:
    """Return the function that rebuilds the index as it stands."""
    from nganam.portal.indexing import rebuild_index

    return lambda: rebuild_index(NOW)


@pytest.fixture
def update(province: None) -> Callable[..., Any]:
    """Return the function that loads new rows into a dataset's table and publishes the next release."""
    from nganam.opendata import operations

    def updated(dataset: Any, rows: Sequence[Sequence[str]]) -> Any:
        later = scenes.AT + timedelta(days=2)
        scenes.load(dataset.table, rows, at=later)
        dataset.refresh_from_db()
        return operations.update_dataset(actor=scenes.LAN, at=later, dataset=dataset)

    return updated
