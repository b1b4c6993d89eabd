"""After the settlement: the obliged side reports, the body that decided checks and may send it back."""

from datetime import timedelta

import pytest

import scenes_disputes as told
from nganam.cases.reminders import remind
from nganam.deadlines.models import Clock
from nganam.desk import oversight
from nganam.desk import queries as desk
from nganam.desk.worklist import Desk
from nganam.disputes import operations, queries
from nganam.disputes.models import Dispute
from nganam.kernel.errors import Invalid, NotAllowed, StateMoved
from nganam.notices.models import Notice

pytestmark = pytest.mark.django_db


@pytest.mark.law("D50.2", "D50.3")
def test_the_obliged_side_reports_and_the_chairman_closes(province, khanh, at):
    dispute = told.reported()
    assert dispute.state == "reported"
    closed = operations.check_compliance(
        actor=khanh, at=at, dispute=dispute, transition="confirm", reason="Đã kiểm tra tài khoản."
    )
    assert (closed.state, closed.is_final) == ("closed", True)


@pytest.mark.law("D50.3")
def test_what_was_not_complied_with_goes_back_with_a_new_date(province, minh, lan, at):
    dispute = told.reported()
    given = {"actor": minh, "at": at, "dispute": dispute, "transition": "send_back", "reason": "Mới cấp một mục tin."}
    for wrong in (None, at.date() - timedelta(days=1)):
        with pytest.raises(Invalid) as refused:
            operations.check_compliance(**given, carry_out_by=wrong)
        assert "carry_out_by" in refused.value.fields
    back = operations.check_compliance(**given, carry_out_by=told.SOON)
    assert (back.state, back.carry_out_by, back.outcome) == ("settled", told.SOON, "for")
    assert told.reported(back).state == "reported"


@pytest.mark.law("D50.2")
@pytest.mark.parametrize("name", ["phuc", "minh", "khanh", "hoa", "dung"])
def test_only_the_obliged_side_reports(province, request, at, name):
    dispute = told.decided()
    with pytest.raises(NotAllowed):
        operations.report_done(actor=request.getfixturevalue(name), at=at, dispute=dispute, reason="Xong.")


@pytest.mark.law("D50.2")
def test_the_opener_may_be_the_one_obliged(province, phuc, lan, at):
    dispute = told.decided(obliged="opener")
    with pytest.raises(NotAllowed):
        operations.report_done(actor=lan, at=at, dispute=dispute, reason="Xong.")
    assert operations.report_done(actor=phuc, at=at, dispute=dispute, reason="Xong.").state == "reported"


@pytest.mark.law("D50.3")
@pytest.mark.parametrize("name", ["phuc", "lan", "hoa", "dung"])
def test_above_level_one_the_sides_do_not_check(province, request, at, name):
    dispute = told.reported()
    for step in ("confirm", "send_back"):
        with pytest.raises(NotAllowed):
            operations.check_compliance(
                actor=request.getfixturevalue(name), at=at, dispute=dispute, transition=step, reason="x",
                carry_out_by=told.SOON,
            )  # fmt: skip


@pytest.mark.law("D50.3")
def test_what_level_two_settled_the_lead_agency_checks(province, minh, khanh, lan, at):
    settled = operations.guide(actor=minh, at=at, dispute=told.at_level_two(), **told.TERMS)
    reported = told.reported(settled)
    with pytest.raises(NotAllowed):
        operations.check_compliance(actor=khanh, at=at, dispute=reported, transition="confirm", reason="x")
    done = operations.check_compliance(actor=minh, at=at, dispute=reported, transition="confirm", reason="Đúng hạn.")
    assert done.state == "closed"


@pytest.mark.parametrize(("obliged", "by"), [("respondent", told.PHUC), ("opener", told.LAN)])
def test_at_level_one_the_side_that_did_not_have_to_act_checks(province, lan, at, obliged, by):
    settled = operations.resolve(actor=lan, at=at, dispute=told.dispute(), **told.TERMS | {"obliged": obliged})
    doer = told.LAN if by is told.PHUC else told.PHUC
    reported = operations.report_done(actor=doer, at=at, dispute=settled, reason="Xong.")
    for actor in (doer, told.MINH, told.KHANH):
        with pytest.raises(NotAllowed):
            operations.check_compliance(actor=actor, at=at, dispute=reported, transition="confirm", reason="x")
    assert operations.check_compliance(
        actor=by, at=at, dispute=reported, transition="confirm", reason="Đúng."
    ).is_final  # fmt: skip


def test_a_settlement_past_its_date_is_overdue_until_it_is_reported(province, at):
    dispute = told.decided()
    late = at + timedelta(days=90)
    assert not queries.overdue(Dispute.objects.all(), at).exists()
    assert queries.overdue(Dispute.objects.all(), late).get() == dispute
    told.reported(dispute)
    assert not queries.overdue(Dispute.objects.all(), late).exists()


def test_a_closed_dispute_is_not_checked_again(province, khanh, at):
    dispute = told.reported()
    stale = Dispute.objects.get(pk=dispute.pk)
    operations.check_compliance(actor=khanh, at=at, dispute=dispute, transition="confirm", reason="Đúng.")
    with pytest.raises(StateMoved):
        operations.check_compliance(
            actor=khanh, at=at, dispute=stale, transition="send_back", reason="x", carry_out_by=told.SOON
        )


# ---- the day set for carrying it out ----


def clock_of(dispute):
    return Clock.objects.get(object_code=dispute.code, key="dispute_carry_out", stopped_at__isnull=True)


@pytest.mark.law("D50.2")
@pytest.mark.parametrize(("obliged", "agency"), [("respondent", "CT-SYT"), ("opener", "CT-X31507")])
def test_the_day_of_a_settlement_is_a_clock_of_the_obliged_side(province, obliged, agency):
    clock = clock_of(told.decided(obliged=obliged))
    assert (clock.agency, clock.due_on, clock.is_local) == (agency, told.SOON, True)


@pytest.mark.law("D49.1", "D49.2", "D50.2")
@pytest.mark.parametrize("step", ["resolve", "guide"])
def test_each_level_that_settles_sets_the_clock(province, lan, minh, at, step):
    if step == "resolve":
        dispute = operations.resolve(actor=lan, at=at, dispute=told.dispute(), **told.TERMS)
    else:
        dispute = operations.guide(actor=minh, at=at, dispute=told.at_level_two(), **told.TERMS)
    assert clock_of(dispute).due_on == told.TERMS["carry_out_by"]


@pytest.mark.law("D50.2", "D50.3")
def test_the_clock_stops_with_the_report_and_begins_anew_when_it_is_sent_back(province, minh, at):
    dispute = told.reported()
    assert not Clock.objects.filter(object_code=dispute.code, stopped_at__isnull=True).exists()
    later = told.SOON + timedelta(days=7)
    back = operations.check_compliance(
        actor=minh, at=at, dispute=dispute, transition="send_back", reason="Mới cấp một mục.", carry_out_by=later
    )
    assert clock_of(back).due_on == later
    with pytest.raises(StateMoved):
        operations.check_compliance(
            actor=minh, at=at, dispute=dispute, transition="send_back", reason="x", carry_out_by=later
        )


@pytest.mark.law("D49.2")
def test_a_settlement_that_is_contested_has_no_day_to_carry_out(province, lan, phuc, at):
    dispute = operations.resolve(actor=lan, at=at, dispute=told.dispute(), **told.TERMS)
    operations.escalate(actor=phuc, at=at, dispute=dispute, transition="contest", reason="Chưa thỏa đáng.")
    assert not Clock.objects.filter(key="dispute_carry_out", stopped_at__isnull=True).exists()


@pytest.mark.law("S16.2", "D50.3")
def test_the_day_is_on_the_desk_reminded_of_and_when_it_is_over_before_the_lead_agency(province, lan, minh, phuc, at):
    dispute = told.decided()
    clocks = Desk(lan, at).clocks().filter(key="dispute_carry_out")
    (due,) = desk.due(Desk(lan, at), clocks, 5)
    assert (due.clock.object_code, due.url) == (dispute.code, dispute.get_absolute_url())
    assert due.clock.label == "Thi hành kết quả giải quyết"
    assert not Desk(phuc, at).clocks().filter(key="dispute_carry_out").exists()
    late = at + (told.SOON - at.date()) + timedelta(days=1)
    assert not queries.overdue(queries.disputes_for(minh), late - timedelta(days=1)).exists()
    remind(at=late)
    told_of = Notice.objects.filter(event="deadlines.clock.overdue", title__startswith=dispute.code)
    assert told_of.get().agency == "CT-SYT"
    assert dispute.code in {one.object_code for one in oversight.clocks(oversight.Asked(), late)}
    assert queries.overdue(queries.disputes_for(minh), late).get() == dispute
