"""Statements and evidence: of both sides, of the types and sizes taken, read by nobody else."""

import io

import pytest

import scenes_disputes as told
from nganam.audit.models import Entry
from nganam.disputes import operations, queries, saying
from nganam.disputes.models import Evidence, Statement
from nganam.documents.queries import open_file
from nganam.kernel.errors import Invalid, NotAllowed, NotFound
from nganam.notices.queries import inbox

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 40


def attached(content=PDF, name="cong-van.pdf"):
    return saying.Attached(name, io.BytesIO(content))


@pytest.mark.law("D50.1", "D51.2")
def test_both_sides_state_their_view_and_attach_evidence(province, lan, phuc, at):
    dispute = told.dispute()
    saying.state_view(actor=phuc, at=at, dispute=dispute, text="Xem công văn.", files=[attached()])
    saying.state_view(
        actor=lan, at=at, dispute=dispute, text="Xem ảnh.", files=[attached(PNG, "a.png"), attached(PDF, "b.pdf")]
    )
    assert [(one.number, one.side, one.by) for one in Statement.objects.all()] == [
        (1, "opener", "phuc"), (2, "respondent", "lan"),
    ]  # fmt: skip
    spoken = [one for one in queries.story(dispute) if one.spoken]
    assert [[each.name for each in one.files] for one in spoken] == [["cong-van.pdf"], ["a.png", "b.pdf"]]
    assert any(dispute.code in notice.title for notice in inbox(phuc))
    with open_file(Evidence.objects.first().file.sha256) as file:
        assert file.read() == PDF


def test_the_record_of_deeds_proves_what_was_said_without_repeating_it(province, phuc, at):
    saying.state_view(actor=phuc, at=at, dispute=told.dispute(), text="Lời riêng.", files=[attached()])
    entry = Entry.objects.get(action="disputes.statement.made")
    assert "Lời riêng." not in str(entry.details)
    assert len(entry.details["sha256"]) == 64
    assert entry.details["files"] == [Evidence.objects.get().file.sha256]


@pytest.mark.parametrize(
    ("content", "name"),
    [(b"MZ" + b"\x00" * 64, "a.pdf"), (PDF, "a.png"), (b"", "a.pdf"), (b"<html></html>", "a.html"), (b"PK", "a.zip")],
)
def test_what_is_no_evidence_of_the_types_taken_is_refused(province, phuc, at, content, name):
    dispute = told.dispute()
    with pytest.raises(Invalid):
        saying.state_view(actor=phuc, at=at, dispute=dispute, text="Xem.", files=[attached(content, name)])
    assert not Statement.objects.exists()


def test_too_large_and_too_many_files_are_refused(province, phuc, at, monkeypatch):
    dispute = told.dispute()
    monkeypatch.setattr(saying, "FILE_LIMIT", 20)
    with pytest.raises(Invalid):
        saying.state_view(actor=phuc, at=at, dispute=dispute, text="Xem.", files=[attached()])
    monkeypatch.undo()
    with pytest.raises(Invalid) as refused:
        saying.state_view(actor=phuc, at=at, dispute=dispute, text="Xem.", files=[attached()] * (saying.AT_ONCE + 1))
    assert "evidence" in refused.value.fields
    monkeypatch.setattr(saying, "IN_ALL", 1)
    saying.state_view(actor=phuc, at=at, dispute=dispute, text="Xem.", files=[attached()])
    with pytest.raises(Invalid):
        saying.state_view(actor=phuc, at=at, dispute=dispute, text="Xem.", files=[attached(PNG, "a.png")])


def test_a_statement_says_something(province, phuc, at):
    with pytest.raises(Invalid) as refused:
        saying.state_view(actor=phuc, at=at, dispute=told.dispute(), text="  ", files=[attached()])
    assert "text" in refused.value.fields


@pytest.mark.parametrize("name", ["minh", "khanh", "hoa", "dung"])
def test_only_the_sides_speak(province, request, at, name):
    with pytest.raises(NotAllowed):
        saying.state_view(actor=request.getfixturevalue(name), at=at, dispute=told.dispute(), text="x")


def test_nobody_speaks_once_it_is_over(province, phuc, at):
    dispute = operations.withdraw(actor=phuc, at=at, dispute=told.dispute(), reason="x")
    with pytest.raises(NotAllowed):
        saying.state_view(actor=phuc, at=at, dispute=dispute, text="x")


def test_evidence_of_another_dispute_is_not_found(province, phuc, at):
    dispute, other = told.dispute(), told.against()
    saying.state_view(actor=phuc, at=at, dispute=dispute, text="Xem.", files=[attached()])
    sha256 = Evidence.objects.get().file.sha256
    assert queries.get_evidence(dispute, sha256)
    with pytest.raises(NotFound):
        queries.get_evidence(other, sha256)
