"""One DuckDB serves one use after another, and none sees anything of another's."""

import os

import duckdb
import pyarrow as pa
import pytest

from nganam.warehouse.engine import duck as engines
from nganam.warehouse.engine.duck import duck
from nganam.warehouse.engine.fence import fenced


@pytest.fixture(autouse=True)
def _none_waits():
    while engines._idle:
        engines._idle.pop()[1].close()


def waiting():
    return [engine for _, engine in engines._idle]


def test_the_engine_of_one_use_serves_the_next():
    with duck() as base:
        base.execute("SELECT 1")
    first = waiting()
    with duck() as base:
        assert not waiting()
        base.execute("SELECT 1")
    assert waiting() == first != []


@pytest.mark.parametrize("left", ["old", "counted", "plain", "given"])
def test_a_use_sees_nothing_of_the_one_before(left):
    with duck() as base:
        base.execute(
            "CREATE VIEW old AS SELECT 1; CREATE TEMP TABLE counted AS SELECT 1; CREATE TABLE plain AS SELECT 1"
        )
        base.register("given", pa.table({"a": [1]}))
        assert base.execute(f"SELECT * FROM {left}").fetchall() == [(1,)]
    assert waiting()
    with duck() as base, pytest.raises(duckdb.CatalogException):
        base.execute(f"SELECT * FROM {left}")


def test_settings_of_a_connection_and_open_work_end_with_the_use(tmp_path):
    with duck(tmp_path) as base:
        base.execute("SET TimeZone='Asia/Ho_Chi_Minh'; BEGIN TRANSACTION; CREATE TABLE one AS SELECT 1")
        base.execute("SELECT * FROM range(1000000)").fetchmany(1)
    assert waiting()
    with duck() as base:
        asked = "SELECT current_setting('TimeZone'), current_setting('temp_directory'), current_setting('threads')"
        assert base.execute(asked).fetchall() == [("UTC", ".tmp", engines.THREADS)]
        known = base.execute("SELECT database_name FROM duckdb_databases() WHERE NOT internal").fetchall()
        assert len(known) == 2, known  # the engine's own, which nobody writes to, and this use's


def test_two_at_once_have_an_engine_each_and_one_is_kept():
    with duck() as one, duck() as other:
        one.execute("CREATE TABLE mine AS SELECT 1")
        with pytest.raises(duckdb.CatalogException):
            other.execute("SELECT * FROM mine")
        assert not waiting()
    assert len(waiting()) == 1


def test_after_an_error_the_next_use_begins_with_a_new_engine():
    with pytest.raises(duckdb.BinderException), duck() as base:
        base.execute("SELECT nothing_of_that_name")
    assert not waiting()
    with duck() as base:
        assert base.execute("SELECT 1").fetchall() == [(1,)]


def test_an_engine_that_spilt_is_closed_and_leaves_no_file(tmp_path, monkeypatch):
    monkeypatch.setattr(engines, "MEMORY", "40MB")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    with duck(scratch) as base:
        base.execute("CREATE TABLE large AS SELECT range AS at, random() AS value FROM range(5000000)")
        assert list(scratch.iterdir())
    assert not list(scratch.iterdir())
    assert not waiting()


def test_a_fenced_question_has_an_engine_that_nobody_gets_afterwards():
    with duck() as base:
        base.execute("SELECT 1")
    before = waiting()
    with fenced({"rows": pa.table({"a": [1]})}, None) as base:
        assert base.execute("SELECT count(*) FROM rows").fetchall() == [(1,)]
        with pytest.raises(duckdb.PermissionException):
            base.execute("SELECT * FROM read_text('/etc/hostname')")
    assert waiting() == before
    with duck(None) as base:
        base.execute("SET memory_limit='1GB'")  # not locked


def test_a_fenced_question_reads_nothing_where_the_process_stands(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".tmp").mkdir()
    (tmp_path / ".tmp" / "x").write_text("bí mật")
    with fenced({}, None) as base, pytest.raises(duckdb.PermissionException):
        base.execute("SELECT content FROM read_text('.tmp/x')")


def test_a_forked_process_starts_an_engine_of_its_own(monkeypatch):
    with duck() as base:
        base.execute("SELECT 1")
    parents = waiting()
    monkeypatch.setattr(os, "getpid", lambda: -1)
    with duck() as base:
        assert base.execute("SELECT 1").fetchall() == [(1,)]
    assert waiting() != parents
    assert engines._lost.pop() == parents[0]
