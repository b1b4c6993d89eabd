"""The public page that a QR code leads to: what the register says, and whether a copy is the platform's own."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

import scenes_letters as scenes
from nganam.documents import files, keeping, queries, views
from nganam.documents.letters import docx, pdf
from nganam.documents.models import Paper, StoredFile
from nganam.documents.operations import withdraw_paper
from nganam.kernel.actors import system

pytestmark = pytest.mark.django_db


@pytest.fixture
def paper(minh):
    return scenes.paper(minh)


def page(paper, client=None, **changes):
    return (client or Client()).get(address(paper), **changes)


def address(paper):
    return f"/van-ban/xac-minh/{paper.token}/"


def sent(paper, content, name="van-ban.pdf"):
    return Client(enforce_csrf_checks=True).post(address(paper), {"file": SimpleUploadedFile(name, content)})


def test_anybody_sees_what_the_register_says_and_nothing_of_people_or_content(paper):
    answer = page(paper)
    text = answer.content.decode()
    assert answer.status_code == 200
    for shown in ("01/QĐ-SKHCN", "Sở Khoa học và Công nghệ", "03/11/2026", "Quyết định", paper.title, "đã phát hành"):
        assert shown in text
    assert paper.content_sha256 in text
    for hidden in ("Trần Văn Minh", "YC-2026-0001", "Điều 2", "ma_co_so", paper.code):
        assert hidden not in text
    assert answer["X-Robots-Tag"] == "noindex"
    assert not answer.cookies


def test_the_address_in_the_code_leads_there(paper, settings):
    found = queries.issued(paper)
    assert found.address == f"{settings.NGANAM_PUBLIC_URL}{address(paper)}"


def test_an_unknown_token_says_so_and_how_to_go_on(db):
    answer = Client().get("/van-ban/xac-minh/aaaaaaaaaaaaaaaaaaaaaaaaaa/")
    assert answer.status_code == 404
    assert "Không có văn bản nào mang mã xác minh này" in answer.content.decode()
    assert "quét lại mã QR" in answer.content.decode()


def test_the_code_can_be_typed_or_the_address_pasted(paper):
    client = Client()
    assert "Mã xác minh" in client.get("/van-ban/xac-minh/").content.decode()
    for typed in (paper.token, f" {paper.token[:13].upper()} {paper.token[13:]} ", f"https://x.vn{address(paper)}"):
        assert client.get("/van-ban/xac-minh/", {"ma": typed})["Location"] == address(paper)
    wrong = client.get("/van-ban/xac-minh/", {"ma": "12345"})
    assert wrong.status_code == 422
    assert "đúng 26 chữ cái" in wrong.content.decode()


def test_a_replaced_and_a_withdrawn_paper_say_so(minh, paper):
    later = scenes.paper(minh)
    withdraw_paper(actor=minh, at=scenes.AT, paper=paper, reason="Nhầm tên người A", replaced_by=later)
    text = page(paper).content.decode()
    assert "đã được thay thế" in text
    assert "02/QĐ-SKHCN</span> ngày 03/11/2026" in text
    withdraw_paper(actor=minh, at=scenes.AT, paper=later, reason="Nhầm tên người A")
    text = page(later).content.decode()
    assert "đã thu hồi" in text
    assert "Thu hồi ngày 03/11/2026" in text
    assert "người A" not in text


def test_the_pdf_the_platform_draws_or_holds_is_recognised(paper, run_jobs):
    drawn = pdf.render(queries.issued(paper))
    assert "Đúng là bản của nền tảng" in sent(paper, drawn).content.decode()
    run_jobs()
    held = Paper.objects.get().file
    assert held is not None
    assert files.place(held.sha256).read_bytes() == drawn
    assert "Đúng là bản của nền tảng" in sent(paper, drawn).content.decode()


def test_the_held_pdf_stays_the_one_that_counts_when_drawing_changes(paper, run_jobs, monkeypatch):
    drawn = pdf.render(queries.issued(paper))
    run_jobs()
    monkeypatch.setattr(pdf, "render", lambda issued: b"%PDF-1.7 another drawing")
    paper.refresh_from_db()
    assert keeping.pdf_of(paper) == drawn
    assert keeping.compare(paper, drawn).same
    assert not keeping.compare(paper, b"%PDF-1.7 another drawing").same


def test_keeping_again_keeps_nothing_new(paper, at):
    once, again = (keeping.keep_letter(actor=system("worker"), at=at, code=paper.code) for _ in range(2))
    assert once.file == again.file
    assert StoredFile.objects.count() == 1
    assert once.file.name == "01-qd-skhcn.pdf"


def test_a_changed_a_foreign_and_a_signed_copy_are_told_apart(minh, paper):
    drawn = pdf.render(queries.issued(paper))
    other = pdf.render(queries.issued(scenes.paper(minh)))
    for content in (other, drawn[:-1], drawn.replace(b"Typst", b"Tipst", 1)):
        assert "Không phải bản của nền tảng" in sent(paper, content).content.decode()
    assert "Có phần thêm vào" in sent(paper, drawn + b"\n1 0 obj ...").content.decode()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", "chào".encode()])
def test_what_is_no_pdf_is_refused_in_words(paper, content):
    answer = sent(paper, content)
    assert answer.status_code == 422
    assert "field-error" in answer.content.decode()


def test_a_docx_is_told_that_only_the_pdf_can_be_compared(paper):
    answer = sent(paper, docx.render(queries.issued(paper)))
    assert "chỉ bản PDF mới đối chiếu được" in answer.content.decode()


def test_an_upload_too_large_is_refused_before_it_is_read(paper, monkeypatch):
    monkeypatch.setattr(views, "BODY", 1000)
    monkeypatch.setattr(views, "ROOM", 10)
    answer = sent(paper, b"%PDF-" + b"x" * 2000)
    assert answer.status_code == 413
    assert "lớn hơn mức cho phép" in answer.content.decode()
    monkeypatch.setattr(views, "ROOM", 10_000)
    assert "lớn hơn mức cho phép" in sent(paper, b"%PDF-" + b"x" * 2000).content.decode()


def test_nothing_is_kept_of_a_copy_that_was_compared(paper):
    sent(paper, b"%PDF-1.7 mine")
    assert not StoredFile.objects.exists()


def test_content_that_was_tampered_with_is_not_confirmed(paper):
    Paper.objects.update(content_sha256="0" * 64)
    assert page(paper).status_code == 503
