"""Addresses that nobody types are refused at the door, the same on every database."""

import pytest

import scenes
from nganam.sharing.models import Application

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "address",
    ["/dich-vu/%00/", "/du-lieu/?chu-de=%00", "/tim-kiem/?q=a%00b", "/co-quan/CT%00SYT/", "/api/v1/services/%00"],
)
def test_a_nul_in_an_address_is_a_bad_request_not_a_failure(client, province, address):
    answer = client.get(address)
    assert answer.status_code == 400
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    if address.startswith("/api/"):
        assert answer.json()["code"] == "bad_request"


def test_an_officer_gets_the_same(client, province):
    assert client.login(username="minh", password="mat-khau-thu-nghiem-2026")
    assert client.get("/nhat-ky/?ma=%00").status_code == 400
    assert client.get("/yeu-cau/%00/").status_code == 400


@pytest.mark.parametrize(
    "address", ["/yeu-cau/?trang-thai=%00", "/ung-dung/?q=a%00", "/ban-lam-viec/?loai=%00", "/tranh-chap/?cap=%00"]
)
def test_a_nul_in_a_filter_is_a_bad_request(client, province, address):
    assert client.login(username="phuc", password="mat-khau-thu-nghiem-2026")
    assert client.get(address).status_code == 400


@pytest.mark.parametrize("name", ["service", "ground", "anything"])
def test_a_nul_in_a_choice_of_a_form_is_a_bad_request(client, province, name):
    assert client.login(username="phuc", password="mat-khau-thu-nghiem-2026")
    answer = client.post("/ung-dung/", {"code": "MCDT", "name": "Một cửa", name: "a\0b"})
    assert answer.status_code == 400
    assert "Máy chủ không đọc được yêu cầu này" in answer.content.decode()
    assert not Application.objects.exists()


def test_a_nul_in_a_choice_that_is_looked_up_is_a_bad_request(client, province):
    request = scenes.drafted_request()
    assert client.login(username="phuc", password="mat-khau-thu-nghiem-2026")
    path = f"/yeu-cau/{request.code}/sua/"
    answer = client.post(path, {"application": "MC\0DT", "purpose": "x", "version": "0"})
    assert answer.status_code == 400
    large = client.post(path, {"application": "MC\0DT", "purpose": "x"}, format="multipart")
    assert large.status_code == 400


def test_a_form_without_one_is_taken_as_ever(client, province):
    assert client.login(username="phuc", password="mat-khau-thu-nghiem-2026")
    assert client.post("/ung-dung/", {"code": "MCDT", "name": "Một cửa"}).status_code == 302
    assert Application.objects.get().name == "Một cửa"
