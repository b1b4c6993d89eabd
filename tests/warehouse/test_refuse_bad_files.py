"""Every bad file is refused with what is wrong and where, and leaves nothing half done."""

import io
import struct
import zipfile
import zlib

import pytest
import xlsxwriter

from nganam.documents.spreadsheets import is_bomb
from nganam.kernel.errors import Invalid
from nganam.warehouse import operations, places, queries
from nganam.warehouse.engine import landing
from nganam.warehouse.models import Load, Version

from .conftest import AT, COLUMNS, LAN, as_csv

HEADER = ",".join(one["name"] for one in COLUMNS)


def zipped(*names):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return out.getvalue()


def upload(table, content, name="tep.csv"):
    return operations.start_load(actor=LAN, at=AT, table=table, upload=operations.Upload(name, [content]))


def files_under(folder):
    return [path for path in folder.rglob("*") if path.is_file() and not path.name.endswith(".lock")]


BAD = {
    "empty file": (b"", "empty", "rỗng"),
    "only blanks": (b"\xef\xbb\xbf \r\n\r\n", "empty", "rỗng"),
    "a PDF": (b"%PDF-1.7 ...", "wrong_type", "PDF"),
    "an old Excel file": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "wrong_type", ".xls"),
    "an image": (b"\x89PNG\r\n\x1a\n", "wrong_type", "PNG"),
    "a Word document": (zipped("word/document.xml"), "wrong_type", "Word"),
    "a zip": (zipped("a.csv"), "wrong_type", "ZIP"),
    "half a workbook": (zipped("xl/workbook.xml")[:40], "broken_workbook", "bảng tính"),
    "a broken workbook": (zipped("xl/workbook.xml"), "broken_workbook", "bảng tính"),
    "a web page": (b"<!DOCTYPE html><html></html>", "wrong_type", "HTML"),
    "JSON of something else": (b'[{"a": 1}]', "missing_fields", "Mã xã"),
    "an executable": (b"\x7fELF\x02\x01", "wrong_type", "Linux"),
    "binary": (b"a\x00b\x01" * 50, "wrong_type", "nhị phân"),
    "UTF-16 without its mark": (HEADER.encode("utf-16-le"), "wrong_type", "nhị phân"),
    "a font of old": (
        (HEADER + "\r\n1,").encode() + "NguyÔn V¨n §µ¸¶·¹".encode("cp1252") + b",31498,,\r\n",
        "encoding",
        "bảng mã",
    ),
    "broken UTF-8": ((HEADER + "\r\n1,").encode() + b"\xff\xfe\x81\x8d\x90,31498,,\r\n", "encoding", "dòng 2"),
    "no header": (b"1,2,3\r\n4,5,6\r\n", "no_header", "tiêu đề"),
    "missing columns": (b"ma_co_so,ten_co_so\r\n1,a\r\n", "missing_columns", "Mã xã"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_file_is_refused_and_nothing_is_left(facilities, data, case):
    content, fault, word = BAD[case]
    with pytest.raises(Invalid) as refused:
        upload(facilities, content)
    assert refused.value.details["fault"] == fault
    assert word in refused.value.message
    assert refused.value.hint
    assert not Load.objects.exists()
    assert not files_under(data)


def test_missing_columns_are_listed_beside_what_was_found(facilities):
    with pytest.raises(Invalid) as refused:
        upload(facilities, "Mã cơ sở;Tên cơ sở;Ghi chú\n1;a;b\n".encode())
    assert refused.value.details["params"]["missing"] == ["Mã xã", "Số giường", "Ngày hoạt động"]
    assert refused.value.details["params"]["found"] == ["Mã cơ sở", "Tên cơ sở", "Ghi chú"]


def test_plain_text_that_calls_itself_a_workbook_is_refused_for_what_it_is(facilities, data):
    with pytest.raises(Invalid) as refused:
        upload(facilities, b"xin chao\r\nday la thu\r\n", "bang.XLSX")
    assert refused.value.details["fault"] == "wrong_type"
    assert "văn bản thường mang tên bảng tính" in refused.value.message
    assert not files_under(data)


def test_a_list_of_values_with_the_wrong_ending_is_read_all_the_same(load, facilities):
    assert load(as_csv(), "co-so.xlsx").state == "committed"


def test_two_columns_of_one_title_are_refused(facilities):
    header = "Mã cơ sở,Tên cơ sở,Mã xã,Mã xã,Số giường,Ngày hoạt động"
    with pytest.raises(Invalid) as refused:
        upload(facilities, f"{header}\n1,a,2,3,4,\n".encode())
    assert refused.value.details["fault"] == "repeated_column"


def test_only_a_header_is_a_failed_load_and_the_table_stays(load, facilities):
    load(as_csv())
    done = load(as_csv([]))
    assert (done.state, done.fault) == ("failed", "no_rows")
    assert Version.objects.count() == 1
    assert len(queries.rows(facilities)) == 3


def test_an_unclosed_quote_says_where(load, facilities):
    content = as_csv() + b'0999,"chua dong ' + b"x" * 1_100_000
    done = load(content)
    assert (done.state, done.fault, done.fault_params["line"]) == ("failed", "broken_quotes", 5)


def test_a_file_over_the_limit_is_refused_while_it_streams(facilities, data, settings):
    settings.NGANAM_UPLOAD_LIMIT = 100 * landing.MEGABYTE
    sent = 0

    def chunks():
        nonlocal sent
        for _ in range(200):
            sent += 1
            yield b"x" * landing.MEGABYTE

    with pytest.raises(Invalid) as refused:
        operations.start_load(actor=LAN, at=AT, table=facilities, upload=operations.Upload("to.csv", chunks()))
    assert refused.value.details["fault"] == "too_large"
    assert "100 MB" in refused.value.message
    assert sent == 101
    assert not files_under(data)


def test_a_workbook_that_unpacks_beyond_measure_is_refused(facilities, monkeypatch):
    monkeypatch.setattr(landing, "UNPACKED_LIMIT", 10)
    with pytest.raises(Invalid) as refused:
        upload(facilities, zipped("xl/workbook.xml") + b"", "a.xlsx")
    assert refused.value.details["fault"] in {"too_large", "broken_workbook"}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "x" * 1000)
    with pytest.raises(Invalid) as refused:
        upload(facilities, out.getvalue(), "a.xlsx")
    assert refused.value.details["fault"] == "too_large"


def test_a_refused_file_that_a_load_stands_on_is_kept(load, facilities):
    done = load(as_csv())
    other = operations.declare_table(
        actor=LAN, at=AT, agency="CT-SYT", code="khac", title="Khác", columns=[{"name": "khong_co", "key": True}]
    )
    with pytest.raises(Invalid):
        upload(other, as_csv())
    assert landing.landed_path(places.landing(), done.landing_sha).is_file()


# ---- files with the faults real files have, which are read all the same ----

TEXT = (
    "DANH SÁCH CƠ SỞ;;;;\r\n\r\nMã cơ sở;Tên cơ sở;Mã xã;Số giường;Ngày hoạt động\r\n"
    '00123;"Trạm y tế ""Phường 5""\r\nđường Đỗ Đệ";31498;1.250;15/03/2004\r\n00124;Cơ sở ưỡn ẹo;31501;;\r\n'
)


def cp1258(text):
    from nganam.demo.vn1258 import encode

    return encode(text)


@pytest.mark.parametrize(
    ("encode", "name"),
    [
        (lambda text: text.encode("utf-8"), "utf-8"),
        (lambda text: text.encode("utf-8-sig"), "utf-8-sig"),
        (lambda text: text.encode("utf-16"), "utf-16"),
        (lambda text: b"\xfe\xff" + text.encode("utf-16-be"), "utf-16"),
        (cp1258, "cp1258"),
    ],
)
def test_title_lines_quoted_newlines_and_encodings_are_read_alike(load, facilities, encode, name):
    done = load(encode(TEXT))
    assert (done.state, done.encoding, done.delimiter, done.header_line) == ("committed", name, ";", 3)
    assert queries.rows(facilities) == [
        {"ma_co_so": "00123", "ten_co_so": 'Trạm y tế "Phường 5"\r\nđường Đỗ Đệ', "ma_xa": "31498", "so_giuong": 1250,
         "ngay_hoat_dong": "2004-03-15"},
        {"ma_co_so": "00124", "ten_co_so": "Cơ sở ưỡn ẹo", "ma_xa": "31501", "so_giuong": None, "ngay_hoat_dong": None},
    ]  # fmt: skip


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_any_usual_delimiter_is_found(load, facilities, delimiter):
    done = load(as_csv(delimiter=delimiter))
    assert (done.accepted, done.delimiter) == (3, delimiter)


def test_columns_may_come_in_any_order_with_others_between(load, facilities):
    header = ["ghi_chu", "Ngay hoat dong", "MÃ XÃ", "Tên cơ sở", "so_giuong", "ma_co_so"]
    done = load(as_csv([("x", "01/02/2003", "31498", "Trạm", "5", "00001")], header=header))
    assert done.ignored_columns == ["ghi_chu"]
    assert queries.rows(facilities)[0]["ngay_hoat_dong"] == "2003-02-01"


def test_lines_are_numbered_as_the_person_sees_them(load):
    done = load(TEXT.encode() + "00125;;31498;;\r\n00126;a;31498\r\nNguồn: Sở Y tế\r\n;;;;\r\n".encode())
    assert [(row.line, row.reason) for row in queries.rejected_rows(done)] == [
        (7, "missing"),
        (8, "cells"),
        (9, "cells"),
    ]
    assert queries.rejected_rows(done)[1].flaws[0]["params"] == {"found": 3, "expected": 5}


def workbook(rows, *, above=0):
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    book.add_worksheet("Trống")
    sheet = book.add_worksheet("Dữ liệu")
    day = book.add_format({"num_format": "dd/mm/yyyy"})
    for line, row in enumerate(rows, above):
        for place, value in enumerate(row):
            if hasattr(value, "year"):
                sheet.write_datetime(line, place, value, day)
            elif isinstance(value, str):
                sheet.write_string(line, place, value)
            else:
                sheet.write(line, place, value)
    book.close()
    return out.getvalue()


def test_a_workbook_keeps_text_ids_and_writes_numbers_faithfully(load, facilities):
    from datetime import datetime

    header = [one["title"] for one in COLUMNS]
    rows = [
        header,
        ["00123", "Trạm", "31498", 1250, datetime(2004, 3, 15)],
        [124, "Trạm", 31498, "1.300", "01/12/2011"],
    ]
    done = load(workbook(rows, above=2), "co-so.xlsx")
    assert (done.state, done.file_kind, done.header_line) == ("committed", "xlsx", 3)
    found = queries.rows(facilities)
    assert [(row["ma_co_so"], row["ma_xa"], row["so_giuong"], row["ngay_hoat_dong"]) for row in found] == [
        ("00123", "31498", 1250, "2004-03-15"),
        ("124", "31498", 1300, "2011-12-01"),
    ]


def test_a_number_with_three_decimals_in_a_workbook_is_not_a_thousand(facilities, load):
    table = operations.declare_table(
        actor=LAN,
        at=AT,
        agency="CT-SYT",
        code="do",
        title="Đo",
        columns=[{"name": "ma", "key": True}, {"name": "do", "type": "decimal"}],
    )
    load(workbook([["ma", "do"], ["a", 1.234]]), "do.xlsx", table=table)
    assert queries.rows(table)[0]["do"] == 1.234


def test_headings_of_a_sample_are_found_without_a_contract(data):
    assert operations.headings_of(operations.Upload("a.csv", [TEXT.encode()])) == [
        "Mã cơ sở", "Tên cơ sở", "Mã xã", "Số giường", "Ngày hoạt động",
    ]  # fmt: skip
    assert not files_under(data)


def test_the_demo_departments_faulty_file_gives_exactly_what_it_says(facilities, load):
    from datetime import date

    from nganam.agencies.models import AdminUnit
    from nganam.demo import facility_file, sources, vn1258
    from nganam.demo.contracts import contract
    from nganam.demo.facts import new_communes

    for code in {one["ma_xa"] if isinstance(one, dict) else str(one) for one in new_communes()} - {"31507"}:
        AdminUnit.objects.create(code=code, name=code, kind="commune", province_code="92", valid_from=date(2025, 7, 1))
    AdminUnit.objects.filter(code="31499").delete()
    facilities.contract_versions.all().delete()
    facilities.delete()
    declared = contract("co-so-kham-chua-benh")
    table = operations.declare_table(
        actor=LAN, at=AT, agency="CT-SYT", code=declared.code, title=declared.title, columns=declared.as_list()
    )
    first, second = facility_file.first_version(sources.SEED), facility_file.second_version(sources.SEED)
    text, numbers = facility_file.render(first)
    expected = facility_file.expected(first, numbers)
    done = load(vn1258.encode(text), table=table)
    assert (done.encoding, done.read, done.accepted) == ("cp1258", expected["rows"], expected["accepted"])
    assert done.by_reason == expected["reasons"]
    assert [(row.line, row.reason, row.column) for row in queries.rejected_rows(done)] == [
        (one["line"], one["reason"], one["column"]) for one in expected["rejected_rows"]
    ]
    assert load(text.encode("utf-8-sig"), table=table).state == "unchanged"
    load(vn1258.encode(facility_file.render(second)[0]), table=table)
    change = facility_file.difference(first, second)
    version = queries.current_version(table)
    assert (version.added, version.changed, version.removed) == tuple(
        len(change[kind]) for kind in ("added", "changed", "removed")
    )


SHEET = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData></worksheet>'
)
FAR = {
    "far apart": '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
    "single quotes": "<row r='1'><c r='A1'><v>1</v></c></row><row r='1048576'><c r='XFD1048576'><v>1</v></c></row>",
    "blanks and small letters": '<row r="1"><c r\n = "a1"/></row><row r="1048576"><c s="1" r = "xfd1048576"/></row>',
    "another prefix": '<x:row r="1"><x:c r="A1"/></x:row><x:row r="1048576"><x:c r="XFD1048576"/></x:row>',
    "zeros in front": '<row r="1"><c r="XFD000000000000000001048576"/></row>',
    "without addresses": f'<row r="1">{"<c><v>1</v></c>" * 16_000}</row><row r="1048576"><c><v>1</v></c></row>',
    "a tag without end": '<row r="1"><c ' + " " * 3_000_000 + 'r="A1"/></row>',
}


def hostile(sheet, member="xl/worksheets/sheet1.xml", others=()):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for one in ("xl/workbook.xml", *others):
            archive.writestr(one, "<workbook/>")
        archive.writestr(member, SHEET.format(sheet))
    return out.getvalue()


@pytest.mark.parametrize("case", FAR)
def test_a_sheet_of_a_few_cells_that_would_take_all_memory_is_refused_before_it_is_opened(data, tmp_path, case):
    assert len(hostile(FAR[case])) < 20_000
    for content in (hostile(FAR[case]), hostile(FAR[case], "khac/trang.dat")):
        with pytest.raises(Invalid) as refused:  # landing never opens a workbook, so no reader met this one
            landing.land_stream([content], "a.xlsx", tmp_path, limit=10**9)
        assert refused.value.details["fault"] == "sheet_too_far"
        assert not files_under(tmp_path)
        (tmp_path / "a.xlsx").write_bytes(content)
        assert is_bomb(tmp_path / "a.xlsx")
        (tmp_path / "a.xlsx").unlink()


def test_a_workbook_that_hides_its_sheet_behind_a_small_size_or_another_kind_is_refused(data, tmp_path):
    content = bytearray(hostile(FAR["far apart"]))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        part = archive.getinfo("xl/worksheets/sheet1.xml")
        short = archive.read(part)[:40]
    told = struct.pack("<L", part.CRC), struct.pack("<L", part.file_size)
    for old, new in zip(told, (struct.pack("<L", zlib.crc32(short)), struct.pack("<L", len(short))), strict=True):
        content = content.replace(old, new)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.read("xl/worksheets/sheet1.xml") == short  # that is all a careful reader would see
    for one in (bytes(content), hostile("", others=["content.xml"]), hostile("", others=["xl/workbook.bin"])):
        with pytest.raises(Invalid) as refused:
            landing.land_stream([one], "a.xlsx", tmp_path, limit=10**9)
        assert refused.value.details["fault"] in {"sheet_too_far", "broken_workbook"}


@pytest.mark.parametrize("last", ["S1048576", "XFD3000"])
def test_a_sheet_that_is_only_long_or_only_wide_is_taken(data, tmp_path, last):
    row = last.lstrip("SXFD")
    sheet = f'<row r="1"><c r="A1"/></row><row r="{row}"><c r="{last}"/></row>'
    assert landing.land_stream([hostile(sheet)], "a.xlsx", tmp_path, limit=10**9).kind == "xlsx"
    without = "<row>" + "<c/>" * 19 + "</row>"
    assert landing.land_stream([hostile(without * 100_000)], "a.xlsx", tmp_path, limit=10**9).kind == "xlsx"
