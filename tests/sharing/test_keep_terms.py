"""How long an account and what it received may be used: D41 by method, renewal, reminders."""

from datetime import UTC, date, datetime, timedelta

import pytest

import scenes
import scenes_accounts as suspensions
from nganam.deadlines.operations import set_local_term
from nganam.kernel.errors import Invalid, NotAllowed, RuleBroken
from nganam.notices.models import Notice
from nganam.sharing.accounts import operations, reminders
from nganam.sharing.accounts.usage import Standing, usage_of
from nganam.sharing.models import Account

pytestmark = pytest.mark.django_db
SYNCED = datetime(2026, 11, 5, 18, 0, tzinfo=UTC)  # already Friday 6 November in Vietnam


def on(day):
    return datetime(2026, 11, day, 2, 0, tzinfo=UTC)


@pytest.mark.law("D41", "D42")
def test_synchronised_data_are_good_from_the_last_synchronisation(province):
    account = suspensions.synchronised_account(days=10)
    assert usage_of(account, date(2026, 11, 4)).standing is Standing.UNSYNCED
    operations.note_syncs({account.code: SYNCED})
    account.refresh_from_db()
    usage = usage_of(account, date(2026, 11, 16))
    assert (usage.until, usage.standing, usage.must_sync) == (date(2026, 11, 17), Standing.VALID, True)
    assert usage_of(account, date(2026, 11, 17)).standing is Standing.INVALID
    operations.note_syncs({account.code: SYNCED + timedelta(days=11)})
    account.refresh_from_db()
    assert usage_of(account, date(2026, 11, 17)).standing is Standing.VALID


def test_an_older_line_of_the_log_moves_nothing_back(province):
    account = suspensions.synchronised_account()
    before = (account.version, account.updated_at)
    operations.note_syncs({account.code: SYNCED})
    operations.note_syncs({account.code: SYNCED - timedelta(days=1), "TK-2026-9999": SYNCED})
    account.refresh_from_db()
    assert account.synced_at == SYNCED
    assert (account.version, account.updated_at) == before, "the gateway has nothing to learn"


def test_pages_of_a_service_for_look_ups_are_no_synchronisation(province):
    account = scenes.account()
    operations.note_syncs({account.code: SYNCED})
    account.refresh_from_db()
    assert account.synced_at is None
    assert usage_of(account, date(2026, 11, 4)).standing is Standing.UNLIMITED


@pytest.mark.law("D41")
@pytest.mark.parametrize(
    ("method", "limit"), [("query", date(2026, 12, 3)), ("package", date(2026, 12, 3)), ("sync", None)]
)
def test_the_term_of_the_service_limits_the_account_unless_each_synchronisation_renews_it(province, method, limit):
    sent = scenes.sent_request()
    sent.service.method, sent.service.usage_term_days = method, 30
    assert operations.term_of(sent.service, None, date(2026, 11, 3)) == limit


@pytest.mark.law("D41")
def test_packaged_data_are_used_within_the_limit_and_no_longer(province):
    account = suspensions.synchronised_account(method="package", valid_until=date(2026, 12, 1))
    assert usage_of(account, date(2026, 11, 30)).standing is Standing.VALID
    assert usage_of(account, date(2026, 12, 1)).standing is Standing.INVALID


@pytest.mark.law("D41", "S9.7")
def test_the_issuer_renews_an_account_within_the_service_s_term(province, lan, phuc, minh, at):
    account = suspensions.synchronised_account(method="query", valid_until=date(2026, 11, 20))
    for actor in (phuc, minh, suspensions.TU):
        with pytest.raises(NotAllowed):
            operations.renew_account(actor=actor, at=at, account=account, reason="x")
    for wrong in (date(2026, 11, 20), date(2026, 11, 1), date(2026, 12, 4)):
        with pytest.raises(Invalid) as caught:
            operations.renew_account(actor=lan, at=at, account=account, reason="x", valid_until=wrong)
        assert "valid_until" in caught.value.fields
    renewed = operations.renew_account(actor=lan, at=at, account=account, reason="Còn nhu cầu.")
    assert (renewed.state, renewed.valid_until) == ("active", date(2026, 12, 3))
    assert Notice.objects.filter(agency="CT-X31507", event="sharing.account.renew").exists()


def test_what_is_over_or_unlimited_is_not_renewed(province, lan, at):
    account = scenes.account(valid_until=date(2026, 11, 20))
    with pytest.raises(RuleBroken) as caught:
        operations.renew_account(actor=lan, at=on(20), account=account, reason="x", valid_until=date(2027, 1, 1))
    assert caught.value.article == "D41"
    Account.objects.update(valid_until=None)
    with pytest.raises(RuleBroken, match="không cần gia hạn"):
        operations.renew_account(actor=lan, at=at, account=Account.objects.get(), reason="x")


def test_both_sides_are_reminded_thirty_seven_and_one_day_before_once_each(province):
    scenes.account(valid_until=date(2026, 12, 20))
    days = {date(2026, 11, 19): 0, date(2026, 11, 20): 1, date(2026, 11, 21): 0, date(2026, 12, 13): 1}
    days |= {date(2026, 12, 14): 0, date(2026, 12, 19): 1, date(2026, 12, 20): 0}
    for day, count in days.items():
        at = datetime(day.year, day.month, day.day, 1, tzinfo=UTC)
        assert (day, reminders.remind_of_ends(at=at)) == (day, count)
        assert reminders.remind_of_ends(at=at) == 0
    told = Notice.objects.filter(event="sharing.account.ending")
    assert {one.agency for one in told} == {"CT-SYT", "CT-X31507"}
    assert told.count() == 6
    assert "Còn 1 ngày" in told.first().body


def test_a_job_that_missed_days_says_the_nearest_only(province):
    scenes.account(valid_until=date(2026, 12, 20))
    assert reminders.remind_of_ends(at=datetime(2026, 12, 15, 1, tzinfo=UTC)) == 1
    assert "Còn 5 ngày" in Notice.objects.filter(event="sharing.account.ending").first().body


def test_a_renewed_account_is_reminded_anew(province, lan):
    account = scenes.account(valid_until=date(2026, 11, 10))
    reminders.remind_of_ends(at=scenes.AT)
    account.refresh_from_db()
    operations.renew_account(actor=lan, at=scenes.AT, account=account, reason="x", valid_until=date(2026, 11, 11))
    assert reminders.remind_of_ends(at=scenes.AT + timedelta(days=1)) == 1


def test_the_lead_agency_sets_the_days_of_the_reminders(province, minh):
    scenes.account(valid_until=date(2026, 12, 20))
    at = scenes.AT
    assert reminders.remind_of_ends(at=at) == 0
    set_local_term(key="account_ends_first", value=60, unit="days", vi="Nhắc", en="Remind", actor=minh, at=at)
    assert reminders.remind_of_ends(at=at) == 1


@pytest.mark.law("D41", "D42")
def test_who_must_synchronise_again_is_told_once(province):
    account = suspensions.synchronised_account(days=10)
    operations.note_syncs({account.code: SYNCED})
    assert [reminders.remind_of_syncs(at=on(day)) for day in (16, 17, 18)] == [0, 1, 0]
    operations.note_syncs({account.code: on(18)})
    assert [reminders.remind_of_syncs(at=on(day)) for day in (19, 28)] == [0, 0]
    assert reminders.remind_of_syncs(at=on(29)) == 1
    assert Notice.objects.filter(agency="CT-X31507", event="sharing.account.unsynced").count() == 2
