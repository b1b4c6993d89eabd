"""SM1: a default request, from the draft to the account or the reasoned refusal."""

from datetime import UTC, date, datetime

import pytest

import scenes
from nganam.audit.models import Entry
from nganam.deadlines.queries import clocks_of
from nganam.kernel.errors import Invalid, NotAllowed, NotFound, RuleBroken, StateMoved
from nganam.notices.queries import inbox
from nganam.services import operations as services
from nganam.services.models import Service
from nganam.sharing.accounts import operations as accounts
from nganam.sharing.accounts import queries as account_queries
from nganam.sharing.models import Account, Request
from nganam.sharing.requests import operations, queries

pytestmark = pytest.mark.django_db


@pytest.mark.law("S9.3", "D35.1", "D35.2")
def test_a_complete_request_is_delivered_at_once_and_starts_the_clock(province, lan):
    request = scenes.sent_request()
    assert (request.code, request.state, request.received_at) == ("YC-2026-0001", "received", scenes.AT)
    (clock,) = clocks_of("sharing.request", request.code)
    assert clock.key == "acct_issue"
    assert clock.agency == "CT-SYT"
    assert clock.stopped_at is None
    assert any(request.code in notice.title for notice in inbox(lan))


@pytest.mark.law("D35.2")
@pytest.mark.parametrize("missing", ["purpose", "solution", "frequency", "fields"])
def test_an_incomplete_request_is_not_sent_and_says_what_is_missing(province, missing):
    with pytest.raises(Invalid) as refused:
        scenes.sent_request(**{missing: [] if missing == "fields" else ""})
    assert missing in refused.value.fields
    assert Request.objects.get().state == "draft"


@pytest.mark.law("D35.3")
@pytest.mark.parametrize(
    ("sent_at", "version", "due"),
    [
        (datetime(2025, 8, 18, 2, tzinfo=UTC), "2020-05-25", date(2025, 8, 25)),
        (datetime(2025, 8, 19, 2, tzinfo=UTC), "2025-08-19", date(2025, 8, 21)),
    ],
)
def test_the_day_of_receipt_decides_which_term_holds(province, sent_at, version, due):
    request = scenes.sent_request(at=sent_at)
    (clock,) = clocks_of("sharing.request", request.code)
    assert request.rules == version
    assert clock.due_on == due


@pytest.mark.law("D35.3", "D40")
def test_a_grant_of_some_fields_opens_an_account_and_stops_the_clock(province, phuc):
    account = scenes.created_account()
    assert (account.code, account.state, account.subject) == ("TK-2026-0001", "created", "CT-X31507/MCDT")
    assert account.granted_fields == ["ma_co_so", "ten_co_so"]
    assert account.request.state == "granted"
    assert clocks_of("sharing.request", account.request.code).get().stopped_at == scenes.AT
    assert any("Đã cấp" in notice.title for notice in inbox(phuc))


def test_fields_nobody_asked_for_are_not_granted(province, lan, at):
    request = scenes.sent_request()
    for granted in ([], ["loai"], ["ma_co_so", "loai"]):
        with pytest.raises(Invalid):
            operations.grant_request(actor=lan, at=at, request=request, granted=granted)
    assert not Account.objects.exists()


@pytest.mark.law("D35.3", "D51.1a")
def test_a_refusal_today_needs_a_legal_basis_and_is_copied_to_the_lead_agency(province, lan, minh, at):
    request = scenes.sent_request()
    with pytest.raises(Invalid) as refused:
        operations.refuse_request(actor=lan, at=at, request=request, reason="Không thuộc phạm vi")
    assert "legal_basis" in refused.value.fields
    moved = operations.refuse_request(
        actor=lan, at=at, request=request, reason="Không thuộc phạm vi", legal_basis="Khoản 1 Điều 5 Luật X"
    )
    assert moved.state == "refused"
    assert any("bị từ chối" in notice.title for notice in inbox(minh))


@pytest.mark.law("D35.3")
def test_before_august_2025_a_refusal_needed_a_reason_only(province, lan):
    when = datetime(2025, 8, 18, 2, tzinfo=UTC)
    request = scenes.sent_request(at=when)
    with pytest.raises((Invalid, RuleBroken)):
        operations.refuse_request(actor=lan, at=when, request=request, reason="")
    assert operations.refuse_request(actor=lan, at=when, request=request, reason="Lý do").state == "refused"


def test_only_the_provider_decides_and_only_the_consumer_sends(province, lan, minh, phuc, at):
    request = scenes.drafted_request()
    for actor in (lan, minh):
        with pytest.raises(NotAllowed):
            operations.send_request(actor=actor, at=at, request=request)
    request = operations.send_request(actor=phuc, at=at, request=request)
    for actor in (phuc, minh):
        with pytest.raises(NotAllowed):
            operations.grant_request(actor=actor, at=at, request=request, granted=["ma_co_so"], **scenes.WITHHELD)


def test_a_decided_request_is_not_decided_again(province, lan, at):
    account = scenes.account()
    stale = Request.objects.get()
    with pytest.raises((StateMoved, RuleBroken)):
        operations.refuse_request(actor=lan, at=at, request=stale, reason="Muộn", legal_basis="Điều 1")
    assert Account.objects.get() == account


def test_a_draft_is_seen_by_its_own_agency_only(province, lan, minh, phuc):
    request = scenes.drafted_request()
    assert queries.get_request_for(phuc, request.code)
    for actor in (lan, minh):
        with pytest.raises(NotFound):
            queries.get_request_for(actor, request.code)


def test_a_request_can_be_withdrawn_before_and_after_sending(province, phuc, at):
    request = scenes.sent_request()
    assert operations.withdraw_request(actor=phuc, at=at, request=request).state == "withdrawn"
    assert clocks_of("sharing.request", request.code).get().stopped_at == at


@pytest.mark.law("D36")
def test_what_is_not_default_data_is_moved_to_special_with_a_reason(province, lan, at):
    request = scenes.sent_request()
    moved = operations.move_to_special(
        actor=lan, at=at, request=request, reason="Cần thỏa thuận riêng", legal_basis="Khoản 1 Điều 36"
    )
    assert moved.state == "special"


@pytest.mark.law("D40")
def test_one_application_has_one_live_account_per_service(province, lan, phuc, at):
    account = scenes.account()
    again = operations.draft_request(
        actor=phuc, at=at, application=account.application, service=account.service, values=scenes.REQUEST
    )
    again = operations.send_request(actor=phuc, at=at, request=again)
    with pytest.raises(RuleBroken):
        operations.grant_request(actor=lan, at=at, request=again, granted=["ma_co_so"], **scenes.WITHHELD)
    again.refresh_from_db()
    assert again.state == "received"
    accounts.move_account(actor=lan, at=at, account=account, transition="revoke", reason="Cấp lại")
    assert (
        operations.grant_request(actor=lan, at=at, request=again, granted=["ma_co_so"], **scenes.WITHHELD).state
        == "created"
    )


@pytest.mark.law("D43", "D44")
def test_an_account_is_locked_restored_and_revoked_by_provider_or_operator(province, lan, minh, phuc, at):
    account = scenes.account()
    with pytest.raises(NotAllowed):
        accounts.move_account(actor=phuc, at=at, account=account, transition="lock", reason="x")
    account = accounts.move_account(actor=minh, at=at, account=account, transition="lock", reason="Nguy cơ")
    assert not account_queries.live_accounts(at.date()).exists()
    account = accounts.move_account(actor=lan, at=at, account=account, transition="restore")
    account = accounts.move_account(actor=lan, at=at, account=account, transition="revoke", reason="Hết nhu cầu")
    assert account.state == "revoked"
    with pytest.raises((StateMoved, RuleBroken)):
        accounts.move_account(actor=lan, at=at, account=account, transition="restore")


def test_an_account_past_its_day_is_not_live(province):
    scenes.account(valid_until=date(2026, 12, 1))
    assert account_queries.live_accounts(date(2026, 11, 30)).exists()
    assert not account_queries.live_accounts(date(2026, 12, 1)).exists()


def test_every_deed_is_in_the_audit_record(province):
    scenes.account()
    actions = list(Entry.objects.filter(object_type="sharing.request").values_list("action", flat=True))
    assert actions == [f"sharing.request.{verb}" for verb in ("opened", "send", "receive", "grant", "start_test")]


@pytest.mark.law("D35.3", "D41")
def test_an_account_ends_within_the_term_the_service_declares(province, lan, at):
    request = scenes.sent_request()
    Service.objects.update(usage_term_days=90)
    request.refresh_from_db()
    words = {"actor": lan, "at": at, "request": request, "granted": ["ma_co_so"], **scenes.WITHHELD}
    for until in (date(2026, 11, 3), date(2020, 1, 1), date(2027, 2, 2)):
        with pytest.raises(Invalid) as refused:
            operations.grant_request(**words, valid_until=until)
        assert "valid_until" in refused.value.fields
    assert not Account.objects.exists()
    assert operations.grant_request(**words).valid_until == date(2027, 2, 1)


def test_two_officers_who_grant_at_once_open_one_account(province, lan, at):
    request = scenes.sent_request()
    words = {"actor": lan, "at": at, "granted": ["ma_co_so"], **scenes.WITHHELD}
    stale = type(request).objects.get(pk=request.pk)
    operations.grant_request(request=request, **words)
    with pytest.raises(StateMoved):
        operations.grant_request(request=stale, **words)
    assert Account.objects.count() == 1


@pytest.mark.law("D35.1", "D35.3")
def test_a_service_that_has_ended_takes_no_request_and_grants_none(province, lan, phuc, at):
    draft = scenes.drafted_request(service=scenes.published_service())
    received = operations.send_request(actor=phuc, at=at, request=draft)
    ended = services.end_service(actor=lan, at=at, service=received.service, reason="Thay thế", ground="ended")
    assert ended.state == "ended"
    received.refresh_from_db()
    with pytest.raises(RuleBroken):
        operations.grant_request(actor=lan, at=at, request=received, granted=["ma_co_so"], **scenes.WITHHELD)
    type(received).objects.update(state="draft")
    received.refresh_from_db()
    with pytest.raises(RuleBroken):
        operations.send_request(actor=phuc, at=at, request=received)


@pytest.mark.law("D22")
def test_an_account_is_granted_under_a_regulation_that_is_published_not_only_numbered(province, lan, at):
    from nganam.catalogue.models import SharedDatabase

    request = scenes.sent_request()
    database = SharedDatabase.objects.create(
        code="CSDL-1", name="Y tế", owner=request.provider, state="in_catalogue", rules="2025-10-22", created_at=at,
        updated_at=at, regulation_number="12/QC-SYT",
    )  # fmt: skip
    Service.objects.update(database=database)
    request = Request.objects.get()
    with pytest.raises(RuleBroken, match="chưa có địa chỉ công bố") as refused:
        operations.grant_request(actor=lan, at=at, request=request, granted=["ma_co_so"], **scenes.WITHHELD)
    assert refused.value.article == "D22"
    SharedDatabase.objects.update(regulation_link="https://syt.invalid/12")
    granted = operations.grant_request(
        actor=lan, at=at, request=Request.objects.get(), granted=["ma_co_so"], **scenes.WITHHELD
    )
    assert granted.state == "created"
