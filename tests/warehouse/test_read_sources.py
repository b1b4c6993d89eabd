"""Databases and files as sources: read-only, streamed; one that is down says what to check and never its secret."""

import sqlite3
from decimal import Decimal

import pytest

from nganam.kernel.errors import Invalid, NotAllowed, NotFound, Unavailable
from nganam.warehouse import loading, operations, places, queries, sourcing, tasks
from nganam.warehouse.engine import databases, landing
from nganam.warehouse.models import Load, Source

from .conftest import AT, COLUMNS, LAN, MINH, PHUC, ROWS, WORKER, as_csv, now


@pytest.fixture
def folder(data, monkeypatch):
    path = data / "nguon"
    path.mkdir()
    monkeypatch.setenv("NGANAM_SOURCES_DIR", str(path))
    return path


@pytest.fixture
def database(folder):
    with sqlite3.connect(folder / "y-te.sqlite") as base:
        base.execute(
            "CREATE TABLE co_so (ma_co_so TEXT, ten_co_so TEXT, ma_xa TEXT, so_giuong INTEGER, ngay_hoat_dong TEXT)"
        )
        rows = [("00123", 'Trạm; "y tế"\nhai dòng', "31498", 10, "2004-03-15"), ("00124", "B", "31501", None, None)]
        base.executemany("INSERT INTO co_so VALUES (?,?,?,?,?)", rows)
    return folder / "y-te.sqlite"


def declare(kind="sqlite", ref="y-te.sqlite", **values):
    values = {"relation": "co_so"} | values
    return sourcing.declare_source(
        actor=LAN, at=AT, agency="CT-SYT", kind=kind, name=f"Nguồn {kind}", secret_ref=ref, **values
    )


@pytest.fixture
def load_from(agencies):
    def run(source):
        table = operations.declare_table(
            actor=LAN, at=AT, agency="CT-SYT", code=f"bang-{source.pk}", title="Bảng", columns=COLUMNS, source=source
        )
        started = operations.start_load(actor=LAN, at=AT, table=table)
        return loading.run_load(actor=WORKER, now=now, code=started.code)

    return run


@pytest.mark.law("S9.4", "S12.1")
def test_a_sqlite_source_is_read_with_leading_zeros(load_from, agencies, database):
    done = load_from(declare())
    assert (done.state, done.read, done.source.code) == ("committed", 2, "NG-2026-0001")
    assert [row["ma_co_so"] for row in queries.rows(done.table)] == ["00123", "00124"]
    assert queries.rows(done.table)[0]["ten_co_so"] == 'Trạm; "y tế"\nhai dòng'
    assert next(one.kind for one in queries.lineage(queries.current_version(done.table))) == "source"


def test_a_query_may_choose_what_is_read(load_from, agencies, database):
    query = "SELECT *, '12:30' AS gio FROM co_so WHERE ma_xa = '31501'"
    assert load_from(declare(relation="", query=query)).accepted == 1


def test_a_file_source_is_read_from_its_folder(load_from, agencies, folder):
    (folder / "co-so.csv").write_bytes(as_csv())
    assert load_from(declare("file", "co-so.csv", relation="")).accepted == 3


def test_a_source_that_is_down_fails_the_load_and_the_next_try_works(load_from, agencies, folder):
    (folder / "co-so.csv").write_bytes(as_csv())
    source = declare("file", "co-so.csv", relation="")
    (folder / "co-so.csv").rename(folder / "away")
    done = load_from(source)
    assert (done.state, done.fault) == ("failed", "source_file_missing")
    assert "co-so.csv" in done.message
    assert str(folder) not in f"{done.message} {done.hint}", "the file's name, not where the server keeps it"
    assert "khai báo nguồn" in done.hint
    (folder / "away").rename(folder / "co-so.csv")
    again = operations.start_load(actor=LAN, at=AT, table=done.table)
    assert loading.run_load(actor=WORKER, now=now, code=again.code).state == "committed"


def test_a_postgresql_that_is_down_is_told_without_its_password(load_from, agencies, monkeypatch):
    monkeypatch.setenv("NGANAM_SOURCE_YTE", "postgresql://lan:bi-mat-123@127.0.0.1:1/yte")
    done = load_from(declare("postgresql", "NGANAM_SOURCE_YTE"))
    assert (done.state, done.fault) == ("failed", "source_refused")
    assert "bi-mat" not in f"{done.message}{done.hint}{done.fault_params}"


def test_a_source_without_its_variable_says_which(load_from, agencies):
    done = load_from(declare("postgresql", "NGANAM_SOURCE_KHONG_CO"))
    assert done.fault == "source_not_readable"
    assert "NGANAM_SOURCE_KHONG_CO" in done.message


def test_a_table_that_is_not_there_is_told(load_from, agencies, database):
    done = load_from(declare(relation="khong_co"))
    assert (done.state, done.fault) == ("failed", "source_table")
    assert "khong_co" in done.message


def test_a_source_cannot_be_written_through(folder, database, tmp_path):
    source = databases.Database("x", "sqlite", str(database), query="DELETE FROM co_so RETURNING *")
    with pytest.raises((Invalid, Unavailable)):
        databases.land_database(source, tmp_path, limit=10**6)
    with sqlite3.connect(database) as base:
        assert base.execute("SELECT count(*) FROM co_so").fetchone() == (2,)


def test_a_slow_source_is_given_up(folder, database, tmp_path):
    slow = "WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r) SELECT count(*) FROM r"
    source = databases.Database("x", "sqlite", str(database), query=slow)
    with pytest.raises(Unavailable) as refused:
        databases.land_database(source, tmp_path / "land", limit=10**6, seconds=1)
    assert refused.value.details["fault"] == "source_slow"
    assert not [path for path in (tmp_path / "land").rglob("*") if path.is_file()]


def test_a_source_larger_than_the_limit_is_given_up(folder, database, tmp_path):
    many = "WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r LIMIT 100000) SELECT i FROM r"
    with pytest.raises(Invalid) as refused:
        databases.land_database(databases.Database("x", "sqlite", str(database), query=many), tmp_path, limit=50_000)
    assert refused.value.details["fault"] == "too_large"


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, ""), (True, "true"), (Decimal("1E+3"), "1000"), (Decimal("0.10"), "0.10"), (1.5, "1.5"),
     (b"\x01\xff", "01ff"),
     (AT, "2026-11-24T02:00:00+00:00"), (AT.date(), "2026-11-24"), ("001", "001")],
)  # fmt: skip
def test_database_values_become_text_without_loss(value, text):
    assert databases.as_text(value) == text


@pytest.mark.parametrize(
    ("kind", "ref", "values", "field"),
    [
        ("sqlite", "../ngoai.sqlite", {}, "secret_ref"),
        ("sqlite", "/etc/passwd", {}, "secret_ref"),
        ("file", "", {}, "secret_ref"),
        ("postgresql", "postgresql://lan:mk@may/db", {}, "secret_ref"),
        ("postgresql", "PATH", {}, "secret_ref"),
        ("sqlite", "a.sqlite", {"relation": ""}, "relation"),
        ("sqlite", "a.sqlite", {"query": "DROP TABLE a"}, "query"),
        ("sqlite", "a.sqlite", {"query": "SELECT 1; DROP TABLE a"}, "query"),
        ("oracle", "x", {}, "kind"),
    ],
)
def test_a_wrong_declaration_of_a_source_is_refused_at_its_field(agencies, folder, kind, ref, values, field):
    with pytest.raises(Invalid) as refused:
        declare(kind, ref, **values)
    assert field in refused.value.fields
    assert not Source.objects.exists()


def test_a_link_out_of_the_folder_is_not_followed(load_from, agencies, folder, tmp_path):
    outside = tmp_path / "ngoai.csv"
    outside.write_bytes(as_csv())
    (folder / "trong.csv").write_bytes(b"x")
    source = declare("file", "trong.csv", relation="")
    (folder / "trong.csv").unlink()
    (folder / "trong.csv").symlink_to(outside)
    assert load_from(source).fault == "source_not_readable"


@pytest.mark.parametrize("actor", [PHUC, MINH])
def test_only_the_owner_declares(agencies, folder, actor):
    with pytest.raises(NotAllowed):
        sourcing.declare_source(actor=actor, at=AT, agency="CT-SYT", kind="file", name="x", secret_ref="a.csv")
    with pytest.raises(NotAllowed):
        operations.declare_table(actor=actor, at=AT, agency="CT-SYT", code="x", title="X", columns=COLUMNS)


@pytest.mark.parametrize(
    ("kind", "ref", "again"),
    [
        ("postgresql", "NGANAM_SOURCE_HIS", "NGANAM_SOURCE_HIS"),
        ("sqlite", "y-te.sqlite", "y-te.sqlite"),
        ("file", "co-so.csv", "./khac/../co-so.csv"),
    ],
)
def test_a_place_that_one_agency_declared_is_not_opened_by_another(agencies, folder, kind, ref, again):
    declare(kind, ref)
    words = {"at": AT, "kind": kind, "name": "Đoán được", "relation": "co_so", "secret_ref": again}
    with pytest.raises(Invalid) as refused:
        sourcing.declare_source(actor=PHUC, agency="CT-X31507", **words)
    assert "cơ quan khác" in refused.value.fields["secret_ref"][0]
    assert sourcing.declare_source(actor=LAN, agency="CT-SYT", **words).secret_ref == ref


def test_a_table_takes_only_its_own_agencys_source(agencies, folder):
    (folder / "a.csv").write_bytes(b"a")
    source = declare("file", "a.csv", relation="")
    with pytest.raises(Invalid) as refused:
        operations.declare_table(
            actor=PHUC, at=AT, agency="CT-X31507", code="x", title="X", columns=COLUMNS, source=source
        )
    assert "source" in refused.value.fields


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"code": "nguon"}, "code"),
        ({"title": " "}, "title"),
        ({"schedule": "25:00"}, "schedule"),
        ({"time_column": "x"}, "time_column"),
    ],
)
def test_a_wrong_declaration_of_a_table_is_refused_at_its_field(agencies, values, field):
    with pytest.raises(Invalid) as refused:
        operations.declare_table(
            **{"actor": LAN, "at": AT, "agency": "CT-SYT", "code": "x", "title": "X", "columns": COLUMNS, **values}
        )
    assert field in refused.value.fields


def test_another_agencys_table_is_not_found(facilities):
    assert queries.get_table_for(MINH, facilities.code) == facilities
    with pytest.raises(NotFound):
        queries.get_table_for(PHUC, facilities.code)


def test_a_scheduled_table_is_loaded_once_a_day(agencies, folder, monkeypatch, run_jobs):
    from datetime import timedelta

    (folder / "co-so.csv").write_bytes(as_csv(ROWS))
    table = operations.declare_table(
        actor=LAN, at=AT, agency="CT-SYT", code="ngay", title="Ngày", columns=COLUMNS, schedule="10:00",
        source=declare("file", "co-so.csv", relation=""),
    )  # fmt: skip
    clock = {"now": AT}  # 09:00 in Vietnam
    monkeypatch.setattr(tasks.timezone, "now", lambda: clock["now"])
    assert tasks.scheduled.call() == []
    clock["now"] = AT + timedelta(hours=1, minutes=5)
    (code,) = tasks.scheduled.call()
    assert tasks.scheduled.call() == []
    assert tasks.run.call(code) == "committed"
    assert tasks.scheduled.call() == []
    clock["now"] += timedelta(days=1)
    (second,) = tasks.scheduled.call()
    assert tasks.run.call(second) == "unchanged"
    assert Load.objects.filter(table=table).count() == 2


def test_the_worker_runs_the_job_that_a_load_enqueued(facilities, run_jobs):
    upload = operations.Upload("a.csv", [as_csv()])
    code = operations.start_load(actor=LAN, at=AT, table=facilities, upload=upload).code
    assert run_jobs() >= 1
    assert Load.objects.get(code=code).state == "committed"


def test_a_scheduled_load_whose_source_is_away_is_tried_again_three_times(agencies, folder, monkeypatch, run_jobs):
    from datetime import timedelta

    table = operations.declare_table(
        actor=LAN, at=AT, agency="CT-SYT", code="hang-ngay", title="Hằng ngày", columns=COLUMNS, schedule="09:00",
        source=declare("file", "co-so.csv", relation=""),
    )  # fmt: skip

    def at(minutes):
        monkeypatch.setattr(tasks.timezone, "now", lambda: AT + timedelta(minutes=minutes))
        started = tasks.scheduled.call()
        for code in started:
            loading.run_load(actor=WORKER, now=lambda: AT + timedelta(minutes=minutes), code=code)
        return len(started)

    assert [at(minutes) for minutes in (0, 1, 4, 5, 6, 19, 20, 21, 64, 65, 66, 600)] == [
        1,
        0,
        0,
        1,
        0,
        0,
        1,
        0,
        0,
        1,
        0,
        0,
    ]
    assert set(table.loads.values_list("fault", flat=True)) == {"source_file_missing"}
    (folder / "co-so.csv").write_bytes(as_csv())
    assert at(24 * 60) == 1, "the next day"
    assert table.loads.first().state == "committed"
    assert at(24 * 60 + 10) == 0


@pytest.mark.postgres
def test_a_postgresql_source_is_read_and_cannot_be_written(load_from, agencies, settings, monkeypatch, tmp_path):
    from django.db import connection

    known = connection.settings_dict
    place = f"{known['HOST']}:{known['PORT']}".strip(":")
    address = f"postgresql://{known['USER']}@{place}/postgres"
    monkeypatch.setenv("NGANAM_SOURCE_PG", address)
    query = (
        "SELECT lpad(i::text, 6, '0') AS ma_co_so, 'a %' AS ten_co_so, '31498' AS ma_xa, i AS so_giuong, "
        "DATE '2004-03-15' AS ngay_hoat_dong FROM generate_series(1, 12000) i"
    )
    done = load_from(declare("postgresql", "NGANAM_SOURCE_PG", relation="", query=query))
    assert (done.state, done.accepted) == ("committed", 12000)
    with pytest.raises(Invalid) as refused:
        databases.land_database(
            databases.Database("x", "postgresql", address, query="CREATE TABLE khong_duoc (a int)"),
            tmp_path,
            limit=10**6,
        )
    assert refused.value.details["fault"] == "source_query"
    slow = databases.Database("x", "postgresql", address, query="SELECT pg_sleep(5)")
    with pytest.raises(Unavailable) as refused:
        databases.land_database(slow, tmp_path, limit=10**6, seconds=1)
    assert refused.value.details["fault"] == "source_slow"


def test_landing_keeps_the_same_bytes_once(tmp_path):
    first = landing.land_stream([b"a,b\n1,2\n"], "a.csv", tmp_path, limit=1000)
    second = landing.land_stream([b"a,b\n", b"1,2\n"], "b.csv", tmp_path, limit=1000)
    assert (first.path, first.size) == (second.path, second.size)
    assert places.landing().name == "landing"
