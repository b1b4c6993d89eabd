"""The letters of a dispute: what each says is agreed in a golden file; each is issued within its deed, seen by few.

``NGANAM_GOLDEN=write`` writes the files anew, to be read in the diff.
"""

import os
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

import scenes
import scenes_disputes as told
from nganam.agencies.correspondence import Words
from nganam.agencies.models import Agency
from nganam.cases.papers import get_paper_for, papers_of
from nganam.disputes import letters, operations
from nganam.disputes.models import Dispute
from nganam.kernel.errors import Invalid, NotAllowed, NotFound

GOLDEN = Path(__file__).parent / "golden"
DISPUTE = Dispute(
    code="VM-2026-0001", summary="Từ chối cấp dữ liệu cơ sở khám chữa bệnh", rules="2025-10-22",
    received_at=datetime(2026, 11, 2, 18, 0, tzinfo=UTC), opener=Agency(name="UBND phường Sóc Trăng"),
    respondent=Agency(name="Sở Y tế thành phố Cần Thơ"), lead=Agency(name="Sở Khoa học và Công nghệ"),
)  # fmt: skip
PLANNED = Dispute(
    code=DISPUTE.code, summary=DISPUTE.summary, rules=DISPUTE.rules, received_at=DISPUTE.received_at, plan="x",
    opener=DISPUTE.opener, respondent=DISPUTE.respondent, lead=DISPUTE.lead,
)  # fmt: skip
OBLIGED = Dispute(
    code=DISPUTE.code, summary=DISPUTE.summary, rules=DISPUTE.rules, received_at=DISPUTE.received_at,
    opener=DISPUTE.opener, respondent=DISPUTE.respondent, lead=DISPUTE.lead, obliged="respondent",
)  # fmt: skip
PROVINCE = "UBND thành phố Cần Thơ"
TERMS = ("respondent", date(2026, 12, 31))
TEXT = "Cấp lại tài khoản.\n\n- Trừ số điện thoại."
LETTERS = {
    "answer-settled": letters.resolved(DISPUTE, TEXT, "for", *TERMS),
    "answer-unresolved": letters.unresolved(DISPUTE, "Giữ nguyên ý kiến."),
    "guidance": letters.guidance(DISPUTE, TEXT, "partly", "opener", TERMS[1]),
    "submission": letters.submission(DISPUTE, "Đã nghe hai bên.", TEXT, "Công an: đồng ý.", PROVINCE),
    "submission-of-a-side": letters.submission(DISPUTE, "Đã nghe hai bên.", "", "", PROVINCE),
    "decision": letters.decision(PLANNED, TEXT, "for", *TERMS, PROVINCE),
    "decision-without-plan": letters.decision(DISPUTE, TEXT, "against", *TERMS, PROVINCE),
    "letter-to-ministry": letters.referral(DISPUTE, TEXT, "ministry", "Bộ Khoa học và Công nghệ"),
    "complied": letters.complied(OBLIGED, "Đã cấp lại tài khoản."),
    "not-complied": letters.not_complied(OBLIGED, "Chưa cấp số điện thoại.", date(2027, 1, 15)),
    "report-to-prime-minister": letters.referral(DISPUTE, TEXT, "prime_minister", "Thủ tướng Chính phủ"),
}


def written(letter: Words) -> str:
    """Write what a letter says, part by part."""
    parts = (
        ("Loại", (letter.kind,)), ("Trích yếu", (letter.subject,)), ("Kính gửi", letter.recipients),
        ("Thẩm quyền", (letter.authority,) if letter.authority else ()), ("Căn cứ", letter.basis),
        ("Nội dung", letter.body), ("Điều", letter.articles), ("Nơi nhận", letter.copies),
    )  # fmt: skip
    return "\n".join(f"{name}: {line}" for name, lines in parts for line in lines) + "\n"


@pytest.mark.law("D48.1", "D48.2", "D48.3", "D48.4", "D49.1", "D49.2", "D49.3")
@pytest.mark.parametrize("name", LETTERS)
def test_a_letter_says_what_was_agreed(name):
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("NGANAM_GOLDEN") == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_text(written(LETTERS[name]), encoding="utf-8")
    assert written(LETTERS[name]) == path.read_text(encoding="utf-8")


@pytest.mark.django_db
def test_each_level_issues_its_paper_and_the_history_carries_its_number(province):
    dispute = told.decided(told.against(), paper="", decided_on=None)
    issued = [(one.kind, one.number, one.agency) for one in papers_of(dispute)]
    assert issued == [("CV", "01/SYT", "CT-SYT"), ("TTr", "01/TTr-SKHCN", "CT-SKHCN"), ("QĐ", "01/QĐ-UBND", "CT-UBND")]
    assert all(one.issued_here for one in papers_of(dispute))
    told_of = [row.paper for row in history(dispute) if row.paper]
    assert told_of == [number for _kind, number, _agency in issued]


def history(dispute):
    from nganam.cases.queries import history_of

    return history_of(dispute)


@pytest.mark.django_db
@pytest.mark.law("D50.2", "D50.3")
def test_what_the_check_of_compliance_finds_goes_out_as_a_letter(province, khanh, minh, phuc, at):
    dispute = told.reported()
    known = set(papers_of(dispute).values_list("number", flat=True))
    with pytest.raises(NotAllowed):
        operations.check_compliance(actor=phuc, at=at, dispute=dispute, transition="confirm", reason="x")
    with pytest.raises(Invalid):
        operations.check_compliance(actor=khanh, at=at, dispute=dispute, transition="send_back", reason="Chưa")
    assert set(papers_of(dispute).values_list("number", flat=True)) == known, "a refused deed issues nothing"
    dispute = operations.check_compliance(
        actor=khanh, at=at, dispute=dispute, transition="send_back", reason="Chưa đủ", carry_out_by=date(2027, 1, 15)
    )
    dispute = operations.report_done(actor=scenes.LAN, at=at, dispute=dispute, reason="Đã đủ.")
    dispute = operations.check_compliance(
        actor=khanh, at=at, dispute=dispute, transition="confirm", reason="Đã đủ.", signer="Lê Văn Khánh"
    )
    back, closed = papers_of(dispute).exclude(number__in=known)
    assert dispute.state == "closed"
    assert [back.kind, closed.kind, closed.signer] == ["CV", "CV", "Lê Văn Khánh"]
    assert {back.number, closed.number} <= {row.paper for row in history(dispute)}


@pytest.mark.django_db
@pytest.mark.parametrize(("signer", "name"), [("Trần Thị Hạnh", "Trần Thị Hạnh"), ("", scenes.LAN.name)])
def test_an_answer_is_signed_by_the_head_named_or_by_the_officer(province, lan, at, signer, name):
    dispute = told.against()
    operations.fail(actor=lan, at=at, dispute=dispute, reason="Không làm được.", signer=signer)
    assert papers_of(dispute).get().signer == name


@pytest.mark.django_db
def test_a_decision_signed_elsewhere_is_entered_under_its_number(province):
    dispute = told.decided(paper="15/QĐ-UBND", decided_on=date(2026, 11, 2))
    paper = papers_of(dispute).get(kind="QĐ")
    assert (paper.number, paper.signed_on, paper.issued_here) == ("15/QĐ-UBND", date(2026, 11, 2), False)


@pytest.mark.django_db
def test_a_referral_is_a_letter_or_a_report(province, khanh, at):
    given = {"reason": "Vượt thẩm quyền.", "central_name": "Thủ tướng Chính phủ"}
    for body, kind in (("ministry", "CV"), ("prime_minister", "BC")):
        dispute = told.at_level_three(told.against(summary=body))
        operations.refer(actor=khanh, at=at, dispute=dispute, central_body=body, **given)
        assert papers_of(dispute).filter(agency="CT-UBND").get().kind == kind


@pytest.mark.django_db
def test_who_sees_the_dispute_has_its_papers_and_nobody_else(province, hoa, dung):
    dispute = told.unresolved()
    code = papers_of(dispute).get().code
    for actor in (scenes.LAN, scenes.PHUC, scenes.MINH):
        assert get_paper_for(actor, code).object_code == dispute.code
    for actor in (told.KHANH, told.TAM, hoa, dung):
        with pytest.raises(NotFound):
            get_paper_for(actor, code)
