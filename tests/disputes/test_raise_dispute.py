"""Raising a difficulty: from the thing it is about, by a side of it, of one of six kinds, to the right level."""

from datetime import date, timedelta

import pytest

import scenes
import scenes_disputes as told
from nganam.agencies.models import Agency
from nganam.audit.models import Entry
from nganam.deadlines.queries import clocks_of
from nganam.disputes import operations, queries
from nganam.disputes.models import Dispute
from nganam.disputes.subjects import subject_for
from nganam.kernel.errors import Invalid, NotAllowed, NotFound, RuleBroken
from nganam.notices.queries import inbox
from nganam.sharing.models import Request

pytestmark = pytest.mark.django_db
KINDS = ["rights", "infrastructure", "standards", "quality", "plan", "other"]


@pytest.mark.law("S23", "D47.1", "D48.1", "D49.1")
def test_a_dispute_about_a_refusal_goes_to_the_provider_with_seven_working_days(province, lan):
    dispute = told.dispute()
    assert (dispute.code, dispute.state, dispute.level) == ("VM-2026-0001", "level_one", 1)
    assert (dispute.opener.code, dispute.respondent.code) == ("CT-X31507", "CT-SYT")
    (clock,) = clocks_of("disputes.dispute", dispute.code)
    assert (clock.key, clock.agency, clock.due_on) == ("dispute_l1", "CT-SYT", date(2026, 11, 12))
    assert any(dispute.code in notice.title for notice in inbox(lan))


@pytest.mark.law("D47", "D50")
def test_the_refused_request_is_in_dispute_until_it_is_settled(province):
    dispute = told.dispute()
    assert Request.objects.get().state == "disputed"
    assert dispute.holds_subject
    moved = Entry.objects.get(action="sharing.request.dispute")
    assert (moved.details["reason"], moved.details["by"]) == (dispute.code, "phuc")


@pytest.mark.law("D49.1")
def test_an_overdue_request_stays_where_it_is(province, phuc):
    request = scenes.sent_request()
    dispute = told.dispute(request, at=told.LATE)
    request.refresh_from_db()
    assert request.state == "received"
    assert not dispute.holds_subject
    (clock,) = clocks_of("sharing.request", request.code)
    assert clock.is_running, "nothing is deemed approved"


@pytest.mark.law("D47.1", "D47.2", "D47.3", "D47.4", "D47.5", "D47.6")
@pytest.mark.parametrize("kind", KINDS)
def test_there_are_six_kinds(province, kind):
    assert told.against(kind=kind).kind == kind


@pytest.mark.parametrize("missing", ["kind", "summary", "content", "wish"])
def test_what_is_missing_is_named(province, missing):
    with pytest.raises(Invalid) as refused:
        told.against(**{missing: " "})
    assert set(refused.value.fields) == {missing}
    assert not Dispute.objects.exists()


def test_a_seventh_kind_is_refused(province):
    with pytest.raises(Invalid) as refused:
        told.against(kind="weather")
    assert "kind" in refused.value.fields


def test_an_account_and_a_service_can_be_disputed(province):
    account = scenes.account()
    assert told.dispute(account).object_title == account.service.name
    about_service = told.dispute(account.service)
    assert (about_service.object_type, about_service.respondent.code) == ("services.service", "CT-SYT")


def test_the_provider_may_dispute_what_the_consumer_does(province, lan):
    account = scenes.account()
    about = told.subject(lan, account)
    dispute = operations.open_dispute(actor=lan, at=told.AT, values=told.VALUES | {"kind": "quality"}, subject=about)
    assert (dispute.opener.code, dispute.respondent.code) == ("CT-SYT", "CT-X31507")


def test_the_providers_own_dispute_does_not_hold_the_refused_request(province, lan):
    request = told.refused_request()
    about = told.subject(lan, request)
    dispute = operations.open_dispute(actor=lan, at=told.AT, values=told.VALUES, subject=about)
    request.refresh_from_db()
    assert (request.state, dispute.holds_subject) == ("refused", False)


def test_who_is_no_side_finds_nothing_to_dispute(province, minh):
    request = told.refused_request()
    stranger = told.TAM
    for actor, words in ((stranger, f"sharing.request:{request.code}"), (scenes.PHUC, "sharing.request:YC-2026-9999")):
        with pytest.raises(NotFound):
            subject_for(actor, words, told.AT.date())
    with pytest.raises(NotFound):
        subject_for(minh, f"sharing.request:{request.code}", told.AT.date())
    with pytest.raises(NotFound):
        subject_for(scenes.PHUC, "nobody.knows:X", told.AT.date())


def test_a_provider_has_no_other_side_in_its_own_service(province, lan):
    with pytest.raises(NotFound):
        told.subject(lan, scenes.published_service())


def test_a_draft_is_nothing_to_dispute_yet(province):
    with pytest.raises(RuleBroken):
        told.subject(scenes.PHUC, scenes.drafted_request())


@pytest.mark.parametrize("name", ["minh", "khanh", "hoa", "dung"])
def test_only_a_focal_officer_raises_one(province, request, name):
    with pytest.raises(NotAllowed):
        told.against(actor=request.getfixturevalue(name))
    assert not Dispute.objects.exists()


def test_nobody_disputes_with_their_own_agency_or_with_none(province, phuc):
    with pytest.raises(Invalid) as refused:
        told.against("CT-X31507")
    assert "respondent" in refused.value.fields
    with pytest.raises(Invalid):
        operations.open_dispute(actor=phuc, at=told.AT, values=told.VALUES)


def test_a_thing_is_in_one_open_dispute_of_an_agency_at_a_time(province, phuc):
    first = told.dispute(scenes.account())
    with pytest.raises(RuleBroken) as refused:
        told.dispute(first_account(), kind="other")
    assert first.code in refused.value.message
    operations.withdraw(actor=phuc, at=told.AT, dispute=first, reason="Đã rõ.")
    assert told.dispute(first_account()).state == "level_one"


def first_account():
    from nganam.sharing.models import Account

    return Account.objects.get()


def test_the_same_form_sent_twice_opens_one(province, phuc):
    given = {"values": told.VALUES, "subject": told.subject(phuc, told.refused_request()), "once": "khoa-1"}
    one = operations.open_dispute(actor=phuc, at=told.AT, **given)
    two = operations.open_dispute(actor=phuc, at=told.AT + timedelta(seconds=1), **given)
    assert one.code == two.code
    assert Dispute.objects.count() == 1


@pytest.fixture
def ministry(province):
    return Agency.objects.create(
        code="TW-BTC", name="Bộ Tài chính", kind="central", valid_from=date(2022, 1, 1), folded="bo tai chinh"
    )


@pytest.mark.law("D48.2", "D48.4", "D49.3")
def test_with_a_ministry_or_another_province_it_goes_straight_to_the_chairman(ministry, khanh):
    dispute = told.against("TW-BTC")
    assert (dispute.state, dispute.level, dispute.is_outside) == ("level_three", 3, True)
    assert not clocks_of("disputes.dispute", dispute.code).exists(), "the law states no term"
    assert any(dispute.code in notice.title for notice in inbox(khanh))
    with pytest.raises(RuleBroken) as refused:
        operations.decide(
            actor=khanh, at=told.AT, dispute=dispute, **told.TERMS, decided_on=told.AT.date(), paper="1/QĐ-UBND"
        )
    assert refused.value.article == "D48.2"
    assert told.referred(dispute).state == "central"


def test_who_took_over_answers_for_what_its_predecessor_shared(province):
    account = scenes.account()
    Agency.objects.filter(code="CT-SYT").update(valid_until=date(2026, 11, 1))
    heir = Agency.objects.create(code="CT-SYT2", name="Sở Y tế mới", kind="department", valid_from=date(2026, 11, 1))
    from nganam.agencies.models import Succession

    Succession.objects.create(predecessor=account.service.provider, successor=heir, on=date(2026, 11, 1))
    account.service.provider.refresh_from_db()
    assert told.dispute(account).respondent.code == "CT-SYT2"


def test_an_open_dispute_is_found_by_the_thing_it_is_about(province):
    dispute = told.dispute()
    found = queries.open_about("sharing.request", dispute.object_code, "CT-X31507")
    assert found == dispute
    assert queries.link_of(dispute) == f"/yeu-cau/{dispute.object_code}/"
