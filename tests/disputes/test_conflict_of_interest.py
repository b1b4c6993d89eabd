"""The lead agency as a side: its data unit answers, another person handles level 2, no party prepares the decision."""

from dataclasses import replace

import pytest

import scenes_disputes as told
from nganam.cases import parties
from nganam.disputes import operations, saying
from nganam.kernel.actors import Actor, Kind, Role
from nganam.kernel.errors import Invalid, NotAllowed

pytestmark = pytest.mark.django_db
BOTH = replace(told.TAM, roles=frozenset({Role.FOCAL, Role.LEAD}))
"""Tâm answers for the data unit and also holds the lead agency's post."""


@pytest.fixture
def own(province):
    """Return a dispute that Phúc has with the lead agency."""
    return told.against("CT-SKHCN")


@pytest.mark.law("D48.1")
def test_level_one_is_the_lead_agencys_own_data_unit(own, minh, at):
    with pytest.raises(NotAllowed):
        operations.fail(actor=minh, at=at, dispute=own, reason="x")
    assert operations.fail(actor=told.TAM, at=at, dispute=own, reason="Không làm được.").state == "unresolved"


def up(dispute, at):
    failed = operations.fail(actor=BOTH, at=at, dispute=dispute, reason="Không làm được.")
    return operations.escalate(actor=told.PHUC, at=at, dispute=failed, reason="Cần xem lại.")


def test_who_answered_at_level_one_does_not_handle_level_two(own, minh, at):
    dispute = up(own, at)
    for move, given in (("guide", told.TERMS), ("propose", {"reason": "x"})):
        with pytest.raises(NotAllowed) as refused:
            operations.MOVES[move](actor=BOTH, at=at, dispute=dispute, **given)
        assert "nội bộ" in refused.value.message
    assert operations.guide(actor=minh, at=at, dispute=dispute, **told.TERMS).state == "settled"


def test_the_page_offers_them_no_step_they_may_not_make(own, minh, at):
    dispute = up(own, at)
    offered = {one.name for one in parties.steps_for(BOTH, dispute)}
    assert not offered & {"guide", "propose"}
    assert {"guide", "propose"} <= {one.name for one in parties.steps_for(minh, dispute)}


def test_who_stated_the_view_of_a_side_does_not_handle_it_either(own, at):
    saying.state_view(actor=BOTH, at=at, dispute=own, text="Dữ liệu chưa sẵn sàng.")
    failed = operations.fail(actor=told.TAM, at=at, dispute=own, reason="x")
    late = operations.escalate(actor=told.PHUC, at=at, dispute=failed, reason="x")
    other = replace(BOTH, code="tu")
    late.statements.update(by="tu")
    with pytest.raises(NotAllowed):
        operations.guide(actor=other, at=at, dispute=type(late).objects.get(pk=late.pk), **told.TERMS)


def test_who_raised_it_for_the_lead_agency_does_not_handle_it(province, lan, at):
    dispute = told.against("CT-SYT", actor=BOTH)
    failed = operations.fail(actor=lan, at=at, dispute=dispute, reason="x")
    at_two = operations.escalate(actor=BOTH, at=at, dispute=failed, reason="x")
    with pytest.raises(NotAllowed):
        operations.guide(actor=BOTH, at=at, dispute=at_two, **told.TERMS)


def test_as_a_side_the_lead_agency_hands_up_the_file_without_a_plan(own, minh, khanh, at):
    dispute = up(own, at)
    with pytest.raises(Invalid) as refused:
        operations.propose(actor=minh, at=at, dispute=dispute, reason="Đã nghe hai bên.", plan="Bác đề nghị.")
    assert "plan" in refused.value.fields
    handed = operations.propose(actor=minh, at=at, dispute=dispute, reason="Đã nghe hai bên.")
    assert (handed.state, handed.plan) == ("level_three", "")
    given = told.TERMS | {"decided_on": at.date()}
    assert operations.decide(actor=khanh, at=at, dispute=handed, **given).state == "settled"


def test_as_a_side_the_lead_agency_does_not_check_what_it_must_carry_out(own, minh, phuc, at):
    settled = operations.guide(actor=minh, at=at, dispute=up(own, at), **told.TERMS)
    reported = operations.report_done(actor=told.TAM, at=at, dispute=settled, reason="Xong.")
    with pytest.raises(NotAllowed):
        operations.check_compliance(actor=minh, at=at, dispute=reported, transition="confirm", reason="x")
    done = operations.check_compliance(actor=phuc, at=at, dispute=reported, transition="confirm", reason="Đúng.")
    assert done.state == "closed"


def test_nor_does_it_check_the_chairmans_decision_in_its_own_case(own, minh, khanh, at):
    handed = operations.propose(actor=minh, at=at, dispute=up(own, at), reason="Đã nghe hai bên.")
    decided = operations.decide(actor=khanh, at=at, dispute=handed, **told.TERMS, decided_on=at.date())
    reported = operations.report_done(actor=told.TAM, at=at, dispute=decided, reason="Xong.")
    with pytest.raises(NotAllowed):
        operations.check_compliance(actor=minh, at=at, dispute=reported, transition="confirm", reason="x")
    assert operations.check_compliance(
        actor=khanh, at=at, dispute=reported, transition="confirm", reason="Đúng."
    ).is_final  # fmt: skip


def test_a_chairman_who_acted_for_a_side_does_not_decide(province, at):
    both = Actor(Kind.PERSON, "phuc", "Thạch Phúc", "CT-UBND", frozenset({Role.CHAIRMAN}))
    with pytest.raises(NotAllowed):
        operations.decide(actor=both, at=at, dispute=told.at_level_three(), **told.TERMS, decided_on=at.date())
