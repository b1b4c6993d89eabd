"""Addresses that nobody types are refused at the door, the same on every database."""

import pytest

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
