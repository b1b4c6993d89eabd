"""A service that ends: its users' accounts end with their files and letters, who still asks is answered (D44, D42)."""

from datetime import date

import pytest
from django.utils import timezone

import scenes
import scenes_accounts as suspensions
import scenes_agreements
import scenes_outside
from nganam.audit.models import Entry
from nganam.cases.papers import papers_of
from nganam.cases.sweeping import Unfinished
from nganam.deadlines.models import Clock
from nganam.kernel.errors import NotAllowed, RuleBroken
from nganam.notices.models import Notice
from nganam.services import operations as services
from nganam.sharing.models import Account, Request, Termination
from nganam.sharing.outside import inbound
from nganam.sharing.requests import operations as requests
from nganam.sharing.suspensions import winding_up
from nganam.sharing.tasks import end_terms

pytestmark = pytest.mark.django_db
REASON = "Thay bằng dịch vụ tra cứu mới."


def end(service, *, at=scenes.AT, signer=""):
    service.refresh_from_db()
    return services.end_service(
        actor=scenes.LAN, at=at, service=service, reason=REASON, ground="unrecoverable", signer=signer
    )


def wind_up(service, *, at=scenes.AT):
    return winding_up.follow_service_end(service.code, at=at)


@pytest.mark.law("D44", "D44.3", "D42")
def test_each_user_of_a_service_that_ends_gets_a_file_a_letter_and_a_demand_to_delete(province, phuc, at):
    account = suspensions.synchronised_account()
    second = suspensions.second_account(account.service)
    service = end(account.service, signer="Nguyễn Văn Giám")
    assert wind_up(service)["accounts"] == 2
    for one in Account.objects.all():
        assert (one.state, one.request.state) == ("revoked", "terminated")
    files = list(Termination.objects.order_by("code"))
    assert {one.account for one in files} == {account, second}
    for one in files:
        assert (one.state, one.ground, one.explanation) == ("deleting", "unrecoverable", REASON)
        letter = papers_of(one).get()
        assert (letter.kind, letter.agency, letter.signer) == ("TB", "CT-SYT", "Nguyễn Văn Giám")
        owed = Clock.objects.get(key="deletion_report", object_code=one.code)
        assert (owed.agency, owed.due_on) == ("CT-X31507", date(2026, 11, 17))
    assert Notice.objects.filter(agency="CT-X31507", event="sharing.termination.demand_deletion").count() == 2
    assert Entry.objects.filter(action="sharing.account.end_with_service").count() == 2
    assert wind_up(service)["accounts"] == 0, "heard again, it does nothing"


def test_without_a_signer_the_officer_who_ended_the_service_signs(province, at):
    wind_up(end(scenes.account().service))
    letter = papers_of(Termination.objects.get()).get()
    assert letter.signer == "Nguyễn Thị Lan"
    assert Termination.objects.get().state == "closed", "who only asked holds nothing"


@pytest.mark.law("D35.3", "D44")
def test_who_still_asks_is_answered_and_no_term_runs_on(province, phuc, at):
    asked = scenes.sent_request()
    draft = requests.draft_request(
        actor=phuc, at=at, application=scenes.application(code="HSSK"), service=asked.service, values=scenes.REQUEST
    )
    service = end(asked.service)
    assert wind_up(service)["requests"] == 2
    asked.refresh_from_db()
    draft.refresh_from_db()
    assert (asked.state, draft.state) == ("lapsed", "lapsed")
    assert Clock.objects.get(key="acct_issue").stopped_at == at
    letter = papers_of(asked).get()
    assert (letter.kind, letter.agency) == ("TB", "CT-SYT")
    assert not papers_of(draft).exists()
    told = Notice.objects.get(agency="CT-X31507", event="sharing.request.lapse")
    assert told.body == REASON
    with pytest.raises(NotAllowed):
        requests.cases.advance(asked, "lapse", actor=phuc, at=at, reason="x")


@pytest.mark.law("D44")
def test_a_request_taken_up_again_after_the_end_is_answered_by_the_daily_job(province):
    asked = scenes.sent_request()
    service = end(asked.service)
    wind_up(service)
    Request.objects.filter(pk=asked.pk).update(state="received")  # as a settled dispute does
    Account.objects.all().delete()
    assert end_terms.call()["services"] == 1
    assert Request.objects.get().state == "lapsed"


@pytest.mark.law("D39", "D44")
def test_the_parties_of_an_agreement_are_told_and_end_or_amend_it_themselves(province):
    agreement = scenes_agreements.in_force()
    service = end(agreement.service)
    assert wind_up(service) == {"accounts": 0, "requests": 0, "told": 1}
    agreement.refresh_from_db()
    assert agreement.state == "in_force"
    assert Account.objects.get().state == "created", "it goes with the agreement; the gateway serves it nothing"
    told = Notice.objects.filter(event="sharing.agreement.service_ended")
    assert {one.agency for one in told} == {"CT-SYT", "CT-X31507"}
    assert service.code in told.first().body


@pytest.mark.law("S17.1", "D35.3", "D44")
def test_a_request_from_outside_is_answered_by_the_lead_agency(province, minh, lan, at):
    case = scenes_outside.weighed()
    with pytest.raises(RuleBroken):
        answer(minh, case, at)
    service = end(case.service)
    assert wind_up(service)["told"] == 1
    assert Notice.objects.filter(role="lead", event="sharing.inbound.service_ended").exists()
    case.refresh_from_db()
    with pytest.raises(NotAllowed):
        answer(lan, case, at)
    case = answer(minh, case, at)
    assert case.state == "refused"
    assert papers_of(case).filter(kind="CV", agency="CT-SKHCN").exists()
    assert not Clock.objects.filter(object_code=case.code, stopped_at__isnull=True).exists()


def answer(actor, case, at):
    return inbound.refuse_inbound(
        actor=actor, at=at, inbound=case, transition="refuse_ended", reason=REASON, legal_basis="Điều 44",
    )  # fmt: skip


@pytest.mark.law("D42", "D44", "D44.3")
def test_from_the_button_of_the_provider_to_the_deletion_confirmed(province, client, run_jobs):
    account = suspensions.synchronised_account()

    def browse(username):
        client.logout()
        assert client.login(username=username, password=scenes.PASSWORD)

    browse("lan")
    page = f"/dich-vu/quan-ly/{account.service.code}/"
    assert "Căn cứ chấm dứt (Điều 44)" in client.get(page).content.decode()
    refused = client.post(f"{page}buoc/end/", {"reason": REASON})
    assert refused.status_code == 422
    assert client.post(f"{page}buoc/end/", {"reason": REASON, "ground": "unrecoverable"}).status_code == 302
    run_jobs()
    found = Termination.objects.get()
    assert found.state == "deleting"
    browse("phuc")
    shown = client.get(found.get_absolute_url()).content.decode()
    assert papers_of(found).get().number in shown
    assert REASON in shown
    done = {"deletion": "Xóa bảng đồng bộ và bản sao lưu.", "deleted_on": f"{timezone.localdate()}", "evidence": "5/BB"}
    assert client.post(f"{found.get_absolute_url()}buoc/report_deletion/", done).status_code == 302
    browse("lan")
    assert client.post(f"{found.get_absolute_url()}buoc/accept_deletion/").status_code == 302
    found.refresh_from_db()
    assert found.state == "closed"


@pytest.mark.law("D39", "D44")
def test_parties_nobody_told_because_the_reaction_failed_are_told_by_the_daily_job_once(province):
    agreement = scenes_agreements.in_force()
    end(agreement.service)
    told = Notice.objects.filter(event="sharing.agreement.service_ended")
    assert end_terms.call()["services"] == 1
    assert told.count() == 2
    assert end_terms.call()["services"] == 0
    assert wind_up(agreement.service)["told"] == 0
    assert told.count() == 2


def test_one_user_that_cannot_be_ended_keeps_neither_the_others_from_it_nor_the_parties_from_hearing(province):
    account = suspensions.synchronised_account()
    second = suspensions.second_account(account.service)
    service = end(account.service)
    Account.objects.filter(pk=account.pk).update(state="nowhere")
    with pytest.raises(Unfinished, match=account.code):
        wind_up(service)
    second.refresh_from_db()
    service.refresh_from_db()
    assert second.state == "revoked"
    assert service.end_told_at is not None
