"""The inbox page, through its door and without JavaScript."""

import pytest

from nganam.accounts.models import Person
from nganam.notices.models import Notice
from nganam.notices.operations import notify

pytestmark = pytest.mark.django_db
PAGE = "/thong-bao/"


@pytest.fixture
def lan_in(province, client):
    client.force_login(Person.objects.get(username="lan"))
    return client


def test_a_visitor_is_sent_to_sign_in(client, province):
    assert client.get(PAGE).status_code == 302


def test_an_empty_inbox_says_so(lan_in):
    assert "Chưa có thông báo" in lan_in.get(PAGE).content.decode()


def test_notices_are_listed_and_marked_read_by_button(lan_in, at):
    for number in range(31):
        notify(at=at, title=f"Việc số {number}", body="<b>x</b>", link="/yeu-cau/YC-1/", person="lan")
    text = lan_in.get(PAGE).content.decode()
    assert "31 thông báo chưa đọc" in text
    assert "&lt;b&gt;" in text
    assert "Việc số 0<" in lan_in.get(PAGE, {"trang": "2"}).content.decode()
    one = Notice.objects.get(title="Việc số 30")
    assert lan_in.post(f"{PAGE}{one.ref}/da-doc/")["Location"] == PAGE
    assert "30 thông báo chưa đọc" in lan_in.get(PAGE).content.decode()
    lan_in.post(f"{PAGE}da-doc/")
    assert "chưa đọc" not in lan_in.get(PAGE).content.decode()


def test_marking_needs_a_post_and_a_notice_of_ones_own(lan_in, at):
    other = notify(at=at, title="x", person="minh")
    assert lan_in.get(f"{PAGE}da-doc/").status_code == 405
    assert lan_in.post(f"{PAGE}{other.ref}/da-doc/").status_code == 404


def test_the_chosen_ones_are_marked_read_and_no_others(lan_in, at):
    mine = [notify(at=at, title=f"Việc {number}", person="lan") for number in range(4)]
    other = notify(at=at, title="x", person="minh")
    page = lan_in.get(PAGE).content.decode()
    assert page.count('name="thong-bao"') == 4
    lan_in.post(f"{PAGE}chon/da-doc/", {"thong-bao": [mine[0].ref, mine[2].ref]})
    assert "2 thông báo chưa đọc" in lan_in.get(PAGE).content.decode()
    for wrong in ([mine[1].ref, other.ref], ["x"]):
        assert lan_in.post(f"{PAGE}chon/da-doc/", {"thong-bao": wrong}).status_code == 404
    assert lan_in.post(f"{PAGE}chon/da-doc/").status_code == 302
    assert "2 thông báo chưa đọc" in lan_in.get(PAGE).content.decode()
