"""Two at once, twice at once, too late: by real requests in parallel on a database that commits."""

import pytest
from django.test import Client

import scenes
import scenes_outside as outside
from at_once import second_officers, signed_in, together
from nganam.audit.queries import verify_chain
from nganam.cases.models import History
from nganam.deadlines.models import Clock
from nganam.sharing.models import Account, Request


@pytest.fixture
def stage(committed_db, make_province):
    """Give a province in a database that commits, with two officers at Sở Y tế and two at the commune."""
    make_province()
    second_officers()


@pytest.mark.parametrize("round_", range(3))
def test_of_two_officers_who_decide_at_once_one_is_told_who_did_what(stage, round_):
    request = scenes.sent_request()
    lan, mai = signed_in("lan"), signed_in("mai")
    path = f"/yeu-cau/{request.code}/buoc"
    seen = {"version": request.version}
    answers = together(
        lambda: lan.post(f"{path}/grant/", seen | {"granted": ["ma_co_so"], **scenes.WITHHELD}),
        lambda: mai.post(f"{path}/refuse/", seen | {"reason": "Không thuộc phạm vi", "legal_basis": "Điều 1"}),
    )
    assert sorted(one.status_code for one in answers) == [302, 422]
    loser = next(one for one in answers if one.status_code == 422).content.decode()
    request.refresh_from_db()
    winner = {"granted": "Nguyễn Thị Lan", "refused": "Lý Mai"}[request.state]
    assert f"{winner} đã chuyển hồ sơ lúc" in loser
    assert History.objects.filter(object_code=request.code, version=request.version).count() == 1
    assert Account.objects.count() == (request.state == "granted")
    assert Clock.objects.get(object_code=request.code).stopped_at is not None
    assert verify_chain().ok


def test_a_form_sent_twice_at_once_drafts_one_request(stage):
    service = scenes.published_service()
    scenes.application()
    phuc = signed_in("phuc")
    address = f"/yeu-cau/moi/?dich-vu={service.code}"
    form = phuc.get(address).context["form"]
    values = {**scenes.REQUEST, "application": "MCDT", "once": form.initial["once"]}
    values["fields_asked"] = values.pop("fields")
    again = Client()
    again.cookies = phuc.cookies
    answers = together(lambda: phuc.post(address, values), lambda: again.post(address, values))
    assert [one.status_code for one in answers] == [302, 302]
    assert answers[0]["Location"] == answers[1]["Location"]
    assert Request.objects.count() == 1
    late = phuc.post(address, values)
    assert late["Location"] == answers[0]["Location"]
    assert Request.objects.count() == 1


def test_a_button_pressed_twice_at_once_sends_once(stage):
    request = scenes.drafted_request()
    phuc, son = signed_in("phuc"), signed_in("son")
    path = f"/yeu-cau/{request.code}/buoc/send/"
    answers = together(lambda: phuc.post(path, {"version": 0}), lambda: son.post(path, {"version": 0}))
    assert sorted(one.status_code for one in answers) == [302, 422]
    assert phuc.post(path, {"version": 0}).status_code == 422, "a retry after a timeout does nothing twice"
    request.refresh_from_db()
    assert (request.state, request.version) == ("received", 2)
    assert Clock.objects.filter(object_code=request.code).count() == 1


def test_two_who_change_a_draft_at_once_do_not_write_over_each_other(stage):
    request = scenes.drafted_request()
    phuc, son = signed_in("phuc"), signed_in("son")
    path = f"/yeu-cau/{request.code}/sua/"
    base = {**scenes.REQUEST, "application": "MCDT", "version": 0}
    base["fields_asked"] = base.pop("fields")
    answers = together(
        lambda: phuc.post(path, base | {"purpose": "Bản của Phúc"}),
        lambda: son.post(path, base | {"purpose": "Bản của Sơn"}),
    )
    assert sorted(one.status_code for one in answers) == [302, 422]
    loser = next(one for one in answers if one.status_code == 422).content.decode()
    request.refresh_from_db()
    assert request.purpose in {"Bản của Phúc", "Bản của Sơn"}
    kept = ({"Bản của Phúc", "Bản của Sơn"} - {request.purpose}).pop()
    assert kept in loser, "what the other typed is not lost"
    assert request.version == 1


@pytest.mark.law("S17.3")
def test_two_who_answer_outside_at_once_answer_once_and_two_opinions_are_both_heard(stage):
    case = outside.registered()
    lan, mai, minh = signed_in("lan"), signed_in("mai"), signed_in("minh")
    path = f"{case.get_absolute_url()}buoc"
    seen = {"version": case.version}
    answers = together(
        lambda: lan.post(f"{path}/owner_agrees/", seen),
        lambda: mai.post(f"{path}/owner_disagrees/", seen | {"reason": "x", "legal_basis": "Điều 1"}),
        lambda: minh.post(f"{path}/lead_agrees/", seen),
    )
    assert sorted(one.status_code for one in answers) == [302, 422, 422], "who comes second looks again"
    for client, step in ((minh, "lead_agrees"), (lan, "owner_agrees")):
        client.post(f"{path}/{step}/")
    case.refresh_from_db()
    assert case.opinions.count() == 2
    assert case.state in {"agreed", "differing"}
    if case.state == "agreed":
        granting = {"version": case.version, "granted": ["ma_co_so"], **scenes.WITHHELD}
        answers = together(*(lambda one=one: one.post(f"{path}/grant/", granting) for one in (lan, mai)))
        assert sorted(one.status_code for one in answers) == [302, 422]
        assert Account.objects.count() == 1
    assert verify_chain().ok
