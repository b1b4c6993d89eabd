"""What goes out on paper of an agreement: words are golden (``NGANAM_GOLDEN=write``), numbers are the agency's."""

import os
from pathlib import Path

import pytest

import scenes_agreements as ours
from nganam.cases.papers import papers_of
from nganam.documents import queries as documents
from nganam.documents.letters import pdf
from nganam.services.models import Service
from nganam.sharing.agreements import ending, joining, leaving, operations
from nganam.sharing.models import Agreement

pytestmark = pytest.mark.django_db
GOLDEN = Path(__file__).parent / "golden"


def told(paper):
    letter = documents.issued(paper).letter
    lines = [paper.number, letter.issuer.name, letter.subject, *letter.recipients, *letter.basis, *letter.body]
    lines += [" | ".join(row) for row in (letter.table.head, *letter.table.rows)] if letter.table else []
    return "\n".join([*lines, letter.signer.prefix, letter.signer.title, letter.signer.name, *letter.copies]) + "\n"


def same_as_golden(case, name):
    paper = papers_of(case).last()
    path, text = GOLDEN / f"agreement_{name}.txt", told(paper)
    if os.environ.get("NGANAM_GOLDEN") == "write":
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")
    assert pdf.render(documents.issued(paper)).startswith(b"%PDF-")


@pytest.mark.law("D37.3", "D38")
def test_the_agreed_text(province):
    same_as_golden(ours.signing(), "text")


@pytest.mark.law("D36.1")
def test_the_way_to_default_sharing(province, lan, at):
    found = ours.submitted()
    Service.objects.update(form="default")
    code = Service.objects.get().code
    found = operations.send_to_default(
        actor=lan, at=at, agreement=found, default_service=code, reason="Dịch vụ mặc định đã có đủ.", signer="Trần Hạnh"
    )
    same_as_golden(found, "to_default")


@pytest.mark.law("D37", "D51.1a")
def test_no_agreement_said_by_the_provider(province, lan, at):
    found = operations.not_agree(
        actor=lan, at=at, agreement=ours.drafting(), reason="Không bảo đảm an toàn.", legal_basis="Điều 7 Luật X"
    )
    same_as_golden(found, "not_agreed")


def test_no_agreement_said_by_the_consumer(province, phuc, at):
    found = operations.not_agree(actor=phuc, at=at, agreement=ours.drafting(), reason="Điều kiện quá chặt.")
    same_as_golden(found, "not_agreed_by_consumer")


@pytest.mark.law("D44", "D44.3")
def test_the_notice_of_termination(province, lan):
    found = ending.terminate(
        actor=lan, at=ours.LATER, agreement=ours.in_force(), ground="purpose", reason="Dùng ngoài mục đích."
    )
    same_as_golden(found, "terminated")


@pytest.mark.law("D44", "D38.11")
def test_the_notice_that_one_party_leaves(province, lan, phuc):
    joining.accept(actor=lan, at=ours.LATER, joining=ours.joining())
    found = Agreement.objects.get()
    for actor in (phuc, ours.TU):
        found = ours.agree(found, actor, ours.LATER)
    for actor in (lan, phuc, ours.TU):
        found = ours.sign(found, actor, ours.LATER)
    found = leaving.leave(
        actor=ours.TU, at=ours.LATER, agreement=found, reason="Hết nhu cầu đối chiếu.", signer="Võ Tài"
    )
    same_as_golden(found, "left")


@pytest.mark.law("D36.4")
def test_taken_in(province, lan):
    asked = joining.accept(actor=lan, at=ours.LATER, joining=ours.joining(), signer="Trần Thị Hạnh")
    same_as_golden(asked, "taken_in")
    assert papers_of(asked).get().signer == "Trần Thị Hạnh"


@pytest.mark.law("D36.4")
def test_not_taken_in(province, lan):
    asked = joining.refuse(
        actor=lan, at=ours.LATER, joining=ours.joining(), reason="Ngoài mục đích.", legal_basis="Khoản 7 Điều 38"
    )
    same_as_golden(asked, "not_taken_in")
