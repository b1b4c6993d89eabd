"""The cast and the tables of the warehouse's stories: Lan of the health department loads a list of facilities."""

import csv
import io
import os
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg import sql

from nganam.kernel.actors import VISITOR, Actor, Kind, Role, system

AT = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
WORKER = system("worker")
LAN = Actor(Kind.PERSON, "lan", "Lan", "CT-SYT", frozenset({Role.FOCAL}))
MINH = Actor(Kind.PERSON, "minh", "Minh", "CT-SKHCN", frozenset({Role.LEAD}))
PHUC = Actor(Kind.PERSON, "phuc", "Phúc", "CT-X31507", frozenset({Role.FOCAL}))
DUNG = VISITOR
COLUMNS = [
    {"name": "ma_co_so", "title": "Mã cơ sở", "key": True},
    {"name": "ten_co_so", "title": "Tên cơ sở", "required": True},
    {"name": "ma_xa", "title": "Mã xã", "type": "commune", "required": True},
    {"name": "so_giuong", "title": "Số giường", "type": "integer"},
    {"name": "ngay_hoat_dong", "title": "Ngày hoạt động", "type": "date"},
]
ROWS = [
    ("00123", "Trạm y tế Phường 5", "31498", "10", "15/03/2004"),
    ("00124", "Trạm y tế Phường 7", "31501", "1.250", "01/12/2011"),
    ("00200", "Phòng khám Ngã Năm", "31507", "", ""),
]


@contextmanager
def own_postgresql(password: str, fill: str) -> Iterator[tuple[str, str, int]]:
    """Make a database and an account of the same name on the real server; yields name, host and port.

    By TCP for the test and for the source, never by PGHOST's socket: a run whose own server has only a socket would
    make here what it tries there. ``fill`` is run in the new database, ``{account}`` is the account.
    """
    server = os.environ.get("NGANAM_TEST_POSTGRESQL", "postgresql://root@127.0.0.1:5432")
    try:
        link = psycopg.connect(f"{server}/postgres", autocommit=True)
    except psycopg.OperationalError as error:
        pytest.skip(f"không có PostgreSQL: {error}")
    name = f"nganam_{uuid.uuid4().hex[:8]}"
    account = sql.Identifier(name)
    with link:
        link.execute(sql.SQL("CREATE DATABASE {}").format(account))
        link.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(account, password))
        try:
            with psycopg.connect(f"{server}/{name}") as own:
                own.execute(fill.format(account=name).encode())
            yield name, link.info.host, link.info.port
        finally:
            link.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(account))
            link.execute(sql.SQL("DROP ROLE {}").format(account))


def now() -> datetime:
    return AT


def as_csv(rows: Sequence[Sequence[str]] = ROWS, *, header: Sequence[str] | None = None, delimiter: str = ",") -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow(header or [one["name"] for one in COLUMNS])
    writer.writerows(rows)
    return text.getvalue().encode()


def make_units() -> None:
    """Enter a few communes before and after the merger of 1 July 2025."""
    from nganam.agencies.models import AdminUnit

    for code, until in (("31498", date(2025, 7, 1)), ("31501", date(2025, 7, 1))):
        AdminUnit.objects.create(
            code=code, name=code, kind="commune", province_code="94", valid_from=date(2004, 1, 1), valid_until=until
        )
    AdminUnit.objects.create(
        code="31507", name="31507", kind="commune", province_code="92", valid_from=date(2025, 7, 1)
    )


@pytest.fixture
def agencies(province: None) -> None:
    """The cast, their agencies and a few communes."""
    make_units()


@pytest.fixture
def facilities(agencies: None) -> Any:
    """Lan's table."""
    from nganam.warehouse import operations

    return operations.declare_table(
        actor=LAN, at=AT, agency="CT-SYT", code="co-so-kham-chua-benh", title="Cơ sở khám chữa bệnh", columns=COLUMNS
    )


@pytest.fixture
def load(facilities: Any) -> Callable[..., Any]:
    """Load bytes into the table and run the load to its end."""
    from nganam.warehouse import loading, operations

    def run(content: bytes, name: str = "co-so.csv", *, table: Any = None, at: datetime = AT) -> Any:
        started = operations.start_load(
            actor=LAN, at=at, table=table or facilities, upload=operations.Upload(name, [content])
        )
        return loading.run_load(actor=WORKER, now=lambda: at + timedelta(seconds=3), code=started.code)

    return run
