"""MySQL and MariaDB as a source, on a real server: read whole, in Vietnamese, and never written."""

import os
import uuid

import pymysql  # type: ignore[import-untyped]
import pytest

from nganam.kernel.errors import Invalid, Unavailable
from nganam.warehouse import loading, operations, sourcing
from nganam.warehouse.engine import databases
from nganam.warehouse.engine.databases import Database

from .conftest import AT, COLUMNS, LAN, WORKER, now

HOST, PORT = "127.0.0.1", 3306
USER = os.environ.get("NGANAM_TEST_MYSQL_USER", "root")
PASSWORD = os.environ.get("NGANAM_TEST_MYSQL_PASSWORD", "")


@pytest.fixture(scope="module")
def server():
    """A database of its own on the server of this machine; the value is its address."""
    try:
        link = pymysql.connect(host=HOST, port=PORT, user=USER, password=PASSWORD, connect_timeout=2, charset="utf8mb4")
    except pymysql.MySQLError as error:
        settings = "NGANAM_TEST_MYSQL_USER, NGANAM_TEST_MYSQL_PASSWORD"
        pytest.skip(f"không có MySQL hoặc MariaDB ở {HOST}:{PORT} (đặt {settings}): {error}")
    name = f"nganam_{uuid.uuid4().hex[:8]}"
    with link, link.cursor() as told:
        told.execute(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
        try:
            columns = "ma_co_so CHAR(6) PRIMARY KEY, ten_co_so VARCHAR(200), ma_xa CHAR(5), so_giuong DECIMAL(8,0)"
            told.execute(f"CREATE TABLE {name}.co_so ({columns}, ngay_hoat_dong DATE) CHARACTER SET utf8mb4")
            rows = [(f"{at:06d}", f"Trạm y tế “số {at}” 100 %", "31498", at, "2004-03-15") for at in range(1, 12_001)]
            told.executemany(f"INSERT INTO {name}.co_so VALUES (%s, %s, %s, %s, %s)", rows)
            link.commit()
            yield f"mysql://{USER}:{PASSWORD}@{HOST}:{PORT}/{name}"
        finally:
            told.execute(f"DROP DATABASE {name}")


def asked(server, **values):
    return Database("nguồn thử", "mysql", server, **values)


@pytest.mark.django_db
@pytest.mark.parametrize("scheme", ["mysql", "mariadb"])
def test_a_table_is_read_whole_and_loaded(agencies, server, monkeypatch, scheme):
    monkeypatch.setenv("NGANAM_SOURCE_MY", server.replace("mysql", scheme, 1))
    source = sourcing.declare_source(
        actor=LAN, at=AT, agency="CT-SYT", kind="mysql", name="Một cửa", secret_ref="NGANAM_SOURCE_MY", relation="co_so"
    )
    table = operations.declare_table(
        actor=LAN, at=AT, agency="CT-SYT", code="tu-mysql", title="Cơ sở", columns=COLUMNS, source=source
    )
    started = operations.start_load(actor=LAN, at=AT, table=table)
    done = loading.run_load(actor=WORKER, now=now, code=started.code)
    assert (done.state, done.accepted, done.rejected) == ("committed", 12_000, 0), done.message


def test_a_look_gives_text_without_loss(server):
    names, rows = databases.peek(asked(server, table="co_so"), rows=1)
    assert names == [one["name"] for one in COLUMNS]
    assert rows == [["000001", "Trạm y tế “số 1” 100 %", "31498", "1", "2004-03-15"]]
    query = "SELECT CAST('2026-11-27 08:05:01.25' AS DATETIME(3)), NULL, 1.50, TRUE, x'C3A1', 'a`b'"
    assert databases.peek(asked(server, query=query))[1] == [
        ["2026-11-27T08:05:01.250000", "", "1.50", "1", "c3a1", "a`b"]
    ]


@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM co_so", "INSERT INTO co_so (ma_co_so) VALUES ('x')", "CREATE TABLE khac (a INT)",
        "SELECT * FROM khong_co", "SELEC 1", "SELECT khong_co FROM co_so",
        "SELECT 1 INTO OUTFILE '/tmp/nganam-x'", "SELECT 1 /*!50000 INTO dumpfile '/tmp/nganam-x' */",
        "SELECT load_file('/etc/passwd')",
    ],
)  # fmt: skip
def test_nothing_is_written_and_a_wrong_query_is_told_without_the_address(server, tmp_path, query):
    with pytest.raises(Invalid) as refused:
        databases.land_database(asked(server, query=query), tmp_path, limit=10**7)
    assert refused.value.details["fault"] == ("source_table" if query == "SELECT * FROM khong_co" else "source_query")
    assert "mysql://" not in str(refused.value) + str(refused.value.details)
    assert databases.peek(asked(server, query="SELECT count(*) FROM co_so"))[1] == [["12000"]]


@pytest.mark.usefixtures("server")
def test_what_the_account_may_not_read_is_told_without_its_name(tmp_path):
    name = f"nganam_{uuid.uuid4().hex[:8]}"
    with pymysql.connect(host=HOST, port=PORT, user=USER, password=PASSWORD) as link, link.cursor() as told:
        told.execute(f"CREATE USER {name}@'%' IDENTIFIED BY 'mat-khau'")
        told.execute(f"CREATE USER {name}@'localhost' IDENTIFIED BY 'mat-khau'")
        try:
            address = f"mysql://{name}:mat-khau@{HOST}:{PORT}/"
            with pytest.raises(Invalid) as refused:
                databases.land_database(asked(address, query="SELECT * FROM mysql.user"), tmp_path, limit=10**6)
        finally:
            told.execute(f"DROP USER {name}@'%', {name}@'localhost'")
    assert refused.value.details["fault"] == "source_right"
    assert name not in str(refused.value) + str(refused.value.details)


def test_a_slow_query_is_stopped_at_the_server_and_a_dead_server_told_of(server, tmp_path):
    slow = asked(server, query="SELECT sleep(20) FROM co_so LIMIT 1")
    with pytest.raises(Unavailable) as refused:
        databases.land_database(slow, tmp_path, limit=10**7, seconds=1)
    assert refused.value.details["fault"] == "source_slow"
    cases = {
        "source_refused": server.replace(str(PORT), "1"),
        "source_password": server.replace(f"{USER}:{PASSWORD}@", "khong-ai:sai@"),
        "source_database": server.rpartition("/")[0] + "/nganam_khong_co",
        "source_host": server.replace(HOST, "khong-co.invalid"),
    }
    for fault, address in cases.items():
        with pytest.raises((Invalid, Unavailable)) as refused:
            databases.land_database(asked(address, table="co_so"), tmp_path, limit=10**7)
        assert refused.value.details["fault"] == fault
        assert "sai" not in str(refused.value.details)


@pytest.mark.parametrize("address", ["postgresql://a@b/c", "sqlite:///tep", "khong-phai-dia-chi", "mysql://"])
def test_an_address_of_another_kind_is_refused(tmp_path, address):
    with pytest.raises((Invalid, Unavailable)) as refused:
        databases.land_database(asked(address, table="co_so"), tmp_path, limit=10**7)
    assert refused.value.details["fault"] in {"source_not_readable", "source_down", "source_database"}
