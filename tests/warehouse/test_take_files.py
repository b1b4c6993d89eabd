"""A version is taken away as a file: any form, any part, made once by the worker, kept, and found again."""

import csv
import io
import json
import sqlite3
import struct
import threading
import zipfile
from datetime import timedelta

import pyarrow.parquet as pq
import pytest
from python_calamine import CalamineWorkbook

from by_program import program_of
from nganam.audit.models import Entry
from nganam.kernel.actors import Actor, Role
from nganam.kernel.digest import file_sha256
from nganam.kernel.errors import Invalid, NotAllowed, NotFound
from nganam.warehouse import files, history, operations, places, queries, taking
from nganam.warehouse.engine.files import as_json
from nganam.warehouse.models import FILE_KINDS, FileState, VersionFile

from .conftest import AT, COLUMNS, LAN, MINH, PHUC, ROWS, WORKER, as_csv, now

pytestmark = pytest.mark.django_db
PLACES = [*COLUMNS, {"name": "kinh_do", "type": "decimal"}, {"name": "vi_do", "type": "decimal"}]
PEOPLE = [*COLUMNS, {"name": "so_dinh_danh", "title": "Số định danh", "personal": True}]
DANGER = [("00123", "=HYPERLINK(1)", "31498", "10", "15/03/2004"), ROWS[1], ROWS[2]]


@pytest.fixture
def version(load):
    """One version of Lan's table, with a name that a spreadsheet would run."""
    return load(as_csv(DANGER)).made


def made(version, kind, *, actor=LAN, **part):
    asked = taking.ask_file(actor=actor, at=AT, version=version, kind=kind, **part)
    return taking.make_file(actor=WORKER, now=now, pk=asked.pk)


def content(file):
    return taking.place(file).read_bytes()


def cells(file):
    return list(csv.reader(io.StringIO(content(file).decode("utf-8-sig"))))


def with_columns(facilities, load, columns, rows):
    operations.change_table(actor=LAN, at=AT, table=facilities, title=facilities.title, columns=columns)
    facilities.refresh_from_db()
    facilities.__dict__.pop("shape", None)
    return load(as_csv(rows, header=[one["name"] for one in columns])).made


def test_every_form_holds_the_rows_and_is_what_its_row_says(version):
    done = {kind: made(version, kind) for kind in FILE_KINDS if not files.kinds_for(version.shape, version.rows)[kind]}
    assert set(done) == {"csv", "csv_excel", "xlsx", "json", "ndjson", "parquet", "datapackage"}
    for file in done.values():
        place = taking.place(file)
        assert (file.state, file.rows) == ("ready", 3)
        assert (file.size, file.sha256) == (place.stat().st_size, file_sha256(place))
        assert [one.name for one in place.parent.iterdir() if one.name != ".lock"] == [place.name]
    names = [one["name"] for one in COLUMNS]
    assert cells(done["csv"])[:2] == [names, ["00123", "=HYPERLINK(1)", "31498", "10", "2004-03-15"]]
    assert content(done["csv_excel"]).startswith(b"\xef\xbb\xbf")
    assert cells(done["csv_excel"])[0][1:3] == ["Tên cơ sở", "Mã xã"]
    assert cells(done["csv_excel"])[1][1] == "'=HYPERLINK(1)", "Excel runs nothing"
    sheet = CalamineWorkbook.from_path(taking.place(done["xlsx"])).get_sheet_by_name("Dữ liệu").to_python()
    assert sheet[1][:2] == ["00123", "=HYPERLINK(1)"]
    with zipfile.ZipFile(taking.place(done["xlsx"])) as book:
        assert b"<f>" not in book.read("xl/worksheets/sheet1.xml"), "a text, no formula"
    rows = json.loads(content(done["json"]))
    assert rows == [json.loads(line) for line in content(done["ndjson"]).splitlines()]
    table = pq.read_table(taking.place(done["parquet"])).to_pylist()
    assert rows == [{name: as_json(value) for name, value in row.items()} for row in table]
    assert [row["ma_co_so"] for row in rows] == ["00123", "00124", "00200"]


def test_a_data_package_describes_its_csv_by_the_contract(version):
    with zipfile.ZipFile(taking.place(made(version, "datapackage"))) as book:
        told = json.loads(book.read("datapackage.json"))
        (resource,) = told["resources"]
        inner = book.read(resource["path"])
    assert (told["profile"], resource["profile"]) == ("tabular-data-package", "tabular-data-resource")
    assert (resource["bytes"], told["name"]) == (len(inner), version.table.code)
    schema = resource["schema"]
    assert schema["primaryKey"] == ["ma_co_so"]
    assert [one["type"] for one in schema["fields"]] == ["string", "string", "string", "integer", "date"]
    assert schema["fields"][1]["constraints"] == {"required": True}
    assert [one["name"] for one in schema["fields"]] == inner.decode().splitlines()[0].split(",")
    with zipfile.ZipFile(taking.place(made(version, "datapackage", columns=["ten_co_so"]))) as book:
        assert "primaryKey" not in json.loads(book.read("datapackage.json"))["resources"][0]["schema"]


def test_a_part_is_some_columns_and_the_rows_with_given_values(version):
    part = made(version, "csv", columns=["so_giuong", "ma_co_so"], filters={"so_giuong": " 1250 "})
    assert cells(part) == [["ma_co_so", "so_giuong"], ["00124", "1250"]], "in the table's order"
    by_day = made(version, "csv", columns=["ma_co_so"], filters={"ngay_hoat_dong": "15/03/2004"})
    assert cells(by_day) == [["ma_co_so"], ["00123"]], "a column may be filtered by and left out"
    assert by_day.filters == {"ngay_hoat_dong": "2004-03-15"}
    assert cells(made(version, "csv", filters={"ten_co_so": "' OR 1=1 --"})) == [[one["name"] for one in COLUMNS]]


@pytest.mark.parametrize(
    ("part", "named"),
    [
        ({"columns": ["la"]}, "la"),
        ({"filters": {"la": "1"}}, "la"),
        ({"filters": {"so_giuong": "ba"}}, "so_giuong"),
        ({"filters": {"so_giuong": "9" * 30}}, "so_giuong"),
        ({"filters": {"ngay_hoat_dong": "32/1/2004"}}, "ngay_hoat_dong"),
        ({"filters": {"ten_co_so": ""}}, "ten_co_so"),
        ({"filters": {"ten_co_so": "a\0"}}, "ten_co_so"),
    ],
)
def test_what_the_table_has_not_is_refused_by_name(version, part, named):
    with pytest.raises(Invalid) as refused:
        taking.ask_file(actor=LAN, at=AT, version=version, kind="csv", **part)
    assert named in refused.value.fields
    assert not VersionFile.objects.exists()


def test_a_form_the_table_cannot_take_is_told_before_anything_is_made(version, monkeypatch):
    for kind in ("pdf", "geojson", "gpkg"):
        with pytest.raises(Invalid) as refused:
            taking.ask_file(actor=LAN, at=AT, version=version, kind=kind)
        assert "format" in refused.value.fields
    monkeypatch.setattr("nganam.warehouse.engine.files.XLSX_ROWS", 2)
    monkeypatch.setattr(taking, "XLSX_ROWS", 2)
    with pytest.raises(Invalid, match="XLSX chứa nhiều nhất 2 dòng, ở đây có 3 dòng"):
        taking.ask_file(actor=LAN, at=AT, version=version, kind="xlsx")
    assert made(version, "xlsx", filters={"so_giuong": "10"}).rows == 1, "a part small enough is made"


def test_the_same_wish_is_one_file_and_what_is_removed_is_made_again_the_same(version):
    first = made(version, "xlsx")
    again = taking.ask_file(actor=LAN, at=AT + timedelta(days=1), version=version, kind="xlsx",
                            columns=[one["name"] for one in COLUMNS])  # fmt: skip
    assert (again.pk, again.asked_at, VersionFile.objects.count()) == (first.pk, AT, 1)
    assert Entry.objects.filter(action="warehouse.file.made").count() == 1
    taking.take(actor=LAN, at=AT + timedelta(days=29), file=first)
    assert taking.remove_unused(actor=WORKER, at=AT + timedelta(days=58)) == 0, "it was used"
    assert taking.remove_unused(actor=WORKER, at=AT + timedelta(days=60)) == 1
    assert not taking.place(first).exists()
    gone = history.get_file_for(LAN, version.table.code, version.number, first.code)
    assert gone.state == FileState.REMOVED
    with pytest.raises(NotFound):
        taking.sent(LAN, gone)
    taking.ask_again(actor=LAN, at=AT + timedelta(days=61), file=gone)
    back = taking.make_file(actor=WORKER, now=lambda: AT + timedelta(days=61), pk=gone.pk)
    assert (back.state, back.sha256, back.code) == ("ready", first.sha256, first.code)
    assert taking.remove_unused(actor=WORKER, at=AT + timedelta(days=62)) == 0, "just made"


def test_a_file_lost_from_the_disk_is_made_again_when_asked_for(version):
    first = made(version, "json")
    taking.place(first).unlink()
    assert made(version, "json").sha256 == first.sha256
    assert taking.place(first).is_file()


def test_a_killed_maker_leaves_no_half_file_and_the_next_one_finishes(version, monkeypatch):
    asked = taking.ask_file(actor=LAN, at=AT, version=version, kind="csv")

    def killed(*_given, **_named):
        (taking.place(asked).parent / ".abc.tmp").write_bytes(b"half")
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr("nganam.warehouse.files.write_file", killed)
        with pytest.raises(KeyboardInterrupt):
            taking.make_file(actor=WORKER, now=now, pk=asked.pk)
    asked.refresh_from_db()
    assert (asked.state, taking.place(asked).exists()) == (FileState.MAKING, False)
    assert taking.resume(actor=WORKER, now=now) == 1
    asked.refresh_from_db()
    assert (asked.state, asked.rows) == (FileState.READY, 3)
    assert not list(taking.place(asked).parent.glob("*.tmp"))
    assert taking.resume(actor=WORKER, now=now) == 0


def test_one_that_fails_says_so_and_may_be_tried_again(version, monkeypatch):
    with monkeypatch.context() as broken:
        broken.setattr("nganam.warehouse.files.write_file", lambda *_given, **_named: 1 // 0)
        failed = made(version, "csv")
    assert (failed.state, bool(failed.fault)) == (FileState.FAILED, True)
    assert made(version, "csv").state == FileState.READY


def test_personal_columns_leave_with_the_owner_only(facilities, load):
    rows = [(*row, f"0{place}4200000001") for place, row in enumerate(ROWS)]
    version = with_columns(facilities, load, PEOPLE, rows)
    whole = made(version, "csv")
    assert (whole.has_personal, cells(whole)[1][-1]) == (True, "004200000001")
    theirs = made(version, "csv", actor=MINH)
    assert "so_dinh_danh" not in cells(theirs)[0]
    for part in ({"columns": ["so_dinh_danh"]}, {"columns": ["ma_xa"], "filters": {"so_dinh_danh": "004200000001"}}):
        with pytest.raises(NotAllowed):
            taking.ask_file(actor=MINH, at=AT, version=version, kind="csv", **part)
        with pytest.raises(NotAllowed):
            history.rows_for(MINH, version, filters=part.get("filters", {}), limit=1, offset=0, shown=part["columns"])
    with pytest.raises(NotAllowed):
        taking.ask_file(actor=PHUC, at=AT, version=version, kind="csv")
    assert list(history.files_for(MINH, version)) == [theirs]
    assert set(history.files_for(LAN, version)) == {whole, theirs}
    assert not history.files_for(PHUC, version).exists()
    with pytest.raises(NotAllowed):
        taking.sent(MINH, whole)
    filtered = made(version, "csv", columns=["ma_xa"], filters={"so_dinh_danh": "004200000001"})
    assert filtered.has_personal
    said = json.dumps(list(Entry.objects.filter(action__startswith="warehouse.file").values_list("details", flat=True)))
    assert "so_dinh_danh" in said
    assert "004200000001" not in said, "no value is recorded"


def test_personal_columns_are_shown_to_the_owner_only(facilities, load, client):
    from nganam.accounts.models import Person

    for bed in ("10", "11"):
        rows = [("00123", "Trạm", "31498", bed, "", "084200000001")]
        version = with_columns(facilities, load, PEOPLE, rows)
    pages = (f"/kho/{facilities.code}/phien-ban/2/", f"/kho/{facilities.code}/dong/", version.load.get_absolute_url())
    for who, shown in ((LAN, True), (MINH, False)):
        client.force_login(Person.objects.get(username=who.code))
        for page in pages:
            assert ("084200000001" in client.get(page).content.decode()) == shown, (who.code, page)
    assert "Không có các cột dữ liệu cá nhân" in client.get(f"{pages[0]}tep/").content.decode()


def test_coordinates_become_maps_that_programs_of_geography_read(facilities, load):
    rows = [(*ROWS[0], "105.6", "9.5"), (*ROWS[1], "", ""), (*ROWS[2], "105.7", "9.6")]
    version = with_columns(facilities, load, PLACES, rows)
    features = json.loads(content(made(version, "geojson")))["features"]
    assert features[0]["geometry"] == {"type": "Point", "coordinates": [105.6, 9.5]}
    file = made(version, "gpkg")
    with sqlite3.connect(taking.place(file)) as base:
        assert base.execute("PRAGMA application_id").fetchone() == (0x47504B47,)
        table, srs = base.execute("SELECT table_name, srs_id FROM gpkg_contents").fetchone()
        found = base.execute(f'SELECT geom, ma_co_so, so_giuong, ngay_hoat_dong FROM "{table}" ORDER BY fid').fetchall()
        assert base.execute("PRAGMA foreign_key_check").fetchall() == []
    base.close()
    assert (table, srs, len(found)) == (version.table.code.replace("-", "_"), 4326, 3)
    head = struct.unpack("<2sBBi", found[0][0][:8])
    assert head == (b"GP", 0, 1, 4326)
    assert struct.unpack("<BI2d", found[0][0][8:]) == (1, 1, 105.6, 9.5)
    assert found[1] == (None, "00124", 1250, "2011-12-01")
    assert made(version, "gpkg").sha256 == file.sha256
    with pytest.raises(Invalid):
        taking.ask_file(actor=LAN, at=AT, version=version, kind="gpkg", columns=["ma_co_so", "kinh_do"])


def test_an_old_version_is_read_by_number_and_by_instant(version, load):
    later = load(as_csv(ROWS[:1]), at=AT + timedelta(days=2)).made
    code = version.table.code
    assert history.version_for(LAN, code) == later
    assert history.version_for(LAN, code, number=1) == version
    assert history.version_for(LAN, code, as_of=AT + timedelta(days=1)) == version
    assert history.version_for(LAN, code, as_of=AT + timedelta(days=3)) == later
    for wrong, refusal in ((AT - timedelta(days=1), NotFound), (AT, NotFound)):
        with pytest.raises(refusal):
            history.version_for(LAN, code, as_of=wrong)
    with pytest.raises(Invalid):
        history.version_for(LAN, code, number=1, as_of=AT)
    with pytest.raises(NotFound):
        history.version_for(PHUC, code, number=1)
    found = history.rows_for(LAN, version, filters={"so_giuong": "1250"}, limit=10, offset=0)
    assert [row["ma_co_so"] for row in found.rows] == ["00124"]
    assert history.count_for(LAN, version, filters={"so_giuong": "1250"}) == 1
    assert history.count_for(LAN, version, filters={}) == 3


@pytest.fixture
def lan_at_work(version, client):
    from nganam.accounts.models import Person

    client.force_login(Person.objects.get(username=LAN.code))
    return client


def test_an_officer_makes_and_takes_a_file_through_the_pages(version, lan_at_work):
    here = f"/kho/{version.table.code}/phien-ban/1/"
    assert "tep/" in lan_at_work.get(here).content.decode()
    form = lan_at_work.get(f"{here}tep/").content.decode()
    assert "GeoJSON: Cần cột" in form, "why a form is not offered"
    wrong = {"format": "csv", "column_1": "so_giuong", "value_1": "ba", "value_2": "x"}
    refused = lan_at_work.post(f"{here}tep/", wrong)
    assert (refused.status_code, "Chọn cột có giá trị này" in refused.content.decode()) == (422, True)
    refused = lan_at_work.post(f"{here}tep/", {**wrong, "value_2": ""})
    assert "cần một số nguyên" in refused.content.decode()
    asked = lan_at_work.post(f"{here}tep/", {"format": "csv_excel", "columns": ["ma_co_so", "so_giuong"],
                                             "column_1": "so_giuong", "value_1": "1250"})  # fmt: skip
    page = lan_at_work.get(asked["Location"]).content.decode()
    assert "<noscript><meta" in page.replace("\n", "")
    assert "tai-ve" not in page
    assert lan_at_work.get(f"{asked['Location']}tai-ve/").status_code == 404
    file = taking.make_file(actor=WORKER, now=now, pk=VersionFile.objects.get().pk)
    page = lan_at_work.get(asked["Location"]).content.decode()
    assert file.sha256 in page
    assert "http-equiv" not in page
    sent = lan_at_work.get(f"{asked['Location']}tai-ve/")
    assert b"".join(sent.streaming_content) == content(file)
    assert "filename*=UTF-8''C%C6%A1%20s%E1%BB%9F" in sent["Content-Disposition"]
    part = lan_at_work.get(f"{asked['Location']}tai-ve/", headers={"Range": "bytes=3-9"})
    assert (part.status_code, b"".join(part.streaming_content)) == (206, content(file)[3:10])
    assert lan_at_work.get(f"{asked['Location']}tai-ve/", headers={"If-None-Match": sent["ETag"]}).status_code == 304
    taken = Entry.objects.filter(action="warehouse.file.taken").order_by("pk")
    assert [one.details.get("part") for one in taken] == [None, f"bytes 3-9/{file.size}"]
    assert {one.actor_code for one in taken} == {"lan"}
    taking.place(file).unlink()
    assert "Tạo lại" in lan_at_work.get(asked["Location"]).content.decode()
    assert lan_at_work.post(asked["Location"]).status_code == 302
    assert VersionFile.objects.get().state == FileState.WAITING


def test_rows_of_any_version_are_read_on_a_page(version, load, lan_at_work):
    load(as_csv(ROWS[:1]), at=AT + timedelta(days=2))
    here = f"/kho/{version.table.code}/dong/"
    assert "Phường 7" not in lan_at_work.get(here).content.decode()
    assert "Phường 7" in lan_at_work.get(here, {"version": "1"}).content.decode()
    assert "Phường 7" in lan_at_work.get(here, {"as_of": "2026-11-25T08:00"}).content.decode()
    found = lan_at_work.get(here, {"version": "1", "column": "so_giuong", "value": "10", "trang": "99"})
    assert "00123" in found.content.decode()
    assert "00124" not in found.content.decode()
    for odd in ({"version": "x"}, {"version": "1", "as_of": "2026-11-25T08:00"}, {"column": "so_giuong", "value": "ba"},
                {"column": "la"}):  # fmt: skip
        assert lan_at_work.get(here, odd).status_code == 422, odd
    assert lan_at_work.get(here, {"version": "9"}).status_code == 404
    assert lan_at_work.get(here, {"as_of": "2020-01-01T00:00"}).status_code == 404


def test_a_program_makes_lists_and_takes_files_and_reads_rows(version):
    lan, phuc = program_of(LAN), program_of(PHUC)
    here = f"/api/v1/tables/{version.table.code}"
    assert [one["number"] for one in lan.get(f"{here}/versions").json()] == [1]
    wish = {"format": "ndjson", "columns": ["ma_co_so"], "filters": {"ma_xa": "31498"}}
    asked = lan.post(f"{here}/versions/1/files", wish, content_type="application/json")
    assert (asked.status_code, asked.json()["state"]) == (202, "waiting")
    told = asked.json()
    assert lan.get(told["content"]).status_code == 404
    taking.make_file(actor=WORKER, now=now, pk=VersionFile.objects.get().pk)
    (listed,) = lan.get(f"{here}/versions/1/files").json()
    assert listed == lan.get(f"{here}/versions/1/files/{told['code']}").json()
    assert (listed["state"], listed["rows"], listed["content"]) == ("ready", 1, told["content"])
    whole = b"".join(lan.get(told["content"]).streaming_content)
    assert (json.loads(whole), len(whole)) == ({"ma_co_so": "00123"}, listed["size"])
    head = lan.head(told["content"])
    assert (head["Content-Length"], head["ETag"]) == (str(len(whole)), f'"{listed["sha256"]}"')
    rest = lan.get(told["content"], headers={"Range": "bytes=5-", "If-Range": f'"{listed["sha256"]}"'})
    assert (rest.status_code, b"".join(rest.streaming_content)) == (206, whole[5:])
    assert lan.post(f"{here}/versions/1/files/{told['code']}/again").status_code == 202
    refused = lan.post(f"{here}/versions/1/files", {"format": "pdf"}, content_type="application/json")
    assert (refused.status_code, list(refused.json()["fields"])) == (422, ["format"])
    for at in ({"version": 1}, {"as_of": "2026-11-24T09:00:03+07:00"}, {}):
        got = lan.get(f"{here}/rows", {**at, "filter": ["so_giuong=1250"], "column": ["ma_co_so"]}).json()
        assert (got["version"], got["rows"]) == (1, [{"ma_co_so": "00124"}]), at
    page = lan.get(f"{here}/rows", {"limit": 1, "offset": 1}).json()
    assert [row["ma_co_so"] for row in page["rows"]] == ["00124"]
    for odd in ({"as_of": "2026-11-24T09:00:00"}, {"filter": "so_giuong"}, {"filter": "la=1"}, {"offset": 10**6}):
        assert lan.get(f"{here}/rows", odd).status_code == 422, odd
    for way in ("versions", "rows", "versions/1/files", f"versions/1/files/{told['code']}/content"):
        assert phuc.get(f"{here}/{way}").status_code == 404, way


def test_a_column_declared_personal_later_is_closed_in_what_is_already_there(version, client):
    from nganam.accounts.models import Person

    before, other = made(version, "csv", actor=MINH), made(version, "csv", actor=MINH, columns=["ma_co_so"])
    chosen = made(version, "csv", actor=MINH, columns=["ma_co_so"], filters={"so_giuong": "10"})
    assert {one.name: one for one in queries.profile_of(version)}["so_giuong"].maximum == 1250
    columns = [one | {"personal": one["name"] == "so_giuong"} for one in COLUMNS]
    table = version.table
    operations.change_table(actor=LAN, at=AT, table=table, title=table.title, columns=columns)
    now_there = history.version_for(MINH, table.code)
    assert (now_there, now_there.personal) == (version, frozenset({"so_giuong"})), "no new version, and yet closed"
    assert set(history.files_for(MINH, now_there)) == {other}
    assert set(history.files_for(LAN, now_there)) == {before, other, chosen}
    for file in (before, chosen):
        with pytest.raises(NotFound):
            history.get_file_for(MINH, table.code, 1, file.code)
        for deed in (taking.sent, lambda actor, file: taking.ask_again(actor=actor, at=AT, file=file)):
            with pytest.raises(NotAllowed):
                deed(MINH, VersionFile.objects.get(pk=file.pk))
    assert taking.sent(LAN, VersionFile.objects.get(pk=before.pk)).sha256 == before.sha256
    assert "so_giuong" not in cells(made(now_there, "csv", actor=MINH))[0]
    with pytest.raises(NotAllowed):
        taking.ask_file(actor=MINH, at=AT, version=now_there, kind="csv", columns=["so_giuong"])
    found = history.rows_for(MINH, now_there, filters={}, limit=1, offset=0)
    assert "so_giuong" not in found.rows[0]
    told = {one.name: one for one in queries.profile_of(now_there)}
    assert (told["so_giuong"].maximum, list(told["so_giuong"].top), told["so_giuong"].empty) == (None, [], 1)
    assert told["ngay_hoat_dong"].maximum == "2011-12-01"
    pages = (table.get_absolute_url(), f"/kho/{table.code}/dong/", f"/kho/{table.code}/phien-ban/1/")
    client.force_login(Person.objects.get(username=MINH.code))
    assert not [page for page in pages if "1.250" in client.get(page).content.decode()]


def test_rows_by_program_ask_for_the_same_right_as_the_page_and_personal_ones_are_recorded(facilities, load):
    rows = [(*row, f"0{place}4200000001") for place, row in enumerate(ROWS)]
    version = with_columns(facilities, load, PEOPLE, rows)
    here = f"/api/v1/tables/{facilities.code}/rows"
    for role in (Role.LOOKUP, Role.CHAIRMAN):
        other = Actor(LAN.kind, LAN.code, LAN.name, LAN.agency, frozenset({role}))
        with pytest.raises(NotFound):  # the gate of every door: pages, versions, contracts, loads
            queries.get_table_for(other, facilities.code)
        for read in (history.rows_for, history.count_for):
            more = {"limit": 1, "offset": 0} if read is history.rows_for else {}
            with pytest.raises(NotAllowed):
                read(other, version, filters={}, **more)
    kept = Entry.objects.filter(action="warehouse.rows.read")
    assert "so_dinh_danh" not in program_of(MINH).get(here).json()["columns"]
    lan = program_of(LAN)
    assert lan.get(here, {"column": "ma_co_so"}).json()["columns"] == ["ma_co_so"]
    assert not kept.exists(), "nothing personal was read"
    assert len(lan.get(here, {"offset": 1}).json()["rows"]) == 2
    assert lan.get(here, {"column": "ma_co_so", "filter": "so_dinh_danh=004200000001"}).json()["rows"]
    told = [one.details for one in kept.order_by("pk")]
    assert [(one["personal"], one["rows"], one["offset"]) for one in told] == [
        (["so_dinh_danh"], 2, 1), (["so_dinh_danh"], 1, 0),
    ]  # fmt: skip
    assert "4200000001" not in json.dumps(told)


def test_a_file_asked_for_again_while_its_holder_lets_go_is_made(version):
    asked = taking.ask_file(actor=LAN, at=AT, version=version, kind="csv")
    lock = taking.place(asked).parent / ".lock"
    with places.alone(lock):
        assert taking.make_file(actor=WORKER, now=now, pk=asked.pk, patience=0.2).state == FileState.WAITING
    held, done = threading.Event(), threading.Event()

    def hold():
        with places.alone(lock) as alone:
            assert alone
            held.set()
            done.wait(0.5)

    other = threading.Thread(target=hold)
    other.start()
    held.wait()
    assert taking.make_file(actor=WORKER, now=now, pk=asked.pk, patience=taking.PATIENCE).state == FileState.READY
    other.join()
