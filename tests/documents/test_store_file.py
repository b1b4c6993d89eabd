"""Keeping files: by digest, by content, within a limit, with nothing left half done."""

import io
import os
import time
import zipfile

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nganam.audit.models import Entry
from nganam.documents import files, media, queries
from nganam.documents.models import StoredFile
from nganam.documents.operations import store_file
from nganam.documents.tasks import sweep_unfinished
from nganam.kernel.digest import sha256_hex
from nganam.kernel.errors import Invalid, NotFound, Unavailable

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7\n%\xe2\xe3\n1 0 obj\n"


def workbook():
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    book.add_worksheet().write(0, 0, "Mã")
    book.close()
    return out.getvalue()


def archive(**members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name, content in members.items():
            file.writestr(name.replace("__", "/").replace("_xml", ".xml"), content)
    return out.getvalue()


@pytest.fixture
def store(lan, at):
    def stored(name, content, *, types=(media.PDF,), limit=1_000_000):
        return store_file(name, io.BytesIO(content), actor=lan, at=at, allowed_types=types, limit=limit)

    return stored


def left_behind():
    return list(files.incoming().glob("*"))


def test_a_file_is_kept_under_its_digest_and_read_back(store, at):
    kept = store("Quyết định 12.pdf", PDF)
    assert (kept.sha256, kept.size, kept.media_type) == (sha256_hex(PDF), len(PDF), media.PDF)
    assert (kept.stored_at, kept.stored_by, str(kept)) == (at, "lan", "Quyết định 12.pdf")
    assert files.place(kept.sha256).parent.parent.name == kept.sha256[:2]
    with queries.open_file(kept.sha256) as file:
        assert file.read() == PDF
    entry = Entry.objects.get()
    assert (entry.action, entry.object_code) == ("documents.file.stored", kept.sha256)
    assert left_behind() == []


def test_an_upload_is_a_stream_too(lan, at):
    upload = SimpleUploadedFile("a.pdf", PDF)
    assert store_file("a.pdf", upload, actor=lan, at=at, allowed_types={media.PDF}, limit=1000).size == len(PDF)


def test_the_same_bytes_are_kept_and_recorded_once(store):
    first = store("a.pdf", PDF)
    assert store("b.pdf", PDF) == first
    assert StoredFile.objects.get().name == "a.pdf"
    assert Entry.objects.count() == 1
    assert left_behind() == []


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("rỗng.pdf", b"", "rỗng"),
        ("trang.pdf", b"<!DOCTYPE html><script>", "HTML"),
        ("chuongtrinh.pdf", b"MZ\x90\x00", "x-msdownload"),
        ("hình.pdf", b"\x89PNG\r\n\x1a\nxx", "PNG"),
        ("rác.pdf", bytes(range(1, 32)) * 10, "không rõ loại"),
        ("giả.exe", PDF, "Đuôi"),
        ("khongduoi", PDF, "Đuôi"),
        ("lớn.pdf", PDF * 100, "lớn hơn"),
    ],
)
def test_a_wrong_file_is_refused_in_words_and_leaves_nothing(name, content, words, store):
    with pytest.raises(Invalid) as refused:
        store(name, content, limit=1000)
    assert words in refused.value.message
    assert refused.value.hint
    assert refused.value.fields["file"] == [refused.value.message]
    assert left_behind() == []
    assert not StoredFile.objects.exists()


def test_a_huge_upload_is_broken_off_at_the_limit(lan, at):
    class Endless:
        given = 0

        def read(self, size=-1):
            self.given += size
            return b"x" * size

    stream = Endless()
    with pytest.raises(Invalid, match="3 MB"):
        store_file("a.txt", stream, actor=lan, at=at, allowed_types={media.TEXT}, limit=3 * 1024 * 1024)
    assert stream.given <= 5 * 1024 * 1024
    assert left_behind() == []


def test_an_upload_that_breaks_leaves_nothing(lan, at):
    class Broken:
        def read(self, size=-1):
            raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        store_file("a.txt", Broken(), actor=lan, at=at, allowed_types={media.TEXT}, limit=10)
    assert left_behind() == []


def test_a_path_in_a_name_is_dropped(store):
    assert store("..\\..\\etc/passwd.pdf", PDF).name == "passwd.pdf"


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.xlsx", workbook(), media.XLSX),
        ("a.docx", archive(word__document_xml="<w/>"), media.DOCX),
        ("a.ods", archive(mimetype=media.ODS), media.ODS),
        ("a.zip", archive(a="x"), media.ZIP),
        ("a.zip", archive(mimetype="x" * 100), media.ZIP),
        ("a.zip", b"PK\x03\x04broken", media.BINARY),
        ("a.csv", "mã;tên\n01;Mỹ Xuyên\n".encode(), media.CSV),
        ("a.csv", b"\xef\xbb\xbfm\xc3\xa3;t\n", media.CSV),
        ("a.csv", "mã;tên\n01;Mỹ Xuyên\n".encode("utf-16"), media.CSV),
        ("a.csv", "Mỹ Tú;Đất".encode("cp1258", "replace") * 20, media.CSV),
        ("a.csv", b"\x00\x01\x02", media.BINARY),
        ("a.txt", b"xin", media.TEXT),
        ("a.json", b'{"a": 1}', media.JSON),
        ("a.geojson", b'{ "type": "FeatureCollection", "features": []}', media.GEOJSON),
        ("a.txt", b"{not json here", media.TEXT),
        ("a.svg", b"<?xml version='1.0'?><svg/>", media.SVG),
        ("a.xml", b"<?xml version='1.0'?><x/>", media.XML),
        ("a.html", b"  <HTML>", media.HTML),
        ("a.parquet", b"PAR1xx", media.PARQUET),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1x", media.OLE),
        ("a.gz", b"\x1f\x8bx", media.GZIP),
    ],
)
def test_content_tells_the_type(name, content, expected, tmp_path):
    path = tmp_path / "x"
    path.write_bytes(content)
    assert media.sniff(path, name) == expected
    assert expected == media.BINARY or media.suffix_agrees(name, expected)
    assert media.name_of(expected)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300), st.sampled_from(["a.csv", "a.json", "a.zip", "a"]))
def test_no_content_breaks_the_telling(tmp_path, content, name):
    path = tmp_path / "x"
    path.write_bytes(content)
    assert media.sniff(path, name)
    path.write_bytes(b"PK\x03\x04" + content)
    assert media.sniff(path, name)


def test_an_unknown_digest_is_not_found_and_a_lost_file_says_so(store):
    with pytest.raises(NotFound):
        queries.open_file("0" * 64)
    kept = store("a.pdf", PDF)
    files.place(kept.sha256).unlink()
    with pytest.raises(Unavailable, match=r"a\.pdf"):
        queries.open_file(kept.sha256)
    store("a.pdf", PDF)
    assert queries.open_file(kept.sha256).read() == PDF


def test_uploads_broken_off_long_ago_are_swept_and_new_ones_are_not(monkeypatch):
    files.incoming().mkdir(parents=True)
    old, new = files.incoming() / "a.part", files.incoming() / "b.part"
    old.write_text("x")
    new.write_text("x")
    two_days_ago = time.time() - 2 * 86_400
    os.utime(old, (two_days_ago, two_days_ago))
    assert sweep_unfinished.call() == 1
    assert left_behind() == [new]
    monkeypatch.setattr("pathlib.Path.glob", lambda _self, _pattern: iter([old]))
    assert sweep_unfinished.call() == 0
