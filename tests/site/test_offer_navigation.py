"""The navigation offers what its reader may open, and nothing that is not there."""

import pytest
from django.urls import resolve

from nganam.kernel.actors import VISITOR, Actor, Kind, Role
from nganam.site import context


def lan(*roles: Role) -> Actor:
    return Actor(Kind.PERSON, "lan", "Nguyễn Thị Lan", "CT-SYT", frozenset(roles))


@pytest.mark.parametrize("places", [context.PUBLIC, context.DESK])
def test_every_entry_leads_to_a_page(places):
    for place in places:
        resolve(place.path)


def test_a_page_that_asks_for_a_role_is_offered_to_its_holders_only():
    offered = {entry["path"] for entry in context.entries(context.DESK, lan(Role.FOCAL), "/")}
    assert "/nguoi-dung/" not in offered
    assert "/ban-lam-viec/" in offered
    assert "/nguoi-dung/" in {entry["path"] for entry in context.entries(context.DESK, lan(Role.ADMIN), "/")}


def test_the_deepest_entry_that_holds_the_page_is_marked():
    entries = context.entries(context.DESK, lan(Role.FOCAL), "/dich-vu/quan-ly/DV-2026-0001/")
    assert [entry["path"] for entry in entries if entry["current"]] == ["/dich-vu/quan-ly/"]
    public = context.entries(context.PUBLIC, VISITOR, "/thong-ke/")
    assert [entry["path"] for entry in public if entry["current"]] == ["/thong-ke/"]


def test_an_address_without_a_page_is_not_offered():
    places = (context.Place("/khong-co-trang/", "Không có", "x"),)
    assert context.entries(places, VISITOR, "/") == []
