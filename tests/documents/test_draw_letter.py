"""Letters drawn as PDF and DOCX: what they say, how they are laid out, the same bytes, no text ever obeyed."""

import io
import json
import re
import subprocess
import sys
import zipfile
from datetime import date
from pathlib import Path
from xml.etree import ElementTree as ET

import pypdfium2
import pytest

import scenes_letters as scenes
from nganam.documents.letters import Table, content, docx, glyphs, pdf, sheet
from nganam.kernel.errors import Unavailable

GOLDEN = Path(__file__).with_name("golden")
LETTERS = {
    "quyet-dinh": (scenes.decision, "12/QĐ-SKHCN"),
    "cong-van": (scenes.official_letter, "05/SKHCN-CNTT"),
}
WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
TEXTS = {f"{WORD}t", f"{WORD}br"}
MM = 72 / 25.4


def issued(name, **changes):
    make, number = LETTERS[name]
    return scenes.issued(make(**changes), number)


def pages(made):
    with pypdfium2.PdfDocument(made) as document:
        return [page.get_textpage().get_text_range().replace("\r\n", "\n") for page in document]


def words(made):
    return " ".join(" ".join(pages(made)).split())


def docx_text(made):
    body = ET.fromstring(zipfile.ZipFile(io.BytesIO(made)).read("word/document.xml"))  # noqa: S314 - our own file
    return "\n".join(
        "".join("\n" if one.tag == f"{WORD}br" else one.text or "" for one in paragraph.iter() if one.tag in TEXTS)
        for paragraph in body.iter(f"{WORD}p")
    )


def accepted(name, made):
    """To accept a change: delete the golden file, run twice, read the difference."""
    golden = GOLDEN / name
    if not golden.exists():
        golden.write_text(made, encoding="utf-8")
        pytest.fail(f"{name} was missing and has been written: read it")
    assert made == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", LETTERS)
def test_a_pdf_says_what_its_golden_file_says(name):
    accepted(f"{name}.pdf.txt", "\f".join(pages(pdf.render(issued(name)))) + "\n")


@pytest.mark.parametrize("name", LETTERS)
def test_a_docx_says_what_its_golden_file_says(name):
    accepted(f"{name}.docx.txt", re.sub("\n+", "\n", docx_text(docx.render(issued(name)))) + "\n")


@pytest.mark.parametrize("name", LETTERS)
def test_the_frozen_content_keeps_its_shape_so_that_old_letters_stay_readable(name):
    frozen = content.frozen(issued(name))
    accepted(f"{name}.json", json.dumps(frozen, ensure_ascii=False, indent=1, sort_keys=True) + "\n")
    kept = json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))
    assert content.thawed(kept) == issued(name)
    assert content.digest(kept) == content.digest(issued(name))


@pytest.mark.parametrize("name", LETTERS)
@pytest.mark.parametrize("renderer", [pdf, docx])
def test_the_same_content_is_drawn_to_the_same_bytes_in_another_process_and_time_zone(name, renderer, tmp_path):
    made = renderer.render(issued(name))
    assert renderer.render(issued(name)) == made
    code = (
        "import sys, json, django; from django.conf import settings; settings.configure(INSTALLED_APPS="
        "['django.contrib.contenttypes', 'nganam.documents']); django.setup()\n"
        "from nganam.documents.letters import content, pdf, docx\n"
        "one = content.thawed(json.load(sys.stdin))\n"
        f"sys.stdout.buffer.write({renderer.__name__.rpartition('.')[2]}.render(one))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        input=json.dumps(content.frozen(issued(name))).encode(),
        capture_output=True,
        check=True,
        cwd=tmp_path,
        env={"TZ": "America/New_York"},
    )
    assert done.stdout == made


def test_a_pdf_says_that_it_is_an_archive_file_with_tags_and_is_dated_by_the_letter():
    made = pdf.render(issued("quyet-dinh"))
    assert b"<pdfaid:part>2</pdfaid:part>" in made
    assert b"<pdfaid:conformance>A</pdfaid:conformance>" in made
    assert b"<pdfuaid:part>1</pdfuaid:part>" in made
    assert b"<xmp:CreateDate>2026-11-03T00:00:00Z</xmp:CreateDate>" in made
    with pypdfium2.PdfDocument(made) as document:
        known = document.get_metadata_dict()
        assert known["Title"].startswith("12/QĐ-SKHCN Về việc cấp tài khoản")
        assert known["Author"] == "SỞ KHOA HỌC VÀ CÔNG NGHỆ"
        assert known["CreationDate"] == "D:20261103000000Z"
        assert document[0].get_size() == pytest.approx((210 * MM, 297 * MM), abs=0.5)


def test_only_our_typeface_is_embedded():
    made = pdf.render(issued("quyet-dinh"))
    names = set(re.findall(rb"/FontName\s*/[A-Z]{6}\+([\w-]+)", made))
    assert names == {b"Tinos-Regular", b"Tinos-Bold", b"Tinos-Italic", b"Tinos-BoldItalic"}
    assert {one.family for one in pdf.fonts().fonts()} == {"Tinos"}


def test_the_text_stands_within_the_margins_of_the_decree():
    with pypdfium2.PdfDocument(pdf.render(issued("quyet-dinh", table=None))) as document:
        page = document[0].get_textpage()
        boxes = [page.get_charbox(place) for place in range(page.count_chars())]
    left = min(box[0] for box in boxes if box[2] > box[0])
    right = max(box[2] for box in boxes)
    assert 30 * MM <= left + 1 <= 36 * MM
    assert 210 * MM - right >= 15 * MM - 1
    assert 297 * MM - max(box[3] for box in boxes) >= 20 * MM - 2


@pytest.mark.parametrize(
    "text",
    [
        "- đầu dòng", "+ đầu dòng", "= Đề mục", "/ Từ: nghĩa", "#panic()", "$ x^2 $", "*đậm* _nghiêng_", "`mã`",
        "<nhãn> @nhãn", "// chú thích", "/* chú thích */", "\\u{41} \\ ~ -- ---", "https://example.vn/a_b*c",
        "\"nháy\" 'đơn'", "1. một", '#import "@preview/x:1.0.0"', "{{ x }} {% load y %}", "<w:p>&amp;</w:p>",
    ],
)  # fmt: skip
def test_typed_text_is_shown_as_typed_and_never_obeyed(text):
    everywhere = {
        "subject": text, "basis": (f"Căn {text}",), "authority": "x", "copies": (f"Gửi {text}",),
        "articles": (f"Điều khoản {text}", "Hai"), "table": Table(title="T", head=("A", text), rows=((text, "B"),)),
    }  # fmt: skip
    made = issued("quyet-dinh", **everywhere)
    plain = re.sub(r"[ .;]+", "", text)
    for drawn in (words(pdf.render(made)), docx_text(docx.render(made))):
        assert re.sub(r"[\s.;]+", "", drawn).count(plain) >= 6


def test_a_character_the_typeface_lacks_is_shown_as_a_square_and_never_stops_a_letter():
    text = words(pdf.render(issued("cong-van", body=("Chào 😀 \ufe0f漢 ខ្មែរ ệ Ự ₫ … “x” – — •",))))
    assert "Chào □ □ □□□□ ệ Ự ₫ … “x” – — •./." in text
    assert {ord(one) for one in "ẠạẢảẤấỔổỰựỲỳĐđƠơƯư□₫…“”–"} <= glyphs.characters(pdf.FONTS / "Tinos_400Regular.ttf")


def test_long_letters_number_their_pages_from_the_second_and_keep_the_signature_whole():
    body = tuple(f"Đoạn {number} " + "dài " * 60 for number in range(25))
    found = pages(pdf.render(issued("cong-van", body=body, table=None)))
    assert len(found) > 2
    assert not found[0].lstrip().startswith("1\n")
    assert found[1].lstrip().startswith("2\n")
    assert "GIÁM ĐỐC" in found[-1]
    assert "Trần Văn Minh" in found[-1]


def test_a_table_over_pages_repeats_its_head():
    rows = tuple((str(number), f"muc_{number}", f"Mục tin {number}") for number in range(120))
    found = pages(pdf.render(issued("quyet-dinh", table=Table(head=("TT", "Mã", "Tên mục tin"), rows=rows))))
    assert len(found) > 2
    assert all("Tên mục tin" in page for page in found[:-1])
    assert "muc_119" in found[-1] or "muc_119" in found[-2]


def test_lines_end_as_the_decree_ends_them_and_the_text_ends_once():
    lines = sheet.sheet(issued("quyet-dinh", table=None))
    assert [one[-1] for one in lines.basis] == [";", "."]
    assert lines.copies == ("- Như Điều 3;", "- UBND thành phố (để b/c);", "- Lưu: VT, CNTT.")
    assert lines.blocks[-1] == sheet.Block(
        "Ủy ban nhân dân phường Sóc Trăng chịu trách nhiệm thi hành Quyết định này./.", "Điều 3."
    )
    assert sheet.sheet(issued("cong-van", recipients=("A", "A."))).recipients == ("A;", "A.")


def test_dates_carry_the_zeros_of_the_decree():
    assert sheet.day_in_words(date(2026, 2, 5)) == "ngày 05 tháng 02 năm 2026"
    assert sheet.day_in_words(date(2026, 3, 15)) == "ngày 15 tháng 3 năm 2026"
    assert sheet.day_in_words(date(2026, 12, 1)) == "ngày 01 tháng 12 năm 2026"


def test_each_kind_of_paper_has_its_name_on_the_page():
    for kind in ("BB", "TB", "BC", "TTr", "KH", "TT", "QC", "VB"):
        lines = sheet.sheet(scenes.issued(scenes.decision(kind=kind), "01/X"))
        assert lines.title
        assert not lines.resolved
    assert sheet.sheet(issued("cong-van")).about == "V/v từ chối yêu cầu kết nối YC-2026-0001"


def test_a_letter_can_not_be_drawn_before_the_typeface_is_built(monkeypatch, tmp_path):
    pdf.fonts.cache_clear()
    monkeypatch.setattr(pdf, "FONTS", tmp_path)
    with pytest.raises(Unavailable, match="phông chữ"):
        pdf.render(issued("cong-van"))
    pdf.fonts.cache_clear()


def test_a_docx_names_the_typeface_and_margins_and_holds_no_picture_but_the_code():
    parts = zipfile.ZipFile(io.BytesIO(docx.render(issued("quyet-dinh"))))
    document, styles = (parts.read(f"word/{name}.xml").decode() for name in ("document", "styles"))
    assert 'w:w="11906"' in document
    assert 'w:left="1701"' in document
    assert "Times New Roman" in styles
    assert [name for name in parts.namelist() if "media" in name or "thumbnail" in name] == ["word/media/image1.png"]
    assert {entry.date_time for entry in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}
