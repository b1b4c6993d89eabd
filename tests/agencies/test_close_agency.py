"""An agency that is closed or merged (SM10): what it used and provided ends, or is taken over by who succeeded it."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

import scenes
import scenes_accounts as suspensions
import scenes_agreements
import scenes_services
from nganam.agencies import operations as agencies
from nganam.agencies import queries
from nganam.audit.models import Entry
from nganam.cases.models import Seat
from nganam.cases.papers import papers_of
from nganam.cases.sweeping import Unfinished
from nganam.deadlines.models import Clock
from nganam.kernel.clock import local_date
from nganam.kernel.errors import Invalid, NotAllowed, RuleBroken
from nganam.notices.models import Notice
from nganam.services import closing as services
from nganam.services.models import Service
from nganam.sharing.accounts import operations as accounts
from nganam.sharing.accounts import succeeding
from nganam.sharing.models import Account, Agreement, Application, Request, Termination
from nganam.sharing.requests import operations as requests
from nganam.sharing.suspensions import closing, operations, terminating, winding_up
from nganam.sharing.tasks import end_terms

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 4)
LATER = scenes.AT + timedelta(days=2)
PROVIDER, CONSUMER, SUCCESSOR = "CT-SYT", "CT-X31507", "CT-STC"


def close(agency, *successors, until=DAY, at=scenes.AT):
    return agencies.close_agency(actor=scenes.MINH, at=at, agency=agency, until=until, successors=successors)


@pytest.mark.law("D44", "D44.3", "D42")
def test_without_a_successor_the_accounts_end_and_the_lead_agency_sees_to_what_is_owed(province, minh, lan, at):
    account = suspensions.synchronised_account()
    close(CONSUMER)
    assert closing.follow_closed(at=at)["ended"] == 0, "its last day has not passed"
    assert closing.follow_closed(at=LATER) == {"takeovers": 0, "ended": 1}
    assert closing.follow_closed(at=LATER)["ended"] == 0
    account.refresh_from_db()
    end = Termination.objects.get()
    assert (account.state, account.request.state) == ("revoked", "terminated")
    assert (end.ground, end.state) == ("ended", "deleting")
    assert "không có cơ quan kế tục" in end.explanation
    assert not papers_of(end).exists(), "there is nobody to write to"
    assert Clock.objects.get(key="deletion_report").agency == "CT-SKHCN"
    assert end.told == ["CT-SKHCN", PROVIDER]
    end = terminating.report_deletion(
        actor=minh, at=LATER, termination=end, deletion="Đã hủy máy chủ.", deleted_on=DAY, evidence="1/BB",
    )  # fmt: skip
    assert terminating.accept_deletion(actor=lan, at=LATER, termination=end).state == "closed"


def test_while_it_has_officers_nobody_acts_for_it(province, minh, at):
    end = suspensions.ended_sharing()
    with pytest.raises(NotAllowed):
        terminating.report_deletion(
            actor=minh, at=at, termination=end, deletion="x", deleted_on=date(2026, 11, 3), evidence="1/BB",
        )  # fmt: skip


@pytest.mark.law("D35.3")
def test_what_it_asked_for_is_closed_and_no_term_runs_on(province):
    asked = scenes.sent_request()
    close(CONSUMER)
    closing.follow_closed(at=LATER)
    assert Request.objects.get().state == "lapsed"
    assert not papers_of(asked).exists()
    assert not Clock.objects.filter(object_code=asked.code, stopped_at__isnull=True).exists()


@pytest.mark.law("D38.11", "D44")
@pytest.mark.parametrize("gone", [PROVIDER, CONSUMER])
def test_an_agreement_that_lost_a_side_ends_and_its_data_are_to_be_deleted(province, gone):
    agreement = scenes_agreements.in_force()
    close(gone)
    closing.follow_closed(at=LATER)
    agreement.refresh_from_db()
    assert agreement.state == "deleting"
    assert Account.objects.get().state == "revoked"
    owed = Clock.objects.get(key="special_deletion", stopped_at__isnull=True)
    assert owed.agency == ("CT-SKHCN" if gone == CONSUMER else CONSUMER)
    other = {PROVIDER: CONSUMER, CONSUMER: PROVIDER}[gone]
    assert Notice.objects.filter(agency=other, body__contains="kết thúc").exists()


def test_an_agreement_not_signed_yet_is_dropped(province):
    agreement = scenes_agreements.signing()
    close(CONSUMER)
    closing.follow_closed(at=LATER)
    assert Agreement.objects.get().state == "withdrawn"
    assert not Clock.objects.filter(object_code=agreement.code, stopped_at__isnull=True).exists()


@pytest.mark.law("D44")
def test_what_a_closed_agency_provided_ends_with_its_users(province):
    account = suspensions.synchronised_account()
    close(PROVIDER)
    assert services.end_services_of_closed(at=scenes.AT) == []
    assert services.end_services_of_closed(at=LATER) == [account.service.code]
    assert services.end_services_of_closed(at=LATER) == []
    service = Service.objects.get()
    assert (service.state, service.end_ground) == ("ended", "authority")
    assert winding_up.follow_service_end(service.code, at=LATER)["accounts"] == 1
    end = Termination.objects.get()
    assert (end.state, end.ground) == ("deleting", "authority")
    assert Clock.objects.get(key="deletion_report").agency == CONSUMER
    assert not papers_of(end).exists(), "who would sign is no more"


def test_a_description_on_its_way_is_dropped_with_the_agency(province):
    service = scenes_services.ready()
    close(PROVIDER)
    services.end_services_of_closed(at=LATER)
    service.refresh_from_db()
    assert service.state == "abandoned"


@pytest.mark.law("S2")
def test_with_a_successor_the_account_goes_on_and_waits_for_the_lead_agency(province, minh, at):
    account = scenes.account()
    close(CONSUMER, SUCCESSOR)
    assert closing.follow_closed(at=at)["takeovers"] == 0
    assert closing.follow_closed(at=LATER) == {"takeovers": 1, "ended": 0}
    assert closing.follow_closed(at=LATER)["takeovers"] == 0, "it is put before the lead agency once"
    account.refresh_from_db()
    assert account.state == "active"
    clock = Clock.objects.get(key="account_takeover")
    assert (clock.agency, clock.is_local) == ("CT-SKHCN", True)
    assert Notice.objects.filter(role="lead", event="sharing.account.await_takeover").exists()
    words = {"at": LATER, "account": account, "reason": "Theo nghị quyết sáp nhập."}
    with pytest.raises(NotAllowed):
        succeeding.take_over_account(actor=scenes.LAN, successor=SUCCESSOR, **words)
    with pytest.raises(Invalid):
        succeeding.take_over_account(actor=minh, successor=PROVIDER, **words)
    taken = succeeding.take_over_account(actor=minh, successor=SUCCESSOR, **words)
    assert (taken.state, taken.subject, taken.restricted_at) == ("active", f"{SUCCESSOR}/MCDT", LATER)
    assert taken.request.consumer.code == CONSUMER, "who asked stays who asked"
    clock.refresh_from_db()
    assert clock.stopped_at == LATER
    entry = Entry.objects.get(action="sharing.account.take_over")
    assert (entry.details["before"], entry.details["after"]) == (f"{CONSUMER}/MCDT", f"{SUCCESSOR}/MCDT")
    assert Notice.objects.filter(agency=SUCCESSOR, event="sharing.account.take_over").exists()
    assert closing.follow_closed(at=LATER)["takeovers"] == 0


def test_instead_of_a_takeover_it_may_be_revoked_and_the_term_stops(province, minh):
    account = scenes.account()
    close(CONSUMER, SUCCESSOR)
    closing.follow_closed(at=LATER)
    account.refresh_from_db()
    operations.revoke_account(
        actor=minh, at=LATER, account=account, ground="purpose", reason="Cơ quan kế tục đã có kết nối."
    )
    assert Clock.objects.get(key="account_takeover").stopped_at == LATER
    assert Termination.objects.exists()


def test_the_account_of_an_agency_at_work_is_not_handed_to_another(province, minh, at):
    with pytest.raises(RuleBroken, match="vẫn đang hoạt động"):
        succeeding.take_over_account(actor=minh, at=at, account=scenes.account(), successor=SUCCESSOR, reason="x")


def test_a_code_the_successor_uses_for_another_application_is_not_taken_from_it(province, minh):
    scenes.account()
    other = requests.register_application(actor=suspensions.TU, at=scenes.AT, code="MCDT", name="Kế toán")
    close(CONSUMER, SUCCESSOR)
    account = Account.objects.get()
    taken = succeeding.take_over_account(actor=minh, at=LATER, account=account, successor=SUCCESSOR, reason="Sáp nhập.")
    assert taken.subject == f"{SUCCESSOR}/MCDT-2"
    assert Application.objects.get(pk=other.pk).name == "Kế toán"


def test_the_event_reaches_the_rooms_and_the_lead_agency_records_it_on_the_page(province, client, run_jobs):
    account = scenes.account()
    now = timezone.now()
    agencies.close_agency(
        actor=scenes.MINH, at=now, agency=CONSUMER, until=local_date(now), successors=[SUCCESSOR], basis="NQ 1"
    )
    run_jobs()
    assert Clock.objects.filter(key="account_takeover", stopped_at__isnull=True).exists()
    assert client.login(username="minh", password=scenes.PASSWORD)
    page = account.get_absolute_url()
    assert "Ghi nhận cơ quan kế tục tiếp nhận tài khoản" in client.get(page).content.decode()
    refused = client.post(f"{page}buoc/take_over/", {"successor": PROVIDER, "reason": "Sáp nhập."})
    assert refused.status_code == 422
    assert client.post(f"{page}buoc/take_over/", {"successor": SUCCESSOR, "reason": "Sáp nhập."}).status_code == 302
    account.refresh_from_db()
    assert account.consumer.code == SUCCESSOR
    assert accounts.ACCOUNT.state(account.state).name == "active"


def test_a_successor_that_was_closed_too_succeeds_nobody(province, at):
    account = scenes.account()
    close(CONSUMER, SUCCESSOR)
    assert queries.closed_by(DAY).count() == 0
    assert [one.code for one in queries.succeeded_by(DAY) if one.code == CONSUMER] == [CONSUMER]
    close(SUCCESSOR, until=date(2026, 11, 5))
    assert queries.is_without_successor(account.consumer) is False, "as it was read before its end"
    account = Account.objects.get()
    assert queries.is_without_successor(account.consumer)
    assert closing.follow_closed(at=LATER)["ended"] == 1
    account.refresh_from_db()
    assert account.state == "revoked"


def test_what_it_owed_before_its_end_is_the_lead_agencys_to_see_to(province, minh):
    end = suspensions.ended_sharing()
    clock = Clock.objects.get(key="deletion_report")
    assert clock.agency == CONSUMER
    Clock.objects.filter(pk=clock.pk).update(warned_at=scenes.AT)
    close(CONSUMER)
    closing.follow_closed(at=LATER)
    clock.refresh_from_db()
    assert (clock.agency, clock.warned_at) == ("CT-SKHCN", None)
    assert Seat.objects.filter(object_code=end.code, role="lead").exists()
    entry = Entry.objects.get(action="deadlines.clock.handed_over")
    assert (entry.details["before"], entry.details["after"]) == (CONSUMER, "CT-SKHCN")
    closing.follow_closed(at=LATER)
    assert Entry.objects.filter(action="deadlines.clock.handed_over").count() == 1


def test_one_that_cannot_be_ended_keeps_none_of_the_others_from_its_end(province):
    account = suspensions.synchronised_account()
    second = suspensions.second_account(account.service)
    Account.objects.filter(pk=account.pk).update(state="nowhere")
    application = scenes.application(code="KHAC")
    asked = requests.draft_request(
        actor=scenes.PHUC, at=scenes.AT, application=application, service=account.service, values=scenes.REQUEST
    )
    close(CONSUMER)
    with pytest.raises(Unfinished, match=account.code):
        closing.follow_closed(at=LATER)
    second.refresh_from_db()
    asked.refresh_from_db()
    assert (second.state, asked.state) == ("revoked", "lapsed")


def test_the_nightly_job_does_the_other_steps_and_then_says_what_failed(province):
    account = suspensions.synchronised_account()
    close(CONSUMER, at=scenes.AT)
    Account.objects.filter(pk=account.pk).update(state="nowhere")
    service = Service.objects.get()
    Service.objects.filter(pk=service.pk).update(state="ended")
    with pytest.raises(Unfinished, match="agencies"):
        end_terms.call()
    service.refresh_from_db()
    assert service.end_told_at is not None, "the step after the one that failed was done"
