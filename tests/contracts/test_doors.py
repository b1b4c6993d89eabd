"""Every address states whom it is for, and an officer's address refuses a visitor."""

from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern

from addresses import patterns, sample
from nganam.face.doors import Audience

# Addresses of libraries, which cannot carry our mark. This list only shrinks.
WITHOUT_AUDIENCE = {
    "allauth": "sign-in pages; the library decides by the state of signing in",
}
ALL = [(route, one) for route, one in patterns()]


def owner(callback: Any) -> str:
    """Return the package a view is from."""
    target = getattr(callback, "view_class", getattr(callback, "__wrapped__", callback))
    return str(getattr(target, "__module__", "")).split(".")[0]


@pytest.mark.parametrize(("route", "pattern"), ALL, ids=[route or "/" for route, _ in ALL])
def test_every_address_states_its_audience(route: str, pattern: URLPattern) -> None:
    if owner(pattern.callback) in WITHOUT_AUDIENCE:
        return
    assert isinstance(getattr(pattern.callback, "audience", None), Audience), (
        f"{route}: put @door(Audience.…) on its view"
    )


def test_no_exception_has_outlived_its_reason() -> None:
    assert WITHOUT_AUDIENCE.keys() <= {owner(pattern.callback) for _, pattern in ALL}


CLOSED = [
    (route, pattern)
    for route, pattern in ALL
    if getattr(pattern.callback, "audience", None) in {Audience.OFFICER, Audience.SIGNED_IN}
]


@pytest.mark.django_db
@pytest.mark.parametrize(("route", "pattern"), CLOSED, ids=[route for route, _ in CLOSED])
def test_a_visitor_does_not_get_in(client: Client, route: str, pattern: URLPattern) -> None:
    address = sample(route)
    if address is None:
        pytest.skip("an address with a regular expression")
    got = client.get(address)
    assert got.status_code in {302, 401, 404, 405}, f"{address} answers {got.status_code}"
    if got.status_code == 302:
        assert got["Location"].startswith("/dang-nhap/")
    posted = client.post(address)
    assert posted.status_code in {302, 401, 403, 404, 405}, f"POST {address} answers {posted.status_code}"
