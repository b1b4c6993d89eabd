"""SM3 A: two recorded opinions before anything goes outside; the Chairman when they differ (S17.3)."""

from datetime import UTC, date, datetime

import pytest

import scenes
import scenes_outside as outside
from nganam.cases import operations as cases
from nganam.cases import parties
from nganam.cases.queries import history_of
from nganam.deadlines.queries import clocks_of
from nganam.documents.models import Paper
from nganam.kernel.actors import system
from nganam.kernel.errors import Invalid, NotAllowed, RuleBroken, StateMoved
from nganam.notices.queries import inbox
from nganam.sharing.models import Account, Inbound
from nganam.sharing.outside import inbound, queries
from nganam.sharing.outside.workflow import INBOUND

pytestmark = pytest.mark.django_db
DESK = system("sharing")


@pytest.mark.law("S17.3")
@pytest.mark.parametrize(
    ("owner", "lead", "state"),
    [
        (True, True, "agreed"),
        (False, False, "disagreed"),
        (True, False, "differing"),
        (False, True, "differing"),
    ],
)
@pytest.mark.parametrize("first", ["owner", "lead"])
def test_the_two_opinions_together_decide_where_the_case_goes(province, owner, lead, state, first):
    case = outside.registered()
    said = {"owner": owner, "lead": lead}
    second = "lead" if first == "owner" else "owner"
    case = outside.opine(case, first, said[first])
    assert case.state == "opinions", "one opinion moves nothing"
    assert outside.opine(case, second, said[second]).state == state


@pytest.mark.law("S17.3")
def test_opinions_are_recorded_with_who_and_why(province):
    case = outside.weighed(owner=False)
    (owner_name, owner), (lead_name, lead) = queries.sides_of(case)
    assert (owner.by, owner.agrees, owner.reason, owner.legal_basis) == (
        "lan", False, "owner thấy chưa nên", outside.BASIS
    )  # fmt: skip
    assert (lead.by, lead.agrees) == ("minh", True)
    assert owner_name != lead_name
    moves = [row.transition for row in history_of(case)]
    assert moves == ["", "receive", "owner_disagrees", "lead_agrees", "differ"]


@pytest.mark.law("S17.3")
def test_the_owners_opinion_stops_its_local_term_but_not_the_statutory_one(province):
    case = outside.opine(outside.registered(), "owner", agrees=True)
    clocks = {one.key: one.stopped_at for one in clocks_of("sharing.inbound", case.code)}
    assert clocks["out_of_province"] is not None
    assert clocks["acct_issue"] is None


def test_each_side_speaks_for_itself_and_once(province, lan, minh, khanh, phuc):
    case = outside.registered()
    for side, actors in (("owner", (minh, khanh, phuc)), ("lead", (lan, khanh, phuc))):
        for actor in actors:
            with pytest.raises(NotAllowed):
                outside.opine(case, side, agrees=True, actor=actor)
    case = outside.opine(case, "owner", agrees=True)
    with pytest.raises(RuleBroken):
        outside.opine(case, "owner", agrees=False)
    assert case.opinions.count() == 1


def test_one_person_does_not_give_both_opinions_where_the_lead_agency_owns_the_data(province):
    case = outside.registered()
    owner = queries.outside_agencies().model.objects.get(code="CT-SKHCN")
    Inbound.objects.update(provider=owner)
    outside.opine(case, "owner", agrees=True, actor=outside.BOTH)
    with pytest.raises(RuleBroken):
        outside.opine(case, "lead", agrees=True, actor=outside.BOTH)
    assert Inbound.objects.get().state == "opinions"


@pytest.mark.law("N194.16", "S17.3")
def test_who_disagrees_says_why_and_since_august_2025_on_what_basis(province, lan, at):
    case = outside.registered()
    words = {"actor": lan, "at": at, "inbound": case, "transition": "owner_disagrees"}
    with pytest.raises(Invalid) as refused:
        inbound.give_opinion(reason="Chưa nên", **words)
    assert "legal_basis" in refused.value.fields
    with pytest.raises(Invalid) as refused:
        inbound.give_opinion(legal_basis=outside.BASIS, **words)
    assert "reason" in refused.value.fields
    before = datetime(2025, 8, 18, 2, tzinfo=UTC)
    old = outside.registered(at=before, received_on=date(2025, 8, 18), service=case.service)
    moved = inbound.give_opinion(actor=lan, at=before, inbound=old, transition="owner_disagrees", reason="Chưa nên")
    assert moved.opinions.get().legal_basis == ""


def test_two_at_once_one_is_told_to_look_again(province, minh, at):
    case = outside.registered()
    stale = Inbound.objects.get()
    outside.opine(case, "owner", agrees=True)
    with pytest.raises(StateMoved):
        inbound.give_opinion(actor=minh, at=at, inbound=stale, transition="lead_agrees")
    assert inbound.give_opinion(
        actor=minh, at=at, inbound=Inbound.objects.get(), transition="lead_agrees"
    ).state == "agreed"  # fmt: skip


@pytest.mark.law("S17.3")
@pytest.mark.parametrize("state", ["agreed", "permitted"])
@pytest.mark.parametrize("given", [(), ("owner",), ("lead",)])
def test_nothing_is_granted_or_agreed_on_without_two_opinions_whatever_the_state(province, state, given, lan, minh, at):
    case = outside.registered()
    for side in given:
        case = outside.opine(case, side, agrees=True)
    Inbound.objects.update(state=state)
    case = Inbound.objects.get()
    for actor, transition in ((lan, "grant"), (minh, "to_agreement")):
        unmet = parties.unmet(actor, case, INBOUND.transition(transition), at)
        assert ("S17.3") in [article for article, _words in unmet]
    with pytest.raises(RuleBroken):
        inbound.grant_inbound(actor=lan, at=at, inbound=case, granted=["ma_co_so"], **scenes.WITHHELD)
    with pytest.raises(RuleBroken):
        inbound.move_to_agreement(actor=minh, at=at, inbound=case, reason="x")
    assert not Account.objects.exists()


@pytest.mark.law("S17.3")
@pytest.mark.parametrize("step", ["agree", "differ", "agree_not"])
def test_the_system_itself_does_not_move_on_before_both_have_spoken(province, step, at):
    case = outside.opine(outside.registered(), "owner", agrees=True)
    with pytest.raises(RuleBroken):
        cases.advance(case, step, actor=DESK, at=at)


def test_agreement_is_not_made_of_a_disagreement(province, at):
    case = outside.opine(outside.registered(), "owner", agrees=False)
    case.opinions.create(side="lead", agrees=True, agency="CT-SKHCN", by="minh", by_name="Minh", at=at)
    with pytest.raises(RuleBroken):
        cases.advance(queries.fresh_inbound(case), "agree", actor=DESK, at=at)


# ---- the Chairman ----


@pytest.mark.law("S17.3", "D31")
def test_differing_opinions_are_submitted_with_number_and_day(province, khanh):
    case = outside.submitted()
    assert (case.state, case.submission_number, case.submission_on) == ("submitted", "12/TTr-SKHCN", outside.TODAY)
    paper = Paper.objects.get(object_type="sharing.inbound")
    assert (paper.kind, paper.number, paper.agency) == ("TTr", "12/TTr-SKHCN", "CT-SKHCN")
    assert history_of(case).last().paper == paper.code
    assert any(case.code in notice.title for notice in inbox(khanh))


def test_only_differing_opinions_are_submitted_by_the_lead_agency_and_why(province, lan, minh, at):
    words = {"at": at, "reason": "x", "signed_on": outside.TODAY}
    agreed = outside.weighed()
    with pytest.raises(StateMoved):
        inbound.submit_inbound(actor=minh, inbound=agreed, paper="12/TTr", **words)
    differing = outside.weighed(owner=False, case=outside.registered(service=agreed.service))
    with pytest.raises(NotAllowed):
        inbound.submit_inbound(actor=lan, inbound=differing, paper="12/TTr", **words)
    with pytest.raises(Invalid):
        inbound.submit_inbound(actor=minh, inbound=differing, paper="12/TTr", **words | {"reason": ""})
    assert not Paper.objects.filter(object_type="sharing.inbound").exists()


@pytest.mark.law("S17.3", "D32")
@pytest.mark.parametrize(("transition", "state"), [("permit", "permitted"), ("forbid", "forbidden")])
def test_the_chairman_decides_with_number_and_day(province, transition, state, lan, minh):
    case = outside.decided(transition)
    assert (case.state, case.decision_number, case.decision_on) == (state, "99/QĐ-UBND", outside.TODAY)
    assert Paper.objects.get(kind="QĐ").agency == "CT-UBND"
    for actor in (lan, minh):
        assert any(case.current.vi in notice.title for notice in inbox(actor))


@pytest.mark.parametrize("transition", ["permit", "forbid"])
def test_nobody_else_decides_and_no_decision_is_older_than_the_submission(province, transition, lan, minh, khanh, at):
    case = outside.submitted()
    words = {"at": at, "inbound": case, "transition": transition, "paper": "9/QĐ-UBND", "reason": "x"}
    for actor in (lan, minh):
        with pytest.raises(NotAllowed):
            inbound.decide_inbound(actor=actor, signed_on=outside.TODAY, **words)
    with pytest.raises(Invalid) as refused:
        inbound.decide_inbound(actor=khanh, signed_on=date(2026, 11, 2), **words)
    assert "signed_on" in refused.value.fields
    assert not Paper.objects.filter(kind="QĐ").exists()


def test_a_prohibition_states_its_reason(province, khanh, at):
    with pytest.raises(Invalid) as refused:
        inbound.decide_inbound(
            actor=khanh, at=at, inbound=outside.submitted(), transition="forbid", paper="9/QĐ", signed_on=outside.TODAY
        )
    assert "reason" in refused.value.fields


def test_a_submission_may_be_sent_back_and_submitted_again(province, khanh, minh, lan, at):
    case = outside.submitted()
    with pytest.raises(NotAllowed):
        inbound.send_back_inbound(actor=minh, at=at, inbound=case, reason="x")
    back = inbound.send_back_inbound(actor=khanh, at=at, inbound=case, reason="Nêu rõ căn cứ")
    assert back.state == "differing"
    again = inbound.submit_inbound(
        actor=minh, at=at, inbound=back, reason="Đã bổ sung", paper="13/TTr-SKHCN", signed_on=outside.TODAY
    )
    assert again.submission_number == "13/TTr-SKHCN"


def test_two_chairmen_at_once_decide_once(province, khanh, at):
    case = outside.submitted()
    stale = Inbound.objects.get()
    words = {"actor": khanh, "at": at, "signed_on": outside.TODAY, "reason": "x"}
    inbound.decide_inbound(inbound=case, transition="permit", paper="1/QĐ-UBND", **words)
    with pytest.raises(StateMoved):
        inbound.decide_inbound(inbound=stale, transition="forbid", paper="2/QĐ-UBND", **words)
    assert not Paper.objects.filter(number="2/QĐ-UBND").exists(), "the register has no number for a deed undone"


def test_the_term_goes_on_while_the_chairman_considers(province):
    case = outside.submitted()
    assert clocks_of("sharing.inbound", case.code).get(key="acct_issue").stopped_at is None
