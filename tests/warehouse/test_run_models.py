"""Lan's tables of figures are made from her facilities by models: SQL over committed versions, run in order."""

from datetime import timedelta

import pytest

from nganam.kernel.errors import Invalid, NotAllowed, RuleBroken, StateMoved
from nganam.warehouse import loading, operations, queries
from nganam.warehouse.models import Load, ModelVersion
from nganam.warehouse.transforms import operations as models
from nganam.warehouse.transforms import parsing, planning, running

from .conftest import AT, LAN, PHUC, ROWS, WORKER, as_csv

BEDS = """-- giường theo xã
SELECT ma_xa, count(*) AS so_co_so, sum(so_giuong) AS so_giuong
FROM co_so_kham_chua_benh
WHERE ma_xa <> 'khác'
GROUP BY ma_xa"""
TOTAL = 'SELECT 1 AS so, sum(so_giuong) AS tong FROM "giuong-theo-xa"'
BED_COLUMNS = [
    {"name": "ma_xa", "title": "Mã xã", "type": "commune", "key": True},
    {"name": "so_co_so", "title": "Số cơ sở", "type": "integer"},
    {"name": "so_giuong", "title": "Số giường", "type": "integer"},
]
TOTAL_COLUMNS = [{"name": "so", "type": "integer", "key": True}, {"name": "tong", "type": "integer"}]


def declared(code, columns, agency="CT-SYT", actor=LAN, **values):
    return operations.declare_table(
        actor=actor, at=AT, agency=agency, code=code, title=code.replace("-", " "), columns=columns, **values
    )


@pytest.fixture
def beds(facilities):
    return declared("giuong-theo-xa", BED_COLUMNS)


@pytest.fixture
def total(beds):
    return declared("tong-giuong", TOTAL_COLUMNS)


def saved(table, sql, **values):
    return models.save_model(actor=LAN, at=AT, table=table, sql=sql, **values)


def step(hours=0):
    """Start what is due and run it to its end, as the worker does; the loads."""
    at = AT + timedelta(hours=hours)
    codes = models.run_due(actor=WORKER, at=at)
    return [loading.run_load(actor=WORKER, now=lambda: at, code=one) for one in codes]


def held(table):
    return {row["ma_xa"]: (row["so_co_so"], row["so_giuong"]) for row in queries.rows(table)}


@pytest.mark.law("S12.1")
def test_a_model_makes_the_rows_of_its_table_and_the_load_names_the_versions_it_read(load, beds):
    load(as_csv())
    saved(beds, BEDS)
    (ran,) = step()
    assert (ran.state, ran.fault) == ("committed", ""), ran.message
    assert held(beds) == {"31498": (1, 10), "31501": (1, 1250), "31507": (1, None)}
    assert ran.inputs["versions"] == {"co-so-kham-chua-benh": 1}
    assert (ran.model.number, ran.by, ran.source) == (1, "Hệ thống", None)
    assert step() == [], "nothing has changed since"
    again = loading.run_load(actor=WORKER, now=lambda: AT, code=models.run_model(actor=LAN, at=AT, table=beds).code)
    assert (again.state, beds.versions.count()) == ("unchanged", 1)


@pytest.mark.law("S12.1")
def test_a_chain_runs_in_order_after_its_source_was_loaded(load, beds, total):
    saved(beds, BEDS)
    saved(total, TOTAL)
    assert [one.told for one in planning.places()] == [
        "Chờ dữ liệu của co-so-kham-chua-benh", "Chờ dữ liệu của giuong-theo-xa",
    ]  # fmt: skip
    load(as_csv())
    assert [one.table.code for one in step()] == ["giuong-theo-xa"], "the other waits for it"
    assert [one.table.code for one in step()] == ["tong-giuong"]
    assert queries.rows(total) == [{"so": 1, "tong": 1260}]
    load(as_csv([*ROWS, ("00300", "Trạm mới", "31507", "40", "")]), at=AT + timedelta(hours=1))
    assert [one.table.code for one in step(1)] == ["giuong-theo-xa"]
    assert [one.table.code for one in step(1)] == ["tong-giuong"]
    assert queries.rows(total) == [{"so": 1, "tong": 1300}]
    assert [one.inputs["versions"] for one in total.loads.all()] == [{"giuong-theo-xa": 2}, {"giuong-theo-xa": 1}]


def test_what_depends_on_a_model_that_failed_keeps_its_version_until_that_is_mended(load, beds, total):
    load(as_csv())
    saved(beds, BEDS)
    saved(total, TOTAL)
    step(), step()
    saved(beds, BEDS.replace("sum(so_giuong)", "sum(CAST(ten_co_so AS INTEGER))"))
    (failed,) = step(1)
    assert (failed.state, failed.fault) == ("failed", "model_sql")
    assert "Trạm" not in failed.message, "a value of a row is nobody's to see who sees the load"
    assert (held(beds)["31498"], queries.rows(total)) == ((1, 10), [{"so": 1, "tong": 1260}])
    assert step(1) == [], "not again and again"
    assert planning.places()[1].told == "Chờ mô hình giuong-theo-xa chạy xong"
    saved(beds, BEDS)
    assert [one.state for one in step(2)] == ["unchanged"]
    assert step(2) == [], "its input is as it was"


def test_a_model_whose_process_dies_again_and_again_is_given_up(load, beds, monkeypatch):
    load(as_csv())
    saved(beds, BEDS)
    (code,) = models.run_due(actor=WORKER, at=AT)

    class Killed(BaseException):
        """The process dies."""

    def die(*_args, **_kwargs):
        raise Killed

    monkeypatch.setattr(running, "land", die)
    for _time in range(3):
        with pytest.raises(Killed):
            loading.run_load(actor=WORKER, now=lambda: AT, code=code)
    assert loading.repair(actor=WORKER, now=lambda: AT) == [code]
    ended = Load.objects.get(code=code)
    assert (ended.state, ended.fault, ended.fault_params) == ("failed", "model_killed", {"times": 3})
    assert models.run_due(actor=WORKER, at=AT) == []


def test_a_ring_of_models_is_refused_by_name(load, beds, total):
    saved(beds, BEDS)
    saved(total, TOTAL)
    with pytest.raises(Invalid) as refused:
        saved(beds, "SELECT '31498' AS ma_xa, so AS so_co_so, tong AS so_giuong FROM tong_giuong")
    assert "giuong-theo-xa ← tong-giuong ← giuong-theo-xa" in refused.value.fields["sql"][0]
    with pytest.raises(Invalid, match="Câu SQL") as refused:
        saved(total, "SELECT so, tong FROM tong_giuong")
    assert "chính bảng" in refused.value.fields["sql"][0]
    assert ModelVersion.objects.count() == 2


def test_a_ring_that_is_there_all_the_same_stops_no_other_model(load, beds, total):
    load(as_csv())
    saved(beds, BEDS)
    saved(total, TOTAL)
    other = saved(declared("khac", BED_COLUMNS), BEDS)
    lineage = {"names": {"tong_giuong": "tong-giuong"}, "columns": {}, "deciding": []}
    ModelVersion.objects.filter(table=beds).update(lineage=lineage)
    assert {one.model.table.code: one.is_due for one in planning.places()} == {
        "giuong-theo-xa": False, "tong-giuong": False, "khac": True,
    }  # fmt: skip
    told = {one.model.table.code: one.told for one in planning.places()}
    assert "giuong-theo-xa ← tong-giuong ← giuong-theo-xa" in told["giuong-theo-xa"]
    assert [(one.model, one.state) for one in step()] == [(other, "committed")]


def test_a_table_given_a_daily_load_while_its_model_was_tried_stays_what_it_is(beds):
    written = models.Written(beds, BEDS)
    draft, said = models.checked(actor=LAN, at=AT, written=written)
    operations.change_table(
        actor=LAN, at=AT, table=queries.table(beds.code), title="x", columns=BED_COLUMNS, schedule="02:00"
    )
    with pytest.raises(Invalid, match="nguồn hoặc giờ nạp"):
        models.keep(actor=LAN, at=AT, table=beds, draft=draft, said=said)
    assert not ModelVersion.objects.exists()


def test_a_column_declared_while_a_model_was_tried_is_missed(beds):
    draft, said = models.checked(actor=LAN, at=AT, written=models.Written(beds, BEDS))
    more = [*BED_COLUMNS, {"name": "ghi_chu"}]
    operations.change_table(actor=LAN, at=AT, table=queries.table(beds.code), title="x", columns=more)
    with pytest.raises(Invalid) as refused:
        models.keep(actor=LAN, at=AT, table=beds, draft=draft, said=said)
    assert "ghi_chu" in refused.value.fields["sql"][0]


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("SELECT ma_xa, 1 AS so_co_so, 2 AS so_giuong\nFROM khong_co", "Dòng 2: không có bảng “khong_co”"),
        ("SELECT * FROM read_csv('/etc/passwd')", "Dòng 1: không được gọi read_csv"),
        ("SELECT ma_xa, 1 so_co_so, 2 so_giuong FROM '/etc/passwd'", "không có bảng “/etc/passwd”"),
        ("SELECT * FROM duckdb_settings()", "không được gọi duckdb_settings"),
        ("SELECT * FROM information_schema.tables", "không có bảng “information_schema.tables”"),
        ("COPY co_so_kham_chua_benh TO 'x.csv'", "chỉ nhận một câu SELECT"),
        ("SELECT 1; SELECT 2", "chỉ nhận một câu SELECT"),
        ("SELECT ma_xa,\n random() AS so_co_so, 1 AS so_giuong FROM co_so_kham_chua_benh", "Dòng 2: không dùng random"),
        ("SELECT ma_xa, so_phong AS so_co_so FROM co_so_kham_chua_benh", "không có cột “so_phong”"),
        ("SELECT ma_xa FRM\nco_so_kham_chua_benh x y", "Dòng 2: sai cú pháp"),
        ("SELECT ma_xa, 1 AS so_co_so FROM co_so_kham_chua_benh", "không cho cột “so_giuong”"),
        ("SELECT ma_xa, 1 so_co_so, 1 so_giuong, 1 la FROM co_so_kham_chua_benh", "không khai báo cột “la”"),
        ("SELECT 1 AS ma_xa, 1 AS so_co_so, 1 AS so_giuong", "không đọc bảng nào"),
        ("SELECT u.x AS ma_xa FROM unnest((SELECT list(ma_xa) FROM co_so_kham_chua_benh)) u(x)", "ở chỗ của bảng"),
        ("SELECT #2 AS ma_xa FROM co_so_kham_chua_benh", "gọi cột bằng tên"),
        ("SELECT t.ma_xa FROM co_so_kham_chua_benh AS t(ma_xa, ma_co_so)", "không đặt lại tên cột"),
        ("SELECT '' AS ma_xa, '' AS t FROM co_so_kham_chua_benh UNION BY NAME SELECT '' AS t, '' AS ma_xa",
         "không dùng BY NAME"),
        ("SELECT p.ma_xa, max(g.n) AS so_giuong FROM co_so_kham_chua_benh p, range(p.so_giuong) g(n) GROUP BY 1",
         "ở chỗ của bảng"),
        ("SELECT g.n AS so_giuong FROM range((SELECT max(so_giuong) FROM co_so_kham_chua_benh)) g(n)",
         "ở chỗ của bảng"),
        ("SELECT v.x AS ma_xa FROM co_so_kham_chua_benh, (VALUES ((SELECT max(ma_xa) FROM co_so_kham_chua_benh))) v(x)",
         "ở chỗ của bảng"),
        ("SELECT count(*) OVER w AS so_co_so FROM co_so_kham_chua_benh WINDOW w AS (PARTITION BY ma_xa)",
         "không dùng WINDOW"),
        ("SELECT len(range(0, 40000000)) AS so_giuong FROM co_so_kham_chua_benh", "range cần số ghi sẵn"),
        ("SELECT len(generate_series(so_giuong)) AS so_giuong FROM co_so_kham_chua_benh", "generate_series cần số"),
        ("SELECT repeat('x', so_giuong) AS ma_xa FROM co_so_kham_chua_benh", "repeat cần số ghi sẵn"),
        ("SELECT lpad(ma_xa, 10001, '0') AS ma_xa FROM co_so_kham_chua_benh", "lpad cần số ghi sẵn"),
        ("SELECT list_resize([ma_xa], 20000) AS ma_xa FROM co_so_kham_chua_benh", "list_resize cần số ghi sẵn"),
        ("SELECT ma_xa\nFROM (SUMMARIZE co_so_kham_chua_benh)", "Dòng 2: không dùng SUMMARIZE"),
        ("SELECT ma_xa FROM (DESCRIBE co_so_kham_chua_benh)", "không dùng DESCRIBE"),
        ("SELECT a FROM (UNPIVOT co_so_kham_chua_benh ON ma_xa, ten_co_so INTO NAME a VALUE b)", "không dùng PIVOT"),
        ("SELECT ma_xa FROM co_so_kham_chua_benh TABLESAMPLE 10%", "không dùng TABLESAMPLE"),
        ("SELECT ma_xa FROM co_so_kham_chua_benh USING SAMPLE 3", "không dùng TABLESAMPLE"),
    ],
)  # fmt: skip
def test_what_a_model_may_not_say_is_told_with_its_line(load, beds, sql, told):
    with pytest.raises(Invalid) as refused:
        saved(beds, sql)
    assert told in " ".join(refused.value.fields["sql"])
    assert not ModelVersion.objects.exists()


@pytest.mark.parametrize(
    ("sql", "column", "stems"),
    [
        ("SELECT ma, (SELECT g.n FROM range(100) g(n) WHERE g.n = p.luong) AS l FROM p", "l", {"luong"}),
        ("SELECT g.n AS l FROM range(100) g(n) JOIN p ON g.n = p.luong", "l", {"luong"}),
        ("SELECT (SELECT t.x FROM (VALUES (1)) t(x) WHERE p.luong = t.x) AS l FROM p", "l", {"luong"}),
        ("SELECT t.x AS l FROM p JOIN unnest([1, 2]) t(x) ON p.luong = t.x", "l", {"luong"}),
        ("WITH RECURSIVE r(n) AS (SELECT 0 UNION SELECT n + 1 FROM r) SELECT n AS l FROM r JOIN p ON n = luong", "l",
         {"luong"}),
        ("SELECT count(*) AS so FROM (SELECT DISTINCT cccd FROM p)", "so", set()),
        ("WITH a AS (SELECT * FROM p) SELECT ma FROM a WHERE luong > (SELECT avg(luong) FROM p)", "ma", {"ma"}),
        ("SELECT lpad(ma, 9, '0') || repeat('x', 3) AS ma FROM p, range(1000000) g(n), unnest(range(-9, 9)) u(x)", "ma",
         {"ma"}),
        ("SELECT 'a' AS k, ma FROM p UNION ALL SELECT 'b', cccd FROM p", "k", set()),
    ],
)  # fmt: skip
def test_a_value_that_equals_a_column_stems_from_it(sql, column, stems):
    held = {"p": ("p", [("ma", "VARCHAR"), ("cccd", "VARCHAR"), ("luong", "BIGINT")])}
    assert {one.column for one in parsing.parse(sql, held).columns[column]} == stems


def test_every_column_a_statement_names_gives_or_decides():
    held = {"p": ("p", [("ma", "VARCHAR"), ("cccd", "VARCHAR"), ("luong", "BIGINT")])}
    for sql, kind in (
        ("SELECT DISTINCT ON (cccd) ma FROM p", "GROUP_BY"),
        ("SELECT ma FROM p LIMIT (SELECT max(cccd) FROM p)", "FILTER"),
        ("SELECT ma FROM p WHERE ma IN (SELECT cccd FROM p)", "FILTER"), ("SELECT ma FROM p ORDER BY cccd", "SORT"),
    ):  # fmt: skip
        assert ("cccd", kind) in {(one.column, one.kind) for one in parsing.parse(sql, held).deciding}


@pytest.mark.law("S12.1")
def test_a_failing_test_keeps_the_old_version_and_is_told(load, beds):
    load(as_csv())
    tests = [{"name": "khop-tong", "query": "SELECT 1 FROM (SELECT sum(so_co_so) n FROM rows) r, "
              "(SELECT count(*) m FROM co_so_kham_chua_benh) c WHERE n <> m"},
             {"name": "it-giuong", "query": "SELECT * FROM rows WHERE so_giuong > 2000"}]  # fmt: skip
    saved(beds, BEDS, tests=tests)
    (first,) = step()
    assert [(one["name"], one["passed"]) for one in first.checks] == [("khop-tong", True), ("it-giuong", True)]
    load(as_csv([*ROWS, ("00300", "Trạm mới", "31507", "4000", "")]), at=AT + timedelta(hours=1))
    (failed,) = step(1)
    assert (failed.state, failed.fault, failed.fault_params) == ("failed", "quality", {"rules": ["it-giuong"]})
    assert (beds.versions.count(), held(beds)["31507"]) == (1, (1, None))
    assert failed.checks[1]["examples"] == [["31507", "2", "4000"]]
    assert step(1) == []
    with pytest.raises(Invalid) as refused:
        saved(beds, BEDS, tests=[{"name": "sai", "query": "SELECT * FROM khong_co"}])
    assert "khong_co" in refused.value.fields["tests"][0]


def test_rows_that_break_the_contract_are_rejected_as_in_any_load(load, beds):
    load(as_csv())
    saved(beds, BEDS.replace("SELECT ma_xa", "SELECT CASE ma_xa WHEN '31501' THEN '99999' ELSE ma_xa END AS ma_xa"))
    (ran,) = step()
    assert (ran.state, ran.accepted, ran.rejected, ran.by_reason) == ("committed", 2, 1, {"commune": 1})
    assert "bảng đầu vào" in queries.why_not_mended(ran)
    with pytest.raises(RuleBroken, match="theo mô hình"):
        operations.load_again(actor=LAN, at=AT, load=ran, asked=operations.FOUND)


def test_a_derived_table_takes_no_file_and_has_no_source(load, beds):
    saved(beds, BEDS)
    with pytest.raises(RuleBroken, match="không nhận tệp tải lên"):
        load(as_csv(), table=beds)
    with pytest.raises(Invalid) as refused:
        operations.change_table(actor=LAN, at=AT, table=beds, columns=BED_COLUMNS, title="x", schedule="02:00")
    assert "không có nguồn" in refused.value.fields["schedule"][0]
    with pytest.raises(Invalid, match="chưa có phiên bản nào: co-so-kham-chua-benh"):
        models.run_model(actor=LAN, at=AT, table=beds)
    stopped = models.stop_model(actor=LAN, at=AT, table=beds, reason="Nhập tay từ nay.")
    assert (stopped.number, planning.places()) == (2, [])
    header = [one["name"] for one in BED_COLUMNS]
    assert load(as_csv([("31498", "3", "4")], header=header), table=beds).state == "committed"


def test_only_the_owner_saves_and_who_was_first_is_named(load, beds):
    with pytest.raises(NotAllowed):
        models.save_model(actor=PHUC, at=AT, table=beds, sql=BEDS)
    first = saved(beds, BEDS)
    assert saved(beds, BEDS) == first, "the same again makes no version"
    saved(beds, BEDS + "\nHAVING count(*) > 0", seen="1")
    with pytest.raises(StateMoved, match="Lan"):
        saved(beds, BEDS, seen="1")


def test_another_agencys_table_does_not_exist_for_a_model(load, facilities):
    load(as_csv())
    own = declared("xa-toi", BED_COLUMNS, agency="CT-X31507", actor=PHUC)
    with pytest.raises(Invalid) as refused:
        models.save_model(actor=PHUC, at=AT, table=own, sql=BEDS)
    assert "không có bảng “co_so_kham_chua_benh” mà cơ quan được đọc" in refused.value.fields["sql"][0]
    assert not Load.objects.filter(table=own).exists()


def test_values_of_every_type_come_through_a_model_as_they_are(load, agencies):
    columns = [
        {"name": "ma", "key": True}, {"name": "xa", "type": "commune"}, {"name": "so", "type": "integer"},
        {"name": "tien", "type": "decimal"}, {"name": "ngay", "type": "date"}, {"name": "luc", "type": "datetime"},
        {"name": "co", "type": "boolean"},
    ]  # fmt: skip
    first, second = declared("goc", columns), declared("ban-sao", columns)
    rows = [
        ("007", "31507", "9007199254740993", "0,1", "15/03/2004", "24/11/2026 09:00:05", "có"),
        ('x "y" \\ {z}', "31498", "-5", "1234567,125", "", "", ""), ("Đã", "31501", "", "", "01/01/1900", "", "không"),
    ]  # fmt: skip
    assert load(as_csv(rows, header=[one["name"] for one in columns]), table=first).rejected == 0
    saved(second, "SELECT ma, xa, so, tien, ngay, luc, co FROM goc")
    (ran,) = step()
    assert (ran.state, ran.rejected) == ("committed", 0), (ran.message, ran.by_reason)
    assert queries.rows(second) == queries.rows(first)


def test_a_number_that_is_none_is_an_empty_cell(load, beds):
    load(as_csv())
    saved(
        beds,
        "SELECT ma_xa, (1 / (so_giuong - 10)) AS so_co_so, CASE WHEN so_giuong > 10 THEN 'NaN'::REAL END AS so_giuong "
        "FROM co_so_kham_chua_benh WHERE so_giuong = 10 OR so_giuong IS NULL",
    )
    (ran,) = step()
    assert (ran.state, ran.rejected, ran.by_reason) == ("committed", 0, {}), ran.message
    assert held(beds) == {"31498": (None, None), "31507": (None, None)}


def test_a_step_above_that_changes_nothing_sets_off_nothing_below(load, beds, total):
    load(as_csv())
    saved(beds, "SELECT ma_xa, count(*) AS so_co_so, 0 AS so_giuong FROM co_so_kham_chua_benh GROUP BY ma_xa")
    saved(total, TOTAL)
    step(), step()
    load(as_csv([("00123", "Tên khác", *ROWS[0][2:]), *ROWS[1:]]), at=AT + timedelta(hours=1))
    assert [(one.table.code, one.state) for one in step(1)] == [("giuong-theo-xa", "unchanged")]
    assert step(1) == []
    assert total.loads.count() == 1


@pytest.mark.law("S27")
def test_an_erasure_is_told_to_whoever_owns_what_is_computed_from_the_table_once(load, beds, total):
    from nganam.notices.models import Notice
    from nganam.site.subscriptions import TABLE
    from nganam.warehouse import tasks

    assert "nganam.warehouse.tasks.tell_of_erasure" in TABLE["warehouse.erasure.done"]
    saved(beds, BEDS)
    saved(total, TOTAL)
    payload = {"table": "co-so-kham-chua-benh", "rows": 2}
    assert [tasks.tell_of_erasure.func("XD-1", payload) for _time in range(2)] == [2, 0]
    told = Notice.objects.filter(event=models.INPUT_ERASED)
    assert {(one.agency, one.link) for one in told} == {("CT-SYT", one.get_absolute_url()) for one in (beds, total)}
    assert "2 dòng đã rời khỏi bảng “Cơ sở khám chữa bệnh”" in told[0].body
    assert tasks.tell_of_erasure.func("XD-2", {"table": "tong-giuong", "rows": 1}) == 0


def test_a_load_that_ends_sets_off_what_is_made_from_its_table():
    from nganam.site.subscriptions import TABLE

    for event in ("commit", "keep", "fail"):
        assert "nganam.warehouse.tasks.follow_load" in TABLE[f"warehouse.load.{event}"]
