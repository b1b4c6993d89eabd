"""Each decision on a request goes out as a letter: its words are golden, its number is the agency's, it is confirmed.

``NGANAM_GOLDEN=write`` writes the golden files anew, to be read in the diff.
"""

import os
from pathlib import Path

import pytest

import scenes
from nganam.cases.papers import get_paper_for, papers_of
from nganam.cases.story import story_of
from nganam.documents import queries as documents
from nganam.documents.letters import pdf
from nganam.documents.models import Paper
from nganam.kernel.errors import Invalid, NotFound
from nganam.sharing.requests import operations

pytestmark = pytest.mark.django_db
GOLDEN = Path(__file__).parent / "golden"


def told(paper):
    """Write a letter's content line by line, without the parts that differ each time."""
    letter = documents.issued(paper).letter
    lines = [paper.number, f"{letter.signed_on:%d/%m/%Y}", letter.issuer.superior, letter.issuer.name, letter.subject]
    lines += [*letter.recipients, *letter.basis, *letter.body, *letter.articles]
    if letter.table:
        lines += [" | ".join(row) for row in (letter.table.head, *letter.table.rows)]
    return "\n".join([*lines, letter.signer.prefix, letter.signer.title, letter.signer.name, *letter.copies]) + "\n"


def same_as_golden(paper, name):
    path, text = GOLDEN / f"{name}.txt", told(paper)
    if os.environ.get("NGANAM_GOLDEN") == "write":
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


@pytest.mark.law("D35.3", "D40")
def test_a_grant_is_told_by_a_notice_that_lists_the_items(province, lan, phuc, hoa, at):
    request = scenes.sent_request()
    operations.grant_request(
        actor=lan, at=at, request=request, granted=["ma_co_so", "ten_co_so"], signer="Trần Thị Hạnh",
        **scenes.WITHHELD,
    )  # fmt: skip
    (paper,) = papers_of(request)
    same_as_golden(paper, "grant")
    assert paper.number == "01/TB-SYT"
    assert get_paper_for(phuc, paper.code) == paper
    with pytest.raises(NotFound):
        get_paper_for(hoa, paper.code)
    assert pdf.render(documents.issued(paper)).startswith(b"%PDF-")
    assert "Ban hành thông báo 01/TB-SYT" in [event.title for event in story_of(request)]


@pytest.mark.law("D35.3", "D51.1a")
def test_a_refusal_goes_out_with_reason_basis_and_a_copy(province, lan, at):
    request = scenes.sent_request()
    operations.refuse_request(
        actor=lan, at=at, request=request, reason="Mục đích không thuộc nhiệm vụ của cơ quan yêu cầu.\nĐã trao đổi.",
        legal_basis="Khoản 1 Điều 16 Nghị định 194/2025/NĐ-CP",
    )  # fmt: skip
    (paper,) = papers_of(request)
    same_as_golden(paper, "refuse")
    assert (paper.kind, paper.number) == (Paper.Kind.LETTER, "01/SYT")


@pytest.mark.law("D36")
def test_a_move_to_special_data_goes_out_as_a_letter(province, lan, at):
    request = scenes.sent_request()
    operations.move_to_special(
        actor=lan, at=at, request=request, reason="Dữ liệu cần thống nhất riêng.",
        legal_basis="Khoản 1 Điều 36 Nghị định 47/2020/NĐ-CP",
    )  # fmt: skip
    same_as_golden(papers_of(request).get(), "special")


def test_a_deed_that_is_refused_takes_no_number(province, lan, at):
    request = scenes.sent_request()
    with pytest.raises(Invalid):
        operations.refuse_request(actor=lan, at=at, request=request, reason="", legal_basis="Điều 1")
    assert not papers_of(request).exists()
    operations.refuse_request(actor=lan, at=at, request=request, reason="Có", legal_basis="Điều 1")
    assert papers_of(request).get().number == "01/SYT"
