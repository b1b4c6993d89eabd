"""Each decision can be had as an official letter: a move somebody makes issues a paper, or it is said here why not."""

import pytest

from nganam.kernel.machine import Transition
from nganam.site.documents import machines

ASKS = "Asks, hands in or answers for its own side: whoever is asked decides."
OWN = "Goes on with, gives up or takes back one's own work; nobody's right changes."
WORKS = "A step of the work inside a procedure whose outcome is a paper."
ELSEWHERE = "Records a paper that exists: signed elsewhere, received, or the text the parties sign."
AROUND = (
    "The paper is issued by the deed around it: the end of sharing (sharing.termination.notify), the notice of D43."
)
TOLD = "Carries out what a paper announced, or what was asked for; those concerned are told on the platform."
CLOSES = "Finds a duty fulfilled, or not yet, that a paper laid down; the finding is told on the platform."

NO_PAPER = {
    ASKS: """
        agencies.focal_point.resubmit catalogue.database.propose catalogue.database.retire
        disputes.dispute.take_further disputes.dispute.escalate disputes.dispute.contest disputes.dispute.appeal
        disputes.dispute.report disputes.dispute.correct disputes.dispute.explain disputes.dispute.accept
        services.revision.submit services.service.submit
        sharing.agreement.submit sharing.agreement.report_deletion sharing.breach.submit_report
        sharing.breach.report_remedy sharing.outbound.propose sharing.request.send sharing.termination.report_deletion
        sharing.account.give_up sharing.inbound.begin_agreement
    """,
    OWN: """
        agencies.focal_point.withdraw catalogue.database.revise catalogue.database.abandon catalogue.edition.abandon
        disputes.dispute.withdraw disputes.dispute.agree opendata.dataset.prepare opendata.dataset.update
        opendata.dataset.confirm_unchanged services.revision.abandon services.service.abandon
        sharing.agreement.withdraw sharing.joining.withdraw sharing.outbound.withdraw sharing.outbound.withdraw_sent
        sharing.outbound.end sharing.request.withdraw sharing.request.withdraw_sent sharing.inbound.withdraw
    """,
    WORKS: """
        agencies.focal_point.return catalogue.database.accept catalogue.database.return catalogue.edition.send_back
        inspection.plan.open inspection.plan.collect inspection.plan.maintain inspection.plan.complete
        opendata.dataset.assess opendata.dataset.reject opendata.dataset.publish opendata.dataset.remove
        services.revision.appraise services.revision.assess services.revision.scan services.service.appraise
        services.service.assess services.service.scan services.service.deploy services.service.start_test
        services.service.mark_ready services.service.fail_test services.service.send_back
        sharing.agreement.confirm_special sharing.agreement.review sharing.agreement.save sharing.agreement.agree
        sharing.agreement.back_to_draft sharing.agreement.amend sharing.agreement.save_change
        sharing.agreement.agree_change sharing.agreement.back_to_amend sharing.agreement.drop_change
        sharing.agreement.review_default sharing.breach.determine sharing.inbound.owner_agrees
        sharing.inbound.owner_disagrees sharing.inbound.lead_agrees sharing.inbound.lead_disagrees
        sharing.inbound.send_back sharing.outbound.accept
    """,
    ELSEWHERE: """
        agencies.focal_point.approve agencies.focal_point.end catalogue.edition.submit catalogue.edition.issue
        catalogue.edition.publish disputes.dispute.conclude inspection.plan.approve inspection.plan.conclude
        services.service.list_nationally sharing.agreement.sign sharing.agreement.sign_change
        sharing.outbound.record_grant sharing.outbound.record_refusal
    """,
    AROUND: """
        sharing.account.lock sharing.account.revoke sharing.breach.suspend sharing.breach.terminate
    """,
    TOLD: """
        services.service.publish services.revision.apply services.revision.announce services.revision.take_effect
        sharing.account.hand_over sharing.account.renew sharing.account.adjust sharing.account.adjust_new
        sharing.account.archive sharing.account.take_over sharing.agreement.connect sharing.inbound.connect
        sharing.maintenance.stop sharing.maintenance.restore sharing.outbound.configure sharing.outbound.start_use
        sharing.request.start_use
    """,
    CLOSES: """
        sharing.agreement.return_deletion sharing.agreement.accept_deletion sharing.agreement.confirm_deletion
        sharing.termination.accept_deletion sharing.termination.return_deletion
    """,
}
NAMED = [name for names in NO_PAPER.values() for name in names.split()]
MADE: dict[str, Transition] = {
    f"{machine.code}.{one.name}": one
    for machine in machines()
    for one in machine.transitions
    if set(one.roles) != {"system"}
}


@pytest.mark.parametrize("name", MADE)
def test_a_move_somebody_makes_issues_a_paper_or_says_why_not(name: str) -> None:
    assert bool(MADE[name].papers) != (name in NAMED), "issue its letter, or name it with the reason; not both"


def test_the_exceptions_are_moves_there_are_each_named_once() -> None:
    assert set(NAMED) <= set(MADE)
    assert len(NAMED) == len(set(NAMED))


def test_a_negative_answer_is_never_an_exception() -> None:
    negative = {"refuse", "not_agree", "reject_remedy", "forbid", "to_special"}
    assert [name for name in NAMED if name.rpartition(".")[2] in negative] == []
