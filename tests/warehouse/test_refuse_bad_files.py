"""Every bad file is refused with what is wrong and where, and leaves nothing half done."""

import io
import zipfile

import pytest
import xlsxwriter

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
