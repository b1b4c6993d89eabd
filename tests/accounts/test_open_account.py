"""The administrator opens, closes and resets accounts; others may not, and nothing is half done."""

import re

import pytest

from nganam.accounts import operations
from nganam.accounts.models import Person
from nganam.audit.models import Entry
from nganam.kernel.actors import Actor, Kind, Role
from nganam.kernel.errors import Invalid, NotAllowed, StateMoved

PASSWORD = "mot-mat-khau-dai-2026"


@pytest.fixture
def quantri():
    return Actor(Kind.PERSON, "quantri", "Quản Trị Viên", "CT-SKHCN", frozenset({Role.ADMIN}))


@pytest.fixture
def admin(province, client):
    client.force_login(Person.objects.get(username="quantri"))
    return client


def open_one(actor, at, username="Tu.Ly", password=PASSWORD, **more):
    values = {"full_name": "Lý Văn Tư", "email": "tu@ct.invalid"} | more
    return operations.open_account(actor=actor, at=at, username=username, password=password, **values)


@pytest.mark.law("S9.7")
def test_an_account_is_opened_with_a_folded_username_and_recorded(province, at, quantri):
    person = open_one(quantri, at)
    assert (person.username, person.get_short_name()) == ("tu.ly", "Tư")
    assert person.check_password(PASSWORD)
    assert Entry.objects.get(action="accounts.person.opened").actor_code == "quantri"


def test_nobody_else_opens_or_closes_accounts(province, at, lan, minh, dung):
    for actor in (lan, minh, dung):
        with pytest.raises(NotAllowed):
            open_one(actor, at)
        with pytest.raises(NotAllowed):
            operations.set_account_open(actor=actor, at=at, username="lan", is_open=False)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"username": "lan"}, "username"),
        ({"username": "tư lý"}, "username"),
        ({"email": "khong-phai-thu"}, "email"),
        ({"full_name": " "}, "full_name"),
        ({"password": "ngan"}, "password"),
        ({"password": "password1234567"}, None),
    ],
)
def test_what_is_wrong_is_named(province, at, quantri, values, field):
    if field is None:
        open_one(quantri, at, **values)
        return
    with pytest.raises(Invalid) as refused:
        open_one(quantri, at, **values)
    assert field in refused.value.fields


def test_an_account_is_closed_once_and_opened_again_but_never_ones_own(province, at, quantri):
    operations.set_account_open(actor=quantri, at=at, username="lan", is_open=False)
    with pytest.raises(StateMoved):
        operations.set_account_open(actor=quantri, at=at, username="lan", is_open=False)
    operations.set_account_open(actor=quantri, at=at, username="lan", is_open=True)
    with pytest.raises(NotAllowed):
        operations.set_account_open(actor=quantri, at=at, username="quantri", is_open=False)


def test_name_and_contact_are_corrected(province, at, quantri):
    person = operations.edit_account(actor=quantri, at=at, username="lan", full_name="Nguyễn Lan", phone="0299")
    assert (person.full_name, person.username) == ("Nguyễn Lan", "lan")
    with pytest.raises(Invalid):
        operations.edit_account(actor=quantri, at=at, username="lan", full_name="")


def test_the_first_password_is_shown_once_and_works(admin, client):
    page = admin.post("/nguoi-dung/moi/", {"username": "tu", "full_name": "Lý Văn Tư"})
    assert page["Cache-Control"] == "no-store"
    password = re.search(r"<code>([a-z2-9-]{19})</code>", page.content.decode())[1]
    assert Person.objects.get(username="tu").check_password(password)

    again = admin.post("/nguoi-dung/tu/mat-khau/").content.decode()
    assert password not in again
    assert not Person.objects.get(username="tu").check_password(password)


def test_a_faulty_form_says_what_and_keeps_what_was_typed(admin):
    page = admin.post("/nguoi-dung/moi/", {"username": "lan", "full_name": "Người Trùng"})
    assert page.status_code == 422
    assert "Đã có tài khoản với tên đăng nhập này." in page.content.decode()
    assert "Người Trùng" in page.content.decode()


def test_the_list_shows_people_and_closes_one(admin):
    assert "Nguyễn Thị Lan" in admin.get("/nguoi-dung/?q=lan").content.decode()
    admin.post("/nguoi-dung/lan/trang-thai/", {"open": "0"})
    assert not Person.objects.get(username="lan").is_active


def test_the_pages_are_not_there_for_other_officers(province, client):
    client.force_login(Person.objects.get(username="lan"))
    assert client.get("/nguoi-dung/").status_code == 404
    assert client.post("/nguoi-dung/minh/mat-khau/").status_code == 404
