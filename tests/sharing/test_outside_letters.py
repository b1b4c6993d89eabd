"""The letters of sharing beyond the province: what they say (golden), their numbers, who may have them."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest
from django.utils import translation

import scenes
import scenes_outside as outside
from nganam.cases.papers import get_paper_for, papers_of
from nganam.documents.keeping import pdf_of
from nganam.documents.letters import sheet
from nganam.documents.models import Paper
from nganam.documents.queries import issued
from nganam.kernel.errors import Invalid, NotAllowed, NotFound
from nganam.sharing.models import Inbound
from nganam.sharing.outside import inbound, outbound

pytestmark = pytest.mark.django_db
GOLDEN = Path(__file__).with_name("golden") / "outside-letters.json"


def lines_of(paper):
    """Return the lines of a letter without the address that is drawn anew each time."""
    said = asdict(sheet.sheet(issued(paper)))
    return {name: value for name, value in said.items() if value and name != "address"}


def write_all():
    """Issue one letter of each kind."""
    service = scenes.published_service()
    differing = outside.weighed(owner=False, case=outside.registered(service=service))
    submitted = inbound.submit_inbound(
        actor=outside.MINH, at=outside.AT, inbound=differing, reason="Đề nghị cho phép.\nĐã đánh giá rủi ro."
    )
    forbidden = inbound.decide_inbound(
        actor=outside.KHANH, at=outside.AT, inbound=submitted, transition="forbid", reason="Chưa cần thiết"
    )
    inbound.refuse_inbound(
        actor=outside.MINH, at=outside.AT, inbound=forbidden, reason="Chưa cần thiết", legal_basis=outside.BASIS,
        signer="Nguyễn Văn Giám",
    )  # fmt: skip
    again = inbound.submit_inbound(
        actor=outside.MINH, at=outside.AT, reason="Đề nghị cho phép.",
        inbound=outside.weighed(lead=False, case=outside.registered(service=service)),
    )  # fmt: skip
    permitted = inbound.decide_inbound(actor=outside.KHANH, at=outside.AT, inbound=again, transition="permit")
    outside.granted(permitted)
    special = outside.weighed(case=outside.registered_special())
    inbound.move_to_agreement(actor=outside.MINH, at=outside.AT, inbound=special, reason="Dữ liệu theo tuần.")
    outbound.send(
        actor=outside.MINH, at=outside.AT, outbound=outside.accepted(), channel="document", sent_on=outside.TODAY
    )


@pytest.mark.law("S17.3", "D35.3", "N194.16", "D36", "D35.2")
def test_each_letter_says_what_its_golden_file_says(province):
    """To accept a change: delete the golden file, run twice, read the difference."""
    write_all()
    papers = Paper.objects.filter(object_type__in=("sharing.inbound", "sharing.outbound")).order_by("pk")
    made = json.dumps([lines_of(one) for one in papers], ensure_ascii=False, indent=1) + "\n"
    if not GOLDEN.exists():
        GOLDEN.write_text(made, encoding="utf-8")
        pytest.fail("the golden file was written; read it and run again")
    assert made == GOLDEN.read_text(encoding="utf-8")


def test_letters_are_vietnamese_also_for_who_reads_the_pages_in_english(province):
    with translation.override("en"):
        case = outside.weighed(owner=False)
        case = inbound.submit_inbound(actor=outside.MINH, at=outside.AT, inbound=case, reason="Đề nghị.")
    said = lines_of(papers_of(case).get())
    assert said["table"]["rows"][0][:2] == ("Cơ quan chủ quản", "không đồng ý")
    assert "tại văn bản số 1234/BYT-CNTT" in said["blocks"][0]["text"]


def test_numbers_follow_each_other_and_papers_belong_to_their_case(province):
    write_all()
    numbers = {paper.number for paper in Paper.objects.all()}
    assert {"01/TTr-SKHCN", "02/TTr-SKHCN", "01/QĐ-UBND", "02/QĐ-UBND", "01/SKHCN", "01/TB-SYT"} <= numbers
    first = Inbound.objects.order_by("pk").first()
    assert [paper.kind for paper in papers_of(first)] == ["TTr", "QĐ", "CV"]
    assert (first.submission_number, first.decision_number) == ("01/TTr-SKHCN", "01/QĐ-UBND")


def test_a_refusal_can_be_had_as_pdf_by_those_who_see_the_case(province, minh, lan, phuc, at):
    case = inbound.refuse_inbound(
        actor=minh, at=at, inbound=outside.weighed(owner=False, lead=False), reason="Không đủ căn cứ",
        legal_basis=outside.BASIS,
    )  # fmt: skip
    paper = papers_of(case).get()
    assert pdf_of(paper).startswith(b"%PDF")
    for actor in (minh, lan):
        assert get_paper_for(actor, paper.code) == paper
    with pytest.raises(NotFound):
        get_paper_for(phuc, paper.code)


def test_a_paper_signed_elsewhere_keeps_its_own_number(province):
    case = outside.decided("permit")
    assert [paper.number for paper in papers_of(case)] == ["12/TTr-SKHCN", "99/QĐ-UBND"]
    assert not any(paper.issued_here for paper in papers_of(case))


def test_a_number_given_before_is_refused_and_nothing_moves(province, khanh, at):
    outside.decided("permit")
    case = Inbound.objects.get()
    Inbound.objects.update(state="submitted", decision_number="", decision_on=None)
    case.refresh_from_db()
    with pytest.raises(Invalid):
        inbound.decide_inbound(actor=khanh, at=at, inbound=case, transition="forbid", paper="99/QĐ-UBND", reason="x")
    assert Inbound.objects.get().state == "submitted"


@pytest.mark.law("S9.3")
@pytest.mark.parametrize(("transition", "says"), [("return", "đề nghị bổ sung"), ("reject", "không chấp nhận")])
def test_a_proposal_not_taken_up_is_answered_by_a_letter(province, minh, phuc, at, transition, says):
    case = outside.proposed()
    words = {"at": at, "outbound": case, "transition": transition, "reason": "Đã có trong danh mục của tỉnh."}
    with pytest.raises(NotAllowed):
        outbound.answer_proposal(actor=phuc, **words)
    with pytest.raises(Invalid):
        outbound.answer_proposal(actor=minh, **{**words, "reason": " "})
    assert not papers_of(case).exists()
    case = outbound.answer_proposal(actor=minh, signer="Nguyễn Văn Giám", **words)
    paper = papers_of(case).get()
    letter = issued(paper).letter
    assert (paper.number, paper.signer) == ("01/SKHCN", "Nguyễn Văn Giám")
    assert says in letter.subject
    assert letter.recipients == ("UBND phường Sóc Trăng",)
    assert "Đã có trong danh mục của tỉnh." in letter.body
    assert get_paper_for(phuc, paper.code) == paper


@pytest.mark.law("D35.1")
def test_a_request_by_document_is_a_letter_and_one_on_the_national_portal_a_number(province, minh, at, monkeypatch):
    by_portal = outside.sent()
    assert (by_portal.sent_number, list(papers_of(by_portal))) == ("45/SKHCN-CNTT", [])
    words = {"actor": minh, "at": at, "channel": "document", "sent_on": outside.TODAY}
    monkeypatch.setattr(scenes, "application", lambda: by_portal.application)
    by_letter = outbound.send(outbound=outside.accepted(), **words)
    assert by_letter.sent_number == papers_of(by_letter).get().number == "01/SKHCN"
    elsewhere = outbound.send(outbound=outside.accepted(), paper="46/SKHCN-CNTT", **words)
    assert papers_of(elsewhere).get().number == "46/SKHCN-CNTT"
