"""PAdES signatures: good ones, changed and extended files, strangers' certificates, and files made to hurt."""

import subprocess
import sys
import time
import zlib
from datetime import UTC, datetime

import pytest

import scenes_letters as scenes
from nganam.documents import signature_reader, signatures
from nganam.documents.signatures import verify_pdf
from scenes_signing import Authority, appended, authority, letter, signed

AT = scenes.AT


@pytest.fixture(autouse=True)
def trust(settings, tmp_path):
    settings.NGANAM_TRUST = tmp_path / "trust"
    settings.NGANAM_TRUST.mkdir()
    (settings.NGANAM_TRUST / "goc.pem").write_bytes(authority().pem)
    return settings.NGANAM_TRUST


def only(report):
    assert not report.problem
    (one,) = report.signatures
    return one


def test_a_signed_letter_is_good_and_names_its_signer(tmp_path):
    path = tmp_path / "thoa-thuan.pdf"
    path.write_bytes(signed())
    report = verify_pdf(path, at=AT)
    one = only(report)
    assert report.good
    assert (one.intact, one.covers_all, one.trusted, one.reason) == (True, True, True, "")
    assert (one.signer, one.organisation, one.issuer) == (
        "Trần Văn Minh", "Sở Khoa học và Công nghệ", "CA Thử nghiệm",
    )  # fmt: skip
    assert one.signed_at is not None
    assert not one.time_proven
    assert "thu hồi" in report.note


def test_two_parties_sign_one_after_the_other():
    both = signed(signed(), by=authority().signer("Nguyễn Thị Lan", "Sở Y tế"), field="ChuKy2")
    report = verify_pdf(both, at=AT)
    assert report.good
    assert [one.signer for one in report.signatures] == ["Trần Văn Minh", "Nguyễn Thị Lan"]


def test_a_byte_changed_after_signing_is_noticed():
    data = bytearray(signed())
    place = data.index(b"/ViewerPreferences") if b"/ViewerPreferences" in data else data.index(b"/Type/Catalog")
    data[place + 1] ^= 1
    report = verify_pdf(bytes(data), at=AT)
    assert not report.good
    assert report.problem or "đã bị sửa sau khi ký" in only(report).reason


def test_a_changed_digest_is_noticed_where_the_file_still_reads():
    data = signed()
    place = data.index(b"<xmp:CreatorTool>") + 20
    report = verify_pdf(data[:place] + b"X" + data[place + 1 :], at=AT)
    one = only(report)
    assert not one.intact
    assert not report.intact
    assert "đã bị sửa sau khi ký" in one.reason


def test_content_added_after_the_signature_is_not_covered():
    def hide(writer):
        from pyhanko.pdf_utils import generic

        page = writer.root["/Pages"]["/Kids"][0]
        page["/MediaBox"] = generic.ArrayObject(map(generic.NumberObject, (0, 0, 10, 10)))
        writer.update_container(page)

    report = verify_pdf(appended(signed(), hide), at=AT)
    one = only(report)
    assert one.intact
    assert not one.covers_all
    assert not report.good
    assert "thêm vào" in one.reason


def test_a_field_filled_after_the_last_signature_is_not_covered_and_needs_another():
    def form(writer):
        from pyhanko.pdf_utils import generic
        from pyhanko.pdf_utils.generic import pdf_name, pdf_string

        fields = generic.ArrayObject()
        box = generic.ArrayObject(map(generic.NumberObject, (0, 0, 90, 20)))
        name = pdf_name
        field = generic.DictionaryObject({
            name("/FT"): name("/Tx"), name("/T"): pdf_string("Gia"), name("/V"): pdf_string("1"),
            name("/Type"): name("/Annot"), name("/Subtype"): name("/Widget"), name("/Rect"): box,
        })  # fmt: skip
        fields.append(writer.add_object(field))
        writer.root["/AcroForm"] = writer.add_object(generic.DictionaryObject({name("/Fields"): fields}))
        writer.update_root()

    def fill(writer):
        from pyhanko.pdf_utils.generic import pdf_name, pdf_string

        field = writer.root["/AcroForm"]["/Fields"][0]
        field[pdf_name("/V")] = pdf_string("1000000")
        writer.update_container(field)

    data = signed(appended(letter(), form))
    assert verify_pdf(data, at=AT).good
    filled = appended(data, fill)
    one = only(verify_pdf(filled, at=AT))
    assert not one.covers_all
    assert "Sau chữ ký cuối cùng" in one.reason
    assert verify_pdf(signed(filled, field="ChuKy2"), at=AT).good


def test_validation_data_added_after_the_last_signature_is_harmless():
    from io import BytesIO

    from pyhanko.sign.validation import DocumentSecurityStore

    data = BytesIO(signed())
    DocumentSecurityStore.add_dss(data, None, certs=[authority().signer().signing_cert], force_write=True)
    assert len(data.getvalue()) > len(signed())
    assert verify_pdf(data.getvalue(), at=AT).good


def test_a_trusted_timestamp_proves_when_and_a_strangers_does_not():
    when = datetime(2026, 10, 30, 1, 2, 3, tzinfo=UTC)
    one = only(verify_pdf(signed(timestamper=authority().timestamper(when)), at=AT))
    assert (one.signed_at, one.time_proven) == (when, True)
    assert one.good
    other = only(verify_pdf(signed(timestamper=Authority("CA Lạ").timestamper(when)), at=AT))
    assert not other.time_proven
    assert other.signed_at != when


def test_a_certificate_of_an_unknown_authority_is_not_trusted():
    report = verify_pdf(signed(by=Authority("CA Lạ").signer()), at=AT)
    one = only(report)
    assert report.intact
    assert not report.good
    assert "không do chứng thư gốc nào" in one.reason


def test_without_roots_nothing_is_trusted_whoever_signed(trust):
    (trust / "goc.pem").unlink()
    for _ in range(2):
        one = only(verify_pdf(signed(), at=AT))
        assert (one.intact, one.covers_all, one.trusted) == (True, True, False)
        assert "Chưa có chứng thư gốc để đối chiếu" in one.reason
        if trust.exists():
            trust.rmdir()


def test_a_root_is_read_as_pem_or_der_and_a_broken_file_is_passed_by(trust):
    from cryptography.hazmat.primitives.serialization import Encoding

    (trust / "goc.pem").unlink()
    (trust / "goc.cer").write_bytes(authority().root.public_bytes(Encoding.DER))
    (trust / "hong.pem").write_bytes(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    (trust / "doc.txt").write_bytes(b"x")
    assert verify_pdf(signed(), at=AT).good


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"days": 30}, "hết hạn"),
        ({"start": datetime(2027, 1, 1, tzinfo=UTC)}, "chưa đến ngày có hiệu lực"),
        ({"signs": False}, "không được cấp để ký"),
    ],
)
def test_a_certificate_out_of_its_time_or_purpose_is_not_trusted(how, words):
    one = only(verify_pdf(signed(by=authority().signer(**how)), at=AT))
    assert one.intact
    assert not one.trusted
    assert words in one.reason


def test_a_certificate_on_the_operators_revocation_list_is_not_trusted(trust):
    by = authority().signer()
    path = trust / "thu-hoi.crl"
    path.write_bytes(authority().revoked(by))
    one = only(verify_pdf(signed(by=by), at=AT))
    assert (one.intact, one.trusted, one.reason) == (True, False, "Chứng thư đã bị thu hồi.")

    report = verify_pdf(signed(), at=AT)
    assert report.good
    assert "Đã đối chiếu danh sách chứng thư bị thu hồi" in report.note


def test_a_list_of_another_issuer_or_out_of_its_time_is_not_asked(trust):
    by = authority().signer()
    (trust / "la.crl").write_bytes(Authority("CA Lạ").revoked(by))
    (trust / "cu.crl").write_bytes(authority().revoked(by, days=-60))
    (trust / "hong.crl").write_bytes(b"x")
    report = verify_pdf(signed(by=authority().signer()), at=AT)
    assert report.good
    assert "Chưa kiểm tra chứng thư có bị thu hồi" in report.note


def test_a_file_without_signatures_says_so():
    report = verify_pdf(letter(), at=AT)
    assert not report.good
    assert "không có chữ ký số" in report.problem


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"x" * 2000 + b"%PDF-1.7", "chào".encode()])
def test_what_is_not_a_pdf_is_told_without_starting_a_process(data, monkeypatch):
    monkeypatch.setattr(signatures, "_ask", None)
    assert "không phải PDF" in verify_pdf(data, at=AT).problem


def test_an_encrypted_file_is_told():
    from io import BytesIO

    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.pdf_utils.writer import copy_into_new_writer

    writer = copy_into_new_writer(PdfFileReader(BytesIO(letter())))
    writer.encrypt("bi-mat")
    out = BytesIO()
    writer.write(out)
    assert "mật khẩu" in verify_pdf(out.getvalue(), at=AT).problem


def with_xref(xref, trailer=b"<< /Size 2 /Root 1 0 R >>"):
    body = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 1 0 R >>\nendobj\n"
    return b"%s%s\ntrailer\n%s\nstartxref\n%d\n%%%%EOF\n" % (body, xref, trailer, len(body))


def bomb():
    packed = zlib.compress(b"\0" * 200_000_000, 9)
    for _ in range(2):
        packed = zlib.compress(packed, 9)
    filters = b"[/FlateDecode /FlateDecode /FlateDecode]"
    head = b"<< /Type /XRef /Size 40000000 /W [1 2 2] /Root 1 0 R /Filter %s /Length %d >>" % (filters, len(packed))
    return b"%%PDF-1.7\n1 0 obj\n%s\nstream\n%s\nendstream\nendobj\nstartxref\n9\n%%%%EOF\n" % (head, packed)


HOSTILE = {
    "truncated": lambda: signed()[:9000],
    "head only": lambda: b"%PDF-1.7\n",
    "noise": lambda: b"%PDF-1.7\n" + bytes(range(256)) * 4000,
    "xref leads to itself": lambda: with_xref(b"xref\n0 1\n0000000000 65535 f ", b"<< /Size 2 /Root 1 0 R /Prev 57 >>"),
    "xref of a hundred million": lambda: with_xref(b"xref\n0 100000000\n" + b"0000000009 00000 n \n" * 200_000),
    "deep nesting": lambda: with_xref(b"xref\n0 1\n0000000000 65535 f ", b"[" * 400_000),
    "nested dictionaries": lambda: with_xref(b"xref\n0 1\n0000000000 65535 f ", b"<< /A " * 200_000),
    "bomb": bomb,
    "root leads to itself": lambda: with_xref(
        b"xref\n0 2\n0000000000 65535 f \n0000000009 00000 n ", b"<< /Size 2 /Root 1 0 R /AcroForm 1 0 R >>"
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_file_made_to_hurt_is_refused_in_bounded_time(name):
    data = HOSTILE[name]()
    began = time.monotonic()
    report = verify_pdf(data, at=AT)
    assert time.monotonic() - began < signatures.SECONDS + 3
    assert not report.good
    assert report.problem


@pytest.mark.parametrize("deed", ["while True: pass", "bytearray(400_000_000)", "open('tep', 'wb', 0).write(b'x')"])
def test_the_system_stops_a_reader_that_wants_too_much(deed, tmp_path):
    limits = "r.CPU_SECONDS, r.MEMORY = 1, 300_000_000"
    code = f"from nganam.documents import signature_reader as r\n{limits}\nr.bound()\n{deed}"
    began = time.monotonic()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False, timeout=20, cwd=tmp_path)
    assert done.returncode != 0
    assert time.monotonic() - began < 10
    assert not any(path.stat().st_size for path in tmp_path.glob("tep"))


def test_a_reader_that_takes_too_long_is_stopped(monkeypatch):
    monkeypatch.setattr(signatures, "SECONDS", 0.01)
    assert "bất thường" in verify_pdf(signed(), at=AT).problem


def test_a_file_too_large_is_not_read(monkeypatch, tmp_path):
    monkeypatch.setattr(signatures, "LIMIT", 10)
    assert "lớn hơn" in verify_pdf(letter(), at=AT).problem


def test_many_signatures_are_not_walked_through(monkeypatch):
    monkeypatch.setattr(signature_reader, "SIGNATURES", 1)
    both = signed(signed(), field="ChuKy2")
    assert signature_reader.read(both, [], AT) == {"problem": "too_complex"}


def test_nothing_is_asked_of_the_network(monkeypatch):
    import socket

    def refuse(*args, **kwargs):
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    from asn1crypto import pem, x509

    root = x509.Certificate.load(pem.unarmor(authority().pem)[2])
    (facts,) = signature_reader.read(signed(), [root], AT)["signatures"]
    assert facts["trusted"]
