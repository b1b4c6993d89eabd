"""A file with a credential in it is refused: what was found and where is told, the secret stands nowhere."""

import base64
import io
import json
import time
import zipfile
import zlib

import pytest
import xlsxwriter

import scenes
from nganam.documents import leaks, media
from nganam.documents.models import StoredFile
from nganam.documents.operations import store_file
from nganam.kernel.errors import Invalid

KEY = f"-----BEGIN {chr(80)}RIVATE KEY-----"  # not as it is, or it would be found here
SECRET = "Kh0ng-ai-biet-8"
TYPES = (media.PDF, media.DOCX, media.XLSX, media.TEXT, media.CSV)


def jwt(**claims):
    part = [
        base64.urlsafe_b64encode(json.dumps(one).encode()).decode().rstrip("=") for one in ({"alg": "ES256"}, claims)
    ]
    return ".".join([*part, "s" * 40])


def workbook(*rows):
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    sheet = book.add_worksheet("Tài khoản")
    for number, row in enumerate(rows):
        sheet.write_row(number, 0, row)
    book.close()
    return out.getvalue()


def document(*paragraphs):
    out = io.BytesIO()
    said = "".join(f"<w:p><w:r><w:t>{one}</w:t></w:r></w:p>" for one in paragraphs)
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("[Content_Types].xml", "<Types/>")
        file.writestr("word/document.xml", f"<w:document><w:body>{said}</w:body></w:document>")
    return out.getvalue()


def pdf(text, *, packed=True):
    said = f"BT /F1 12 Tf ({text}) Tj ET".encode()
    stream = zlib.compress(said) if packed else said
    return b"%PDF-1.7\n1 0 obj\n<<>>\nstream\n" + stream + b"\nendstream\nendobj\n"


def keep(name, content):
    return store_file(name, io.BytesIO(content), actor=scenes.LAN, at=scenes.AT, allowed_types=TYPES, limit=1024 * 1024)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        ("khoa.txt", f"Gửi khóa\n{KEY}\nMIIE\n".encode(), "khóa riêng (dòng 2)"),
        ("log.txt", f"GET /\nAuthorization: Bearer {SECRET}{SECRET}\n".encode(), "mật khẩu (dòng 2)"),
        ("ghi-chu.txt", f"Mật khẩu: {SECRET}\n".encode(), "mật khẩu (dòng 1)"),
        ("noi.txt", f"postgresql://nganam:{SECRET}@may/nganam".encode(), "mật khẩu (dòng 1)"),
        ("ma.txt", jwt(exp=4_000_000_000).encode(), "mã truy cập còn hiệu lực (dòng 1)"),
        ("khoa-api.txt", f"nn_0a1b2c3d.{'k' * 43}".encode(), "mã truy cập còn hiệu lực (dòng 1)"),
        ("bang.csv", f"ten,mat_khau,password\na,x,{SECRET}\n".encode(), "mật khẩu (dòng 2, cột password)"),
        ("bang.xlsx", workbook(("Tên", "Mật khẩu"), ("lan", SECRET)), "mật khẩu (Tài khoản!B2)"),
        ("thu.docx", document("Kính gửi", f"mật khẩu: {SECRET}"), "mật khẩu (đoạn 2)"),
        ("thu.pdf", pdf(f"password: {SECRET}"), "mật khẩu (luồng 1 của PDF)"),
        ("tho.pdf", pdf(f"password: {SECRET}", packed=False), "mật khẩu (luồng 1 của PDF)"),
        ("lac.pdf", b"%PDF-1.7\n(a stream of words)\n" + pdf(f"password: {SECRET}"), "mật khẩu (luồng 1 của PDF)"),
        ("dai.txt", f"{'x ' * 30_000}mật khẩu: {SECRET}".encode(), "mật khẩu (dòng 1)"),
        ("dai.pdf", pdf(f"{'x ' * 30_000}password: {SECRET}"), "mật khẩu (luồng 1 của PDF)"),
        ("dai.csv", f"a,{'x' * 30_000},password\n1,{'y' * 30_000},{SECRET}".encode(), "(dòng 2, cột password)"),
        ("hai.txt", f"{jwt(exp=1)} password={SECRET}".encode(), "mật khẩu (dòng 1)"),
        ("con.txt", f"Authorization: Bearer {jwt(exp=4_000_000_000)}".encode(), "mã truy cập còn hiệu lực (dòng 1)"),
        ("luat.txt", "Mật khẩu: toithieu-8-kytu-Xq7".encode(), "mật khẩu (dòng 1)"),
    ],
)
def test_a_credential_is_told_by_kind_and_place_and_never_shown(name, content, found):
    with pytest.raises(Invalid) as refused:
        keep(name, content)
    assert found in refused.value.message
    assert SECRET not in f"{refused.value.message}{refused.value.hint}{refused.value.fields}"
    assert not StoredFile.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("khoa.txt", b"-----BEGIN CERTIFICATE-----\nMIIE\n-----BEGIN PUBLIC KEY-----\n"),
        ("bien-ban.txt", "Đã xóa dữ liệu; mật khẩu: gửi riêng. Mật khẩu: ********1a".encode()),
        ("ma.txt", jwt(exp=1_600_000_000).encode()),
        ("dau-muc.txt", f"Authorization: Bearer {jwt(exp=1_600_000_000)} het-han-tu-nam-2020".encode()),
        ("tra-ve.json.txt", f'{{"access_token": "{jwt(exp=1_600_000_000)}", "expires_in": 300}}'.encode()),
        ("dai.txt", f"{'x ' * 9_990}access_token={jwt(exp=1_600_000_000, scope='y' * 2000)}".encode()),
        ("quy-dinh.txt", "Mật khẩu: tối-thiểu-8-ký-tự, có chữ hoa\npassword: at-least-12-characters".encode()),
        ("huong-dan.txt", b"postgresql://nganam:<mat-khau-1>@may/nganam"),
        ("bang.xlsx", workbook(("Tên", "Mật khẩu"), ("lan", "********"))),
        ("bang.csv", b"ten,ma\na,00123456\n"),
        ("thu.pdf", pdf("Cong van so 12")),
        ("hong.pdf", b"%PDF-1.7\nstream\n\x00\xff\nendstream"),
    ],
)
def test_what_is_no_live_credential_is_kept(name, content):
    assert keep(name, content).size == len(content)


def test_no_more_than_the_first_few_are_told(tmp_path):
    file = tmp_path / "nhieu.txt"
    file.write_text(f"{KEY}\n" * 100)
    assert [one.place for one in leaks.find(file, media.TEXT, scenes.AT)] == [
        f"dòng {number}" for number in range(1, leaks.MOST_TOLD + 1)
    ]


def test_an_image_is_not_read(tmp_path):
    file = tmp_path / "anh.png"
    file.write_text(KEY)
    assert leaks.find(file, "image/png", scenes.AT) == []


def packed_part(content):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("word/document.xml", content)
    return out.getvalue()


def spoiled(size):
    """Return a stream that unpacks to ``size`` bytes and then proves wrong."""
    return b"stream\n" + zlib.compress(b"a" * size)[:-4] + b"none\nendstream"


@pytest.mark.parametrize(
    ("media_type", "content"),
    [
        (media.PDF, b"stream\n" * 200_000),
        (media.PDF, b"stream\nendstream" * 60_000),
        (media.PDF, b"stream\n" + zlib.compress(b"a") + b"stream" * 200_000 + b"\nendstream"),
        (media.PDF, b"stream\n(" + b"a\\(" * 200_000 + b"\nendstream"),
        (media.PDF, spoiled(5_000_000) * 20),
        (media.DOCX, packed_part(b"<w:p>" * 300_000)),
        (media.DOCX, packed_part(b"<w:p>" + b"<" * 1_000_000 + b"</w:p>")),
        (media.CSV, b"pwd," * 20_000 + b"\n" + b"a\n" * 200_000),
        (media.TEXT, b"password" + b" " * 1_000_000),
        (media.TEXT, b"-----BEGIN " + b"A " * 500_000),
    ],
    ids=["opened", "empty", "nested", "strings", "spoiled", "paragraphs", "marks", "headings", "blank", "begins"],
)
def test_a_hostile_file_takes_time_in_proportion_to_its_size(tmp_path, media_type, content):
    file = tmp_path / "tep"
    file.write_bytes(content)
    began = time.process_time()
    assert leaks.find(file, media_type, scenes.AT) == []
    assert time.process_time() - began < 20


def test_no_more_is_looked_at_than_the_bound(tmp_path, monkeypatch):
    monkeypatch.setattr(leaks, "MOST_WORK", 100 * (leaks.PIECE + 2))
    file = tmp_path / "dai.txt"
    for before, found in ((98, 1), (100, 0)):
        file.write_text("x\n" * before + f"pwd:{SECRET}\n")
        assert len(leaks.find(file, media.TEXT, scenes.AT)) == found


def test_a_document_that_cannot_be_unpacked_holds_nothing_that_can_be_read(tmp_path):
    whole = document("mật khẩu: " + SECRET)
    locked = bytearray(whole)
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):  # the bit that says: locked by a password
        place = whole.rfind(mark)
        locked[place + offset] |= 1
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("word/document.xml", f"<w:p>{SECRET}</w:p>" * 100)
    broken = bytearray(out.getvalue())
    start = broken.find(b"word/document.xml") + len("word/document.xml")
    broken[start : start + 4] = b"\xff\xff\xff\xff"
    for content in (bytes(locked), bytes(broken)):
        path = tmp_path / "thu.docx"
        path.write_bytes(content)
        assert leaks.find(path, media.DOCX, scenes.AT) == []
