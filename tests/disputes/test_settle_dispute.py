"""The three levels: what each may do, its clock, what the refused request learns, and who is refused."""

from datetime import date, timedelta

import pytest

import scenes
import scenes_disputes as told
from nganam.cases.papers import papers_of
from nganam.deadlines.queries import clocks_of
from nganam.disputes import operations, tasks
from nganam.disputes.models import Dispute
from nganam.documents.models import Paper
from nganam.kernel.errors import Invalid, NotAllowed, RuleBroken, StateMoved
from nganam.notices.queries import inbox
from nganam.sharing.models import Request
from nganam.sharing.requests import operations as requests

pytestmark = pytest.mark.django_db


def clock(dispute, key):
    return clocks_of("disputes.dispute", dispute.code).filter(key=key).last()


@pytest.mark.law("D48.1", "D49.1", "D50")
def test_level_one_resolves_and_the_request_is_taken_up_again_with_a_new_clock(province, lan, phuc):
    dispute = told.dispute()
    settled = operations.resolve(actor=lan, at=told.LATE, dispute=dispute, **told.TERMS)
    assert (settled.state, settled.outcome, settled.obliged, settled.carry_out_by) == (
        "settled", "for", "respondent", told.SOON,
    )  # fmt: skip
    assert clock(settled, "dispute_l1").stopped_at == told.LATE
    request = Request.objects.get()
    assert (request.state, request.refusal_reason, request.legal_basis) == ("received", "", "")
    fresh = clocks_of("sharing.request", request.code).last()
    assert (fresh.key, fresh.is_running, fresh.agency, fresh.started_at) == ("acct_issue", True, "CT-SYT", told.LATE)
    assert papers_of(settled).get(kind="CV").agency == "CT-SYT"
    assert any(dispute.code in notice.title for notice in inbox(phuc))


def test_to_refuse_what_is_asked_is_not_to_resolve_it(province, lan, at):
    with pytest.raises(Invalid) as refused:
        operations.resolve(actor=lan, at=at, dispute=told.dispute(), **told.TERMS | {"outcome": "against"})
    assert "outcome" in refused.value.fields


@pytest.mark.parametrize(
    ("name", "value"), [("outcome", "maybe"), ("obliged", "nobody"), ("carry_out_by", date(2026, 11, 2))]
)
def test_a_settlement_says_for_whom_by_whom_and_until_when(province, lan, at, name, value):
    dispute = told.dispute()
    with pytest.raises(Invalid) as refused:
        operations.resolve(actor=lan, at=at, dispute=dispute, **told.TERMS | {name: value})
    assert name in refused.value.fields
    assert not papers_of(dispute).exists(), "a refused deed takes no number"


@pytest.mark.law("D49.1")
def test_level_one_says_that_it_cannot_and_the_request_stays_in_dispute(province):
    dispute = told.unresolved()
    assert dispute.state == "unresolved"
    assert not clock(dispute, "dispute_l1").is_running
    assert Request.objects.get().state == "disputed"


@pytest.mark.law("D49.2")
def test_the_opener_takes_it_to_the_lead_agency_which_has_seven_working_days(province, minh):
    dispute = told.at_level_two()
    assert (dispute.state, dispute.level, dispute.lead.code) == ("level_two", 2, "CT-SKHCN")
    running = clock(dispute, "dispute_l2")
    assert (running.agency, running.due_on, running.article) == ("CT-SKHCN", date(2026, 11, 12), "D49.2")
    assert any(dispute.code in notice.title for notice in inbox(minh))


@pytest.mark.law("D49.2")
def test_level_two_is_open_once_level_one_is_overdue_and_not_before(province, phuc):
    dispute = told.dispute()
    last_day = told.AT.replace(day=12)
    with pytest.raises(RuleBroken) as refused:
        operations.escalate(actor=phuc, at=last_day, dispute=dispute, reason="Chưa trả lời.")
    assert refused.value.article == "D49.1"
    moved = operations.escalate(actor=phuc, at=last_day + timedelta(days=1), dispute=dispute, reason="Chưa trả lời.")
    assert moved.state == "level_two"
    assert not clock(moved, "dispute_l1").is_running


@pytest.mark.law("D49.2")
def test_the_opener_is_told_once_that_level_one_is_overdue(province, phuc):
    dispute = told.dispute()
    assert tasks.tell_openers(at=told.AT) == 0
    assert tasks.tell_openers(at=told.LATE) == 1
    assert tasks.tell_openers(at=told.LATE + timedelta(days=1)) == 0
    assert any("cấp 1 đã quá hạn" in notice.title for notice in inbox(phuc))
    assert Dispute.objects.get(code=dispute.code).overdue_told_at == told.LATE


@pytest.mark.law("D49.2")
def test_the_lead_agency_guides_within_its_power(province, minh, at):
    settled = operations.guide(actor=minh, at=at, dispute=told.at_level_two(), **told.TERMS)
    assert settled.state == "settled"
    assert not clock(settled, "dispute_l2").is_running
    assert Request.objects.get().state == "received"
    assert Paper.objects.filter(kind="CV", agency="CT-SKHCN").count() == 1


@pytest.mark.law("D50")
def test_settled_against_the_opener_the_refusal_stands(province, minh, at):
    operations.guide(actor=minh, at=at, dispute=told.at_level_two(), **told.TERMS | {"outcome": "against"})
    request = Request.objects.get()
    assert (request.state, request.refusal_reason) == ("refused", "Không thuộc phạm vi.")


@pytest.mark.law("D49.2")
def test_the_lead_agency_puts_a_plan_and_the_opinions_of_others_to_the_chairman(province, khanh):
    dispute = told.at_level_three()
    assert (dispute.state, dispute.level) == ("level_three", 3)
    assert (dispute.plan, dispute.opinions) == ("Cấp ba mục tin.", "Công an thành phố: đồng ý.")
    assert Paper.objects.get(kind="TTr").agency == "CT-SKHCN"
    assert any(dispute.code in notice.title for notice in inbox(khanh))


def test_a_submission_without_a_plan_is_refused(province, minh, at):
    with pytest.raises(Invalid) as refused:
        operations.propose(actor=minh, at=at, dispute=told.at_level_two(), reason="Đã nghe hai bên.")
    assert "plan" in refused.value.fields


@pytest.mark.law("D48.2", "S16.1")
def test_the_chairman_decides_with_number_and_date(province):
    dispute = told.decided()
    assert (dispute.state, dispute.decision, dispute.decided_on) == ("settled", "15/QĐ-UBND", told.AT.date())
    paper = Paper.objects.get(kind="QĐ")
    assert (paper.number, paper.agency) == ("15/QĐ-UBND", "CT-UBND")
    assert Request.objects.get().state == "received"


def test_an_empty_number_is_drawn_from_the_committees_register(province):
    dispute = told.decided(paper="", decided_on=None)
    assert dispute.decision == Paper.objects.get(kind="QĐ").number
    assert (dispute.decision, dispute.decided_on) == ("01/QĐ-UBND", told.AT.date())


def test_a_decision_is_not_dated_tomorrow(province):
    for wrong in (told.AT.date() + timedelta(days=1), None):
        with pytest.raises(Invalid) as refused:
            told.decided(told.against(), decided_on=wrong)
        assert "decided_on" in refused.value.fields


@pytest.mark.law("D48.3", "D48.4", "D49.3")
def test_what_exceeds_the_chairmans_power_waits_for_central_government(province, minh):
    dispute = told.referred()
    assert (dispute.state, dispute.level, dispute.central_body) == ("central", 4, "ministry")
    assert not any(one.is_running for one in clocks_of("disputes.dispute", dispute.code)), "the law states no term"
    concluded = operations.conclude(
        actor=minh, at=told.LATE, dispute=dispute, **told.TERMS, paper="77/BKHCN-CĐS", decided_on=told.LATE.date()
    )
    assert (concluded.state, concluded.decision) == ("settled", "77/BKHCN-CĐS")
    assert Request.objects.get().state == "received"


def test_a_conclusion_is_not_dated_tomorrow(province, minh, at):
    with pytest.raises(Invalid) as refused:
        operations.conclude(
            actor=minh, at=at, dispute=told.referred(), **told.TERMS, paper="77/BKHCN", decided_on=told.LATE.date()
        )
    assert "decided_on" in refused.value.fields


@pytest.mark.law("D49.2")
def test_an_answer_of_level_one_that_does_not_do_is_taken_to_level_two(province, lan, phuc, minh, at):
    settled = operations.resolve(actor=lan, at=at, dispute=told.dispute(), **told.TERMS | {"outcome": "partly"})
    contested = operations.escalate(
        actor=phuc, at=at, dispute=settled, reason="Chỉ cấp một mục tin.", transition="contest"
    )
    assert (contested.state, contested.outcome, contested.settlement, contested.carry_out_by) == (
        "level_two", "", "", None,
    )  # fmt: skip
    settled = operations.guide(actor=minh, at=at, dispute=contested, **told.TERMS)
    with pytest.raises(RuleBroken):
        operations.escalate(actor=phuc, at=at, dispute=settled, reason="Vẫn chưa.", transition="contest")


def test_refused_anew_after_level_one_the_request_is_held_again(province, lan, phuc, minh, at):
    settled = operations.resolve(actor=lan, at=at, dispute=told.dispute(), **told.TERMS)
    request = Request.objects.get()
    requests.refuse_request(actor=lan, at=at, request=request, reason="Vẫn không.", legal_basis="Điều 5 Luật X")
    contested = operations.escalate(actor=phuc, at=at, dispute=settled, reason="Lại từ chối.", transition="contest")
    assert Request.objects.get().state == "disputed"
    operations.guide(actor=minh, at=at, dispute=contested, **told.TERMS)
    assert Request.objects.get().state == "received"


def test_the_chairman_is_asked_when_guidance_does_not_help_or_level_two_is_overdue(province, phuc, minh, at):
    dispute = told.at_level_two()
    with pytest.raises(RuleBroken):
        operations.appeal(actor=phuc, at=at, dispute=dispute, reason="Chưa giải quyết.")
    late = operations.appeal(actor=phuc, at=told.LATE, dispute=dispute, reason="Quá hạn.")
    assert (late.state, late.level) == ("level_three", 3)
    other = told.at_level_two(told.against())
    guided = operations.guide(actor=minh, at=at, dispute=other, **told.TERMS)
    assert operations.appeal(actor=phuc, at=at, dispute=guided, reason="Không giúp được.").state == "level_three"


def test_a_request_that_went_on_meanwhile_is_left_alone(province, lan, minh, at):
    dispute = told.dispute(scenes.sent_request(), at=told.LATE)
    requests.grant_request(
        actor=lan, at=told.LATE, request=Request.objects.get(), granted=["ma_co_so"], **scenes.WITHHELD
    )
    operations.resolve(actor=lan, at=told.LATE, dispute=dispute, **told.TERMS)
    assert Request.objects.get().state == "granted"


BY_OTHERS = (
    (told.dispute, "resolve", ("phuc", "minh", "khanh", "hoa", "dung")),
    (told.dispute, "fail", ("phuc", "minh", "khanh", "hoa", "dung")),
    (told.unresolved, "escalate", ("lan", "minh", "khanh", "hoa", "dung")),
    (told.at_level_two, "guide", ("lan", "phuc", "khanh", "hoa", "dung")),
    (told.at_level_two, "propose", ("lan", "phuc", "khanh", "hoa", "dung")),
    (told.at_level_three, "decide", ("lan", "phuc", "minh", "hoa", "dung")),
    (told.at_level_three, "refer", ("lan", "phuc", "minh", "hoa", "dung")),
    (told.referred, "conclude", ("lan", "phuc", "hoa", "dung")),
)
INPUTS = {
    "resolve": told.TERMS,
    "fail": {"reason": "x"},
    "escalate": {"reason": "x"},
    "guide": told.TERMS,
    "propose": {"reason": "x", "plan": "x"},
    "decide": told.TERMS | {"decided_on": told.AT.date()},
    "refer": {"reason": "x", "central_body": "ministry", "central_name": "x", "decided_on": told.AT.date()},
    "conclude": told.TERMS | {"decided_on": told.AT.date(), "paper": "1"},
}


@pytest.mark.parametrize(("scene", "move", "names"), BY_OTHERS, ids=[one[1] for one in BY_OTHERS])
def test_nobody_else_makes_the_move_and_nobody_makes_it_twice(province, request, at, scene, move, names):
    dispute = scene()
    papers = Paper.objects.count()
    for name in names:
        with pytest.raises(NotAllowed):
            operations.MOVES[move](actor=request.getfixturevalue(name), at=at, dispute=dispute, **INPUTS[move])
    dispute.refresh_from_db()
    assert Paper.objects.count() == papers
    rightful = {"resolve": told.LAN, "fail": told.LAN, "escalate": told.PHUC}.get(move) or (
        told.KHANH if move in {"decide", "refer"} else told.MINH
    )
    stale = Dispute.objects.get(pk=dispute.pk)
    operations.MOVES[move](actor=rightful, at=at, dispute=dispute, **INPUTS[move])
    with pytest.raises(StateMoved):
        operations.MOVES[move](actor=rightful, at=at, dispute=stale, **INPUTS[move])


@pytest.mark.parametrize("move", ["fail", "escalate", "guide", "propose", "decide", "refer"])
def test_every_step_says_why(province, at, move):
    scene = next(one for one, name, _who in BY_OTHERS if name == move)
    actor = {"fail": told.LAN, "escalate": told.PHUC, "guide": told.MINH, "propose": told.MINH}.get(move, told.KHANH)
    dispute = scene()
    with pytest.raises(Invalid) as refused:
        operations.MOVES[move](actor=actor, at=at, dispute=dispute, **INPUTS[move] | {"reason": " "})
    assert "reason" in refused.value.fields


@pytest.mark.parametrize(("name", "value"), [("central_body", "nobody"), ("central_name", " ")])
def test_a_referral_says_to_whom(province, khanh, at, name, value):
    with pytest.raises(Invalid) as refused:
        operations.refer(actor=khanh, at=at, dispute=told.at_level_three(), **INPUTS["refer"] | {name: value})
    assert name in refused.value.fields
