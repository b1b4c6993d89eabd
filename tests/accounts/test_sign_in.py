"""Officers sign in with a password and, if they want, a second factor; strangers are refused and recorded."""

import re

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core.cache import cache

from nganam.accounts.models import Person
from nganam.audit.models import Entry

PASSWORD = "mat-khau-thu-nghiem-2026"


@pytest.fixture(autouse=True)
def no_earlier_attempts():
    cache.clear()


def sign_in(client, username="lan", password=PASSWORD, **more):
    return client.post("/dang-nhap/", {"login": username, "password": password, **more})


@pytest.mark.law("S9.7", "S12.2")
def test_an_officer_signs_in_and_goes_where_she_was_going(province, client):
    response = sign_in(client, next="/tai-khoan/")

    assert (response.status_code, response["Location"]) == (302, "/tai-khoan/")
    page = client.get("/tai-khoan/").content.decode()
    assert "Nguyễn Thị Lan" in page
    assert "CT-SYT" in page
    assert Entry.objects.filter(action="accounts.signed_in", object_code="lan").count() == 1


def test_the_case_of_the_username_does_not_matter(province, client):
    assert sign_in(client, "LAN").status_code == 302


@pytest.mark.law("S12.2")
def test_a_wrong_password_is_refused_in_vietnamese_and_recorded(province, client):
    page = sign_in(client, password="sai-mat-khau").content.decode()

    assert "Tên đăng nhập hoặc mật khẩu không đúng." in page
    assert Entry.objects.filter(action="accounts.sign_in_failed", object_code="lan").count() == 1


def test_what_is_typed_as_an_unknown_name_is_not_kept(province, client):
    sign_in(client, "mat-khau-go-nham")
    assert Entry.objects.get(action="accounts.sign_in_failed").object_code == "?"


def test_too_many_wrong_passwords_shut_the_door_even_for_the_right_one(province, client):
    for _each in range(5):
        sign_in(client, password="sai-mat-khau")
    assert "quá nhiều lần" in sign_in(client).content.decode()


def test_a_closed_account_does_not_sign_in(province, client):
    Person.objects.filter(username="lan").update(is_active=False)
    response = sign_in(client)
    assert "_auth_user_id" not in client.session
    assert response.status_code in {200, 302}


def test_a_closed_account_that_is_signed_in_is_a_visitor_at_the_next_request(province, client):
    sign_in(client)
    Person.objects.filter(username="lan").update(is_active=False)
    assert client.get("/tai-khoan/")["Location"].startswith("/dang-nhap/")


def test_nobody_signs_up(db, client):
    page = client.get("/dang-nhap/tro-giup/")
    assert page.status_code == 200
    assert "không mở đăng ký" in page.content.decode()
    assert client.post("/dang-nhap/tro-giup/", {"username": "x"}).status_code == 405


def test_signing_out_asks_first_and_is_recorded(province, client):
    sign_in(client)
    assert "Đăng xuất" in client.get("/dang-xuat/").content.decode()
    assert "_auth_user_id" in client.session

    assert client.post("/dang-xuat/").status_code == 302

    assert "_auth_user_id" not in client.session
    assert Entry.objects.filter(action="accounts.signed_out").count() == 1


@pytest.mark.parametrize(
    "path",
    ["/tai-khoan/", "/doi-mat-khau/", "/xac-thuc-hai-lop/", "/xac-thuc-hai-lop/bat/", "/nguoi-dung/", "/dang-xuat/"],
)
def test_a_visitor_is_sent_to_sign_in(db, client, path):
    response = client.get(path)
    assert (response.status_code, response["Location"]) == (302, f"/dang-nhap/?next={path}")


def test_a_password_is_changed_with_the_old_one_and_must_be_strong(province, client):
    sign_in(client)

    def change(old, new):
        return client.post("/doi-mat-khau/", {"oldpassword": old, "password1": new, "password2": new})

    assert "Mật khẩu hiện tại không đúng." in change("sai", "mot-mat-khau-moi-2026").content.decode()
    assert change(PASSWORD, "ngan").status_code == 200
    assert change(PASSWORD, "mot-mat-khau-moi-2026").status_code == 302
    assert Person.objects.get(username="lan").check_password("mot-mat-khau-moi-2026")


def totp(secret):
    counter = next(iter(yield_hotp_counters_from_time()))
    return format_hotp_value(hotp_value(secret, counter))


def test_a_second_factor_is_set_up_and_then_asked_for(province, client):
    sign_in(client)
    asked = client.get("/xac-thuc-hai-lop/bat/")["Location"]
    assert "Xác nhận lại" in client.get(asked).content.decode()
    assert "Mật khẩu không đúng." in client.post(asked, {"password": "sai"}).content.decode()
    client.post(asked, {"password": PASSWORD})
    page = client.get("/xac-thuc-hai-lop/bat/").content.decode()
    assert "data:image/svg+xml" in page
    secret = re.search(r"<code>([A-Z2-7]{16,})</code>", page)[1]
    assert "Mã không đúng." in client.post("/xac-thuc-hai-lop/bat/", {"code": "000000"}).content.decode()

    done = client.post("/xac-thuc-hai-lop/bat/", {"code": totp(secret)})
    assert done["Location"] == "/xac-thuc-hai-lop/ma-du-phong/"
    spare = re.search(r"<li><code>(\w+)</code></li>", client.get(done["Location"]).content.decode())[1]

    client.post("/dang-xuat/")
    asked = sign_in(client)
    assert asked["Location"].startswith("/dang-nhap/xac-thuc/")
    assert "_auth_user_id" not in client.session
    assert "Mã không đúng." in client.post("/dang-nhap/xac-thuc/", {"code": "111111"}).content.decode()
    assert client.post("/dang-nhap/xac-thuc/", {"code": spare}).status_code == 302
    assert client.get("/tai-khoan/").status_code == 200
    assert client.get("/xac-thuc-hai-lop/").status_code == 200
