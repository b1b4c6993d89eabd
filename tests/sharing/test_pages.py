"""The same deeds through the pages, by people who sign in."""

import pytest

import scenes
from nganam.sharing.models import Account, Application, Request

pytestmark = pytest.mark.django_db


@pytest.fixture
def sign_in(client, province):
    def enter(username):
        client.logout()
        assert client.login(username=username, password=scenes.PASSWORD)
        return client

    return enter


@pytest.mark.law("S8.2d", "D35.1", "D35.3")
def test_a_request_goes_from_the_form_to_an_account(sign_in):
    service = scenes.published_service()
    phuc = sign_in("phuc")
    phuc.post("/ung-dung/", {"code": "MCDT", "name": "Một cửa điện tử"})
    page = phuc.get(f"/yeu-cau/moi/?dich-vu={service.code}")
    assert "Mục tin yêu cầu" in page.content.decode()
    values = {
        "application": Application.objects.get().code,
        "purpose": scenes.REQUEST["purpose"],
        "solution": scenes.REQUEST["solution"],
        "frequency": "Hằng ngày",
        "other": "",
        "fields_asked": scenes.REQUEST["fields"],
    }
    phuc.post(f"/yeu-cau/moi/?dich-vu={service.code}", values)
    request = Request.objects.get()
    phuc.post(f"/yeu-cau/{request.code}/buoc/send/")
    assert "Đã tiếp nhận" in phuc.get(f"/yeu-cau/{request.code}/").content.decode()
    lan = sign_in("lan")
    assert "Mục tin được cấp" in lan.get(f"/yeu-cau/{request.code}/").content.decode()
    lan.post(f"/yeu-cau/{request.code}/buoc/grant/", {"granted": ["ma_co_so"], **scenes.WITHHELD})
    account = Account.objects.get()
    assert account.granted_fields == ["ma_co_so"]
    assert account.code in lan.get("/tai-khoan-ket-noi/").content.decode()
    assert lan.get(f"/tai-khoan-ket-noi/{account.code}/").status_code == 200


def test_a_refused_sending_says_what_is_missing_and_keeps_the_draft(sign_in):
    client = sign_in("phuc")
    draft = scenes.drafted_request(purpose="")
    page = client.post(f"/yeu-cau/{draft.code}/buoc/send/", follow=True).content.decode()
    assert "Mục đích" in page
    draft.refresh_from_db()
    assert draft.state == "draft"


def test_other_agencies_find_nothing(sign_in):
    client = sign_in("khanh")
    sent = scenes.sent_request()
    assert client.get(f"/yeu-cau/{sent.code}/").status_code == 404
    assert client.post(f"/yeu-cau/{sent.code}/buoc/grant/", {"granted": ["ma_co_so"]}).status_code == 404
    client.logout()
    assert client.get(f"/yeu-cau/{sent.code}/").status_code == 302
    assert client.post(f"/yeu-cau/{sent.code}/buoc/grant/").status_code == 404


def test_a_date_that_is_none_grants_nothing(sign_in):
    sent = scenes.sent_request()
    lan = sign_in("lan")
    wrong = {"granted": ["ma_co_so"], "valid_until": "mai"}
    page = lan.post(f"/yeu-cau/{sent.code}/buoc/grant/", wrong, follow=True).content.decode()
    assert 'id="grant-valid_until-error"' in page
    assert 'value="mai"' in page, "what was typed stays"
    assert not Account.objects.exists()


def test_a_new_request_starts_from_the_agencys_last_for_the_service(sign_in):
    client = sign_in("phuc")
    earlier = scenes.drafted_request(purpose="Mục đích cũ")
    form = client.get(f"/yeu-cau/moi/?dich-vu={earlier.service.code}").context["form"]
    assert form["application"].value() == "MCDT"
    assert form["purpose"].value() == "Mục đích cũ"
    assert form["fields_asked"].value() == earlier.fields
    other = client.get(f"/yeu-cau/moi/?dich-vu={earlier.service.code}&tu=YC-2020-0001").context["form"]
    assert not other["purpose"].value()


def test_personal_items_are_marked_where_they_are_ticked(sign_in):
    client = sign_in("phuc")
    draft = scenes.drafted_request()
    page = client.get(f"/yeu-cau/{draft.code}/sua/").content.decode()
    assert "Điện thoại — dữ liệu cá nhân" in page
    assert "Tên cơ sở — dữ liệu cá nhân" not in page
