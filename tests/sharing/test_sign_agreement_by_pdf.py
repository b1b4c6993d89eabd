"""D36, D37.3: a party signs by the PDF of the agreed text, whose signature is verified and kept with its report."""

from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

import scenes
import scenes_agreements as ours
from nganam.cases.papers import get_paper_for, papers_of
from nganam.documents import keeping
from nganam.documents import queries as documents
from nganam.kernel.errors import Invalid, NotFound
from nganam.sharing.agreements import drafting, signing
from nganam.sharing.models import AgreementSignature
from scenes_signing import Authority, authority, letter, signed

pytestmark = pytest.mark.django_db
WHO = {"signer": "Lý Văn Chủ Tịch", "position": "Chủ tịch"}


@pytest.fixture(autouse=True)
def trust(settings, tmp_path):
    settings.NGANAM_TRUST = tmp_path / "trust"
    settings.NGANAM_TRUST.mkdir()
    (settings.NGANAM_TRUST / "goc.pem").write_bytes(authority().pem)


class Upload(BytesIO):
    """A file as a form hands it over."""

    name = "thoa-thuan.pdf"


def by(name, organisation="UBND phường Sóc Trăng", **how):
    return authority().signer(name, organisation, **how)


def sign(agreement, actor, data, **more):
    digest = ours.table(agreement).digest
    return signing.sign(
        actor=actor, at=ours.AT, agreement=agreement, digest=digest, file=Upload(data), **WHO | more
    )  # fmt: skip


@pytest.mark.law("D36", "D37.3", "D38")
def test_the_agreed_text_is_a_paper_with_the_twelve_items_the_digest_and_a_line_for_each_party(province, phuc, hoa):
    found = ours.signing()
    (paper,) = papers_of(found)
    version = ours.table(found)
    assert (version.paper, paper.kind, paper.number) == (paper, "TT", "01/TT-SYT")
    text = "\n".join(documents.issued(paper).letter.body)
    assert version.digest in text
    for name in ("data_content", "deletion", "other"):
        assert version.content[name] in text
    assert text.count(":") >= 12
    assert "Mã cơ sở, Tên cơ sở, Điện thoại" in text
    assert "03/11/2028" in text
    rows = documents.issued(paper).letter.table.rows
    assert [row[1:3] for row in rows] == [
        ("Sở Y tế thành phố Cần Thơ", "Bên cung cấp"), ("UBND phường Sóc Trăng", "Bên khai thác"),
    ]  # fmt: skip
    assert get_paper_for(phuc, paper.code) == paper
    with pytest.raises(NotFound):
        get_paper_for(hoa, paper.code)


@pytest.mark.law("D36", "D37.3")
def test_one_signs_by_pdf_the_other_on_the_platform(province, lan, phuc):
    found = ours.signing()
    pdf = keeping.pdf_of(ours.table(found).paper)
    found = sign(found, phuc, signed(pdf, by=by("Lý Văn Chủ Tịch")))
    kept = AgreementSignature.objects.get()
    assert (kept.method, kept.agency, kept.file.media_type) == ("pdf", "CT-X31507", "application/pdf")
    assert (kept.report["own"]["signer"], kept.report["own"]["trusted"]) == ("Lý Văn Chủ Tịch", True)
    assert "thu hồi" in kept.report["note"]
    assert ours.sign(found, lan).state == "in_force"


@pytest.mark.law("D37.3")
def test_both_sign_one_file_one_after_the_other(province, lan, phuc):
    found = ours.signing()
    one = signed(keeping.pdf_of(ours.table(found).paper), by=by("Lý Văn Chủ Tịch"))
    found = sign(found, phuc, one)
    with pytest.raises(Invalid) as refused:
        sign(found, lan, one)
    assert "bên khác" in refused.value.message
    two = signed(one, by=by("Trần Thị Giám Đốc", "Sở Y tế"), field="ChuKy2")
    found = sign(found, lan, two)
    assert found.state == "in_force"
    assert [one.report["own"]["signer"] for one in found.in_force.signatures.all()] == [
        "Lý Văn Chủ Tịch", "Trần Thị Giám Đốc",
    ]  # fmt: skip


@pytest.mark.law("D37.3")
@pytest.mark.usefixtures("province")
@pytest.mark.parametrize(
    ("name", "organisation", "differs"),
    [
        ("Lý Văn Chủ Tịch", "UBND phường Sóc Trăng", []),
        ("LÝ VĂN CHỦ TỊCH", "Phường Sóc Trăng", []),
        ("Phạm Văn Phó", "UBND phường Sóc Trăng", ["signer"]),
        ("Lý Văn Chủ Tịch", "Công ty Khác", ["organisation"]),
    ],
)
def test_a_certificate_that_names_somebody_else_is_told_to_every_party(client, phuc, name, organisation, differs):
    found = ours.signing()
    found = sign(found, phuc, signed(keeping.pdf_of(ours.table(found).paper), by=by(name, organisation)))
    assert AgreementSignature.objects.get().report["differs"] == differs
    client.login(username="lan", password=scenes.PASSWORD)
    page = client.get(f"/thoa-thuan/{found.code}/ban/1/").content.decode()
    assert ("chứng thư ghi tên người khác" in page) == ("signer" in differs)
    assert ("chứng thư ghi tổ chức khác" in page) == ("organisation" in differs)


@pytest.mark.law("D37.3")
def test_a_file_that_proves_nothing_is_not_taken(province, lan, phuc):
    found = ours.signing()
    pdf = keeping.pdf_of(ours.table(found).paper)
    good = signed(pdf, by=by("Lý Văn Chủ Tịch"))
    changed = bytearray(good)
    changed[len(pdf) + 200] ^= 1
    stranger = Authority("CA lạ").signer("Kẻ lạ")
    for data, words in (
        (pdf, "chưa có chữ ký"),
        (signed(letter()), "không phải văn bản số"),
        (b"khong phai pdf", "không phải văn bản số"),
        (signed(pdf, by=stranger), "không do chứng thư gốc"),
        (bytes(changed), ""),
    ):
        with pytest.raises(Invalid) as refused:
            sign(found, phuc, data)
        assert words in refused.value.message
        assert "file" in refused.value.fields
    assert not AgreementSignature.objects.exists()


@pytest.mark.law("D37.2")
def test_a_text_sent_back_takes_its_paper_with_it_and_the_old_pdf_is_no_use(province, lan, phuc):
    found = ours.signing()
    old = ours.table(found).paper
    data = signed(keeping.pdf_of(old), by=by("Lý Văn Chủ Tịch"))
    found = drafting.return_to_drafting(actor=lan, at=ours.AT, agreement=found, reason="Sửa mục 9.")
    old.refresh_from_db()
    assert old.standing == "withdrawn"
    found = ours.agree(ours.save(found, lan, security="Khóa đổi mỗi quý."), phuc)
    assert [paper.number for paper in papers_of(found)] == ["01/TT-SYT", "02/TT-SYT"]
    with pytest.raises(Invalid):
        sign(found, phuc, data)


@pytest.mark.law("D39")
def test_the_paper_of_an_amendment_replaces_the_one_before(province, lan, phuc):
    found = ours.amending()
    old = found.in_force.paper
    found = ours.agree(ours.save(found, lan, ours.LATER, other="Thêm điều."), phuc, ours.LATER)
    found = ours.sign(ours.sign(found, phuc, ours.LATER), lan, ours.LATER)
    old.refresh_from_db()
    assert (old.standing, old.replaced_by) == ("replaced", found.in_force.paper)


def test_the_page_gives_the_paper_and_takes_the_signed_file(client, province):
    found = ours.signing()
    version = ours.table(found)
    client.login(username="phuc", password=scenes.PASSWORD)
    here = f"/thoa-thuan/{found.code}/ky/"
    shown = client.get(here).content.decode()
    link = f"/van-ban/{version.paper.code}/{keeping.file_name(version.paper)}.pdf"
    assert link in shown
    pdf = client.get(link).content
    values = {**WHO, "digest": version.digest, "confirmed": "on"}
    wrong = client.post(here, values | {"file": SimpleUploadedFile("a.pdf", pdf)})
    assert wrong.status_code == 422
    assert "chưa có chữ ký số nào" in wrong.content.decode()
    data = signed(pdf, by=by("Lý Văn Chủ Tịch"))
    right = client.post(here, values | {"file": SimpleUploadedFile("a.pdf", data)})
    assert right.status_code == 302
    shown = client.get(f"/thoa-thuan/{found.code}/ban/1/").content.decode()
    kept = AgreementSignature.objects.get().file
    assert f"/thoa-thuan/{found.code}/tep/{kept.sha256}/" in shown
    assert "CA Thử nghiệm" in shown
