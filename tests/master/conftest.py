"""Two tables of the health department that know the same people: a register and a clinic's list."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from nganam.kernel.actors import Actor, Kind, Role, system

AT = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
WORKER = system("worker")
LAN = Actor(Kind.PERSON, "lan", "Lan", "CT-SYT", frozenset({Role.FOCAL}))
MINH = Actor(Kind.PERSON, "minh", "Minh", "CT-SKHCN", frozenset({Role.LEAD}))
PHUC = Actor(Kind.PERSON, "phuc", "Phúc", "CT-X31507", frozenset({Role.FOCAL}))
NAMES = ("ma", "ho_ten", "so_dinh_danh", "ngay_sinh", "gioi_tinh", "dien_thoai")
COLUMNS = [
    {"name": "ma", "title": "Mã hồ sơ", "key": True},
    {"name": "ho_ten", "title": "Họ tên", "personal": True},
    {"name": "so_dinh_danh", "title": "Số định danh", "personal": True},
    {"name": "ngay_sinh", "title": "Ngày sinh", "personal": True},
    {"name": "gioi_tinh", "title": "Giới tính"},
    {"name": "dien_thoai", "title": "Điện thoại", "personal": True},
]
MAPPED = {
    "name": "ho_ten",
    "identifier": "so_dinh_danh",
    "date": "ngay_sinh",
    "sex": "gioi_tinh",
    "phone": "dien_thoai",
}
REGISTER = [
    ("A1", "Nguyễn Văn An", "094200000001", "1990-03-05", "Nam", "0950000001"),
    ("A2", "Trần Thị Bé", "094300000002", "1970-08-09", "Nữ", "0950000002"),
    ("A3", "Lê Hoàng Cúc", "094300000003", "1985-11-12", "Nữ", ""),
    ("A4", "Phạm Văn Dũng", "094200000004", "1960-01-20", "Nam", ""),
]
CLINIC = [
    ("B1", "NGUYEN VAN AN", "94200000001", "05/03/1990", "1", "0959999999"),
    ("B2", "Trần Bé", "", "09/08/1970", "Nữ", "+84950000002"),
    ("B3", "Lê Hoàng Cúc", "", "1985", "Nữ", ""),
    ("B4", "Đặng Quốc Việt", "094200000004", "1999-05-06", "Nam", ""),
]
Rows = Sequence[Sequence[str]]


def as_csv(rows: Rows) -> bytes:
    return "\r\n".join([",".join(NAMES), *(",".join(one) for one in rows)]).encode()


@pytest.fixture
def load(province: None) -> Callable[..., Any]:
    """Load rows into a table of Lan's, declaring it the first time."""
    from nganam.warehouse import loading, operations
    from nganam.warehouse.models import Table

    def run(code: str, rows: Rows, at: datetime = AT) -> Table:
        table = Table.objects.filter(code=code).first() or operations.declare_table(
            actor=LAN, at=AT, agency="CT-SYT", code=code, title=code.capitalize(), columns=COLUMNS
        )
        started = operations.start_load(
            actor=LAN, at=at, table=table, upload=operations.Upload("nguoi.csv", [as_csv(rows)])
        )
        done = loading.run_load(actor=WORKER, now=lambda: at + timedelta(seconds=3), code=started.code)
        assert done.state in {"committed", "unchanged"}, done.message
        return Table.objects.get(pk=table.pk)

    return run


@pytest.fixture
def people(load: Any) -> Any:
    """Lan's set over both tables, the register first."""
    from nganam.master import operations

    tables = [load("so-dang-ky", REGISTER), load("phong-kham", CLINIC)]
    made = operations.declare_set(actor=LAN, at=AT, agency="CT-SYT", title="Người bệnh", kind="person")
    for table in tables:
        operations.add_member(actor=LAN, at=AT, code=made.code, table=table, columns=MAPPED)
    return made


@pytest.fixture
def match() -> Callable[..., Any]:
    """Match a set to the end."""
    from nganam.master import operations, running

    def run(found: Any, at: datetime = AT) -> Any:
        asked = operations.start_run(actor=LAN, at=at, code=found.code)
        one = running.run(actor=WORKER, now=lambda: at + timedelta(seconds=9), code=found.code, number=asked.number)
        assert one.state == "done", one.fault
        return one

    return run


def entity_of(found: Any, table: str, key: str) -> Any:
    """Return the entity that a row belongs to now."""
    from nganam.master import places
    from nganam.master.engine.records import digest
    from nganam.master.models import Membership

    record = digest(places.salt(), table, f'["{key}"]')
    held = Membership.objects.select_related("entity").filter(set=found, record=record).first()
    return held and held.entity


def digest_of(table: str, key: str) -> str:
    """Return the digest of a row."""
    from nganam.master import places
    from nganam.master.engine.records import digest

    return digest(places.salt(), table, f'["{key}"]')
