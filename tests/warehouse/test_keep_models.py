"""Models as files and on pages: a folder or a zip out and in, the form, and the classes their columns must have."""

import io
import re
import zipfile
from datetime import timedelta
from typing import Any

import pytest

from at_once import signed_in
from nganam.kernel.errors import Invalid, RuleBroken
from nganam.warehouse import loading, operations
from nganam.warehouse.engine import rules as ruling
from nganam.warehouse.models import ModelVersion
from nganam.warehouse.transforms import operations as models
from nganam.warehouse.transforms import packing, planning

from .conftest import AT, COLUMNS, LAN, MINH, ROWS, WORKER, as_csv
from .test_run_models import BED_COLUMNS, BEDS, TOTAL, TOTAL_COLUMNS, declared, saved

PEOPLE = [
    {"name": "so", "key": True}, {"name": "ho_ten", "classification": "personal"}, {"name": "ma_xa"},
    {"name": "benh", "classification": "sensitive"}, {"name": "chi_phi", "type": "integer"},
]  # fmt: skip


@pytest.fixture
def beds(facilities):
    return declared("giuong-theo-xa", BED_COLUMNS)


def test_models_go_out_to_a_folder_and_come_back_as_they_were(beds, tmp_path):
    total = declared("tong-giuong", TOTAL_COLUMNS)
    tests = [{"name": "khong-am", "query": "SELECT *\nFROM rows\nWHERE so_giuong < 0", "severity": "warning"}]
    saved(beds, BEDS, tests=tests, description="Giường bệnh: theo xã")
    saved(total, TOTAL)
    folder = tmp_path / "mo-hinh"
    packing.export(folder, planning.models_now())
    assert sorted(one.name for one in folder.iterdir()) == ["giuong-theo-xa.sql", "tong-giuong.sql"]
    files = packing.of_folder(folder)
    assert files["giuong-theo-xa.sql"].startswith("/*---\ntable: giuong-theo-xa\nagency: CT-SYT\n")
    assert packing.take(actor=LAN, at=AT, files=files)["same"] == ["giuong-theo-xa", "tong-giuong"]
    assert ModelVersion.objects.count() == 2, "the same makes no version"
    changed = {**files, "tong-giuong.sql": files["tong-giuong.sql"].replace("sum(", "max(")}
    assert packing.take(actor=LAN, at=AT, files=changed, dry_run=True)["changed"] == ["tong-giuong"]
    assert ModelVersion.objects.count() == 2
    packing.take(actor=LAN, at=AT, files=changed)
    last = planning.model_of(total)
    assert (last.number, "max(" in last.sql, last.reason) == (2, True, "Nhập từ tệp tong-giuong.sql")
    first = planning.model_of(beds)
    assert (first.tests, first.description) == (tests, "Giường bệnh: theo xã")


def test_one_wrong_file_keeps_all_out_and_every_wrong_one_is_named(beds):
    declared("khac", BED_COLUMNS)
    files = {
        "a.sql": f"/*---\ntable: giuong-theo-xa\n---*/\n{BEDS}",
        "b.sql": "/*---\ntable: khong-co\n---*/\nSELECT 1",
        "c.sql": "SELECT 1",
        "d.sql": "/*---\ntable: giuong-theo-xa\nla: 1\n---*/\nSELECT 1",
        "e.sql": "/*---\ntable: [\n---*/\nSELECT 1",
        "f.sql": "/*---\ntable: khac\n---*/\nSELECT ma_xa,\nnow() FROM co_so_kham_chua_benh",
    }
    with pytest.raises(Invalid, match="chưa lưu mô hình nào") as refused:
        packing.take(actor=LAN, at=AT, files=files)
    told = refused.value.fields["file"]
    assert [one[:5] for one in told] == ["b.sql", "c.sql", "d.sql", "e.sql", "f.sql"]
    assert "Dòng 2: không dùng now" in told[-1]
    assert not ModelVersion.objects.exists()
    with pytest.raises(Invalid):
        packing.unpacked(io.BytesIO(b"PK no zip"))


BOMB = "a: &a [x, x]\n" + "\n".join(f"{b}: &{b} [*{a}, *{a}]" for a, b in zip("abcdef", "bcdefg", strict=True))


@pytest.mark.parametrize(
    ("head", "told"),
    [
        (f"table: giuong-theo-xa\n{BOMB}", "sai cú pháp YAML ở dòng 4"),
        (f"table: {'[' * 3000}", "sai cú pháp YAML"),
        ('table: giuong-theo-xa\ndescription: "x\\0y"', "không có ký tự NUL"),
        ('table: giuong-theo-xa\ndescription: "x\\uD800y"', "phải là chữ"),
        ("table: giuong-theo-xa\ndescription: 2026-01-01", "phải là chữ"),
        ("table: giuong-theo-xa\ntests:\n- name: [x]\n  query: SELECT 1", "phải là chữ"),
        ("table: giuong-theo-xa\n2026-99-99: x", "sai cú pháp YAML|không biết"),
    ],
)  # fmt: skip
def test_a_head_that_is_no_plain_text_is_refused(head, told):
    with pytest.raises(Invalid) as refused:
        packing.read(f"/*---\n{head}\n---*/\nSELECT 1", "a.sql")
    assert re.search(told, refused.value.fields["file"][0])


def test_two_files_for_one_table_are_told(beds):
    files = dict.fromkeys(("a.sql", "b.sql"), f"/*---\ntable: giuong-theo-xa\n---*/\n{BEDS}")
    with pytest.raises(Invalid) as refused:
        packing.take(actor=LAN, at=AT, files=files)
    assert refused.value.fields["file"] == ["b.sql: bảng giuong-theo-xa đã có ở tệp a.sql"]


def test_an_import_takes_all_its_tables_before_it_writes_one(beds, monkeypatch):
    declared("khac", BED_COLUMNS)
    taken, real = [], models.hold_tables

    def hold(tables):
        held = list(tables)
        taken.append(([one.code for one in held], ModelVersion.objects.count()))
        real(held)

    monkeypatch.setattr(models, "hold_tables", hold)
    files = {f"{one}.sql": f"/*---\ntable: {one}\n---*/\n{BEDS}" for one in ("giuong-theo-xa", "khac")}
    assert packing.take(actor=LAN, at=AT, files=files)["new"] == ["giuong-theo-xa", "khac"]
    assert taken[0] == (["giuong-theo-xa", "khac"], 0)


def zipped(names, kind=zipfile.ZIP_DEFLATED, data="SELECT 1"):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", kind) as archive:
        for name in names:
            archive.writestr(name, data)
    return out


def test_a_zip_that_is_more_than_models_is_refused(monkeypatch):
    assert list(packing.unpacked(zipped(["a.sql", "la.txt"]))) == ["a.sql"]
    damaged = io.BytesIO(zipped(["a.sql"], data="x" * 999).getvalue().replace(b"a.sql", b"b.sql", 1))
    for bad in (
        zipped(["a.sql"], zipfile.ZIP_LZMA), zipped(["a.sql"], zipfile.ZIP_BZIP2), damaged,
        zipped(f"{one}.sql" for one in range(51)), zipped(["a.sql"], data="x" * 200_001),
    ):  # fmt: skip
        with pytest.raises(Invalid):
            packing.unpacked(bad)
    monkeypatch.setattr(packing, "LARGEST_PACK", 100)
    with pytest.raises(Invalid, match="tệp nén"):
        packing.unpacked(zipped(["a.sql"]))


def test_all_models_of_an_import_are_tried_in_one_time(beds, monkeypatch):
    monkeypatch.setattr(packing, "SECONDS", -1.0)
    with pytest.raises(Invalid) as refused:
        packing.take(actor=LAN, at=AT, files={"a.sql": f"/*---\ntable: giuong-theo-xa\n---*/\n{BEDS}"})
    assert "nhập làm nhiều lần" in refused.value.fields["file"][0]
    monkeypatch.setattr(ruling, "TRIALS", -1.0)
    with pytest.raises(Invalid) as refused:
        saved(beds, BEDS, tests=[{"name": "x", "query": "SELECT 1 FROM rows"}])
    assert "chạy quá lâu khi thử" in refused.value.fields["tests"][0]


def test_the_command_writes_and_takes_a_folder(beds, tmp_path, capsys):
    from nganam.site.commands.warehouse import models as command

    saved(beds, BEDS)
    assert command(["export", str(tmp_path)]) == 0
    path = tmp_path / "giuong-theo-xa.sql"
    path.write_text(path.read_text().replace("count(*)", "count(ten_co_so)"))
    assert command(["import", str(tmp_path), "--dry-run"]) == 0
    assert command(["import", str(tmp_path)]) == 0
    assert "đổi: giuong-theo-xa" in capsys.readouterr().out
    assert planning.model_of(beds).number == 2
    path.write_text(path.read_text().replace("FROM co_so", "FROM khong"))
    assert command(["import", str(tmp_path)]) == 1
    assert "giuong-theo-xa.sql: Dòng 3: không có bảng" in capsys.readouterr().err


@pytest.fixture
def people(agencies):
    return declared("benh-nhan", PEOPLE)


@pytest.mark.law("S27")
def test_a_column_may_not_be_classed_lower_than_what_it_stems_from(people):
    columns = [{"name": "ten", "key": True}, {"name": "benh_cuoi"}, {"name": "so_nguoi", "type": "integer"}]
    table = declared("tong-hop", columns)
    sql = "SELECT upper(ho_ten) AS ten, max(benh) AS benh_cuoi, count(benh) AS so_nguoi FROM benh_nhan GROUP BY ho_ten"
    with pytest.raises(Invalid) as refused:
        saved(table, sql)
    told = refused.value.fields["lowered"]
    assert [("“ten”" in told[0], "personal" in told[0]), ("“benh_cuoi”" in told[1], "sensitive" in told[1])] == [
        (True, True), (True, True),
    ]  # fmt: skip
    assert len(told) == 2, "a count tells no single value"
    made = saved(table, sql, lowered={"ten": "Tên viết tắt do đơn vị đặt.", "benh_cuoi": "Mã nhóm bệnh."})
    assert sorted(made.lowered) == ["benh_cuoi", "ten"]


@pytest.mark.law("S27")
def test_the_contract_of_a_derived_table_is_held_to_it_too(people):
    key = {"name": "so", "key": True}
    columns = [key, {"name": "ten", "classification": "personal"}]
    table = declared("rut-gon", columns)
    saved(table, "SELECT so, ho_ten AS ten FROM benh_nhan")
    with pytest.raises(Invalid) as refused:
        operations.change_table(
            actor=LAN, at=AT, table=table, title="x", columns=[key, {"name": "ten", "classification": "shared"}]
        )
    assert "ít nhất phải phân loại personal" in refused.value.fields["columns"][0]


@pytest.mark.law("S27")
def test_a_run_stops_when_an_input_was_declared_personal_since(load, facilities):
    load(as_csv())
    table = declared("ten-co-so", [{"name": "ma", "key": True}, {"name": "ten"}])
    saved(table, "SELECT ma_co_so AS ma, ten_co_so AS ten FROM co_so_kham_chua_benh")
    stricter = [one | ({"classification": "personal"} if one["name"] == "ten_co_so" else {}) for one in COLUMNS]
    operations.change_table(
        actor=LAN, at=AT, table=facilities, title=facilities.title, columns=stricter, confirmed=True, reason="x"
    )
    (code,) = models.run_due(actor=WORKER, at=AT)
    ended = loading.run_load(actor=WORKER, now=lambda: AT, code=code)
    assert (ended.state, ended.fault, table.versions.count()) == ("failed", "model_class", 0)
    assert "ten (personal)" in ended.message


def named(load, facilities):
    """A derived table of names, run once; what changes the class of the names it reads."""
    load(as_csv())
    table = declared("ten-co-so", [{"name": "ma", "key": True}, {"name": "ten"}])
    saved(table, "SELECT ma_co_so AS ma, ten_co_so AS ten FROM co_so_kham_chua_benh",
          tests=[{"name": "khong-tram", "query": "SELECT ten FROM rows WHERE ten LIKE 'Trạm%'"}])  # fmt: skip

    def classed(classification):
        columns = [one | ({"classification": classification} if one["name"] == "ten_co_so" else {}) for one in COLUMNS]
        operations.change_table(
            actor=LAN, at=AT, table=facilities, title=facilities.title, columns=columns, confirmed=True, reason="x"
        )

    return table, classed


def ran(code, hours=0):
    return loading.run_load(actor=WORKER, now=lambda: AT + timedelta(hours=hours), code=code)


@pytest.mark.law("S27")
def test_what_a_version_was_declared_as_holds_as_long_as_it_is_read(load, facilities):
    table, classed = named(load, facilities)
    classed("personal")
    load(as_csv(ROWS[:2]), at=AT + timedelta(hours=1))
    classed("shared")
    (code,) = models.run_due(actor=WORKER, at=AT)
    ended = ran(code)
    assert (ended.fault, table.versions.count()) == ("model_class", 0), "version 2 holds personal data"


@pytest.mark.law("S27")
def test_a_column_declared_later_is_not_filled_by_a_model_that_takes_every_column(load, facilities):
    load(as_csv())
    table = declared("ban-sao", COLUMNS)
    saved(table, "SELECT * FROM co_so_kham_chua_benh")
    assert ran(models.run_due(actor=WORKER, at=AT)[0]).state == "committed"
    more = {"name": "cccd"}
    for one, column in ((facilities, more | {"classification": "personal"}), (table, more)):
        columns: Any = [*COLUMNS, column]
        operations.change_table(actor=LAN, at=AT, table=one, title="x", columns=columns, confirmed=True, reason="x")
    header = [*(one["name"] for one in COLUMNS), "cccd"]
    load(as_csv([[*ROWS[0], "092190000001"]], header=header), at=AT + timedelta(hours=1))
    ended = ran(models.run_due(actor=WORKER, at=AT)[0])
    assert (ended.state, ended.fault, table.versions.count()) == ("failed", "model_sql", 1)
    assert "bảng có cột cccd mà mô hình chưa biết" in ended.message
    with pytest.raises(Invalid, match="Phân loại"):
        saved(table, "SELECT * FROM co_so_kham_chua_benh")


@pytest.mark.law("S27")
def test_a_stopped_run_goes_on_only_with_what_a_new_run_would_read(load, facilities):
    table, classed = named(load, facilities)
    stopped = ran(models.run_due(actor=WORKER, at=AT)[0])
    assert (stopped.fault, bool(stopped.landing_sha)) == ("quality", True)
    classed("personal")
    again = ran(operations.resume(actor=LAN, at=AT, load=stopped).code)
    assert (again.fault, table.versions.count()) == ("model_class", 0), "its names are personal by now"
    load(as_csv(ROWS[:2]), at=AT + timedelta(hours=1))
    with pytest.raises(RuleBroken, match="đã khác so với lượt nạp"):
        operations.resume(actor=LAN, at=AT, load=again)


@pytest.mark.law("S27")
def test_a_test_that_fails_on_a_value_keeps_no_value(load, people):
    header, rows = [one["name"] for one in PEOPLE], [("1", "092190000001", "31507", "K", "5")]
    load(as_csv(rows, header=header), table=people)
    table = declared("ca", [{"name": "ma_xa", "key": True}, {"name": "so", "type": "integer"}])
    failing = {"name": "so-cccd", "query": "SELECT 1 FROM benh_nhan WHERE ho_ten::TINYINT > 0"}
    saved(table, "SELECT ma_xa, count(*) AS so FROM benh_nhan GROUP BY 1", tests=[failing])
    ended = ran(models.run_due(actor=WORKER, at=AT)[0])
    assert (ended.fault, ended.checks[0]["code"]) == ("quality", "sql_failed")
    assert ended.checks[0]["params"]["why"].startswith("một giá trị của dữ liệu không tính được")
    rule = {"name": "so-cccd", "kind": "sql", "query": "SELECT 1 FROM rows WHERE ho_ten::TINYINT > 0"}
    operations.change_table(actor=LAN, at=AT, table=people, title="x", columns=PEOPLE, rules=[rule])
    held = load(as_csv([*rows, ("2", "x", "31507", "K", "5")], header=header), table=people)
    assert (held.fault, "0921" in str(held.checks)) == ("quality", False)


def test_a_column_that_a_model_reads_does_not_go_without_a_word(beds, facilities):
    saved(beds, BEDS)
    without = [one for one in COLUMNS if one["name"] != "so_giuong"]
    with pytest.raises(RuleBroken, match="giuong-theo-xa"):
        operations.change_table(actor=LAN, at=AT, table=facilities, title="x", columns=without)


@pytest.mark.law("S12")
def test_the_lead_agencys_model_reads_others_tables_without_personal_columns_and_the_owner_is_told(load, people):
    from nganam.kernel.actors import Actor, Kind, Role
    from nganam.notices.models import Notice

    lead = Actor(Kind.PERSON, "minh", "Minh", MINH.agency, frozenset({Role.LEAD, Role.FOCAL}))
    table = declared("ca-tinh", [{"name": "ma_xa", "key": True}, {"name": "so", "type": "integer"}],
                     agency=MINH.agency, actor=lead)  # fmt: skip
    with pytest.raises(Invalid) as refused:
        models.save_model(
            actor=lead, at=AT, table=table, sql="SELECT ma_xa, count(ho_ten) AS so FROM benh_nhan GROUP BY 1"
        )
    assert "không có cột “ho_ten”" in refused.value.fields["sql"][0]
    models.save_model(actor=lead, at=AT, table=table, sql="SELECT ma_xa, count(*) AS so FROM benh_nhan GROUP BY 1")
    told = Notice.objects.get(event="warehouse.model.saved")
    assert (told.agency, told.title) == ("CT-SYT", "benh nhan: có bảng dẫn xuất mới đọc bảng này")
    header = [one["name"] for one in PEOPLE]
    load(as_csv([("1", "An", "31507", "K", "5"), ("2", "Bình", "31507", "K", "6")], header=header), table=people)
    (code,) = models.run_due(actor=WORKER, at=AT + timedelta(hours=1))
    assert loading.run_load(actor=WORKER, now=lambda: AT + timedelta(hours=1), code=code).state == "committed"


def test_the_pages_show_run_change_and_stop_a_model(load, beds):
    load(as_csv())
    lan, minh = signed_in("lan"), signed_in("minh")
    page = lan.get("/kho/giuong-theo-xa/mo-hinh/").content.decode()
    assert "Bảng này không có mô hình" in page
    form = {"kiem-thu-TOTAL_FORMS": "1", "kiem-thu-INITIAL_FORMS": "0", "kiem-thu-0-name": "co-dong",
            "kiem-thu-0-severity": "error", "kiem-thu-0-query": "SELECT * FROM rows WHERE so_co_so = 0"}  # fmt: skip
    wrong = lan.post("/kho/giuong-theo-xa/mo-hinh/sua/", {**form, "sql": "SELECT 1 FROM khong_co"})
    assert (wrong.status_code, "Dòng 1: không có bảng" in wrong.content.decode()) == (422, True)
    done = lan.post("/kho/giuong-theo-xa/mo-hinh/sua/", {**form, "sql": BEDS})
    assert done.url == "/kho/giuong-theo-xa/mo-hinh/"
    for who in (lan, minh):
        page = who.get("/kho/giuong-theo-xa/mo-hinh/").content.decode()
        assert "count(*) AS so_co_so" in page
        assert "gộp thành số liệu" in page
        assert ("Chạy ngay" in page) == (who is lan)
    started = lan.post("/kho/giuong-theo-xa/mo-hinh/chay/")
    assert started.url.startswith("/kho/nap/NAP-")
    loading.run_load(actor=WORKER, now=lambda: AT, code=started.url.split("/")[3])
    assert "co-so-kham-chua-benh v1" in lan.get(started.url).content.decode()
    assert "Đã chạy với các phiên bản đầu vào hiện tại" in lan.get("/kho/mo-hinh/").content.decode()
    archive = zipfile.ZipFile(io.BytesIO(lan.get("/kho/mo-hinh.zip").content))
    text = archive.read("giuong-theo-xa.sql").decode()
    assert text == lan.get("/kho/giuong-theo-xa/mo-hinh.sql").content.decode()
    packed = io.BytesIO(lan.get("/kho/mo-hinh.zip").content)
    packed.name = "mo-hinh.zip"
    assert lan.post("/kho/mo-hinh/nhap/", {"file": packed}).status_code == 302
    assert minh.post("/kho/giuong-theo-xa/mo-hinh/thoi/", {"reason": "x"}).status_code in {403, 404}
    assert lan.post("/kho/giuong-theo-xa/mo-hinh/thoi/", {"reason": ""}).status_code == 422
    lan.post("/kho/giuong-theo-xa/mo-hinh/thoi/", {"reason": "Nhập tay."})
    assert planning.model_of(beds) is None
    assert "Thôi là bảng dẫn xuất" in lan.get("/kho/giuong-theo-xa/mo-hinh/").content.decode()
