"""The light path of kind 4: the exploiter reports an error in received data, the provider corrects or explains."""

from datetime import date

import pytest

import scenes
import scenes_disputes as told
from nganam.deadlines.queries import clocks_of
from nganam.disputes import operations
from nganam.disputes.models import Dispute
from nganam.kernel.errors import Invalid, NotAllowed, RuleBroken
from nganam.notices.queries import inbox

pytestmark = pytest.mark.django_db


@pytest.mark.law("D52.2", "D47.4")
def test_an_error_goes_to_the_provider_under_a_local_term(province, lan):
    report = told.error()
    assert (report.state, report.kind, report.is_error) == ("error_reported", "quality", True)
    (clock,) = clocks_of("disputes.dispute", report.code)
    assert (clock.key, clock.agency, clock.is_local, clock.due_on) == (
        "data_error", "CT-SYT", True, date(2026, 11, 10),
    )  # fmt: skip
    assert any(report.code in notice.title for notice in inbox(lan))


@pytest.mark.law("D51.2", "D52.2")
@pytest.mark.parametrize("step", ["correct", "explain"])
def test_the_provider_corrects_or_explains_and_the_reporter_closes(province, lan, phuc, at, step):
    answered = operations.answer_error(
        actor=lan, at=at, dispute=told.error(), transition=step, reason="Phiên bản 2 đã có tên mới."
    )
    assert answered.state == "error_answered"
    assert not clocks_of("disputes.dispute", answered.code).get().is_running
    assert operations.accept_answer(actor=phuc, at=at, dispute=answered).state == "closed"


@pytest.mark.law("D49.1", "D51.2")
@pytest.mark.parametrize("answered", [True, False])
def test_what_does_not_satisfy_becomes_a_dispute_with_the_clock_of_level_one(province, lan, phuc, at, answered):
    report = told.error()
    if answered:
        report = operations.answer_error(actor=lan, at=at, dispute=report, transition="explain", reason="Không sai.")
    dispute = operations.take_further(actor=phuc, at=at, dispute=report, reason="Có quyết định đổi tên.")
    assert (dispute.state, dispute.is_error, dispute.level) == ("level_one", False, 1)
    running = [one.key for one in clocks_of("disputes.dispute", dispute.code) if one.is_running]
    assert running == ["dispute_l1"]


def test_errors_may_be_many_but_the_account_has_one_open_dispute(province, phuc, at):
    account = scenes.account()
    first, second = told.error(account), told.error(account)
    assert first.code != second.code
    operations.take_further(actor=phuc, at=at, dispute=first, reason="Chưa sửa.")
    with pytest.raises(RuleBroken) as refused:
        operations.take_further(actor=phuc, at=at, dispute=second, reason="Chưa sửa.")
    assert first.code in refused.value.message
    second.refresh_from_db()
    assert second.state == "error_reported"


def test_only_the_exploiter_reports_and_only_about_an_account(province, lan, phuc, at):
    account = scenes.account()
    for actor, case in ((lan, account), (phuc, account.request), (phuc, account.service)):
        about = told.subject(actor, case)
        with pytest.raises(RuleBroken) as refused:
            operations.report_error(actor=actor, at=at, values=told.ERROR, subject=about)
        assert refused.value.article == "D52.2c"
    assert not Dispute.objects.exists()


def test_a_report_says_what_is_wrong(province, phuc, at):
    about = told.subject(phuc, scenes.account())
    with pytest.raises(Invalid) as refused:
        operations.report_error(actor=phuc, at=at, values=told.ERROR | {"content": ""}, subject=about)
    assert "content" in refused.value.fields


@pytest.mark.parametrize("name", ["phuc", "minh", "khanh", "hoa", "dung"])
def test_only_the_provider_answers(province, request, at, name):
    report = told.error()
    for step in ("correct", "explain"):
        with pytest.raises(NotAllowed):
            operations.answer_error(
                actor=request.getfixturevalue(name), at=at, dispute=report, transition=step, reason="x"
            )


@pytest.mark.parametrize("name", ["lan", "minh", "khanh", "hoa", "dung"])
def test_only_the_reporter_accepts_takes_further_or_withdraws(province, request, lan, at, name):
    answered = operations.answer_error(actor=lan, at=at, dispute=told.error(), transition="explain", reason="x")
    actor = request.getfixturevalue(name)
    for deed, given in (
        (operations.accept_answer, {}),
        (operations.take_further, {"reason": "x"}),
        (operations.withdraw, {"reason": "x"}),
    ):  # fmt: skip
        with pytest.raises(NotAllowed):
            deed(actor=actor, at=at, dispute=answered, **given)


def test_a_report_sent_twice_is_one(province, phuc, at):
    about = told.subject(phuc, scenes.account())
    one, two = (
        operations.report_error(actor=phuc, at=at, values=told.ERROR, subject=about, once="k") for _ in range(2)
    )
    assert one.code == two.code
