"""An officer's home: what waits for the officer and nobody else's, what the officer waits for, what is due."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

import scenes
import scenes_accounts as suspensions
import scenes_services
from nganam.desk import queries
from nganam.desk.worklist import ME, OTHERS, Desk, Wanted, works
from nganam.opendata import operations as opendata
from nganam.sharing.accounts import operations as accounts
from nganam.sharing.requests import operations as sharing

pytestmark = pytest.mark.django_db


def waits_for(actor):
    rows = Desk(actor, scenes.AT).rows(Wanted(whose=ME))
    return [(work.code, work.step.name) for work in works(rows)]


def lies_elsewhere(actor):
    rows = Desk(actor, scenes.AT).rows(Wanted(whose=OTHERS))
    return [(work.code, work.state.name) for work in works(rows)]


@pytest.mark.law("D35.3")
def test_a_request_waits_for_its_sender_then_for_the_provider_then_for_nobody(province, lan, minh, phuc, khanh, at):
    request = scenes.drafted_request()
    assert (waits_for(phuc), waits_for(lan), waits_for(minh)) == ([(request.code, "send")], [], [])
    request = sharing.send_request(actor=phuc, at=at, request=request)
    assert (waits_for(phuc), waits_for(lan), waits_for(minh)) == ([], [(request.code, "grant")], [])
    assert lies_elsewhere(phuc) == [(request.code, "received")]
    account = sharing.grant_request(actor=lan, at=at, request=request, granted=["ma_co_so"], **scenes.WITHHELD)
    assert waits_for(phuc) == [(account.code, "hand_over")]
    accounts.hand_over(actor=phuc, at=at, account=account)
    request.refresh_from_db()
    assert waits_for(phuc) == [(request.code, "start_use")]
    sharing.start_use(actor=phuc, at=at, request=request, reason="Đã gọi thử 3 bản ghi, đúng.")
    for actor in (lan, minh, phuc, khanh):
        assert waits_for(actor) == []
        assert lies_elsewhere(actor) == []


@pytest.mark.law("S14.1")
def test_a_service_goes_from_desk_to_desk(province, lan, minh, phuc, hoa):
    service, code = scenes.declared_service(), "DV-2026-0001"
    for actor, desk, step, more in (
        (lan, lan, "submit", {}),
        (minh, minh, "appraise", {}),
        (minh, minh, "assess", scenes_services.findings(structure="unmet")),
        (minh, minh, "return", {}),
        (lan, lan, "submit", {}),
        (minh, minh, "appraise", {}),
        (minh, minh, "assess", scenes_services.findings()),
        (minh, minh, "pass", {}),
        (minh, minh, "deploy", {}),
        (minh, minh, "start_test", {}),
        (minh, minh, "mark_ready", scenes_services.TEST),
        (lan, lan, "publish", {}),
    ):
        assert [code for code, _step in waits_for(desk)] == [code], step
        for other in {lan, minh, phuc, hoa} - {desk}:
            assert waits_for(other) == [], (step, other.code)
        service = scenes_services.move(actor, service, step, **more)
    for actor in (lan, minh, phuc, hoa):
        assert waits_for(actor) == []


@pytest.mark.law("D20.1", "S10.3")
def test_a_dataset_goes_between_owner_and_lead_agency(province, lan, minh, phuc, at):
    dataset = scenes.proposed_dataset()
    assert (waits_for(lan), waits_for(minh), waits_for(phuc)) == ([], [(dataset.code, "assess")], [])
    assert lies_elsewhere(lan) == [(dataset.code, "proposed")]
    dataset = opendata.assess_dataset(actor=minh, at=at, dataset=dataset, privacy="Đã xem", safety="Đã xem")
    assert waits_for(lan) == [(dataset.code, "prepare")]
    opendata.prepare_dataset(actor=lan, at=at, dataset=dataset)
    dataset.refresh_from_db()
    assert (waits_for(minh), lies_elsewhere(lan)) == ([(dataset.code, "publish")], [(dataset.code, "prepared")])
    opendata.publish_dataset(actor=minh, at=at, dataset=dataset)
    assert (waits_for(lan), waits_for(minh), lies_elsewhere(lan)) == ([], [], [])


def test_what_waits_longest_stands_first(province, phuc, at):
    application, service = scenes.application(), scenes.published_service()
    words = {"actor": phuc, "application": application, "service": service, "values": scenes.REQUEST}
    codes = [sharing.draft_request(at=at + timedelta(days=day), **words).code for day in (3, 1, 2)]
    assert [code for code, _step in waits_for(phuc)] == [codes[1], codes[2], codes[0]]


@pytest.mark.law("D35.3", "S16.2c")
def test_clocks_are_of_ones_own_agency_and_the_lead_agency_sees_all(province, lan, minh, phuc, at):
    request = scenes.sent_request()
    for actor, seen in ((lan, [request.code]), (minh, [request.code]), (phuc, [])):
        assert [clock.object_code for clock in Desk(actor, scenes.AT).clocks()] == seen
    due = Desk(lan, scenes.AT).clocks().get().due_on
    last = scenes.AT + (due - scenes.AT.date())
    assert queries.due_by(Desk(lan, scenes.AT).clocks(), scenes.AT) == (0, 1)
    assert queries.due_by(Desk(lan, scenes.AT).clocks(), last) == (0, 1)
    assert queries.due_by(Desk(lan, scenes.AT).clocks(), last + timedelta(days=1)) == (1, 0)
    assert queries.due_by(Desk(phuc, scenes.AT).clocks(), scenes.AT + timedelta(days=400)) == (0, 0)


def test_the_page_shows_ones_own_work_only(browse):
    draft = scenes.drafted_request()
    mine = browse("phuc").get("/ban-lam-viec/")
    assert mine.status_code == 200
    assert f'href="/yeu-cau/{draft.code}/"' in mine.content.decode()
    for other in ("lan", "minh", "khanh", "hoa", "quantri"):
        page = browse(other).get("/ban-lam-viec/")
        assert page.status_code == 200, other
        assert draft.code not in page.content.decode(), other


@pytest.mark.law("S16.2c")
def test_a_code_under_the_terms_leads_to_its_case_for_who_may_open_it(browse):
    """The lead agency and the Chairman see every term of the province; a case not theirs is told, and is no link."""
    end = suspensions.ended_sharing()
    path = end.get_absolute_url()
    for name, sees in (("minh", True), ("phuc", True), ("khanh", False)):
        client = browse(name)
        page = client.get("/ban-lam-viec/").content.decode()
        section = page.partition('id="thoi-han"')[2].partition("</section>")[0]
        assert end.code in section, name
        assert (f'href="{path}"' in section) == sees, name
        assert (client.get(path).status_code == 200) == sees, name
    with time_machine.travel(scenes.AT + timedelta(days=60), tick=False):
        for name, sees in (("minh", True), ("khanh", False)):
            page = browse(name).get(reverse("desk:oversight")).content.decode()
            assert end.code in page
            assert (f'href="{path}"' in page) == sees, name


def test_the_page_says_what_is_overdue_and_links_to_it(browse):
    request = scenes.sent_request()
    with time_machine.travel(scenes.AT + timedelta(days=30), tick=False):
        page = browse("lan").get("/ban-lam-viec/").content.decode()
        assert "1 thời hạn đã quá ngày" in page
        assert f'href="/yeu-cau/{request.code}/"' in page
        assert "quá ngày" not in browse("phuc").get("/ban-lam-viec/").content.decode()


def test_a_person_without_a_posting_has_no_desk(client, province):
    from nganam.accounts.models import Person

    Person.objects.create_user("tu", password=scenes.PASSWORD, full_name="Lý Văn Tư")
    assert client.login(username="tu", password=scenes.PASSWORD)
    assert client.get("/ban-lam-viec/").status_code == 404


def test_a_visitor_is_sent_to_sign_in(client, db):
    answer = client.get("/ban-lam-viec/")
    assert (answer.status_code, answer["Location"]) == (302, "/dang-nhap/?next=/ban-lam-viec/")
