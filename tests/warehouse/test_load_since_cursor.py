"""A source with a cursor: only what has changed is read and put in by key; a whole comparison finds what has gone."""

import sqlite3
import uuid
from datetime import timedelta

import pytest
import sqlalchemy as sa

from nganam.kernel.errors import Invalid
from nganam.warehouse import drifting, loading, operations, queries, since, sourcing
from nganam.warehouse.engine import cursors, lake
from nganam.warehouse.models import Load, Way

from .conftest import AT, COLUMNS, LAN, WORKER, make_units
from .test_read_mysql import server  # noqa: F401 - a fixture
from .test_survive_a_kill import die_at

CREATE = (
    "CREATE TABLE co_so (ma_co_so CHAR(5) PRIMARY KEY, ten_co_so VARCHAR(200), ma_xa CHAR(5), so_giuong INTEGER, "
    "ngay_hoat_dong DATE, sua_luc {moment} NULL, lan_sua INTEGER)"
)
MOMENTS = {"sqlite": "TEXT", "postgresql": "TIMESTAMP", "mysql": "DATETIME"}
KINDS = ["sqlite", "mysql", pytest.param("postgresql", marks=pytest.mark.postgres)]


@pytest.fixture
def folder(data, monkeypatch):
    path = data / "nguon"
    path.mkdir()
    monkeypatch.setenv("NGANAM_SOURCES_DIR", str(path))
    return path


@pytest.fixture
def source_of(agencies, folder, monkeypatch, request):
    """A function from a kind to a declared source and one that runs SQL there."""
    ended = []

    def made(kind):
        name = f"co_so_{uuid.uuid4().hex[:8]}"
        if kind == "sqlite":
            engine, ref = sa.create_engine(f"sqlite:///{folder / 'y-te.sqlite'}"), "y-te.sqlite"
        elif kind == "mysql":
            address = request.getfixturevalue("server")
            engine, ref = sa.create_engine(address.replace("mysql:", "mysql+pymysql:")), "NGANAM_SOURCE_MY"
        else:
            from django.db import connection

            known = connection.settings_dict
            address = f"postgresql://{known['USER']}@{known['HOST']}:{known['PORT']}".strip(":") + "/postgres"
            engine, ref = sa.create_engine(address.replace("postgresql:", "postgresql+psycopg:")), "NGANAM_SOURCE_PG"
        if kind != "sqlite":
            monkeypatch.setenv(ref, address)

        def run(*statements):
            with engine.begin() as link:
                for one in statements:
                    link.exec_driver_sql(one.replace("co_so ", f"{name} ", 1))

        run(CREATE.format(moment=MOMENTS[kind]))
        ended.append(lambda: (run("DROP TABLE co_so "), engine.dispose()))
        declared = sourcing.declare_source(
            actor=LAN, at=AT, agency="CT-SYT", kind=kind, name=f"Nguồn {kind}", secret_ref=ref, relation=name
        )
        return declared, run

    yield made
    for one in ended:
        one()


def put(code, moment, *, name="Trạm", number=1):
    return f"INSERT INTO co_so VALUES ('{code}', '{name}', '31498', {number}, '2004-03-15', {moment}, {number})"


def table_of(source, columns=COLUMNS, **values):
    values = {"cursor": "sua_luc", "cursor_overlap": 10} | values
    return operations.declare_table(
        actor=LAN, at=AT, agency="CT-SYT", code="co-so", title="Cơ sở", columns=columns, source=source, **values
    )


def read(table, hours=0, **values):
    at = AT + timedelta(hours=hours)
    started = operations.start_load(actor=LAN, at=at, table=table, **values)
    return loading.run_load(actor=WORKER, now=lambda: at, code=started.code)


def held(table):
    return {row["ma_co_so"]: row["ten_co_so"] for row in queries.rows(table)}


@pytest.mark.law("S12.1")
@pytest.mark.parametrize("kind", KINDS)
def test_only_what_changed_is_read_and_put_in_by_key(source_of, kind):
    source, run = source_of(kind)
    run(*(put(f"{at:05d}", "'2026-11-20 08:00:00'") for at in range(1, 30)), put("00100", "'2026-11-21 08:00:00'"))
    table = table_of(source)
    first = read(table)
    assert (first.state, first.way, first.read) == ("committed", Way.WHOLE, 30), first.message
    run(
        "UPDATE co_so SET ten_co_so = 'Trạm mới', sua_luc = '2026-11-22 09:30:00' WHERE ma_co_so = '00005'",
        put("00200", "'2026-11-21 07:55:00'", name="Ghi muộn"),
        put("00201", "'2026-11-21 07:40:00'", name="Quá muộn"),
        "DELETE FROM co_so WHERE ma_co_so = '00001'",
    )
    second = read(table, 1)
    assert (second.state, second.way, second.read) == ("committed", Way.SINCE, 3), second.message
    assert second.cursor["until"].replace("T", " ") == "2026-11-22 09:30:00"
    version = queries.current_version(table)
    assert (version.rows, version.added, version.changed, version.removed) == (31, 1, 1, 0)
    assert (held(table)["00005"], held(table)["00200"], "00201" in held(table)) == ("Trạm mới", "Ghi muộn", False)
    assert read(table, 2).state == "unchanged"
    whole = read(table, 3, whole=True)
    assert (whole.way, whole.made.added, whole.made.removed) == (Way.WHOLE, 1, 1), "the late one, the deleted one"
    assert read(table, 4).way == Way.SINCE
    assert read(table, 24 * 7 + 4).way == Way.WHOLE, "a whole comparison when seven days have gone"


def test_a_number_may_be_the_cursor(source_of):
    source, run = source_of("sqlite")
    run(*(put(f"{at:05d}", "NULL", number=at) for at in range(1, 20)))
    table = table_of(source, cursor="lan_sua", cursor_overlap=2)
    read(table)
    run(put("00100", "NULL", number=100))
    done = read(table, 1)
    assert (done.read, done.cursor["since"], done.cursor["until"]) == (4, "17", "100")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ("UPDATE co_so SET sua_luc = '2026-01-01 00:00:00'", "cursor_back"),
        ("UPDATE co_so SET sua_luc = '2031-01-01 00:00:00' WHERE ma_co_so = '00002'", "cursor_ahead"),
        ("UPDATE co_so SET sua_luc = NULL WHERE ma_co_so = '00002'", "cursor_empty"),
        ("ALTER TABLE co_so RENAME COLUMN sua_luc TO luc_sua", "cursor_missing"),
    ],
)
def test_a_wrong_cursor_is_told_and_the_table_stays(source_of, kind, change, fault):
    source, run = source_of(kind)
    run(put("00001", "'2026-11-20 08:00:00'"), put("00002", "'2026-11-21 08:00:00'"))
    table = table_of(source)
    read(table)
    run(change)
    done = read(table, 1)
    assert (done.state, done.fault) == ("failed", fault)
    assert done.hint
    assert queries.current_version(table).number == 1
    if fault == "cursor_back":
        assert read(table, 2, whole=True).state == "unchanged"
        assert read(table, 3).way == Way.SINCE, "the whole comparison settles how far the source goes now"


def test_a_cursor_of_another_kind_is_told(source_of):
    source, run = source_of("sqlite")
    run(put("00001", "'20/11/2026'"))
    assert read(table_of(source)).fault == "cursor_kind"


def test_a_cursor_needs_a_database_and_a_key(agencies, folder, source_of):
    source, _ = source_of("sqlite")
    with pytest.raises(Invalid) as refused:
        operations.declare_table(
            actor=LAN, at=AT, agency="CT-SYT", code="x", title="x", columns=[{"name": "a"}], source=source, cursor="a"
        )
    assert "cursor" in refused.value.fields
    with pytest.raises(Invalid):
        table_of(None)


def test_rejected_rows_do_not_stop_the_cursor_and_are_mended_unless_newer_came(source_of):
    from .test_mend_rejected_rows import mend, mended_csv

    source, run = source_of("sqlite")
    run(put("00001", "'2026-11-20 08:00:00'"))
    table = table_of(source, cursor_overlap=0)
    read(table)
    run(
        "DELETE FROM co_so ",
        put("00002", "'2026-11-21 08:00:00'", name=""),
        put("00003", "'2026-11-21 08:00:01'", name=""),
    )
    wrong = read(table, 1)
    assert (wrong.state, wrong.rejected, wrong.cursor["until"]) == ("unchanged", 2, "2026-11-21 08:00:01")
    run("UPDATE co_so SET ten_co_so = 'Mới hơn', sua_luc = '2026-11-21 09:00:00' WHERE ma_co_so = '00003'")
    assert read(table, 2).accepted == 1
    rows = [(2, "00002", "Đã sửa", "31498", "", ""), (3, "00003", "Cũ", "31498", "", "")]
    done = mend(wrong, mended_csv(*rows))
    assert (done.accepted, done.by_reason) == (1, {"taken": 1})
    assert (held(table)["00002"], held(table)["00003"]) == ("Đã sửa", "Mới hơn")


def test_a_source_that_moved_is_read_whole_once(source_of):
    source, run = source_of("sqlite")
    run(put("00001", "'2026-11-20 08:00:00'"))
    table = table_of(source)
    read(table)
    sourcing.change_source(actor=LAN, at=AT, source=source, name="Tên khác")
    assert read(queries.table(table.code), 1).way == Way.SINCE, "its name is not its place"
    run(
        f"CREATE TABLE khac_{source.relation} AS SELECT * FROM co_so ",
        put("00002", "'2026-11-01 08:00:00'").replace("co_so ", f"khac_{source.relation} ", 1),
    )
    sourcing.change_source(actor=LAN, at=AT, source=source, relation=f"khac_{source.relation}")
    moved = read(queries.table(table.code), 2)
    assert (moved.state, moved.way, sorted(held(table))) == ("committed", Way.WHOLE, ["00001", "00002"]), moved.message
    assert read(queries.table(table.code), 3).way == Way.SINCE


@pytest.mark.parametrize(
    "moments", [("2026-11-20 08:00:00.5", "2026-11-20 08:00:00.50"), ("2026-11-20T08:00Z", "2026-11-20T08:00Z")]
)
def test_rows_at_the_edge_of_a_cursor_kept_as_text_are_not_lost(source_of, moments):
    source, run = source_of("sqlite")
    run(put("00001", f"'{moments[0]}'"))
    table = table_of(source, cursor_overlap=0)
    read(table)
    run(put("00002", f"'{moments[1]}'"))
    done = read(table, 1)
    assert (done.way, done.cursor["since"], sorted(held(table))) == (Way.SINCE, moments[0], ["00001", "00002"])


def test_a_mended_file_sent_again_takes_nothing_back_that_came_from_the_cursor_meanwhile(source_of):
    from .test_mend_rejected_rows import mend, mended_csv

    source, run = source_of("sqlite")
    run(put("00001", "'2026-11-20 08:00:00'"), put("00002", "'2026-11-20 08:00:00'", name=""))
    table = table_of(source, columns=[*COLUMNS, {"name": "sua_luc", "type": "datetime"}])
    whole = read(table)
    assert whole.rejected == 1
    content = mended_csv((3, "00002", "Đã sửa", "31498", "", "", "2026-11-20 08:00:00"), more=["sua_luc"])
    assert mend(whole, content).state == "committed"
    assert mend(whole, content).state == "unchanged", "the row is still the mended one"
    run("UPDATE co_so SET ten_co_so = 'Mới hơn', sua_luc = '2026-11-21 09:00:00' WHERE ma_co_so = '00002'")
    assert read(table, 2).way == Way.SINCE
    again = mend(whole, content)
    assert (again.state, again.by_reason, held(table)["00002"]) == ("failed", {"taken": 1}, "Mới hơn")


def test_a_load_from_the_cursor_that_a_rule_stopped_is_admitted_as_it_was_planned(source_of):
    source, run = source_of("sqlite")
    run(*(put(f"{at:05d}", "'2026-11-20 08:00:00'") for at in range(1, 5)))
    rule = {"name": "Có giường", "kind": "sql", "query": "SELECT * FROM rows WHERE so_giuong > 5"}
    table = table_of(source, rules=[rule])
    read(table)
    run(put("00009", "'2026-11-21 08:00:00'", number=9))
    stopped = read(table, 1)
    assert (stopped.fault, stopped.way) == ("quality", Way.SINCE)
    at = AT + timedelta(hours=2)
    opened = drifting.admit(actor=LAN, at=at, load=stopped, scope="once", reason="Đúng thế")
    done = loading.run_load(actor=WORKER, now=lambda: at, code=opened.code)
    assert (done.state, done.way, done.cursor) == ("committed", Way.SINCE, stopped.cursor), done.message
    assert queries.current_version(table).rows == 5, "the rows that were not read stayed"
    following, told = since.plan(queries.table(table.code), at=at)
    assert (following, told["after"]) == (Way.SINCE, "2026-11-21 08:00:00")


@pytest.mark.slow
def test_the_cursor_goes_on_only_with_its_version(committed_db, make_province, data, monkeypatch):
    make_province()
    make_units()
    monkeypatch.setenv("NGANAM_SOURCES_DIR", str(data))
    with sqlite3.connect(data / "y-te.sqlite") as base:
        base.execute(CREATE.format(moment="TEXT"))
        base.execute(put("00001", "'2026-11-20 08:00:00'"))
    source = sourcing.declare_source(
        actor=LAN, at=AT, agency="CT-SYT", kind="sqlite", name="Nguồn", secret_ref="y-te.sqlite", relation="co_so"
    )
    table = table_of(source)
    read(table)
    with sqlite3.connect(data / "y-te.sqlite") as base:
        base.execute(put("00002", "'2026-11-21 08:00:00'"))
    code = operations.start_load(actor=LAN, at=AT + timedelta(hours=1), table=table).code
    die_at("finish-before", code)  # after the lake took it, before the record
    assert lake.find_commit(lake_of(table), code)
    assert Load.objects.get(code=code).state == "checking"
    assert loading.repair(actor=WORKER, now=lambda: AT + timedelta(hours=2)) == [code]
    table = queries.table(table.code)
    assert since.plan(table, at=AT + timedelta(hours=3)) == (
        Way.SINCE, {"column": "sua_luc", "after": "2026-11-21 08:00:00"},
    )  # fmt: skip
    assert [one.load for one in lake.history(lake_of(table))].count(code) == 1
    assert queries.current_version(table).rows == 2


def lake_of(table):
    from nganam.warehouse import places

    return places.lake(table)


def test_a_condition_is_made_of_numbers_and_moments_only():
    from nganam.warehouse.engine.sources import Database

    source = Database("x", "postgresql", "", table="a")
    assert cursors.since(source, 'c"x', "5").query.endswith('WHERE "c""x" >= 5')
    for wrong in ("1; DROP", "' OR 1=1", "2026-01-01'", "abc"):
        with pytest.raises(Invalid):
            cursors._value(wrong, "x", "c")
