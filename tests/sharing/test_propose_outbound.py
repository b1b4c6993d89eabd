"""SM3 B: a unit of the province wants outside data: proposed, reviewed, sent, answered, connected, used, ended."""

from datetime import UTC, date, datetime, timedelta

import pytest

import scenes
import scenes_outside as outside
from nganam.agencies.models import Agency
from nganam.audit.models import Entry
from nganam.cases import operations as cases
from nganam.deadlines.queries import clocks_of, overdue
from nganam.kernel.actors import system
from nganam.kernel.errors import Invalid, NotAllowed, NotFound, RuleBroken, StateMoved
from nganam.notices.queries import inbox
from nganam.sharing.models import Outbound
from nganam.sharing.outside import outbound, queries

pytestmark = pytest.mark.django_db


@pytest.mark.law("S9.3")
def test_a_proposal_goes_to_the_lead_agency(province, minh):
    case = outside.proposed()
    assert (case.code, case.state, case.received_at) == ("NT-2026-0001", "proposed", outside.AT)
    assert any(case.code in notice.title for notice in inbox(minh))


@pytest.mark.law("D35.2", "S9.3")
@pytest.mark.parametrize("missing", ["purpose", "solution", "frequency", "fields", "provider_name"])
def test_an_incomplete_draft_is_kept_but_not_proposed(province, missing):
    with pytest.raises(RuleBroken) as refused:
        outside.proposed(**{missing: [] if missing == "fields" else ""})
    assert refused.value.article == "D35.2"
    assert Outbound.objects.get().state == "draft"


def test_a_draft_sent_twice_is_one(province, phuc, at):
    words = {"actor": phuc, "at": at, "values": outside.PROPOSED, "once": "k"}
    assert outbound.draft_outbound(**words).pk == outbound.draft_outbound(**words).pk


def test_only_focal_officers_propose_and_with_their_own_application(province, lan, minh, at):
    for actor in (minh,):
        with pytest.raises(NotAllowed):
            outbound.draft_outbound(actor=actor, at=at, values=outside.PROPOSED)
    with pytest.raises(NotAllowed):
        outbound.draft_outbound(actor=lan, at=at, values=outside.PROPOSED | {"application": scenes.application()})


def test_a_draft_is_changed_by_its_agency_until_it_is_sent(province, phuc, lan, at):
    case = outside.drafted()
    with pytest.raises(NotAllowed):
        outbound.edit_outbound(actor=lan, at=at, outbound=case, values={"purpose": "x"})
    stale = Outbound.objects.get()
    changed = outbound.edit_outbound(actor=phuc, at=at, outbound=case, values={"purpose": "Mục đích mới"})
    assert changed.purpose == "Mục đích mới"
    assert Entry.objects.filter(action="sharing.outbound.edited").exists()
    with pytest.raises(StateMoved):
        outbound.edit_outbound(actor=phuc, at=at, outbound=stale, values={"purpose": "cũ"})
    sent = outbound.propose(actor=phuc, at=at, outbound=changed)
    with pytest.raises(StateMoved):
        outbound.edit_outbound(actor=phuc, at=at, outbound=sent, values={"purpose": "muộn"})


def test_who_sees_what(province, phuc, lan, minh, khanh):
    case = outside.drafted()
    assert queries.get_outbound_for(phuc, case.code)
    for actor in (lan, minh, khanh):
        with pytest.raises(NotFound):
            queries.get_outbound_for(actor, case.code)
    outbound.propose(actor=phuc, at=outside.AT, outbound=case)
    assert queries.get_outbound_for(minh, case.code)
    with pytest.raises(NotFound):
        queries.get_outbound_for(lan, case.code)


# ---- the review ----


@pytest.mark.law("S9.3", "S9.2")
def test_the_review_answers_its_three_questions_and_names_the_provider(province, phuc):
    case = outside.accepted()
    assert (case.state, case.provider.code) == ("accepted", "BO-TC")
    assert set(case.review) == set(outbound.REVIEWED)
    assert any(case.code in notice.title for notice in inbox(phuc))


@pytest.mark.parametrize("missing", ["catalogue", "legal_basis", "duplicate"])
def test_no_question_of_the_review_is_left_out(province, missing):
    with pytest.raises(Invalid) as refused:
        outside.accepted(**{missing: " "})
    assert missing in refused.value.fields


@pytest.mark.law("S16")
def test_data_of_the_province_are_not_asked_for_this_way(province, minh, at):
    case = outside.proposed()
    with pytest.raises(RuleBroken):
        outbound.accept(actor=minh, at=at, outbound=case, provider=Agency.objects.get(code="CT-SYT"), **outside.REVIEW)


@pytest.mark.parametrize(("transition", "state"), [("return", "returned"), ("reject", "rejected")])
def test_a_proposal_is_returned_or_rejected_with_a_reason(province, transition, state, minh, phuc, at):
    case = outside.proposed()
    words = {"at": at, "outbound": case, "transition": transition}
    with pytest.raises(NotAllowed):
        outbound.answer_proposal(actor=phuc, reason="x", **words)
    with pytest.raises(Invalid):
        outbound.answer_proposal(actor=minh, reason=" ", **words)
    assert outbound.answer_proposal(actor=minh, reason="Đã có ở kho dùng chung", **words).state == state
    assert any("Đã có ở kho" in notice.body for notice in inbox(phuc))


def test_a_returned_proposal_is_completed_and_proposed_again(province, minh, phuc, at):
    back = outbound.answer_proposal(
        actor=minh, at=at, outbound=outside.proposed(), transition="return", reason="Thiếu căn cứ"
    )
    again = outbound.edit_outbound(actor=phuc, at=at, outbound=back, values={"basis": "Điều 5"})
    assert outbound.propose(actor=phuc, at=at, outbound=again).state == "proposed"


def test_the_reviewer_sees_what_was_asked_of_the_same_agency(province, minh, phuc, at):
    first = outside.accepted()
    second = outbound.draft_outbound(
        actor=phuc, at=at, values=outside.PROPOSED | {"provider": first.provider, "application": first.application}
    )
    second = outbound.propose(actor=phuc, at=at, outbound=second)
    assert list(queries.alike(second)) == [first]
    assert list(queries.alike(first)) == [second]


# ---- sent and answered ----


@pytest.mark.law("D35.1", "D35.3", "S17.1", "D31")
def test_the_providers_term_runs_from_the_day_of_sending(province):
    case = outside.sent()
    assert (case.state, case.sent_number, case.sent_on) == ("waiting", "45/SKHCN-CNTT", outside.TODAY)
    clock = clocks_of("sharing.outbound", case.code).get(key="acct_issue")
    assert (clock.key, clock.due_on, clock.agency) == ("acct_issue", date(2026, 11, 5), "CT-SKHCN")
    assert case.code in [one.object_code for one in overdue(outside.AT + timedelta(days=3))]


@pytest.mark.law("D35.3")
@pytest.mark.parametrize(
    ("sent_on", "due"), [(date(2025, 8, 18), date(2025, 8, 25)), (date(2025, 8, 19), date(2025, 8, 21))]
)
def test_the_rules_of_the_day_of_sending_hold(province, minh, sent_on, due):
    case = outside.accepted()
    Outbound.objects.update(received_at=datetime(2025, 8, 11, 2, tzinfo=UTC))
    case.refresh_from_db()
    case = outbound.send(
        actor=minh, at=datetime(2025, 8, 20, 2, tzinfo=UTC), outbound=case, channel="document", paper="45/SKHCN",
        sent_on=sent_on,
    )  # fmt: skip
    assert clocks_of("sharing.outbound", case.code).get(key="acct_issue").due_on == due


def test_what_is_sent_has_a_number_a_way_and_a_possible_day(province, minh, phuc, at):
    case = outside.accepted()
    words = {"at": at, "outbound": case, "channel": "national", "paper": "45/SKHCN", "sent_on": outside.TODAY}
    with pytest.raises(NotAllowed):
        outbound.send(actor=phuc, **words)
    for field, wrong in (
        ("paper", {"paper": ""}),
        ("channel", {"channel": "fax"}),
        ("sent_on", {"sent_on": outside.TODAY + timedelta(days=1)}),
        ("sent_on", {"sent_on": outside.TODAY - timedelta(days=1)}),
    ):
        with pytest.raises(Invalid) as refused:
            outbound.send(actor=minh, **words | wrong)
        assert field in refused.value.fields
    assert not clocks_of("sharing.outbound", case.code).filter(key="acct_issue").exists(), (
        "a deed undone starts no clock"
    )


@pytest.mark.law("D36", "D37")
def test_for_special_data_no_term_runs_and_each_form_has_its_way(province, minh, at):
    case = outside.accepted(form="special")
    words = {
        "actor": minh, "at": at, "outbound": case, "channel": "national", "paper": "45/SKHCN", "sent_on": outside.TODAY
    }  # fmt: skip
    with pytest.raises(RuleBroken):
        outbound.send(transition="send", **words)
    case = outbound.send(transition="send_special", **words)
    assert case.state == "waiting"
    assert not clocks_of("sharing.outbound", case.code).filter(key="acct_issue").exists()


def test_default_data_are_not_sent_as_special(province, minh, at):
    with pytest.raises(RuleBroken):
        outbound.send(
            actor=minh, at=at, outbound=outside.accepted(), transition="send_special", channel="national", paper="4",
            sent_on=outside.TODAY,
        )  # fmt: skip


@pytest.mark.law("D35.3")
def test_a_grant_of_the_provider_is_recorded_and_stops_the_term(province, minh, phuc, at):
    case = outside.sent()
    words = {"at": at, "outbound": case, "paper": "77/BTC", "answered_on": outside.TODAY}
    with pytest.raises(NotAllowed):
        outbound.record_grant(actor=phuc, **words)
    with pytest.raises(Invalid):
        outbound.record_grant(actor=minh, **words | {"answered_on": outside.TODAY - timedelta(days=1)})
    with pytest.raises(Invalid):
        outbound.record_grant(actor=minh, **words | {"paper": ""})
    case = outbound.record_grant(actor=minh, account_reference="CTHO-01", **words)
    assert (case.state, case.account_reference) == ("granted", "CTHO-01")
    assert clocks_of("sharing.outbound", case.code).get(key="acct_issue").stopped_at == at


@pytest.mark.law("D35.3", "D49.3")
def test_a_refusal_of_the_provider_is_recorded_with_its_reason(province, minh, phuc, at):
    case = outside.sent()
    words = {"at": at, "outbound": case, "paper": "77/BTC", "answered_on": outside.TODAY}
    with pytest.raises(NotAllowed):
        outbound.record_refusal(actor=phuc, reason="x", **words)
    with pytest.raises(Invalid):
        outbound.record_refusal(actor=minh, reason="", **words)
    case = outbound.record_refusal(actor=minh, reason="Chưa có quy chế", legal_basis="Điều 3", **words)
    assert (case.state, case.refusal_reason, case.legal_basis) == ("refused", "Chưa có quy chế", "Điều 3")
    assert any("Chưa có quy chế" in notice.body for notice in inbox(phuc))


@pytest.mark.law("D47", "D50")
def test_a_dispute_takes_a_refusal_up_again_or_leaves_it(province, at):
    desk = system("disputes")
    case = cases.advance(outside.refused(), "dispute", actor=desk, at=at)
    case = cases.advance(case, "uphold", actor=desk, at=at)
    assert case.state == "refused"
    case = cases.advance(cases.advance(case, "dispute", actor=desk, at=at), "reopen", actor=desk, at=at)
    assert case.state == "waiting"
    assert clocks_of("sharing.outbound", case.code).filter(stopped_at__isnull=True).count() == 1


# ---- connected, used, ended ----


@pytest.mark.law("S17.4", "D46", "S9.4")
def test_granted_data_are_connected_by_the_lead_agency_and_used_by_the_proposer(province, minh, phuc, at):
    case = outbound.record_grant(actor=minh, at=at, outbound=outside.sent(), paper="77/BTC", answered_on=outside.TODAY)
    words = {"at": at, "outbound": case, "reason": "Đã thử"}
    with pytest.raises(NotAllowed):
        outbound.configure(actor=phuc, route="ndop", **words)
    for field, wrong in (
        ("finding", {"route": "direct", "ndop_checked": True}),
        ("ndop_checked", {"route": "ndxp"}),
        ("reason", {"route": "ndop", "reason": ""}),
    ):
        with pytest.raises(Invalid) as refused:
            outbound.configure(actor=minh, **words | wrong)
        assert field in refused.value.fields
    case = outbound.configure(actor=minh, route="ndop", **words)
    assert (case.state, case.route) == ("configured", "ndop")
    with pytest.raises(NotAllowed):
        outbound.start_use(actor=minh, at=at, outbound=case, reason="x")
    with pytest.raises(Invalid):
        outbound.start_use(actor=phuc, at=at, outbound=case, reason="")
    case = outbound.start_use(actor=phuc, at=at, outbound=case, reason="Nhận được dữ liệu")
    assert case.state == "in_use"
    assert any("danh sách dịch vụ ngoài tỉnh" in notice.body for notice in inbox(minh))


@pytest.mark.law("D44")
def test_use_is_ended_by_either_with_a_reason(province, minh, phuc, lan, at):
    case = outside.used()
    with pytest.raises(NotAllowed):
        outbound.end(actor=lan, at=at, outbound=case, reason="x")
    with pytest.raises(Invalid):
        outbound.end(actor=phuc, at=at, outbound=case, reason="")
    assert outbound.end(actor=phuc, at=at, outbound=case, reason="Hết nhu cầu").state == "ended"


def test_a_proposal_is_taken_back_before_and_after_sending(province, phuc, minh, at):
    early = outbound.withdraw(actor=phuc, at=at, outbound=outside.drafted())
    assert early.state == "withdrawn"
    with pytest.raises(StateMoved):
        outbound.withdraw(actor=phuc, at=at, outbound=early)


def test_what_was_sent_is_taken_back_with_a_reason_and_the_lead_agency_told(province, phuc, minh, at):
    case = outside.sent()
    words = {"at": at, "outbound": case, "transition": "withdraw_sent"}
    with pytest.raises(NotAllowed):
        outbound.withdraw(actor=minh, reason="x", **words)
    with pytest.raises(Invalid):
        outbound.withdraw(actor=phuc, **words)
    assert outbound.withdraw(actor=phuc, reason="Không cần nữa", **words).state == "withdrawn"
    assert any("Không cần nữa" in notice.body for notice in inbox(minh))
    assert clocks_of("sharing.outbound", case.code).get(key="acct_issue").stopped_at == at


def test_two_officers_who_answer_at_once_answer_once(province, minh, at):
    case = outside.proposed()
    stale = Outbound.objects.get()
    outbound.answer_proposal(actor=minh, at=at, outbound=case, transition="reject", reason="Trùng")
    with pytest.raises(StateMoved):
        outbound.answer_proposal(actor=minh, at=at, outbound=stale, transition="return", reason="x")
