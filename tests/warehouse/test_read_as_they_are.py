"""Vietnamese files as they are: old letters, headings of several lines, signs for no value; found, shown, overruled.

glibc's ``iconv`` writes TCVN 5712 and VISCII here: our tables are not asked about themselves.
"""

import io
import shutil
import subprocess
import zipfile

import pyarrow.parquet as pq
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

import scenes
from nganam.kernel.errors import Invalid, NotAllowed, RuleBroken
from nganam.warehouse import operations, queries, sourcing
from nganam.warehouse.engine import checking, contract, headings, landing, letters, reading
from nganam.warehouse.engine.manner import FOUND, MARKS, Asked
from nganam.warehouse.loading import run_load
from nganam.warehouse.models import Load

from .conftest import AT, LAN, MINH, PHUC, WORKER, as_csv, now

PEOPLE = [
    ("001", "Nguyễn Thị Quỳnh", "Trường Tiểu học Mỹ Quới"),
    ("002", "Đặng Văn Nghĩa", "Ủy ban nhân dân phường Sóc Trăng"),
    ("003", "Thạch Phúc", "Phòng Kinh tế huyện Kế Sách"),
    ("004", "Lâm Khuyên", "Trạm y tế xã Vĩnh Hải"),
]
HEADER = ("Mã", "Họ và tên", "Nơi làm việc")
NAMES = [{"name": "ma", "title": HEADER[0], "key": True}, *({"name": f"t{at}", "title": HEADER[at]} for at in (1, 2))]
TEXT = as_csv(PEOPLE, header=HEADER).decode()
BY_ICONV = {letters.TCVN3: "TCVN5712-1", letters.VISCII: "VISCII", "cp1258": "CP1258"}
SMALL = "àáảãạăằắẳẵặâầấẩẫậđèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵ"
BIG = SMALL.upper()
IN_VNI = (
    "aø aù aû aõ aï aê aè aé aú aü aë aâ aà aá aå aã aä ñ eø eù eû eõ eï eâ eà eá eå eã eä ì í æ ó ò oø où oû oõ oï "
    "oâ oà oá oå oã oä ô ôø ôù ôû ôõ ôï uø uù uû uõ uï ö öø öù öû öõ öï yø yù yû yõ î"
)
"""The letters of VNI for Windows in the order of ``SMALL``, as its makers published them."""


def written(text, old):
    """Write text in old letters: as bytes."""
    if old == letters.VNI:
        pairs = dict(zip(SMALL + BIG, f"{IN_VNI} {IN_VNI.upper()}".split(), strict=True))
        return "".join(pairs.get(char, char) for char in text).encode("cp1252")
    if shutil.which("iconv") is None:
        pytest.skip("thiếu iconv (glibc): không có gì độc lập để viết phông cũ")
    command = ["iconv", "-f", "UTF-8", "-t", BY_ICONV[old]]
    return subprocess.run(command, input=text.encode(), capture_output=True, check=True).stdout


def seen(text, old):
    """Write text so that it only looks right in an old font: as Unicode."""
    return written(text, old).decode("cp1252")


def read(folder, content, columns=NAMES, *, name="tep.csv", asked=FOUND):
    """Pass a file through inspecting, reading and checking; return its shape, what was accepted, and the outcome."""
    told = contract.from_list(columns)
    landed = landing.land_stream([content], name, folder, limit=10**7)
    shape = reading.inspect(landed, name, told, asked)
    rows = reading.extract(landed, name, shape, folder / "rows.parquet")
    checked = checking.check(rows, shape, told, folder / "ok.parquet")
    return shape, [tuple(row.values()) for row in pq.read_table(folder / "ok.parquet").to_pylist()], checked


def workbook(rows, merges=(), *, sheets=("Sheet1",)):
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    for name in sheets:
        sheet = book.add_worksheet(name)
        for line, row in enumerate(rows):
            sheet.write_row(line, 0, row)
        for place, text in merges:
            sheet.merge_range(place, text)
    book.close()
    return out.getvalue()


# -- old letters --


@pytest.mark.parametrize("old", [letters.TCVN3, letters.VNI, letters.VISCII])
def test_every_letter_reads_back(old):
    for text in (BIG, SMALL):
        assert letters.to_unicode(written(text, old).decode("latin-1"), old) == text
    if old != letters.VISCII:  # no font was made of it: nobody sees it in workbooks
        assert letters.to_unicode(seen(SMALL, old), old) == SMALL


@pytest.mark.parametrize("old", [letters.TCVN3, letters.VNI, letters.VISCII])
def test_a_file_of_bytes_in_old_letters_is_found_out(tmp_path, old):
    shape, rows, _ = read(tmp_path, written(TEXT, old))
    assert (shape.letters, shape.encoding) == (old, "latin-1")
    assert rows == PEOPLE


def test_windows_1258_is_still_itself(tmp_path):
    shape, rows, _ = read(tmp_path, written(TEXT, "cp1258"))
    assert (shape.letters, shape.encoding) == ("", "cp1258")
    assert rows == PEOPLE


@pytest.mark.parametrize("old", [letters.TCVN3, letters.VNI])
def test_text_that_only_looks_right_in_an_old_font_is_found_out_in_csv_and_workbooks(tmp_path, old):
    shape, rows, _ = read(tmp_path, seen(TEXT, old).encode())
    assert (shape.letters, shape.encoding, rows) == (old, "utf-8", PEOPLE)
    cells = [[seen(cell, old) for cell in row] for row in [HEADER, *PEOPLE]]
    shape, rows, _ = read(tmp_path, workbook(cells), name="tep.xlsx")
    assert (shape.letters, rows) == (old, PEOPLE)


def test_headings_and_cells_in_unicode_among_old_ones_stay(tmp_path):
    cells = [[seen(cell, letters.TCVN3) for cell in row] for row in PEOPLE]
    mixed = [cells[0][0], cells[0][1], PEOPLE[0][2]]  # one cell of the row in Unicode
    shape, rows, _ = read(tmp_path, as_csv([mixed, *cells[1:]], header=HEADER))
    assert (shape.letters, rows) == (letters.TCVN3, PEOPLE)
    shape, rows, _ = read(tmp_path, workbook([HEADER, *cells, ("005", "Trần Thị Bưởi", "Sở Y tế")]), name="tep.xlsx")
    assert shape.letters == letters.TCVN3
    assert rows == [*PEOPLE, ("005", "Trần Thị Bưởi", "Sở Y tế")]


OTHERS = "Mã,Họ và tên,Nơi làm việc\n1,Café Zürich,Ñandú Øre\n2,µm §5,Œuvre ±3 °C\n"


@pytest.mark.parametrize("text", [TEXT, OTHERS, "a,b,c\n1,2,3\n"])
def test_unicode_is_never_taken_for_old_letters(text):
    assert letters.of_text(text.splitlines()) == ""


@given(st.text(st.characters(codec="latin-1"), max_size=60), st.sampled_from(sorted(letters.NAMES)))
def test_nothing_fails_on_any_text(text, old):
    assert isinstance(letters.to_unicode(text, old), str)
    assert letters.of_text([text]) in {"", *letters.NAMES}
    assert letters.to_unicode("Đường 3/2", old) == "Đường 3/2"


# -- headings --

STAFF = [
    {"name": "ten", "title": "Họ và tên", "key": True},
    {"name": "xa", "title": "Địa chỉ xã"},
    {"name": "tinh", "title": "Tỉnh"},
    {"name": "ho", "title": "Số hộ", "type": "integer"},
]
MERGES = [
    ("A1:E1", "BIỂU TỔNG HỢP"), ("A3:A4", "TT"), ("B3:B4", "Họ và tên"), ("C3:D3", "Địa chỉ"), ("E3:E4", "Số hộ"),
]  # fmt: skip
MERGED = [
    [], [], [], ["", "", "Xã", "Tỉnh"], ["(1)", "(2)", "(3)", "(4)", "(5)"],
    [1, "Nguyễn Văn A", "Mỹ Quới", "Cần Thơ", 3], [2, "Lý Thị B", "Kế Sách", "Cần Thơ", 12],
]  # fmt: skip


def test_a_heading_of_two_lines_with_merged_cells_is_read_and_the_line_of_numbers_left_out(tmp_path):
    shape, rows, _ = read(tmp_path, workbook(MERGED, MERGES), STAFF, name="bieu.xlsx")
    assert (shape.header_first, shape.header_line, shape.numbering) == (3, 4, 5)
    assert shape.header == ("TT", "Họ và tên", "Địa chỉ – Xã", "Địa chỉ – Tỉnh", "Số hộ")
    assert rows == [("Lý Thị B", "Kế Sách", "Cần Thơ", 12), ("Nguyễn Văn A", "Mỹ Quới", "Cần Thơ", 3)]
    assert shape.ignored == ("TT",)


def test_the_columns_of_such_a_sample_are_found_without_a_contract(tmp_path):
    landed = landing.land_stream([workbook(MERGED, MERGES)], "bieu.xlsx", tmp_path, limit=10**7)
    assert reading.inspect(landed, "bieu.xlsx").header == ("TT", "Họ và tên", "Địa chỉ – Xã", "Địa chỉ – Tỉnh", "Số hộ")


def test_the_same_heading_exported_as_csv_is_read_too(tmp_path):
    lines = [
        "BIỂU TỔNG HỢP,,,,",
        ",,,,",
        "TT,Họ và tên,Địa chỉ,,Số hộ",
        ",,Xã,Tỉnh,",
        "A,B,1,2,3",
        "1,Nguyễn Văn A,a,b,3",
    ]
    shape, rows, _ = read(tmp_path, "\n".join(lines).encode(), STAFF)
    assert (shape.header_first, shape.header_line, shape.numbering) == (3, 4, 5)
    assert rows == [("Nguyễn Văn A", "a", "b", 3)]


def test_a_workbook_that_says_everything_is_merged_holds_nothing_up(tmp_path):
    ranges = "".join(f'<mergeCell ref="D{line}:XFD1048576"/>' for line in range(1, 40_000))
    whole, told = zipfile.ZipFile(io.BytesIO(workbook([HEADER, PEOPLE[0]]))), io.BytesIO()
    with zipfile.ZipFile(told, "w") as out:
        for name in whole.namelist():
            content = whole.read(name)
            if name == "xl/worksheets/sheet1.xml":
                content = content.replace(b"</sheetData>", f"</sheetData><mergeCells>{ranges}</mergeCells>".encode())
            out.writestr(name, content)
    shape, rows, _ = read(tmp_path, told.getvalue(), name="a.xlsx")
    assert (shape.header_line, rows) == (1, [PEOPLE[0]])


def test_ten_thousand_columns_are_looked_through(tmp_path):
    many = [f"Cột {at}" for at in range(10_000)]
    content = as_csv([[*PEOPLE[0], *["1"] * 10_000]], header=[*HEADER, *many])
    shape, rows, _ = read(tmp_path, content)
    assert (len(shape.ignored), rows) == (10_000, [PEOPLE[0]])


def test_columns_of_one_name_are_told_apart_by_their_group(tmp_path):
    columns = [{"name": "ma", "title": "Mã", "key": True}, {"name": "n23", "title": "Năm 2023 Nam", "type": "integer"},
               {"name": "n24", "title": "Năm 2024 Nam", "type": "integer"}]  # fmt: skip
    text = "Mã,Năm 2023,,Năm 2024,\n,Nam,Nữ,Nam,Nữ\na,1,2,3,4\n"
    _, rows, _ = read(tmp_path, text.encode(), columns)
    assert rows == [("a", 1, 3)]
    with pytest.raises(Invalid) as refused:
        read(tmp_path, text.encode(), [columns[0], {"name": "nam", "title": "Nam", "type": "integer"}])
    assert refused.value.details["fault"] == "repeated_column"


@pytest.mark.parametrize(("cells", "is_one"), [
    (["(1)", "(2)", "(3)"], True), (["A", "B", "1", "2"], True), (["1", "2", "3", "4"], True), (["1", "2", "3"], False),
    (["(1)", "(2)", ""], False), (["1", "2", "4", "5"], False), (["a", "b", "c"], False), (["2", "3", "4", "5"], False),
])  # fmt: skip
def test_a_line_that_numbers_columns_is_told_from_data(cells, is_one):
    found = headings.likely([(",", [(1, [f"Cột {one}" for one in range(len(cells))]), (2, cells)])], "a.csv")
    assert bool(found.numbering) is is_one


# -- signs for no value --

FIGURES = [
    {"name": "ma", "key": True}, {"name": "so", "type": "decimal"}, {"name": "ngay", "type": "date"},
    {"name": "co", "type": "boolean"}, {"name": "ghi_chu"},
]  # fmt: skip


def test_signs_for_no_value_are_empty_where_numbers_and_days_stand_and_counted(tmp_path):
    rows = [(f"{at}", mark, mark.upper(), mark, mark) for at, mark in enumerate(MARKS)]
    _, kept, checked = read(tmp_path, as_csv(rows, header=[one["name"] for one in FIGURES]), FIGURES)
    assert checked.rejected == 0
    assert {(so, ngay) for _, so, ngay, _, _ in kept} == {(None, None)}
    assert {mark: co for _, _, _, co, mark in kept} == {mark: True if mark == "x" else None for mark in MARKS}
    assert checked.emptied == {"so": len(MARKS), "ngay": len(MARKS), "co": len(MARKS) - 1}


def test_somebody_may_say_what_stands_for_no_value_and_then_only_that_does(tmp_path):
    content = as_csv([("1", "KXD", "", "", "kxd"), ("2", "-", "", "", "-")], header=[one["name"] for one in FIGURES])
    _, kept, checked = read(tmp_path, content, FIGURES, asked=Asked(missing=("KXĐ", "kxd")))
    assert kept == [("1", None, None, None, None)]
    assert [one.flaws[0].column for one in checked.rejections] == ["so"]


# -- what somebody says goes before what is found --


def test_what_is_said_of_a_file_goes_before_what_is_found(tmp_path):
    text = "ma;ten;noi\nMã;Họ và tên;Nơi làm việc\n1;a,b;c\n"
    shape, rows, _ = read(tmp_path, text.encode(), asked=Asked(delimiter=";", header_line=2))
    assert (shape.header_line, shape.delimiter, rows) == (2, ";", [("1", "a,b", "c")])
    content = workbook([HEADER, ("1", "a", "b")], sheets=("Một", "Hai"))
    assert read(tmp_path, content, name="a.xlsx", asked=Asked(sheet="Hai"))[0].sheet == "Hai"


def test_a_mark_of_the_encoding_stays_no_part_of_the_heading_when_it_is_asked_for(tmp_path):
    shape, rows, _ = read(tmp_path, b"\xef\xbb\xbf" + TEXT.encode(), asked=Asked(encoding="utf-8"))
    assert (shape.encoding, shape.header[0], rows) == ("utf-8-sig", "Mã", PEOPLE)


@pytest.mark.parametrize(
    ("content", "name", "asked", "fault"),
    [
        (workbook([HEADER, ("1", "a", "b")]), "a.xlsx", Asked(sheet="Ba"), "no_sheet"),
        (TEXT.encode(), "a.csv", Asked(encoding="utf-16"), "not_encoded"),
        (b"\xff" + TEXT.encode(), "a.csv", Asked(encoding="utf-8"), "not_encoded"),
        (TEXT.encode(), "a.csv", Asked(header_line=3), "no_header"),
    ],
)
def test_what_was_said_and_cannot_be_is_refused_in_words(tmp_path, content, name, asked, fault):
    with pytest.raises(Invalid) as refused:
        read(tmp_path, content, name=name, asked=asked)
    assert refused.value.details["fault"] == fault
    assert refused.value.hint


@pytest.mark.parametrize(
    "asked", [Asked(encoding="koi8-r"), Asked(delimiter="::"), Asked(header_line=-1), Asked(missing=("x" * 41,))]
)
def test_a_way_of_reading_that_there_is_not_is_refused(asked):
    with pytest.raises(Invalid):
        asked.check()


# -- through the whole load --


@pytest.fixture
def facilities(db, province):
    return operations.declare_table(
        actor=LAN, at=AT, agency="CT-SYT", code="co-so-phong-cu", title="Cơ sở", columns=NAMES
    )


def load(table, content, **asked):
    upload = operations.Upload("tep.csv", [content])
    found = operations.start_load(actor=LAN, at=AT, table=table, upload=upload, asked=Asked(**asked))
    return run_load(actor=WORKER, now=now, code=found.code)


def test_what_was_found_is_shown_and_may_be_overruled_with_the_file_as_received(facilities):
    first = load(facilities, as_csv([("1", *(seen(cell, letters.VNI) for cell in PEOPLE[0][1:]))], header=HEADER))
    assert (first.state, first.encoding_name) == ("committed", "UTF-8")
    assert first.found["letters"] == "", "too few words to tell"
    again = operations.load_again(actor=LAN, at=AT, load=first, asked=Asked(encoding="vni"))
    again = run_load(actor=WORKER, now=now, code=again.code)
    assert (again.state, again.encoding_name, again.asked) == ("committed", "UTF-8 (BOM), VNI", {"encoding": "vni"})
    assert queries.rows(facilities, version=again.made, limit=5)[0]["t1"] == "Nguyễn Thị Quỳnh"
    assert again.landing_sha == first.landing_sha


def test_a_source_is_read_from_then_on_as_its_file_was_read_again(facilities, tmp_path, monkeypatch):
    monkeypatch.setenv("NGANAM_SOURCES_DIR", str(tmp_path))
    few = as_csv([("1", *(seen(cell, letters.VNI) for cell in PEOPLE[0][1:]))], header=HEADER)
    (tmp_path / "hang-ngay.csv").write_bytes(few)
    facilities.source = sourcing.declare_source(
        actor=LAN, at=AT, agency="CT-SYT", kind="file", name="Hằng ngày", secret_ref="hang-ngay.csv"
    )
    facilities.save()
    first = run_load(actor=WORKER, now=now, code=operations.start_load(actor=LAN, at=AT, table=facilities).code)
    again = operations.load_again(actor=LAN, at=AT, load=first, asked=Asked(encoding="vni"))
    assert run_load(actor=WORKER, now=now, code=again.code).state == "committed"
    (tmp_path / "hang-ngay.csv").write_bytes(few + as_csv([("2", "", "")]).partition(b"\n")[2])
    next_day = run_load(actor=WORKER, now=now, code=operations.start_load(actor=WORKER, at=AT, table=facilities).code)
    assert (next_day.state, next_day.asked) == ("committed", {"encoding": "vni"})
    assert queries.rows(facilities, version=next_day.made, limit=1)[0]["t1"] == "Nguyễn Thị Quỳnh"


def test_a_file_is_read_again_by_its_owner_only_and_only_while_it_is_there(facilities, data):
    first = load(facilities, TEXT.encode())
    for somebody in (PHUC, MINH):
        with pytest.raises(NotAllowed):
            operations.load_again(actor=somebody, at=AT, load=first, asked=FOUND)
    with pytest.raises(Invalid) as refused:
        operations.load_again(actor=LAN, at=AT, load=first, asked=Asked(header_line=3))
    assert refused.value.details["fault"] in {"no_header", "missing_columns"}
    Load.objects.filter(pk=first.pk).update(landing_sha="0" * 64)
    first.refresh_from_db()
    with pytest.raises(RuleBroken):
        operations.load_again(actor=LAN, at=AT, load=first, asked=FOUND)


def test_the_pages_take_the_way_of_reading_and_show_what_was_found(facilities, client):
    from nganam.accounts.models import Person

    client.force_login(Person.objects.get(username=scenes.LAN.code))
    page = client.get(f"/kho/{facilities.code}/nap/").content.decode()
    assert "TCVN3 (ABC)" in page
    upload = io.BytesIO(written(TEXT, letters.VNI))
    upload.name = "tep.csv"
    answer = client.post(f"/kho/{facilities.code}/nap/", {"file": upload, "encoding": "vni", "missing": ""})
    assert answer.status_code == 302, answer.content.decode()[:2000]
    done = run_load(actor=WORKER, now=now, code=Load.objects.get().code)
    body = client.get(done.get_absolute_url()).content.decode()
    assert "VNI" in body
    assert f"/kho/nap/{done.code}/doc-lai/" in body
    form = client.get(f"/kho/nap/{done.code}/doc-lai/").content.decode()
    assert '<option value="vni" selected>' in form
    bad = client.post(f"/kho/nap/{done.code}/doc-lai/", {"encoding": "", "header_line": "999"})
    assert bad.status_code == 422
    again = client.post(f"/kho/nap/{done.code}/doc-lai/", {"encoding": "", "delimiter": ",", "missing": "KXĐ -"})
    assert again.status_code == 302
    assert Load.objects.first().asked == {"delimiter": ",", "missing": ["KXĐ", "-"]}
    client.force_login(Person.objects.get(username=scenes.PHUC.code))
    assert client.get(f"/kho/nap/{done.code}/doc-lai/").status_code == 404
