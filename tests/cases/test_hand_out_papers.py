"""Letters of a case: those who may see the case may have them, for anybody else they do not exist."""

import io
import zipfile
from datetime import date

import pytest
from django.template.loader import render_to_string
from django.test import Client

import scenes
import scenes_letters as letters
from nganam.cases.papers import get_paper_for, papers_of
from nganam.documents.models import StoredFile
from nganam.documents.operations import issue_letter, register_paper, withdraw_paper
from nganam.kernel.errors import NotFound

pytestmark = pytest.mark.django_db


@pytest.fixture
def request_(province):
    return scenes.sent_request()


@pytest.fixture
def paper(request_, lan):
    return issue_letter(
        actor=lan, at=scenes.AT, letter=letters.decision(), object_type="sharing.request", object_code=request_.code
    )


def signed_in(username):
    client = Client()
    assert client.login(username=username, password=scenes.PASSWORD)
    return client


def address(paper, ending="pdf"):
    return f"/van-ban/{paper.code}/01-qd-skhcn.{ending}"


@pytest.mark.parametrize("who", ["lan", "phuc", "minh"])
def test_the_parties_of_a_case_have_its_letters_as_pdf_and_docx(paper, who):
    client = signed_in(who)
    answer = client.get(address(paper))
    assert answer.content.startswith(b"%PDF-1.7")
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == 'attachment; filename="01-qd-skhcn.pdf"'
    assert answer["Cache-Control"] == "private, no-store"
    document = client.get(address(paper, "docx"))
    assert "word/document.xml" in zipfile.ZipFile(io.BytesIO(document.content)).namelist()


def test_for_others_the_paper_does_not_exist(paper, hoa):
    for where in (address(paper), address(paper, "docx"), "/van-ban/VB-2026-9999/x.pdf"):
        assert signed_in("hoa").get(where).status_code == 404
    assert Client().get(address(paper))["Location"].startswith("/dang-nhap/")
    with pytest.raises(NotFound) as theirs:
        get_paper_for(hoa, paper.code)
    with pytest.raises(NotFound) as nobodys:
        get_paper_for(hoa, "VB-2026-9999")
    assert theirs.value.message == nobodys.value.message


def test_a_paper_of_no_case_is_nobodys_to_have(province, lan):
    paper = issue_letter(actor=lan, at=scenes.AT, letter=letters.decision(), object_type="", object_code="")
    with pytest.raises(NotFound):
        get_paper_for(lan, paper.code)


def test_a_form_there_is_not_says_which_there_are(paper):
    answer = signed_in("lan").get(address(paper, "odt"))
    assert answer.status_code == 404
    assert "Chọn bản PDF hoặc DOCX" in answer.content.decode()


def test_a_held_letter_is_given_as_it_is_held(paper, run_jobs):
    drawn = signed_in("lan").get(address(paper)).content
    run_jobs()
    paper.refresh_from_db()
    assert paper.file is not None
    assert signed_in("lan").get(address(paper)).content == drawn


def test_a_scan_of_a_paper_signed_elsewhere_is_given_and_one_without_says_why_not(request_, lan):
    from nganam.documents.operations import store_file

    scan = store_file(
        "quyet-dinh.pdf", io.BytesIO(b"%PDF-1.4 scan"), actor=lan, at=scenes.AT, allowed_types={"application/pdf"},
        limit=1000,
    )  # fmt: skip
    with_scan, without = (
        register_paper(
            actor=lan, at=scenes.AT, kind="QĐ", number=number, signed_on=date(2026, 11, 2), agency="CT-UBND", title="x",
            file=file, object_type="sharing.request", object_code=request_.code,
        )
        for number, file in (("7/QĐ-UBND", scan), ("8/QĐ-UBND", None))
    )  # fmt: skip
    client = signed_in("lan")
    assert client.get(f"/van-ban/{with_scan.code}/x.pdf").content == b"%PDF-1.4 scan"
    assert client.get(f"/van-ban/{with_scan.code}/x.docx").status_code == 404
    missing = client.get(f"/van-ban/{without.code}/x.pdf")
    assert missing.status_code == 404
    assert "ký ở ngoài nền tảng" in missing.content.decode()
    assert StoredFile.objects.count() == 1


def test_the_list_of_a_case_links_each_paper_and_says_which_no_longer_stands(request_, paper, lan):
    register_paper(
        actor=lan, at=scenes.AT, kind="BB", number="9/BB", signed_on=date(2026, 11, 2), agency="CT-UBND",
        title="Biên bản",
        object_type="sharing.request", object_code=request_.code,
    )  # fmt: skip
    withdraw_paper(actor=lan, at=scenes.AT, paper=paper, reason="Nhầm")
    text = render_to_string("cases/papers.html", {"papers": papers_of(request_)})
    assert address(paper) in text
    assert address(paper, "docx") in text
    assert f"/van-ban/xac-minh/{paper.token}/" in text
    assert "đã thu hồi" in text
    assert "9/BB" in text
    assert text.count("download>") == 2
    assert "Chưa có văn bản nào" in render_to_string("cases/papers.html", {"papers": []})
