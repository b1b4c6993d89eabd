"""Rules over all rows are judged before a commit, and what drifts from the contract is stopped until it is admitted."""

import time
from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.db import connection

from nganam.accounts.models import Person
from nganam.audit.models import Entry
from nganam.kernel.errors import Invalid, NotAllowed, RuleBroken
from nganam.warehouse import agreeing, contracting, drifting, loading, operations, queries, sourcing
from nganam.warehouse.engine import rules as ruling
from nganam.warehouse.engine.contract import from_list
from nganam.warehouse.engine.rules import Rule, Setting, run
from nganam.warehouse.models import Load

from .conftest import AT, COLUMNS, LAN, PHUC, ROWS, WORKER, as_csv

SHAPE = from_list([{"name": "ma", "key": True}, {"name": "so", "type": "integer"}, {"name": "ngay", "type": "date"},
                   {"name": "luc", "type": "datetime"}])  # fmt: skip
HEADER = [one["name"] for one in COLUMNS]
WIDER = [*HEADER, "Email"]


@pytest.fixture
def accepted(tmp_path):
    path = tmp_path / "accepted.parquet"
    table = pa.table({"ma": ["a", "b"], "so": [1, -2], "ngay": [date(2026, 11, 1), None],
                      "luc": [datetime(2026, 11, 20, 1)] * 2})  # fmt: skip
    pq.write_table(table, path)
    return path


def judged(rule, accepted, **setting):
    (found,) = run([rule], accepted, Setting(AT, **setting))
    return found


def test_swing_freshness_and_reference_are_judged_by_their_limits(accepted, tmp_path):
    swing = Rule("r", "rows", limit="50")
    assert judged(swing, accepted).code == "rows_first"
    assert [judged(swing, accepted, before=before).passed for before in (2, 4, 5)] == [True, True, False]
    assert judged(swing, accepted, before=5).params["swing"] == "-60.0"
    fresh = [judged(Rule("r", "freshness", column=column, limit=limit), accepted).passed
             for column, limit in (("ngay", "23"), ("ngay", "22"), ("luc", "4.1"), ("luc", "4"))]  # fmt: skip
    assert fresh == [True, False, True, False]
    other = tmp_path / "other.parquet"
    pq.write_table(pa.table({"id": ["a"]}), other)
    refers = Rule("r", "reference", column="ma", table="khac", target="id")
    found = judged(refers, accepted, others={"khac": [other]})
    assert (found.passed, found.params["found"], found.examples) == (False, "1", (("b",),))
    assert judged(refers, accepted).code == "reference_empty"


def test_sql_returns_the_rows_that_break_it_or_a_number_to_compare(accepted):
    found = judged(Rule("r", "sql", query="SELECT ma, so FROM ${object} WHERE so < 0;"), accepted)
    assert (found.passed, found.params, found.examples) == (False, {"found": "1"}, (("b", "-2"),))
    count = "SELECT count(*) FROM rows"
    assert judged(Rule("r", "sql", query=count, operator="mustBe", value="2"), accepted).passed
    assert not judged(Rule("r", "sql", query=count, operator="mustBeLessThan", value="2"), accepted).passed
    two = judged(Rule("r", "sql", query="SELECT so FROM rows", operator="mustBe", value="2"), accepted)
    assert (two.passed, two.code) == (False, "sql_failed")


def test_a_reference_holds_across_types_and_a_column_that_went_breaks_it_in_words(accepted, tmp_path):
    other = tmp_path / "other.parquet"
    pq.write_table(pa.table({"chu": ["1", "-2", "khác"], "so": [1.0, -2.0, 0.5], "luc": pa.array(
        [datetime(2026, 11, 20, 1, tzinfo=UTC)] * 3, pa.timestamp("us", "UTC"))}), other)  # fmt: skip

    def refers(column, target):
        return judged(Rule("r", "reference", column=column, table="khac", target=target), accepted,
                      others={"khac": [other]})  # fmt: skip

    assert [refers(*one).passed for one in (("so", "chu"), ("so", "so"), ("luc", "luc"))] == [True, True, True]
    assert refers("ma", "so").examples == (("a",), ("b",)), "text in numbers: none of them is there"
    gone = refers("ma", "ma")
    assert (gone.passed, gone.code, gone.params["target"]) == (False, "reference_failed", "ma"), gone
    assert "ma" in gone.params["why"]


HOSTILE = [
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM '/etc/passwd'",
    "SELECT * FROM read_text('{there}')",
    "SELECT * FROM glob('/etc/*')",
    "COPY rows TO '{there}.stolen'",
    "ATTACH '{there}.db'",
    "SELECT 1; SELECT 2",
    "SELECT 1) UNION (SELECT 2",
    "SET memory_limit='90GB'",
    "INSTALL httpfs",
    "SELECT * FROM duckdb_settings()",
    "SELECT * FROM query('SELECT * FROM duck'||'db_settings()')",
    "SELECT * FROM \"query_table\" (['ro'||'ws'])",
    "SELECT current_setting('temp_directory')",
    "SELECT * FROM SHAPE",
    "DROP VIEW rows",
]


@pytest.mark.parametrize("query", HOSTILE)
def test_hostile_sql_reaches_nothing_and_is_refused_when_it_is_declared(accepted, query):
    rule = Rule("r", "sql", query=query.format(there=accepted))
    found = judged(rule, accepted)
    assert (found.passed, found.code) == (False, "sql_failed"), found
    with pytest.raises(Invalid):
        ruling.from_plain(ruling.to_plain([rule]), SHAPE, trial=True)
    assert [one.name for one in accepted.parent.iterdir() if one.is_file()] == [accepted.name]


def test_sql_without_end_is_stopped(accepted, monkeypatch):
    monkeypatch.setattr(ruling, "SECONDS", 0.5)
    endless = Rule("r", "sql", query="SELECT count(*) FROM range(100000000000) a, range(1000000) b")
    assert judged(endless, accepted).code == "sql_slow"
    monkeypatch.setattr(ruling, "TOGETHER", 0.4)
    assert [one.code for one in run([endless, endless], accepted, Setting(AT))] == ["sql_slow", "sql_late"]


def test_a_declaration_of_rules_names_everything_wrong():
    wrong = [{"name": "a", "kind": "rows", "limit": "x"}, {"name": "a", "kind": "dance"}, {"kind": "sql"},
             {"name": "b", "kind": "freshness", "column": "so", "limit": "1", "severity": "loud"},
             {"name": "c", "kind": "sql", "query": "SELECT khong FROM rows"}]  # fmt: skip
    with pytest.raises(Invalid) as refused:
        ruling.from_plain(wrong, SHAPE, trial=True)
    told = " ".join(refused.value.fields["rules"])
    for word in ("limit", "dance", "chưa đặt name", "loud", "không phải ngày", "khong", "dùng hai lần"):
        assert word in told


@pytest.fixture
def ruled(facilities):
    def rule(*rules):
        return agreeing.change_terms(
            actor=LAN, at=AT, table=queries.table(facilities.code), rules=list(rules), terms={}
        )

    return rule


@pytest.fixture
def desk(agencies, client):
    client.force_login(Person.objects.get(username="lan"))
    return client


def test_queries_are_tried_in_bounded_time_before_anything_is_locked(ruled, facilities, monkeypatch):
    monkeypatch.setattr(ruling, "TRIAL", 0.2)
    monkeypatch.setattr(ruling, "TRIALS", 0.5)
    outside, tried = len(connection.savepoint_ids), []
    original = ruling._run_query

    def watched(rule, rows, scratch, seconds):
        tried.append((rule.name, len(connection.savepoint_ids) - outside))
        return original(rule, rows, scratch, seconds)

    monkeypatch.setattr(ruling, "_run_query", watched)
    endless = "SELECT 1 FROM range(1000000) a, range(1000000) b WHERE a.range + b.range < 0"
    began = time.monotonic()
    with pytest.raises(Invalid) as refused:
        ruled(*({"name": f"Q{at}", "kind": "sql", "query": endless} for at in range(20)))
    assert time.monotonic() - began < 5
    assert len(refused.value.fields["rules"]) == 20
    assert contracting.present(queries.table(facilities.code)).number == "1.0.0"
    tried.clear()
    table = ruled({"name": "Có", "kind": "sql", "query": "SELECT * FROM rows WHERE so_giuong < 0"})
    text = agreeing.document(contracting.present(table))
    agreeing.preview(actor=LAN, table=table, text=text)
    agreeing.import_document(actor=LAN, at=AT, table=table, text=text, reason="")
    assert tried == [("Có", 0)] * 3, "once a deed, in no transaction; never to write a document"


def finished(opened):
    return loading.run_load(actor=WORKER, now=lambda: AT + timedelta(minutes=1), code=opened.code)


def test_a_broken_error_rule_stops_the_load_and_a_warning_is_told(ruled, load, facilities, desk):
    load(as_csv())
    table = ruled(
        {"name": "Có giường", "kind": "sql", "query": "SELECT * FROM rows WHERE so_giuong < 5", "severity": "error"},
        {"name": "Chênh", "kind": "rows", "limit": "10", "severity": "warning"},
    )
    done = load(as_csv([(*ROWS[0][:3], "1", ""), ROWS[1]]), table=table)
    assert (done.state, done.fault, done.fault_params) == ("failed", "quality", {"rules": ["Có giường"]})
    assert [(one["name"], one["passed"]) for one in done.checks] == [("Có giường", False), ("Chênh", False)]
    assert queries.current_version(facilities).number == 1
    page = desk.get(done.get_absolute_url()).content.decode()
    assert "2 dòng, phiên bản hiện tại 3 dòng: chênh -33.3%; cho phép 10%" in page
    assert "00123 | Trạm y tế Phường 5" in page
    sound = load(as_csv(ROWS[:2]), table=table)
    assert (sound.state, [one["passed"] for one in sound.checks]) == ("committed", [True, False])


def test_a_broken_rule_is_admitted_for_one_load_only(ruled, load, facilities):
    table = ruled({"name": "Có giường", "kind": "sql", "query": "SELECT * FROM rows WHERE so_giuong < 20"})
    stopped = load(as_csv(), table=table)
    with pytest.raises(Invalid):
        drifting.admit(actor=LAN, at=AT, load=stopped, scope="always", reason="Đúng vậy")
    done = finished(drifting.admit(actor=LAN, at=AT, load=stopped, scope="once", reason="Trạm nhỏ"))
    assert (done.state, done.admission.reason) == ("committed", "Trạm nhỏ")
    assert load(as_csv(ROWS[:2]), table=table).fault == "quality"


def test_what_was_admitted_stays_admitted_for_the_same_file(ruled, load, facilities):
    load(as_csv())
    table = ruled(
        {"name": "r1", "kind": "sql", "query": "SELECT * FROM rows WHERE so_giuong < 20"},
        {"name": "r2", "kind": "sql", "query": "SELECT * FROM rows WHERE so_giuong > 20", "severity": "warning"},
    )
    token = "ghp_" + "a1B2c3D4e5F6g7H8i9J0" * 2
    first = load(wider([*ROWS[:2], ("00201", token, "31498", "", "")]), table=table)
    assert first.fault == "new_columns"
    secret = finished(drifting.admit(actor=LAN, at=AT, load=first, scope="once", reason="Cột thử"))
    assert secret.fault == "scan_secret"
    broken = finished(operations.admit_findings(actor=LAN, at=AT, load=secret, reason="Chuỗi mẫu"))
    assert (broken.fault, broken.fault_params) == ("quality", {"rules": ["r1"]}), "the column is not asked about again"
    rules = [{**one, "severity": "error"} for one in table.contract["rules"]]
    ruled(*rules)
    second = finished(drifting.admit(actor=LAN, at=AT, load=broken, scope="once", reason="Trạm nhỏ"))
    assert second.fault_params == {"rules": ["r2"]}
    done = finished(drifting.admit(actor=LAN, at=AT, load=second, scope="once", reason="Trạm lớn"))
    assert (done.state, done.admission.drift) == ("committed", {"columns": ["Email"], "rules": ["r1", "r2"]})


def test_a_stopped_file_is_not_admitted_over_a_newer_load(load, facilities, desk):
    load(as_csv())
    stopped = load(wider(ROWS[:2]))
    assert "/chap-nhan-sai-khac/" in desk.get(stopped.get_absolute_url()).content.decode()
    newer = load(as_csv(ROWS[1:]))
    with pytest.raises(RuleBroken, match="mới hơn"):
        drifting.admit(actor=LAN, at=AT, load=stopped, scope="once", reason="Muộn")
    assert queries.current_version(facilities).load == newer
    assert "/chap-nhan-sai-khac/" not in desk.get(stopped.get_absolute_url()).content.decode()
    said = desk.post(f"/kho/nap/{stopped.code}/chap-nhan-sai-khac/", {"scope": "once", "reason": "Muộn"})
    assert (said.status_code, "mới hơn" in said.content.decode()) == (422, True)


def test_a_rule_never_looks_into_another_agencys_table(facilities):
    theirs = operations.declare_table(
        actor=PHUC, at=AT, agency=PHUC.agency, code="cua-xa", title="Của xã", columns=[{"name": "id", "key": True}]
    )
    rule = {"name": "Dò", "kind": "reference", "column": "ma_co_so", "table": theirs.code, "target": "id"}
    with pytest.raises(Invalid) as refused:
        agreeing.change_terms(actor=LAN, at=AT, table=facilities, rules=[rule], terms={})
    assert "cua-xa" in refused.value.fields["rules"][0]


def wider(rows=ROWS):
    return as_csv([(*row, "a@b.vn") for row in rows], header=WIDER)


def test_a_new_column_is_stopped_explained_and_admitted_once(load, facilities, desk):
    load(as_csv())
    stopped = load(wider(ROWS[:2]))
    assert (stopped.state, stopped.fault, stopped.fault_params["new"]) == ("failed", "new_columns", ["Email"])
    page = desk.get(stopped.get_absolute_url()).content.decode()
    assert "Tệp có, hợp đồng không có." in page
    address = f"/kho/nap/{stopped.code}/chap-nhan-sai-khac/"
    assert f'href="{address}"' in page
    assert desk.post(address, {"scope": "once", "reason": ""}).status_code == 422
    went = desk.post(address, {"scope": "once", "reason": "Cột thử của phần mềm"})
    done = finished(Load.objects.get(code=went["Location"].split("/")[-2]))
    assert (done.state, done.ignored_columns) == ("committed", ["Email"])
    assert "Cột thử của phần mềm" in desk.get(done.get_absolute_url()).content.decode()
    assert Entry.objects.filter(action="warehouse.load.admitted", object_code=done.code).exists()
    assert load(wider()).fault == "new_columns", "once is once"


def test_what_is_admitted_from_now_on_passes_the_next_load(load, facilities):
    load(as_csv())
    stopped = load(wider(ROWS[:2]))
    assert finished(drifting.admit(actor=LAN, at=AT, load=stopped, scope="always", reason="Không cần")).made
    assert load(wider()).state == "committed"
    both = as_csv([(*row, "a@b.vn", "1") for row in ROWS], header=[*WIDER, "Fax"])
    assert load(both).fault_params["new"] == ["Fax"]


def test_columns_known_since_the_first_version_are_no_news(load, facilities):
    assert load(wider()).state == "committed"
    assert load(wider(ROWS[:2])).state == "committed"


def test_a_column_that_changed_its_type_is_stopped_and_admitted(load, facilities, desk):
    rows = [(f"{at:05}", f"Trạm {at}", "31498", "không rõ" if at < 10 else "5", "") for at in range(30)]
    stopped = load(as_csv(rows))
    assert (stopped.fault, stopped.fault_params["counts"]) == ("types_drifted", {"so_giuong": 10})
    page = desk.get(stopped.get_absolute_url()).content.decode()
    assert "10 trên 30 dòng không phải số nguyên." in page
    done = finished(drifting.admit(actor=LAN, at=AT, load=stopped, scope="once", reason="Biết rồi"))
    assert (done.state, done.accepted, done.rejected) == ("committed", 20, 10)
    assert load(as_csv([*rows[:1], *rows[11:]])).state == "committed", "single wrong cells are no drift"


def test_only_the_owner_admits_and_only_what_was_stopped(load, facilities, client):
    done = load(as_csv())
    with pytest.raises(RuleBroken):
        drifting.admit(actor=LAN, at=AT, load=done, scope="once", reason="x")
    stopped = load(wider())
    with pytest.raises(NotAllowed):
        drifting.admit(actor=PHUC, at=AT, load=stopped, scope="once", reason="x")
    for who, code in (("phuc", 404), ("minh", 404)):
        client.force_login(Person.objects.get(username=who))
        assert client.get(f"/kho/nap/{stopped.code}/chap-nhan-sai-khac/").status_code == code


def test_a_source_that_lost_a_column_is_explained_but_not_admitted(facilities, data, desk):
    source = sourcing.declare_source(
        actor=LAN, at=AT, agency="CT-SYT", kind="file", name="Thư mục", secret_ref="co-so.csv"
    )
    table = operations.change_table(
        actor=LAN, at=AT, table=facilities, columns=COLUMNS, title=facilities.title, source=source
    )
    from nganam.warehouse import places

    path = places.source_file(source)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(as_csv([row[:4] for row in ROWS], header=HEADER[:4]))
    done = finished(operations.start_load(actor=LAN, at=AT, table=table))
    assert done.fault == "missing_columns"
    page = desk.get(done.get_absolute_url()).content.decode()
    assert "Hợp đồng có, tệp không có." in page
    assert "/chap-nhan-sai-khac/" not in page
