"""Who is let in, and how the others are told."""

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from nganam.face.doors import Audience, door
from nganam.kernel.actors import VISITOR, Actor, Kind, Role
from nganam.kernel.errors import NotFound

LAN = Actor(Kind.PERSON, "lan", "Nguyễn Thị Lan", "CT-SYT", frozenset({Role.FOCAL}))
WITHOUT_POST = Actor(Kind.PERSON, "dung", "Dung")


def enter(audience: Audience, actor: Actor, *roles: Role, method: str = "GET", htmx: bool = False) -> HttpResponse:
    @door(audience, roles)
    def view(request: HttpRequest, code: str) -> HttpResponse:
        return HttpResponse(code)

    headers = {"HX-Request": "true"} if htmx else {}
    request = RequestFactory().generic(method, "/yeu-cau/?trang=2", headers=headers)
    request.actor = actor
    return view(request, code="YC-2026-0042")


@pytest.mark.parametrize("audience", [Audience.PUBLIC, Audience.MACHINE])
def test_a_public_page_lets_anybody_in(audience):
    assert enter(audience, VISITOR).content == b"YC-2026-0042"


@pytest.mark.parametrize("audience", [Audience.SIGNED_IN, Audience.OFFICER])
def test_a_visitor_is_sent_to_sign_in_and_comes_back_after(audience):
    answer = enter(audience, VISITOR)
    assert answer.status_code == 302
    assert answer["Location"] == "/dang-nhap/?next=/yeu-cau/%3Ftrang%3D2"


def test_a_visitor_asking_for_a_fragment_gets_the_whole_sign_in_page():
    answer = enter(Audience.OFFICER, VISITOR, htmx=True)
    assert answer.status_code == 204
    assert answer["HX-Redirect"].startswith("/dang-nhap/?next=")


def test_a_visitor_posting_is_told_that_nothing_is_there():
    with pytest.raises(NotFound):
        enter(Audience.OFFICER, VISITOR, method="POST")


def test_an_officer_enters_an_officers_page():
    assert enter(Audience.OFFICER, LAN).status_code == 200
    assert enter(Audience.OFFICER, LAN, Role.FOCAL, Role.LEAD).status_code == 200


def test_an_officer_without_the_role_is_told_that_nothing_is_there():
    with pytest.raises(NotFound):
        enter(Audience.OFFICER, LAN, Role.CHAIRMAN)


def test_a_person_without_a_post_has_an_account_page_but_no_officers_page():
    assert enter(Audience.SIGNED_IN, WITHOUT_POST).status_code == 200
    with pytest.raises(NotFound):
        enter(Audience.OFFICER, WITHOUT_POST)


def test_a_view_says_whom_it_is_for():
    @door(Audience.OFFICER, roles=(Role.LEAD,))
    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    assert (view.audience, view.roles) == (Audience.OFFICER, (Role.LEAD,))
