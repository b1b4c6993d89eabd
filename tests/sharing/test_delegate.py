"""D40.2: an owner leaves the issuing of accounts to the operator of the LGSP, for a time, by a paper."""

from datetime import date, timedelta

import pytest

import scenes
import scenes_accounts as suspensions
from nganam.audit.models import Entry
from nganam.kernel.errors import Invalid, NotAllowed, NotFound, RuleBroken, StateMoved
from nganam.notices.models import Notice
from nganam.sharing.accounts import operations as accounts
from nganam.sharing.delegations import operations, queries
from nganam.sharing.models import Account, Delegation, Request
from nganam.sharing.requests.operations import grant_request

pytestmark = pytest.mark.django_db


def grant(actor, at, request):
    return grant_request(actor=actor, at=at, request=request, granted=["ma_co_so"], **scenes.WITHHELD)


@pytest.mark.law("D40.2", "D40", "S9.7")
def test_the_operator_issues_while_it_is_delegated_and_no_longer(province, lan, minh, at):
    sent = scenes.sent_request()
    with pytest.raises(NotAllowed):
        grant(minh, at, sent)
    given = suspensions.delegation()
    assert given.code == "UQ-2026-0001"
    assert Notice.objects.filter(role="lead", event="sharing.delegation").exists()
    account = grant(minh, at, sent)
    assert account.state == "created"
    handed = accounts.hand_over(actor=scenes.PHUC, at=at, account=account)
    Account.objects.filter(pk=handed.pk).update(valid_until=date(2026, 12, 1))
    handed.refresh_from_db()
    renewed = accounts.renew_account(
        actor=minh, at=at, account=handed, reason="Còn nhu cầu.", valid_until=date(2027, 1, 1)
    )
    operations.end_delegation(actor=lan, at=at, delegation=given)
    with pytest.raises(NotAllowed):
        accounts.renew_account(actor=minh, at=at, account=renewed, reason="x", valid_until=date(2027, 2, 1))


@pytest.mark.law("D40.2")
def test_a_delegation_past_its_day_gives_nothing_even_before_the_job_ends_it(province, minh):
    sent = scenes.sent_request()
    suspensions.delegation(valid_until=date(2026, 11, 5))
    late = scenes.AT + timedelta(days=2)
    with pytest.raises(NotAllowed, match="không có hiệu lực hôm nay"):
        grant(minh, late, sent)
    assert not Account.objects.exists()
    assert operations.end_overdue(at=scenes.AT + timedelta(days=1)) == 0
    assert operations.end_overdue(at=late) == 1
    assert operations.end_overdue(at=late) == 0
    assert Delegation.objects.get().ended_at == late
    assert Notice.objects.filter(agency="CT-SYT", event="sharing.delegation").exists()


def test_a_delegation_of_tomorrow_gives_nothing_today(province, lan, minh, at):
    sent = scenes.sent_request()
    operations.record_delegation(actor=lan, at=at, paper="12/QĐ-SYT", valid_from=date(2026, 11, 4))
    with pytest.raises(NotAllowed):
        grant(minh, at, sent)
    assert grant(minh, at + timedelta(days=1), Request.objects.get()).state == "created"


def test_the_owner_goes_on_issuing_itself(province, lan, at):
    suspensions.delegation()
    assert grant(lan, at, scenes.sent_request()).state == "created"


def test_only_the_owner_delegates_and_either_side_ends_it(province, lan, minh, khanh, at):
    for actor in (minh, khanh):
        with pytest.raises(NotAllowed):
            operations.record_delegation(actor=actor, at=at, paper="1/QĐ", valid_from=date(2026, 11, 3))
    given = suspensions.delegation()
    with pytest.raises(NotFound):
        queries.get_delegation_for(suspensions.TU, given.code)
    with pytest.raises(NotAllowed):
        operations.end_delegation(actor=suspensions.TU, at=at, delegation=given)
    assert operations.end_delegation(actor=minh, at=at, delegation=given).ended_at == at
    assert Notice.objects.filter(agency="CT-SYT", title__startswith="UQ-2026-0001").exists()
    with pytest.raises(StateMoved):
        operations.end_delegation(actor=lan, at=at, delegation=given)
    assert [one.action for one in Entry.objects.filter(object_code=given.code).order_by("seq")] == [
        "sharing.delegation.recorded", "sharing.delegation.ended",
    ]  # fmt: skip


def test_one_delegation_covers_a_scope_at_a_time(province, lan, at):
    suspensions.delegation()
    with pytest.raises(RuleBroken) as caught:
        suspensions.delegation()
    assert caught.value.article == "D40.2"


def test_a_delegation_has_a_paper_and_days_in_order(province, lan, at):
    for wrong, field in (
        ({"paper": " "}, "paper"),
        ({"valid_until": date(2026, 11, 3)}, "valid_until"),
        ({"valid_from": date(2026, 12, 1), "valid_until": date(2026, 12, 1)}, "valid_until"),
    ):
        values = {"paper": "12/QĐ-SYT", "valid_from": date(2026, 11, 1)} | wrong
        with pytest.raises(Invalid) as caught:
            operations.record_delegation(actor=lan, at=at, **values)
        assert field in caught.value.fields
