"""SQL for analysts: one SELECT over what the officer sees whole, behind a fence, each with a record."""

from datetime import timedelta

import pytest

import scenes
from nganam.analysis import fenced, operations
from nganam.audit.models import Entry
from nganam.kernel.errors import Invalid, NotAllowed, Unavailable
from nganam.warehouse import places
from nganam.warehouse.engine import lake

from .conftest import ROWS

pytestmark = pytest.mark.django_db


def ask(sql, actor=scenes.LAN):
    return operations.ask_by_sql(actor=actor, at=scenes.AT, sql=sql)


def test_a_select_is_answered_from_the_present_versions(visits):
    found = ask("SELECT ma_xa, sum(chi_phi) AS tong FROM luot_kham GROUP BY ma_xa ORDER BY ma_xa")
    assert (found.columns, found.rows) == (("ma_xa", "tong"), (("31507", 300.0), ("31732", 1000.5)))
    assert (found.versions, found.is_cut) == (("luot-kham v1",), False)
    assert ask("FROM luot_kham SELECT max(ngay), count(*)").rows == (("2026-04-04", 4),)
    assert ask("SELECT strftime(luc, '%H:%M') FROM luot_kham WHERE ma = '2'").rows == (("00:10",),)
    assert ask("SELECT 12345678901234567890 AS n, 'é' || ma AS x, [ma] AS l FROM luot_kham LIMIT 1").rows == (
        ("12345678901234567890", "é1", ["1"]),
    )


def test_a_table_that_was_merged_into_is_answered_too(visits):
    scenes.load(visits, [("1", *ROWS[0][1:3], "150", *ROWS[0][4:]), *ROWS[1:]], at=scenes.AT + timedelta(minutes=9))
    assert ask("SELECT chi_phi, loai FROM luot_kham WHERE ma = '1'").rows == ((150.0, "Khám"),)


def test_every_statement_leaves_a_record_answered_or_not(visits):
    ask("SELECT 1")
    with pytest.raises(Invalid):
        ask("SELECT khong_co FROM luot_kham")
    assert [one.details["sql"] for one in Entry.objects.filter(action="analysis.sql").order_by("seq")] == [
        "SELECT 1", "SELECT khong_co FROM luot_kham",
    ]  # fmt: skip


def test_nothing_but_one_select_over_ones_own_tables(visits):
    (file, *_rest) = lake.files(places.lake(visits), 0)
    hostile = [
        "", "SELECT 1; SELECT 2", "DROP VIEW luot_kham", "COPY (SELECT 1) TO '/tmp/nganam-x.csv'",
        "SET enable_external_access=true", "ATTACH '/tmp/nganam-x.db'", "INSTALL httpfs", "LOAD httpfs",
        "PRAGMA database_list", "CREATE TABLE t AS SELECT 1", "INSERT INTO luot_kham SELECT * FROM luot_kham",
        "SELECT * FROM read_csv('/etc/passwd')", "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM glob('/etc/*')", "SELECT * FROM 'https://vi-du.invalid/x.parquet'",
        f"SELECT * FROM read_parquet('{file}')", "SELECT * FROM told", "SELECT * FROM khong_co", "SELEC 1",
    ]  # fmt: skip
    for sql in hostile:
        with pytest.raises(Invalid) as refused:
            ask(sql)
        assert refused.value.fields["sql"], sql
    assert ask("SELECT count(*) FROM luot_kham").rows == ((4,),)


def test_another_agencys_table_is_not_there_and_the_leads_are_all_there(visits):
    with pytest.raises(Invalid, match="không chạy được"):
        ask("SELECT * FROM luot_kham", scenes.PHUC)
    assert ask("SELECT count(*) FROM luot_kham", scenes.MINH).rows == ((4,),)


def test_personal_columns_are_there_for_the_owner_alone(granted):
    assert ask("SELECT count(dien_thoai) FROM co_so_kham_chua_benh").rows == ((8,),)
    for actor, sql in ((scenes.MINH, "SELECT dien_thoai FROM co_so_kham_chua_benh"),
                       (scenes.MINH, "SELECT columns('dien.*') FROM co_so_kham_chua_benh")):  # fmt: skip
        with pytest.raises(Invalid):
            ask(sql, actor)
    assert "dien_thoai" not in ask("SELECT * FROM co_so_kham_chua_benh", scenes.MINH).columns


def test_who_is_no_officer_queries_nothing(visits, khanh):
    with pytest.raises(NotAllowed):
        ask("SELECT 1", khanh)
    assert not Entry.objects.filter(action="analysis.sql").exists()


def test_many_rows_are_cut_and_wide_ones_refused(visits, monkeypatch):
    monkeypatch.setattr(fenced, "MOST_ROWS", 3)
    found = ask("SELECT ma FROM luot_kham ORDER BY ma")
    assert (len(found.rows), found.is_cut) == (3, True)
    with pytest.raises(Invalid) as refused:
        ask("SELECT repeat('x', 5000000)")
    assert "quá lớn" in str(refused.value.fields)


@pytest.mark.parametrize("sql", [
    "SELECT count(*) FROM range(100000000000) a, range(1000) b", "SELECT list(range) FROM range(3000000000)",
])  # fmt: skip
def test_too_long_and_too_much_are_stopped_in_words(visits, monkeypatch, sql):
    monkeypatch.setattr(fenced, "SECONDS", 2)
    with pytest.raises(Unavailable, match="quá"):
        ask(sql)


def test_so_many_statements_run_at_once_and_the_next_is_told_to_wait(visits, monkeypatch):
    monkeypatch.setattr(fenced, "AT_ONCE", 1)
    with fenced._turn(), pytest.raises(Unavailable, match="câu SQL khác"):
        ask("SELECT 1")
    assert ask("SELECT 1").rows == ((1,),)


def test_the_page_runs_shows_and_refuses(visits, browse):
    browser = browse("lan")
    assert "luot_kham" in browser.get("/phan-tich/sql/").content.decode()
    page = browser.post(
        "/phan-tich/sql/", {"sql": "SELECT loai, count(*) AS so FROM luot_kham GROUP BY 1"}
    ).content.decode()
    assert "luot-kham v1" in page
    assert "=HYPERLINK(1)" in page
    page = browser.post("/phan-tich/sql/", {"sql": "DELETE FROM luot_kham"}).content.decode()
    assert "Chỉ nhận một câu SELECT" in page
    assert "DELETE FROM luot_kham" in page
