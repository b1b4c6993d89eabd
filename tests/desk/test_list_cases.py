"""The list of cases of every kind: whose, of what kind, where they are, how late; and what it costs."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

import scenes
import scenes_work
from nganam.cases import parties, seats
from nganam.cases.models import Seat
from nganam.desk.worklist import ALL, ME, OTHERS, Desk, Wanted, read, works
from nganam.face.paging import PAGE as PAGE_ROWS
from nganam.kernel.actors import Actor, Kind, Role
from nganam.sharing.requests import operations as sharing

pytestmark = pytest.mark.django_db
PAGE = "/ho-so/"


def codes(actor, **asked):
    return [one.code for one in works(Desk(actor, scenes.AT).rows(Wanted(**asked)))]


def test_a_draft_is_on_nobody_elses_list(province, lan, minh, phuc, khanh):
    draft = scenes.drafted_request()
    assert codes(phuc, kind="sharing.request") == [draft.code]
    for other in (lan, minh, khanh):
        assert draft.code not in codes(other)


def test_a_case_goes_from_list_to_list_and_stays_with_those_who_had_a_part_in_it(province, lan, minh, phuc, khanh, at):
    request = scenes.sent_request()
    asked = {"kind": "sharing.request"}
    for actor in (lan, minh, phuc):
        assert codes(actor, **asked) == [request.code]
    assert codes(khanh, **asked) == []
    assert (codes(lan, whose=ME, **asked), codes(phuc, whose=OTHERS, **asked)) == ([request.code], [request.code])
    sharing.refuse_request(actor=lan, at=at, request=request, reason="Không có", legal_basis="Điều 5")
    assert (codes(lan, whose=ME), codes(phuc, whose=OTHERS)) == ([], [])
    assert codes(phuc, **asked) == [request.code]


def test_what_the_list_is_narrowed_to(province, lan, minh, phuc):
    account = scenes.account()
    request = account.request
    for asked, found in (
        ({"kind": "sharing.account"}, [account.code]),
        ({"kind": "sharing.request", "state": "testing"}, [request.code]),
        ({"kind": "sharing.request", "state": "draft"}, []),
        ({"party": "consumer", "kind": "sharing.account"}, [account.code]),
        ({"party": "provider", "kind": "sharing.request"}, []),
        ({"text": request.code[-4:], "kind": "sharing.request"}, [request.code]),
        ({"text": "%"}, []),
        ({"agency": "CT-SYT", "kind": "sharing.request"}, [request.code]),
        ({"agency": "CT-STC"}, []),
        ({"due": "khong", "kind": "sharing.request"}, [request.code]),
        ({"due": "qua-han"}, []),
    ):
        assert codes(phuc, **asked) == found, asked
    assert codes(lan, party="provider", kind="sharing.request") == [request.code]


def test_work_is_in_order_of_its_due_day_then_of_age(province, lan):
    rows = scenes_work.many_requests(4)  # due on the 3rd, 4th, 5th, 6th
    draft = scenes_work.drafted_database()  # older than all, due never
    assert codes(lan, whose=ME) == [*(one.code for one in rows), draft.code]
    assert codes(lan, whose=ME, due="sap-den") == [one.code for one in rows]
    assert codes(lan, whose=ME, due="khong") == [draft.code]


def test_an_address_with_what_nobody_knows_shows_everything(browse):
    request = scenes.sent_request()
    wrong = "cho=x&loai=y&trang-thai=z&vai-tro=a&han=b&co-quan=&trang=-1"
    page = browse("lan").get(f"{PAGE}?{wrong}")
    assert page.status_code == 200
    assert f'href="/yeu-cau/{request.code}/"' in page.content.decode()


def test_every_parameter_is_read_and_cut(rf):
    asked = rf.get(PAGE, {"cho": "toi", "loai": "sharing.request", "trang-thai": "received", "ma": "Y" * 99}).GET
    wanted = read(asked)
    assert (wanted.whose, wanted.kind, wanted.state, len(wanted.text)) == (ME, "sharing.request", "received", 40)
    assert wanted.is_narrowed
    assert not Wanted(whose=ALL).is_narrowed


def test_somebody_with_two_seats_at_a_case_sees_it_once(province, lan):
    request = scenes.sent_request()
    both = Actor(Kind.PERSON, "lan", "Lan", "CT-SYT", frozenset({Role.FOCAL, Role.LEAD}))
    assert codes(both, kind="sharing.request") == [request.code]
    assert Desk(both, scenes.AT).kinds(Wanted())["sharing.request"] == 1


@pytest.mark.law("S2")
def test_the_successor_of_an_agency_works_on_with_its_cases(province, phuc, lan, at):
    from nganam.agencies.models import Agency

    request = scenes.sent_request()
    request.application.agency = Agency.objects.get(code="ST-X31498")  # merged into CT-X31507 on 1 July 2025
    request.application.save()
    seats.rebuild(at=scenes.AT)
    assert codes(phuc, whose=OTHERS) == [request.code]
    assert parties.find_for(phuc, "sharing.request", request.code) == request


def test_the_lead_agency_is_not_bothered_with_what_an_agency_of_the_case_can_do(province, minh, phuc):
    account = scenes.account()
    assert codes(phuc, whose=ME) == [account.request.code]
    assert codes(minh, whose=ME) == []


@pytest.mark.law("D40.2")
def test_a_delegated_grant_waits_for_the_operator_too(province, lan, minh, at):
    from nganam.sharing.models import Delegation

    request = scenes.sent_request()
    assert codes(minh, whose=ME) == []
    Delegation.objects.create(provider=request.provider, paper="1/UQ", valid_from=at.date(), created_at=at)
    seats.rebuild(at=scenes.AT)
    assert (codes(minh, whose=ME), codes(lan, whose=ME)) == ([request.code], [request.code])


def test_a_rebuilt_desk_is_the_desk_that_was_written(province):
    scenes.account()
    scenes_work.drafted_edition()

    def now():
        shown = ("object_type", "object_code", "agency", "role", "parties", "state", "step", "title", "link")
        return sorted(Seat.objects.values_list(*shown))

    before = now()
    Seat.objects.filter(object_type="sharing.request").delete()
    Seat.objects.filter(object_type="sharing.account").update(state="x", step="y")
    Seat.objects.create(
        object_type="sharing.account", object_code="TK-2026-0001", agency="CT-STC", role="focal", state="x",
        opened_at=scenes.AT, since=scenes.AT,
    )  # fmt: skip
    assert seats.rebuild(at=scenes.AT) == Seat.objects.values("object_type", "object_code").distinct().count()
    assert now() == before


def test_the_night_sets_right_what_changed_without_a_move(province, lan):
    from nganam.cases.tasks import set_seats_right

    request = scenes.sent_request()
    Seat.objects.all().delete()
    assert codes(lan) == []
    assert set_seats_right.call() > 0
    assert request.code in codes(lan)


def test_lists_cost_the_same_however_many_cases_there_are(browse):
    narrowed = f"{PAGE}?co-quan=CT-SYT&loai=sharing.request"
    pages = {
        "lan": ("/ban-lam-viec/", PAGE, f"{PAGE}?cho=toi", f"{PAGE}?loai=sharing.request&han=qua-han&ma=YC"),
        "minh": ("/ban-lam-viec/", PAGE, narrowed, "/don-doc/", "/don-doc/?tre=tuan"),
        "phuc": ("/ban-lam-viec/", PAGE, f"{PAGE}?cho=noi-khac"),
    }  # fmt: skip

    def costs():
        found = {}
        for username, paths in pages.items():
            browser = browse(username)
            for path in paths:
                browser.get(path)
                with CaptureQueriesContext(connection) as caught:
                    assert browser.get(path).status_code == 200
                found[username, path] = len(caught)
        return found

    scenes_work.many_requests(30, late=10)
    few = costs()
    scenes_work.many_requests(270, late=90)
    assert costs() == few
    assert max(few.values()) <= 15, few


def codes_on(page):
    return re.findall(r'href="/yeu-cau/(YC-[0-9-]+)/', page)


def test_pages_of_a_long_list_follow_one_another(browse):
    scenes_work.many_requests(120)
    browser = browse("lan")
    first = browser.get(f"{PAGE}?cho=toi&loai=sharing.request").content.decode()
    third = browser.get(f"{PAGE}?cho=toi&loai=sharing.request&trang=3").content.decode()
    assert first.count('href="/yeu-cau/YC-') == PAGE_ROWS
    assert third.count('href="/yeu-cau/YC-') == PAGE_ROWS
    assert set(codes_on(first)).isdisjoint(codes_on(third))
    assert "120" in first


def test_the_page_is_not_a_visitors(client, db):
    assert client.get(PAGE)["Location"].startswith("/dang-nhap/")
