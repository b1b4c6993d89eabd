"""The end of sharing with one user: grounds a to d, result told, account revoked, received data deleted (D44, D42)."""

from datetime import date, timedelta

import pytest

import scenes
import scenes_accounts as suspensions
from nganam.deadlines.models import Clock
from nganam.kernel.errors import Invalid, NotAllowed, NotFound, RuleBroken, StateMoved
from nganam.law.rules import all_rules
from nganam.notices.models import Notice
from nganam.sharing.accounts.operations import move_account
from nganam.sharing.models import Account, Termination
from nganam.sharing.suspensions import operations, queries, terminating

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(province):
    return scenes.account()


@pytest.mark.law("D44", "D44.3")
@pytest.mark.parametrize("ground", [one.code for one in all_rules()[-1].vocabulary("termination_ground")])
def test_each_ground_ends_the_sharing_and_its_result_is_told_to_all_concerned(account, lan, at, ground):
    operations.revoke_account(actor=lan, at=at, account=account, ground=ground, reason="Lý do cụ thể.")
    end = Termination.objects.get()
    account.refresh_from_db()
    assert (end.code, end.ground, end.state) == ("CD-2026-0001", ground, "closed")
    assert (account.state, account.request.state) == ("revoked", "terminated")
    assert end.told == ["CT-SKHCN", "CT-SYT", "CT-X31507"]
    told = Notice.objects.filter(event="sharing.termination.notify")
    assert {one.agency for one in told} == set(end.told)
    assert "Lý do cụ thể." in told.first().body


@pytest.mark.law("D44")
def test_no_end_without_a_ground_of_the_law(account, lan, at):
    with pytest.raises(Invalid) as caught:
        operations.revoke_account(actor=lan, at=at, account=account, ground="whim", reason="x")
    assert "ground" in caught.value.fields
    with pytest.raises(Invalid):
        operations.revoke_account(actor=lan, at=at, account=account, ground="purpose", reason=" ")
    assert Account.objects.get().state == "active"
    assert not Termination.objects.exists()


@pytest.mark.law("D44")
def test_the_consumer_gives_up_what_it_needs_no_more(account, lan, phuc, at):
    with pytest.raises(NotAllowed):
        operations.give_up_account(actor=lan, at=at, account=account, reason="x")
    with pytest.raises(NotAllowed):
        operations.revoke_account(actor=phuc, at=at, account=account, ground="ended", reason="x")
    operations.give_up_account(actor=phuc, at=at, account=account, reason="Đã có nguồn khác.")
    assert Termination.objects.get().ground == "ended"
    assert Notice.objects.filter(agency="CT-SYT", event="sharing.termination.notify").exists()


@pytest.mark.law("D42", "D44")
@pytest.mark.parametrize("method", ["sync", "package"])
def test_who_holds_data_deletes_them_and_proves_it(province, lan, phuc, minh, at, method):
    end = suspensions.ended_sharing(suspensions.synchronised_account(method=method))
    assert end.state == "deleting"
    running = Clock.objects.get(key="deletion_report")
    assert (running.agency, running.is_local, running.due_on) == ("CT-X31507", True, date(2026, 11, 17))
    with pytest.raises(RuleBroken, match="xóa, hủy"):
        move_account(actor=lan, at=at, account=end.account, transition="archive")
    with pytest.raises(NotAllowed):
        report(lan, end, at)
    end = report(phuc, end, at)
    assert (end.state, end.evidence) == ("deleted", "Biên bản 05/BB-UBND")
    end = terminating.return_deletion(actor=lan, at=at, termination=end, reason="Chưa có bản sao lưu.")
    assert (end.state, Clock.objects.filter(key="deletion_report", stopped_at__isnull=True).count()) == ("deleting", 1)
    end = terminating.accept_deletion(actor=minh, at=at, termination=report(phuc, end, at))
    assert end.state == "closed"
    end.account.refresh_from_db()
    assert move_account(actor=lan, at=at, account=end.account, transition="archive").state == "archived"


def report(actor, end, at, **changes):
    values = {
        "deletion": "Xóa bảng đồng bộ và bản sao lưu.", "deleted_on": date(2026, 11, 3),
        "evidence": "Biên bản 05/BB-UBND",
    }  # fmt: skip
    return terminating.report_deletion(actor=actor, at=at, termination=end, **values | changes)


@pytest.mark.law("D42")
def test_a_report_without_its_evidence_is_none(province, phuc, at):
    end = suspensions.ended_sharing()
    for wrong in ({"deletion": " "}, {"evidence": ""}, {"deleted_on": date(2026, 11, 4)}):
        with pytest.raises(Invalid) as caught:
            report(phuc, end, at, **wrong)
        assert set(caught.value.fields) == set(wrong)


def test_an_account_nobody_took_over_leaves_nothing_to_delete(province, lan, at):
    account = scenes.created_account()
    account.service.method = "sync"
    account.service.save(update_fields=["method"])
    operations.revoke_account(actor=lan, at=at, account=account, ground="authority", reason="x")
    assert Termination.objects.get().state == "closed"


def test_whoever_is_no_party_sees_nothing_of_it(account, lan, minh, phuc, khanh, at):
    end = suspensions.ended_sharing(account)
    for actor in (lan, minh, phuc):
        assert queries.get_termination_for(actor, end.code) == end
    for actor in (khanh, suspensions.TU):
        with pytest.raises(NotFound):
            queries.get_termination_for(actor, end.code)


def test_an_account_ends_once(account, lan, minh, at):
    seen = Account.objects.get()
    operations.revoke_account(actor=lan, at=at, account=account, ground="purpose", reason="x")
    with pytest.raises(StateMoved):
        operations.revoke_account(actor=minh, at=at, account=seen, ground="purpose", reason="x")
    assert Termination.objects.count() == 1


@pytest.mark.law("D41", "D44")
def test_an_account_past_its_term_is_ended_by_the_daily_job(province, lan):
    account = scenes.account(valid_until=date(2026, 12, 1))
    before, after = scenes.AT + timedelta(days=27), scenes.AT + timedelta(days=28)
    assert operations.expire_accounts(at=before) == 0
    assert operations.expire_accounts(at=after) == 1
    assert operations.expire_accounts(at=after) == 0
    account.refresh_from_db()
    end = Termination.objects.get()
    assert (account.state, account.request.state, end.ground) == ("revoked", "terminated", "ended")
    assert "01/12/2026" in end.explanation


def test_the_daily_job_ends_an_account_that_was_locked_or_never_taken_over(province, lan, at):
    scenes.created_account(valid_until=date(2026, 12, 1))
    assert operations.expire_accounts(at=scenes.AT + timedelta(days=30)) == 1
    assert Account.objects.get().state == "revoked"
