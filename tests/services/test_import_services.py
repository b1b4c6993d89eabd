"""Many services declared by a spreadsheet: every row checked by cell, drafts all or none, appraisal never bypassed."""

import io
import zipfile

import pytest
import xlsxwriter

import scenes
from nganam.audit.models import Entry
from nganam.kernel.errors import Invalid, NotAllowed, NotFound
from nganam.services import importing, queries, spreadsheet
from nganam.services.models import ImportFile, Service
from scenes_services import SPREADSHEET_ROW as GOOD
from scenes_services import workbook

pytestmark = pytest.mark.django_db


@pytest.fixture
def table(province):
    return scenes.table()


def send(stream, *, actor=scenes.LAN, name="dich-vu.xlsx"):
    return importing.upload(actor=actor, at=scenes.AT, name=name, stream=stream)


def faults(stream):
    rows = importing.checked(send(stream), actor=scenes.LAN, at=scenes.AT)
    return {one.cell: one.text for row in rows for one in row.faults}


def named(*names):
    return [GOOD | {"name": name} for name in names]


@pytest.mark.law("S8.2b", "S14.1")
def test_good_rows_become_drafts_of_the_agency_and_nothing_more(table, lan, minh):
    sent = send(workbook(*named("Tra cứu A", "Tra cứu B"), above=2))
    assert sent.code == "NDV-2026-0001"
    assert not Service.objects.exists(), "a check writes nothing"
    made = importing.draft_all(actor=lan, at=scenes.AT, found=sent)
    assert [(one.name, one.state, one.provider.code) for one in made] == [
        ("Tra cứu A", "draft", "CT-SYT"), ("Tra cứu B", "draft", "CT-SYT"),
    ]  # fmt: skip
    one = made[0]
    assert (one.form, one.method, one.rate_per_minute, one.usage_term_days) == ("default", "query", 300, None)
    assert [field.name for field in one.fields.all()] == ["ma_co_so", "ten_co_so"]
    assert one.no_data, "what is left open keeps the platform's own wording"
    assert one.opened_by == "lan"
    with pytest.raises(NotFound):
        queries.get_service_for(minh, one.code)
    assert Entry.objects.filter(action="services.import.drafted", object_code=sent.code).exists()


@pytest.mark.parametrize(
    ("changed", "cell", "words"),
    [
        ({"agency": "CT-KHONG-CO"}, "A2", "Không có cơ quan"),
        ({"agency": "CT-SKHCN"}, "A2", "chỉ khai báo được dịch vụ của cơ quan CT-SYT"),
        ({"table": "khong-co"}, "B2", "không có bảng"),
        ({"name": ""}, "C2", "Cần điền"),
        ({"name": "x" * 301}, "C2", "300"),
        ({"form": "Dữ liệu mở"}, "D2", "danh sách chọn"),
        ({"method": "bay"}, "E2", "danh sách chọn"),
        ({"fields": "ma_co_so; khong_co"}, "F2", "khong_co"),
        ({"lookup_columns": "la"}, "G2", "la"),
        ({"structure": " "}, "L2", "Cần điền"),
        ({"rate_per_minute": -3}, "N2", "số nguyên"),
        ({"rate_per_minute": 2.5}, "N2", "số nguyên"),
        ({"usage_term_days": "mười"}, "O2", "số nguyên"),
    ],
)
def test_what_is_wrong_is_said_with_the_address_of_its_cell(table, changed, cell, words):
    found = faults(workbook(GOOD | changed))
    assert words in found[cell]


def test_a_name_is_used_once_in_the_file_and_in_the_register(table, lan):
    scenes.declared_service(table)
    existing = scenes.DESCRIPTION["name"].upper()
    found = faults(workbook(*named("Tra cứu A", "tra cuu a", existing)))
    assert "dòng 2" in found["C3"]
    assert "đã có dịch vụ" in found["C4"]


def test_one_wrong_row_and_nothing_is_made(table, lan):
    sent = send(workbook(GOOD, GOOD | {"name": "B", "table": "khong-co"}))
    with pytest.raises(Invalid, match="chưa tạo bản khai nào"):
        importing.draft_all(actor=lan, at=scenes.AT, found=sent)
    assert not Service.objects.exists()
    sent.refresh_from_db()
    assert sent.drafted_at is None


def test_a_fault_deep_in_the_making_leaves_nothing_either(table, lan, monkeypatch):
    sent = send(workbook(*named("A", "B")))
    real, calls = importing.declare_service, []

    def second_fails(**values):
        calls.append(values)
        if len(calls) == 2:
            raise Invalid("hỏng")
        return real(**values)

    monkeypatch.setattr(importing, "declare_service", second_fails)
    with pytest.raises(Invalid):
        importing.draft_all(actor=lan, at=scenes.AT, found=sent)
    assert not Service.objects.exists()
    assert ImportFile.objects.get().drafted_at is None


def test_the_same_file_twice_is_one_import_and_one_set_of_drafts(table, lan):
    content = workbook(GOOD).getvalue()
    first = send(io.BytesIO(content))
    made = importing.draft_all(actor=lan, at=scenes.AT, found=first)
    again = send(io.BytesIO(content), name="khac-ten.xlsx")
    assert again == first
    assert importing.draft_all(actor=lan, at=scenes.AT, found=again) == made
    assert Service.objects.count() == 1


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("dich-vu.csv", b"ma,ten\n1,2\n", "không thuộc loại"),
        ("dich-vu.xlsx", b"%PDF-1.4 \n", "PDF"),
        ("dich-vu.xlsx", b"", "rỗng"),
        ("dich-vu.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"0" * 99, "Office"),
    ],
)
def test_another_kind_of_file_is_refused(table, name, content, words):
    with pytest.raises(Invalid, match=words) as refused:
        send(io.BytesIO(content), name=name)
    assert "file" in refused.value.fields
    assert not ImportFile.objects.exists()


def test_a_workbook_that_is_none_inside_is_refused(table):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("xl/workbook.xml", "<x/>")
    out.seek(0)
    with pytest.raises(Invalid, match="Không đọc được bảng tính"):
        send(out)


def test_missing_columns_are_named(table):
    with pytest.raises(Invalid, match="Mã bảng trong kho, Tên dịch vụ"):
        send(workbook(GOOD, columns=[name for name in GOOD if name not in {"table", "name"}]))
    with pytest.raises(Invalid, match="chưa có dòng nào"):
        send(workbook())


def test_ten_thousand_rows_are_refused_with_the_limit(table):
    with pytest.raises(Invalid, match="10000 dòng, nhiều hơn mức cho phép 200"):
        send(workbook(*named(*map(str, range(10_000))), columns=[*GOOD][:13]))
    assert not ImportFile.objects.exists()


def test_a_sheet_that_would_take_all_memory_is_refused_before_it_is_read(table):
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet("Dịch vụ")
        sheet.write(0, 0, "Tên dịch vụ")
        sheet.write(1_048_575, 16_383, "xa")
    out.seek(0)
    with pytest.raises(Invalid, match="quá lớn"):
        send(out)


def test_columns_may_stand_in_any_order_and_others_are_left_alone(table):
    row = GOOD | {"Ghi chú": "riêng"}
    assert faults(workbook(row, columns=["Ghi chú", *reversed(tuple(GOOD))])) == {}


def test_a_formula_or_a_nul_in_a_cell_is_only_text(table, lan):
    sent = send(workbook(GOOD | {"name": "=HYPERLINK(1)", "description": "a\x0bb"}))
    (row,) = importing.checked(sent, actor=lan, at=scenes.AT)
    assert row.faults == [] or row.faults[0].cell == "C2"


def test_only_a_focal_officer_imports_and_only_their_own_agency_sees_it(table, lan, minh, phuc):
    for actor in (minh,):
        with pytest.raises(NotAllowed):
            send(workbook(GOOD), actor=actor)
    sent = send(workbook(GOOD))
    assert queries.get_import_for(lan, sent.code) == sent
    for actor in (phuc, minh):
        with pytest.raises(NotFound):
            queries.get_import_for(actor, sent.code)
    with pytest.raises(NotFound):
        importing.draft_all(actor=phuc, at=scenes.AT, found=sent)


def test_the_template_lists_codes_and_is_what_the_upload_reads(table, lan, tmp_path):
    path = tmp_path / "mau.xlsx"
    path.write_bytes(importing.template_for(lan, scenes.AT))
    with pytest.raises(Invalid, match="chưa có dòng nào"):
        spreadsheet.read(path, "mau.xlsx")
    import python_calamine

    book = python_calamine.CalamineWorkbook.from_path(str(path))
    assert book.sheet_names == ["Dịch vụ", "Bảng và cột", "Cơ quan"]
    columns = book.get_sheet_by_name("Bảng và cột").to_python()
    assert ["co-so-kham-chua-benh", "Cơ sở khám chữa bệnh", "ma_co_so", "Mã cơ sở", "text"] in columns
    assert any(row[0] == "CT-SYT" for row in book.get_sheet_by_name("Cơ quan").to_python())


@pytest.mark.parametrize(("place", "letter"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA")])
def test_columns_are_lettered_as_in_a_sheet(place, letter):
    assert spreadsheet.letter_of(place) == letter
