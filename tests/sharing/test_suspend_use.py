"""SM11 for one user: suspicion, usage report, breach, notice within a day, suspension, remedy, restoration or end."""

from datetime import date, timedelta

import pytest

import scenes
import scenes_accounts as suspensions
from nganam.cases import operations as cases
from nganam.deadlines.models import Clock
from nganam.kernel.errors import Invalid, NotAllowed, NotFound, RuleBroken, StateMoved
from nganam.notices.models import Notice
from nganam.sharing import tasks
from nganam.sharing.accounts.operations import KEEPER, move_account
from nganam.sharing.models import Account, Breach, Termination
from nganam.sharing.requests import operations as requests
from nganam.sharing.suspensions import breaching, operations, queries

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(province):
    return scenes.account()


def clock(key):
    return Clock.objects.get(key=key)


@pytest.mark.law("D51.1b", "D51.1")
def test_a_usage_report_is_demanded_by_a_day_and_answered(account, lan, phuc, at):
    breach = suspensions.suspected_breach(account)
    with pytest.raises(NotFound):
        queries.get_breach_for(phuc, breach.code)
    due = date(2026, 11, 10)
    breach = breaching.demand_report(actor=lan, at=at, breach=breach, demand="Ai tra cứu ngoài giờ?", report_due_on=due)
    assert (breach.state, breach.report_due_on) == ("report_demanded", due)
    running = clock("usage_report")
    assert (running.due_on, running.agency, running.article) == (due, "CT-X31507", "D51.1b")
    assert Notice.objects.filter(agency="CT-X31507", event="sharing.breach.demand_report").exists()
    with pytest.raises(NotAllowed):
        breaching.submit_report(actor=lan, at=at, breach=breach, usage_report="x")
    seen = queries.get_breach_for(phuc, breach.code)
    breach = breaching.submit_report(actor=phuc, at=at, breach=seen, usage_report="Trực cấp cứu ban đêm.")
    assert breach.state == "reported"
    assert clock("usage_report").stopped_at == at
    breach = breaching.clear_suspicion(actor=lan, at=at, breach=breach, reason="Giải trình thỏa đáng.")
    assert breach.state == "cleared"
    assert Account.objects.get().state == "active"
    assert Notice.objects.filter(agency="CT-X31507", event="sharing.breach.clear").exists()


@pytest.mark.law("D51.1b")
def test_a_demand_says_what_and_a_day_to_come(account, lan, at):
    breach = suspensions.suspected_breach(account)
    for values, field in (
        ({"demand": " ", "report_due_on": date(2026, 11, 10)}, "demand"),
        ({"demand": "Ai?", "report_due_on": date(2026, 11, 3)}, "report_due_on"),
    ):
        with pytest.raises(Invalid) as caught:
            breaching.demand_report(actor=lan, at=at, breach=breach, **values)
        assert field in caught.value.fields
    assert not Clock.objects.filter(key="usage_report").exists()


@pytest.mark.law("D43.2", "D43.5")
def test_the_notice_is_due_one_calendar_day_from_when_the_breach_was_found(account, at):
    found_at = at - timedelta(hours=20)
    breach = suspensions.determined_breach(account, found_at=found_at)
    running = clock("breach_notice")
    assert (running.due_on, running.started_at) == (date(2026, 11, 3), found_at)
    assert (running.agency, running.unit, running.article) == ("CT-SYT", "days", "D43.5")
    assert breach.found_at == found_at


@pytest.mark.law("D43.5")
def test_the_notice_has_its_two_contents_or_is_none(account, lan, at):
    breach = suspensions.determined_breach(account)
    for values, field in (
        ({"handling": " ", "requirements": "Xóa."}, "handling"),
        ({"handling": "Tạm ngừng.", "requirements": ""}, "requirements"),
    ):
        with pytest.raises(Invalid) as caught:
            breaching.notify_breach(actor=lan, at=at, breach=breach, **values)
        assert field in caught.value.fields
    breach = breaching.notify_breach(
        actor=lan, at=at, breach=breach, handling="Tạm ngừng kết nối.", requirements="Xóa dữ liệu."
    )
    assert (breach.state, breach.notified_at) == ("notified", at)
    assert clock("breach_notice").stopped_at == at
    told = Notice.objects.get(agency="CT-X31507", event="sharing.breach.notify")
    for words in (breach.breach, "Tạm ngừng kết nối.", "Xóa dữ liệu."):
        assert words in told.body


@pytest.mark.law("D43.2")
def test_a_suspended_user_mends_it_and_is_restored(account, lan, phuc, at):
    breach = suspensions.suspended_breach(account)
    account.refresh_from_db()
    assert (breach.state, account.state, account.request.state) == ("suspended", "locked", "suspended")
    breach = breaching.report_remedy(actor=phuc, at=at, breach=breach, remedy="Đã xóa; biên bản 03/BB.")
    breach = breaching.reject_remedy(actor=lan, at=at, breach=breach, reason="Thiếu bản cam kết.")
    assert breach.state == "suspended"
    breach = breaching.report_remedy(actor=phuc, at=at, breach=breach, remedy="Đã gửi bản cam kết.")
    breach = breaching.restore_use(actor=lan, at=at, breach=breach)
    account.refresh_from_db()
    assert (breach.state, account.state) == ("restored", "active")


@pytest.mark.law("D43")
@pytest.mark.parametrize("state", ["testing", "in_use"])
def test_what_is_restored_goes_on_from_where_it_was_suspended(account, lan, phuc, at, state):
    request = account.request
    request.refresh_from_db()
    if state == "in_use":
        requests.start_use(actor=phuc, at=at, request=request, reason="Thử đạt.")
    for _again in range(2):
        locked = operations.lock_account(actor=lan, at=at, account=Account.objects.get(), reason="Nguy cơ.")
        request.refresh_from_db()
        assert request.state == "suspended"
        wrong = {"testing": "resume", "in_use": "resume_test"}[state]
        with pytest.raises(RuleBroken):
            cases.advance(request, wrong, actor=KEEPER, at=at)
        operations.restore_account(actor=lan, at=at, account=locked)
        request.refresh_from_db()
        assert request.state == state
    if state == "testing":
        assert requests.start_use(actor=phuc, at=at, request=request, reason="Thử đạt.").state == "in_use"


def test_what_is_mended_before_the_suspension_needs_none(account, lan, phuc, at):
    breach = suspensions.notified_breach(account)
    breach = breaching.report_remedy(actor=phuc, at=at, breach=breach, remedy="Đã xóa.")
    breach = breaching.restore_use(actor=lan, at=at, breach=breach)
    assert (breach.state, Account.objects.get().state) == ("restored", "active")
    assert Notice.objects.filter(agency="CT-X31507", event="sharing.breach.restore").exists()


def test_a_remedy_found_wanting_before_the_suspension_suspends(account, lan, phuc, at):
    breach = suspensions.notified_breach(account)
    breach = breaching.report_remedy(actor=phuc, at=at, breach=breach, remedy="Đang làm.")
    breaching.reject_remedy(actor=lan, at=at, breach=breach, reason="Chưa xóa.")
    assert Account.objects.get().state == "locked"


@pytest.mark.law("D43.2", "D44")
def test_a_breach_that_is_not_mended_ends_the_sharing(account, lan, at):
    breach = suspensions.suspended_breach(account)
    breach = breaching.terminate_use(
        actor=lan, at=at, breach=breach, ground="purpose", reason="Dùng sai mục đích đã đăng ký."
    )
    assert (breach.state, Account.objects.get().state) == ("terminated", "revoked")
    end = Termination.objects.get()
    assert (end.ground, end.state) == ("purpose", "closed")


@pytest.mark.law("D43.5")
def test_locking_at_once_opens_the_file_whose_notice_is_due(account, lan, minh, at):
    operations.lock_account(actor=minh, at=at, account=account, reason="Địa chỉ lạ gọi dồn dập.")
    breach = Breach.objects.get()
    assert (breach.state, breach.ground, breach.breach) == ("determined", "risk", "Địa chỉ lạ gọi dồn dập.")
    assert clock("breach_notice").due_on == date(2026, 11, 4)
    breach = breaching.notify_breach(
        actor=lan, at=at, breach=breach, handling="Đã khóa tài khoản.", requirements="Thay khóa."
    )
    assert breach.state == "suspended", "what is locked already is suspended with the notice"
    assert Notice.objects.filter(role="police", event="sharing.breach.notify").exists()


def test_an_account_restored_from_its_own_page_closes_the_file(account, lan, minh, at):
    locked = operations.lock_account(actor=minh, at=at, account=account, reason="Kiểm tra")
    operations.restore_account(actor=lan, at=at, account=locked)
    assert Breach.objects.get().state == "restored"
    assert clock("breach_notice").stopped_at == at
    assert suspensions.suspected_breach(Account.objects.get()).state == "suspected", "a second file may be opened"


def test_locking_goes_on_with_the_file_that_is_open(account, lan, at):
    suspensions.suspected_breach(account)
    operations.lock_account(actor=lan, at=at, account=account, reason="Đã rõ.")
    assert Breach.objects.get().state == "determined"
    locked = operations.restore_account(actor=lan, at=at, account=Account.objects.get())
    suspensions.notified_breach(locked)
    operations.lock_account(actor=lan, at=at, account=Account.objects.get(), reason="Khóa.")
    assert Breach.objects.order_by("-pk").first().state == "suspended"


def test_an_account_revoked_from_its_own_page_closes_the_file(account, lan, at):
    suspensions.determined_breach(account)
    operations.revoke_account(actor=lan, at=at, account=account, ground="purpose", reason="Sai mục đích.")
    assert Breach.objects.get().state == "terminated"
    assert not Clock.objects.filter(key="breach_notice", stopped_at__isnull=True).exists()


def test_an_account_that_ended_by_another_way_closes_the_file_overnight(account, lan, at):
    suspensions.determined_breach(account)
    move_account(actor=lan, at=at, account=account, transition="revoke", reason="Thỏa thuận đã hết hiệu lực.")
    assert [breaching.close_outlived(at=at) for _twice in range(2)] == [1, 0]
    assert Breach.objects.get().state == "terminated"


def test_the_jobs_of_the_room_run(account):
    suspensions.announced_stop(account.service)
    assert tasks.stop_services.call() == 1
    ended = tasks.end_terms.call()
    assert ended == dict.fromkeys(("accounts", "delegations", "breaches", "agencies", "services"), 0)
    assert tasks.remind_of_terms.call() == {"ends": 0, "syncs": 0}


def test_who_is_no_party_does_none_of_it(account, phuc, khanh, at):
    for actor in (phuc, khanh, suspensions.TU):
        with pytest.raises(NotAllowed):
            breaching.open_breaches(actor=actor, at=at, accounts=[account], suspicion="x")
    breach = suspensions.determined_breach(account)
    for actor in (khanh, suspensions.TU):
        with pytest.raises(NotFound):
            queries.get_breach_for(actor, breach.code)


def test_one_file_is_open_about_an_account(account, lan, at):
    suspensions.suspected_breach(account)
    with pytest.raises(RuleBroken, match="đang có hồ sơ vi phạm, nguy cơ VP-2026-0001 do Nguyễn Thị Lan lập"):
        suspensions.suspected_breach(account)


def test_a_file_is_about_somebody_and_something(account, lan, at):
    with pytest.raises(Invalid):
        breaching.open_breaches(actor=lan, at=at, accounts=[], suspicion="x")
    with pytest.raises(Invalid):
        breaching.open_breaches(actor=lan, at=at, accounts=[account], suspicion=" ")


def test_an_account_nobody_took_over_cannot_break_anything(province, lan, at):
    account = scenes.created_account()
    with pytest.raises(RuleBroken):
        breaching.open_breaches(actor=lan, at=at, accounts=[account], suspicion="x")


def test_a_breach_cannot_be_found_tomorrow_nor_for_another_ground(account, lan, at):
    for wrong, field in (
        ({"found_at": at + timedelta(minutes=1)}, "found_at"),
        ({"ground": "maintenance"}, "ground"),
        ({"finding": " "}, "finding"),
    ):
        with pytest.raises(Invalid) as caught:
            suspensions.determined_breach(account, **wrong)
        assert field in caught.value.fields
        Breach.objects.all().delete()


def test_files_are_opened_on_several_users_together(account, lan, at):
    other = suspensions.second_account(account.service)
    files = breaching.open_breaches(actor=lan, at=at, accounts=[account, other], suspicion="Cùng một địa chỉ gọi.")
    assert [one.account for one in files] == [account, other]
    again = {"actor": lan, "at": at, "suspicion": "x", "once": "k"}
    Breach.objects.all().delete()
    assert breaching.open_breaches(accounts=[account], **again) == breaching.open_breaches(accounts=[account], **again)


@pytest.mark.law("D41")
def test_a_connection_past_its_term_is_not_restored(province, lan):
    account = scenes.account(valid_until=date(2026, 11, 10))
    breach = suspensions.suspended_breach(account)
    with pytest.raises(RuleBroken) as caught:
        breaching.restore_use(actor=lan, at=scenes.AT + timedelta(days=30), breach=breach)
    assert caught.value.article == "D41"


def test_of_two_who_decide_one_wins_and_no_second_clock_runs(account, lan, minh, at):
    breach = suspensions.suspected_breach(account)
    seen = Breach.objects.get()
    values = {"ground": "breach", "finding": "x"}
    breaching.determine_breach(actor=lan, at=at, breach=breach, **values)
    with pytest.raises(StateMoved):
        breaching.determine_breach(actor=minh, at=at, breach=seen, **values)
    assert Clock.objects.filter(key="breach_notice").count() == 1
